//! What arrives at the relay's two listeners.

use std::fs;
use std::io::Write;
use std::net::{Shutdown, TcpStream};

use base64::{Engine, prelude::BASE64_STANDARD_NO_PAD};
use serde_json::Value;

use scene::{CHUNKED, INSPECTORATE, PROJECT, Scene, TIP, answer, check_problem, exchange, tip_request};

/// Posts a body and checks status, problem name, the promise that nothing was stored, and that nothing was.
fn refused(scene: &Scene, body: &[u8], status: u16, name: &str) {
    let (got, answer) = scene.post(body);
    check_problem(got, &answer, status, name);
    assert!(scene.pool().is_empty(), "something was stored");
}

/// The header of a tip in lines, to be changed, and the payload behind it.
fn take_apart(tip: &[u8]) -> (Vec<String>, Vec<u8>) {
    let (header, payload) = tip.split_at(softinfo_base::limits::TIP_HEADER_BYTES);
    (String::from_utf8(header.to_vec()).unwrap().lines().map(str::to_owned).collect(), payload.to_vec())
}

fn put_together(lines: &[String], payload: &[u8]) -> Vec<u8> {
    let mut bytes: Vec<u8> = lines.iter().flat_map(|line| format!("{line}\n").into_bytes()).collect();
    bytes.extend_from_slice(payload);
    bytes
}

#[test]
fn what_is_not_a_sealed_tip_is_refused_and_named() {
    let scene = Scene::new();
    let tip = scene.seal("a good one");
    let (lines, payload) = take_apart(&tip);
    // Lines: version, 4 × (stanza, body), softinfo stanza, empty body, MAC.
    let text = b"My boss keeps our passports in the safe.".repeat(800);
    refused(&scene, &text, 422, "not-a-tip");
    refused(&scene, &[&b"\xff\xd8\xff\xe0\0\x10JFIF"[..], &[7; 40_000]].concat(), 422, "not-a-tip");
    refused(&scene, b"", 422, "not-a-tip");

    let classical = age::encrypt(&age::x25519::Identity::generate().to_public(), &[0; 24_576]).unwrap();
    refused(&scene, &classical, 422, "not-a-tip");

    let few = [&lines[..1], &lines[3..]].concat();
    refused(&scene, &put_together(&few, &payload), 422, "not-a-tip");
    let many = [&lines[..3], &lines[1..]].concat();
    refused(&scene, &put_together(&many, &payload), 422, "not-a-tip");
    let order = [&lines[..1], &lines[9..11], &lines[1..9], &lines[11..]].concat();
    refused(&scene, &put_together(&order, &payload), 422, "not-a-tip");
    let grease = [&lines[..9], &["-> x-grease".to_owned(), String::new()], &lines[9..]].concat();
    refused(&scene, &put_together(&grease, &payload), 422, "not-a-tip");
    let mut armored = lines.clone();
    armored.insert(0, "-----BEGIN AGE ENCRYPTED FILE-----".to_owned());
    refused(&scene, &put_together(&armored, &payload), 422, "not-a-tip");
    // The unused bits at the end of a base64 argument are not zero.
    let mut loose = lines.clone();
    loose[9] = format!("-> softinfo/1 {}B", &BASE64_STANDARD_NO_PAD.encode([0; 32])[..42]);
    refused(&scene, &put_together(&loose, &payload), 422, "not-a-tip");
    // After all that, the good one still gets in.
    assert_eq!(scene.post(&tip).0, 201);
}

#[test]
fn every_refused_vector_is_refused_by_the_relay() {
    let scene = Scene::new();
    let folder = std::path::Path::new(PROJECT).join("tests/vectors/tip/refused");
    let index: Vec<Value> = serde_json::from_slice(&fs::read(folder.join("index.json")).unwrap()).unwrap();
    assert!(!index.is_empty());
    for entry in index {
        let body = fs::read(folder.join(entry["file"].as_str().unwrap())).unwrap();
        refused(&scene, &body, 422, entry["problem"].as_str().unwrap());
    }
}

#[test]
fn a_length_that_padding_never_gives_is_refused() {
    let scene = Scene::new();
    let tip = scene.seal("a good one");
    refused(&scene, &[&tip[..], b"x"].concat(), 422, "not-a-size-class");
    refused(&scene, &tip[..tip.len() - 1], 422, "not-a-size-class");
    refused(&scene, &[&tip[..], &[0; 5_000]].concat(), 422, "not-a-size-class");
    refused(&scene, &tip[..6_400], 422, "not-a-size-class");
    // Without an announced length it is judged at the end.
    let mut request = CHUNKED.as_bytes().to_vec();
    request.extend(format!("{:x}\r\n", tip.len() - 1).into_bytes());
    request.extend_from_slice(&tip[..tip.len() - 1]);
    request.extend(b"\r\n0\r\n\r\n");
    let (status, body) = exchange(scene.intake, &request);
    check_problem(status, &body, 422, "not-a-size-class");
    assert!(scene.pool().is_empty());
}

