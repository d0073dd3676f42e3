//! Calls to the system that fail, on the real relay: what it answers then is true, and is after a restart.
//!
//! strace lets one call to one file fail; the limit of open files is lowered from outside.

use std::fs;
use std::io::Write;
use std::net::TcpStream;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use softinfo_formats::envelope::id::TipId;

use crate::durable::load::{self, Told};
use crate::durable::trace::{attach, under_strace};
use scene::asking::{self, Answer, head};
use scene::known::Known;
use scene::{Channel, Scene, eventually, tip_request};

/// Files below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

fn slot_files(scene: &Scene) -> Vec<PathBuf> {
    files(&scene.path("store")).into_iter().filter(|path| path.ends_with("slots")).collect()
}

/// Whether a tip's id stands in any slot.
pub fn has_slot(scene: &Scene, id: &TipId) -> bool {
    let is_in = |path: &PathBuf| fs::read(path).unwrap().windows(32).any(|window| window == id.as_bytes());
    slot_files(scene).iter().any(is_in)
}

/// `None` when the relay was gone before it had answered.
pub fn withdraw(scene: &Scene, tip: &Known) -> Option<Answer> {
    let mut stream = TcpStream::connect(scene.intake).ok()?;
    let head = head("POST", "/withdraw", &["content-type: text/plain"], tip.token.len());
    let _ = stream.write_all(&[&head[..], tip.token.as_bytes()].concat());
    asking::read_or_nothing(stream)
}

/// Lets a call to one file fail, the nth time, from the next start on. What the relay logs also goes into `log`.
fn failing(scene: &mut Scene, calls: &str, error: &str, n: usize, file: &Path) {
    let inject = format!("inject={calls}:error={error}:when={n}");
    let (trace, log) = (scene.path("trace"), scene.path("log"));
    under_strace(scene, &["-P", file.to_str().unwrap(), "-e", &inject, "-o", trace.to_str().unwrap()]);
    let _ = fs::remove_file(&log);
    let tee = format!("exec \"$@\" 2> >(exec tee {log:?} >&2)");
    scene.wrapper.splice(0..0, ["bash", "-c", &tee, "bash"].map(str::to_owned));
}

fn injected(scene: &Scene) -> bool {
    fs::read_to_string(scene.path("trace")).unwrap_or_default().contains("(INJECTED)")
}

/// Files of the store in which `bytes` stand.
fn with_bytes(scene: &Scene, bytes: &[u8]) -> Vec<PathBuf> {
    let is_in = |path: &PathBuf| fs::read(path).is_ok_and(|all| all.windows(bytes.len()).any(|window| window == bytes));
    files(&scene.path("store")).into_iter().filter(is_in).collect()
}

/// The key of a tip, from its slot (`docs/store.md`, 1).
fn key(scene: &Scene, tip: &Known) -> Vec<u8> {
    let all = fs::read(&with_bytes(scene, tip.id.as_bytes())[0]).unwrap();
    let at = all.windows(32).position(|window| window == tip.id.as_bytes()).unwrap();
    all[at + 64..at + 96].to_vec()
}

