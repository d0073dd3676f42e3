//! Directories, holders and example keys.

use crate::scene;

/// Sends to the example relay with another directory; nothing may be encrypted or stored.
fn send_with(scene: &Scene, directory: &Path, root: &Path) -> scene::Run {
    let note = scene.path("note.txt");
    fs::write(&note, "text").unwrap();
    let url = scene.intake_url();
    scene.run(
        TIP,
        &[
            "send",
            "--relay",
            &url,
            "--to",
            OwnChannel::HOLDER,
            "--message",
            note.to_str().unwrap(),
            "--directory",
            directory.to_str().unwrap(),
            "--root",
            root.to_str().unwrap(),
        ],
    )
}

#[test]
fn a_directory_out_of_its_time_or_from_another_root_or_older_than_before_seals_nothing() {
    let scene = Scene::new();
    let own = OwnChannel {
        scene: &scene,
        issued: "2026-01-01",
        expires: "2099-12-31",
        number: "2",
        first_month: "2026-01",
        epochs: "120",
    };
    own.make_keys();
    let good = own.sign("two.note");
    let expired = OwnChannel { issued: "2020-01-01", expires: "2020-12-31", ..own }.sign("expired.note");
    let future = OwnChannel { issued: "2098-01-01", ..own }.sign("future.note");
    let older = OwnChannel { number: "1", ..own }.sign("one.note");
    let forked = OwnChannel { expires: "2098-12-31", ..own }.sign("fork.note");
    let root = own.root();

    send_with(&scene, &expired, &root).says(1, "the directory expired on 2020-12-31");
    send_with(&scene, &future, &root).says(1, "check this computer's date");
    send_with(&scene, &good, &scene.channel.root).says(1, "is not signed by the root key this program trusts");
    assert!(scene.pool().is_empty());
    send_with(&scene, &good, &root).ok();
    send_with(&scene, &older, &root).says(1, "version 2 was seen before");
    send_with(&scene, &forked, &root).says(1, "two different directories claim to be version 2");
    let tampered = scene.path("tampered.note");
    fs::write(&tampered, fs::read_to_string(&good).unwrap().replace("2099", "2097")).unwrap();
    send_with(&scene, &tampered, &root).says(1, "is not signed by the root key");
    fs::write(&tampered, "hello").unwrap();
    send_with(&scene, &tampered, &root).says(1, "not a signed directory");
    assert_eq!(scene.pool().len(), 1);
    // The desk's check says the same.
    let check = |note: &Path| {
        scene.run(DESK, &["directory", "check", note.to_str().unwrap(), "--root", root.to_str().unwrap()])
    };
    check(&expired).says(1, "expired on 2020-12-31");
    check(&good).ok();
    let (older, good) = (older.to_str().unwrap(), good.to_str().unwrap());
    scene
        .run(DESK, &["directory", "check", older, "--after", good, "--root", root.to_str().unwrap()])
        .says(1, "version 2 was seen before");
}

#[test]
fn the_immigration_office_can_not_be_a_holder() {
    let scene = Scene::new();
    scene
        .run(DESK, &["keygen", "--holder", "x", "--kind", "immigration-office", "--from", "2026-01"])
        .says(2, "the immigration office can't be a holder");
    let own = OwnChannel {
        scene: &scene,
        issued: "2026-01-01",
        expires: "2099-12-31",
        number: "1",
        first_month: "2026-01",
        epochs: "1",
    };
    own.make_keys();
    let good = own.sign("good.note");
    // A directory made by hand is refused when it is signed, and when it is read.
    let json = scene.path("directory.json");
    fs::write(&json, fs::read_to_string(&json).unwrap().replace("\"labour-inspectorate\"", "\"immigration-office\""))
        .unwrap();
    let (key, out) = (scene.path("root/root.age"), scene.path("bad.note"));
    scene
        .desk_with_passphrase(&[
            "directory",
            "sign",
            json.to_str().unwrap(),
            "--key",
            key.to_str().unwrap(),
            "--out",
            out.to_str().unwrap(),
        ])
        .says(1, "the immigration office can't be a holder");
    assert!(!out.exists() && good.exists());
}

