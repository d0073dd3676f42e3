//! Taking in a bundle: all of it or nothing, and a word about the chain it belongs to.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use super::casebook::{Case, Casebook, CasebookError, Reader};
use super::keyring::{KeyringError, Unlocked};
use super::trust::Desk;
use crate::bundle::{self, BundleError, BundleId, Manifest};
use crate::day::Day;
use crate::directory::{DirectoryError, UntrustedDirectory};
use crate::example::{self, ExampleKeys};
use crate::limits::HEADER_CAP;
use crate::tip::header::{TipHeader, scan};
use crate::tip::id::TipId;
use crate::tip::open::reader_of;

/// What an import did.
#[derive(Debug, serde::Serialize)]
pub struct Imported {
    /// Number in the chain.
    pub number: u64,
    /// Its id.
    pub bundle: BundleId,
    /// Where it stands in the chain.
    pub standing: Standing,
    /// Tips that are new on this desk.
    pub new: usize,
    /// Of the new ones, those that a key of this desk opens.
    pub for_this_desk: usize,
    /// Tips that were here before.
    pub already: usize,
    /// Tips that are no well-formed tips; they were left out.
    pub not_tips: Vec<TipId>,
    /// Numbers of bundles that have not come.
    pub missing: Vec<u64>,
}

/// A bundle's place in the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// It follows the last one.
    Next,
    /// It was imported before; nothing changed.
    Repeated,
    /// One or more before it are missing.
    AfterAGap,
    /// It is older than the last one and fills a gap.
    OutOfOrder,
}

/// Why an import was refused. Nothing of the bundle was kept.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The bundle itself.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// Its directory.
    #[error("the bundle's directory: {0}")]
    Directory(#[from] DirectoryError),
    /// Another channel.
    #[error("the bundle is for the channel “{0}”, not for this desk's")]
    Channel(String),
    /// The same number, or the same predecessor, with other contents.
    #[error(
        "bundle {0} does not fit to the ones imported before: two different bundles claim the same place. \
         Nothing was imported; keep the file and ask who runs the courier whether its folder was reset"
    )]
    Forked(u64),
    /// Example keys.
    #[error(transparent)]
    Example(#[from] ExampleKeys),
    /// The casebook.
    #[error(transparent)]
    Casebook(#[from] CasebookError),
    /// The keys.
    #[error(transparent)]
    Keyring(#[from] KeyringError),
    /// A file failed.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Imports the bundle in `source`. `unlock` is called once, with the days of its new tips, after all was verified.
pub fn import(
    desk: &Desk,
    source: impl Read,
    allow_example: bool,
    unlock: impl FnOnce(&[Day]) -> Result<Vec<Unlocked>, KeyringError>,
) -> Result<Imported, ImportError> {
    let mut book = Casebook::read(&desk.folder)?;
    let tips = desk.folder.join("tips");
    // Beside its target, so that taking over is a rename; gone when anything fails.
    let staging = tempfile::Builder::new().prefix(".incoming-").tempdir_in(&tips)?;
    let verified = bundle::read(
        source,
        |_| (),
        |tip, content| {
            if !book.tips.contains_key(&tip.id) {
                let mut file = File::create(staging.path().join(format!("{}.age", tip.id)))?;
                io::copy(content, &mut file)?;
                file.sync_all()?;
            }
            Ok(())
        },
    )?;
    let directory = UntrustedDirectory::parse(&verified.directory)?.verify(&desk.root)?;
    let (manifest, id) = (verified.manifest, verified.id);
    if manifest.channel != directory.contents().channel {
        return Err(ImportError::Channel(manifest.channel.to_string()));
    }
    let relays = directory.contents().relays.iter().map(String::as_str);
    example::refuse_elsewhere(directory.contents(), relays, allow_example)?;
    let standing = standing(&book, &manifest, id)?;
    let mut imported = Imported {
        number: manifest.number,
        bundle: id,
        standing,
        new: 0,
        for_this_desk: 0,
        already: 0,
        not_tips: Vec::new(),
        missing: Vec::new(),
    };
    let new: Vec<_> = manifest.tips.iter().filter(|tip| !book.tips.contains_key(&tip.id)).collect();
    imported.already = manifest.tips.len() - new.len();
    let mut days: Vec<Day> = new.iter().map(|tip| tip.day).collect();
    days.sort_unstable();
    days.dedup();
    let keys = if days.is_empty() { Vec::new() } else { unlock(&days)? };
    for tip in new {
        let name = format!("{}.age", tip.id);
        let staged = staging.path().join(&name);
        let reader = match reader(&staged, &keys)? {
            Look::NoTip => {
                imported.not_tips.push(tip.id);
                continue;
            }
            Look::For(reader) => Some(reader),
            Look::NotForUs => None,
        };
        imported.new += 1;
        imported.for_this_desk += usize::from(reader.is_some());
        fs::rename(&staged, tips.join(&name))?;
        book.tips.insert(tip.id, Case { day: tip.day, size: tip.size, bundle: manifest.number, reader });
    }
    crate::file::sync_folder(&tips)?;
    book.bundles.insert(manifest.number, id);
    book.awaited.remove(&manifest.number);
    if let Some(previous) = manifest.previous
        && !book.bundles.contains_key(&(manifest.number - 1))
    {
        book.awaited.insert(manifest.number - 1, previous);
    }
    // The newest directory is remembered; an older one only says that the bundle is old.
    let seen = directory.seen();
    if book.seen.as_ref().is_none_or(|before| before.version < seen.version) {
        book.seen = Some(seen);
    }
    imported.missing = book.missing();
    book.write(&desk.folder)?;
    Ok(imported)
}

fn standing(book: &Casebook, manifest: &Manifest, id: BundleId) -> Result<Standing, ImportError> {
    let forked = || ImportError::Forked(manifest.number);
    if let Some(known) = book.bundles.get(&manifest.number) {
        return if *known == id { Ok(Standing::Repeated) } else { Err(forked()) };
    }
    if book.awaited.get(&manifest.number).is_some_and(|awaited| *awaited != id) {
        return Err(forked());
    }
    let before = manifest.number.checked_sub(1).and_then(|number| book.bundles.get(&number));
    match (manifest.number, before, manifest.previous) {
        (0, ..) | (1, _, Some(_)) | (2.., _, None) => return Err(forked()),
        (_, Some(known), Some(previous)) if *known != previous => return Err(forked()),
        _ => {}
    }
    let last = book.bundles.keys().next_back().copied().unwrap_or(0);
    Ok(if manifest.number < last {
        Standing::OutOfOrder
    } else if manifest.number == last + 1 {
        Standing::Next
    } else {
        Standing::AfterAGap
    })
}

/// What a look at a tip's header says.
enum Look {
    NoTip,
    NotForUs,
    For(Reader),
}

fn reader(path: &Path, keys: &[Unlocked]) -> io::Result<Look> {
    let mut start = Vec::with_capacity(HEADER_CAP);
    File::open(path)?.take(HEADER_CAP as u64).read_to_end(&mut start)?;
    let Ok(header) = scan(&start) else { return Ok(Look::NoTip) };
    if TipHeader::check(&header).is_err() {
        return Ok(Look::NoTip);
    }
    let found = reader_of(&header, keys.iter().map(|key| &key.identity)).map(|n| &keys[n]);
    Ok(found.map_or(Look::NotForUs, |key| Look::For(Reader { holder: key.holder.clone(), epoch: key.epoch.clone() })))
}