/// Row 7 of issue 10: after one EIO a withdrawal was answered with 503 and, asked again, "nothing left"; the tip, sent again, 200 and then 404; the
/// relay called itself healthy.
#[test]
fn a_failed_sync_of_an_erasure_is_never_answered_as_done_or_as_nothing_left() {
    // The sync of the noise, that of the zeros, and one more that there is not.
    for n in 1..=3 {
        let mut scene = Scene::new();
        let [tip, other] = [0, 0].map(Known::seal);
        [&tip, &other].iter().for_each(|tip| assert_eq!(scene.post(&tip.bytes).0, 201));
        let keys = [&tip, &other].map(|tip| key(&scene, tip));
        assert!(keys.iter().all(|key| with_bytes(&scene, key).len() == 1));
        let (slots, trace) = (slot_files(&scene).remove(0), scene.path("trace"));
        let inject = format!("inject=fsync,fdatasync:error=EIO:when={n}");
        let options = ["-P", slots.to_str().unwrap(), "-e", &inject, "-o", trace.to_str().unwrap()];
        let mut strace = attach(&scene, &options.map(str::to_owned));
        let first = withdraw(&scene, &tip).expect("an answer to the withdrawal that meets the failure");
        if n == 3 {
            assert_eq!(first.is(200).json()["erased"], 1);
            assert!(!injected(&scene));
            scene.stop();
        } else {
            let problem = first.problem(503, ":unavailable").json();
            assert_eq!(problem["stored"], Value::Null, "{problem}");
            assert!(problem["detail"].as_str().unwrap().contains("with the same token"), "{problem}");
            // Whatever is asked, and however often: as far as anybody knows it was not erased, and it was not absent.
            for answer in [withdraw(&scene, &tip), withdraw(&scene, &other)].into_iter().flatten() {
                assert_eq!(answer.status, 503, "{answer:?}");
            }
            // Nor is it said to be there, and nothing is taken any more.
            let (status, answer) = TcpStream::connect(scene.intake).map_or((0, Vec::new()), |stream| {
                let mut stream = stream;
                let _ = stream.write_all(&[tip_request(tip.bytes.len()).as_bytes(), &tip.bytes].concat());
                asking::read_or_nothing(stream).map_or((0, Vec::new()), |answer| (answer.status, answer.body))
            });
            assert!([0, 503].contains(&status), "{status}: {}", String::from_utf8_lossy(&answer));
            assert_eq!(scene.wait(), 3, "a relay whose disk failed ends, and says so");
            assert!(injected(&scene));
            eventually(|| scene.log().contains("a write to the disk failed"));
        }
        strace.wait().unwrap();
        scene.start();
        // There or gone; in both cases the next answers agree with it, and a key is there as long as its tip.
        let there = scene.pool().contains(&tip.id.to_string());
        assert_eq!(with_bytes(&scene, &keys[0]).len(), usize::from(there));
        assert_eq!(scene.courier_get(&format!("/tips/{}", tip.id)).0, if there { 200 } else { 404 });
        let answer = withdraw(&scene, &tip).unwrap();
        assert_eq!(answer.status, if there { 200 } else { 404 }, "{answer:?}");
        assert!(!scene.pool().contains(&tip.id.to_string()) && with_bytes(&scene, &keys[0]).is_empty());
        assert_eq!(withdraw(&scene, &tip).unwrap().status, 404);
        let mut told = Told::default();
        told.ids.push(other.id);
        assert_eq!(load::nothing_is_lost(&scene, &scene.path("store"), &told), 1);
        assert_eq!(withdraw(&scene, &other).unwrap().is(200).json()["erased"], 1);
        assert!(with_bytes(&scene, &keys[1]).is_empty());
    }
}

/// Row 8 of issue 10: one EIO at the start, and a volume of acknowledged tips was deleted without a line in the log. What a start does not get to see
/// may be anything, so nothing is done to it and nothing of it is denied.
#[test]
fn a_volume_that_a_start_can_not_read_is_left_told_of_and_denied_to_nobody_while_others_go_on() {
    let mut scene = Scene::new();
    let [unread, read, later, stranger] = [0; 4].map(Known::seal);
    assert_eq!(scene.post(&unread.bytes).0, 201);
    scene.stop();
    let slots = slot_files(&scene).remove(0);
    scene.start();
    assert_eq!(scene.post(&read.bytes).0, 201);
    // So that the sealer has nothing to do there.
    let volume = slots.parent().unwrap();
    eventually(|| volume.join("sealed").exists() && !volume.join("journal").exists());
    scene.stop();
    let before = files(volume);
    let contents = || files(volume).iter().map(|path| fs::read(path).unwrap()).collect::<Vec<_>>();
    let bytes = contents();
    // The file, and its head. Where the slots can't be read in one piece each is read for itself, and one failure is met by the second look.
    for (call, n) in [("openat", 1), ("pread64", 1)] {
        failing(&mut scene, call, "EIO", n, &slots);
        scene.start();
        assert!(injected(&scene), "{call} {n} was not met");
        let is_unproven = |answer: Answer| {
            let problem = answer.problem(503, ":unproven").json();
            assert_eq!(problem["stored"], Value::Null, "{problem}");
            assert!(problem["detail"].as_str().unwrap().contains("Ask again later; the operator has been told"));
        };
        // What is in it is neither there nor absent; nor is what nobody ever sent.
        is_unproven(withdraw(&scene, &unread).unwrap());
        is_unproven(withdraw(&scene, &stranger).unwrap());
        let (status, body) = scene.courier_get(&format!("/tips/{}", unread.id));
        let problem: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!((status, &problem["type"]), (503, &Value::from("urn:softinfo:problem:unproven")), "{problem}");
        // The others go on: read, taken, withdrawn.
        assert_eq!(scene.pool(), [read.id.to_string()]);
        assert_eq!(TipId::of(&scene.courier_get(&format!("/tips/{}", read.id)).1), read.id);
        assert_eq!(scene.post(&later.bytes).0, 201);
        // It is erased. But the same tip could lie in what can't be read, so nobody is told that it is gone.
        let problem = withdraw(&scene, &later).unwrap().problem(503, ":unavailable").json();
        assert!(problem["detail"].as_str().unwrap().contains("may be erased or still be there"), "{problem}");
        assert!(!has_slot(&scene, &later.id));
        assert_eq!(scene.pool(), [read.id.to_string()]);
        scene.stop();
        let log = fs::read_to_string(scene.path("log")).unwrap();
        assert!(log.contains("the slots of volume 000000 can't be read"), "{call} {n}: {log}");
        assert!(files(volume) == before && contents() == bytes, "{call} {n}: it was touched");
        scene.wrapper.clear();
    }
    scene.start();
    let mut told = Told::default();
    told.ids.extend([unread.id, read.id]);
    assert_eq!(load::nothing_is_lost(&scene, &scene.path("store"), &told), 2);
    assert_eq!(withdraw(&scene, &stranger).unwrap().status, 404);
    assert_eq!(withdraw(&scene, &unread).unwrap().is(200).json()["erased"], 1);
    assert!(!has_slot(&scene, &unread.id));
}

