//! Directories, holders and example keys.

use std::fs;
use std::path::Path;

use serde_json::json;

use scene::{self, Channel, DESK, INSPECTORATE, OwnChannel, POLICE, RELAY, Scene, TIP, complete, hand_signed};

/// Sends to the example relay with another directory.
fn send_to(scene: &Scene, holder: &str, directory: &Path, root: &Path, extra: &[&str]) -> scene::Run {
    let note = scene.path("note.txt");
    fs::write(&note, "text").unwrap();
    let (url, note) = (scene.intake_url(), note.to_str().unwrap());
    let channel = ["--directory", directory.to_str().unwrap(), "--root", root.to_str().unwrap()];
    scene.run(TIP, &[&["send", "--relay", &url, "--to", holder, "--message", note], &channel[..], extra].concat())
}

fn send_with(scene: &Scene, directory: &Path, root: &Path) -> scene::Run {
    send_to(scene, OwnChannel::HOLDER, directory, root, &[])
}

#[test]
fn a_directory_out_of_its_time_or_from_another_root_or_older_than_before_seals_nothing() {
    let scene = Scene::new();
    let own = OwnChannel { number: "2", ..OwnChannel::of(&scene) };
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
fn what_is_wrong_with_a_file_is_said_once() {
    let scene = Scene::new();
    let contents = ["--channel", "antwerp", "--number", "1", "--issued", "2026-01-01", "--expires", "2099-12-31"];
    let files = ["--relay", "http://127.0.0.1:8080", "--holder", "no-such-file", "--out", "no-such-folder/made"];
    let made = scene.run(DESK, &[&["directory", "make"], &contents[..], &files].concat());
    let made = made.says(1, "no directory was made: ");
    assert_eq!(made.err.matches("No such file").count(), 1, "{made:?}");
}

#[test]
fn the_immigration_office_can_not_be_a_holder() {
    let scene = Scene::new();
    scene
        .run(DESK, &["keygen", "--holder", "x", "--kind", "immigration-office", "--from", "2026-01"])
        .says(2, "the immigration office can't be a holder");
    let own = OwnChannel { epochs: "1", ..OwnChannel::of(&scene) };
    own.make_keys();
    let good = own.sign("good.note");
    // A holder's public file changed by hand is refused when a directory is made of it.
    let (holder, made) = (scene.path("holder.json"), scene.path("made.json"));
    let public = scene.path("desk/keys").join(OwnChannel::HOLDER).join("holder.json");
    fs::write(&holder, fs::read_to_string(public).unwrap().replace("labour-inspectorate\"", "immigration-office\""))
        .unwrap();
    let make = [
        "directory",
        "make",
        "--channel",
        "antwerp",
        "--number",
        "1",
        "--issued",
        "2026-01-01",
        "--expires",
        "2099-12-31",
    ];
    let files =
        ["--relay", "http://127.0.0.1:8080", "--holder", holder.to_str().unwrap(), "--out", made.to_str().unwrap()];
    scene.run(DESK, &[&make[..], &files].concat()).says(1, "the immigration office can't be a holder");
    assert!(!made.exists());
    // A directory made by hand is refused when it is signed.
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

/// `directory sign` with what it needs, and more.
fn sign(scene: &Scene, file: &Path, key: &Path, out: &Path, more: &[&str]) -> scene::Run {
    let [file, key, out] = [file, key, out].map(|path| path.to_str().unwrap());
    scene.desk_with_passphrase(&[&["directory", "sign", file, "--key", key, "--out", out], more].concat())
}

#[test]
fn what_is_signed_is_looked_through_whatever_other_lines_the_file_has() {
    let scene = Scene::new();
    let own = OwnChannel::of(&scene);
    own.make_keys();
    let good = own.sign("good.note");
    let (root, json, out) = (scene.path("root/root.age"), scene.path("directory.json"), scene.path("out.note"));
    let holder = scene.path("desk/keys").join(OwnChannel::HOLDER).join("signing.age");
    let text = fs::read_to_string(&json).unwrap();
    let changed = |from: &str, to: &str, lines: &str| {
        assert!(text.contains(from));
        fs::write(&json, text.replace(from, to) + lines).unwrap();
    };
    let refused = |key: &Path, words: &str| {
        sign(&scene, &json, key, &out, &[]).says(1, words);
        assert!(!out.exists(), "{words}");
    };
    // A line that looks like a signature was once enough for a text to be signed unseen.
    let line = "\n\u{2014} somebody AAAAAAAA\n";
    changed("\"labour-inspectorate\"", "\"immigration-office\"", line);
    refused(&root, "the immigration office can't be a holder");
    changed("\"duty_card\"", "\"duty_crad\"", line);
    refused(&root, "there is no field “holders.0.duty_crad” in a directory");
    changed("\"channel\": \"antwerp\"", "\"channel\": \"ghent\"", "");
    refused(&root, "this is the key of “antwerp”, but the directory is of the channel “ghent”");
    // Signed, and changed afterwards.
    let signed = fs::read_to_string(&good).unwrap();
    fs::write(&json, signed.replace("2099-12-31", "2098-12-31")).unwrap();
    refused(&root, "it was changed after it was signed");
    refused(&holder, "it was changed after it was signed");
    // A holder vouches for its own entry only as its own file has it.
    changed("\"kind\": \"labour-inspectorate\"", "\"kind\": \"ngo\"", "");
    refused(&holder, "is not what this desk's holder.json says");
    changed("", "", "");
    sign(&scene, &json, &holder, &out, &[]).says(0, "It is refused by everybody until these have signed too: antwerp");
    // A line in the root's name that is of another text is no signature of the root.
    let of_holder = format!("\u{2014} {} ", OwnChannel::HOLDER);
    let stale: Vec<_> = signed.lines().filter(|line| !line.starts_with(&of_holder)).collect();
    fs::write(&json, stale.join("\n").replace("2099-12-31", "2098-12-31") + "\n").unwrap();
    fs::remove_file(&out).unwrap();
    sign(&scene, &json, &holder, &out, &[]).says(0, "the root's signature was not checked here");
    fs::remove_file(&out).unwrap();
    scene.run(DESK, &["directory", "trust", own.root().to_str().unwrap()]).ok();
    sign(&scene, &json, &holder, &out, &[]).says(0, "It is refused by everybody until these have signed too: antwerp");
    changed("", "", "");
    fs::remove_file(&out).unwrap();
    let by_root = sign(&scene, &json, &root, &out, &[]).says(0, "refused by everybody until these have signed too");
    assert!(by_root.out.contains(OwnChannel::HOLDER) && by_root.out.contains("Channel antwerp, version 1"));
    // Everybody does refuse it.
    let words = "lacks the signature of “labour-inspectorate-antwerp”";
    let public = own.root();
    send_with(&scene, &out, &public).says(1, words);
    scene.run(DESK, &["directory", "check", out.to_str().unwrap(), "--root", public.to_str().unwrap()]).says(1, words);
    let config = scene.path("half.toml");
    fs::write(&config, Scene::config_for(&Channel { directory: out, root: public }, "")).unwrap();
    scene.run(RELAY, &["--config", config.to_str().unwrap()]).says(1, words);
}

#[test]
fn whoever_signs_sees_what_has_changed_and_no_number_is_given_twice() {
    let scene = Scene::new();
    let own = OwnChannel::of(&scene);
    own.make_keys();
    let first = own.sign("first.note");
    let (json, root, out) = (scene.path("directory.json"), scene.path("root/root.age"), scene.path("second.note"));
    let before = ["--before", first.to_str().unwrap()];
    sign(&scene, &json, &root, &out, &before)
        .says(1, "it has to have a higher number, or writers who saw the older one refuse it");
    let text = fs::read_to_string(&json).unwrap().replace("\"version\": 1", "\"version\": 2");
    fs::write(&json, text.replace("http://127.0.0.1:8080", "http://127.0.0.1:8081")).unwrap();
    sign(&scene, &json, &root, &out, &[]).says(1, "pass that with --before FILE");
    assert!(!out.exists());
    let shown = sign(&scene, &json, &root, &out, &before).says(0, "Changed since version 1:");
    for line in [
        "new      relays › http://127.0.0.1:8081",
        "gone     relays › http://127.0.0.1:8080",
        "changed  version: 1 → 2",
    ] {
        assert!(shown.out.contains(line), "{}", shown.out);
    }
}

/// What whoever makes a directory may not have meant is said; what nobody can mean is refused.
#[test]
fn a_directory_that_is_over_or_whose_keys_do_not_reach_is_named_when_it_is_made() {
    let scene = Scene::new();
    let own = OwnChannel { first_month: "2026-11", epochs: "3", ..OwnChannel::of(&scene) };
    own.make_keys();
    let holder = scene.path("desk/keys").join(OwnChannel::HOLDER).join("holder.json").display().to_string();
    let make = |expires: &str, out: &str| {
        let line = "directory make --channel antwerp --number 1 --issued 2026-11-01 --relay http://127.0.0.1:8080";
        let out = scene.path(out);
        let more = ["--holder", &holder, "--expires", expires, "--out", out.to_str().unwrap()];
        scene.run(DESK, &[&line.split(' ').collect::<Vec<_>>()[..], &more].concat())
    };
    make("2020-12-31", "over.json").says(1, "2020-12-31 is over, so everybody would refuse the directory");
    assert!(!scene.path("over.json").exists());
    let warned = make("2099-12-31", "long.json").says(0, "is valid until 2099-12-31, more than a year from now");
    assert!(scene.path("long.json").exists());
    // Whatever day it is: three months reach no year, and may be over.
    let words =
        ["the keys of labour-inspectorate-antwerp end on 2027-01-31", "labour-inspectorate-antwerp has no key for "];
    assert!(words.iter().any(|words| warned.err.contains(words)), "{warned:?}");
    let before = fs::read(scene.path("long.json")).unwrap();
    make("2099-12-30", "long.json").says(1, "long.json exists; choose another name, so that nothing is overwritten");
    assert!(fs::read(scene.path("long.json")).unwrap() == before);
    let (json, root) = (scene.path("long.json"), scene.path("root/root.age"));
    sign(&scene, &json, &root, &json, &[]).says(1, "long.json exists; choose another name");
    sign(&scene, &json, &scene.path("gone.age"), &scene.path("x.note"), &[]).says(1, "nothing was signed: ");
    let check = ["directory", "check", json.to_str().unwrap(), "--root", scene.channel.root.to_str().unwrap()];
    scene.run(DESK, &check).says(1, "long.json: it has no signatures yet: sign it first");
    let page = ["directory", "page", "--root", scene.channel.root.to_str().unwrap(), "--out", json.to_str().unwrap()];
    scene.run(DESK, &page).says(1, "long.json exists; choose another name");
    assert!(fs::read(&json).unwrap() == before);
}

#[test]
fn a_misspelt_key_in_a_profile_is_refused_by_its_name() {
    let scene = Scene::new();
    let profile = scene.path("profile.json");
    fs::write(&profile, r#"{"id":"unit","kind":"ngo","names":{"nl":"Dienst"},"duty_crad":{"nl":"Zwijgt."}}"#).unwrap();
    let keygen =
        ["keygen", "--profile", profile.to_str().unwrap(), "--from", "2026-11", "--epochs", "1", "--work-factor", "10"];
    scene.desk_with_passphrase(&keygen).says(1, "a holder has no field “duty_crad”");
    assert!(!scene.path("desk/keys/unit").exists());
}

#[test]
fn a_directory_signed_by_hand_with_the_immigration_office_is_refused_by_every_program() {
    let scene = Scene::new();
    let bad =
        hand_signed(&scene, "office.note", |contents| contents["holders"][1]["kind"] = json!("immigration-office"));
    let (note, root) = (bad.directory.to_str().unwrap(), bad.root.to_str().unwrap());
    let words = "the immigration office can't be a holder";
    send_with(&scene, &bad.directory, &bad.root).says(1, words);
    scene.run(DESK, &["directory", "check", note, "--root", root]).says(1, words);
    let config = scene.path("office.toml");
    fs::write(&config, Scene::config_for(&bad, "")).unwrap();
    scene.run(RELAY, &["--config", config.to_str().unwrap()]).says(1, words);
    // Any other kind that this program doesn't know is refused as unknown.
    let odd = hand_signed(&scene, "odd.note", |contents| contents["holders"][1]["kind"] = json!("weather-service"));
    send_with(&scene, &odd.directory, &odd.root).says(1, "weather-service");
    assert!(scene.pool().is_empty());
}

/// The first key of a directory, with other bytes.
fn changed_key(contents: &mut serde_json::Value, change: fn(&mut [u8])) {
    let key = &mut contents["holders"][1]["epochs"][0]["recipient"];
    let good: softinfo_formats::directory::HybridKey = key.as_str().unwrap().parse().unwrap();
    let mut bytes = [&good.ml_kem()[..], good.x25519()].concat();
    change(&mut bytes);
    *key = age_core::primitives::bech32_encode(bech32::Hrp::parse_unchecked("age1pq"), &bytes).into();
}

#[test]
fn a_directory_with_a_key_that_nothing_can_be_sealed_to_is_refused_by_every_program_for_the_same_reason() {
    let scene = Scene::new();
    let over_modulus = hand_signed(&scene, "modulus.note", |contents| {
        changed_key(contents, |bytes| (bytes[0], bytes[1]) = (0xff, bytes[1] | 0x0f));
    });
    let low_order = hand_signed(&scene, "order.note", |contents| changed_key(contents, |bytes| bytes[1184..].fill(0)));
    let capitals = hand_signed(&scene, "capitals.note", |contents| {
        let key = &mut contents["holders"][1]["epochs"][0]["recipient"];
        *key = key.as_str().unwrap().to_uppercase().into();
    });
    let cases = [
        (over_modulus, "is not a valid public key"),
        (low_order, "is not a valid public key"),
        (capitals, "it has to begin with age1pq1"),
    ];
    for (bad, words) in &cases {
        let (note, root) = (bad.directory.to_str().unwrap(), bad.root.to_str().unwrap());
        send_with(&scene, &bad.directory, &bad.root).says(1, words);
        scene.run(DESK, &["directory", "check", note, "--root", root]).says(1, words);
        let config = scene.path("bad-key.toml");
        fs::write(&config, Scene::config_for(bad, "")).unwrap();
        scene.run(RELAY, &["--config", config.to_str().unwrap()]).says(1, words);
    }
    assert!(scene.pool().is_empty());
}

#[test]
fn a_holder_without_a_key_for_today_is_refused_by_name() {
    let scene = Scene::new();
    let past = hand_signed(&scene, "past.note", |contents| {
        for holder in contents["holders"].as_array_mut().unwrap() {
            let epoch = &mut holder["epochs"][0];
            (epoch["from"], epoch["until"]) = (json!("2025-01-01"), json!("2025-12-31"));
            let epoch = epoch.clone();
            holder["epochs"] = json!([epoch]);
        }
    });
    send_to(&scene, INSPECTORATE, &past.directory, &past.root, &[])
        .says(1, "has no key that holds today; choose another holder");
    assert!(scene.pool().is_empty());
}

#[test]
fn the_newest_directory_is_remembered_where_the_writer_says_or_nowhere() {
    let scene = Scene::new();
    let version = |number: u64| move |contents: &mut serde_json::Value| contents["version"] = json!(number);
    // One root for both: the second note is signed with it again.
    let own = OwnChannel { number: "2", ..OwnChannel::of(&scene) };
    own.make_keys();
    let (two, one) = (own.sign("two.note"), OwnChannel { number: "1", ..own }.sign("one.note"));
    let (root, state) = (own.root(), scene.path("memory"));
    let remember = ["--state", state.to_str().unwrap()];
    let send = |note: &Path, extra: &[&str]| send_to(&scene, OwnChannel::HOLDER, note, &root, extra);
    send(&two, &["--leave-no-trace"]).ok();
    send(&one, &remember).ok();
    send(&two, &remember).ok();
    send(&one, &remember).says(1, "version 2 was seen before");
    send(&one, &["--leave-no-trace"]).ok();
    assert!(!scene.path("state").exists() && !scene.path("home").exists(), "something was written elsewhere");
    // Another channel has a memory of its own.
    let other = hand_signed(&scene, "other.note", version(1));
    send_to(&scene, INSPECTORATE, &other.directory, &other.root, &remember).ok();
    assert_eq!(scene.pool().len(), 5);
}

#[test]
fn a_memory_that_is_damaged_is_named_and_not_begun_anew() {
    let scene = Scene::new();
    let own = OwnChannel { number: "2", ..OwnChannel::of(&scene) };
    own.make_keys();
    let (two, one) = (own.sign("two.note"), OwnChannel { number: "1", ..own }.sign("one.note"));
    let (root, state) = (own.root(), scene.path("memory"));
    let send = |note: &Path, extra: &[&str]| {
        let remember = [&["--state", state.to_str().unwrap()], extra].concat();
        send_to(&scene, OwnChannel::HOLDER, note, &root, &remember)
    };
    send(&two, &[]).ok();
    let path = state.join("antwerp.json");
    let good = fs::read_to_string(&path).unwrap();
    let no_sum = good.replace(&good[good.len() - 20..good.len() - 10], "xyz");
    for (damage, words) in [
        ("", "it ends too soon"),
        (&good[..good.len() / 2], "it ends too soon"),
        ("{}", "it is not as this program writes it"),
        (&"\0".repeat(100), "it is not as this program writes it"),
        (&" ".repeat(5000), "larger than"),
        (&good.replace("antwerp", "ghent"), "it is that of the channel “ghent”"),
        (&no_sum, "its sha256 is none"),
    ] {
        fs::write(&path, damage).unwrap();
        for note in [&one, &two] {
            let run = send(note, &[]).says(1, words).says(1, "nothing was sealed or sent").says(1, "older directory");
            assert!(run.err.contains("memory/antwerp.json") && run.out.is_empty(), "{run:?}");
        }
        assert_eq!(fs::read_to_string(&path).unwrap(), damage, "it was begun anew");
    }
    // What can't be read is not called damaged, and nobody is told to remove it.
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    let run = send(&one, &[]).says(1, "can't be read (Is a directory").says(1, "nothing was sealed or sent");
    assert!(run.err.contains("memory/antwerp.json") && !run.err.contains("remove the file"), "{run:?}");
    fs::remove_dir(&path).unwrap();
    // The ways that the message names.
    fs::write(&path, &good).unwrap();
    send(&one, &[]).says(1, "version 2 was seen before");
    fs::remove_file(&path).unwrap();
    send(&two, &[]).ok();
    assert_eq!(fs::read_to_string(&path).unwrap(), good);
    assert_eq!(scene.pool().len(), 2);
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
    scene.run(TIP, &[&base[..], &["--to", POLICE, "--lang", "Dutch"]].concat()).says(2, "two or three small letters");
    scene
        .run(TIP, &["send", "--relay", &url, "--to", POLICE, "--attach", "/nowhere.jpg"])
        .says(1, "can't read “/nowhere.jpg”");
    assert!(scene.pool().is_empty());
}

#[test]
fn an_address_with_the_wrong_scheme_says_which_is_right() {
    let scene = Scene::new();
    let note = scene.path("note.txt");
    fs::write(&note, "text").unwrap();
    let send = |relay: &str| {
        let message = note.to_str().unwrap();
        scene.run(TIP, &["send", "--leave-no-trace", "--relay", relay, "--to", POLICE, "--message", message])
    };
    let run = send(&scene.intake_url().replace("http:", "https:")).says(1, "speaks http and not https");
    assert!(!run.err.contains("InvalidContentType") && !run.err.contains("try again"), "{run:?}");
    // What a port for https says to http: an alert.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let _ = std::io::Read::read(&mut stream, &mut [0; 4096]);
            let _ = std::io::Write::write_all(&mut stream, &[21, 3, 1, 0, 2, 2, 70]);
        }
    });
    let run = send(&url).says(1, "does not speak http").says(1, "https://");
    assert!(!run.err.contains("parse") && !run.err.contains("try again"), "{run:?}");
    send("http://nobody.invalid").says(3, "no computer with this name");
    send("http://127.0.0.1:1").says(3, "nothing listens there");
    assert!(scene.pool().is_empty());
}

