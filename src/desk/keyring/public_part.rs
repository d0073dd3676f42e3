//! A holder's public part: `holder.json`, which goes to whoever signs the directory.
//!
//! A person may have written it, so it is read strictly where it is handed in, and leniently where it only names the keys of this desk.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;

use softinfo_base::file::{read_limited, write_whole};
use softinfo_base::limits::MAX_DIRECTORY;
use softinfo_formats::directory::{DirectoryError, Holder, HolderId, Kind};

use super::KeyringError;
use super::error::failed;

/// Name of the file, in the holder's folder.
pub(super) const HOLDER_FILE: &str = "holder.json";

/// A holder without names, competence, duty card or keys.
#[must_use]
pub fn plain_holder(id: HolderId, kind: Kind) -> Holder {
    Holder {
        id,
        kind,
        names: BTreeMap::default(),
        categories: Vec::new(),
        competence: BTreeMap::default(),
        duty_card: BTreeMap::default(),
        signing_key: None,
        identity: None,
        posts: None,
        epochs: Vec::new(),
    }
}

/// Reads a holder that a person wrote or handed in: a profile, or what `keygen` wrote. A field that isn't known is named and refused.
///
/// # Errors
/// `Profile`, `File`.
pub fn read_holder(path: &Path) -> Result<Holder, KeyringError> {
    let bytes = read_limited(path, MAX_DIRECTORY).map_err(failed(path))?;
    Holder::parse_strict(&bytes).map_err(|error| {
        // Not a directory yet: only what is wrong with this entry.
        let reason = if let DirectoryError::Contents(reason) = error { reason } else { error.to_string() };
        KeyringError::Profile { path: path.to_owned(), reason }
    })
}

/// The public part in a holder's folder; `None` when it is missing. Fields that aren't known are passed over: they must not lock a desk.
pub(super) fn public_part(folder: &Path, name: &HolderId) -> Result<Option<Holder>, KeyringError> {
    let path = folder.join(HOLDER_FILE);
    let fault = |reason: String| KeyringError::PublicPart { path: path.clone(), reason };
    let bytes = match read_limited(&path, MAX_DIRECTORY) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        bytes => bytes.map_err(|error| fault(error.to_string()))?,
    };
    if bytes.is_empty() {
        return Err(fault("it is empty".to_owned()));
    }
    let holder: Holder = serde_json::from_slice(&bytes).map_err(|error| fault(softinfo_base::wording::json(&error)))?;
    if holder.id == *name { Ok(Some(holder)) } else { Err(fault(format!("it is the public part of {}", holder.id))) }
}

/// Writes a holder's public part.
pub(super) fn write_public_part(folder: &Path, holder: &Holder) -> Result<(), KeyringError> {
    let path = folder.join(HOLDER_FILE);
    write_whole(&path, |file| {
        serde_json::to_writer_pretty(&mut *file, holder)?;
        file.write_all(b"\n")
    })
    .map_err(failed(&path))
}
