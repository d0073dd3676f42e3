//! Every acknowledgement follows the sync of the file that holds its bytes, which follows the writing of these bytes: read from the relay's
//! own calls to the system (`docs/store.md`, 3 and 4).

use std::fs;

use chacha20poly1305::{ChaCha20Poly1305, Key, KeyInit, Nonce, aead::Aead};
use softinfo_formats::envelope::id::TipId;

use crate::durable::trace::{Call, Recording};
use scene::asking::{Upload, ask};
use scene::known::Known;
use scene::{Channel, Scene};

fn find(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle)
}

/// The answer that begins like `start` and has `words` in it.
fn answer<'a>(calls: &'a [Call], start: &str, words: &str) -> &'a Call {
    let mut answers = calls.iter().filter(|call| {
        call.file.starts_with("socket:")
            && call.data.starts_with(start.as_bytes())
            && (words.is_empty() || find(&call.data, words.as_bytes()))
    });
    answers.next().unwrap_or_else(|| panic!("no answer {start} with {words}"))
}

/// The first call after `from` that fits; fails when it has not come back before `until` began.
fn between(calls: &[Call], from: usize, until: usize, what: &str, fits: impl Fn(&Call) -> bool) -> usize {
    let found = calls.iter().find(|call| call.began > from && call.returned < until && fits(call));
    found.unwrap_or_else(|| panic!("no {what} between lines {from} and {until} of the trace")).returned
}

/// Where the record of a tip was written: the call, which has all of the slot.
fn record<'a>(calls: &'a [Call], id: &TipId) -> &'a Call {
    let mut writes = calls.iter().filter(|call| call.writes("/slots") && call.data.len() == 128);
    writes.find(|call| call.data[16..48] == id.as_bytes()[..]).unwrap_or_else(|| panic!("no record of {id}"))
}

/// Bytes of a tip that are wrapped together.
const CHUNK: usize = 32 * 1024;

/// A tip's chunks as they lie in a journal: wrapped with the key in its record (`docs/store.md`, 1).
fn wrapped(tip: &[u8], record: &Call) -> Vec<Vec<u8>> {
    let cipher = ChaCha20Poly1305::new(Key::from_slice(&record.data[80..112]));
    let chunks = (0u32..).zip(tip.chunks(CHUNK));
    chunks
        .map(|(number, chunk)| {
            let nonce = [&[0; 8][..], &number.to_be_bytes()].concat();
            cipher.encrypt(Nonce::from_slice(&nonce), chunk).unwrap()
        })
        .collect()
}

/// Bytes, sync, record, sync, answer. Says whether the tip came in a file of its own, which was then made a journal.
fn acknowledged_in_order(calls: &[Call], tip: &[u8]) -> bool {
    let id = TipId::of(tip);
    let acknowledged = answer(calls, "HTTP/1.1 201", &id.to_string()).began;
    let record = record(calls, &id);
    let volume = record.file.strip_suffix("/slots").unwrap();
    let (store, name) = volume.rsplit_once("/volumes/").unwrap();
    let journal = format!("{volume}/journal");

    let mut own = false;
    for chunk in wrapped(tip, record) {
        let written = calls
            .iter()
            .find(|call| (call.file == journal || call.file.contains("/incoming/")) && find(&call.data, &chunk));
        let written = written.expect("a chunk was never written in one piece");
        own |= written.file != journal;
        between(calls, written.returned, record.began, "sync of a chunk", |call| call.syncs(&written.file));
    }
    between(calls, record.returned, acknowledged, "sync of the record", |call| call.syncs(&record.file));
    // The names of all that are durable too: the folder is built and synced in scratch space, then placed.
    let scratch = format!("{store}/scratch/new-{name}");
    let slots =
        between(calls, 0, record.began, "sync of all slots, free", |call| call.syncs(&format!("{scratch}/slots")));
    let folder = between(calls, slots, record.began, "sync of the folder", |call| call.syncs(&scratch));
    let placed = between(calls, folder, record.began, "placing of the volume", |call| {
        call.name.starts_with("rename") && call.data == volume.as_bytes()
    });
    between(calls, placed, record.began, "sync of volumes", |call| call.syncs(&format!("{store}/volumes")));
    own
}

