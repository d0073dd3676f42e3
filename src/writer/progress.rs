//! How far a piece of work is, for whoever waits for it: a program draws a bar, a script nothing.

use std::time::Duration;

/// Told what goes on. It may be called from another thread than the one that made it.
pub trait Progress: Send + Sync {
    /// A piece of work of so many bytes begins; one that was under way begins anew.
    fn begin(&self, bytes: u64);
    /// So many more bytes of it are done.
    fn advance(&self, bytes: u64);
    /// The connection failed, for this reason; it is tried again after `wait`.
    fn waits(&self, reason: &str, wait: Duration);
}
