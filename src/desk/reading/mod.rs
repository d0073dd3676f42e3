//! Reading a tip: which key opens it, that every byte of it is authentic, and what is odd about it. Nothing here writes to a disk.
//!
//! What is odd is named beside the message and never hides it: a tip is written by a stranger, with a program that may be newer than this one.

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::mem::discriminant;
use std::path::Path;

use serde::{Serialize, Serializer};
use softinfo_base::day::Day;
use softinfo_base::digest::{Digest, HashedReader};
use softinfo_base::limits::MAX_REPORT;
use softinfo_formats::directory::HolderId;
use softinfo_formats::envelope::header::TipHeader;
use softinfo_formats::envelope::withdraw::WithdrawToken;
use softinfo_seal::container::{ContainerError, EntryName, unpack};
use softinfo_seal::hybrid::Recipient;
use softinfo_seal::open::{self, OpenError};
use softinfo_seal::report::{Report, ReportWarning};
use zeroize::Zeroizing;

use crate::key_name::{KeyName, KnownKey};
use crate::keyring::UnlockedKeys;
use crate::trying::{Look, look};

/// Most warnings of one kind that are named one by one.
const MOST_OF_A_KIND: usize = 20;

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
    /// Bytes.
    pub size: u64,
    /// SHA-256.
    pub sha256: Digest,
}

/// Something about a tip that is not as it should be. The message and the files are shown all the same.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Oddity {
    /// In `report.json`.
    #[error(transparent)]
    Report(#[from] ReportWarning),
    /// The token in the report is not the one whose digest the header has.
    #[error(
        "the withdraw token in the report is not this tip's: whoever holds the receipt may be unable to erase it from the relay"
    )]
    WithdrawToken,
    /// The report names other readers than the tip was sealed to.
    #[error("the report does not name {0} among its readers, though the tip was sealed to it")]
    NotAReader(HolderId),
    /// Nothing can be sealed to the report's reply key.
    #[error("the report's reply key can't be used: the writer can't be answered")]
    Reply,
    /// Listed in the report, but not there.
    #[error("the report lists {0}, but it is not in the tip")]
    Absent(String),
    /// There, but not listed in the report.
    #[error("{0} is in the tip, but the report does not list it")]
    Unlisted(String),
    /// Not the file that the report describes.
    #[error("{0} is not the file that the report describes: its size or SHA-256 differs")]
    Differs(String),
    /// More of a kind than are named one by one.
    #[error("and {more} more of this kind; the first of them: {example}")]
    More {
        /// The first that is not named by itself, as a sentence.
        example: String,
        /// How many, with that one.
        more: usize,
    },
    /// The message has bytes that are no text.
    #[error("message.txt is not UTF-8 throughout; what is no text is shown as \u{fffd}")]
    NotText,
}

/// Why a tip could not be read. What was handed out of it must not be kept.
#[derive(Debug, thiserror::Error)]
pub(super) enum ReadError {
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
pub(super) fn read(
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

/// The first [`MOST_OF_A_KIND`] of each kind, and how many more there are: a stranger's report must not bury its message.
fn without_a_flood(all: Vec<Oddity>) -> Vec<Oddity> {
    let kind = |oddity: &Oddity| match oddity {
        Oddity::Report(warning) => (discriminant(oddity), Some(discriminant(warning))),
        _ => (discriminant(oddity), None),
    };
    let (mut number, mut kept) = (HashMap::new(), Vec::new());
    for oddity in all {
        let place = kept.len();
        let (seen, more) = number.entry(kind(&oddity)).or_insert((0_usize, None));
        *seen += 1;
        match *more {
            None if *seen > MOST_OF_A_KIND => {
                *more = Some(place);
                kept.push(Oddity::More { example: oddity.to_string(), more: 1 });
            }
            None => kept.push(oddity),
            Some(place) => {
                if let Some(Oddity::More { more, .. }) = kept.get_mut(place) {
                    *more += 1;
                }
            }
        }
    }
    kept
}

/// What has to fit together in a tip (`docs/protocol.md`, 2). A field that is absent or can't be read is named already.
fn check(report: &Report, header: &TipHeader, holder: &HolderId, entries: &[Entry], odd: &mut Vec<Oddity>) {
    let named = |odd: &[Oddity], field: &str| {
        odd.iter().any(|oddity| match oddity {
            Oddity::Report(ReportWarning::Missing(name)) => *name == field,
            Oddity::Report(ReportWarning::Value(name)) => name == field,
            _ => false,
        })
    };
    let token = WithdrawToken::parse(&report.withdraw_token);
    if !named(odd, "withdraw_token") && !token.is_ok_and(|token| token.digest() == header.withdraw) {
        odd.push(Oddity::WithdrawToken);
    }
    if !named(odd, "readers") && !report.readers.contains(holder) {
        odd.push(Oddity::NotAReader(holder.clone()));
    }
    if !named(odd, "reply") && report.reply.parse::<Recipient>().is_err() {
        odd.push(Oddity::Reply);
    }
    // Where the list itself can't be read, that was said, and every file would be unlisted.
    if !named(odd, "attachments") {
        let listed = report.attachments.iter().map(|note| (note.name.clone(), Some(note.size), &note.sha256));
        compare(listed, entries.iter().filter(|entry| matches!(entry.name, EntryName::Attachment(_))), odd);
    }
    if !named(odd, "sealed") {
        let listed = report.sealed.iter().map(|note| (format!("sealed/{}.age", note.holder), None, &note.sha256));
        compare(listed, entries.iter().filter(|entry| matches!(entry.name, EntryName::Sealed(_))), odd);
    }
}

/// Compares what the report lists, with sizes in bytes where it has them, with what is there.
fn compare<'a>(
    listed: impl Iterator<Item = (String, Option<u64>, &'a String)>,
    there: impl Iterator<Item = &'a Entry>,
    odd: &mut Vec<Oddity>,
) {
    let mut there: Vec<_> = there.map(|entry| (entry.name.to_string(), entry, false)).collect();
    for (name, size, sha256) in listed {
        match there.iter_mut().find(|(there, ..)| *there == name) {
            None => odd.push(Oddity::Absent(name)),
            Some((_, entry, seen)) => {
                *seen = true;
                if size.is_some_and(|size| size != entry.size) || entry.sha256.to_string() != *sha256 {
                    odd.push(Oddity::Differs(name));
                }
            }
        }
    }
    odd.extend(there.into_iter().filter(|(.., seen)| !seen).map(|(name, ..)| Oddity::Unlisted(name)));
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
pub(super) fn fingerprint(thread: &str) -> Option<String> {
    let bytes = Zeroizing::new(hex::decode(thread).ok().filter(|bytes| bytes.len() == 16)?);
    Some(hex::encode(&Digest::of(&bytes).as_bytes()[..4]))
}

impl Serialize for Oddity {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_each_kind_of_warning_twenty_are_named_and_the_rest_counted() {
        let category = |n: usize| Oddity::Report(ReportWarning::Category(n.to_string()));
        let absent = Oddity::Absent("attachments/01.jpg".to_owned());
        let all = (0..200_000).map(category).chain([absent.clone(), Oddity::Reply]);
        let kept = without_a_flood(all.collect());
        assert_eq!(kept.len(), 23);
        assert_eq!(kept[..20], (0..20).map(category).collect::<Vec<_>>());
        assert_eq!(kept[20], Oddity::More { example: category(20).to_string(), more: 199_980 });
        assert_eq!(kept[21..], [absent, Oddity::Reply]);
        assert_eq!(without_a_flood((0..20).map(category).collect()).len(), 20);
    }
}
