//! Keys made, unlocked, interrupted, lost and mended.

use std::collections::BTreeMap;
use std::fs;

use rand::rngs::OsRng;
use softinfo_base::day::Day;
use softinfo_formats::directory::Kind;
use softinfo_seal::hybrid::Identity;
use tempfile::TempDir;

use super::key_file::{Lock, lock_of, secret_line};
use super::*;
use crate::passphrase::Passphrase;
use crate::secret_file::{WORK_FACTOR, read_secret, write_secret};

const FAST: u8 = 10;

fn passphrase() -> Passphrase {
    Passphrase::new("five random words in tests".to_owned())
}

fn id(text: &str) -> HolderId {
    text.parse().unwrap()
}

fn order(holder: &str, from: &str, epochs: u32) -> Order {
    let profile = plain_holder(id(holder), Kind::LabourInspectorate);
    Order { profile, from: Day::first_of_month(from).unwrap(), epochs, months: 1, work_factor: FAST }
}

fn made(folder: &Path, holder: &str, from: &str, epochs: u32) -> Made {
    Keyring::read(folder).unwrap().make(&order(holder, from, epochs), &passphrase()).unwrap()
}

fn unlocked(folder: &Path) -> UnlockedKeys {
    Keyring::read(folder).unwrap().unlock(&passphrase()).unwrap()
}

/// All files below `folder`, by their path in it.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut all = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let name = PathBuf::from(entry.file_name());
        if entry.path().is_dir() {
            all.extend(files(&entry.path()).into_iter().map(|(below, bytes)| (name.join(below), bytes)));
        } else {
            all.insert(name, fs::read(entry.path()).unwrap());
        }
    }
    all
}

fn lay_out<'a>(files: impl IntoIterator<Item = (&'a PathBuf, &'a Vec<u8>)>) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    folder
}

#[test]
fn any_number_of_months_opens_with_one_key_derivation() {
    let folder = tempfile::tempdir().unwrap();
    made(folder.path(), "first", "2026-11", 120);
    made(folder.path(), "second", "2026-11", 3);
    let all = files(folder.path());
    let under_passphrase: Vec<_> = all
        .keys()
        .filter(|name| name.extension().is_some_and(|extension| extension == "age"))
        .filter(|name| lock_of(&folder.path().join(name)).unwrap() == Lock::Passphrase)
        .collect();
    assert_eq!(under_passphrase, [Path::new(KEYRING_FILE)]);
    assert_eq!(unlocked(folder.path()).keys.len(), 123);
    // scrypt takes 128 · r · N bytes, and age has r = 8.
    const { assert!((128 * 8_u64) << WORK_FACTOR < 300 << 20) };
    let header = String::from_utf8_lossy(&all[Path::new(KEYRING_FILE)]).lines().nth(1).unwrap().to_owned();
    assert!(header.starts_with("-> scrypt ") && header.ends_with(&format!(" {FAST}")), "{header}");
}

#[test]
fn the_public_half_of_the_keyring_key_is_in_no_file() {
    let folder = tempfile::tempdir().unwrap();
    made(folder.path(), "unit", "2026-11", 2);
    let text = read_secret(&folder.path().join(KEYRING_FILE), &passphrase()).unwrap();
    let key: age::x25519::Identity = secret_line(&text).parse().unwrap();
    let public = key.to_public().to_string();
    let (_, bytes) = bech32::decode(&public).unwrap();
    let found = |whole: &[u8], part: &[u8]| whole.windows(part.len()).any(|window| window == part);
    assert_eq!(bytes.len(), 32);
    for (name, content) in files(folder.path()) {
        assert!(!found(&content, &bytes) && !found(&content, public.as_bytes()), "{}", name.display());
    }
}

#[test]
fn the_day_orders_the_keys_and_excludes_none() {
    let folder = tempfile::tempdir().unwrap();
    made(folder.path(), "unit", "2026-10", 4);
    let keys = unlocked(folder.path());
    let order = |day: &str| -> Vec<String> {
        keys.ordered_for(day.parse().unwrap()).iter().map(|key| key.epoch.to_string()).collect()
    };
    assert_eq!(order("2026-11-14"), ["2026-11", "2026-10", "2026-12", "2027-01"]);
    // 5 December: a tip of November is tried second; before, it was not tried at all.
    assert_eq!(order("2026-12-05"), ["2026-12", "2026-11", "2027-01", "2026-10"]);
    assert_eq!(order("1970-01-01"), ["2026-10", "2026-11", "2026-12", "2027-01"]);
    assert_eq!(order("2099-01-01"), ["2027-01", "2026-12", "2026-11", "2026-10"]);
}

