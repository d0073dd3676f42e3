//! Disks that are full, read-only or slow: refused with the right words, nothing lost, and it goes on when the disk does.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::durable::load::{self, Told};
use crate::durable::trace::under_strace;
use scene::asking::{Upload, ask};
use scene::image::Disk;
use scene::known::{Known, all_open};
use scene::{Channel, RELAY, Scene, check_problem, eventually};

fn on(disk: &Disk, more: &str) -> Scene {
    let store = format!("folder = {:?}\n{more}\n[limits]\ntext_reserve_mib = 0", disk.path("store"));
    Scene::with(Channel::example(), &store)
}

/// Everything is as it was: the acknowledged tips, and no other, whole, and they open.
fn has_only(scene: &Scene, store: &Path, tips: &[&Known]) {
    let mut told = Told::default();
    told.ids.extend(tips.iter().map(|tip| tip.id));
    assert_eq!(load::nothing_is_lost(scene, store, &told), tips.len());
    all_open(scene, tips);
}

#[test]
fn on_a_full_disk_tips_and_pieces_are_refused_and_go_on_when_there_is_space() {
    let disk = Disk::new(64);
    let scene = on(&disk, "");
    let [before, after, large] = [0, 0, 400_000].map(Known::seal);
    assert_eq!(scene.post(&before.bytes).0, 201);
    let mut upload = Upload::begin(&scene, &large.bytes, 100_000);
    // Full to the last block, as when something else on the machine runs wild.
    let mut filler = fs::File::create(disk.path("filler")).unwrap();
    while filler.write_all(&[1; 65_536]).is_ok() {}
    drop(filler);

    let (status, body) = scene.post(&after.bytes);
    check_problem(status, &body, 507, "storage-full");
    let refused = upload.patch(&scene, upload.offset, false, &large.bytes[100_000..200_000]).is(507);
    check_problem(507, &refused.body, 507, "storage-full");
    assert!(refused.header("retry-after").parse::<u64>().is_ok());
    assert_eq!(upload.progress(&scene).is(204).offset(), 100_000);
    has_only(&scene, &disk.path("store"), &[&before]);
    // Withdrawing needs no space.
    let (gone, token) = (&before, before.token.as_bytes());
    let answer = ask(scene.intake, "POST", "/withdraw", &["content-type: text/plain"], token).is(200);
    assert_eq!(answer.json()["erased"], 1);
    assert!(!scene.pool().contains(&gone.id.to_string()));

    fs::remove_file(disk.path("filler")).unwrap();
    assert_eq!(scene.post(&after.bytes).0, 201);
    upload.go_on(&scene, &large.bytes, large.bytes.len()).is(201);
    has_only(&scene, &disk.path("store"), &[&after, &large]);
}

/// Files that can still be made on a disk.
fn files_left(disk: &Disk) -> u64 {
    rustix::fs::statvfs(disk.path("")).unwrap().f_favail
}

/// Row 20 of issue 10: text had a reserve of bytes and none of files, so that large tips could take the last of them.
#[test]
fn the_last_files_of_a_disk_are_for_text() {
    // Fewer can be made than these: nothing is taken at all. Above them, one for each 16 KiB of the reserve is for text.
    const RESERVE: u64 = softinfo_store::FREE_FILES + (16 << 20) / (16 << 10);
    let disk = Disk::new(128);
    let store = format!("folder = {:?}\n[limits]\ntext_reserve_mib = 16", disk.path("store"));
    let scene = Scene::with(Channel::example(), &store);
    let [large, again] = [400_000; 2].map(Known::seal);
    assert_eq!(scene.post(&large.bytes).0, 201);
    let folder = disk.path("many");
    fs::create_dir(&folder).unwrap();
    let mut number = 0;
    // A few more go, so that what the relay makes and removes meanwhile changes nothing.
    while files_left(&disk) >= RESERVE - 100 {
        fs::write(folder.join(number.to_string()), "").unwrap();
        number += 1;
    }
    let (status, body) = scene.post(&again.bytes);
    check_problem(status, &body, 507, "storage-full");
    assert_eq!(asked_to_begin(&scene, &again), 507);
    let texts = [0; 20].map(Known::seal);
    texts.iter().for_each(|text| assert_eq!(scene.post(&text.bytes).0, 201));
    assert!(softinfo_store::free_bytes(&disk.path("")).unwrap() > 64 << 20, "it is the bytes that are short");
    fs::remove_dir_all(folder).unwrap();
    assert_eq!(scene.post(&again.bytes).0, 201);
    let mut there = vec![&large, &again];
    there.extend(&texts[..2]);
    let mut told = Told::default();
    told.ids.extend(texts.iter().map(|text| text.id));
    assert_eq!(load::nothing_is_lost(&scene, &disk.path("store"), &told), 22);
    all_open(&scene, &there);
}

/// The answer to the first piece of a tip.
fn asked_to_begin(scene: &Scene, tip: &Known) -> u16 {
    let length = format!("upload-length: {}", tip.bytes.len());
    let lines = ["content-type: application/octet-stream", "upload-complete: ?0", &length];
    ask(scene.intake, "POST", "/tips", &lines, &tip.bytes[..50_000]).status
}

