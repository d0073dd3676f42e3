//! What a person types or keeps: receipts, passphrases, keys, folders.

use std::fs;
use std::io::Read;

use scene::{Channel, DESK, INSPECTORATE, OwnChannel, Run, Scene, TIP, complete};

#[test]
fn a_slip_in_the_receipt_is_noticed_before_anything_is_asked_of_the_relay() {
    let scene = Scene::new();
    let sent = scene.send(&[INSPECTORATE], "kept", &[]);
    let url = scene.intake_url();
    let words: Vec<&str> = sent["words"].as_str().unwrap().split(' ').collect();
    // A known word in the wrong place: one that breaks the checksum is chosen, as 15 of 16 do.
    let slip = ["zoo", "abandon", "legal", "winner", "yellow"]
        .iter()
        .map(|wrong| [&[*wrong][..], &words[1..]].concat().join(" "))
        .find(|typed| softinfo_seal::receipt::Receipt::parse(typed).is_err())
        .unwrap();
    let withdraw = ["withdraw", "--relay", &url];
    scene.run_with(TIP, &withdraw, &slip).says(1, "one of the words or numbers is wrong");
    scene.run_with(TIP, &withdraw, &[&["xyzzy"][..], &words[1..]].concat().join(" ")).says(1, "word 1, “xyzzy”");
    scene.run_with(TIP, &withdraw, &words[1..].join(" ")).says(1, "12 words");
    scene.run_with(TIP, &withdraw, &"2049 ".repeat(12)).says(1, "group 1 is not a number from 0001 to 2048");
    assert_eq!(scene.pool().len(), 1);
}

#[test]
fn keys_of_other_months_do_not_open_and_the_desk_says_so() {
    let scene = Scene::new();
    let own = OwnChannel::of(&scene);
    own.make_keys();
    let note = own.sign("directory.note");
    let relay = Scene::with(Channel { directory: note.clone(), root: own.root() }, "");
    let root = own.root();
    scene.run(DESK, &["directory", "trust", root.to_str().unwrap()]).ok();
    let (url, message) = (relay.intake_url(), scene.path("m.txt"));
    fs::write(&message, "text").unwrap();
    let sent = scene
        .run(
            TIP,
            &[
                "send",
                "--relay",
                &url,
                "--to",
                OwnChannel::HOLDER,
                "--message",
                message.to_str().unwrap(),
                "--root",
                root.to_str().unwrap(),
                "--json",
            ],
        )
        .ok()
        .json();
    relay.fetch("bundle.tar").ok();
    // This month's key has been destroyed; those of the other months are there.
    let today = scene::today();
    let keys = scene.path("desk/keys").join(OwnChannel::HOLDER);
    fs::remove_file(keys.join(format!("{}.age", today.month()))).unwrap();
    let bundle = relay.path("bundle.tar");
    scene.desk_with_passphrase(&["import", bundle.to_str().unwrap()]).says(0, "1 new tip, 0 for this desk");
    scene.run(DESK, &["list"]).says(0, "  no key here\n");
    let out = scene.path("case");
    scene
        .desk_with_passphrase(&["open", sent["id"].as_str().unwrap(), "--out", out.to_str().unwrap()])
        .says(1, "for a key that is not here");
    assert!(!out.exists());
}

