//! How far something is that is on its way to a relay, and what is known of it should the program end now.
//!
//! In: bytes that leave, and the outcome of each try. Out: whether it is stored, and else what may have become of it. A program asks when it is told
//! to stop; it hears no signal itself.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use softinfo_client::Arrival;

/// How far something is that is sent, perhaps in several tries. Each clone is the same delivery, for another thread that wants to know.
#[derive(Clone)]
pub struct Delivery(Arc<Mutex<Stand>>);

struct Stand {
    /// Bytes of the whole.
    length: u64,
    /// How many of them this try has handed to the line.
    left: u64,
    /// The least sure outcome of the tries before.
    before: Arrival,
    is_stored: bool,
}

/// How far a delivery was when it was ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// The answer had come: it is stored, or erased.
    Stored,
    /// No answer had come; this is known all the same.
    On(Arrival),
}

impl Delivery {
    /// Something of so many bytes, of which nothing has left.
    pub(crate) fn new(length: u64) -> Self {
        Self(Arc::new(Mutex::new(Stand { length, left: 0, before: Arrival::NotSent, is_stored: false })))
    }

    /// So many more bytes leave now. They don't when [`Delivery::end`] was first: then this never returns.
    pub(crate) fn leaves(&self, bytes: u64) {
        self.stand().left += bytes;
    }

    /// A try is over: it has an answer, or left this behind.
    pub(crate) fn tried(&self, outcome: Result<(), Arrival>) {
        let mut stand = self.stand();
        match outcome {
            Ok(()) => stand.is_stored = true,
            Err(arrival) => (stand.left, stand.before) = (0, stand.before.max(arrival)),
        }
    }

    /// Ends the delivery, for a program that is about to end itself, and says how far it was. No byte leaves after this: whoever sends waits for ever.
    #[must_use]
    pub fn end(&self) -> Found {
        let stand = self.stand();
        let found = if stand.is_stored {
            Found::Stored
        } else if stand.left < stand.length {
            Found::On(stand.before)
        } else {
            Found::On(Arrival::Open)
        };
        // Locked for what is left of the program's life.
        std::mem::forget(stand);
        found
    }

    fn stand(&self) -> MutexGuard<'_, Stand> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_open_once_stays_open_and_what_has_not_left_whole_is_not() {
        let at = |delivery: &Delivery| match delivery.end() {
            Found::Stored => None,
            Found::On(arrival) => Some(arrival),
        };
        let delivery = Delivery::new(10);
        delivery.leaves(9);
        assert_eq!(at(&delivery), Some(Arrival::NotSent));
        let delivery = Delivery::new(10);
        delivery.leaves(4);
        delivery.leaves(6);
        assert_eq!(at(&delivery), Some(Arrival::Open));
        let delivery = Delivery::new(10);
        delivery.leaves(10);
        delivery.tried(Err(Arrival::Open));
        delivery.leaves(3);
        delivery.tried(Err(Arrival::NotSent));
        assert_eq!(at(&delivery), Some(Arrival::Open));
        let delivery = Delivery::new(10);
        delivery.leaves(10);
        delivery.tried(Ok(()));
        assert_eq!(at(&delivery), None);
    }
}
