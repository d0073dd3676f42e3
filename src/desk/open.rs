//! Opening a tip: decrypt, check to the last byte, and only then show files under their names.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::keyring::Unlocked;
use super::trust::Desk;
use crate::tip::container::{ContainerError, EntryName, unpack};
use crate::tip::id::{Hashed, TipId};
use crate::tip::open::{self, OpenError};
use crate::tip::report::{Report, ReportWarning};

/// A tip that was opened and is in its folder.
#[derive(Debug)]
pub struct Opened {
    /// The structured part, as far as it can be understood.
    pub report: Report,
    /// What is odd about it.
    pub warnings: Vec<ReportWarning>,
    /// Entries that were written, by their names in the archive.
    pub entries: Vec<String>,
    /// Unscrubbed originals that were left out because nobody asked for them.
    pub originals_left_out: usize,
    /// Attachments whose hash is not the one in the report.
    pub differing: Vec<String>,
}

/// Why a tip could not be opened. Nothing was left in the output folder.
#[derive(Debug, thiserror::Error)]
pub enum OpenTipError {
    /// The output is not empty.
    #[error("{} exists and is not empty; choose another folder, so that nothing is overwritten", .0.display())]
    NotEmpty(PathBuf),
    /// The ciphertext is gone or changed on this disk.
    #[error("the stored file of this tip is missing or damaged; import its bundle again")]
    Missing,
    /// Key or authenticity.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// A later part of the file was changed or is missing.
    #[error("damaged or forged: a part of the tip is not authentic, so nothing of it was kept")]
    NotAuthentic,
    /// The archive.
    #[error("the tip is authentic but its contents can't be used: {0}")]
    Container(#[from] ContainerError),
    /// A file failed.
    #[error("{}: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// Opens tip `id` into the folder `out`, which has to be absent or empty. With `originals`, unscrubbed originals too.
pub fn open(desk: &Desk, id: &TipId, keys: Vec<Unlocked>, out: &Path, originals: bool) -> Result<Opened, OpenTipError> {
    if fs::read_dir(out).is_ok_and(|mut entries| entries.next().is_some()) || out.is_file() {
        return Err(OpenTipError::NotEmpty(out.to_owned()));
    }
    let path = desk.folder.join("tips").join(format!("{id}.age"));
    let hash = File::open(&path).and_then(TipId::of_reader).map_err(|_| OpenTipError::Missing)?;
    if hash.0 != *id {
        return Err(OpenTipError::Missing);
    }
    // Plaintext goes into a hidden folder beside the target; it is removed unless everything was verified.
    let parent = match out.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    crate::file::private_folder(parent).map_err(failed(parent))?;
    let staging = tempfile::Builder::new().prefix(".opening-").tempdir_in(parent).map_err(failed(parent))?;

    let file = File::open(&path).map_err(failed(&path))?;
    let identities: Vec<_> = keys.into_iter().map(|key| key.identity).collect();
    let (_, plaintext) = open::open(file, &identities)?;
    let mut watched = Watched { plaintext, failed: false };
    let mut opened = Extracted::default();
    let unpacked = unpack(&mut watched, |name, _, content| opened.take(staging.path(), name, content, originals));
    if watched.failed {
        return Err(OpenTipError::NotAuthentic);
    }
    unpacked?;
    let (report, warnings) = Report::read(&opened.report);
    let differing = report
        .attachments
        .iter()
        .filter(|note| opened.hashes.iter().any(|(name, hash)| *name == note.name && hash.to_string() != note.sha256))
        .map(|note| note.name.clone())
        .collect();

    // Over an empty folder, a rename replaces it.
    let kept = staging.keep();
    if let Err(source) = fs::rename(&kept, out) {
        let _ = fs::remove_dir_all(&kept);
        return Err(OpenTipError::File { path: out.to_owned(), source });
    }
    let entries = opened.hashes.into_iter().map(|(name, _)| name).collect();
    Ok(Opened { report, warnings, entries, originals_left_out: opened.left_out, differing })
}

/// Tells a failure of the plaintext from a failure to write it.
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

#[derive(Default)]
struct Extracted {
    report: Vec<u8>,
    hashes: Vec<(String, TipId)>,
    left_out: usize,
}

impl Extracted {
    fn take(
        &mut self,
        folder: &Path,
        name: &EntryName,
        content: &mut dyn io::Read,
        originals: bool,
    ) -> Result<(), ContainerError> {
        if matches!(name, EntryName::Original(_)) && !originals {
            self.left_out += 1;
            return Ok(());
        }
        // The name is one of the protocol's: at most one folder deep, and never outside.
        let text = name.to_string();
        let path = folder.join(&text);
        if let Some(parent) = path.parent() {
            fs::DirBuilder::new().recursive(true).mode(0o700).create(parent)?;
        }
        let file = File::options().write(true).create_new(true).mode(0o600).open(&path)?;
        let mut hashed = Hashed::new(file);
        if *name == EntryName::Report {
            content.read_to_end(&mut self.report)?;
            io::copy(&mut &self.report[..], &mut hashed)?;
        } else {
            io::copy(content, &mut hashed)?;
        }
        self.hashes.push((text, hashed.id()));
        Ok(())
    }
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> OpenTipError + use<'_> {
    move |source| OpenTipError::File { path: path.to_owned(), source }
}
