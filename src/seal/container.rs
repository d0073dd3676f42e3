//! The archive inside a tip: POSIX ustar, few names, fixed order (`docs/protocol.md`, 1.4 and 1.5).
//!
//! In: named parts, or the plaintext of a tip. Out: the archive, or each part in turn. Touches nothing. Reading trusts nothing: only plain files
//! under the names of the protocol pass ([`softinfo_formats::transfer::ustar`]), so no path, link, device, sparse file or extension can do harm.

use std::fmt;
use std::io::{self, Read, Write};
use std::str::FromStr;

use softinfo_base::limits::{
    AUTHOR_SIGNATURE, MAX_ATTACHMENTS, MAX_FORWARDER_NOTE, MAX_MESSAGE, MAX_READERS, MAX_REPORT, SEALED_IDENTITY,
};
use softinfo_formats::directory::HolderId;
use softinfo_formats::envelope::id::TipId;
use softinfo_formats::transfer::ustar::{ArchiveError, Reader, Writer};

/// A name in the archive. The order of the variants, and of the numbers in them, is the order in the file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EntryName {
    /// `report.json`
    Report,
    /// `message.txt`
    Message,
    /// `attachments/NN.ext`
    Attachment(FileName),
    /// `originals/NN.ext`
    Original(FileName),
    /// `sealed/<holder id>.age`
    Sealed(HolderId),
    /// `forwarder.note`
    ForwarderNote,
    /// `author.sig`
    AuthorSignature,
}

/// A neutral file name: a number from 1 to 99 and an extension.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FileName {
    number: u8,
    extension: String,
}

/// What is wrong with an archive. The desk shows it; nothing of such a tip is kept.
#[derive(Debug, thiserror::Error)]
pub enum ContainerError {
    /// A name that the protocol doesn't have.
    #[error("the entry “{0}” has no place in a tip")]
    Name(String),
    /// An entry that is not a regular file of plain ustar.
    #[error(
        "the entry “{0}” is not a plain file as a tip has them (a link, device, folder, extension, or a header with something in it)"
    )]
    Kind(String),
    /// An entry that is there twice, or behind one that it has to precede.
    #[error("the entry “{0}” stands twice or in the wrong place")]
    Order(String),
    /// An entry that is larger than the protocol allows.
    #[error("the entry “{name}” is larger than {limit} bytes")]
    Size {
        /// Name of the entry.
        name: String,
        /// Most bytes that it may have.
        limit: u64,
    },
    /// An entry of another length than the protocol fixes.
    #[error("the entry “{name}” does not have exactly {length} bytes")]
    Length {
        /// Name of the entry.
        name: String,
        /// Bytes that it has to have.
        length: u64,
    },
    /// An original without its attachment, or more sealed identities than readers.
    #[error("the entry “{0}” belongs to nothing else in the tip")]
    Orphan(String),
    /// No `report.json`.
    #[error("the tip has no report.json")]
    NoReport,
    /// Something hides behind an entry or the end of the archive.
    #[error("the padding of the archive is not empty")]
    Padding,
    /// The archive ends before its end marker.
    #[error("the archive is cut short")]
    CutShort,
    /// A part gave fewer or more bytes than it announced: the file was changed while it was read.
    #[error("“{0}” changed while it was being read; try again")]
    Changed(EntryName),
    /// Reading the source or writing to the target failed.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl FileName {
    /// A neutral name for the file `original`; `number` counts from 1. Of the original name only the extension is kept, when it is short and plain,
    /// and nothing otherwise. `None` when the number is too high.
    #[must_use]
    pub fn neutral(number: usize, original: &std::path::Path) -> Option<Self> {
        let number = u8::try_from(number).ok().filter(|n| (1..=MAX_ATTACHMENTS).contains(&usize::from(*n)))?;
        let extension = original.extension().and_then(|e| e.to_str()).unwrap_or_default().to_ascii_lowercase();
        let extension = if extension_is_plain(&extension) { extension } else { String::new() };
        Some(Self { number, extension })
    }

    /// The extension, without dot; may be empty.
    #[must_use]
    pub fn extension(&self) -> &str {
        &self.extension
    }
}

/// Whether an extension is short, and lower-case letters and digits only.
fn extension_is_plain(extension: &str) -> bool {
    extension.len() <= 8 && extension.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
}

impl fmt::Display for FileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}", self.number)?;
        if self.extension.is_empty() { Ok(()) } else { write!(f, ".{}", self.extension) }
    }
}

impl FromStr for FileName {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        let (number, extension) = text.split_once('.').map_or((text, None), |(n, e)| (n, Some(e)));
        if number.len() != 2 || !number.bytes().all(|b| b.is_ascii_digit()) || extension == Some("") {
            return Err(());
        }
        let number = number.parse().map_err(|_| ())?;
        let extension = extension.unwrap_or_default().to_owned();
        if number == 0 || !extension_is_plain(&extension) { Err(()) } else { Ok(Self { number, extension }) }
    }
}

impl EntryName {
    /// The largest size in bytes; attachments are bounded by the tip itself.
    #[must_use]
    pub const fn limit(&self) -> u64 {
        match self {
            Self::Report => MAX_REPORT,
            Self::Message => MAX_MESSAGE,
            Self::Attachment(_) | Self::Original(_) => u64::MAX,
            Self::Sealed(_) => SEALED_IDENTITY,
            Self::ForwarderNote => MAX_FORWARDER_NOTE,
            Self::AuthorSignature => AUTHOR_SIGNATURE,
        }
    }

