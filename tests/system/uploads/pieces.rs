//! Resumable uploads that go as they should, and calls that are wrong.

use std::fs;

use softinfo_formats::envelope::id::TipId;

use scene::Scene;
use scene::asking::{Upload, ask, large_tip, staged};
use scene::known::Known;

/// Checks that the one tip in the pool is this one, byte for byte.
fn arrived(scene: &Scene, tip: &[u8]) {
    let id = TipId::of(tip).to_string();
    assert_eq!(scene.pool(), std::slice::from_ref(&id));
    assert!(scene.courier_get(&format!("/tips/{id}")).1 == tip, "other bytes were stored");
}

#[test]
fn a_tip_in_equal_pieces_arrives_and_its_answer_can_be_asked_for_again() {
    let scene = Scene::new();
    let tip = large_tip(&scene);
    // Not a multiple of anything.
    let piece = 500_001;
    let mut upload = Upload::begin(&scene, &tip, piece);
    let mut last = None;
    for end in (1..).map(|n| ((n + 1) * piece).min(tip.len())) {
        let answer = upload.go_on(&scene, &tip, end);
        if end == tip.len() {
            last = Some(answer.is(201));
            break;
        }
        let answer = answer.is(204);
        assert_eq!((answer.header("upload-complete"), answer.offset()), ("?0", end as u64));
        assert!(scene.pool().is_empty());
        let progress = upload.progress(&scene).is(204);
        assert_eq!((progress.header("upload-complete"), progress.offset()), ("?0", end as u64));
        assert_eq!(progress.header("upload-length"), tip.len().to_string());
        assert_eq!(progress.header("cache-control"), "no-store");
    }
    let first = last.unwrap();
    let today = scene::today().to_string();
    assert_eq!(first.json(), serde_json::json!({ "id": TipId::of(&tip), "day": today }));
    assert_eq!(first.header("upload-complete"), "?1");
    arrived(&scene, &tip);
    // Only a short answer is left of it, sealed like all.
    let [marker] = &staged(&scene)[..] else { panic!() };
    assert!(fs::metadata(marker).unwrap().len() < 100);
    let done = upload.progress(&scene).is(204);
    assert_eq!((done.header("upload-complete"), done.offset()), ("?1", tip.len() as u64));
    // The answer was lost: the same again.
    let again = upload.patch(&scene, tip.len() as u64, true, b"").is(201);
    assert_eq!((again.json(), again.header("upload-complete")), (first.json(), "?1"));
    upload.patch(&scene, tip.len() as u64, true, b"x").problem(400, "#inconsistent-upload-length");
    upload.patch(&scene, tip.len() as u64, false, b"").problem(400, "#completed-upload");
    upload.patch(&scene, 0, true, b"").problem(409, "#mismatching-upload-offset");
    // The same tip by another upload was there before.
    let mut second = Upload::begin(&scene, &tip, 7_000);
    assert_eq!(second.go_on(&scene, &tip, tip.len()).is(200).json(), first.json());
    arrived(&scene, &tip);
}

#[test]
fn the_last_piece_may_be_empty() {
    let scene = Scene::new();
    let tip = scene.seal("small");
    let mut upload = Upload::begin(&scene, &tip, tip.len());
    assert!(scene.pool().is_empty());
    assert_eq!(upload.progress(&scene).header("upload-complete"), "?0");
    upload.go_on(&scene, &tip, tip.len()).is(201);
    arrived(&scene, &tip);
}

#[test]
fn a_wrong_offset_is_refused_with_the_right_one() {
    let scene = Scene::new();
    let tip = large_tip(&scene);
    let mut upload = Upload::begin(&scene, &tip, 100_000);
    for wrong in [0, 99_999, 100_001] {
        let answer = upload.patch(&scene, wrong, false, b"x").problem(409, "#mismatching-upload-offset");
        assert_eq!((answer.offset(), answer.header("upload-complete")), (100_000, "?0"));
        assert_eq!(
            (&answer.json()["expected-offset"], &answer.json()["provided-offset"]),
            (&100_000.into(), &wrong.into())
        );
    }
    upload.go_on(&scene, &tip, tip.len()).is(201);
    arrived(&scene, &tip);
}

#[test]
fn a_stranger_with_another_token_finds_nothing() {
    let scene = Scene::new();
    let tip = large_tip(&scene);
    let upload = Upload::begin(&scene, &tip, 100_000);
    // The name of the file is no address.
    let name = staged(&scene)[0].file_name().unwrap().to_str().unwrap().to_owned();
    let own = upload.path.strip_prefix("/tips/uploads/").unwrap();
    let other = format!("{}{}", if own.starts_with('A') { 'B' } else { 'A' }, &own[1..]);
    for token in [&other, &name, &name[..43], "", "x"] {
        let path = format!("/tips/uploads/{token}");
        let stranger = Upload { path, offset: 100_000 };
        stranger.progress(&scene).is(404);
        stranger.patch(&scene, 100_000, false, b"x").problem(404, ":not-found");
        ask(scene.intake, "DELETE", &stranger.path, &[], b"").problem(404, ":not-found");
    }
    ask(scene.intake, "GET", &upload.path, &[], b"").problem(405, ":method-not-allowed");
    assert_eq!(upload.progress(&scene).offset(), 100_000);
    // Neither the token nor a byte of the tip is on disk.
    let bytes = fs::read(&staged(&scene)[0]).unwrap();
    assert!(!bytes.windows(20).any(|window| window == &tip[..20] || window == &own.as_bytes()[..20]));
}

