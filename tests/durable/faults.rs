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
use softinfo::tip::id::TipId;

use crate::asking::{self, Answer, head};
use crate::known::Known;
use crate::load::{self, Told};
use crate::scene::{Channel, Scene, eventually, tip_request};
use crate::trace::under_strace;

fn stop(scene: &mut Scene) {
    scene.signal("TERM");
    assert_eq!(scene.wait(), 0);
}

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

#[test]
fn a_failed_sync_of_an_erasure_is_never_answered_as_done_or_as_nothing_left() {
    let mut ended = 0;
    for n in 1..=4 {
        let mut scene = Scene::new();
        let [tip, other] = [0, 0].map(Known::seal);
        [&tip, &other].iter().for_each(|tip| assert_eq!(scene.post(&tip.bytes).0, 201));
        stop(&mut scene);
        let slots = slot_files(&scene).remove(0);
        failing(&mut scene, "fsync,fdatasync", "EIO", n, &slots);
        scene.start();
        let first = withdraw(&scene, &tip);
        if !injected(&scene) {
            // The start and a withdrawal make fewer syncs than this.
            assert!(n > 2 && first.unwrap().status == 200);
            break;
        }
        // Whatever is asked, and however often: as far as anybody knows it was not erased, and it was not absent.
        for answer in [first, withdraw(&scene, &tip), withdraw(&scene, &tip)].into_iter().flatten() {
            assert_eq!(answer.status, 503, "{answer:?}");
        }
        // The same file again is refused, or taken anew where the volume can't be read, but never said to be there.
        let taken = TcpStream::connect(scene.intake).is_ok_and(|_| {
            let (status, answer) = scene.post_or_nothing(&tip.bytes);
            assert!([0, 201, 503].contains(&status), "{status}: {}", String::from_utf8_lossy(&answer));
            status == 201
        });
        if taken {
            stop(&mut scene);
        } else {
            assert_eq!(scene.wait(), 3, "a relay whose disk failed ends, and says so");
            ended += 1;
        }
        scene.wrapper.clear();
        scene.start();
        // There or gone; in both cases the next answers agree with it.
        let there = scene.pool().contains(&tip.id.to_string());
        assert!(there || !taken);
        let answer = withdraw(&scene, &tip).unwrap();
        assert_eq!(answer.status, if there { 200 } else { 404 }, "{answer:?}");
        assert!(!scene.pool().contains(&tip.id.to_string()) && !has_slot(&scene, &tip.id));
        assert_eq!(withdraw(&scene, &tip).unwrap().status, 404);
        let mut told = Told::default();
        told.ids.push(other.id);
        assert_eq!(load::nothing_is_lost(&scene, &scene.path("store"), &told), 1);
    }
    assert!(ended > 0, "no sync of an erasure was met");
}

#[test]
fn a_failed_look_at_the_start_removes_no_volume_and_is_logged() {
    let mut scene = Scene::new();
    let tips = [0; 3].map(Known::seal);
    tips.iter().for_each(|tip| assert_eq!(scene.post(&tip.bytes).0, 201));
    stop(&mut scene);
    let mut met = 0;
    for call in ["statx", "newfstatat", "openat", "read", "pread64"] {
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
                stop(&mut scene);
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
            stop(&mut scene);
        }
    }
    assert!(met > 0, "no call was met");
}

#[test]
fn a_tip_in_a_volume_that_was_set_aside_can_be_withdrawn_and_its_key_goes() {
    let mut scene = Scene::with(Channel::example(), "volume_mib = 1");
    let [tip, filler] = [0, 3_000_000].map(Known::seal);
    assert_eq!(scene.post(&tip.bytes).0, 201);
    assert_eq!(scene.post(&filler.bytes).0, 201);
    for _ in 0..40 {
        assert_eq!(scene.post(&Known::seal(0).bytes).0, 201);
    }
    let volume = slot_files(&scene)
        .into_iter()
        .find(|path| fs::read(path).unwrap().windows(32).any(|window| window == tip.id.as_bytes()));
    let volume = volume.unwrap().parent().unwrap().to_owned();
    // Full volumes are sealed in the background.
    let database = || files(&volume).into_iter().find(|path| path.ends_with("db"));
    eventually(|| volume.join("sealed").exists() && !volume.join("journal").exists());
    stop(&mut scene);
    let length = fs::metadata(database().unwrap()).unwrap().len();
    fs::write(database().unwrap(), vec![0xa5; usize::try_from(length).unwrap()]).unwrap();
    scene.start();
    let (_, bytes) = scene.courier_get(&format!("/tips/{}", tip.id));
    assert!(TipId::of(&bytes) != tip.id, "the volume is not damaged");
    assert!(has_slot(&scene, &tip.id), "the key was thrown away with what could not be read");
    let answer = withdraw(&scene, &tip).unwrap().is(200);
    assert_eq!(answer.json()["erased"], 1);
    assert!(!has_slot(&scene, &tip.id));
    assert_eq!(withdraw(&scene, &tip).unwrap().status, 404);
    stop(&mut scene);
    scene.start();
    assert!(!has_slot(&scene, &tip.id));
}