#[test]
fn every_acknowledgement_follows_a_sync_of_its_bytes() {
    let mut scene = Scene::with(Channel::example(), "volume_mib = 1");
    scene.stop();
    // All is new, the store's own folder too.
    fs::remove_dir_all(scene.path("store")).unwrap();
    let recording = Recording::of_stopped(&mut scene);
    // One after another, side by side, and in pieces.
    let alone = [(); 3].map(|()| Known::seal(0));
    let together = [(); 12].map(|()| Known::seal(0));
    let large = Known::seal(2_200_000);
    alone.iter().for_each(|tip| assert_eq!(scene.post(&tip.bytes).0, 201));
    std::thread::scope(|scope| {
        for tips in together.chunks(2) {
            scope.spawn(|| tips.iter().for_each(|tip| assert_eq!(scene.post(&tip.bytes).0, 201)));
        }
    });
    let mut upload = Upload::begin(&scene, &large.bytes, 100_000);
    let ends = [700_000, 1_000_001, large.bytes.len()];
    ends.iter().for_each(|&end| assert!(upload.go_on(&scene, &large.bytes, end).status < 300));
    scene.stop();

    let calls = recording.calls();
    let first = answer(&calls, "HTTP/1.1 201", "").began;
    let path = |name: &str| scene.path(name).to_str().unwrap().to_owned();
    for (folder, above) in [(path("store"), path("")), (path("store/volumes"), path("store"))] {
        let made = between(&calls, 0, first, "making of a folder", |call| call.name == "mkdir" && call.file == folder);
        between(&calls, made, first, "sync of its name", |call| call.syncs(above.trim_end_matches('/')));
    }
    for tip in alone.iter().chain(&together) {
        acknowledged_in_order(&calls, &tip.bytes);
    }
    assert!(acknowledged_in_order(&calls, &large.bytes), "the large tip has a file of its own");
    // Of pieces a kill is promised to be survived, no more: what is acknowledged was handed to the kernel.
    for (status, end) in [("201", 100_000), ("204", 700_000), ("204", 1_000_001)] {
        let acknowledged = answer(&calls, &format!("HTTP/1.1 {status}"), &format!("upload-offset: {end}\r\n")).began;
        let pieces = calls.iter().filter(|call| call.returned < acknowledged && call.file.contains("/uploads/"));
        let written: usize = pieces.map(|call| call.data.len()).sum();
        assert!(written > end, "{written} of {end} bytes were written");
    }
    println!("{} calls, {} acknowledgements in order", calls.len(), alone.len() + together.len() + 1);
}

#[test]
fn an_answer_to_a_withdrawal_follows_two_overwrites_each_synced() {
    let mut scene = Scene::new();
    let recording = Recording::of(&mut scene);
    let tips = [(); 3].map(|()| Known::seal(0));
    tips.iter().for_each(|tip| assert_eq!(scene.post(&tip.bytes).0, 201));
    for tip in &tips[..2] {
        let answer = ask(scene.intake, "POST", "/withdraw", &["content-type: text/plain"], tip.token.as_bytes());
        assert_eq!(answer.is(200).json()["erased"], 1);
    }
    // What has expired is overwritten before its names go.
    scene.stop();
    let mut calls = recording.calls();
    let slots = make_expired(&scene);
    let recording = Recording::of_stopped(&mut scene);
    assert!(scene.pool().is_empty());
    scene.stop();

    let mut from = 0;
    for tip in &tips[..2] {
        let record = record(&calls, &tip.id);
        let in_place =
            |call: &Call| call.writes(&record.file) && call.offset == record.offset && call.data.len() == 128;
        let begun = between(&calls, from, usize::MAX, "withdrawal", |call| {
            in_place(call) && call.data[0] == 0xee && call.data[1..].iter().any(|&byte| byte != 0)
        });
        let answered = calls.iter().filter(|call| find(&call.data, b"{\"erased\":1}") && call.began > begun);
        let answered = answered.map(|call| call.began).next().unwrap();
        let synced = between(&calls, begun, answered, "sync of the noise", |call| call.syncs(&record.file));
        let zeroed = between(&calls, synced, answered, "zeros", |call| in_place(call) && call.data == [0; 128]);
        from = between(&calls, zeroed, answered, "sync of the zeros", |call| call.syncs(&record.file));
    }
    calls = recording.calls();
    // The first step of a removal takes the folder out of the way, whole. Its journal may have gone before, when it was sealed.
    let volume = slots.strip_suffix("/slots").unwrap();
    let gone = |call: &Call| call.name.starts_with("rename") && call.file == volume;
    let removed = calls.iter().find(|call| gone(call)).expect("nothing was removed").began;
    let unlinked = |call: &Call| call.name.starts_with("unlink") && call.file.ends_with("slots");
    assert!(calls.iter().filter(|call| unlinked(call)).all(|call| call.began > removed), "slots were removed in place");
    let zeros = |call: &Call| {
        call.writes(&slots) && call.offset == 128 && call.data.len() > 128 && call.data.iter().all(|&byte| byte == 0)
    };
    let zeroed = between(&calls, 0, removed, "zeros over all slots", zeros);
    between(&calls, zeroed, removed, "sync of the zeros", |call| call.syncs(&slots));
}

/// Makes the last day of every volume one that is past, in the head of its slot file; gives the path of the only one.
fn make_expired(scene: &Scene) -> String {
    let volumes: Vec<_> =
        fs::read_dir(scene.path("store/volumes")).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(volumes.len(), 1);
    let slots = volumes[0].join("slots");
    let mut bytes = fs::read(&slots).unwrap();
    let day: [u8; 4] = bytes[28..32].try_into().unwrap();
    bytes[32..36].copy_from_slice(&day);
    fs::write(&slots, bytes).unwrap();
    slots.to_str().unwrap().to_owned()
}
