//! What would be served and used is looked at before anything starts, and every finding is named.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use scene::{Channel, Hand, PROJECT, RELAY, Run, Scene, TIP, complete, hand_signed};

/// Stops the relay and looks at another configuration, without and with starting.
fn refused(scene: &mut Scene, change: impl FnOnce(&str) -> String, said: &str) {
    let path = scene.path("relay.toml");
    let config = fs::read_to_string(&path).unwrap();
    fs::write(&path, change(&config)).unwrap();
    scene.check_config().says(1, said).says(1, "nothing was changed");
    scene.run(RELAY, &["--config", path.to_str().unwrap()]).says(1, said);
    fs::write(&path, config).unwrap();
}

fn stopped(hand: &Hand) -> Scene {
    let mut scene = Scene::by_hand(hand, |_| ());
    scene.stop();
    scene
}

#[test]
fn another_page_than_the_directory_names_is_not_served_and_the_example_page_is_named() {
    let hand = Hand::new();
    let mut scene = stopped(&hand);
    scene.check_config().ok();
    fs::write(scene.path("other.html"), hand.page("<!-- altered -->")).unwrap();
    refused(
        &mut scene,
        |config| config.replace("served/page.html", "other.html"),
        "is not the page that the directory names",
    );
    let example = Path::new(PROJECT).join("web/dist/index.html");
    refused(&mut scene, |config| config.replace("served/page.html", example.to_str().unwrap()), "is the EXAMPLE page");
    // Also where the directory was made to name it.
    let page = fs::read_to_string(&example).unwrap();
    hand.sign(&scene.path("served/directory.note"), &page, |contents| contents["version"] = 1_000.into());
    refused(&mut scene, |config| config.replace("served/page.html", example.to_str().unwrap()), "is the EXAMPLE page");
}

#[test]
fn a_directory_older_than_the_one_served_last_is_refused_also_after_a_restart() {
    let hand = Hand::new();
    let mut scene = stopped(&hand);
    let (note, page) = (scene.path("served/directory.note"), hand.page(""));
    let record = scene.path("own-store/relay/served.json");
    let kept = fs::read(&record).unwrap();
    assert_eq!(
        fs::metadata(&record).unwrap().modified().unwrap(),
        scene::today().midnight(),
        "a time finer than a day"
    );
    let served: serde_json::Value = serde_json::from_slice(&kept).unwrap();
    let number = served["version"].as_u64().unwrap();
    hand.sign(&note, &page, |contents| contents["version"] = (number - 1).into());
    let words = format!("the directory is version {}, but version {number} was served before", number - 1);
    refused(&mut scene, str::to_owned, &words);
    hand.sign(&note, &page, |contents| contents["expires"] = "2034-12-31".into());
    refused(&mut scene, str::to_owned, &format!("another directory was served as version {number} before"));
    assert_eq!(fs::read(&record).unwrap(), kept, "a refusal changes nothing");
    // What was never served binds nobody: --check-config remembers nothing.
    hand.sign(&note, &page, |contents| contents["version"] = (number + 2).into());
    scene.check_config().ok();
    hand.sign(&note, &page, |contents| contents["version"] = (number + 1).into());
    scene.check_config().ok();
    assert!(scene.starts());
    assert_eq!(scene.status()["directory"]["version"], number + 1);
    scene.signal("TERM");
    scene.wait();
    fs::write(&record, "torn").unwrap();
    refused(&mut scene, str::to_owned, "the newest version that was served is not known");
}

#[test]
fn an_expired_directory_is_an_error_of_the_check_but_couriers_still_get_in() {
    let hand = Hand::new();
    let mut scene = Scene::by_hand(&hand, |contents| {
        (contents["issued"], contents["expires"]) = ("2020-01-01".into(), "2020-12-31".into());
    });
    let status = scene.status();
    assert_eq!(status["healthy"], false);
    assert!(
        status["reasons"].as_array().unwrap().iter().any(|reason| reason.as_str().unwrap().contains("has expired"))
    );
    assert!(scene.pool().is_empty());
    // A watcher is told that it has ended, and not that somebody serves something else.
    let (url, root) = (scene.intake_url(), scene.path("hand.vkey"));
    fs::write(&root, hand.root()).unwrap();
    let check = ["check-relay", "--leave-no-trace", "--relay", &url, "--root", root.to_str().unwrap()];
    scene.run(TIP, &check).says(6, "signed, but it expired on 2020-12-31");
    scene.signal("TERM");
    scene.wait();
    scene.check_config().says(1, "error: the directory expired on 2020-12-31");
    hand.sign(&scene.path("served/directory.note"), &hand.page(""), |contents| {
        (contents["version"], contents["issued"]) = (1_000.into(), "2035-01-01".into());
    });
    scene.check_config().says(1, "valid from 2035-01-01 only");
}