#[test]
fn of_two_epochs_that_hold_the_one_that_began_last_is_tried_first() {
    let folder = tempfile::tempdir().unwrap();
    let mut year = order("unit", "2026-01", 1);
    year.months = 12;
    Keyring::read(folder.path()).unwrap().make(&year, &passphrase()).unwrap();
    made(folder.path(), "unit", "2026-11", 1);
    let keys = unlocked(folder.path());
    let first = keys.ordered_for("2026-11-14".parse().unwrap())[0].epoch.clone();
    assert_eq!(first.as_str(), "2026-11");
}

#[test]
fn destroyed_keys_are_passed_over_and_damaged_ones_named() {
    let folder = tempfile::tempdir().unwrap();
    made(folder.path(), "unit", "2026-10", 4);
    let file = |name: &str| folder.path().join("unit").join(name);
    fs::remove_file(file("2026-10.age")).unwrap();
    fs::write(file("2026-11.age"), "").unwrap();
    let mut bytes = fs::read(file("2026-12.age")).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    fs::write(file("2026-12.age"), bytes).unwrap();

    let keys = unlocked(folder.path());
    assert_eq!(keys.keys.iter().map(|key| key.epoch.as_str()).collect::<Vec<_>>(), ["2027-01"]);
    let named: Vec<_> = keys.damaged.iter().map(ToString::to_string).collect();
    assert_eq!(named.len(), 2);
    assert!(named[0].contains("2026-11.age is damaged") && named[1].contains("2026-12.age is damaged"), "{named:?}");

    let keyring = Keyring::read(folder.path()).unwrap();
    assert_eq!(keyring.destroyed().iter().map(|(_, epoch)| epoch.epoch.as_str()).collect::<Vec<_>>(), ["2026-10"]);
    let states: Vec<_> = keyring.listing()[0].epochs.iter().map(|epoch| epoch.state).collect();
    // What is changed inside shows only when it is opened.
    assert_eq!(states, [KeyState::Destroyed, KeyState::Damaged, KeyState::NotChecked, KeyState::NotChecked]);
}

#[test]
fn a_damaged_holder_does_not_stop_the_others_nor_its_own_keys() {
    let folder = tempfile::tempdir().unwrap();
    made(folder.path(), "first", "2026-11", 2);
    made(folder.path(), "second", "2026-11", 2);
    for damage in [&b""[..], b"{", b"\xff", br#"{"id":"second","kind":"ngo"}"#] {
        fs::write(folder.path().join("first/holder.json"), damage).unwrap();
        let keyring = Keyring::read(folder.path()).unwrap();
        assert_eq!(keyring.holders().iter().map(|holder| holder.id.as_str()).collect::<Vec<_>>(), ["second"]);
        let [fault] = keyring.faults() else { panic!("one fault") };
        assert!(fault.to_string().contains("first/holder.json can't be read"), "{fault}");
        assert_eq!(keyring.unlock(&passphrase()).unwrap().keys.len(), 4);
    }
    fs::remove_dir_all(folder.path().join("first")).unwrap();
    fs::create_dir(folder.path().join("first")).unwrap();
    assert!(Keyring::read(folder.path()).unwrap().faults().is_empty());
}

