//! A channel with keys of its own, made with the desk's own commands.

use std::fs;
use std::path::{Path, PathBuf};

use rand::rngs::OsRng;
use serde_json::Value;
use sha2::{Digest, Sha256};
use softinfo_base::day::Day;
use softinfo_formats::directory::{SigningKey, add_signature};

use super::{Channel, DESK, PROJECT, Scene};

/// The example directory with a change that the desk's commands would not make, signed by a new root of the same name.
pub fn hand_signed(scene: &Scene, name: &str, change: impl FnOnce(&mut Value)) -> Channel {
    let contents = changed(change);
    let hand = Hand::of(contents["channel"].as_str().unwrap());
    let (directory, root) = (scene.path(name), scene.path(name).with_extension("vkey"));
    hand.write(&directory, &contents);
    fs::write(&root, hand.key.public().as_str()).unwrap();
    Channel { directory, root }
}

fn changed(change: impl FnOnce(&mut Value)) -> Value {
    let note = fs::read_to_string(Channel::example().directory).unwrap();
    let mut contents: Value = serde_json::from_str(note.split("\n\n").next().unwrap()).unwrap();
    // Nobody here has the holders' own keys to vouch for a change.
    for holder in contents["holders"].as_array_mut().unwrap() {
        holder["signing_key"] = Value::Null;
    }
    change(&mut contents);
    contents
}

/// A root of the example channel's name that signs more than one directory, and a page that trusts it.
pub struct Hand {
    key: SigningKey,
}

impl Default for Hand {
    fn default() -> Self {
        Self::new()
    }
}

impl Hand {
    pub fn new() -> Self {
        Self::of("softinfo-example")
    }

    fn of(channel: &str) -> Self {
        Self { key: SigningKey::generate(channel, &mut OsRng).unwrap() }
    }

    pub fn root(&self) -> &str {
        self.key.public().as_str()
    }

    /// The page that is built, for this root, with `more` behind it.
    pub fn page(&self, more: &str) -> String {
        let page = fs::read_to_string(Path::new(PROJECT).join("web/dist/index.html")).unwrap();
        page.replace(softinfo_formats::example_keys::ROOT.trim(), self.root()) + more
    }

    /// A directory that names a page, under a name of its own first: as a file that is replaced whole.
    pub fn sign(&self, to: &Path, page: &str, change: impl FnOnce(&mut Value)) {
        let mut contents = changed(|contents| contents["page_sha256"] = hex::encode(Sha256::digest(page)).into());
        change(&mut contents);
        let beside = to.with_extension("new");
        self.write(&beside, &contents);
        fs::rename(beside, to).unwrap();
    }

    fn write(&self, to: &Path, contents: &Value) {
        let text = serde_json::to_string_pretty(contents).unwrap();
        fs::write(to, add_signature(format!("{text}\n").as_bytes(), &self.key).unwrap()).unwrap();
    }
}

/// Makes a channel with keys of its own: root in `root/`, keys on the desk, `directory.note`. Uses the desk's own commands.
pub struct OwnChannel<'a> {
    pub scene: &'a Scene,
    pub issued: &'a str,
    pub expires: &'a str,
    pub number: &'a str,
    pub first_month: &'a str,
    pub epochs: &'a str,
}

impl<'a> OwnChannel<'a> {
    /// Version 1, valid for long, with keys for ten years.
    pub fn of(scene: &'a Scene) -> Self {
        Self { scene, issued: "2026-01-01", expires: "2099-12-31", number: "1", first_month: "2026-01", epochs: "120" }
    }
}

impl OwnChannel<'_> {
    pub const HOLDER: &'static str = "labour-inspectorate-antwerp";

    /// Root and holder's keys.
    pub fn make_keys(&self) {
        let scene = self.scene;
        let root = scene.path("root");
        scene
            .desk_with_passphrase(&[
                "directory",
                "root",
                "--channel",
                "antwerp",
                "--out",
                root.to_str().unwrap(),
                "--work-factor",
                "10",
            ])
            .ok();
        let arguments =
            ["keygen", "--holder", Self::HOLDER, "--kind", "labour-inspectorate", "--from", self.first_month];
        scene.desk_with_passphrase(&[&arguments[..], &["--epochs", self.epochs, "--work-factor", "10"]].concat()).ok();
    }

    /// A signed directory over the keys, under `name`.
    pub fn sign(&self, name: &str) -> PathBuf {
        self.sign_with(name, &[])
    }

    /// The same, with more arguments for `directory make`.
    pub fn sign_with(&self, name: &str, more: &[&str]) -> PathBuf {
        let scene = self.scene;
        let holder = scene.path("desk/keys").join(Self::HOLDER).join("holder.json");
        let (json, note) = (scene.path("directory.json"), scene.path(name));
        let (holder, json_text) = (holder.to_str().unwrap(), json.to_str().unwrap());
        let beside = scene.path("directory.vouched");
        // The desk overwrites nothing.
        for old in [&json, &note, &beside] {
            let _ = fs::remove_file(old);
        }
        // Nor does it make a directory that is over.
        let over = self.expires.parse::<Day>().unwrap() < crate::today();
        let expires = if over { "2099-12-31" } else { self.expires };
        #[rustfmt::skip]
        let arguments = [
            "directory", "make", "--channel", "antwerp", "--number", self.number, "--issued", self.issued, "--expires", expires,
            "--relay", "http://127.0.0.1:8080", "--holder", holder, "--out", json_text,
        ];
        scene.run(DESK, &[&arguments[..], more].concat()).ok();
        if over {
            let mut contents: Value = serde_json::from_slice(&fs::read(&json).unwrap()).unwrap();
            contents["expires"] = self.expires.into();
            let holds = |epoch: &Value| epoch["from"].as_str().unwrap() <= self.expires;
            contents["holders"][0]["epochs"].as_array_mut().unwrap().retain(holds);
            fs::write(&json, serde_json::to_vec(&contents).unwrap()).unwrap();
        }
        let (root, own) = (scene.path("root/root.age"), scene.path("desk/keys").join(Self::HOLDER).join("signing.age"));
        self.add_signature(&json, &own, &["--public", holder], &beside);
        self.add_signature(&beside, &root, &[], &note);
        note
    }

    fn add_signature(&self, from: &Path, key: &Path, more: &[&str], to: &Path) {
        let [from, key, to] = [from, key, to].map(|path| path.to_str().unwrap());
        let arguments = ["directory", "sign", from, "--key", key, "--out", to, "--compare-with-nothing"];
        self.scene.desk_with_passphrase(&[&arguments[..], more].concat()).ok();
    }

    pub fn root(&self) -> PathBuf {
        self.scene.path("root/root.vkey")
    }
}
