//! Reading a tip: which key opens it, that every byte of it is authentic, and what is odd about it. Nothing here writes to a disk.
//!
//! In: a sealed file, unlocked keys. Out: the report, a digest of each entry, oddities; each entry's bytes to whoever takes them.

mod oddity;

use std::fs::File;
use std::io;
use std::path::Path;

use serde::{Serialize, Serializer};
use softinfo_base::day::Day;
use softinfo_base::digest::{Digest, HashedReader};
use softinfo_base::limits::MAX_REPORT;
use softinfo_seal::container::{ContainerError, EntryName, unpack};
use softinfo_seal::open::{self, OpenError};
use softinfo_seal::report::{Report, ReportWarning};
use zeroize::Zeroizing;

use crate::key_name::{KeyName, KnownKey};
use crate::keyring::UnlockedKeys;
use crate::trying::{Look, look};

use oddity::{check, without_a_flood};

pub use oddity::Oddity;

/// What was read of a tip, beside the contents of its files.
#[derive(Debug)]
pub struct TipRead {
    /// The key that opened it.
    pub key: KeyName,
    /// The structured part, as far as it can be understood.
    pub report: Report,
    /// `report.json` as it was sent. It holds what lets one answer the writer and erase the tip.
    pub report_as_sent: Zeroizing<Vec<u8>>,
    /// Every entry, in the order of the archive.
    pub entries: Vec<Entry>,
    /// What is not as it should be.
    pub oddities: Vec<Oddity>,
}

/// One entry of a tip's archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// Its name, which is one of the protocol's.
    #[serde(serialize_with = "as_text")]
    pub name: EntryName,
    /// How many bytes it has.
    pub size: u64,
    /// SHA-256 of its bytes.
    pub sha256: Digest,
}

/// Why a tip could not be read. What was handed out of it must not be kept.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadError {
    #[error("no key opens it")]
    NoKey(Vec<KnownKey>),
    #[error(transparent)]
    Open(OpenError),
    #[error("a part is not authentic")]
    NotAuthentic,
    #[error(transparent)]
    Container(ContainerError),
    /// What `take` returned.
    #[error(transparent)]
    Take(io::Error),
    #[error(transparent)]
    Source(io::Error),
}

/// Reads the tip in `path` to its end with every key there is, those first that are likeliest on `day`.
///
/// `take` gets every entry but `report.json`, may leave any part of it unread, and has to treat what it gets as unverified until this returns `Ok`.
pub(crate) fn read(
    path: &Path,
    keys: &UnlockedKeys,
    day: Day,
    mut take: impl FnMut(&EntryName, &mut dyn io::Read) -> io::Result<()>,
) -> Result<TipRead, ReadError> {
    let ordered = keys.ordered_for(day);
    let Look::Opens(key) = look(path, &ordered).map_err(ReadError::Source)? else {
        return Err(ReadError::NoKey(keys.names()));
    };
    let file = File::open(path).map_err(ReadError::Source)?;
    let (header, plaintext) = open::open(file, [&key.identity]).map_err(ReadError::Open)?;
    let mut watched = Watched { plaintext, failed: false };
    let (mut report_as_sent, mut entries, mut take_failed) = (Zeroizing::new(Vec::new()), Vec::new(), None);
    let unpacked = unpack(&mut watched, |name, size, content| {
        let mut hashed = HashedReader::new(content);
        if *name == EntryName::Report {
            // Never more than the protocol allows, and never moved about in memory while it grows.
            report_as_sent.reserve_exact(usize::try_from(size.min(MAX_REPORT)).unwrap_or_default());
            io::Read::read_to_end(&mut hashed, &mut report_as_sent)?;
        } else if let Err(error) = take(name, &mut hashed) {
            take_failed = Some(error);
            return Err(io::Error::other("it could not be taken").into());
        }
        io::copy(&mut hashed, &mut io::sink())?;
        entries.push(Entry { name: name.clone(), size, sha256: hashed.digest().0 });
        Ok(())
    });
    if watched.failed {
        return Err(ReadError::NotAuthentic);
    }
    if let Some(error) = take_failed {
        return Err(ReadError::Take(error));
    }
    unpacked.map_err(ReadError::Container)?;
    let (report, warnings) = Report::read(&report_as_sent);
    let mut oddities: Vec<_> = warnings.into_iter().map(Oddity::from).collect();
    if !oddities.iter().any(|oddity| matches!(oddity, Oddity::Report(ReportWarning::NotJson(_)))) {
        check(&report, &header, &key.holder, &entries, &mut oddities);
    }
    Ok(TipRead { key: key.name(), report, report_as_sent, entries, oddities: without_a_flood(oddities) })
}

impl TipRead {
    /// What tells two tips of one thread from those of another, for people: the first 4 bytes of the thread's SHA-256, hexadecimal. The thread itself
    /// is a secret. `None` where the report has none.
    #[must_use]
    pub fn thread(&self) -> Option<String> {
        fingerprint(&self.report.thread)
    }
}

/// The first 4 bytes of the SHA-256 of a thread id that is written as 32 hexadecimal digits.
pub(crate) fn fingerprint(thread: &str) -> Option<String> {
    let bytes = Zeroizing::new(hex::decode(thread).ok().filter(|bytes| bytes.len() == 16)?);
    Some(hex::encode(&Digest::of(&bytes).as_bytes()[..4]))
}

fn as_text<S: Serializer>(name: &EntryName, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(name)
}

/// Tells a failure of the plaintext from a failure to take it.
struct Watched<R> {
    plaintext: R,
    failed: bool,
}

impl<R: io::Read> io::Read for Watched<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.plaintext.read(buffer);
        self.failed |= read.is_err();
        read
    }
}
