//! Refusals by kind, a day at a time.
//!
//! In: the name of a problem that was answered, never anything of the request. Out: the counts of the last whole day, rounded up to tens.
//! Today's are not shown: who looks often would learn when one came.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::State;
use axum::response::Response;
use serde::Serialize;

use softinfo_base::clock::Clock;
use softinfo_base::day::Day;

use crate::problem::Kind;

/// Refusals are counted in tens.
const TENS: u64 = 10;

type Counts = BTreeMap<&'static str, u64>;

/// What was refused today and on the day before. In memory only.
pub(crate) struct Refusals {
    clock: Arc<dyn Clock>,
    days: Mutex<Days>,
}

struct Days {
    today: Day,
    counts: Counts,
    before: Option<Counts>,
}

/// The last whole day since the start.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Refused {
    /// The day; none until the day of the start is over.
    pub day: Option<Day>,
    /// Counts, rounded up to tens; what did not come is left out.
    pub kinds: Counts,
}

impl Refusals {
    /// Begins to count, on the clock's day.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        let days = Mutex::new(Days { today: clock.today(), counts: Counts::new(), before: None });
        Self { clock, days }
    }

    /// One more of a kind.
    pub fn count(&self, Kind(name): Kind) {
        self.today(|days| *days.counts.entry(name).or_default() += 1);
    }

    /// What was refused on the day before today.
    pub fn yesterday(&self) -> Refused {
        let (today, before) = self.today(|days| (days.today, days.before.clone()));
        let day = before.is_some().then(|| today.plus(-1));
        let rounded = |(name, count): (_, u64)| (name, count.next_multiple_of(TENS));
        Refused { day, kinds: before.unwrap_or_default().into_iter().map(rounded).collect() }
    }

    /// The counts of today, with those of a day that is over put aside.
    fn today<T>(&self, with: impl FnOnce(&mut Days) -> T) -> T {
        let today = self.clock.today();
        let mut days = self.days.lock().unwrap_or_else(PoisonError::into_inner);
        if days.today != today {
            let counts = std::mem::take(&mut days.counts);
            // After a longer silence yesterday had none.
            days.before = Some(if days.today.plus(1) == today { counts } else { Counts::new() });
            days.today = today;
        }
        with(&mut days)
    }
}

/// Counts an answer that is a refusal; it goes on as it is.
pub(crate) async fn count(State(refusals): State<Arc<Refusals>>, answer: Response) -> Response {
    if let Some(kind) = answer.extensions().get() {
        refusals.count(*kind);
    }
    answer
}

#[cfg(test)]
mod tests {
    use softinfo_base::clock::HandSetClock;

    use super::*;

    #[test]
    fn refusals_show_when_their_day_is_over_in_tens_and_for_one_day() {
        let day: Day = "2026-11-24".parse().unwrap();
        let clock = Arc::new(HandSetClock::at(day));
        let refusals = Refusals::new(Arc::<HandSetClock>::clone(&clock));
        for _ in 0..11 {
            refusals.count(Kind("busy"));
        }
        refusals.count(Kind("timeout"));
        assert_eq!(refusals.yesterday(), Refused { day: None, kinds: Counts::new() }, "today is not shown");
        clock.set(day.plus(1));
        refusals.count(Kind("busy"));
        let shown = Refused { day: Some(day), kinds: [("busy", 20), ("timeout", 10)].into() };
        assert_eq!(refusals.yesterday(), shown);
        clock.set(day.plus(2));
        assert_eq!(refusals.yesterday().kinds, [("busy", 10)].into());
        clock.set(day.plus(9));
        assert_eq!(refusals.yesterday(), Refused { day: Some(day.plus(8)), kinds: Counts::new() });
    }
}