/// Row 8 of issue 10: whatever `stat` failed with counted as "there is no slot file".
#[test]
fn a_failed_look_at_a_volume_at_any_time_removes_nothing_and_denies_nothing() {
    let mut scene = Scene::new();
    let tips = [0; 3].map(Known::seal);
    tips.iter().for_each(|tip| assert_eq!(scene.post(&tip.bytes).0, 201));
    scene.stop();
    let mut met = 0;
    for call in ["fdatasync", "statx", "newfstatat", "openat", "read", "pread64"] {
        for n in 1..=2 {
            let slots = slot_files(&scene).remove(0);
            failing(&mut scene, call, "EIO", n, &slots);
            let mut served = false;
            if scene.starts() {
                // The set of tips is not known, so nothing of it is denied.
                let (_, pool) = scene.courier_get("/pool");
                let pool = String::from_utf8_lossy(&pool).into_owned();
                served = tips.iter().all(|tip| pool.contains(&tip.id.to_string()));
                let statuses = tips.each_ref().map(|tip| scene.courier_get(&format!("/tips/{}", tip.id)).0);
                assert!(!statuses.contains(&404) || !injected(&scene), "{call} {n}: {statuses:?}");
                scene.stop();
            }
            if injected(&scene) {
                met += 1;
                let log = fs::read_to_string(scene.path("log")).unwrap();
                let said = log.contains("Input/output error") || log.contains("volume");
                assert!(served || said, "{call} {n} left no word: {log}");
            }
            scene.wrapper.clear();
            assert!(slots.exists() || slot_files(&scene).len() == 1, "{call} {n}: the volume is gone");
            scene.start();
            let mut told = Told::default();
            told.ids.extend(tips.iter().map(|tip| tip.id));
            let listed = load::listed(&scene);
            assert!(told.ids.iter().all(|id| listed.contains(&id.to_string())), "{call} {n}: {}", scene.log());
            scene.stop();
        }
    }
    assert!(met > 0, "no call was met");
}

/// Row 9 of issue 10: a withdrawal was answered "nothing left", with the key where it was and a chunk that it decrypted.
#[test]
fn a_tip_in_a_volume_that_was_set_aside_can_be_withdrawn_and_its_key_goes() {
    for is_gone in [false, true] {
        let mut scene = Scene::with(Channel::example(), "volume_mib = 1");
        let [tip, unread, elsewhere] = [0; 3].map(Known::seal);
        [&tip, &unread].iter().for_each(|tip| assert_eq!(scene.post(&tip.bytes).0, 201));
        for _ in 0..40 {
            assert_eq!(scene.post(&Known::seal(0).bytes).0, 201);
        }
        let volume = with_bytes(&scene, tip.id.as_bytes()).remove(0).parent().unwrap().to_owned();
        // Full volumes are sealed in the background.
        eventually(|| volume.join("sealed").exists() && !volume.join("journal").exists());
        assert_eq!(scene.post(&elsewhere.bytes).0, 201);
        scene.stop();
        let keys = [&tip, &unread].map(|tip| key(&scene, tip));
        let slots = volume.join("slots");
        assert!(keys.iter().all(|key| with_bytes(&scene, key) == [slots.clone()]));
        // Its databases are noise, or gone. Its slots can be read.
        if is_gone {
            fs::remove_dir_all(volume.join("sealed")).unwrap();
        }
        for database in files(&volume).into_iter().filter(|path| path.ends_with("db")) {
            let length = fs::metadata(&database).unwrap().len();
            fs::write(database, vec![0xa5; usize::try_from(length).unwrap()]).unwrap();
        }
        scene.start();
        let (_, bytes) = scene.courier_get(&format!("/tips/{}", tip.id));
        assert!(TipId::of(&bytes) != tip.id, "the volume is not damaged");
        assert!(keys.iter().all(|key| with_bytes(&scene, key) == [slots.clone()]), "a key is elsewhere, or gone");
        for (tip, key) in [&tip, &unread].into_iter().zip(&keys) {
            assert_eq!(withdraw(&scene, tip).unwrap().is(200).json()["erased"], 1);
            assert!(with_bytes(&scene, key).is_empty(), "the key is there");
            assert!(!has_slot(&scene, &tip.id));
            // Now that is true.
            assert_eq!(withdraw(&scene, tip).unwrap().status, 404);
        }
        assert_eq!(TipId::of(&scene.courier_get(&format!("/tips/{}", elsewhere.id)).1), elsewhere.id);
        scene.stop();
        scene.start();
        for (tip, key) in [&tip, &unread].into_iter().zip(&keys) {
            assert!(!has_slot(&scene, &tip.id) && with_bytes(&scene, key).is_empty());
            assert_eq!(withdraw(&scene, tip).unwrap().status, 404);
        }
    }
}

