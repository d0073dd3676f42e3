//! Somebody holds the disk of a relay after withdrawals and after an expiry: every file of the store, and every block, free ones too.
//!
//! They look for the keys that were there before, and try every 32 bytes of every file as a key for what is left of the erased tips.
//! The same search finds the keys of tips that were not erased, and found those of the erased ones before.

use std::collections::{BTreeSet, HashSet};
use std::fs;
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::thread;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use chacha20poly1305::{ChaCha20Poly1305, Key, KeyInit, Nonce, XChaCha20Poly1305, XNonce, aead::Aead};
use hkdf::Hkdf;
use sha2::Sha256;
use softinfo_store::CHUNK;

use super::{files, find};
use scene::asking::{Upload, ask};
use scene::image::Disk;
use scene::known::{Known, all_open};
use scene::{Channel, Scene};

/// First bytes of what a cipher adds to zeros: who finds them with some key has the key.
type KeyStream = [u8; 16];

/// What was in the store for one tip while it was there.
struct Trace {
    /// Id, withdraw digest and key, from its slot.
    record: [Vec<u8>; 3],
    /// Its first chunk, as it lies in the journal.
    sealed: Vec<u8>,
    stream: KeyStream,
}

fn stream(sealed: &[u8], plain: &[u8]) -> KeyStream {
    std::array::from_fn(|n| sealed[n] ^ plain[n])
}

impl Trace {
    fn of(store: &Path, tip: &Known) -> Self {
        let record = super::record(&store.join("volumes"), &tip.id);
        let first = &tip.bytes[..CHUNK.min(tip.bytes.len())];
        let sealed = ChaCha20Poly1305::new(Key::from_slice(&record[2])).encrypt(&Nonce::default(), first).unwrap();
        Self { record, stream: stream(&sealed, first), sealed }
    }
}

/// An upload's first piece, as it is staged: nonce, key stream, and what its token gives for a key.
struct Staged {
    nonce: XNonce,
    stream: KeyStream,
    token: Vec<u8>,
    key: Vec<u8>,
}

impl Staged {
    /// By the layout in `docs/protocol.md`, 5.1: a head of 45 bytes, then the first part.
    fn of(file: &[u8], address: &str, tip: &[u8]) -> Self {
        let part = &file[4 + 24 + 45 + 16..];
        let token = BASE64_URL_SAFE_NO_PAD.decode(address.rsplit('/').next().unwrap()).unwrap();
        let mut key = vec![0; 32];
        Hkdf::<Sha256>::new(Some(b"softinfo/upload/1"), &token).expand(b"file", &mut key).unwrap();
        Self { nonce: *XNonce::from_slice(&part[4..28]), stream: stream(&part[28..], tip), token, key }
    }

    fn opens_with(&self, key: &[u8]) -> bool {
        let begun = XChaCha20Poly1305::new(Key::from_slice(key)).encrypt(&self.nonce, &[0; 16][..]).unwrap();
        begun[..16] == self.stream
    }
}

/// Tries every 32 bytes of every file as a key. Gives the tips that one of them opens, by number, and whether one opens the staged piece.
fn opened(files: &[(PathBuf, Vec<u8>)], tips: &[Trace], piece: &Staged) -> (BTreeSet<usize>, bool) {
    // No key has eight zeros at an end, but most of a slot file is zeros.
    let may_be_key = |key: &&[u8]| key[..8] != [0; 8] && key[24..] != [0; 8];
    let keys: Vec<_> = files.iter().flat_map(|(_, bytes)| bytes.windows(32)).filter(may_be_key).collect();
    assert!(keys.len() > 20_000, "there is something to try");
    let try_all = |keys: &[&[u8]]| {
        let (mut found, mut staged) = (BTreeSet::new(), false);
        for key in keys {
            // The nonce of a first chunk is the same for all tips: one try is one for all.
            let begun = ChaCha20Poly1305::new(Key::from_slice(key)).encrypt(&Nonce::default(), &[0; 16][..]).unwrap();
            found.extend(tips.iter().position(|tip| begun[..16] == tip.stream));
            staged |= piece.opens_with(key);
        }
        (found, staged)
    };
    let (one, other) = keys.split_at(keys.len() / 2);
    thread::scope(|scope| {
        let one = scope.spawn(|| try_all(one));
        let (mut found, staged) = try_all(other);
        let (more, also_staged) = one.join().unwrap();
        found.extend(more);
        (found, staged || also_staged)
    })
}

/// How many of the eight-byte parts of `secrets` are anywhere in `bytes`.
fn parts_in<'a>(bytes: &[u8], secrets: impl IntoIterator<Item = &'a [u8]>) -> usize {
    let parts: HashSet<&[u8]> = secrets.into_iter().flat_map(|secret| secret.chunks_exact(8)).collect();
    let begin = |part: &[u8]| usize::from(u16::from_be_bytes([part[0], part[1]]));
    let mut may_begin = vec![false; 1 << 16];
    parts.iter().for_each(|part| may_begin[begin(part)] = true);
    let there = bytes.windows(8).filter(|window| may_begin[begin(window)] && parts.contains(window));
    there.collect::<HashSet<_>>().len()
}

