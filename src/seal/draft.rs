//! A draft: what a person wrote and attached, on its way to becoming a tip.
//!
//! In: a message, files, details, verified readers. Out: one sealed file. Touches nothing but the attached files, which are read twice, first for
//! their hash (which stands in `report.json`, at the front), then to be sealed; no plaintext is written to a disk.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use rand::{CryptoRng, RngCore};

use super::container::{ContainerError, EntryName, FileName, Part, pack};
use super::receipt::Receipt;
use super::report::{AttachmentNote, Details, Report, SCHEMA};
use super::seal::{SealError, Sealer};
use softinfo_formats::directory::HolderId;
use softinfo_formats::envelope::id::TipId;
use softinfo_formats::envelope::padding::{SizeClass, SizeError};
use softinfo_formats::transfer::ustar::packed_length;

use crate::reader::Reader;
use softinfo_base::limits::{MAX_ATTACHMENTS, MAX_MESSAGE, MAX_REPORT};

/// What a person wants to send.
#[derive(Default)]
pub struct Draft {
    /// Language of the message, BCP 47.
    pub lang: String,
    /// The narrative; may be empty when there are attachments.
    pub message: String,
    /// Files to attach as they are. Their names are not sent, but for a short extension.
    pub attachments: Vec<PathBuf>,
    /// The optional structured part.
    pub details: Details,
}

/// Why a draft can't be sealed.
#[derive(Debug, thiserror::Error)]
pub enum DraftError {
    /// Neither a message nor a file.
    #[error("there is nothing to send: write a message or attach a file")]
    Empty,
    /// The message is too long for one tip.
    #[error("the message is longer than {MAX_MESSAGE} bytes; attach it as a file instead")]
    MessageTooLong,
    /// Too many files.
    #[error("at most {MAX_ATTACHMENTS} files fit into one tip; send several tips")]
    TooManyAttachments,
    /// The structured part is too long.
    #[error("the details are longer than {MAX_REPORT} bytes; put the text into the message instead")]
    DetailsTooLong,
    /// An attached file can't be read.
    #[error("can't read “{}”: {source}", path.display())]
    Attachment {
        /// The file, as it was named.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// All together is too large for one tip.
    #[error(transparent)]
    Size(#[from] SizeError),
    /// Packing failed.
    #[error(transparent)]
    Container(#[from] ContainerError),
    /// Sealing failed.
    #[error(transparent)]
    Seal(#[from] SealError),
}

/// A draft whose files have been hashed and whose length is known.
pub struct Prepared<'a> {
    report: Vec<u8>,
    message: &'a str,
    attachments: Vec<(FileName, u64, &'a Path)>,
    /// The size class to which it will be padded.
    pub class: SizeClass,
}

impl Draft {
    /// Hashes the attached files and writes the report; `max_plaintext` is the directory's `max_bytes`.
    pub fn prepare(
        &self,
        readers: &[Reader],
        receipt: &Receipt,
        max_plaintext: u64,
    ) -> Result<Prepared<'_>, DraftError> {
        if self.message.trim().is_empty() && self.attachments.is_empty() {
            return Err(DraftError::Empty);
        }
        if self.message.len() as u64 > MAX_MESSAGE {
            return Err(DraftError::MessageTooLong);
        }
        let (mut attachments, mut notes) = (Vec::new(), Vec::new());
        for (index, path) in self.attachments.iter().enumerate() {
            let unreadable = |source| DraftError::Attachment { path: path.clone(), source };
            let (hash, size) = hash_file(path).map_err(unreadable)?;
            let name = FileName::neutral(index + 1, path).ok_or(DraftError::TooManyAttachments)?;
            notes.push(AttachmentNote {
                name: EntryName::Attachment(name.clone()).to_string(),
                media_type: media_type(name.extension()).to_owned(),
                size,
                sha256: hash.to_string(),
                scrubbed: false,
                other: serde_json::Map::new(),
            });
            attachments.push((name, size, path.as_path()));
        }
        let report = self.report(readers, receipt, notes);
        let report = serde_json::to_vec_pretty(&report).map_err(io::Error::other).map_err(ContainerError::Io)?;
        if report.len() as u64 > MAX_REPORT {
            return Err(DraftError::DetailsTooLong);
        }
        let message = (!self.message.is_empty()).then_some(self.message.len() as u64);
        let sizes = [report.len() as u64].into_iter().chain(message).chain(attachments.iter().map(|a| a.1));
        let class = SizeClass::for_content(packed_length(sizes), max_plaintext)?;
        Ok(Prepared { report, message: &self.message, attachments, class })
    }

    fn report(&self, readers: &[Reader], receipt: &Receipt, attachments: Vec<AttachmentNote>) -> Report {
        let details = self.details.clone();
        Report {
            schema: SCHEMA.to_owned(),
            lang: self.lang.clone(),
            readers: sorted(readers),
            categories: details.categories,
            period: details.period,
            place: details.place,
            offenders: details.offenders,
            danger: details.danger,
            minors: details.minors,
            work_visit: details.work_visit,
            on_behalf: details.on_behalf,
            thread: hex::encode(receipt.thread()),
            reply: receipt.reply_identity().recipient().to_string(),
            author: Some(receipt.author().public()),
            withdraw_token: receipt.withdraw_token(0).expose(),
            moved_to: None,
            sealed: Vec::new(),
            attachments,
            other: serde_json::Map::new(),
        }
    }
}

impl Prepared<'_> {
    /// Seals to `out`. `progress` is told how many bytes of the files were read since the last time.
    pub fn seal(
        self,
        readers: &[Reader],
        receipt: &Receipt,
        out: impl Write,
        rng: &mut (impl RngCore + CryptoRng),
        progress: &dyn Fn(u64),
    ) -> Result<TipId, DraftError> {
        let recipients: Vec<_> = readers.iter().map(|reader| reader.recipient.clone()).collect();
        let digest = receipt.withdraw_token(0).digest();
        let mut sealer = Sealer::start(out, &recipients, &digest, self.class, rng)?;
        let mut parts = vec![part(EntryName::Report, &self.report[..], self.report.len() as u64)];
        if !self.message.is_empty() {
            parts.push(part(EntryName::Message, self.message.as_bytes(), self.message.len() as u64));
        }
        for (name, size, path) in self.attachments {
            let unreadable = |source| DraftError::Attachment { path: path.to_owned(), source };
            let file = Counted { file: File::open(path).map_err(unreadable)?, progress };
            parts.push(part(EntryName::Attachment(name), file, size));
        }
        pack(parts, &mut sealer)?;
        Ok(sealer.finish()?)
    }
}

fn part<'a>(name: EntryName, content: impl Read + 'a, size: u64) -> Part<'a> {
    Part { name, size, content: Box::new(content) }
}