#[test]
fn example_keys_are_refused_where_others_could_reach_them() {
    let scene = Scene::new();
    let open = scene.path("open.toml");
    fs::write(&open, scene.relay_config("").replacen("127.0.0.1:0", "0.0.0.0:0", 1)).unwrap();
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
    scene
        .run(DESK, &[&make[..], &["--i-know-these-are-example-keys"]].concat())
        .says(1, "elsewhere.json exists; choose another name");
    let note = scene.path("elsewhere.note");
    let keys = Path::new(scene::PROJECT).join("keys-example");
    let line =
        "exec \"$0\" --i-know-these-are-example-keys --passphrase-fd 3 \"$@\" 3<keys-example/EXAMPLE-passphrase.txt";
    let own = keys.join(INSPECTORATE);
    let holder = (own.join("signing.age"), own.join("holder.json"));
    let root = (keys.join("EXAMPLE-root.age"), keys.join("EXAMPLE-root.vkey"));
    let mut file = out.clone();
    for (key, public, to) in [(holder.0, holder.1, scene.path("half.note")), (root.0, root.1, note.clone())] {
        let [from, key, public, out] = [&file, &key, &public, &to].map(|path| path.to_str().unwrap());
        let sign =
            ["directory", "sign", from, "--key", key, "--public", public, "--out", out, "--compare-with-nothing"];
        scene.run("sh", &[&["-c", line, DESK], &sign[..]].concat()).ok();
        file = to;
    }
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
    let channel = || Channel { directory: note.clone(), root: scene.channel.root.clone() };
    let flag = "--i-know-these-are-example-keys";
    let relay = Scene::with_arguments(channel(), "", &[flag]);
    let config = relay.path("relay.toml");
    relay.run(RELAY, &["--config", config.to_str().unwrap(), "--check-config"]).says(1, "EXAMPLE keys");
    let (url, text) = (relay.intake_url(), message.to_str().unwrap());
    let send = ["send", "--relay", &url, "--to", INSPECTORATE, "--message", text];
    relay.run(TIP, &send).says(1, "http://letterbox.example is elsewhere");
    assert!(relay.pool().is_empty());
    relay.run(TIP, &[&send[..], &[flag]].concat()).ok();
    relay.fetch("bundle.tar").says(1, "http://letterbox.example is elsewhere");
    assert!(!relay.path("bundle.tar").exists());
    complete(relay.fetch_command("bundle.tar").arg(flag)).ok();
    relay.import("bundle.tar").says(1, "http://letterbox.example is elsewhere");
    assert_eq!(relay.list(), json!([]));
    relay.run(DESK, &[flag, "import", relay.path("bundle.tar").to_str().unwrap()]).says(0, "1 new tip, 1 for");
}