#[test]
fn a_run_that_was_ended_after_any_of_its_files_is_completed_by_the_next() {
    let whole = tempfile::tempdir().unwrap();
    made(whole.path(), "unit", "2026-11", 3);
    let all = files(whole.path());
    // All but holder.json, which is written last.
    let written: Vec<_> = all.iter().filter(|(name, _)| !name.ends_with(HOLDER_FILE)).collect();
    assert_eq!(written.len(), 5);
    for subset in 0..1_u32 << written.len() {
        let kept: Vec<_> = (0..).zip(&written).filter(|(n, _)| subset >> n & 1 == 1).map(|(_, file)| *file).collect();
        let with_keyring = kept.iter().any(|(name, _)| name.ends_with(KEYRING_FILE));
        if !with_keyring && !kept.is_empty() {
            // It is written first: where it is missing but others are there, it was lost.
            continue;
        }
        let folder = lay_out(kept.iter().copied());
        let made = made(folder.path(), "unit", "2026-11", 3);
        assert_eq!(made.epochs.len(), 3);
        let keys = unlocked(folder.path());
        let here: Vec<_> = keys.keys.iter().map(|key| key.identity.recipient().to_string()).collect();
        let listed: Vec<_> = made.holder.epochs.iter().map(|epoch| epoch.recipient.clone()).collect();
        assert_eq!(here, listed);
        for (name, bytes) in kept {
            assert!(fs::read(folder.path().join(name)).unwrap() == *bytes, "{} was made again", name.display());
        }
        let signing = folder.path().join("unit").join(SIGNING_FILE);
        unlock_signing(&signing, &made.holder.signing_key.unwrap(), &passphrase()).unwrap();
        assert!(Keyring::read(folder.path()).unwrap().faults().is_empty());
    }
}

#[test]
fn other_months_after_a_run_that_was_ended_take_in_what_it_made() {
    let folder = tempfile::tempdir().unwrap();
    made(folder.path(), "unit", "2026-11", 3);
    fs::remove_file(folder.path().join("unit/holder.json")).unwrap();
    let later = made(folder.path(), "unit", "2027-02", 1);
    assert_eq!((later.epochs.len(), later.completed), (1, 3));
    let names: Vec<_> = later.holder.epochs.iter().map(|epoch| epoch.epoch.as_str()).collect();
    assert_eq!(names, ["2026-11", "2026-12", "2027-01", "2027-02"]);
    // The same name for other days is refused, and nothing is written.
    fs::remove_file(folder.path().join("unit/holder.json")).unwrap();
    let before = files(folder.path());
    let mut longer = order("unit", "2026-11", 1);
    longer.months = 2;
    let outcome = Keyring::read(folder.path()).unwrap().make(&longer, &passphrase());
    assert!(matches!(outcome, Err(KeyringError::Exists { .. })));
    assert!(files(folder.path()) == before);
}

#[test]
fn a_lost_empty_or_damaged_public_part_is_made_anew_from_the_key_files() {
    let folder = tempfile::tempdir().unwrap();
    let mut profile = order("unit", "2026-11", 3);
    profile.profile.names.insert("en".to_owned(), "Unit".to_owned());
    Keyring::read(folder.path()).unwrap().make(&profile, &passphrase()).unwrap();
    let path = folder.path().join("unit/holder.json");
    let before: Holder = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    let mend = |profile: Option<&Holder>| {
        let mut mended = Keyring::read(folder.path()).unwrap().mend(profile, false, &passphrase()).unwrap();
        assert_eq!(mended.len(), 1);
        mended.remove(0).unwrap()
    };
    assert!(!mend(None).changed);
    for damage in [None, Some(""), Some("{\"id\":")] {
        match damage {
            None => fs::remove_file(&path).unwrap(),
            Some(text) => fs::write(&path, text).unwrap(),
        }
        let mended = mend(None);
        assert!(mended.changed && mended.set_aside.is_empty() == damage.is_none());
        assert_eq!((&mended.holder.epochs, &mended.holder.signing_key), (&before.epochs, &before.signing_key));
        assert_eq!((mended.holder.kind, mended.holder.names.len()), (before.kind, 0));
        // The texts come from the profile.
        let mended = mend(Some(&profile.profile));
        assert!(mended.changed && mended.holder == before);
        let written: Holder = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        assert!(written == before && !mend(None).changed);
    }
    // A destroyed month stays listed; a key that isn't listed is taken in.
    fs::remove_file(folder.path().join("unit/2026-11.age")).unwrap();
    let mut shorter = before.clone();
    shorter.epochs.pop();
    fs::write(&path, serde_json::to_vec(&shorter).unwrap()).unwrap();
    assert_eq!(Keyring::read(folder.path()).unwrap().listing()[0].epochs[2].state, KeyState::NotListed);
    assert!(mend(None).holder == before);
}

#[test]
fn where_no_key_file_can_be_read_nothing_is_made_up() {
    let folder = tempfile::tempdir().unwrap();
    made(folder.path(), "unit", "2026-11", 1);
    for name in ["unit/2026-11.age", "unit/signing.age", "unit/holder.json"] {
        fs::write(folder.path().join(name), "").unwrap();
    }
    let before = files(folder.path());
    let outcome = Keyring::read(folder.path()).unwrap().mend(None, false, &passphrase()).unwrap();
    assert!(matches!(outcome[..], [Err(KeyringError::NothingToMend(_))]));
    assert!(files(folder.path()) == before);
}