#[test]
fn the_desk_says_what_is_missing_and_overwrites_nothing() {
    let scene = Scene::new();
    let empty = scene.path("empty");
    fs::create_dir(&empty).unwrap();
    // Outside of the project's folder there are no example keys.
    for arguments in [&["list"][..], &["import", "bundle.tar"], &["open", "abc", "--out", "case"]] {
        let mut command = scene.command(DESK, arguments);
        complete(command.current_dir(&empty))
            .says(1, "; name the right desk with --desk FOLDER, or make keys with softinfo-desk keygen");
    }
    assert_eq!(fs::read_dir(&empty).unwrap().count(), 0);
    // With keys, but without a root.
    let desk = scene.path("own-desk");
    let desk = ["--desk", desk.to_str().unwrap()];
    let keygen =
        ["keygen", "--holder", "unit", "--kind", "ngo", "--from", "2026-11", "--epochs", "1", "--work-factor", "10"];
    scene.desk_with_passphrase(&[&desk[..], &keygen].concat()).ok();
    scene.run(DESK, &[&desk[..], &["list"]].concat()).says(1, "does not know the channel's root key yet");
    // The trusted root key was overwritten with something else.
    fs::write(scene.path("own-desk/root.vkey"), "no key").unwrap();
    scene
        .run(DESK, &[&desk[..], &["list"]].concat())
        .says(1, "own-desk/root.vkey is damaged: not a public signing key");
    let sent = scene.send(&[INSPECTORATE], "text", &[]);
    scene.fetch("bundle.tar").ok();
    scene.fetch("bundle.tar").says(1, "exists; choose another name");
    scene.import("bundle.tar").ok();
    let id = sent["id"].as_str().unwrap();
    scene.open(id, "case").ok();
    scene.open(id, "case").says(1, "exists and is not empty");
    fs::write(scene.path("a-file"), "mine").unwrap();
    scene.open(id, "a-file").says(1, "exists");
    assert_eq!(fs::read_to_string(scene.path("a-file")).unwrap(), "mine");
    scene.open("ffffff", "other").says(1, "there is no tip “ffffff”");
    // A stored file that rots is noticed.
    let stored = scene.path("desk/softinfo-example/tips").join(format!("{id}.age"));
    let mut bytes = fs::read(&stored).unwrap();
    bytes[20_000] ^= 1;
    fs::write(&stored, bytes).unwrap();
    scene.open(id, "other").says(1, "missing or damaged; import its bundle again");
    let line = "exec \"$0\" --passphrase-fd 3 \"$@\" 3<\"$HOME/wrong\"";
    fs::create_dir_all(scene.path("home")).unwrap();
    fs::write(scene.path("home/wrong"), "not the passphrase\n").unwrap();
    let out = scene.path("other");
    scene.run("sh", &["-c", line, DESK, "open", id, "--out", out.to_str().unwrap()]).says(1, "the passphrase is wrong");
    scene
        .run(DESK, &["--passphrase-fd", "9", "open", id, "--out", out.to_str().unwrap()])
        .says(1, "no passphrase was given");
    let mut left = Vec::new();
    fs::read_dir(scene.folder.path()).unwrap().for_each(|entry| left.push(entry.unwrap().file_name()));
    assert!(!left.iter().any(|name| name.to_string_lossy().starts_with(".opening-") || *name == *"other"), "{left:?}");
}

#[test]
fn a_short_passphrase_is_refused_and_existing_keys_are_kept() {
    let scene = Scene::new();
    fs::write(scene.path("short"), "short\n").unwrap();
    let line = "exec \"$0\" --passphrase-fd 3 \"$@\" 3<\"$SHORT\"";
    let keygen = [
        "keygen",
        "--holder",
        "unit",
        "--kind",
        "local-police",
        "--from",
        "2026-11",
        "--epochs",
        "1",
        "--work-factor",
        "10",
    ];
    let mut command = scene.command("sh", &["-c", line, DESK]);
    let output = command.args(keygen).env("SHORT", scene.path("short")).output().unwrap();
    assert!(String::from_utf8_lossy(&output.stderr).contains("fewer than 12 characters"));
    scene.desk_with_passphrase(&keygen).ok();
    let before = fs::read(scene.path("desk/keys/unit/2026-11.age")).unwrap();
    scene.desk_with_passphrase(&keygen).says(1, "there is a key for epoch 2026-11 of unit already");
    assert_eq!(before, fs::read(scene.path("desk/keys/unit/2026-11.age")).unwrap());
    let mut text = Vec::new();
    fs::File::open(scene.path("desk/keys/unit/2026-11.age")).unwrap().read_to_end(&mut text).unwrap();
    assert!(!text.windows(14).any(|window| window == b"AGE-SECRET-KEY"), "the key is stored in the clear");
}

/// A desk with keys of `unit` for three months; the command lines of its desk begin with what is given back.
fn desk_of(scene: &Scene) -> Vec<String> {
    let desk = vec!["--desk".to_owned(), scene.path("unit-desk").display().to_string()];
    on(scene, &desk, "keygen --holder unit --kind local-police --from 2026-11 --epochs 3 --work-factor 10").ok();
    desk
}

/// Runs a desk command, with the passphrase of these tests at hand.
fn on(scene: &Scene, desk: &[String], line: &str) -> Run {
    let all: Vec<&str> = desk.iter().map(String::as_str).chain(line.split(' ')).collect();
    scene.desk_with_passphrase(&all)
}

