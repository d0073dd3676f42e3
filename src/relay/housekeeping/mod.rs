//! What the relay does by itself while it runs, each a task that ends only with the relay: erasing what has expired, reading files again, saying
//! what ends soon.
//!
//! In: the day, the word to read again. Out: lines of the log. Touches: the store, the uploads, what is served, the days of couriers.

pub(crate) mod expiry;
pub(crate) mod reload;
pub(crate) mod reminders;

use std::time::Duration;

/// How often it looks.
const HOUR: Duration = Duration::from_hours(1);
