//! A sealed tip on this computer, ready to be sent, also more than once.
//!
//! In: a file. Out: its id and length, after it was seen to have a tip's shape. Ciphertext only.

use std::fs::File;
use std::io::{self, Read, Seek};
use std::path::{Path, PathBuf};

use softinfo_base::limits::HEADER_CAP;
use softinfo_formats::envelope::header::{HeaderError, TipHeader};
use softinfo_formats::envelope::id::TipId;
use softinfo_formats::envelope::padding::{SizeClass, SizeError};

use crate::delivery::Delivery;

/// A file that is open, and the id of its bytes.
#[derive(Debug)]
pub struct SealedTip {
    /// SHA-256 of the file.
    pub id: TipId,
    /// Bytes of the file.
    pub length: u64,
    file: File,
}

/// Why a file can't be sent as a tip. Nothing was sent.
#[derive(Debug, thiserror::Error)]
pub enum SealedTipError {
    /// It can't be read.
    #[error("{} can't be read; nothing was sent: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the file system said.
        source: io::Error,
    },
    /// It does not begin as a tip does.
    #[error("{} is not a sealed tip; nothing was sent: {source}", path.display())]
    Header {
        /// The file.
        path: PathBuf,
        /// What is wrong at its beginning.
        source: HeaderError,
    },
    /// It has a length that no tip has.
    #[error("{} is not a sealed tip; nothing was sent: {source}", path.display())]
    Length {
        /// The file.
        path: PathBuf,
        /// What is wrong with its length.
        source: SizeError,
    },
}

impl SealedTip {
    /// A tip that was just sealed into `file`.
    ///
    /// # Errors
    /// The file system does not say how long it is.
    pub fn new(file: File, id: TipId) -> io::Result<Self> {
        let length = file.metadata()?.len();
        Ok(Self { id, length, file })
    }

    /// Opens a file that was sealed before, reads it once, and looks at what can be seen without a key.
    ///
    /// # Errors
    /// It can't be read, or is no tip.
    pub fn open(path: &Path) -> Result<Self, SealedTipError> {
        let path = path.to_owned();
        let read = || -> io::Result<_> {
            let mut file = File::open(&path)?;
            let mut start = Vec::new();
            (&file).take(HEADER_CAP as u64).read_to_end(&mut start)?;
            file.rewind()?;
            Ok((file, start))
        };
        let (file, start) = match read() {
            Ok(read) => read,
            Err(source) => return Err(SealedTipError::Unreadable { path, source }),
        };
        if let Err(source) = TipHeader::parse(&start) {
            return Err(SealedTipError::Header { path, source });
        }
        let (id, length) = match TipId::of_reader(&file) {
            Ok(read) => read,
            Err(source) => return Err(SealedTipError::Unreadable { path, source }),
        };
        // How large one may be the relay says; a piece of one is none anywhere.
        match SizeClass::of_file(length, u64::MAX) {
            Ok(_) => Ok(Self { id, length, file }),
            Err(source) => Err(SealedTipError::Length { path, source }),
        }
    }

    /// The delivery of this tip, of which nothing has left.
    #[must_use]
    pub fn delivery(&self) -> Delivery {
        Delivery::new(self.length)
    }

    /// The same file once more, for one try to send it.
    pub(crate) fn file(&self) -> io::Result<File> {
        self.file.try_clone()
    }
}
