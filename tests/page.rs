//! The page is the page: its hash is in the signed directory, and anybody can compare what a relay serves.

mod scene;

use std::fs;
use std::path::{Path, PathBuf};

use scene::{Channel, DESK, OwnChannel, PROJECT, Run, Scene, TIP};
use sha2::{Digest, Sha256};
use softinfo::directory::UntrustedDirectory;

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
    let directory = UntrustedDirectory::parse(softinfo::example::DIRECTORY).unwrap();
    let directory = directory.verify(&softinfo::example::root().unwrap()).unwrap();
    let named = directory.contents().page_sha256.clone().unwrap();
    assert_eq!(named, sha256(&built()), "run keys-example/make directory");
    let page = fs::read_to_string(built()).unwrap();
    assert!(page.contains(&format!("content=\"{}\"", softinfo::example::ROOT.trim())));
}

#[test]
fn a_relay_with_the_right_page_passes_and_with_any_other_fails() {
    let mut scene = Scene::new();
    check(&scene, &[]).says(4, "There is nothing here");
    scene.serve_page(&built());
    check(&scene, &[]).says(0, &sha256(&built()));
    assert_eq!(check(&scene, &["--json"]).ok().json()["page_sha256"], sha256(&built()));
    let other = scene.path("other.html");
    fs::write(&other, fs::read_to_string(built()).unwrap().replace("nobody can promise", "everybody can promise"))
        .unwrap();
    scene.serve_page(&other);
    check(&scene, &[]).says(5, "ANOTHER PAGE");
    let url = "http://127.0.0.1:1";
    scene.run(TIP, &["check-relay", "--leave-no-trace", "--relay", url]).says(3, "can't be reached");
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
fn an_operator_makes_the_page_of_a_channel_with_the_desk_alone() {
    let scene = Scene::new();
    let own = OwnChannel::of(&scene);
    own.make_keys();
    let (root, page) = (own.root(), scene.path("own.html"));
    let made = ["directory", "page", "--root", root.to_str().unwrap(), "--out", page.to_str().unwrap()];
    scene.run(DESK, &made).says(0, &sha256(&page));
    let key = fs::read_to_string(&root).unwrap();
    let [example, own_page] = [&built(), &page].map(|path| fs::read_to_string(path).unwrap());
    assert_eq!(example.replace(softinfo::example::ROOT.trim(), key.trim()), own_page);
    // Without --page a directory names none, and says so when it is checked.
    let note = own.sign("own.note");
    let mut relay = Scene::with(Channel { directory: note.clone(), root: root.clone() }, "");
    relay.serve_page(&page);
    check(&relay, &["--root", root.to_str().unwrap()]).says(5, "names no page");
    let note = own.sign_with("named.note", &["--page", page.to_str().unwrap()]);
    let mut relay = Scene::with(Channel { directory: note, root: root.clone() }, "");
    relay.serve_page(&page);
    check(&relay, &["--root", root.to_str().unwrap()]).ok();
}
