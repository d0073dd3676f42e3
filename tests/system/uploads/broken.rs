//! Resumable uploads whose connection breaks, whose relay restarts or is killed, whose sender is gone.

use std::fs;
use std::io::Write;
use std::net::Shutdown;
use std::time::{Duration, SystemTime};

use softinfo_formats::envelope::id::TipId;

use scene::asking::{Upload, large_tip, read, staged};
use scene::{Scene, eventually};

const RECORD: u64 = softinfo_base::limits::UPLOAD_RECORD as u64;

#[test]
fn a_tip_that_breaks_off_three_times_goes_on_where_it_was() {
    let scene = Scene::new();
    let tip = large_tip(&scene);
    let mut upload = Upload::begin(&scene, &tip, 7_000);
    for end in [900_000, 1_500_000, 2_345_678] {
        let before = upload.offset;
        let stream = upload.half_sent(&scene, &tip, end);
        eventually(|| fs::metadata(&staged(&scene)[0]).unwrap().len() > before + (end as u64 - before) / 2);
        stream.shutdown(Shutdown::Both).unwrap();
        drop(stream);
        upload.offset = upload.progress(&scene).is(204).offset();
        // Whole records stay, counted from where the piece began.
        assert!(upload.offset > before && upload.offset <= end as u64, "{} of {end}", upload.offset);
        assert_eq!((upload.offset - 7_000) % RECORD, 0);
        assert!(scene.pool().is_empty());
    }
    let answer = upload.go_on(&scene, &tip, tip.len()).is(201);
    let id = TipId::of(&tip).to_string();
    assert_eq!(answer.json()["id"], id);
    assert!(scene.courier_get(&format!("/tips/{id}")).1 == tip, "other bytes were stored");
}

#[test]
fn a_sender_that_closes_its_side_is_told_and_keeps_what_arrived() {
    let scene = Scene::new();
    let tip = large_tip(&scene);
    let mut upload = Upload::begin(&scene, &tip, 65_536);
    let stream = upload.half_sent(&scene, &tip, 500_000);
    stream.shutdown(Shutdown::Write).unwrap();
    read(stream).problem(400, ":interrupted");
    upload.offset = upload.progress(&scene).offset();
    assert_eq!(upload.offset, 65_536 + (500_000 - 65_536) / RECORD * RECORD);
    // One that falls silent is told after the idle time, which is 3 s here.
    let stream = upload.half_sent(&scene, &tip, 1_000_000);
    read(stream).problem(408, ":timeout");
    upload.offset = upload.progress(&scene).offset();
    assert_eq!(upload.offset, 983_040);
    upload.go_on(&scene, &tip, tip.len()).is(201);
}

#[test]
fn an_upload_survives_a_restart_and_a_kill_in_the_middle_of_a_piece() {
    let mut scene = Scene::new();
    let tip = large_tip(&scene);
    let mut upload = Upload::begin(&scene, &tip, 300_000);
    scene.stop();
    scene.start();
    assert_eq!(upload.progress(&scene).is(204).offset(), 300_000);
    upload.go_on(&scene, &tip, 600_000).is(204);
    for end in [1_200_000, 2_000_000] {
        let before = upload.offset;
        let stream = upload.half_sent(&scene, &tip, end);
        eventually(|| fs::metadata(&staged(&scene)[0]).unwrap().len() > before + 200_000);
        scene.signal("KILL");
        assert_eq!(scene.wait(), -1);
        drop(stream);
        // The tail is torn, as after a power cut.
        let file = fs::File::options().append(true).open(&staged(&scene)[0]).unwrap();
        (&file).write_all(&[0, 1, 0, 0, 7, 7, 7]).unwrap();
        scene.start();
        upload.offset = upload.progress(&scene).is(204).offset();
        assert!(upload.offset > before && upload.offset <= end as u64, "{} of {end}", upload.offset);
    }
    let answer = upload.go_on(&scene, &tip, tip.len()).is(201);
    scene.signal("KILL");
    scene.wait();
    scene.start();
    // The answer survives too.
    let again = upload.patch(&scene, tip.len() as u64, true, b"").is(201);
    assert_eq!(again.json(), answer.json());
    assert_eq!(scene.pool(), [TipId::of(&tip).to_string()]);
    assert!(scene.courier_get(&format!("/tips/{}", TipId::of(&tip))).1 == tip);
}

