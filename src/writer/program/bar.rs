//! A bar for how far sealing or sending is; invisible when standard error is no terminal.

use std::time::Duration;

use indicatif::ProgressBar;
use softinfo_terminal::{byte_bar, complain};
use softinfo_writer::progress::Progress;

use crate::NAME;

/// The bar. Each clone is the same one.
#[derive(Clone)]
pub struct Bar(ProgressBar);

impl Bar {
    /// A bar that says `what` is done.
    pub fn new(what: &'static str) -> Self {
        Self(byte_bar(0, what))
    }

    /// Takes it away.
    pub fn clear(&self) {
        self.0.finish_and_clear();
    }
}

impl Progress for Bar {
    fn begin(&self, bytes: u64) {
        self.0.set_length(bytes);
        // The speed of what was before says nothing of this.
        self.0.reset();
    }

    fn advance(&self, bytes: u64) {
        self.0.inc(bytes);
    }

    fn waits(&self, reason: &str, wait: Duration) {
        let seconds = wait.as_secs();
        self.0.suspend(|| complain(NAME, format!("the connection failed ({reason}); trying again in {seconds} s")));
    }
}
