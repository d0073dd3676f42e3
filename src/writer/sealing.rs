//! A draft becomes a sealed tip, in a file that has its name only when somebody has the receipt.
//!
//! In: a draft, a current directory, readers, a receipt. Out: ciphertext and its id. Touches the files that are attached and the one that is written;
//! no network.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use rand::{CryptoRng, RngCore};
use softinfo_base::file::write_new;
use softinfo_formats::directory::CurrentDirectory;
use softinfo_formats::envelope::id::TipId;
use softinfo_seal::draft::{Draft, DraftError};
use softinfo_seal::reader::Reader;
use softinfo_seal::receipt::Receipt;

use crate::progress::Progress;

/// Bytes that are gathered before they are written.
const BUFFER: usize = 128 * 1024;

/// Why a tip was not sealed.
#[derive(Debug, thiserror::Error)]
pub enum SealingError {
    /// The draft can't be sealed.
    #[error(transparent)]
    Draft(#[from] DraftError),
    /// What was sealed can't be written.
    #[error("the sealed tip can't be written: {0}")]
    Write(#[source] io::Error),
}

/// For whom a tip is sealed, and who may withdraw it.
pub struct Sealing<'a> {
    /// The directory from which the readers come; it says how large a tip may be.
    pub directory: &'a CurrentDirectory,
    /// The chosen holders, one to three.
    pub readers: &'a [Reader],
    /// Of the new tip alone: a receipt that is used again shows two tips to be of one writer.
    pub receipt: &'a Receipt,
}

impl Sealing<'_> {
    /// Seals a draft to `out` and gives the id of what was written.
    ///
    /// # Errors
    /// What was written so far is no tip.
    pub fn seal(
        &self,
        draft: &Draft,
        out: impl Write,
        rng: &mut (impl RngCore + CryptoRng),
        progress: &dyn Progress,
    ) -> Result<TipId, SealingError> {
        let max = self.directory.directory().contents().max_bytes;
        let prepared = draft.prepare(self.readers, self.receipt, max)?;
        progress.begin(prepared.class.plaintext());
        let mut out = BufWriter::with_capacity(BUFFER, out);
        let advance = |bytes| progress.advance(bytes);
        let id = prepared.seal(self.readers, self.receipt, &mut out, rng, &advance)?;
        out.flush().map_err(SealingError::Write)?;
        Ok(id)
    }
}

/// Why there is no new file with a sealed tip.
pub enum NewFileError<T, E> {
    /// What was to fill it failed.
    Fill(E),
    /// It can't be written. What was to fill it may have been done all the same, such as giving the receipt away.
    Write {
        /// What the file system said.
        source: io::Error,
        /// What the filling gave, where it came to its end.
        done: Option<T>,
    },
}

/// Writes a new file with what `fill` puts into it. Its name appears only when `fill` has come to its end: who gives the receipt away there has a file
/// only where there is a receipt.
///
/// # Errors
/// Then there is no such file, or one that was there before is untouched.
pub fn new_file<T, E>(path: &Path, fill: impl FnOnce(&File) -> Result<T, E>) -> Result<T, NewFileError<T, E>> {
    let mut filled = None;
    let written = write_new(path, |file| {
        let done = filled.insert(fill(file));
        if done.is_ok() { Ok(()) } else { Err(io::ErrorKind::Other.into()) }
    });
    match (filled, written) {
        (Some(Ok(done)), Ok(())) => Ok(done),
        (Some(Err(error)), _) => Err(NewFileError::Fill(error)),
        (Some(Ok(done)), Err(source)) => Err(NewFileError::Write { source, done: Some(done) }),
        (None, written) => {
            let source = written.err().unwrap_or_else(|| io::ErrorKind::Other.into());
            Err(NewFileError::Write { source, done: None })
        }
    }
}