#[test]
fn a_torn_tail_is_sent_again() {
    let mut scene = Scene::new();
    let tip = large_tip(&scene);
    let mut upload = Upload::begin(&scene, &tip, 65_536 * 4);
    scene.signal("KILL");
    scene.wait();
    let path = &staged(&scene)[0];
    let length = fs::metadata(path).unwrap().len();
    fs::File::options().write(true).open(path).unwrap().set_len(length - 1000).unwrap();
    scene.start();
    upload.offset = upload.progress(&scene).is(204).offset();
    assert_eq!(upload.offset, 65_536 * 4 - RECORD);
    // What is damaged in the middle shows at the end, and is sent again from there.
    let path = &staged(&scene)[0];
    let mut bytes = fs::read(path).unwrap();
    bytes[usize::try_from(RECORD).unwrap() + 1_000] ^= 1;
    fs::write(path, bytes).unwrap();
    let refused = upload.go_on(&scene, &tip, tip.len()).problem(409, "#mismatching-upload-offset");
    assert_eq!(refused.offset(), RECORD);
    assert!(scene.pool().is_empty());
    upload.offset = refused.offset();
    upload.go_on(&scene, &tip, tip.len()).is(201);
    assert_eq!(scene.pool(), [TipId::of(&tip).to_string()]);
}

#[test]
fn a_newer_request_ends_the_older_one() {
    let scene = Scene::new();
    let tip = large_tip(&scene);
    let mut upload = Upload::begin(&scene, &tip, 65_536);
    let mut old = upload.half_sent(&scene, &tip, 1_000_000);
    eventually(|| fs::metadata(&staged(&scene)[0]).unwrap().len() > 900_000);
    upload.offset = upload.progress(&scene).is(204).offset();
    // What the older one still sends goes nowhere.
    let _ = old.write_all(&tip[1_000_000..1_100_000]);
    read(old).problem(400, ":interrupted");
    assert_eq!(upload.progress(&scene).offset(), upload.offset);
    upload.go_on(&scene, &tip, tip.len()).is(201);
    assert_eq!(scene.pool(), [TipId::of(&tip).to_string()]);
}

#[test]
fn a_sender_that_leaves_after_its_last_byte_has_sent_a_tip() {
    let scene = Scene::new();
    let tip = large_tip(&scene);
    let upload = Upload::begin(&scene, &tip, 65_536);
    drop(upload.half_sent(&scene, &tip, tip.len()));
    eventually(|| !scene.pool().is_empty());
    upload.patch(&scene, tip.len() as u64, true, b"").is(201);
}

#[test]
fn an_abandoned_upload_is_erased_and_times_on_disk_are_those_of_a_day() {
    let mut scene = Scene::new();
    let tip = large_tip(&scene);
    let (fresh, old) = (Upload::begin(&scene, &tip, 70_000), Upload::begin(&scene, &tip, 70_000));
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    let uploads = scene.path("store/uploads");
    for path in staged(&scene).into_iter().chain([uploads]) {
        let modified = fs::metadata(path).unwrap().modified().unwrap();
        let seconds = modified.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
        assert!(seconds % 86_400 == 0 && now - seconds < 86_500, "{seconds}");
    }
    scene.signal("TERM");
    scene.wait();
    make_old(&scene, &old);
    scene.start();
    old.progress(&scene).is(404);
    assert_eq!(fresh.progress(&scene).is(204).offset(), 70_000);
    assert_eq!(staged(&scene).len(), 1);
}

/// Makes an upload look two days old; its file is named by the hash of its token.
fn make_old(scene: &Scene, upload: &Upload) {
    use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
    let token = BASE64_URL_SAFE_NO_PAD.decode(upload.path.rsplit('/').next().unwrap()).unwrap();
    let path = scene.path("store/uploads").join(TipId::of(&token).to_string());
    let before = SystemTime::now() - Duration::from_hours(48);
    fs::File::options().write(true).open(path).unwrap().set_modified(before).unwrap();
}