#[test]
fn another_passphrase_for_a_second_holder_is_refused_before_anything_is_written() {
    let folder = tempfile::tempdir().unwrap();
    made(folder.path(), "first", "2026-11", 1);
    let before = files(folder.path());
    let other = Passphrase::new("quite another passphrase".to_owned());
    let outcome = Keyring::read(folder.path()).unwrap().make(&order("second", "2026-11", 1), &other);
    assert!(matches!(outcome, Err(KeyringError::OtherPassphrase(_))));
    assert!(files(folder.path()) == before && !folder.path().join("second").exists());
    // What needs no passphrase to be known is said before one is asked for.
    let keyring = Keyring::read(folder.path()).unwrap();
    assert!(matches!(keyring.check(&order("first", "2026-11", 1)), Err(KeyringError::Exists { .. })));
    assert!(matches!(keyring.check(&order("first", "9999-06", 12)), Err(KeyringError::Range)));
}

#[test]
fn a_folder_without_its_keyring_key_is_refused_and_no_other_key_made_in_it() {
    let folder = tempfile::tempdir().unwrap();
    made(folder.path(), "unit", "2026-11", 1);
    fs::remove_file(folder.path().join(KEYRING_FILE)).unwrap();
    let refused = |folder: &Path| {
        let mut keyring = Keyring::read(folder).unwrap();
        let before = files(folder);
        let [made, unlocked] = [
            keyring.make(&order("other", "2026-11", 1), &passphrase()).map(drop).unwrap_err(),
            keyring.unlock(&passphrase()).map(drop).unwrap_err(),
        ];
        assert!(files(folder) == before);
        assert_eq!(made.to_string(), unlocked.to_string());
        unlocked
    };
    assert!(matches!(refused(folder.path()), KeyringError::NoKeyring(_)));
    // The kind of before: each key under the passphrase itself.
    let text = format!("# softinfo, holder unit\n{}\n", *Identity::generate(&mut OsRng).expose());
    fs::remove_file(folder.path().join("unit/2026-11.age")).unwrap();
    write_secret(&folder.path().join("unit/2026-11.age"), &text, &passphrase(), FAST).unwrap();
    assert!(matches!(refused(folder.path()), KeyringError::UnderPassphrase(_)));
}

#[test]
fn a_key_of_another_folder_is_named_and_the_rest_opens() {
    let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    made(folder.path(), "unit", "2026-11", 2);
    made(other.path(), "unit", "2026-11", 2);
    fs::copy(other.path().join("unit/2026-12.age"), folder.path().join("unit/2026-12.age")).unwrap();
    let keys = unlocked(folder.path());
    assert_eq!(keys.keys.len(), 1);
    assert!(matches!(&keys.damaged[..], [KeyringError::OtherKeyring(path)] if path.ends_with("2026-12.age")));
}

#[test]
fn a_copy_of_a_key_file_is_named_and_is_no_other_epoch() {
    let folder = tempfile::tempdir().unwrap();
    made(folder.path(), "unit", "2026-01", 1);
    made(folder.path(), "other", "2026-02", 1);
    let path = |name: &str| folder.path().join(name);
    fs::copy(path("unit/2026-01.age"), path("unit/2026-01-copy.age")).unwrap();
    fs::copy(path("other/2026-02.age"), path("unit/2026-02.age")).unwrap();
    let keys = unlocked(folder.path());
    assert_eq!((keys.keys.len(), keys.damaged.len()), (2, 2));
    assert!(keys.damaged.iter().all(|fault| matches!(fault, KeyringError::OtherName { .. })));
    let holder = made(folder.path(), "unit", "2026-03", 1).holder;
    assert_eq!(holder.epochs.iter().map(|epoch| epoch.epoch.as_str()).collect::<Vec<_>>(), ["2026-01", "2026-03"]);
    fs::remove_file(path("unit/holder.json")).unwrap();
    let mended = Keyring::read(folder.path()).unwrap().mend(None, false, &passphrase()).unwrap();
    let mended = mended.into_iter().filter_map(Result::ok).find(|mended| mended.holder.id.as_str() == "unit").unwrap();
    assert_eq!((mended.holder.epochs.len(), mended.damaged.len()), (2, 2));
}

