//! Whom a tip is sealed to: a holder of a current directory, with the key that is right today.
//!
//! In: a directory that was verified and holds today, and a holder's id. Out: a [`Reader`], which can't be made in another way. Touches nothing.

use softinfo_formats::directory::{CurrentDirectory, DirectoryError, HolderId};

use crate::hybrid::Recipient;

/// A chosen holder and its key.
#[derive(Clone)]
#[non_exhaustive]
pub struct Reader {
    /// The holder's id.
    pub id: HolderId,
    /// The holder's key of the day for which the directory was checked.
    pub recipient: Recipient,
}

impl Reader {
    /// The holder `id` of a directory that holds today.
    ///
    /// # Errors
    /// The directory has no such holder, or the holder has no key for today.
    pub fn of(directory: &CurrentDirectory, id: &HolderId) -> Result<Self, DirectoryError> {
        Ok(Self { id: id.clone(), recipient: directory.key_of(id)?.into() })
    }
}
