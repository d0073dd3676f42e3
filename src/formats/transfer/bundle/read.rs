//! Reading a bundle: everything is checked against the manifest while it streams by.

use std::collections::HashSet;
use std::io::{self, Read};

use super::{BundleId, BundledTip, DIRECTORY, MANIFEST, Manifest};
use softinfo_base::digest::{Digest, HashedReader};

use crate::envelope::id::TipId;
use crate::transfer::ustar::{ArchiveError, Reader};
use softinfo_base::limits::{MAX_DIRECTORY, MAX_MANIFEST};

/// A bundle whose every byte was as its manifest says.
#[derive(Debug)]
pub struct Verified {
    /// Its id.
    pub id: BundleId,
    /// What it holds.
    pub manifest: Manifest,
    /// `directory.note`; the bytes are those the manifest names, their signature is not checked here.
    pub directory: Vec<u8>,
}

/// What is wrong with a bundle. Nothing of such a bundle may be kept.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// Not a tar with a manifest.
    #[error("this is not a softinfo bundle; choose the file that softinfo-courier wrote")]
    NotABundle,
    /// A version this program doesn't know.
    #[error("the bundle's version is “{0}”, which is newer than this program; get a newer softinfo-desk")]
    Version(String),
    /// The file ends too early.
    #[error("the bundle is cut short: {found} of {expected} tips are whole. Copy it again from the courier's computer")]
    CutShort {
        /// Tips that were whole.
        found: usize,
        /// Tips that the manifest names.
        expected: usize,
    },
    /// An entry is not what the manifest says.
    #[error(
        "the bundle was changed: “{0}” is not what its manifest says. Copy it again from the courier's computer; if it happens twice, keep both files and report it"
    )]
    Altered(String),
    /// The source or target failed.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Reads a bundle to its end. `keep` gets each tip as it streams by and has to put it where it can be thrown away again:
/// only when this returns `Ok` was all of it right.
pub fn read(
    source: impl Read,
    mut begin: impl FnMut(&Manifest),
    mut keep: impl FnMut(&BundledTip, &mut dyn Read) -> io::Result<()>,
) -> Result<Verified, BundleError> {
    let mut archive = Reader::new(source);
    let is_manifest = |found: &(String, u64)| found.0 == MANIFEST && found.1 <= MAX_MANIFEST;
    match archive.entry() {
        Ok(Some(found)) if is_manifest(&found) => (),
        Err(ArchiveError::Io(error)) => return Err(error.into()),
        _ => return Err(BundleError::NotABundle),
    }
    let mut bytes = Vec::new();
    archive.read_to_end(&mut bytes)?;
    let manifest = parse(&bytes)?;
    let expected = manifest.tips.len();
    begin(&manifest);

    let size = next(&mut archive, DIRECTORY, 0, expected)?;
    if size > MAX_DIRECTORY {
        return Err(BundleError::Altered(DIRECTORY.to_owned()));
    }
    let mut directory = Vec::new();
    archive.read_to_end(&mut directory)?;
    if Digest::of(&directory) != manifest.directory_sha256 {
        return Err(wrong(directory.len() as u64, size, DIRECTORY.to_owned(), 0, expected));
    }

    for (found, tip) in manifest.tips.iter().enumerate() {
        let name = format!("tips/{}.age", tip.id);
        if next(&mut archive, &name, found, expected)? != tip.size {
            return Err(BundleError::Altered(name));
        }
        let mut checked = HashedReader::new(&mut archive);
        keep(tip, &mut checked)?;
        // What the keeper left unread counts too.
        io::copy(&mut checked, &mut io::sink())?;
        let (digest, read) = checked.digest();
        if TipId::from(digest) != tip.id {
            return Err(wrong(read, tip.size, name, found, expected));
        }
    }
    match archive.entry() {
        Ok(None) => Ok(Verified { id: BundleId::of(&bytes), manifest, directory }),
        Ok(Some((extra, _))) => Err(BundleError::Altered(extra)),
        Err(error) => Err(unreadable(error, expected, expected)),
    }
}

/// The size in bytes of the next entry, which has to be called `name`.
fn next(archive: &mut Reader<impl Read>, name: &str, found: usize, expected: usize) -> Result<u64, BundleError> {
    match archive.entry() {
        Ok(Some((other, size))) => {
            if other == name {
                Ok(size)
            } else {
                Err(BundleError::Altered(other))
            }
        }
        Ok(None) => Err(BundleError::CutShort { found, expected }),
        Err(error) => Err(unreadable(error, found, expected)),
    }
}

fn unreadable(error: ArchiveError, found: usize, expected: usize) -> BundleError {
    match error {
        ArchiveError::CutShort => BundleError::CutShort { found, expected },
        ArchiveError::Header(name) | ArchiveError::Gap(name) => BundleError::Altered(name),
        ArchiveError::AfterEnd => BundleError::Altered("the end of the file".to_owned()),
        ArchiveError::Io(error) => BundleError::Io(error),
    }
}

fn parse(bytes: &[u8]) -> Result<Manifest, BundleError> {
    #[derive(serde::Deserialize)]
    struct Version {
        schema: String,
    }
    let Version { schema } = serde_json::from_slice(bytes).map_err(|_| BundleError::NotABundle)?;
    if schema != Manifest::SCHEMA {
        return Err(BundleError::Version(schema.chars().filter(|c| !c.is_control()).take(60).collect()));
    }
    let altered = || BundleError::Altered(MANIFEST.to_owned());
    let manifest: Manifest = serde_json::from_slice(bytes).map_err(|_| altered())?;
    let mut ids = HashSet::new();
    if manifest.tips.iter().all(|tip| ids.insert(tip.id)) { Ok(manifest) } else { Err(altered()) }
}

fn wrong(read: u64, size: u64, name: String, found: usize, expected: usize) -> BundleError {
    if read < size { BundleError::CutShort { found, expected } } else { BundleError::Altered(name) }
}
