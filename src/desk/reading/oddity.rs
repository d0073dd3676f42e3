//! What is not as it should be about a tip. It is named beside the message and never hides it: a tip is written by a stranger, with a program
//! that may be newer than this one.
//!
//! In: a report, the header, the entries that are there. Out: oddities, few enough to be read.

use std::collections::HashMap;
use std::mem::discriminant;

use serde::{Serialize, Serializer};
use softinfo_formats::directory::HolderId;
use softinfo_formats::envelope::header::TipHeader;
use softinfo_formats::envelope::withdraw::WithdrawToken;
use softinfo_seal::container::EntryName;
use softinfo_seal::hybrid::Recipient;
use softinfo_seal::report::{Report, ReportWarning};

use super::Entry;

/// Most warnings of one kind that are named one by one.
const MOST_OF_A_KIND: usize = 20;

/// Something about a tip that is not as it should be. The message and the files are shown all the same.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Oddity {
    /// Something in `report.json` is not of the kind that this version knows.
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

/// The first [`MOST_OF_A_KIND`] of each kind, and how many more there are: a stranger's report must not bury its message.
pub(super) fn without_a_flood(all: Vec<Oddity>) -> Vec<Oddity> {
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
pub(super) fn check(report: &Report, header: &TipHeader, holder: &HolderId, entries: &[Entry], odd: &mut Vec<Oddity>) {
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

impl Serialize for Oddity {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
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