fn kib(folder: &Path) -> u64 {
    files(folder).iter().filter_map(|path| fs::metadata(path).ok()).map(|file| file.blocks() / 2).sum()
}

/// Row 10 of issue 10: one slow tip kept 1.75 GiB of dead bytes, those of 80 uploads beside it that were given up.
#[test]
fn a_slow_tip_holds_no_bytes_of_uploads_that_were_given_up() {
    let mut scene = Scene::with(Channel::example(), "volume_mib = 2\n[limits]\nday_mib = 1000000");
    scene.restart(|config| config.replace("idle_seconds = 3", "idle_seconds = 120"));
    let [slow, given_up] = [3_000_000, 22 << 20].map(Known::seal);
    let mut stream = TcpStream::connect(scene.intake).unwrap();
    stream.write_all(tip_request(slow.bytes.len()).as_bytes()).unwrap();
    let (begin, end) = slow.bytes.split_at(slow.bytes.len() / 2);
    stream.write_all(begin).unwrap();
    for _ in 0..80 {
        let mut stream = TcpStream::connect(scene.intake).unwrap();
        stream.write_all(tip_request(given_up.bytes.len()).as_bytes()).unwrap();
        let _ = stream.write_all(&given_up.bytes[..given_up.bytes.len() - 1000]);
    }
    // The relay has seen all of it when one of its own kind comes after them.
    assert_eq!(scene.post(&Known::seal(0).bytes).0, 201);
    let most = 16 * 1024;
    // While the slow one is on its way, when it has come, and after a restart.
    eventually(|| kib(&scene.path("store")) < most);
    stream.write_all(end).unwrap();
    assert_eq!(scene::answer(stream).0, 201);
    eventually(|| kib(&scene.path("store")) < most);
    scene.stop();
    scene.start();
    assert!(kib(&scene.path("store")) < most && scene.pool().contains(&slow.id.to_string()));
}

/// Lowers or lifts the limit of open files of the running relay.
fn open_files(scene: &Scene, most: u64) {
    let id = scene.relay_id().to_string();
    let status = Command::new("prlimit").args(["--pid", &id, &format!("--nofile={most}:")]).status();
    assert!(status.unwrap().success());
}

/// Descriptors of the relay.
fn open(scene: &Scene) -> usize {
    fs::read_dir(format!("/proc/{}/fd", scene.relay_id())).unwrap().count()
}

/// Row 14 of issue 10: a volume that could not be made for want of descriptors counted as a failed disk, and the relay ended with exit code 3.
#[test]
fn too_many_open_files_refuse_a_tip_and_do_not_end_the_relay() {
    // A text; one that shares a volume; one that has a volume for itself.
    for attached in [0, 100_000, 600_000] {
        let mut scene = Scene::with(Channel::example(), "volume_mib = 1");
        let [refused, later] = [attached, attached].map(Known::seal);
        // The connection and the file of a large tip first: only the volume is to fail.
        let before = open(&scene);
        let mut stream = TcpStream::connect(scene.intake).unwrap();
        let (begin, end) = refused.bytes.split_at(refused.bytes.len() - 20_000);
        stream.write_all(&[tip_request(refused.bytes.len()).as_bytes(), begin].concat()).unwrap();
        eventually(|| open(&scene) >= before + if attached > 0 { 2 } else { 1 });
        assert_eq!(fs::read_dir(scene.path("store/volumes")).unwrap().count(), 0);
        open_files(&scene, 3);
        stream.write_all(end).unwrap();
        let (status, answer) = scene::answer(stream);
        let problem: Value = serde_json::from_slice(&answer).unwrap();
        assert_eq!((status, &problem["stored"]), (503, &Value::Bool(false)), "{problem}");
        open_files(&scene, 1024);
        assert_eq!(scene.status()["healthy"], true, "{}", scene.log());
        assert!(scene.pool().is_empty());
        // Refused, and not half there.
        for tip in [&later, &refused] {
            assert_eq!(scene.post(&tip.bytes).0, 201, "{}", scene.log());
        }
        scene.stop();
        scene.start();
        let mut told = Told::default();
        told.ids.extend([later.id, refused.id]);
        assert_eq!(load::nothing_is_lost(&scene, &scene.path("store"), &told), 2);
    }
}
