//! The page is the page: its hash is in the signed directory, and anybody can compare what a relay serves.

use std::fs;
use std::path::{Path, PathBuf};

use scene::{Channel, DESK, FalseRelay, Hand, OwnChannel, PROJECT, Run, Scene, TIP};
use sha2::{Digest, Sha256};
use softinfo_formats::directory::UntrustedDirectory;

fn built() -> PathBuf {
    Path::new(PROJECT).join("web/dist/index.html")
}

fn sha256(path: &Path) -> String {
    hex::encode(Sha256::digest(fs::read(path).unwrap()))
}

fn check(scene: &Scene, more: &[&str]) -> Run {
    let url = scene.intake_url();
    scene.run(TIP, &[&["check-relay", "--leave-no-trace", "--relay", &url], more].concat())
}

#[test]
fn the_example_directory_names_the_page_that_is_built() {
    let directory = UntrustedDirectory::parse(softinfo_formats::example_keys::DIRECTORY).unwrap();
    let directory = directory.verify(&softinfo_formats::example_keys::root().unwrap()).unwrap();
    let named = directory.contents().page_sha256.clone().unwrap();
    assert_eq!(named, sha256(&built()), "run keys-example/make directory");
    let page = fs::read_to_string(built()).unwrap();
    assert!(page.contains(&format!("content=\"{}\"", softinfo_formats::example_keys::ROOT.trim())));
}

#[test]
fn a_relay_with_the_right_page_passes_and_with_any_other_fails() {
    let mut scene = Scene::new();
    check(&scene, &[]).says(4, "There is nothing here");
    scene.serve_page(&built());
    check(&scene, &[]).says(0, &sha256(&built()));
    assert_eq!(check(&scene, &["--json"]).ok().json()["page_sha256"], sha256(&built()));
    let url = format!("http://{}", scene::liar(scene.intake));
    scene.run(TIP, &["check-relay", "--leave-no-trace", "--relay", &url]).says(5, "ANOTHER PAGE");
    let url = "http://127.0.0.1:1";
    scene.run(TIP, &["check-relay", "--leave-no-trace", "--relay", url]).says(3, "can't be reached");
}

/// An alarm is for what the owner has not signed, and for nothing that passes or lies on this side.
#[test]
fn what_is_no_fault_of_what_is_served_raises_no_alarm() {
    let mut scene = Scene::new();
    scene.serve_page(&built());
    let serves = |directory: &Path| {
        let note = fs::read(directory).unwrap();
        let lie = move |path: &str, honest| if path == "/directory" { (200, note.clone()) } else { honest };
        FalseRelay::over(scene.intake, lie)
    };
    let check = |relay: &FalseRelay, more: &[&str]| {
        let url = format!("http://{}", relay.address);
        scene
            .run(TIP, &[&["check-relay", "--state", scene.path("m").to_str().unwrap(), "--relay", &url], more].concat())
    };
    let hand = Hand::new();
    let root = scene.path("root.vkey");
    fs::write(&root, hand.root()).unwrap();
    let root = ["--root", root.to_str().unwrap()];
    let page = hand.page("");
    let sign = |name: &str, change: &dyn Fn(&mut serde_json::Value)| {
        let path = scene.path(name);
        hand.sign(&path, &page, |contents| change(contents));
        path
    };
    // Signed, for a later day, or for a newer program.
    let future = sign("future", &|contents| contents["issued"] = "2035-01-01".into());
    check(&serves(&future), &root).says(1, "check this computer's date");
    let newer = sign("newer", &|contents| contents["must_understand"] = serde_json::json!(["moon_phase"]));
    check(&serves(&newer), &root).says(1, "get a newer one");
    // What has failed says nothing of what is served.
    let failed = FalseRelay::over(scene.intake, |_, _| (502, b"<h1>Bad gateway".to_vec()));
    let run = check(&failed, &["--json"]).says(3, "has failed (status 502)");
    assert_eq!(run.json()["outcome"], "busy");
    // An old one that is played back has expired meanwhile: that alone would be no alarm.
    let old = sign("old", &|contents| {
        contents["version"] = 1.into();
        contents["expires"] = "2026-06-30".into();
    });
    check(&serves(&old), &root).says(6, "it expired on 2026-06-30");
    let now = sign("now", &|contents| contents["version"] = 2.into());
    check(&serves(&now), &root).says(5, "ANOTHER PAGE");
    check(&serves(&old), &root).says(5, "version 2 was seen before");
    // An alarm stays one where nobody reads the JSON.
    let url = format!("http://{}", scene::liar(scene.intake));
    let line = "exec \"$0\" check-relay --leave-no-trace --json --relay \"$1\" >/dev/full";
    scene.run("sh", &["-c", line, TIP, &url]).says(5, "ANOTHER PAGE");
}

