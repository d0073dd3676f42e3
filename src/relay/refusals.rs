//! Refusals by kind, a day at a time.
//!
//! In: the name of a problem that was answered, never anything of the request. Out: the counts of the last whole day, rounded up to tens.
//! Today's are not shown: who looks often would learn when one came.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::State;
use axum::response::Response;
use serde::Serialize;

use crate::problem::Kind;
use softinfo_base::clock::{Clock, SystemClock};
use softinfo_base::day::Day;

/// Refusals are counted in tens.
const TENS: u64 = 10;

type Counts = BTreeMap<&'static str, u64>;

/// What was refused today and on the day before. In memory only.
pub(crate) struct Refusals(Mutex<Days>);

struct Days {
    today: Day,
    counts: Counts,
    before: Option<Counts>,
}

/// The last whole day since the start.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Refused {
    /// Which; none on the day of the start.
    pub day: Option<Day>,
    /// Counts, rounded up to tens; what did not come is left out.
    pub kinds: Counts,
}

impl Refusals {
    pub fn new(today: Day) -> Self {
        Self(Mutex::new(Days { today, counts: Counts::new(), before: None }))
    }

    /// One more of a kind.
    pub fn count(&self, Kind(name): Kind, today: Day) {
        self.on(today, |days| *days.counts.entry(name).or_default() += 1);
    }

    pub fn yesterday(&self, today: Day) -> Refused {
        let before = self.on(today, |days| days.before.clone());
        let day = before.is_some().then(|| today.plus(-1));
        let rounded = |(name, count): (_, u64)| (name, count.next_multiple_of(TENS));
        Refused { day, kinds: before.unwrap_or_default().into_iter().map(rounded).collect() }
    }

    fn on<T>(&self, today: Day, with: impl FnOnce(&mut Days) -> T) -> T {
        let mut days = self.0.lock().unwrap_or_else(PoisonError::into_inner);
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
        refusals.count(*kind, SystemClock.today());
    }
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_show_when_their_day_is_over_in_tens_and_for_one_day() {
        let day: Day = "2026-11-24".parse().unwrap();
        let refusals = Refusals::new(day);
        for _ in 0..11 {
            refusals.count(Kind("busy"), day);
        }
        refusals.count(Kind("timeout"), day);
        assert_eq!(refusals.yesterday(day), Refused { day: None, kinds: Counts::new() }, "today is not shown");
        let next = day.plus(1);
        refusals.count(Kind("busy"), next);
        let shown = Refused { day: Some(day), kinds: [("busy", 20), ("timeout", 10)].into() };
        assert_eq!(refusals.yesterday(next), shown);
        assert_eq!(refusals.yesterday(day.plus(2)).kinds, [("busy", 10)].into());
        assert_eq!(refusals.yesterday(day.plus(9)), Refused { day: Some(day.plus(8)), kinds: Counts::new() });
    }
}
