//! The vectors of directories, bundles and reports: each is taken or refused for the reason that its index names.
//!
//! In: `tests/vectors/{directory,bundle,report}/index.json` and the files they name. No other file may lie there.

mod make;
mod report;

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use serde_json::Value;
use softinfo_base::day::Day;
use softinfo_desk::desk_folder::Desk;
use softinfo_desk::keyring::{Keyring, Unlocked};
use softinfo_desk::{ImportError, Imported, Permission, UnlockedKeys, import, open};
use softinfo_formats::directory::{Directory, DirectoryError, RootKey, Seen, UntrustedDirectory};
use softinfo_formats::transfer::bundle::BundleError;
use softinfo_seal::reader::Reader;

fn path(folder: &str) -> PathBuf {
    Path::new(scene::PROJECT).join("tests/vectors").join(folder)
}

/// The index of a folder, in which every other file of the folder has to be named.
fn index(folder: &str) -> Value {
    let index: Value = serde_json::from_slice(&fs::read(path(folder).join("index.json")).unwrap()).unwrap();
    let named: BTreeSet<_> = rows(&index).iter().map(|row| text(row, "file").to_owned()).collect();
    let there: BTreeSet<_> = fs::read_dir(path(folder))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name != "index.json")
        .collect();
    assert_eq!(named, there, "{folder}");
    index
}

fn rows(index: &Value) -> &[Value] {
    index["vectors"].as_array().unwrap()
}

fn text<'a>(row: &'a Value, key: &str) -> &'a str {
    row[key].as_str().unwrap_or_else(|| panic!("{key} of {row}"))
}

fn directory(index: &Value, file: &str) -> Result<Directory, DirectoryError> {
    let root = RootKey::parse(text(index, "root")).unwrap();
    UntrustedDirectory::parse(&fs::read(path("directory").join(file)).unwrap())?.verify(&root)
}

#[test]
fn every_directory_is_taken_or_refused_for_the_reason_its_index_names() {
    let index = index("directory");
    let today: Day = text(&index, "today").parse().unwrap();
    let holder = text(&index, "holder").parse().unwrap();
    for row in rows(&index) {
        let seen: Option<Seen> = row["seen"].as_str().map(|file| directory(&index, file).unwrap().seen());
        let outcome = directory(&index, text(row, "file"))
            .and_then(|directory| Reader::of(&directory.current(today, seen.as_ref())?, &holder));
        if let Ok(reader) = &outcome {
            assert_eq!(index["recipient"], reader.recipient.to_string(), "{row}");
        }
        let name = match &outcome {
            Ok(_) => "accepted",
            Err(DirectoryError::Malformed) => "malformed",
            Err(DirectoryError::WrongRoot(_)) => "wrong-root",
            Err(DirectoryError::NotVouched(id)) if *id == holder => "not-vouched",
            Err(DirectoryError::Contents(_)) => "contents",
            Err(DirectoryError::Expired(_)) => "expired",
            Err(DirectoryError::NotYet(_)) => "not-yet",
            Err(DirectoryError::RolledBack { got: 1, seen: 2 }) => "rolled-back",
            Err(DirectoryError::Forked(2)) => "forked",
            Err(DirectoryError::NoEpoch(_)) => "no-epoch",
            Err(other) => panic!("{row}: {other}"),
        };
        assert_eq!(name, text(row, "outcome"), "{row}");
        if let (Some(says), Err(error)) = (row["says"].as_str(), &outcome) {
            assert!(error.to_string().contains(says), "{error} does not say {says}");
        }
    }
    assert_eq!(rows(&index).len(), 28);
}

#[test]
fn of_two_epochs_that_hold_today_the_one_that_began_last_is_used() {
    let index = index("directory");
    let current =
        directory(&index, "good.note").unwrap().current(text(&index, "today").parse().unwrap(), None).unwrap();
    let holder = &current.directory().contents().holders[0];
    assert_eq!(holder.epochs.len(), 2);
    let today = text(&index, "today").parse().unwrap();
    assert!(holder.epochs.iter().all(|epoch| epoch.from <= today && today <= epoch.until), "both hold");
    assert_eq!(holder.epoch_on(today).unwrap().epoch.as_str(), text(&index, "epoch"));
    let identity: softinfo_seal::hybrid::Identity = text(&index, "identity").parse().unwrap();
    assert!(Reader::of(&current, &holder.id).unwrap().recipient == identity.recipient());
}

fn all(keys: Vec<Unlocked>) -> UnlockedKeys {
    UnlockedKeys { keys, damaged: Vec::new() }
}

