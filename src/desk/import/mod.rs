//! Taking in a bundle: all of it or nothing, and a word about the chain it belongs to.
//!
//! Tips are durable before the casebook names them, and the casebook is durable before anything is said to be imported. Whatever ends the
//! program in between, importing the bundle again makes it whole.

use std::cell::Cell;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use serde::Serialize;
use softinfo_formats::directory::{DirectoryError, UntrustedDirectory};
use softinfo_formats::envelope::id::TipId;
use softinfo_formats::example_keys::{self, ExampleKeys};
use softinfo_formats::transfer::bundle::{self, BundleError, BundleId, CourierName, Manifest};

use crate::casebook::{Case, Casebook, CasebookError, Missing, WithoutFile, tip_file_in};
use crate::chain::{Misplaced, Standing};
use crate::desk_folder::Desk;
use crate::is_full;
use crate::keyring::{KeyringError, UnlockedKeys};
use crate::lock::{DeskLock, INCOMING, LockError};
use crate::passphrase::SecretError;
use crate::trying::{Look, Progress, key_files, known, look, name, try_again};

/// What an import did.
#[derive(Debug, Serialize)]
pub struct Imported {
    /// Whose chain it belongs to.
    pub courier: CourierName,
    /// Number in the chain.
    pub number: u64,
    /// Its id.
    pub bundle: BundleId,
    /// Where it stands in the chain.
    pub standing: Standing,
    /// Whether it is the first of its courier on this desk.
    pub begins: bool,
    /// Tips that are new on this desk.
    pub new: usize,
    /// Of the new ones, those that a key of this desk opens.
    pub for_this_desk: usize,
    /// Tips that were here before.
    pub already: usize,
    /// Of those, tips whose file was gone or damaged and is whole again.
    pub mended: usize,
    /// Tips of earlier bundles that no key had opened, and that one opens now.
    pub opens_now: usize,
    /// Tips on this desk, of this bundle and others, that no key has opened and whose files are there.
    pub unopened: usize,
    /// Why the keys could not be unlocked with any passphrase, so that none was tried; the tips were taken in all the same.
    #[serde(serialize_with = "as_text")]
    pub not_unlocked: Option<KeyringError>,
    /// Key files that could not be read, so that they were not tried.
    pub damaged_keys: usize,
    /// Tips of other bundles whose files are missing or damaged.
    pub without_file: Vec<WithoutFile>,
    /// Tips in the desk's folder that no list names, because the casebook was lost and their bundles have not been imported again.
    pub unlisted: usize,
    /// Tips that are no well-formed tips; they were left out.
    pub not_tips: Vec<TipId>,
    /// Bundles that have not come, of every courier.
    pub missing: Vec<Missing>,
    /// Folders with plaintext that a killed `open` left, and that could not be removed.
    pub plaintext_left: Vec<PathBuf>,
    /// Bundles that nobody waits for any more since the last import, of every courier.
    pub given_up: Vec<Missing>,
    /// The new tips that a key of this desk opens.
    pub ids: Vec<TipId>,
}

/// What an import may take in.
#[derive(Debug, Clone, Copy, Default)]
pub struct Permission {
    /// A bundle with example keys whose relay is not on this machine.
    pub example: bool,
    /// A bundle of a courier that has brought none to this desk, though another has.
    pub new_courier: bool,
}