#[test]
fn a_relay_with_another_directory_than_the_one_at_hand_fails() {
    let mut scene = Scene::new();
    scene.serve_page(&built());
    let mine = Channel::example().directory;
    check(&scene, &["--directory", mine.to_str().unwrap()]).ok();
    let later = scene::hand_signed(&scene, "later.note", |contents| contents["version"] = 2.into());
    let arguments = ["--directory", later.directory.to_str().unwrap(), "--root", later.root.to_str().unwrap()];
    check(&scene, &arguments).says(5, "another directory");
}

#[test]
fn a_check_says_from_thirty_days_before_that_what_was_signed_ends() {
    let soon = scene::today().plus(20);
    let hand = Hand::new();
    let scene = Scene::by_hand(&hand, |contents| contents["expires"] = soon.to_string().into());
    let root = scene.channel.root.to_str().unwrap().to_owned();
    let said = check(&scene, &["--root", &root]).says(6, &format!("the directory expires on {soon}"));
    assert!(said.out.contains("This relay serves the page that is in its directory"), "{said:?}");
    let quiet = check(&scene, &["--root", &root, "--quiet"]).says(6, "not for long");
    assert!(quiet.out.is_empty());
    let json = check(&scene, &["--root", &root, "--json"]);
    assert_eq!((json.code, &json.json()["outcome"]), (6, &"ends-soon".into()));
    assert_eq!(json.json()["reminders"].as_array().unwrap().len(), 1);
    // A holder's last key, in a directory that holds for longer.
    let scene =
        Scene::by_hand(&hand, |contents| contents["holders"][0]["epochs"][0]["until"] = soon.to_string().into());
    check(&scene, &["--root", scene.channel.root.to_str().unwrap()]).says(6, &format!("ends on {soon}"));
    let far = Scene::by_hand(&hand, |_| ());
    check(&far, &["--root", far.channel.root.to_str().unwrap()]).ok();
}

#[test]
fn an_operator_makes_the_page_of_a_channel_with_the_desk_alone() {
    let scene = Scene::new();
    let own = OwnChannel::of(&scene);
    own.make_keys();
    let (root, page) = (own.root(), scene.path("own.html"));
    let made = ["directory", "page", "--root", root.to_str().unwrap(), "--out", page.to_str().unwrap()];
    scene.run(DESK, &made).says(0, &sha256(&page));
    let key = fs::read_to_string(&root).unwrap();
    let [example, own_page] = [&built(), &page].map(|path| fs::read_to_string(path).unwrap());
    assert_eq!(example.replace(softinfo_formats::example_keys::ROOT.trim(), key.trim()), own_page);
    // It takes no directory older than the one that will name it, and its title is theirs.
    let floored = scene.path("floored.html");
    let made = ["directory", "page", "--root", root.to_str().unwrap(), "--out", floored.to_str().unwrap()];
    scene.run(DESK, &[&made[..], &["--for-version", "2", "--title", "Bread & <salt>"]].concat()).ok();
    let expected = own_page
        .replace("<meta name=\"softinfo-floor\" content=\"0\">", "<meta name=\"softinfo-floor\" content=\"2\">")
        .replace("<title>Information</title>", "<title>Bread &amp; &lt;salt></title>");
    assert!(expected != own_page && fs::read_to_string(&floored).unwrap() == expected);
    // A directory of another version can't name it: it would not be taken, or the one before could be played back.
    let relay = ["--relay", "http://127.0.0.1:8080", "--page", floored.to_str().unwrap()];
    let days = ["--channel", "softinfo-example", "--issued", "2026-01-01", "--expires", "2030-12-31"];
    let holder = format!("{}/keys-example/local-police-example/holder.json", scene::PROJECT);
    for (number, code, said) in [("1", 1, "was made for version 2"), ("2", 0, "ready"), ("3", 1, "--for-version 3")] {
        let out = scene.path(&format!("directory-{number}.json"));
        let make = ["directory", "make", "--number", number, "--holder", &holder, "--out", out.to_str().unwrap()];
        scene.run(DESK, &[&make[..], &days, &relay].concat()).says(code, said);
        assert_eq!(out.exists(), code == 0);
    }
    scene.run(DESK, &[&made[..], &["--title", "two\nlines"]].concat()).says(2, "one line of at most 60 characters");
    // Without --page a directory names none, and says so when it is checked.
    let note = own.sign("own.note");
    let mut relay = Scene::with(Channel { directory: note.clone(), root: root.clone() }, "");
    relay.serve_page(&page);
    check(&relay, &["--root", root.to_str().unwrap()]).says(1, "names no page");
    let note = own.sign_with("named.note", &["--page", page.to_str().unwrap()]);
    let mut relay = Scene::with(Channel { directory: note, root: root.clone() }, "");
    relay.serve_page(&page);
    check(&relay, &["--root", root.to_str().unwrap()]).ok();
}