    /// Whether an entry of this name may have `size` bytes.
    fn admits(&self, size: u64) -> Result<(), ContainerError> {
        let (name, limit) = (self.to_string(), self.limit());
        match self {
            Self::Sealed(_) | Self::AuthorSignature if size != limit => {
                Err(ContainerError::Length { name, length: limit })
            }
            _ if size > limit => Err(ContainerError::Size { name, limit }),
            _ => Ok(()),
        }
    }

    /// Whether `self` may follow `before`: later in the order, and not the same number or holder again.
    fn may_follow(&self, before: &Self) -> bool {
        match (before, self) {
            (Self::Attachment(a), Self::Attachment(b)) | (Self::Original(a), Self::Original(b)) => a.number < b.number,
            _ => before < self,
        }
    }
}

impl fmt::Display for EntryName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Report => f.write_str("report.json"),
            Self::Message => f.write_str("message.txt"),
            Self::Attachment(name) => write!(f, "attachments/{name}"),
            Self::Original(name) => write!(f, "originals/{name}"),
            Self::Sealed(holder) => write!(f, "sealed/{holder}.age"),
            Self::ForwarderNote => f.write_str("forwarder.note"),
            Self::AuthorSignature => f.write_str("author.sig"),
        }
    }
}

impl FromStr for EntryName {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        match text.split_once('/') {
            None if text == "report.json" => Ok(Self::Report),
            None if text == "message.txt" => Ok(Self::Message),
            None if text == "forwarder.note" => Ok(Self::ForwarderNote),
            None if text == "author.sig" => Ok(Self::AuthorSignature),
            Some(("attachments", name)) => name.parse().map(Self::Attachment),
            Some(("originals", name)) => name.parse().map(Self::Original),
            Some(("sealed", name)) => {
                let holder = name.strip_suffix(".age").ok_or(())?;
                holder.parse().map(Self::Sealed).map_err(|_| ())
            }
            _ => Err(()),
        }
    }
}

/// One part to pack.
pub struct Part<'a> {
    /// Its name in the archive.
    pub name: EntryName,
    /// Exactly as many bytes as `content` gives.
    pub size: u64,
    /// Read once.
    pub content: Box<dyn Read + 'a>,
}

/// Writes `parts`, which have to be in order, and the end marker.
pub fn pack<'a>(parts: impl IntoIterator<Item = Part<'a>>, out: impl Write) -> Result<(), ContainerError> {
    let mut archive = Writer::new(out);
    for Part { name, size, content } in parts {
        archive.append(&name.to_string(), size, content).map_err(|error| match error.kind() {
            io::ErrorKind::InvalidData => ContainerError::Changed(name),
            _ => ContainerError::Io(error),
        })?;
    }
    archive.finish()?;
    Ok(())
}

/// Reads the plaintext of a tip to its very end and hands each entry to `each`, with its size in bytes.
///
/// `each` has to treat what it gets as unverified until this returns `Ok`: only then was all of the tip authentic and well-formed.
pub fn unpack(
    plaintext: impl Read,
    mut each: impl FnMut(&EntryName, u64, &mut dyn Read) -> Result<(), ContainerError>,
) -> Result<(), ContainerError> {
    let mut archive = Reader::new(plaintext);
    let (mut before, mut attachments, mut sealed) = (None::<EntryName>, Vec::new(), 0);
    while let Some((text, size)) = archive.entry()? {
        let name: EntryName = text.parse().map_err(|()| ContainerError::Name(shown(&text)))?;
        match &before {
            None if name != EntryName::Report => return Err(ContainerError::NoReport),
            Some(before) if !name.may_follow(before) => return Err(ContainerError::Order(text)),
            _ => {}
        }
        match &name {
            EntryName::Attachment(file) => attachments.push(file.number),
            EntryName::Original(file) if !attachments.contains(&file.number) => {
                return Err(ContainerError::Orphan(text));
            }
            EntryName::Sealed(_) => {
                sealed += 1;
                if sealed > MAX_READERS {
                    return Err(ContainerError::Orphan(text));
                }
            }
            _ => {}
        }
        name.admits(size)?;
        each(&name, size, &mut archive)?;
        before = Some(name);
    }
    if before.is_none() { Err(ContainerError::NoReport) } else { Ok(()) }
}

/// A name as it may be shown to people: short, and without control characters.
fn shown(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(120).collect()
}

/// The sums of entries in their order, one line each: SHA-256 in hexadecimal, two spaces, the name. This is what `forwarder.note` and
/// `author.sig` sign, and what the program `sha256sum` checks.
#[must_use]
pub fn sums<'a>(entries: impl IntoIterator<Item = (&'a str, &'a TipId)>) -> String {
    entries.into_iter().fold(String::new(), |lines, (name, sum)| lines + &format!("{sum}  {name}\n"))
}

impl From<ArchiveError> for ContainerError {
    fn from(error: ArchiveError) -> Self {
        match error {
            ArchiveError::CutShort => Self::CutShort,
            ArchiveError::Header(name) => Self::Kind(name),
            ArchiveError::Gap(_) | ArchiveError::AfterEnd => Self::Padding,
            ArchiveError::Io(error) => Self::Io(error),
        }
    }
}