#[test]
fn a_body_that_stops_in_the_middle_is_not_stored() {
    let scene = Scene::new();
    let tip = scene.seal("cut");
    let half = [tip_request(tip.len()).as_bytes(), &tip[..20_000]].concat();
    let chunked = [CHUNKED, "10000\r\n"].concat();
    // In the middle of a chunk, and between two: the first looks unfinished, the second whole but for the end mark.
    let in_chunk = [chunked.as_bytes(), &tip[..20_000]].concat();
    let between = [CHUNKED.as_bytes(), format!("{:x}\r\n", tip.len()).as_bytes(), &tip, b"\r\n"].concat();
    for request in [half, in_chunk, between] {
        // The writer closes its side and listens: it is told.
        let mut stream = TcpStream::connect(scene.intake).unwrap();
        stream.write_all(&request).unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        let (status, body) = answer(stream);
        check_problem(status, &body, 400, "interrupted");
        // The writer is gone altogether.
        TcpStream::connect(scene.intake).unwrap().write_all(&request).unwrap();
        assert!(scene.pool().is_empty());
    }
    // The writer falls silent: after the idle time (3 s here) the relay says so.
    let mut stream = TcpStream::connect(scene.intake).unwrap();
    stream.write_all(tip_request(tip.len()).as_bytes()).unwrap();
    stream.write_all(&tip[..20_000]).unwrap();
    let (status, body) = answer(stream);
    check_problem(status, &body, 408, "timeout");
    assert!(scene.pool().is_empty());
}

#[test]
fn a_header_that_never_ends_is_refused_after_the_first_bytes() {
    let scene = Scene::new();
    let mut stream = TcpStream::connect(scene.intake).unwrap();
    stream.write_all(tip_request(200_000_000).as_bytes()).unwrap();
    stream.write_all(b"age-encryption.org/v1\n").unwrap();
    // At most 4 MB are offered; the relay has to have answered by then.
    for _ in 0..250_000 {
        if stream.write_all(b"-> x\n\naaaaaaaaaa").is_err() {
            break;
        }
    }
    let (status, body) = answer(stream);
    check_problem(status, &body, 422, "not-a-tip");
    assert!(scene.pool().is_empty());
}

#[test]
fn one_line_of_a_header_that_never_ends_is_refused_too() {
    let scene = Scene::new();
    let mut stream = TcpStream::connect(scene.intake).unwrap();
    stream.write_all(CHUNKED.as_bytes()).unwrap();
    let mut started = b"age-encryption.org/v1\n-> mlkem768x25519 ".to_vec();
    started.resize(64 * 1024, b'A');
    // At most 64 MiB are offered.
    let offered = (0..1024).take_while(|_| stream.write_all(&chunk(&started)).is_ok()).count();
    let (status, body) = answer(stream);
    check_problem(status, &body, 422, "not-a-tip");
    assert!(offered < 1024, "the relay read all of it before it answered");
    assert!(scene.pool().is_empty());
}