#[test]
fn keys_that_end_before_the_directory_does_are_named() {
    let mut scene = Scene::new();
    let check = |scene: &mut Scene, change: &dyn Fn(&mut serde_json::Value)| -> Run {
        scene.channel = hand_signed(scene, "own.note", |contents| change(contents));
        // A store that has served nothing yet.
        let config = scene.relay_config("").replace("\"store\"", "\"another\"");
        fs::write(scene.path("relay.toml"), config).unwrap();
        scene.check_config()
    };
    check(&mut scene, &|contents| contents["expires"] = "2040-12-31".into()).says(
        0,
        "warning: the keys of labour-inspectorate-example end on 2035-12-31, before the directory does (2040-12-31)",
    );
    let soon = scene::today().plus(3).to_string();
    check(&mut scene, &|contents| contents["holders"][1]["epochs"][0]["until"] = soon.clone().into())
        .says(0, &format!("warning: the last key of local-police-example ends on {soon}"));
    check(&mut scene, &|contents| contents["holders"][0]["epochs"] = serde_json::json!([]))
        .says(0, "warning: labour-inspectorate-example has no key that holds today");
    check(&mut scene, &|contents| {
        contents["holders"]
            .as_array_mut()
            .unwrap()
            .iter_mut()
            .for_each(|holder| holder["epochs"] = serde_json::json!([]));
    })
    .says(1, "error: public-prosecutor-example has no key that holds today");
}

#[test]
fn the_stores_folder_is_looked_at_and_left_as_it_is() {
    let scene = Scene::new();
    let folder = scene.path("elsewhere");
    let check = |said: &str, code: i32| {
        fs::write(scene.path("relay.toml"), scene.relay_config("folder = \"elsewhere\"")).unwrap();
        scene.check_config().says(code, said)
    };
    check("is in order", 0);
    assert!(!folder.exists(), "a check makes no store");
    fs::write(&folder, "a file").unwrap();
    check("store.folder is not a folder", 1);
    fs::remove_file(&folder).unwrap();
    fs::create_dir(&folder).unwrap();
    for (mode, said, code) in [(0o777, "others can write to it", 1), (0o755, "others can look into it", 0)] {
        fs::set_permissions(&folder, fs::Permissions::from_mode(mode)).unwrap();
        let before = fs::metadata(&folder).unwrap();
        check(said, code);
        let after = fs::metadata(&folder).unwrap();
        assert_eq!((after.mode(), after.mtime(), after.ctime()), (before.mode(), before.mtime(), before.ctime()));
    }
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
    fs::write(folder.join("letter.txt"), "mine").unwrap();
    check("is not a store of this version", 1);
    fs::write(scene.path("relay.toml"), scene.relay_config("folder = \"token/store\"")).unwrap();
    scene.check_config().says(1, "token/store: Not a directory");
}