#[test]
fn keys_are_listed_without_a_passphrase_and_what_is_wrong_is_named() {
    let scene = Scene::new();
    let desk = scene.path("unit-desk").display().to_string();
    let list = |code, words: &str| scene.run(DESK, &["--desk", &desk, "keys"]).says(code, words);
    list(0, "There are no keys in ").says(0, "softinfo-desk keygen");
    scene.run(DESK, &["--desk", &desk, "keys", "mend"]).says(1, "there are no keys in ");
    desk_of(&scene);
    let shown = list(0, "  2026-11  2026-11-01 to 2026-11-30  a file is here; not checked\n").out;
    assert!(shown.starts_with("unit\n") && shown.contains("  signing key: a file is here; not checked\n"), "{shown}");
    let file = |name: &str| scene.path("unit-desk/keys/unit").join(name);
    fs::remove_file(file("2026-11.age")).unwrap();
    list(0, "  2026-11  2026-11-01 to 2026-11-30  its file is gone: destroyed, or lost\n");
    fs::write(file("2026-12.age"), "no key").unwrap();
    list(8, "  2026-12  2026-12-01 to 2026-12-31  DAMAGED\n").says(8, "restore its file from the copy");
    let json = scene.run(DESK, &["--desk", &desk, "keys", "--json"]).says(8, "").json();
    let states: Vec<_> = json[0]["epochs"].as_array().unwrap().iter().map(|epoch| epoch["state"].as_str()).collect();
    assert_eq!(states, [Some("destroyed"), Some("damaged"), Some("not-checked")]);
    fs::remove_file(file("signing.age")).unwrap();
    on(&scene, &["--desk".to_owned(), desk.clone()], "keys mend")
        .says(8, "a signing key is missing; restore signing.age");
    on(
        &scene,
        &["--desk".to_owned(), desk.clone()],
        "keygen --holder unit --kind local-police --from 2027-05 --epochs 1",
    )
    .says(8, "a signing key is missing; restore signing.age");
    list(8, "  signing key: MISSING\n").says(8, "softinfo-desk keys mend --new-signing-key");
    let keyring = scene.path("unit-desk/keys/keyring.age");
    for damage in [&b""[..], b"no age file", &fs::read(file("2027-01.age")).unwrap()] {
        fs::write(&keyring, damage).unwrap();
        list(8, "keyring.age: DAMAGED; nothing opens without it; restore it from the copy");
    }
    fs::remove_file(keyring).unwrap();
    list(8, "keyring.age is missing: without it no key in its folder can be opened");
}

#[test]
fn a_lost_public_part_hinders_no_other_holder_and_one_command_mends_it() {
    let scene = Scene::new();
    let desk = desk_of(&scene);
    on(&scene, &desk, "keygen --holder other --kind ngo --from 2026-11 --epochs 1 --work-factor 10").ok();
    let path = scene.path("unit-desk/keys/unit/holder.json");
    let before = fs::read(&path).unwrap();
    let root = scene.channel.root.display().to_string();
    on(&scene, &desk, &format!("directory trust {root}")).ok();
    for damage in [None, Some("")] {
        match damage {
            None => fs::remove_file(&path).unwrap(),
            Some(text) => fs::write(&path, text).unwrap(),
        }
        on(&scene, &desk, "list").says(0, "No tips yet");
        on(&scene, &desk, "keys").says(8, "unit/holder.json ").says(8, "softinfo-desk keys mend");
        let mended = on(&scene, &desk, "keys mend").says(0, "unit/holder.json was made anew; it names 3 epochs");
        assert!(mended.out.contains("other/holder.json is in order; nothing was changed"), "{mended:?}");
        assert!(fs::read(&path).unwrap() == before);
        on(&scene, &desk, "keys").ok();
    }
}

#[test]
fn what_was_done_is_said_where_it_can_not_be_shown() {
    let scene = Scene::new();
    let desk = desk_of(&scene);
    let root = scene.path("other-root").display().to_string();
    let lines = [
        "keygen --holder unit --kind local-police --from 2027-02 --epochs 1".to_owned(),
        "--json keygen --holder unit --kind local-police --from 2027-03 --epochs 1".to_owned(),
        "keys mend".to_owned(),
        "--json keys mend".to_owned(),
        format!("directory root --channel other --out {root} --work-factor 10"),
        format!("directory trust {root}/root.vkey"),
        format!("directory page --root {root}/root.vkey --out {root}/page.html"),
    ];
    let full = "exec \"$0\" --passphrase-fd 3 \"$@\" 3<\"$PASSPHRASE_FILE\" >/dev/full";
    for line in lines {
        let mut command = scene.command("sh", &["-c", full, DESK]);
        command.args(&desk).args(line.split(' ')).env("PASSPHRASE_FILE", scene.path("passphrase"));
        let output = command.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(8) && said.contains("; only this could not be shown: "), "{line}: {said}");
    }
    on(&scene, &desk, "keys").says(0, "  2027-03  2027-03-01 to 2027-03-31  a file is here; not checked\n");
    assert!(scene.path("other-root/page.html").exists());
}

