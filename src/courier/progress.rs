//! How far a run is, for whoever waits for it.

use std::fs::File;
use std::io::{self, Read};

/// The pieces of work of a run, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// Tips come from the relay.
    Fetching,
    /// They are written into a bundle.
    Writing,
    /// The bundle is read as a desk will read it.
    ReadingBack,
}

/// Told how far a run is, for a progress bar.
pub trait Progress {
    /// A piece of work begins, of so many bytes; the one before is over.
    fn begin(&self, work: Work, bytes: u64);
    /// So many more bytes of it are done.
    fn advance(&self, bytes: u64);
}

/// A source of bytes that a progress bar is told of.
pub(crate) struct Counted<'a> {
    pub source: File,
    pub progress: &'a dyn Progress,
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.source.read(buffer)?;
        self.progress.advance(read as u64);
        Ok(read)
    }
}