fn kib(folder: &Path) -> u64 {
    files(folder).iter().filter_map(|path| fs::metadata(path).ok()).map(|file| file.blocks() / 2).sum()
}

#[test]
fn a_slow_tip_holds_no_bytes_of_uploads_that_were_given_up() {
    let mut scene = Scene::with(Channel::example(), "volume_mib = 2\n[limits]\nday_mib = 1000000");
    scene.restart(|config| config.replace("idle_seconds = 3", "idle_seconds = 120"));
    let [slow, given_up] = [3_000_000, 8_000_000].map(Known::seal);
    let mut stream = TcpStream::connect(scene.intake).unwrap();
    stream.write_all(tip_request(slow.bytes.len()).as_bytes()).unwrap();
    let (begin, end) = slow.bytes.split_at(slow.bytes.len() / 2);
    stream.write_all(begin).unwrap();
    for _ in 0..12 {
        let mut stream = TcpStream::connect(scene.intake).unwrap();
        stream.write_all(tip_request(given_up.bytes.len()).as_bytes()).unwrap();
        let _ = stream.write_all(&given_up.bytes[..given_up.bytes.len() - 1000]);
    }
    // The relay has seen all of it when one of its own kind comes after them.
    assert_eq!(scene.post(&Known::seal(0).bytes).0, 201);
    stream.write_all(end).unwrap();
    assert_eq!(crate::scene::answer(stream).0, 201);
    let most = 32 * 1024;
    eventually(|| kib(&scene.path("store")) < most);
    stop(&mut scene);
    scene.start();
    assert!(kib(&scene.path("store")) < most && scene.pool().contains(&slow.id.to_string()));
}

/// Lowers or lifts the limit of open files of the running relay.
fn open_files(scene: &Scene, most: u64) {
    let id = scene.relay_id().to_string();
    let status = Command::new("prlimit").args(["--pid", &id, &format!("--nofile={most}:")]).status();
    assert!(status.unwrap().success());
}

#[test]
fn too_many_open_files_refuse_a_tip_and_do_not_end_the_relay() {
    let mut scene = Scene::new();
    let [refused, later] = [0, 0].map(Known::seal);
    let open = |scene: &Scene| {
        let folder = format!("/proc/{}/fd", scene.relay_id());
        let numbers = fs::read_dir(folder).unwrap().flatten();
        numbers.map(|entry| entry.file_name().to_str().unwrap().parse::<u64>().unwrap()).collect::<Vec<_>>()
    };
    // The connection first: only what the store opens is to fail.
    let before = open(&scene).len();
    let mut stream = TcpStream::connect(scene.intake).unwrap();
    eventually(|| open(&scene).len() > before);
    open_files(&scene, 3);
    stream.write_all(&[tip_request(refused.bytes.len()).as_bytes(), &refused.bytes].concat()).unwrap();
    let (status, answer) = crate::scene::answer(stream);
    let problem: Value = serde_json::from_slice(&answer).unwrap();
    assert_eq!((status, &problem["stored"]), (503, &Value::Bool(false)), "{problem}");
    open_files(&scene, 1024);
    assert_eq!(scene.post(&later.bytes).0, 201, "{}", scene.log());
    assert_eq!(scene.pool(), [later.id.to_string()]);
    stop(&mut scene);
    scene.start();
    assert_eq!(scene.pool(), [later.id.to_string()]);
}