#[test]
fn keygen_completes_what_an_ended_run_has_begun() {
    let scene = Scene::new();
    let desk = desk_of(&scene);
    let file = |name: &str| scene.path("unit-desk/keys/unit").join(name);
    let first = fs::read(file("2026-11.age")).unwrap();
    // Ended while the second month was written.
    for name in ["2026-12.age", "2027-01.age", "holder.json"] {
        fs::remove_file(file(name)).unwrap();
    }
    on(&scene, &desk, "keys")
        .says(8, "A keygen may have been cut off: give the same keygen command again; if holder.json was lost");
    // Of another kind it would be another holder's key.
    on(&scene, &desk, "keygen --holder unit --kind ngo --from 2026-11 --epochs 3")
        .says(1, "it was of the kind local-police, not ngo; no key was made");
    assert!(!file("holder.json").exists() && !file("2026-12.age").exists());
    let keygen = "keygen --holder unit --kind local-police --from 2026-11 --epochs 3 --work-factor 10";
    on(&scene, &desk, keygen).says(0, "1 of its keys are used").says(0, "  2027-01  2027-01-01 to 2027-01-31\n");
    assert!(fs::read(file("2026-11.age")).unwrap() == first);
    on(&scene, &desk, "keys mend").says(0, "is in order; nothing was changed");
    on(&scene, &desk, keygen)
        .says(1, "there is a key for epoch 2026-11 of unit already; it was left as it is")
        .says(1, "The first month that is free is 2027-02: go on with --from 2027-02");
    // As after `keys mend` where a run was ended: some of the months are there.
    on(&scene, &desk, "keygen --holder unit --kind local-police --from 2026-12 --epochs 12")
        .says(1, "Go on with --from 2027-02 --epochs 10");
    on(&scene, &desk, "keygen --holder unit --kind local-police --from 2027-02 --epochs 10")
        .says(0, "With those from before, unit has 13 keys, the last until 2027-11-30");
}

#[test]
fn keygen_says_in_the_users_words_what_is_wrong_and_what_it_made() {
    let scene = Scene::new();
    let desk = desk_of(&scene);
    for wrong in ["november", "2026-13", "2026-11-01", "11-2026"] {
        on(&scene, &desk, &format!("keygen --holder unit --kind ngo --from {wrong}"))
            .says(2, &format!("'{wrong}'"))
            .says(2, "not a month; write year and month in figures, for example 2026-11");
    }
    let later = "keygen --holder unit --kind local-police --from 2027-02 --epochs 2";
    let said = on(&scene, &desk, later).says(0, "2 keys for unit, for tips from 2027-02-01 to 2027-03-31");
    for words in
        ["holder.json: it is public, and goes to whoever signs the directory", "with keyring.age, to a second medium"]
    {
        assert!(said.out.contains(words), "{said:?}");
    }
    assert!(
        said.err.contains("none of these keys") || said.err.contains("without --profile writers see only the id"),
        "{said:?}"
    );
    on(&scene, &desk, "keygen --holder long --kind ngo --from 2026-10 --epochs 1 --epoch-months 3").ok();
    on(&scene, &desk, "keygen --holder long --kind ngo --from 2026-11 --epochs 1")
        .says(0, "the epochs 2026-10 and 2026-11 of long overlap");
    on(&scene, &desk, "keygen --holder late --kind ngo --from 2098-01 --epochs 1")
        .says(0, "none of these keys holds today");
    // Names that came from a profile stay when later months are made without it.
    let (public, profile) = (scene.path("unit-desk/keys/unit/holder.json"), scene.path("profile.json"));
    fs::write(&profile, r#"{"id":"unit","kind":"local-police","names":{"en":"Unit"}}"#).unwrap();
    on(&scene, &desk, &format!("keygen --profile {} --from 2027-04 --epochs 1", profile.display())).ok();
    on(&scene, &desk, "keygen --holder unit --kind local-police --from 2027-05 --epochs 1").ok();
    let holder: serde_json::Value = serde_json::from_slice(&fs::read(public).unwrap()).unwrap();
    assert_eq!((holder["names"]["en"].as_str(), holder["epochs"].as_array().unwrap().len()), (Some("Unit"), 7));
    on(&scene, &desk, "keygen --holder unit --kind ngo --from 2027-06")
        .says(1, "unit is of the kind local-police, not ngo; no key was made");
    // A slip in a profile is named.
    fs::write(&profile, r#"{"id":"unit","kind":"local-police","dutycard":{"en":"…"}}"#).unwrap();
    on(&scene, &desk, &format!("keygen --profile {} --from 2027-06", profile.display()))
        .says(1, "profile.json: a holder has no field “dutycard”; check how it is written");
    // Another passphrase in the same folder.
    fs::write(scene.path("other"), "quite another passphrase\n").unwrap();
    let line = "exec \"$0\" --passphrase-fd 3 \"$@\" 3<\"$OTHER\"";
    let second = "keygen --holder second --kind ngo --from 2026-11".split(' ');
    let arguments: Vec<&str> =
        ["-c", line, DESK].into_iter().chain(desk.iter().map(String::as_str)).chain(second).collect();
    complete(scene.command("sh", &arguments).env("OTHER", scene.path("other")))
        .says(1, "the passphrase is wrong for")
        .says(1, "no key was made. All keys in this folder are under one passphrase");
    assert!(!scene.path("unit-desk/keys/second").exists());
}
