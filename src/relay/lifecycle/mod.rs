//! The relay from its start to its end.
//!
//! In: the configuration. Out: a relay that answers, and why it doesn't. Touches: all that the relay has; nothing else reaches back to it.

mod error;
mod running;
mod start;
mod supervisor;
mod watchdog;

pub use error::ServeError;
pub use running::Relay;
pub use start::Prepared;
pub use watchdog::EXIT;
