//! How far a piece of work is, for whoever waits for it: a program draws a bar, a script nothing.

use std::time::Duration;

/// Told what goes on. Another thread may ask for the end of it meanwhile.
pub trait Progress: Send + Sync {
    /// A piece of work of so many bytes begins; one that was under way begins anew.
    fn begin(&self, bytes: u64);
    /// So many more bytes of it are done.
    fn advance(&self, bytes: u64);
    /// The connection failed, for this reason; it is tried again after `wait`.
    fn waits(&self, reason: &str, wait: Duration);
}

/// For whoever does not wait.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unwatched;

impl Progress for Unwatched {
    fn begin(&self, _: u64) {}
    fn advance(&self, _: u64) {}
    fn waits(&self, _: &str, _: Duration) {}
}