#[test]
fn an_unknown_holder_or_too_many_are_refused_by_name() {
    let scene = Scene::new();
    let note = scene.path("note.txt");
    fs::write(&note, "text").unwrap();
    let url = scene.intake_url();
    let base = ["send", "--relay", &url, "--message", note.to_str().unwrap()];
    scene.run(TIP, &[&base[..], &["--to", "nobody"]].concat()).says(1, "there is no holder “nobody”");
    scene.run(TIP, &base).says(2, "--to");
    let empty = ["send", "--relay", &url, "--to", POLICE];
    scene.run(TIP, &empty).says(1, "there is nothing to send");
    scene
        .run(TIP, &["send", "--relay", "ftp://x", "--to", POLICE, "--message", note.to_str().unwrap()])
        .says(1, "is no address of a relay");
    let nobody = ["send", "--relay", "http://127.0.0.1:9", "--to", POLICE, "--message", note.to_str().unwrap()];
    scene.run(TIP, &nobody).says(3, "can't be reached");
    fs::write(&note, [0xff, 0xfe, 0x00]).unwrap();
    scene.run(TIP, &[&base[..], &["--to", POLICE]].concat()).says(1, "is not UTF-8 text");
    scene
        .run(TIP, &["send", "--relay", &url, "--to", POLICE, "--attach", "/nowhere.jpg"])
        .says(1, "can't read “/nowhere.jpg”");
    assert!(scene.pool().is_empty());
}

#[test]
fn example_keys_are_refused_where_others_could_reach_them() {
    let scene = Scene::new();
    let open = scene.path("open.toml");
    fs::write(&open, scene.relay_config("").replace("127.0.0.1:0", "0.0.0.0:0")).unwrap();
    let check = ["--config", open.to_str().unwrap(), "--check-config"];
    scene.run(RELAY, &check).says(1, "EXAMPLE keys, which everybody has");
    scene.run(RELAY, &[&check[..], &["--i-know-these-are-example-keys"]].concat()).says(0, "is in order");

    // A directory with an example holder's key, for a relay elsewhere.
    let holder = Path::new(scene::PROJECT).join("keys-example").join(INSPECTORATE).join("holder.json");
    let out = scene.path("elsewhere.json");
    let make = [
        "directory",
        "make",
        "--channel",
        "softinfo-example",
        "--number",
        "9",
        "--issued",
        "2026-01-01",
        "--expires",
        "2035-12-31",
        "--relay",
        "http://letterbox.example",
        "--holder",
        holder.to_str().unwrap(),
        "--out",
        out.to_str().unwrap(),
    ];
    scene.run(DESK, &make).says(1, "EXAMPLE keys");
    scene.run(DESK, &[&make[..], &["--i-know-these-are-example-keys"]].concat()).ok();
    let note = scene.path("elsewhere.note");
    let keys = Path::new(scene::PROJECT).join("keys-example");
    let line =
        "exec \"$0\" --i-know-these-are-example-keys --passphrase-fd 3 \"$@\" 3<keys-example/EXAMPLE-passphrase.txt";
    let (key, public) = (keys.join("EXAMPLE-root.age"), keys.join("EXAMPLE-root.vkey"));
    scene
        .run(
            "sh",
            &[
                "-c",
                line,
                DESK,
                "directory",
                "sign",
                out.to_str().unwrap(),
                "--key",
                key.to_str().unwrap(),
                "--public",
                public.to_str().unwrap(),
                "--out",
                note.to_str().unwrap(),
            ],
        )
        .ok();
    let message = scene.path("m.txt");
    fs::write(&message, "text").unwrap();
    let seal = |extra: &[&str]| {
        let out = scene.path("x.age");
        let base = [
            "seal",
            "--leave-no-trace",
            "--directory",
            note.to_str().unwrap(),
            "--to",
            INSPECTORATE,
            "--message",
            message.to_str().unwrap(),
            "--out",
            out.to_str().unwrap(),
        ];
        scene.run(TIP, &[&base[..], extra].concat())
    };
    seal(&[]).says(1, "http://letterbox.example is elsewhere");
    seal(&["--i-know-these-are-example-keys"]).ok();
    // The relay that serves it, and the courier and the desk that meet it.
    let relay = Scene::new();
    fs::write(
        relay.path("relay.toml"),
        relay.relay_config("").replace(relay.channel.directory.to_str().unwrap(), note.to_str().unwrap()),
    )
    .unwrap();
    relay.run(RELAY, &["--config", relay.path("relay.toml").to_str().unwrap()]).says(1, "EXAMPLE keys");
}