/// A desk without keys of its own, in a folder that goes with it.
struct EmptyDesk {
    folder: tempfile::TempDir,
    desk: Desk,
}

impl EmptyDesk {
    fn new(root: &str) -> Self {
        let folder = scene::folder();
        fs::create_dir(folder.path().join("tips")).unwrap();
        let keyring = Keyring::read(&folder.path().join("keys")).unwrap();
        let desk =
            Desk { folder: folder.path().to_owned(), root: RootKey::parse(root).unwrap(), keyring, example: false };
        Self { folder, desk }
    }

    fn import(&self, file: &str, keys: Vec<Unlocked>) -> Result<Imported, ImportError> {
        import(
            &self.desk,
            File::open(path("bundle").join(file)).unwrap(),
            Permission::default(),
            || Ok(all(keys)),
            &|_| (),
        )
    }

    /// Every file on the desk, with its bytes.
    fn state(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let folders = [self.folder.path().to_owned(), self.folder.path().join("tips")];
        let entries =
            folders.iter().flat_map(|folder| fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()));
        let mut files: Vec<_> =
            entries.filter(|path| path.is_file()).map(|path| (path.clone(), fs::read(path).unwrap())).collect();
        files.sort();
        let left_over = fs::read_dir(&folders[1]).unwrap().filter(|entry| entry.as_ref().unwrap().path().is_dir());
        assert_eq!(left_over.count(), 0, "a folder was left behind");
        files
    }
}

#[test]
fn every_bundle_is_taken_whole_or_refused_whole_as_its_index_names() {
    let root = text(&index("directory"), "root").to_owned();
    let index = index("bundle");
    for row in rows(&index) {
        let desk = EmptyDesk::new(&root);
        for before in row["after"].as_array().into_iter().flatten() {
            desk.import(before.as_str().unwrap(), Vec::new()).unwrap();
        }
        let before = desk.state();
        let outcome = desk.import(text(row, "file"), Vec::new());
        let name = match &outcome {
            Ok(imported) => {
                let shown = serde_json::to_value(imported).unwrap();
                for (key, of) in
                    [("number", "number"), ("bundle", "id"), ("standing", "standing"), ("not_tips", "not_tips")]
                {
                    assert_eq!(shown[key], row[of], "{key}");
                }
                let tips = row["tips"].as_array().unwrap();
                assert_eq!(imported.new, tips.len(), "{row}");
                let stored = |id: &Value| desk.folder.path().join("tips").join(format!("{}.age", id.as_str().unwrap()));
                assert!(tips.iter().all(|id| stored(id).is_file()), "{row}");
                assert!(row["not_tips"].as_array().unwrap().iter().all(|id| !stored(id).exists()), "{row}");
                "accepted"
            }
            Err(ImportError::Forked { .. }) => "forked",
            Err(ImportError::Bundle(BundleError::CutShort { found, .. })) => {
                assert_eq!(row["found"], *found, "{row}");
                "cut-short"
            }
            Err(ImportError::Bundle(BundleError::Altered(entry))) => {
                assert_eq!(text(row, "entry"), entry);
                "altered"
            }
            Err(ImportError::Bundle(BundleError::Version(_))) => "version",
            Err(other) => panic!("{row}: {other}"),
        };
        assert_eq!(name, text(row, "outcome"), "{row}");
        if outcome.is_err() || row["standing"] == "repeated" {
            assert!(desk.state() == before, "something changed: {row}");
        }
    }
    assert_eq!(rows(&index).len(), 21);
}

#[test]
fn the_tip_of_a_bundle_opens_with_the_key_of_the_directory() {
    let directories = index("directory");
    let desk = EmptyDesk::new(text(&directories, "root"));
    let keys = || {
        vec![Unlocked {
            holder: text(&directories, "holder").parse().unwrap(),
            epoch: text(&directories, "epoch").parse().unwrap(),
            from: "2026-11-01".parse().unwrap(),
            until: "2026-11-30".parse().unwrap(),
            identity: text(&directories, "identity").parse().unwrap(),
        }]
    };
    let imported = desk.import("good.tar", keys()).unwrap();
    assert_eq!((imported.new, imported.for_this_desk), (1, 1));
    let id = index("bundle")["vectors"][0]["tips"][0].as_str().unwrap().parse().unwrap();
    let out = desk.folder.path().join("opened");
    let opened = open(&desk.desk, &id, &all(keys()), &out, false).unwrap();
    assert_eq!(opened.entries, ["report.json", "message.txt"]);
    assert_eq!(fs::read_to_string(out.join("message.txt")).unwrap(), "Een tip in een bundel.");
}
