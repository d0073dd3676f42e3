//! Heads and bodies that are too long, ambiguous, or never come.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};

use scene::asking::{Answer, read};
use scene::{Scene, eventually};

/// Everything that comes back until the relay closes or falls silent.
fn all(scene: &Scene, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(scene.intake).unwrap();
    let _ = stream.write_all(request);
    let _ = stream.shutdown(Shutdown::Write);
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

fn answers(said: &str) -> usize {
    said.matches("HTTP/1.1 ").count()
}

fn alive(scene: &Scene) {
    let mut stream = TcpStream::connect(scene.intake).unwrap();
    stream.write_all(b"GET /directory HTTP/1.1\r\nhost: relay\r\nconnection: close\r\n\r\n").unwrap();
    let _: Answer = read(stream).is(200);
}

#[test]
fn a_head_that_is_too_long_is_refused() {
    let scene = Scene::new();
    let long = format!("GET /directory HTTP/1.1\r\nhost: relay\r\nx: {}\r\n\r\n", "y".repeat(20_000));
    let many = format!("GET /directory HTTP/1.1\r\nhost: relay\r\n{}\r\n", "x: y\r\n".repeat(100));
    let path = format!("GET /{} HTTP/1.1\r\nhost: relay\r\n\r\n", "y".repeat(20_000));
    for request in [long, many, path] {
        let said = all(&scene, request.as_bytes());
        assert!(said.starts_with("HTTP/1.1 431") || said.starts_with("HTTP/1.1 414"), "{said}");
        alive(&scene);
    }
}

/// Two readings of where a request ends must never let a hidden one through: there is at most one answer.
#[test]
fn a_request_whose_end_is_ambiguous_hides_no_other() {
    let scene = Scene::new();
    let hidden = "GET /directory HTTP/1.1\r\nhost: relay\r\n\r\n";
    let start = "POST /withdraw HTTP/1.1\r\nhost: relay\r\ncontent-type: text/plain\r\n";
    let length = hidden.len();
    for request in [
        format!("{start}content-length: {length}\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n{hidden}"),
        format!("{start}transfer-encoding: chunked\r\ncontent-length: 0\r\n\r\n{length:x}\r\n{hidden}\r\n0\r\n\r\n"),
        format!("{start}content-length: 0\r\ncontent-length: {length}\r\n\r\n{hidden}"),
        format!("{start}content-length: +{length}\r\n\r\n{hidden}"),
        format!("{start}transfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n{hidden}"),
        format!("{start}transfer-encoding: xchunked\r\n\r\n0\r\n\r\n{hidden}"),
        format!("{start}transfer-encoding : chunked\r\ncontent-length: {length}\r\n\r\n{hidden}"),
        format!("{start}transfer-encoding:\r\n chunked\r\ncontent-length: {length}\r\n\r\n{hidden}"),
        format!("{start}transfer-encoding: chunked\r\n\r\n{:x}\r\n{hidden}", u128::MAX),
    ] {
        let said = all(&scene, request.as_bytes());
        assert!(answers(&said) <= 1 && !said.contains("softinfo/directory"), "{request}\n{said}");
        assert!(!said.starts_with("HTTP/1.1 2"), "{request}\n{said}");
        alive(&scene);
    }
    // Two requests that are clear both have an answer.
    let last = hidden.replace("\r\n\r\n", "\r\nconnection: close\r\n\r\n");
    let mut stream = TcpStream::connect(scene.intake).unwrap();
    stream.write_all([hidden, &last].concat().as_bytes()).unwrap();
    let mut said = Vec::new();
    let _ = stream.read_to_end(&mut said);
    assert_eq!(answers(&String::from_utf8_lossy(&said)), 2);
}

#[test]
fn a_body_that_was_asked_for_and_never_comes_ends_by_itself() {
    let scene = Scene::new();
    let mut waiting: Vec<_> = (0..50)
        .map(|_| {
            let mut stream = TcpStream::connect(scene.intake).unwrap();
            let head = scene::tip_request(30_965).replace("\r\n\r\n", "\r\nexpect: 100-continue\r\n\r\n");
            stream.write_all(head.as_bytes()).unwrap();
            stream
        })
        .collect();
    alive(&scene);
    assert_eq!(scene.post(&scene.seal("meanwhile")).0, 201);
    let mut said = String::new();
    let _ = waiting.pop().unwrap().read_to_string(&mut said);
    assert!(said.starts_with("HTTP/1.1 100") && said.contains("HTTP/1.1 408"), "{said}");
}

#[test]
fn chunks_of_a_byte_are_taken_for_what_they_are_and_hold_nobody_up() {
    let scene = Scene::new();
    let tip = scene.seal("byte by byte");
    let trickles: Vec<_> = (0..20)
        .map(|_| {
            let (address, byte) = (scene.intake, tip[0]);
            std::thread::spawn(move || {
                let mut stream = TcpStream::connect(address).unwrap();
                let _ = stream.write_all(scene::CHUNKED.as_bytes());
                while stream.write_all(&[b'1', b'\r', b'\n', byte, b'\r', b'\n']).is_ok() {
                    std::thread::sleep(std::time::Duration::from_millis(1));
                }
            })
        })
        .collect();
    eventually(|| scene.post(&tip).0 == 200 || scene.pool().len() == 1);
    alive(&scene);
    // Each was refused when its first 16 KiB were no tip, or is still at it; the relay ends and they do.
    drop(scene);
    trickles.into_iter().for_each(|trickle| trickle.join().unwrap());
}
