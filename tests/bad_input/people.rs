//! What a person types or keeps: receipts, passphrases, keys, folders.

use std::fs;
use std::io::Read;

use crate::scene::{Channel, DESK, INSPECTORATE, OwnChannel, Scene, TIP, complete};

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
        .find(|typed| softinfo::tip::receipt::Receipt::parse(typed).is_err())
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
    let today = softinfo::day::Day::today();
    let keys = scene.path("desk/keys").join(OwnChannel::HOLDER);
    fs::remove_file(keys.join(format!("{}.age", today.month()))).unwrap();
    let bundle = relay.path("bundle.tar");
    scene.desk_with_passphrase(&["import", bundle.to_str().unwrap()]).says(0, "1 new tips, 0 of them for this desk");
    scene.run(DESK, &["list"]).says(0, "no key of this desk opens it (tried: ");
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
        complete(command.current_dir(&empty)).says(1, "this desk has no keys yet; make them with softinfo-desk keygen");
    }
    assert_eq!(fs::read_dir(&empty).unwrap().count(), 0);
    // With keys, but without a root.
    let desk = scene.path("own-desk");
    let desk = ["--desk", desk.to_str().unwrap()];
    let keygen =
        ["keygen", "--holder", "unit", "--kind", "ngo", "--from", "2026-11", "--epochs", "1", "--work-factor", "10"];
    scene.desk_with_passphrase(&[&desk[..], &keygen].concat()).ok();
    scene.run(DESK, &[&desk[..], &["list"]].concat()).says(1, "does not know the channel's root key yet");
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