/// Why an import was refused. Nothing of the bundle was imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The bundle itself.
    #[error("{0}; nothing was imported")]
    Bundle(#[from] BundleError),
    /// Its directory.
    #[error("the bundle's directory: {0}; nothing was imported")]
    Directory(#[from] DirectoryError),
    /// Another channel.
    #[error("the bundle is for the channel “{0}”, not for this desk's; nothing was imported")]
    Channel(String),
    /// A courier that has brought nothing yet.
    #[error(
        "the bundle is from the courier {}, which has brought none to this desk before; nothing was imported. That is right when a second \
         courier has begun, or one was set up anew. Ask who runs it; then import with --new-courier", .0.short()
    )]
    NewCourier(CourierName),
    /// A courier of whom nothing is known, because the casebook was lost.
    #[error(
        "{lost}. Without it no courier is known; nothing was imported. If the courier {} is one whose bundles come to this desk, import with \
         --new-courier", courier.short()
    )]
    CourierOfALostList {
        /// The courier who wrote the bundle.
        courier: CourierName,
        /// The list that is missing.
        lost: CasebookError,
    },
    /// The same number, or the same predecessor, with other contents.
    #[error(
        "two different bundles claim to be number {number} of the courier {}, or the one before it; nothing was imported. Keep the file. It comes \
         from a courier whose folder was copied, or set back to an older copy: let it begin a new chain with softinfo-courier fetch --new-chain, \
         and import that with --new-courier", courier.short()
    )]
    Forked {
        /// The courier whose bundles they are.
        courier: CourierName,
        /// The number that both bundles claim, or that one names as the one before it.
        number: u64,
    },
    /// A number and a predecessor that no bundle can have together.
    #[error(
        "the bundle says it is number {0} and names the one before it wrongly, which no softinfo-courier writes; nothing was imported"
    )]
    Impossible(u64),
    /// No room.
    #[error(
        "there is no room on the disk: {0} bytes are needed; nothing was imported. Make room, then import the bundle again"
    )]
    NoRoom(u64),
    /// Another program at work.
    #[error("{}", nothing_imported(.0))]
    Lock(#[from] LockError),
    /// Example keys.
    #[error(transparent)]
    Example(#[from] ExampleKeys),
    /// The casebook.
    #[error("{}", nothing_imported(.0))]
    Casebook(#[from] CasebookError),
    /// The keys.
    #[error("{}", nothing_imported(.0))]
    Keyring(#[from] KeyringError),
    /// A file failed.
    #[error("{0}; nothing was imported")]
    Io(#[from] io::Error),
}

/// An error's words, and that nothing was imported.
fn nothing_imported(error: &impl std::fmt::Display) -> String {
    format!("{error}; nothing was imported")
}

/// Imports the bundle in `source`. `unlock` is called at most once, after all was verified: when there are new tips, or a key that was not
/// tried yet on one that none has opened. Where it fails because of the keyring's file and not of the passphrase, the tips are taken in untried.
pub fn import(
    desk: &Desk,
    source: impl Read,
    permission: Permission,
    unlock: impl FnOnce() -> Result<UnlockedKeys, KeyringError>,
    progress: Progress<'_>,
) -> Result<Imported, ImportError> {
    let needed = Cell::new(0);
    import_counting(desk, source, permission, unlock, progress, &needed).map_err(|error| {
        let cause = match &error {
            ImportError::Io(cause)
            | ImportError::Bundle(BundleError::Io(cause))
            | ImportError::Casebook(CasebookError::Write { source: cause, .. })
            | ImportError::Lock(LockError::File { source: cause, .. }) => Some(cause),
            _ => None,
        };
        if cause.is_some_and(is_full) { ImportError::NoRoom(needed.get()) } else { error }
    })
}

fn import_counting(
    desk: &Desk,
    source: impl Read,
    permission: Permission,
    unlock: impl FnOnce() -> Result<UnlockedKeys, KeyringError>,
    progress: Progress<'_>,
    needed: &Cell<u64>,
) -> Result<Imported, ImportError> {
    let lock = DeskLock::take(&desk.folder)?;
    let mut book = Casebook::read(&desk.folder)?;
    let lost = Casebook::not_lost(&desk.folder).err();
    let tips = desk.folder.join("tips");
    // Beside its target, so that taking over is a rename; gone when anything fails.
    let staging = tempfile::Builder::new().prefix(INCOMING).tempdir_in(&tips)?;
    let expected = Cell::new(true);
    let verified = bundle::read(
        source,
        |manifest| {
            expected.set(
                permission.new_courier
                    || (book.chains.is_empty() && lost.is_none())
                    || book.chains.contains_key(&manifest.courier),
            );
            let new = manifest.tips.iter().filter(|tip| !book.tips.contains_key(&tip.id));
            needed.set(new.map(|tip| tip.size).fold(0, u64::saturating_add));
        },
        |tip, content| {
            if expected.get() && !is_whole(&tip_file_in(&tips, &tip.id), &tip.id, tip.size) {
                let mut file = File::create(tip_file_in(staging.path(), &tip.id))?;
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
    example_keys::refuse_elsewhere(directory.contents(), relays, permission.example)?;
    let courier = manifest.courier.clone();
    if !expected.get() {
        return Err(match lost {
            Some(lost) => ImportError::CourierOfALostList { courier, lost },
            None => ImportError::NewCourier(courier),
        });
    }
    let chain = book.chains.entry(courier.clone()).or_default();
    let begins = chain.is_empty();
    let standing = chain.standing(manifest.number, manifest.previous, id).map_err(|wrong| match wrong {
        Misplaced::Forked => ImportError::Forked { courier: courier.clone(), number: manifest.number },
        Misplaced::Impossible => ImportError::Impossible(manifest.number),
    })?;
    chain.take(manifest.number, manifest.previous, id);

    let new = manifest.tips.iter().filter(|tip| !book.tips.contains_key(&tip.id)).count();
    let files = key_files(&desk.keyring);
    let untried =
        |(id, case): (TipId, &Case)| case.is_here(&desk.folder, &id) || tip_file_in(staging.path(), &id).exists();
    let wanted = new > 0 || book.untried(&files).any(untried);
    let (keys, not_unlocked) = if wanted { keys_or_fault(unlock())? } else { (UnlockedKeys::default(), None) };
    let mut imported = Imported {
        already: manifest.tips.len() - new,
        damaged_keys: keys.damaged.len(),
        not_unlocked,
        plaintext_left: lock.plaintext_left().to_vec(),
        ..Imported::begun(&manifest, id, standing, begins)
    };
    let tried_on = |done: usize| {
        if !keys.keys.is_empty() && new > 0 {
            progress(done, new);
        }
    };
    let taken = list(&manifest, &mut book, &keys, &mut imported, tried_on, |id| {
        let staged = tip_file_in(staging.path(), id);
        // It may lie there already: a casebook was lost, or an import ended before it was written.
        if staged.exists() { (staged, true) } else { (tip_file_in(&tips, id), false) }
    })?;
    if lost.is_none() && !Casebook::is_there(&desk.folder) {
        // Whatever ends the program before the list is written: it was not lost.
        Casebook::default().write(&desk.folder)?;
    }
    for id in taken {
        let staged = tip_file_in(staging.path(), &id);
        if staged.exists() {
            fs::rename(&staged, tip_file_in(&tips, &id))?;
        }
    }
    softinfo_base::file::sync_folder(&tips)?;
    imported.opens_now = try_again(&desk.folder, &mut book, &keys, false, progress);
    // The newest directory is remembered; an older one only says that the bundle is old.
    let seen = directory.seen();
    if book.seen.as_ref().is_none_or(|before| before.version < seen.version) {
        book.seen = Some(seen);
    }
    imported.unopened = book.unopened().filter(|(id, case)| case.is_here(&desk.folder, id)).count();
    imported.without_file = book.without_file(&desk.folder);
    imported.missing = book.missing();
    imported.given_up = book.newly_given_up();
    imported.unlisted = book.unlisted(&desk.folder);
    book.write(&desk.folder)?;
    Ok(imported)
}

/// Puts the bundle's tips into the casebook, with the key that opens each, and counts them. `tried_on` is told on how many the keys were tried;
/// `place` says where a tip's file is, and whether it has been staged. Gives those that have to stay.
fn list(
    manifest: &Manifest,
    book: &mut Casebook,
    keys: &UnlockedKeys,
    imported: &mut Imported,
    tried_on: impl Fn(usize),
    place: impl Fn(&TipId) -> (PathBuf, bool),
) -> io::Result<Vec<TipId>> {
    let names = known(keys);
    let mut taken = Vec::new();
    for tip in &manifest.tips {
        let (path, staged) = place(&tip.id);
        if book.tips.contains_key(&tip.id) {
            if staged {
                imported.mended += 1;
                taken.push(tip.id);
            }
            continue;
        }
        tried_on(imported.new + imported.not_tips.len());
        let opens = match look(&path, &keys.ordered_for(tip.day))? {
            Look::NoTip => {
                imported.not_tips.push(tip.id);
                continue;
            }
            Look::Opens(key) => Some(name(key)),
            Look::NoKey => None,
        };
        imported.new += 1;
        imported.for_this_desk += usize::from(opens.is_some());
        imported.ids.extend(opens.is_some().then_some(tip.id));
        book.tips.insert(tip.id, Case::new(tip.day, tip.size, manifest.courier.clone(), manifest.number));
        book.note(&tip.id, opens, names.iter().cloned());
        taken.push(tip.id);
    }
    tried_on(imported.new + imported.not_tips.len());
    Ok(taken)
}

impl Imported {
    /// Before anything of the bundle was taken in.
    fn begun(manifest: &Manifest, bundle: BundleId, standing: Standing, begins: bool) -> Self {
        Self {
            courier: manifest.courier.clone(),
            number: manifest.number,
            bundle,
            standing,
            begins,
            new: 0,
            for_this_desk: 0,
            already: 0,
            mended: 0,
            opens_now: 0,
            unopened: 0,
            not_unlocked: None,
            damaged_keys: 0,
            without_file: Vec::new(),
            unlisted: 0,
            not_tips: Vec::new(),
            missing: Vec::new(),
            plaintext_left: Vec::new(),
            given_up: Vec::new(),
            ids: Vec::new(),
        }
    }
}

/// The keys; none, and why, where no passphrase can unlock them.
fn keys_or_fault(
    unlocked: Result<UnlockedKeys, KeyringError>,
) -> Result<(UnlockedKeys, Option<KeyringError>), KeyringError> {
    match unlocked {
        Ok(keys) => Ok((keys, None)),
        Err(error) if is_of_the_file(&error) => Ok((UnlockedKeys::default(), Some(error))),
        Err(error) => Err(error),
    }
}

/// Whether an unlocking failed because of a file, so that no passphrase helps.
const fn is_of_the_file(error: &KeyringError) -> bool {
    use KeyringError::{DamagedKeyring, File, NoKeyring, NotAKey, NotTheirKeyring, Secret, UnderPassphrase};
    matches!(
        error,
        NoKeyring(_)
            | DamagedKeyring(_)
            | NotTheirKeyring(_)
            | UnderPassphrase(_)
            | NotAKey(_)
            | File { .. }
            | Secret(SecretError::Damaged(_) | SecretError::File { .. })
    )
}

#[expect(clippy::ref_option, reason = "serde gives a reference")]
fn as_text<S: serde::Serializer>(error: &Option<KeyringError>, to: S) -> Result<S::Ok, S::Error> {
    error.as_ref().map(ToString::to_string).serialize(to)
}

/// Whether a file is there with every byte of the tip.
fn is_whole(path: &Path, id: &TipId, size: u64) -> bool {
    let hash = || File::open(path).and_then(TipId::of_reader).is_ok_and(|(found, _)| found == *id);
    fs::metadata(path).is_ok_and(|found| found.len() == size) && hash()
}