#[test]
fn on_a_disk_that_turned_read_only_nothing_is_acknowledged_and_a_restarted_relay_has_everything() {
    let disk = Disk::new(64);
    let mut scene = on(&disk, "");
    let [first, unsure, large, later] = [0, 0, 400_000, 0].map(Known::seal);
    assert_eq!(scene.post(&first.bytes).0, 201);
    let mut upload = Upload::begin(&scene, &large.bytes, 100_000);
    disk.fail();
    // A piece is refused; the tip is neither acknowledged nor denied, since nobody knows what the disk has taken.
    let refused = upload.patch(&scene, upload.offset, false, &large.bytes[100_000..200_000]);
    check_problem(refused.status, &refused.body, 503, "unavailable");
    // So is a withdrawal, which would not be true.
    let answer = ask(scene.intake, "POST", "/withdraw", &["content-type: text/plain"], first.token.as_bytes());
    assert_eq!(answer.problem(503, ":unavailable").json()["stored"], Value::Null);
    let (status, body) = scene.post(&unsure.bytes);
    let problem: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!((status, &problem["type"]), (503, &Value::from("urn:softinfo:problem:unavailable")), "{problem}");
    assert_eq!(problem["stored"], Value::Null, "{problem}");
    // It ends and says so. Whoever supervises it (systemd's `Restart=`) starts it in vain until the disk has been repaired.
    assert_eq!(scene.wait(), 3);
    eventually(|| scene.log().contains("a write to the disk failed"));
    for _ in 0..2 {
        let config = scene.path("relay.toml");
        scene.run(RELAY, &["--config", config.to_str().unwrap()]).says(1, "Read-only file system");
    }
    disk.power_on();
    scene.start();
    // The unsure one may be there; sent again, as its sender was told, it is.
    assert!([200, 201].contains(&scene.post(&unsure.bytes).0));
    // Pieces are not synced, so after this their sender may have to begin anew.
    match upload.progress(&scene) {
        answer if answer.status == 404 => upload = Upload::begin(&scene, &large.bytes, 100_000),
        answer => upload.offset = answer.is(204).offset(),
    }
    upload.go_on(&scene, &large.bytes, large.bytes.len()).is(201);
    assert_eq!(scene.post(&later.bytes).0, 201);
    has_only(&scene, &disk.path("store"), &[&first, &unsure, &large, &later]);
}

/// There is no volume yet, so that the first tip, or the watchdog's look, meets the failure: the same as anywhere else.
#[test]
fn a_disk_that_turned_read_only_before_the_first_tip_ends_the_relay_and_takes_it_after_the_repair() {
    let disk = Disk::new(64);
    let mut scene = on(&disk, "");
    let tip = Known::seal(0);
    disk.fail();
    // Its look at the disk may come before the tip; then nobody is there any more, or the store has stopped already.
    let answer = std::net::TcpStream::connect(scene.intake).ok().and_then(|mut stream| {
        let _ = stream.write_all(&[scene::tip_request(tip.bytes.len()).as_bytes(), &tip.bytes].concat());
        scene::asking::read_or_nothing(stream)
    });
    if let Some(answer) = answer {
        answer.problem(503, ":unavailable");
    }
    assert_eq!(scene.wait(), 3);
    eventually(|| scene.log().contains("a write to the disk failed"));
    let config = scene.path("relay.toml");
    scene.run(RELAY, &["--config", config.to_str().unwrap()]).says(1, "Read-only file system");
    disk.power_on();
    scene.start();
    assert!(scene.pool().is_empty());
    assert_eq!(scene.post(&tip.bytes).0, 201);
    has_only(&scene, &disk.path("store"), &[&tip]);
}

/// How long each sync takes on the slow disk.
const SLOW: Duration = Duration::from_millis(1_000);

#[test]
fn on_a_slow_disk_acknowledgements_wait_others_do_not_and_nothing_is_lost() {
    let mut scene = Scene::new();
    let inject = format!("inject=fsync,fdatasync:delay_enter={}", SLOW.as_micros());
    scene.stop();
    let trace = scene.path("trace");
    under_strace(&mut scene, &["-e", "trace=fsync,fdatasync", "-e", &inject, "-o", trace.to_str().unwrap()]);
    scene.start();
    let tips = [(); 6].map(|()| Known::seal(0));
    let (first, others) = tips.split_first().unwrap();
    let began = Instant::now();
    let (scene_ref, mut asked) = (&scene, 0);
    thread::scope(|scope| {
        let mut senders = vec![scope.spawn(|| scene_ref.post(&first.bytes))];
        senders.extend(others.iter().map(|tip| scope.spawn(|| scene_ref.post(&tip.bytes))));
        while senders.iter().any(|sender| !sender.is_finished()) {
            ask(scene_ref.intake, "GET", "/directory", &[], b"").is(200);
            asked += 1;
            thread::sleep(Duration::from_millis(20));
        }
        senders.into_iter().for_each(|sender| assert_eq!(sender.join().unwrap().0, 201));
    });
    let took = began.elapsed();
    // A sync of the chunks and one of the records, whatever else a new volume needs.
    assert!(took >= 2 * SLOW, "acknowledged after {took:?}");
    // Who waits for the disk gets one answer a sync.
    let traced = fs::read_to_string(&trace).unwrap();
    let syncs = traced.lines().filter(|line| line.contains("sync(")).count();
    assert!(asked > 2 * syncs + 2, "the directory waited for the disk: {asked} answers in {syncs} syncs");
    // One more, killed while it waits: whole or absent.
    let waiting = Known::seal(0);
    let mut stream = std::net::TcpStream::connect(scene.intake).unwrap();
    stream.write_all(&[scene::tip_request(waiting.bytes.len()).as_bytes(), &waiting.bytes].concat()).unwrap();
    thread::sleep(SLOW / 2);
    scene.signal("KILL");
    scene.wait();
    drop(stream);
    scene.wrapper.clear();
    scene.start();
    let mut there: Vec<_> = tips.iter().collect();
    there.extend(scene.pool().contains(&waiting.id.to_string()).then_some(&waiting));
    has_only(&scene, &scene.path("store"), &there);
    println!(
        "each sync {SLOW:?}: 6 tips acknowledged within {took:?}, {syncs} syncs; the directory {asked} times meanwhile"
    );
}