#[test]
fn an_upload_that_is_given_up_is_gone() {
    let scene = Scene::new();
    let tip = large_tip(&scene);
    let upload = Upload::begin(&scene, &tip, 100_000);
    ask(scene.intake, "DELETE", &upload.path, &[], b"").is(204);
    assert!(staged(&scene).is_empty());
    upload.progress(&scene).is(404);
    ask(scene.intake, "DELETE", &upload.path, &[], b"").is(404);
}

#[test]
fn what_can_not_become_a_tip_is_refused_before_the_disk_is_touched() {
    let scene = Scene::new();
    let tip = scene.seal("good");
    let post = |lines: &[&str], body: &[u8]| {
        let lines = [&["content-type: application/octet-stream", "upload-complete: ?0"], lines].concat();
        ask(scene.intake, "POST", "/tips", &lines, body)
    };
    let length = format!("upload-length: {}", tip.len());
    post(&[], &tip).problem(400, ":bad-request");
    post(&["upload-length: many"], &tip).problem(400, ":bad-request");
    post(&["upload-length: 30000"], &tip[..10_000]).problem(422, ":not-a-size-class");
    let large = post(&["upload-length: 300000000"], &tip).problem(413, ":too-large");
    assert!(large.header("upload-limit").starts_with("max-size="));
    post(&[&length], &tip[..6_000]).problem(422, ":not-a-tip");
    post(&[&length], &[7; 20_000]).problem(422, ":not-a-tip");
    post(&[&length], &[&tip[..], b"x"].concat()).problem(400, "#inconsistent-upload-length");
    assert!(staged(&scene).is_empty() && scene.pool().is_empty());
    // Complete at once, or a field that is no boolean: an ordinary upload.
    for (line, status) in [("upload-complete: ?1", 201), ("upload-complete: no", 200)] {
        let lines = ["content-type: application/octet-stream", line];
        ask(scene.intake, "POST", "/tips", &lines, &tip).is(status);
    }
    assert!(staged(&scene).is_empty());
}

#[test]
fn a_further_piece_that_contradicts_what_was_announced_is_refused() {
    let scene = Scene::new();
    let tip = large_tip(&scene);
    let mut upload = Upload::begin(&scene, &tip, 100_000);
    upload.patch(&scene, 100_000, true, b"short").problem(400, "#inconsistent-upload-length");
    let more = [&tip[100_000..], b"x"].concat();
    upload.patch(&scene, 100_000, false, &more).problem(400, "#inconsistent-upload-length");
    for (wrong, name, status) in
        [(0, ":unsupported-media-type", 415), (1, ":bad-request", 400), (2, ":bad-request", 400)]
    {
        let mut lines = Upload::lines(100_000, false);
        "x-nothing: 1".clone_into(&mut lines[wrong]);
        ask(scene.intake, "PATCH", &upload.path, &lines.each_ref().map(String::as_str), b"x").problem(status, name);
    }
    assert_eq!(upload.progress(&scene).offset(), 100_000);
    // Without an announced length it shows as it comes, and then nothing of it is trusted.
    let mut lines = Upload::lines(100_000, false).to_vec();
    lines.push("transfer-encoding: chunked".to_owned());
    let mut request =
        format!("PATCH {} HTTP/1.1\r\nhost: r\r\nconnection: close\r\n{}\r\n\r\n", upload.path, lines.join("\r\n"))
            .into_bytes();
    request.extend(format!("{:x}\r\n", more.len()).into_bytes());
    request.extend(&more);
    request.extend(b"\r\n0\r\n\r\n");
    assert_eq!(scene::exchange(scene.intake, &request).0, 400);
    upload.progress(&scene).is(404);
    assert!(staged(&scene).is_empty());
    // A chunked piece that fits is as good as another.
    upload = Upload::begin(&scene, &tip, 100_000);
    upload.go_on(&scene, &tip, tip.len()).is(201);
    arrived(&scene, &tip);
}

#[test]
fn what_is_taken_can_be_asked_for() {
    let scene = Scene::new();
    let answer = ask(scene.intake, "OPTIONS", "/tips", &[], b"").is(204);
    assert_eq!(answer.header("accept-patch"), "application/partial-upload");
    let largest = softinfo_formats::envelope::padding::largest_file(softinfo_base::limits::DEFAULT_MAX_PLAINTEXT);
    assert_eq!(answer.header("upload-limit"), format!("max-size={largest}"));
}

/// Row 15 of issue 10: the last piece, repeated after the tip was withdrawn, was answered with 201 and an id.
#[test]
fn the_answer_of_an_upload_is_not_repeated_when_its_tip_is_gone() {
    let scene = Scene::new();
    let tip = Known::seal(400_000);
    let mut upload = Upload::begin(&scene, &tip.bytes, 100_000);
    let end = tip.bytes.len();
    upload.go_on(&scene, &tip.bytes, end).is(201);
    upload.patch(&scene, end as u64, true, b"").is(201);
    ask(scene.intake, "POST", "/withdraw", &["content-type: text/plain"], tip.token.as_bytes()).is(200);
    for _ in 0..2 {
        let gone = upload.patch(&scene, end as u64, true, b"").problem(410, ":gone");
        assert_eq!(gone.json()["stored"], false);
        upload.progress(&scene).is(410);
    }
    // Whoever wants it there sends it again.
    let mut again = Upload::begin(&scene, &tip.bytes, 100_000);
    again.go_on(&scene, &tip.bytes, end).is(201);
    arrived(&scene, &tip.bytes);
}