fn chunk(bytes: &[u8]) -> Vec<u8> {
    [format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat()
}

#[test]
fn http_headers_that_never_end_are_cut_off() {
    let scene = Scene::new();
    let mut stream = TcpStream::connect(scene.intake).unwrap();
    stream.write_all(b"POST /tips HTTP/1.1\r\nhost: relay\r\n").unwrap();
    let line = format!("x-filler: {}\r\n", "a".repeat(8000));
    // At most 64 MB are offered.
    let offered = (0..8000).take_while(|_| stream.write_all(line.as_bytes()).is_ok()).count();
    assert!(offered < 8000, "the relay took {offered} lines of a header");
    assert!(scene.pool().is_empty());
}

#[test]
fn more_than_256_mib_is_refused_before_or_while_it_arrives() {
    let scene = Scene::new();
    let tip = scene.seal("the start of a huge one");
    // Announced: refused before anything is read.
    let (status, body) = exchange(scene.intake, tip_request(257 << 20).as_bytes());
    check_problem(status, &body, 413, "too-large");
    // Not announced: refused once the limit is passed.
    let mut stream = TcpStream::connect(scene.intake).unwrap();
    stream.write_all(CHUNKED.as_bytes()).unwrap();
    let mut piece = vec![0u8; 1 << 20];
    piece[..tip.len()].copy_from_slice(&tip);
    for n in 0..258 {
        if n == 1 {
            piece.fill(0x5a);
        }
        let sent = write!(stream, "{:x}\r\n", piece.len())
            .and_then(|()| stream.write_all(&piece))
            .and_then(|()| stream.write_all(b"\r\n"));
        if sent.is_err() {
            break;
        }
    }
    let (status, body) = answer(stream);
    check_problem(status, &body, 413, "too-large");
    assert!(scene.pool().is_empty());
    // The client says it before it sends anything.
    let file = scene.path("huge");
    fs::File::create(&file).unwrap().set_len(257 << 20).unwrap();
    let (url, path) = (scene.intake_url(), file.to_str().unwrap().to_owned());
    scene.run(TIP, &["send", "--relay", &url, "--to", INSPECTORATE, "--attach", &path]).says(1, "too large");
}

#[test]
fn a_good_tip_of_another_content_type_is_refused() {
    let scene = Scene::new();
    let tip = scene.seal("good, but called a text");
    let request = tip_request(tip.len());
    // A form is answered with HTML: tests/system/uploads/form.rs.
    for line in ["content-type: text/plain\r\n", ""] {
        let request = request.replace("content-type: application/octet-stream\r\n", line);
        let (status, body) = exchange(scene.intake, &[request.as_bytes(), &tip].concat());
        check_problem(status, &body, 415, "unsupported-media-type");
        assert!(scene.pool().is_empty());
    }
}

/// The words for a tip were said of a list of tokens: “Send the same file again”.
#[test]
fn a_withdrawal_that_stops_halfway_is_told_what_to_do_about_a_withdrawal() {
    let scene = Scene::new();
    let mut stream = TcpStream::connect(scene.intake).unwrap();
    let head = "POST /withdraw HTTP/1.1\r\nhost: r\r\ncontent-type: text/plain\r\ncontent-length: 87\r\nconnection: close\r\n\r\n";
    stream.write_all(format!("{head}{}", "A".repeat(43)).as_bytes()).unwrap();
    let (status, body) = answer(stream);
    check_problem(status, &body, 408, "timeout");
    let detail = serde_json::from_slice::<Value>(&body).unwrap()["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains("Nothing was erased") && !detail.contains("file"), "{detail}");
}

#[test]
fn wrong_calls_get_an_answer_that_helps() {
    let scene = Scene::new();
    for (request, status, name) in [
        (
            "POST /tips HTTP/1.1\r\nhost: r\r\ncontent-type: text/plain\r\ncontent-length: 2\r\nconnection: close\r\n\r\nhi",
            415,
            "unsupported-media-type",
        ),
        ("GET /tips HTTP/1.1\r\nhost: r\r\nconnection: close\r\n\r\n", 405, "method-not-allowed"),
        ("GET /admin HTTP/1.1\r\nhost: r\r\nconnection: close\r\n\r\n", 404, "not-found"),
        (
            "POST /withdraw HTTP/1.1\r\nhost: r\r\ncontent-type: text/plain\r\ncontent-length: 3\r\nconnection: close\r\n\r\nabc",
            400,
            "bad-token",
        ),
        (
            "POST /withdraw HTTP/1.1\r\nhost: r\r\ncontent-length: 3\r\nconnection: close\r\n\r\nabc",
            415,
            "unsupported-media-type",
        ),
    ] {
        let (got, body) = exchange(scene.intake, request.as_bytes());
        check_problem(got, &body, status, name);
    }
    let token = format!(
        "POST /withdraw HTTP/1.1\r\nhost: r\r\ncontent-type: text/plain\r\ncontent-length: 43\r\nconnection: close\r\n\r\n{}",
        "A".repeat(43)
    );
    let (status, body) = exchange(scene.intake, token.as_bytes());
    check_problem(status, &body, 404, "unknown-token");
}

#[test]
fn without_the_right_token_a_courier_gets_nothing() {
    let scene = Scene::new();
    let id = scene.send(&[INSPECTORATE], "hidden", &[])["id"].as_str().unwrap().to_owned();
    for path in ["/pool", &format!("/tips/{id}"), "/directory", "/nothing"] {
        for authorization in ["", "authorization: Bearer wrong\r\n", "authorization: Basic EXAMPLE-courier-token\r\n"] {
            let request = format!("GET {path} HTTP/1.1\r\nhost: r\r\n{authorization}connection: close\r\n\r\n");
            let (status, body) = exchange(scene.courier, request.as_bytes());
            check_problem(status, &body, 401, "unauthorized");
        }
    }
    // The intake listener has no pool at all.
    let (status, _) = exchange(scene.intake, b"GET /pool HTTP/1.1\r\nhost: r\r\nconnection: close\r\n\r\n");
    assert_eq!(status, 404);
    fs::write(scene.path("token"), "wrong").unwrap();
    scene.fetch("bundle.tar").says(4, "the relay does not accept the token in");
    fs::write(scene.path("token"), "\n").unwrap();
    scene.fetch("bundle.tar").says(1, "holds no token");
    assert_eq!(scene.courier_get("/pool?after=yesterday").0, 400);
    assert_eq!(scene.courier_get("/pool?limit=0").0, 400);
    assert_eq!(scene.courier_get("/pool?unknown=1").0, 400);
}
