//! Taking a mutex, also one whose holder has panicked.
//!
//! In: a mutex. Out: its guard. Touches nothing else.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Takes a mutex. One whose holder has panicked is taken all the same: what the mutexes here guard is changed in single steps, so none is left
/// half changed.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