/// What a start refused, after a check that had found everything in order.
#[test]
fn what_a_start_would_refuse_of_store_sockets_and_limits_the_check_names_too() {
    let mut scene = Scene::new();
    scene.stop();
    let [format, day, volumes, uploads] =
        ["format", "day", "volumes", "uploads"].map(|name| scene.path("store").join(name));
    let same = str::to_owned;
    for (file, text, said) in [
        (&format, "softinfo/store/9\n", "is not a store of this version"),
        (&format, "softinfo/store/2\nand more", "is not a store of this version"),
        (&day, "yesterday\n\n", "store/day: invalid data"),
        (&day, "", "store/day: "),
    ] {
        let kept = fs::read(file).unwrap();
        fs::write(file, text).unwrap();
        refused(&mut scene, same, said);
        assert_eq!(fs::read(file).unwrap(), text.as_bytes());
        fs::write(file, kept).unwrap();
    }
    for (folder, said) in [(&volumes, "store/volumes: not a directory"), (&uploads, "store/uploads: not a directory")] {
        let beside = folder.with_extension("kept");
        fs::rename(folder, &beside).unwrap();
        fs::write(folder, "a file").unwrap();
        refused(&mut scene, same, said);
        fs::remove_file(folder).unwrap();
        fs::rename(beside, folder).unwrap();
    }
    fs::write(scene.path("in-the-way"), "mine").unwrap();
    let long = "x".repeat(120);
    for (socket, said) in [
        ("nowhere/intake.sock", "No such file or directory"),
        ("in-the-way", "entity already exists"),
        (long.as_str(), "shorter than SUN_LEN"),
    ] {
        let listen = |config: &str| config.replacen("127.0.0.1:0", &format!("unix:{socket}"), 1);
        let place = format!("can't listen on unix:{}/{socket}: ", scene.folder.path().display());
        refused(&mut scene, listen, &place);
        refused(&mut scene, listen, said);
    }
    assert_eq!(fs::read(scene.path("in-the-way")).unwrap(), b"mine");
    let more = |key: &'static str| move |config: &str| format!("{config}[limits]\n{key} = 9000000000000000000\n");
    refused(&mut scene, more("connections"), "limits.connections: at most a million");
    let idle = |config: &str| config.replace("idle_seconds = 3", "idle_seconds = 9000000000000000000");
    refused(&mut scene, idle, "intake.idle_seconds: at least 1, and at most 86400");
    // After all that it starts; also where something can't be removed that nobody waits for any more.
    scene.check_config().ok();
    let stuck = scene.path("store/uploads/stuck");
    fs::create_dir(&stuck).unwrap();
    fs::File::open(&stuck).unwrap().set_modified(scene::today().plus(-9).midnight()).unwrap();
    scene.start();
}

#[test]
fn every_finding_is_named_and_not_only_the_first() {
    let scene = Scene::new();
    fs::write(scene.path("in-the-way"), "x").unwrap();
    let config = scene
        .relay_config(
            "folder = \"in-the-way\"\nretention_days = 0\n[limits]\nuploads = 10\ntext_parts = 0\nconnections = 5",
        )
        .replace("EXAMPLE-directory.note", "nowhere.note");
    fs::write(scene.path("relay.toml"), format!("page = \"no-page.html\"\n{config}")).unwrap();
    let named = [
        "retention_days",
        "limits.text_parts",
        "limits.connections",
        "nowhere.note",
        "no-page.html",
        "is not a folder",
    ];
    for run in [scene.check_config(), scene.run(RELAY, &["--config", scene.path("relay.toml").to_str().unwrap()])] {
        assert_eq!(run.code, 1);
        for said in named {
            assert!(run.err.contains(said), "{said} is not in: {}", run.err);
        }
    }
}

#[test]
fn limits_that_contradict_each_other_are_named_and_logged_at_a_start() {
    let scene = Scene::new();
    let limits = "floor_mib = 4\n[limits]\nconnections = 12\nuploads = 3\nday_mib = 100";
    let config =
        scene.relay_config(limits).replace("[intake]", "[intake]\ncircuit_ids = true").replace("\"store\"", "\"new\"");
    fs::write(scene.path("relay.toml"), config).unwrap();
    let path = scene.path("relay.toml");
    let named = [
        "store.floor_mib (4) is less than 3 times store.volume_mib (16)",
        "limits.day_mib (100) is less than the directory's max_bytes (256 MiB)",
        "limits.circuit.connections (16) is above limits.connections (12)",
        "limits.circuit.uploads (4) is above limits.uploads (3)",
        "limits.circuit.hour_mib (1024) is above limits.day_mib (100)",
    ];
    let said = scene.check_config().ok().err;
    named.iter().for_each(|finding| assert!(said.contains(&format!("warning: {finding}")), "{finding}: {said}"));
    // A start under a limit on open files that is too small, which then fails over the first relay's store.
    let config = fs::read_to_string(&path).unwrap().replace("\"new\"", "\"store\"");
    fs::write(&path, config).unwrap();
    let mut start = scene.command("prlimit", &["--nofile=256:256", RELAY, "--config", path.to_str().unwrap()]);
    let run = complete(&mut start).says(1, "another relay uses the store").says(1, "this process may open 256 files");
    named
        .iter()
        .for_each(|finding| assert!(run.err.contains(&format!("softinfo-relay: warning: {finding}")), "{finding}"));
    // And where nothing contradicts, nothing is said.
    let quiet = Scene::with(Channel::example(), "floor_mib = 48");
    let quiet = quiet.check_config().ok();
    assert_eq!(
        quiet.err.lines().filter(|line| !line.contains("names a page, but none is served")).count(),
        0,
        "{quiet:?}"
    );
}
