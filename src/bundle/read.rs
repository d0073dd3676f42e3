//! Reading a bundle: everything is checked against the manifest while it streams by.

use std::collections::HashSet;
use std::io::{self, Read};

use tar::{Archive, Entry, EntryType};

use super::{BundleId, BundledTip, DIRECTORY, MANIFEST, Manifest};
use crate::limits::{MAX_DIRECTORY, MAX_MANIFEST};
use crate::tip::container::packed_length;
use crate::tip::id::{Hashed, TipId};

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
    begin: impl FnMut(&Manifest),
    keep: impl FnMut(&BundledTip, &mut dyn Read) -> io::Result<()>,
) -> Result<Verified, BundleError> {
    let mut source = Counted { inner: source, read: 0 };
    let (verified, length) = read_entries(&mut source, begin, keep)?;
    // The tar library stops at the first zero block: what hides behind it, or is missing there, shows only here.
    let mut buffer = [0; 16 * 1024];
    loop {
        match source.read(&mut buffer)? {
            0 => break,
            n if buffer[..n].iter().any(|&b| b != 0) => {
                return Err(BundleError::Altered("the end of the file".to_owned()));
            }
            _ => {}
        }
    }
    let expected = verified.manifest.tips.len();
    if source.read < length { Err(BundleError::CutShort { found: expected, expected }) } else { Ok(verified) }
}

/// Reads all that the manifest names; says how long the file is at least.
fn read_entries(
    source: impl Read,
    mut begin: impl FnMut(&Manifest),
    mut keep: impl FnMut(&BundledTip, &mut dyn Read) -> io::Result<()>,
) -> Result<(Verified, u64), BundleError> {
    let mut archive = Archive::new(source);
    let mut entries = archive.entries().map_err(|_| BundleError::NotABundle)?.raw(true);
    let mut first = entries.next().and_then(Result::ok).ok_or(BundleError::NotABundle)?;
    if name(&first) != MANIFEST || !is_plain(&first) || first.size() > MAX_MANIFEST {
        return Err(BundleError::NotABundle);
    }
    let mut bytes = Vec::new();
    first.read_to_end(&mut bytes)?;
    let manifest = parse(&bytes)?;
    let expected = manifest.tips.len();
    begin(&manifest);

    let mut second = entry(entries.next(), 0, expected)?;
    if name(&second) != DIRECTORY || !is_plain(&second) || second.size() > MAX_DIRECTORY {
        return Err(BundleError::Altered(name(&second)));
    }
    let mut directory = Vec::new();
    second.read_to_end(&mut directory)?;
    if TipId::of(&directory) != manifest.directory_sha256 {
        return Err(wrong(directory.len() as u64, second.size(), DIRECTORY.to_owned(), 0, expected));
    }

    for (found, tip) in manifest.tips.iter().enumerate() {
        let mut current = entry(entries.next(), found, expected)?;
        let name = name(&current);
        if !is_plain(&current) || name != format!("tips/{}.age", tip.id) || current.size() != tip.size {
            return Err(BundleError::Altered(name));
        }
        let mut checked = Checked { inner: &mut current, hash: Hashed::new(io::sink()), read: 0 };
        keep(tip, &mut checked)?;
        // What the keeper left unread counts too.
        io::copy(&mut checked, &mut io::sink())?;
        if checked.hash.id() != tip.id {
            return Err(wrong(checked.read, tip.size, name, found, expected));
        }
    }
    match entries.next() {
        None => {}
        Some(Ok(extra)) => return Err(BundleError::Altered(name(&extra))),
        // All tips are whole; only the end marker is damaged.
        Some(Err(_)) => return Err(BundleError::CutShort { found: expected, expected }),
    }
    let own = [bytes.len() as u64, directory.len() as u64];
    let length = packed_length(own.into_iter().chain(manifest.tips.iter().map(|tip| tip.size)));
    Ok((Verified { id: TipId::of(&bytes), manifest, directory }, length))
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

fn is_plain(entry: &Entry<'_, impl Read>) -> bool {
    entry.header().entry_type() == EntryType::Regular
}

fn wrong(read: u64, size: u64, name: String, found: usize, expected: usize) -> BundleError {
    if read < size { BundleError::CutShort { found, expected } } else { BundleError::Altered(name) }
}

fn entry<R: Read>(
    next: Option<io::Result<Entry<'_, R>>>,
    found: usize,
    expected: usize,
) -> Result<Entry<'_, R>, BundleError> {
    match next {
        Some(Ok(entry)) => Ok(entry),
        _ => Err(BundleError::CutShort { found, expected }),
    }
}

fn name(entry: &Entry<'_, impl Read>) -> String {
    String::from_utf8_lossy(&entry.path_bytes()).chars().filter(|c| !c.is_control()).take(120).collect()
}

struct Counted<R> {
    inner: R,
    read: u64,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.read += read as u64;
        Ok(read)
    }
}

struct Checked<'a, R> {
    inner: &'a mut R,
    hash: Hashed<io::Sink>,
    read: u64,
}

impl<R: Read> Read for Checked<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        io::Write::write_all(&mut self.hash, &buffer[..read])?;
        self.read += read as u64;
        Ok(read)
    }
}
