//! Several bundles at once, as a stick brings them: each courier's in the order of its chain, so that no gap is seen that the next file fills.
//!
//! In: files in any order. Out: what became of each. One that is refused for what it is hinders no other. Where the desk itself is in the way (its keys,
//! its lock, its disk), no further one is tried: what came behind a gap would be called out of order. The keys are unlocked once.

use std::cell::RefCell;
use std::fs::File;
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use softinfo_formats::transfer::bundle::{self, CourierName};

use super::{ImportError, Imported, Permission, import_file};
use crate::desk_folder::Desk;
use crate::keyring::{KeyringError, UnlockedKeys};
use crate::progress::Progress;

/// What became of one bundle.
#[derive(Debug)]
pub struct BundleOutcome {
    /// The bundle's file.
    pub path: PathBuf,
    /// What the import did, or why nothing of the bundle was imported; `None` where it was not tried, because an earlier one found the desk in the way.
    pub outcome: Option<Result<Imported, ImportError>>,
}

/// Imports the bundles in `paths`, in the order of their couriers and numbers; what is no bundle comes last. `unlock` is called
/// once, by the first bundle that needs the keys.
pub fn import_files(
    desk: &Desk,
    paths: &[PathBuf],
    permission: Permission,
    unlock: impl Fn() -> Result<UnlockedKeys, KeyringError>,
    progress: Progress<'_>,
) -> Vec<BundleOutcome> {
    let kept: RefCell<Option<Rc<UnlockedKeys>>> = RefCell::new(None);
    let unlocked = || {
        if let Some(keys) = &*kept.borrow() {
            return Ok(Rc::clone(keys));
        }
        let keys = Rc::new(unlock()?);
        *kept.borrow_mut() = Some(Rc::clone(&keys));
        Ok(keys)
    };
    let mut in_the_way = false;
    let outcome = |path: PathBuf| {
        let outcome = (!in_the_way).then(|| import_file(desk, &path, permission, unlocked, progress));
        in_the_way |= matches!(&outcome, Some(Err(error)) if error.is_of_the_desk());
        BundleOutcome { path, outcome }
    };
    in_order(paths).into_iter().map(outcome).collect()
}

/// The files in the order of their couriers and numbers, as their manifests say; those that have none behind them.
fn in_order(paths: &[PathBuf]) -> Vec<PathBuf> {
    let mut placed: Vec<_> = paths.iter().map(|path| (place(path), path.clone())).collect();
    placed.sort_by(|(one, _), (other, _)| (one.is_none(), one).cmp(&(other.is_none(), other)));
    placed.into_iter().map(|(_, path)| path).collect()
}

/// Whose bundle it is, and its number. Believed only for the order: the import checks all of it.
fn place(path: &Path) -> Option<(CourierName, u64)> {
    let mut place = None;
    let file = BufReader::new(File::open(path).ok()?);
    // Ends at the first tip: what is wanted stands before it.
    let _ = bundle::read(
        file,
        |manifest| place = Some((manifest.courier.clone(), manifest.number)),
        |_, _| Err(io::Error::other("only the manifest is wanted")),
    );
    place
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::Standing;
    use crate::keyring::Keyring;
    use softinfo_formats::directory::RootKey;

    #[test]
    fn bundles_in_any_order_are_taken_in_by_their_numbers_and_what_is_none_hinders_no_other() {
        let vectors = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors");
        let index: serde_json::Value =
            serde_json::from_slice(&std::fs::read(vectors.join("directory/index.json")).unwrap()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("tips")).unwrap();
        let keyring = Keyring::read(&folder.path().join("keys")).unwrap();
        let root = RootKey::parse(index["root"].as_str().unwrap()).unwrap();
        let desk = Desk { folder: folder.path().to_owned(), root, keyring, example: false };
        let file = |name: &str| vectors.join("bundle").join(name);
        let paths = [vectors.join("padding.json"), file("next.tar"), file("altered-tip.tar"), file("good.tar")];
        let asked = std::cell::Cell::new(0);
        let unlock = || {
            asked.set(asked.get() + 1);
            Ok(UnlockedKeys::default())
        };
        let outcomes = import_files(&desk, &paths, Permission::default(), unlock, &|_| ());
        let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
        let shown: Vec<_> = outcomes
            .iter()
            .map(|BundleOutcome { path, outcome }| {
                (name(path), outcome.as_ref().unwrap().as_ref().ok().map(|done| done.standing))
            })
            .collect();
        let expected = [
            ("altered-tip.tar", None),
            ("good.tar", Some(Standing::Next)),
            ("next.tar", Some(Standing::Next)),
            ("padding.json", None),
        ];
        assert_eq!(shown, expected.map(|(name, standing)| (name.to_owned(), standing)));
        assert_eq!(asked.get(), 1);

        // Where the passphrase is wrong, no later bundle of the chain comes in behind a gap.
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("tips")).unwrap();
        let desk = Desk { folder: folder.path().to_owned(), ..desk };
        let refuse = || {
            asked.set(asked.get() + 1);
            Err(KeyringError::Range)
        };
        let outcomes = import_files(&desk, &paths, Permission::default(), refuse, &|_| ());
        let tried: Vec<_> = outcomes.iter().map(|bundle| (name(&bundle.path), bundle.outcome.is_some())).collect();
        let expected = [("altered-tip.tar", true), ("good.tar", true), ("next.tar", false), ("padding.json", false)];
        assert_eq!(tried, expected.map(|(name, tried)| (name.to_owned(), tried)));
        assert_eq!(asked.get(), 2);
    }
}
