//! What is said once a day, and what is written down once an hour: what ends soon, and which couriers came.
//!
//! In: what is served, the day. Out: lines of the log. Touches: the days of couriers.

use std::sync::Arc;

use softinfo_base::clock::Clock;
use softinfo_base::day::Day;
use softinfo_base::limits::REMINDER_DAYS;
use softinfo_formats::directory::Ending;

use super::HOUR;
use crate::courier::couriers::Couriers;
use crate::log::{Event, log};
use crate::served::{Served, Serving};

/// Once an hour: on a new day says what ends soon, and writes down which couriers came.
pub(crate) async fn go_on(serving: Arc<Serving>, couriers: Arc<Couriers>, clock: Arc<dyn Clock>) {
    // At the start it was said with the other findings.
    let mut reminders = Reminders { said: clock.today() };
    loop {
        tokio::time::sleep(HOUR).await;
        for ending in reminders.due(&serving.now(), clock.today()) {
            log(&Event::Reminder(ending));
        }
        save(Arc::clone(&couriers), clock.today()).await;
    }
}

/// What is said once a day.
struct Reminders {
    said: Day,
}

impl Reminders {
    fn due(&mut self, served: &Served, today: Day) -> Vec<Ending> {
        if std::mem::replace(&mut self.said, today) == today {
            return Vec::new();
        }
        served.contents().endings(today, REMINDER_DAYS)
    }
}

/// Writes down which couriers came; that it failed is logged.
pub(crate) async fn save(couriers: Arc<Couriers>, today: Day) {
    let saved = tokio::task::spawn_blocking(move || couriers.save(today)).await;
    if !matches!(saved, Ok(Ok(()))) {
        log(&Event::CouriersFailed);
    }
}

#[cfg(test)]
mod tests {
    use softinfo_formats::directory::{SigningKey, UntrustedDirectory, add_signature};

    use super::*;

    #[test]
    fn what_ends_is_said_again_every_day_and_once_a_day() {
        let note = String::from_utf8(softinfo_formats::example_keys::DIRECTORY.to_vec()).unwrap();
        let mut contents: serde_json::Value = serde_json::from_str(note.split("\n\n").next().unwrap()).unwrap();
        contents["expires"] = "2027-01-10".into();
        for holder in contents["holders"].as_array_mut().unwrap() {
            holder["signing_key"] = serde_json::Value::Null;
        }
        let text = serde_json::to_string_pretty(&contents).unwrap();
        let key = SigningKey::generate("softinfo-example", &mut rand::rngs::OsRng).unwrap();
        let signed = add_signature(text.as_bytes(), &key).unwrap();
        let directory = UntrustedDirectory::parse(&signed).and_then(|note| note.verify(key.public())).unwrap();
        let served = Served::new(directory, None);
        let day = |text: &str| text.parse::<Day>().unwrap();
        let mut reminders = Reminders { said: day("2026-12-10") };
        assert_eq!(reminders.due(&served, day("2026-12-10")), [], "it was said at the start");
        assert_eq!(reminders.due(&served, day("2026-12-11")), [Ending::DirectoryEnds { on: day("2027-01-10") }]);
        assert_eq!(reminders.due(&served, day("2026-12-11")), []);
        assert_eq!(reminders.due(&served, day("2026-12-12")).len(), 1);
        assert_eq!(reminders.due(&served, day("2027-01-11")), [Ending::DirectoryEnded { on: day("2027-01-10") }]);
    }
}