/// A file that tells how much of it is read.
struct Counted<'a> {
    file: File,
    progress: &'a dyn Fn(u64),
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        (self.progress)(read as u64);
        Ok(read)
    }
}

/// The ids of readers in one fixed order: the report does not tell in which they were chosen.
fn sorted(readers: &[Reader]) -> Vec<HolderId> {
    let mut ids: Vec<_> = readers.iter().map(|reader| reader.id.clone()).collect();
    ids.sort();
    ids
}

/// SHA-256 and length. The hash of a file has the same form as a tip's id.
fn hash_file(path: &Path) -> io::Result<(TipId, u64)> {
    let file = File::open(path)?;
    // A folder opens but doesn't read; a pipe could not be read twice.
    if !file.metadata()?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
    }
    TipId::of_reader(file)
}

/// The media type of the files people attach; everything else is named as unknown rather than guessed.
fn media_type(extension: &str) -> &'static str {
    match extension {
        "jpg" | "jpeg" => "image/jpeg",
        "png" => "image/png",
        "webp" => "image/webp",
        "heic" => "image/heic",
        "mp4" => "video/mp4",
        "mov" => "video/quicktime",
        "mp3" => "audio/mpeg",
        "m4a" => "audio/mp4",
        "ogg" => "audio/ogg",
        "pdf" => "application/pdf",
        "txt" => "text/plain",
        _ => "application/octet-stream",
    }
}
