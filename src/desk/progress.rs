//! How far something long is, as numbers: a terminal makes a bar of them, a screen its own.

/// How far an import or a trying of keys is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// A bundle is being read.
    Reading {
        /// Bytes that were read.
        done: u64,
        /// Bytes of the file.
        of: u64,
    },
    /// Keys are being tried on tips. Told before each and at the end.
    Trying {
        /// Tips on which all keys were tried.
        done: usize,
        /// Tips on which they are to be tried.
        of: usize,
    },
}

/// Is told each step.
pub type Progress<'a> = &'a dyn Fn(Step);
