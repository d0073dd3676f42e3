//! Tips that are really sealed, so that a desk can open them and compare.

use std::fs;

use rand::{RngCore, rngs::OsRng, seq::SliceRandom};

use softinfo_formats::directory::UntrustedDirectory;
use softinfo_formats::envelope::id::TipId;
use softinfo_formats::example_keys;
use softinfo_formats::transfer::bundle::{self, BundledTip, Manifest};
use softinfo_seal::draft::Draft;
use softinfo_seal::reader::Reader;
use softinfo_seal::receipt::Receipt;

use crate::{INSPECTORATE, Scene};

/// A sealed tip, and what a desk has to find in it.
pub struct Known {
    pub bytes: Vec<u8>,
    pub id: TipId,
    /// What erases it.
    pub token: String,
    message: String,
    attached: Vec<u8>,
}

impl Known {
    /// Seals a tip with so many bytes attached.
    pub fn seal(attached: usize) -> Self {
        let mut noise = vec![0; attached];
        OsRng.fill_bytes(&mut noise);
        let message = format!("They lock the doors at night. {:032x}\n", rand::random::<u128>());
        let folder = crate::folder();
        let mut draft = Draft { lang: "en".into(), message: message.clone(), ..Draft::default() };
        if attached > 0 {
            let path = folder.path().join("photo.jpg");
            fs::write(&path, &noise).unwrap();
            draft.attachments.push(path);
        }
        let (readers, receipt, mut bytes) = ([reader()], Receipt::generate(&mut OsRng), Vec::new());
        let prepared = draft.prepare(&readers, &receipt, 1 << 28).unwrap();
        let id = prepared.seal(&readers, &receipt, &mut bytes, &mut OsRng, &|_| ()).unwrap();
        Self { bytes, id, token: receipt.withdraw_token(0).expose(), message, attached: noise }
    }
}

impl Known {
    /// Bytes attached.
    pub fn attached(&self) -> usize {
        self.attached.len()
    }

    pub fn is_text(&self) -> bool {
        self.attached.is_empty()
    }
}

/// The example reader with today's key.
pub fn reader() -> Reader {
    let root = example_keys::root().unwrap();
    let directory = UntrustedDirectory::parse(example_keys::DIRECTORY).unwrap().verify(&root).unwrap();
    Reader::of(&directory.current(crate::today(), None).unwrap(), &INSPECTORATE.parse().unwrap()).unwrap()
}

/// Fetches the tips, carries them to the desk in a bundle and opens each there, byte for byte.
pub fn all_open(scene: &Scene, tips: &[&Known]) {
    let bundled = |tip: &&Known| BundledTip { id: tip.id, size: tip.bytes.len() as u64, day: crate::today() };
    let manifest = Manifest {
        courier: "0123456789abcdef0123456789abcdef".parse().unwrap(),
        schema: Manifest::SCHEMA.to_owned(),
        channel: "softinfo-example".parse().unwrap(),
        number: 1,
        previous: None,
        directory_sha256: softinfo_base::digest::Digest::of(example_keys::DIRECTORY),
        tips: tips.iter().map(bundled).collect(),
    };
    let part = scene.path("part");
    let fetch = |tip: &BundledTip| {
        fs::write(&part, scene.courier_get(&format!("/tips/{}", tip.id)).1)?;
        fs::File::open(&part)
    };
    bundle::write(&scene.path("bundle.tar"), &manifest, example_keys::DIRECTORY, fetch).unwrap();
    scene.import("bundle.tar").says(0, &format!("{} for this desk", tips.len()));
    for tip in tips {
        let id = tip.id.to_string();
        scene.open(&id, &id).ok();
        let read = |name: &str| fs::read(scene.path(&id).join(name)).unwrap();
        assert!(read("message.txt") == tip.message.as_bytes(), "{id}: another message");
        assert!(tip.attached.is_empty() || read("attachments/01.jpg") == tip.attached, "{id}: another photo");
        fs::remove_dir_all(scene.path(&id)).unwrap();
    }
    // The next bundle is the first one again, under the same name, for a desk that has seen none.
    fs::remove_dir_all(scene.path("desk")).unwrap();
    fs::remove_file(scene.path("bundle.tar")).unwrap();
}

/// At most so many, drawn; the large ones first.
pub fn sample(known: &[Known], most: usize) -> Vec<&Known> {
    let mut drawn: Vec<_> = known.iter().collect();
    drawn.shuffle(&mut OsRng);
    drawn.sort_by_key(|tip| tip.attached.is_empty());
    let large = drawn.iter().filter(|tip| !tip.attached.is_empty()).count().min(most / 2);
    let small = drawn.iter().rposition(|tip| !tip.attached.is_empty()).map_or(0, |last| last + 1);
    drawn[..large].iter().chain(&drawn[small..]).take(most).copied().collect()
}