#[test]
fn an_example_key_in_a_real_channel_and_the_example_token_are_refused_too() {
    let scene = Scene::new();
    let real = |relays: &'static str| {
        move |contents: &mut serde_json::Value| {
            (contents["channel"], contents["relays"]) = (json!("antwerp"), json!([relays]))
        }
    };
    // The root and the channel are real, one holder's key is an example.
    let mixed = hand_signed(&scene, "mixed.note", real("http://letterbox.example"));
    send_to(&scene, INSPECTORATE, &mixed.directory, &mixed.root, &[]).says(1, "EXAMPLE keys");
    // All keys are real, only the courier's token is the example.
    let own = OwnChannel { epochs: "1", ..OwnChannel::of(&scene) };
    own.make_keys();
    let relay = Scene::with(Channel { directory: own.sign("own.note"), root: own.root() }, "");
    let config = relay.path("relay.toml");
    let local = fs::read_to_string(&config).unwrap();
    for (place, said) in [
        // Behind a socket stands an onion service.
        ("unix:courier.sock", "the EXAMPLE token is for loopback only"),
        ("0.0.0.0:0", "others can only reach it with courier.tls and its client_roots"),
    ] {
        let (intake, courier) = local.split_once("[courier]").unwrap();
        fs::write(&config, format!("{intake}[courier]{}", courier.replace("127.0.0.1:0", place))).unwrap();
        relay.run(RELAY, &["--config", config.to_str().unwrap(), "--check-config"]).says(1, said);
    }
    assert!(scene.pool().is_empty());
}