/// Sends a tip in two pieces, and looks at the disk between them.
fn send_in_pieces(scene: &Scene, store: &Path, tip: &Known) -> Staged {
    let mut upload = Upload::begin(scene, &tip.bytes, 70_000);
    let (_, file) = files(&store.join("uploads")).into_iter().find(|(_, file)| file.len() > 70_000).unwrap();
    let piece = Staged::of(&file, &upload.path, &tip.bytes);
    assert!(piece.opens_with(&piece.key), "the right key opens the piece");
    upload.go_on(scene, &tip.bytes, tip.bytes.len()).is(201);
    piece
}

/// Ends the days of a volume, in the head of its slot file (`docs/store.md`, 1).
fn let_expire(volume: &Path) {
    let slots = fs::File::options().read(true).write(true).open(volume.join("slots")).unwrap();
    let mut day = [0; 4];
    slots.read_exact_at(&mut day, 28).unwrap();
    slots.write_all_at(&day, 32).unwrap();
}

/// Leaves a mark in blocks that are free. What the relay has freed doesn't serve for that: its next files may take those blocks.
fn write_and_delete(disk: &Disk) -> [u8; 64] {
    let mark = [0xA7; 64];
    let path = disk.path("deleted");
    let mut file = fs::File::create(&path).unwrap();
    file.write_all(&mark.repeat(1 << 14)).unwrap();
    file.sync_all().unwrap();
    drop(file);
    fs::remove_file(&path).unwrap();
    mark
}

#[test]
fn who_holds_the_disk_can_recover_nothing_that_was_withdrawn_or_has_expired() {
    let disk = Disk::new(64);
    let (store, volumes) = (disk.path("store"), disk.path("store/volumes"));
    let config = format!("folder = {store:?}\nfloor_mib = 4\n[limits]\ntext_reserve_mib = 0");
    let mut scene = Scene::with(Channel::example(), &config);
    // By number: 0 and 1 will expire, 2 and 3 will be withdrawn, 4 stays. 1 and 3 come in pieces.
    let tips = [0, 150_000, 0, 150_000, 0].map(Known::seal);
    assert_eq!(scene.post(&tips[0].bytes).0, 201);
    send_in_pieces(&scene, &store, &tips[1]);
    // Text and what came in pieces have a volume each.
    let old: Vec<_> = fs::read_dir(&volumes).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(old.len(), 2);
    scene.stop();
    scene.start();
    assert_eq!(scene.post(&tips[2].bytes).0, 201);
    let piece = send_in_pieces(&scene, &store, &tips[3]);
    assert_eq!(scene.post(&tips[4].bytes).0, 201);

    let traces = tips.each_ref().map(|tip| Trace::of(&store, tip));
    let keys_that_open = || opened(&files(&store), &traces, &piece);
    let on_disk = |numbers: &[usize]| {
        let records = numbers.iter().flat_map(|&n| traces[n].record.iter().map(Vec::as_slice));
        parts_in(&fs::read(disk.image()).unwrap(), records)
    };
    // Before: whoever takes the disk has the keys of all. Sealed by the writers they are still.
    assert_eq!(keys_that_open(), (BTreeSet::from([0, 1, 2, 3, 4]), false));
    assert_eq!(on_disk(&[0, 1, 2, 3, 4]), 5 * 3 * 4);

    for n in [2, 3] {
        let answer = ask(scene.intake, "POST", "/withdraw", &["content-type: text/plain"], tips[n].token.as_bytes());
        assert_eq!(answer.is(200).json()["erased"], 1);
        assert_eq!(scene.courier_get(&format!("/tips/{}", tips[n].id)).0, 404);
    }
    // After the answer, with the relay still running: no key, though what it opened is still there.
    assert_eq!(keys_that_open(), (BTreeSet::from([0, 1, 4]), false));
    assert_eq!((on_disk(&[2, 3]), on_disk(&[0, 1, 4])), (0, 3 * 3 * 4));
    for n in [2, 3] {
        assert!(files(&volumes).iter().any(|(_, bytes)| find(bytes, &traces[n].sealed).is_some()), "its first chunk");
    }

    scene.stop();
    old.iter().for_each(|volume| let_expire(volume));
    scene.start();
    assert!(old.iter().all(|volume| !volume.exists()));
    assert_eq!(keys_that_open(), (BTreeSet::from([4]), false));
    let deleted = write_and_delete(&disk);
    let raw = fs::read(disk.image()).unwrap();
    assert_eq!((on_disk(&[0, 1, 2, 3]), on_disk(&[4])), (0, 3 * 4));
    assert!(find(&raw, &deleted).is_some(), "free blocks are looked at, too");
    // What was never on the disk: the tips as their writers sealed them, the upload's token and its key.
    let plain = tips.iter().map(|tip| &tip.bytes[tip.bytes.len() - 20_000..]);
    assert_eq!(parts_in(&raw, plain.chain([&piece.token[..], &piece.key])), 0);
    all_open(&scene, &[&tips[4]]);
    let searched: usize = files(&store).iter().map(|(_, bytes)| bytes.len()).sum();
    println!("4 tips erased; {searched} bytes in files and {} on the disk were searched", raw.len());
}