#[test]
fn keys_are_made_or_mended_by_one_program_at_a_time_and_never_over_others() {
    let folder = tempfile::tempdir().unwrap();
    made(folder.path(), "unit", "2026-11", 1);
    let before = files(folder.path());
    let other = FileLock::take(fs::File::open(folder.path()).unwrap()).unwrap();
    let mut keyring = Keyring::read(folder.path()).unwrap();
    assert!(matches!(keyring.make(&order("unit", "2026-12", 1), &passphrase()), Err(KeyringError::InUse(_))));
    assert!(matches!(keyring.mend(None, false, &passphrase()), Err(KeyringError::InUse(_))));
    drop(other);
    for name in [KEYRING_FILE, "unit/2026-11.age", "unit/signing.age"] {
        assert!(write_secret(&folder.path().join(name), "another", &passphrase(), FAST).is_err(), "{name}");
    }
    assert!(files(folder.path()) == before);
    // A keyring that was read before another program made keys.
    let mut late = Keyring::read(folder.path()).unwrap();
    made(folder.path(), "unit", "2026-12", 1);
    assert!(matches!(late.make(&order("unit", "2026-12", 1), &passphrase()), Err(KeyringError::Exists { .. })));
}

#[test]
fn a_keyring_key_of_another_folder_is_named_once_and_no_key_made_under_it() {
    let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    made(folder.path(), "unit", "2026-11", 3);
    made(other.path(), "unit", "2026-11", 1);
    fs::copy(other.path().join(KEYRING_FILE), folder.path().join(KEYRING_FILE)).unwrap();
    let before = files(folder.path());
    let mut keyring = Keyring::read(folder.path()).unwrap();
    let refused = [
        keyring.unlock(&passphrase()).map(drop),
        keyring.mend(None, true, &passphrase()).map(drop),
        keyring.make(&order("unit", "2027-02", 1), &passphrase()).map(drop),
    ];
    for outcome in refused {
        let error = outcome.unwrap_err();
        assert!(
            error
                .to_string()
                .ends_with("keyring.age is not the one of these keys: nothing opens; put back the right one"),
            "{error}"
        );
    }
    assert!(files(folder.path()) == before);
}

#[test]
fn a_root_whose_public_key_was_not_yet_written_is_completed() {
    let folder = tempfile::tempdir().unwrap();
    let make = |channel: &str| make_root(folder.path(), &channel.parse().unwrap(), &passphrase(), FAST);
    let key = make("antwerp").unwrap();
    let public = folder.path().join("root.vkey");
    let before = fs::read(&public).unwrap();
    assert!(matches!(make("antwerp"), Err(KeyringError::RootExists(_))));
    fs::remove_file(&public).unwrap();
    assert!(matches!(make("ghent"), Err(KeyringError::RootExists(_))));
    assert!(make("antwerp").unwrap().public().as_str() == key.public().as_str());
    assert!(fs::read(&public).unwrap() == before);
    unlock_signing(&folder.path().join("root.age"), key.public().as_str(), &passphrase()).unwrap();
}

#[test]
fn a_signing_key_without_a_copy_is_made_anew_when_asked_for_and_only_then() {
    let folder = tempfile::tempdir().unwrap();
    let before = made(folder.path(), "unit", "2026-11", 1).holder;
    let path = folder.path().join("unit").join(SIGNING_FILE);
    let mend = |new_signing_key| {
        let mut keyring = Keyring::read(folder.path()).unwrap();
        keyring.mend(None, new_signing_key, &passphrase()).unwrap().remove(0).unwrap()
    };
    // One that is in order stays.
    assert!(!mend(true).changed);
    fs::write(&path, "").unwrap();
    let left = mend(false);
    assert!(!left.changed && left.damaged.len() == 1 && left.holder == before);
    let mended = mend(true);
    assert!(mended.changed && mended.new_signing_key && mended.damaged.is_empty() && mended.set_aside.len() == 1);
    assert!(mended.holder.signing_key != before.signing_key && mended.holder.epochs == before.epochs);
    unlock_signing(&path, mended.holder.signing_key.as_deref().unwrap(), &passphrase()).unwrap();
}
