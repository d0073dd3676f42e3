//! The archive inside a tip: POSIX ustar, few names, fixed order (`docs/protocol.md`, 1.4 and 1.5).
//!
//! In: named parts, or the plaintext of a tip. Out: the archive, or each part in turn. Reading trusts nothing: only
//! regular files under the names of the protocol pass, so no path, link, device, sparse file or extension can do harm.

use std::fmt;
use std::io::{self, Read, Write};
use std::str::FromStr;

use tar::{Builder, EntryType, Header};

use crate::directory::HolderId;
use crate::limits::{MAX_ATTACHMENTS, MAX_FORWARDER_NOTE, MAX_MESSAGE, MAX_READERS, MAX_REPORT, MAX_SEALED};

const BLOCK: u64 = 512;

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
    /// Not a regular file of plain ustar.
    #[error("the entry “{0}” is not a plain file (a link, device, folder or extension)")]
    Kind(String),
    /// Twice, or after one it should precede.
    #[error("the entry “{0}” stands twice or in the wrong place")]
    Order(String),
    /// Larger than the protocol allows.
    #[error("the entry “{name}” is larger than {limit} bytes")]
    Size {
        /// Which.
        name: String,
        /// In bytes.
        limit: u64,
    },
    /// An original without its attachment, or more sealed identities than readers.
    #[error("the entry “{0}” belongs to nothing else in the tip")]
    Orphan(String),
    /// No `report.json`.
    #[error("the tip has no report.json")]
    NoReport,
    /// Something hides behind the end of the archive.
    #[error("the padding behind the archive is not empty")]
    Padding,
    /// A part gave fewer or more bytes than it announced: the file was changed while it was read.
    #[error("“{0}” changed while it was being read; try again")]
    Changed(EntryName),
    /// The source or target failed.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl FileName {
    /// `number` counts from 1; the extension is taken from `original` when it is harmless and short, and dropped otherwise.
    /// Nothing else of the original name is kept.
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
            Self::Sealed(_) => MAX_SEALED,
            Self::ForwarderNote => MAX_FORWARDER_NOTE,
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
    /// Its name.
    pub name: EntryName,
    /// Exactly as many bytes as `content` gives.
    pub size: u64,
    /// Read once.
    pub content: Box<dyn Read + 'a>,
}

/// The length in bytes of an archive with entries of these sizes, with its end marker.
#[must_use]
pub fn packed_length(sizes: impl IntoIterator<Item = u64>) -> u64 {
    sizes.into_iter().map(|size| BLOCK + size.next_multiple_of(BLOCK)).sum::<u64>() + 2 * BLOCK
}

/// Writes `parts`, which have to be in order, and the end marker.
pub fn pack<'a>(parts: impl IntoIterator<Item = Part<'a>>, out: impl Write) -> Result<(), ContainerError> {
    let mut archive = Builder::new(out);
    for Part { name, size, content } in parts {
        let mut header = Header::new_ustar();
        header.set_path(name.to_string())?;
        // Left alone it is a zero byte, the type of tar before ustar.
        header.set_entry_type(EntryType::Regular);
        header.set_size(size);
        header.set_mode(0o644);
        header.set_mtime(0);
        header.set_uid(0);
        header.set_gid(0);
        header.set_cksum();
        let mut exact = Exact { inner: content.take(size + 1), left: size, wrong: false };
        let written = archive.append(&header, &mut exact);
        if exact.wrong || exact.left > 0 {
            return Err(ContainerError::Changed(name));
        }
        written?;
    }
    archive.into_inner()?;
    Ok(())
}

/// Passes exactly the announced number of bytes and notices one more or one less.
struct Exact<R> {
    inner: R,
    left: u64,
    wrong: bool,
}

impl<R: Read> Read for Exact<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        if read as u64 > self.left || (read == 0 && self.left > 0 && !buffer.is_empty()) {
            self.wrong = true;
            return Err(io::ErrorKind::InvalidData.into());
        }
        self.left -= read as u64;
        Ok(read)
    }
}

/// Reads the plaintext of a tip to its very end and hands each entry to `each`, with its size in bytes.
///
/// `each` has to treat what it gets as unverified until this returns `Ok`: only then was all of the tip authentic and well-formed.
pub fn unpack(
    mut plaintext: impl Read,
    mut each: impl FnMut(&EntryName, u64, &mut dyn Read) -> Result<(), ContainerError>,
) -> Result<(), ContainerError> {
    let mut archive = tar::Archive::new(&mut plaintext);
    let (mut before, mut attachments, mut sealed) = (None::<EntryName>, Vec::new(), 0);
    // `raw` keeps the library from interpreting extensions: they show as entries of their type and are refused.
    for entry in archive.entries()?.raw(true) {
        let mut entry = entry?;
        let text = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let shown: String = text.chars().filter(|c| !c.is_control()).take(120).collect();
        let header = entry.header();
        let octal = header.as_old().size.first().is_some_and(u8::is_ascii_digit);
        if header.as_ustar().is_none()
            || header.as_old().linkflag[0] != EntryType::Regular.as_byte()
            || header.link_name_bytes().is_some_and(|link| !link.is_empty())
            || !octal
        {
            return Err(ContainerError::Kind(shown));
        }
        let name: EntryName = text.parse().map_err(|()| ContainerError::Name(shown.clone()))?;
        match &before {
            None if name != EntryName::Report => return Err(ContainerError::NoReport),
            Some(before) if !name.may_follow(before) => return Err(ContainerError::Order(shown)),
            _ => {}
        }
        match &name {
            EntryName::Attachment(file) => attachments.push(file.number),
            EntryName::Original(file) if !attachments.contains(&file.number) => {
                return Err(ContainerError::Orphan(shown));
            }
            EntryName::Sealed(_) => {
                sealed += 1;
                if sealed > MAX_READERS {
                    return Err(ContainerError::Orphan(shown));
                }
            }
            _ => {}
        }
        let size = entry.header().entry_size()?;
        if size > name.limit() {
            return Err(ContainerError::Size { name: shown, limit: name.limit() });
        }
        each(&name, size, &mut entry)?;
        before = Some(name);
    }
    if before.is_none() {
        return Err(ContainerError::NoReport);
    }
    let mut buffer = [0; 16 * 1024];
    loop {
        match plaintext.read(&mut buffer)? {
            0 => return Ok(()),
            n if buffer[..n].iter().any(|&b| b != 0) => return Err(ContainerError::Padding),
            _ => {}
        }
    }
}
