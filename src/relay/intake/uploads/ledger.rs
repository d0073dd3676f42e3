//! How much is staged: bytes and files, both bounded. A flood of first pieces must not use up the disk's files.
//!
//! In: bytes as they are staged. Out: whether there is room, and which upload gives way. Touches nothing.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::token::Name;

/// Uploads that wait at a time, finished ones whose answer can still be asked for among them.
const MOST: usize = 4096;

/// The bytes of every upload that is staged.
pub(super) struct Ledger {
    most_bytes: u64,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    bytes: u64,
    files: HashMap<Name, u64>,
}

impl Ledger {
    /// At most so many bytes wait at a time.
    pub fn new(most_bytes: u64) -> Self {
        Self { most_bytes, state: Mutex::default() }
    }

    /// An upload has so many bytes now.
    pub fn set(&self, name: Name, bytes: u64) {
        let mut state = self.lock();
        let before = state.files.insert(name, bytes).unwrap_or(0);
        state.bytes = state.bytes - before + bytes;
    }

    /// So many more; `false`, and nothing has changed, when that is too much.
    pub fn add(&self, name: Name, bytes: u64) -> bool {
        let mut state = self.lock();
        if state.bytes.saturating_add(bytes) > self.most_bytes {
            return false;
        }
        state.bytes += bytes;
        *state.files.entry(name).or_default() += bytes;
        true
    }

    /// An upload is gone.
    pub fn remove(&self, name: &Name) {
        let mut state = self.lock();
        state.bytes -= state.files.remove(name).unwrap_or(0);
    }

    /// When there is no room for one more file: the upload that brought least, of those that nobody works on.
    pub fn one_too_many(&self, is_taken: impl Fn(&Name) -> bool) -> Option<Name> {
        let state = self.lock();
        if state.files.len() < MOST {
            return None;
        }
        let idle = state.files.iter().filter(|(name, _)| !is_taken(name));
        idle.min_by_key(|(_, bytes)| **bytes).map(|(name, _)| *name)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::super::token::Token;
    use super::*;

    #[test]
    fn the_upload_that_brought_least_gives_way_and_none_that_is_worked_on() {
        let ledger = Ledger::new(u64::MAX);
        let names: Vec<_> = (0..MOST).map(|_| Token::random().name()).collect();
        for (bytes, name) in (10..).zip(&names) {
            assert!(ledger.one_too_many(|_| false).is_none());
            ledger.set(*name, bytes);
        }
        assert!(ledger.one_too_many(|_| false) == Some(names[0]));
        assert!(ledger.one_too_many(|name| *name == names[0]) == Some(names[1]));
        ledger.remove(&names[0]);
        assert!(ledger.one_too_many(|_| false).is_none());
    }

    #[test]
    fn bytes_are_bounded_and_free_again_when_an_upload_is_finished_or_erased() {
        let ledger = Ledger::new(100);
        let [one, two] = [Token::random().name(), Token::random().name()];
        assert!(ledger.add(one, 60) && !ledger.add(two, 60) && ledger.add(two, 40));
        ledger.set(one, 0);
        assert!(ledger.add(two, 60) && !ledger.add(two, 1));
        ledger.remove(&two);
        assert!(ledger.add(one, 100));
    }
}
