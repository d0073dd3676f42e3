//! A channel with keys of its own, made with the desk's own commands.

use std::fs;
use std::path::PathBuf;

use rand::rngs::OsRng;
use serde_json::Value;
use softinfo::directory::{SigningKey, add_signature};

use super::{Channel, DESK, Scene};

/// The example directory with a change that the desk's commands would not make, signed by a new root of the same name.
pub fn hand_signed(scene: &Scene, name: &str, change: impl FnOnce(&mut Value)) -> Channel {
    let note = fs::read_to_string(Channel::example().directory).unwrap();
    let mut contents: Value = serde_json::from_str(note.split("\n\n").next().unwrap()).unwrap();
    change(&mut contents);
    let key = SigningKey::generate(contents["channel"].as_str().unwrap(), &mut OsRng).unwrap();
    let text = serde_json::to_string_pretty(&contents).unwrap();
    let (directory, root) = (scene.path(name), scene.path(name).with_extension("vkey"));
    fs::write(&directory, add_signature(format!("{text}\n").as_bytes(), &key).unwrap()).unwrap();
    fs::write(&root, key.public().as_str()).unwrap();
    Channel { directory, root }
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
        #[rustfmt::skip]
        let arguments = [
            "directory", "make", "--channel", "antwerp", "--number", self.number, "--issued", self.issued, "--expires", self.expires,
            "--relay", "http://127.0.0.1:8080", "--holder", holder, "--out", json_text,
        ];
        scene.run(DESK, &[&arguments[..], more].concat()).ok();
        let key = scene.path("root/root.age");
        scene
            .desk_with_passphrase(&[
                "directory",
                "sign",
                json.to_str().unwrap(),
                "--key",
                key.to_str().unwrap(),
                "--out",
                note.to_str().unwrap(),
            ])
            .ok();
        note
    }

    pub fn root(&self) -> PathBuf {
        self.scene.path("root/root.vkey")
    }
}
