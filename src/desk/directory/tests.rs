//! A directory from its making to its checking, without a terminal.

use std::fs;
use std::path::PathBuf;

use softinfo_base::day::Day;
use softinfo_base::limits::DEFAULT_MAX_PLAINTEXT;
use softinfo_formats::directory::{DirectoryError, Kind, RootKey};
use tempfile::TempDir;

use super::*;
use crate::desk_folder::{pin_root, read_root, trusted_root};
use crate::keyring::{self, Keyring, make_root, plain_holder};
use crate::passphrase::Passphrase;

const FAST: u8 = 10;

fn passphrase() -> Passphrase {
    Passphrase::new("five random words in tests".to_owned())
}

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

/// A channel's owner and one holder, each with keys.
struct Stage {
    folder: TempDir,
    root: RootKey,
}

impl Stage {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let order = keyring::Order {
            profile: plain_holder("unit".parse().unwrap(), Kind::LabourInspectorate),
            from: Day::first_of_month("2026-11").unwrap(),
            epochs: 3,
            months: 1,
            work_factor: FAST,
        };
        Keyring::read(&folder.path().join("keys")).unwrap().make(&order, &passphrase()).unwrap();
        let root = make_root(&folder.path().join("root"), &"antwerp".parse().unwrap(), &passphrase(), FAST).unwrap();
        Self { root: root.public().clone(), folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn order(&self, version: u64) -> Order {
        Order {
            channel: "antwerp".parse().unwrap(),
            version,
            issued: day("2026-11-01"),
            expires: day("2026-12-31"),
            relays: vec!["http://127.0.0.1:8080".to_owned()],
            holders: vec![self.path("keys/unit/holder.json")],
            page: None,
            max_bytes: DEFAULT_MAX_PLAINTEXT,
        }
    }

    fn files(&self, secret: &str) -> SigningFiles {
        SigningFiles { secret: self.path(secret), public: None }
    }

    fn make(&self, version: u64) -> PathBuf {
        let out = self.path(&format!("{version}.json"));
        draft(&self.order(version), &out, day("2026-11-30"), false).unwrap().write(&out).unwrap();
        out
    }

    fn proposal(&self, file: &str, secret: &str, out: &str) -> Result<Proposal, SignError> {
        Proposal::read(&self.path(file), self.files(secret), &self.path(out), false)
    }

    fn signed(&self, file: &str, secret: &str, out: &str) -> Signed {
        let compared = self.proposal(file, secret, out).unwrap().compared(None, true).unwrap();
        let key = compared.unlock(&passphrase()).unwrap();
        compared.sign(&key, &self.path(out)).unwrap()
    }

    /// What `check` says of a file on a day.
    fn check(&self, file: &str, today: &str) -> Result<Checked, CheckError> {
        let root = self.path("root/root.vkey");
        check(&self.path("desk"), &self.path(file), Some(&root), None, day(today))
    }
}

#[test]
fn a_directory_holds_when_the_root_and_each_holder_have_signed_it() {
    let stage = Stage::new();
    stage.make(1);
    assert!(matches!(stage.check("1.json", "2026-11-30"), Err(CheckError::Unsigned(_))));
    let half = stage.signed("1.json", "root/root.age", "half.note");
    let unit = vec!["unit".parse().unwrap()];
    assert_eq!(half.still_missing(None).unwrap(), StillMissing::These { holders: unit, root: false });
    let refused = stage.check("half.note", "2026-11-30");
    assert!(matches!(refused, Err(CheckError::Directory(DirectoryError::NotVouched(_)))));
    let whole = stage.signed("half.note", "keys/unit/signing.age", "whole.note");
    assert_eq!(whole.still_missing(None).unwrap(), StillMissing::NobodyButTheRootIsUnchecked);
    assert_eq!(whole.still_missing(Some(&stage.root)).unwrap(), StillMissing::Nobody);
    let checked = stage.check("whole.note", "2026-11-30").unwrap();
    let row = checked.holders().next().unwrap();
    assert!(checked.holds.is_ok() && row.epoch.unwrap().epoch.as_str() == "2026-11");
    // The day is the caller's: another one says something else of the same file.
    let over = stage.check("whole.note", "2027-01-01").unwrap();
    assert!(matches!(over.holds, Err(DirectoryError::Expired(_))));
}

#[test]
fn the_root_signs_a_later_version_only_beside_the_one_before() {
    let stage = Stage::new();
    stage.make(1);
    stage.make(2);
    stage.signed("1.json", "root/root.age", "1.note");
    let proposal = || stage.proposal("2.json", "root/root.age", "2.note").unwrap();
    assert!(matches!(proposal().compared(None, false), Err(SignError::ComparedWithNothing(2))));
    let since = proposal().compared(Some(&stage.path("1.note")), false).unwrap().since.unwrap();
    let changes: Vec<_> = since.changes.iter().map(ToString::to_string).collect();
    assert_eq!((since.version, &changes[..]), (1, &["changed  version: 1 → 2".to_owned()][..]));
    let older = stage.proposal("1.json", "root/root.age", "1-again.note").unwrap();
    stage.signed("2.json", "root/root.age", "2.note");
    assert!(matches!(older.compared(Some(&stage.path("2.note")), false), Err(SignError::NotNewer { .. })));
    assert!(!stage.path("1-again.note").exists());
}

#[test]
fn a_holder_does_not_sign_an_entry_that_is_not_its_own() {
    let stage = Stage::new();
    let own = stage.path("keys/unit/holder.json");
    let changed = fs::read_to_string(&own).unwrap().replace("\"names\": {}", "\"names\": {\"en\": \"Another\"}");
    let other = stage.path("other.json");
    fs::write(&other, changed).unwrap();
    let (order, out) = (Order { holders: vec![other], ..stage.order(1) }, stage.path("1.json"));
    draft(&order, &out, day("2026-11-30"), false).unwrap().write(&out).unwrap();
    let Err(SignError::EntryDiffers { differences, .. }) = stage.proposal("1.json", "keys/unit/signing.age", "1.note")
    else {
        panic!("it was not refused")
    };
    assert_eq!(differences.len(), 1, "{differences:?}");
}

#[test]
fn only_the_key_that_was_looked_at_signs_and_a_file_that_came_meanwhile_stays() {
    let stage = Stage::new();
    stage.make(1);
    let compared = || stage.proposal("1.json", "root/root.age", "1.note").unwrap().compared(None, true).unwrap();
    let other = stage.proposal("1.json", "keys/unit/signing.age", "2.note").unwrap().compared(None, true).unwrap();
    let others = other.unlock(&passphrase()).unwrap();
    let refused = compared().sign(&others, &stage.path("1.note"));
    assert!(matches!(refused, Err(SignError::OtherKey { .. })));
    assert!(!stage.path("1.note").exists());
    let late = compared();
    let key = late.unlock(&passphrase()).unwrap();
    fs::write(stage.path("1.note"), "somebody's").unwrap();
    assert!(matches!(late.sign(&key, &stage.path("1.note")), Err(SignError::Output(OutputError::Exists(_)))));
    assert_eq!(fs::read(stage.path("1.note")).unwrap(), b"somebody's");
}

#[test]
fn nothing_is_written_over_and_a_last_day_that_is_over_makes_no_directory() {
    let stage = Stage::new();
    let out = stage.make(1);
    let again = draft(&stage.order(2), &out, day("2026-11-30"), false);
    assert!(matches!(again, Err(MakeError::Output(OutputError::Exists(_)))));
    let late = draft(&stage.order(2), &stage.path("2.json"), day("2027-01-01"), false);
    assert!(matches!(late, Err(MakeError::Over(_))));
    let page = OwnPage { root: &stage.root, floor: 1, title: "Information" };
    assert!(matches!(page.write(&out), Err(PageError::Output(OutputError::Exists(_)))));
}

#[test]
fn a_page_for_one_version_is_named_in_no_directory_of_another() {
    let stage = Stage::new();
    let page = stage.path("page.html");
    let sha256 = OwnPage { root: &stage.root, floor: 2, title: "A & B" }.write(&page).unwrap();
    let text = fs::read_to_string(&page).unwrap();
    assert!(text.contains(stage.root.as_str()) && text.contains("<title>A &amp; B</title>"));
    let order = |version| Order { page: Some(page.clone()), ..stage.order(version) };
    let made = |version| draft(&order(version), &stage.path("out.json"), day("2026-11-30"), false);
    assert!(matches!(made(3), Err(MakeError::Page(PageError::OtherVersion { .. }))));
    made(2).unwrap().write(&stage.path("out.json")).unwrap();
    assert!(fs::read_to_string(stage.path("out.json")).unwrap().contains(&sha256.to_string()));
}

#[test]
fn the_root_key_that_a_desk_trusts_is_that_of_its_channel_alone() {
    let stage = Stage::new();
    let desk = stage.path("desk");
    assert!(trusted_root(&desk, &"antwerp".parse().unwrap()).is_none());
    pin_root(&desk, &read_root(&stage.path("root/root.vkey")).unwrap(), false).unwrap();
    assert!(trusted_root(&desk, &"antwerp".parse().unwrap()).is_some());
    assert!(trusted_root(&desk, &"ghent".parse().unwrap()).is_none());
}
