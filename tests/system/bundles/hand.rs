//! Tips and bundles made by hand: with any report, any day, any number, of any courier.

use std::fs;
use std::path::PathBuf;

use rand::rngs::OsRng;
use softinfo_base::day::Day;
use softinfo_base::limits::DEFAULT_MAX_PLAINTEXT;
use softinfo_formats::envelope::id::TipId;
use softinfo_formats::envelope::padding::SizeClass;
use softinfo_formats::envelope::withdraw::WithdrawToken;
use softinfo_formats::transfer::bundle::{BundleId, BundledTip, Manifest};
use softinfo_seal::container::{EntryName, Part, pack};
use softinfo_seal::hybrid::Recipient;
use softinfo_seal::seal::Sealer;

use scene::{INSPECTORATE, PROJECT, Scene};

/// Names of couriers.
pub const COURIER: &str = "c0ffee00c0ffee00c0ffee00c0ffee00";
pub const OTHER: &str = "0ddba11f0ddba11f0ddba11f0ddba11f";

/// The withdraw token of every tip from here.
pub fn token() -> WithdrawToken {
    WithdrawToken::from_bytes([7; 32])
}

/// A courier's chain.
pub struct Chain<'a> {
    pub scene: &'a Scene,
    pub courier: &'a str,
    pub channel: &'a str,
    pub number: u64,
    pub previous: Option<BundleId>,
}

impl<'a> Chain<'a> {
    pub fn new(scene: &'a Scene, courier: &'a str) -> Self {
        Self { scene, courier, channel: "softinfo-example", number: 1, previous: None }
    }

    /// Writes the next bundle as `name` into the scene's folder.
    pub fn bundle(&mut self, name: &str, tips: &[(&[u8], &str)]) -> PathBuf {
        let note = fs::read(&self.scene.channel.directory).unwrap();
        let path = |id: &TipId| self.scene.path(&format!("{id}.sealed"));
        let bundled = |(tip, day): &(&[u8], &str)| {
            let id = TipId::of(tip);
            fs::write(path(&id), tip).unwrap();
            BundledTip { id, size: tip.len() as u64, day: day.parse().unwrap() }
        };
        let manifest = Manifest {
            schema: Manifest::SCHEMA.to_owned(),
            channel: self.channel.parse().unwrap(),
            courier: self.courier.parse().unwrap(),
            number: self.number,
            previous: self.previous,
            directory_sha256: softinfo_base::digest::Digest::of(&note),
            tips: tips.iter().map(bundled).collect(),
        };
        let out = self.scene.path(name);
        let id = softinfo_formats::transfer::bundle::write(&out, &manifest, &note, |tip| fs::File::open(path(&tip.id)))
            .unwrap();
        (self.number, self.previous) = (self.number + 1, Some(id));
        out
    }

    /// The next bundle, with one tip that the example inspectorate can read.
    pub fn next(&mut self, name: &str, message: &str) -> String {
        let tip = text_tip(message);
        self.bundle(name, &[(&tip, &scene::today().to_string())]);
        TipId::of(&tip).to_string()
    }
}

/// The example inspectorate's key of today.
pub fn inspectorate() -> Recipient {
    recipient(
        &fs::read_to_string(format!("{PROJECT}/keys-example/{INSPECTORATE}/holder.json")).unwrap(),
        scene::today(),
    )
}

/// The key on `day` that a holder's public part names.
pub fn recipient(holder: &str, day: Day) -> Recipient {
    let holder: softinfo_formats::directory::Holder = serde_json::from_str(holder).unwrap();
    holder.epoch_on(day).unwrap().recipient.parse().unwrap()
}

/// A report as a program would write it, for `readers`.
pub fn report(readers: &[&str]) -> serde_json::Value {
    let reply = softinfo_seal::hybrid::Identity::generate(&mut OsRng).recipient().to_string();
    serde_json::json!({
        "schema": "softinfo/report/1", "lang": "nl", "readers": readers, "thread": "00112233445566778899aabbccddeeff", "reply": reply,
        "withdraw_token": token().expose(),
    })
}

pub fn text_tip(message: &str) -> Vec<u8> {
    let report = report(&[INSPECTORATE]).to_string();
    seal(&inspectorate(), &[("report.json", report.as_bytes()), ("message.txt", message.as_bytes())])
}

/// Seals these entries, whatever stands in them.
pub fn seal(to: &Recipient, entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = Vec::new();
    let parts = entries.iter().map(|&(name, bytes)| Part {
        name: name.parse::<EntryName>().unwrap(),
        size: bytes.len() as u64,
        content: Box::new(bytes),
    });
    pack(parts, &mut archive).unwrap();
    let class = SizeClass::for_content(archive.len() as u64, DEFAULT_MAX_PLAINTEXT).unwrap();
    let mut sealed = Vec::new();
    let mut sealer =
        Sealer::start(&mut sealed, std::slice::from_ref(to), &token().digest(), class, &mut OsRng).unwrap();
    std::io::Write::write_all(&mut sealer, &archive).unwrap();
    sealer.finish().unwrap();
    sealed
}
