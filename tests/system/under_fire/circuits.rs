//! A listener behind tor that says the circuit: the line is required, and each circuit has its share.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use scene::asking::{Answer, head, read};
use scene::{Channel, Scene, eventually, tip_request};

fn onion(limits: &str) -> Scene {
    let mut scene = Scene::with(Channel::example(), &format!("[limits.circuit]\n{limits}"));
    scene.restart(|config| config.replacen("[intake]\n", "[intake]\ncircuit_ids = true\n", 1));
    scene
}

/// A connection as tor makes it.
fn over(scene: &Scene, circuit: u16) -> TcpStream {
    let mut stream = TcpStream::connect(scene.intake).unwrap();
    stream.write_all(format!("PROXY TCP6 fc00:dead:beef:4dad::0:{circuit:x} ::1 209 80\r\n").as_bytes()).unwrap();
    stream
}

fn get(mut stream: TcpStream) -> Option<Answer> {
    stream.write_all(&head("GET", "/directory", &[], 0)).ok()?;
    stream.peek(&mut [0]).ok().filter(|read| *read > 0).map(|_| read(stream))
}

#[test]
fn without_the_line_nothing_is_answered() {
    let scene = onion("");
    for wrong in ["", "PROXY UNKNOWN\r\n", "PROXY TCP4 127.0.0.1 127.0.0.1 1 2\r\n", "PROXY TCP6 ::1 ::1 1 2\r\n"] {
        let mut stream = TcpStream::connect(scene.intake).unwrap();
        let _ = stream.write_all(format!("{wrong}GET /directory HTTP/1.1\r\nhost: relay\r\n\r\n").as_bytes());
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        assert!(answer.is_empty(), "{wrong}: {}", String::from_utf8_lossy(&answer));
    }
    get(over(&scene, 7)).unwrap().is(200);
    // A listener that does not ask for the line takes it for a bad request.
    let plain = Scene::new();
    assert_eq!(get(over(&plain, 7)).unwrap().status, 400);
}

#[test]
fn one_circuit_has_so_many_connections_and_the_next_has_its_own() {
    let scene = onion("connections = 3");
    let mut held: Vec<_> = (0..3).map(|_| over(&scene, 7)).collect();
    // They are counted when their line has been read.
    std::thread::sleep(Duration::from_millis(300));
    assert!(get(over(&scene, 7)).is_none());
    get(over(&scene, 8)).unwrap().is(200);
    held.pop();
    eventually(|| get(over(&scene, 7)).is_some());
}

#[test]
fn one_circuit_sends_so_many_tips_at_a_time_and_so_much_in_an_hour() {
    let scene = onion("uploads = 1\nhour_mib = 1");
    let tip = scene.seal("a text tip");
    let send = |circuit, tip: &[u8]| {
        let mut stream = over(&scene, circuit);
        let request = head("POST", "/tips", &["content-type: application/octet-stream"], tip.len());
        stream.write_all(&request).and_then(|()| stream.write_all(tip)).unwrap();
        read(stream)
    };
    let mut first = over(&scene, 7);
    first.write_all(tip_request(tip.len()).as_bytes()).and_then(|()| first.write_all(&tip[..9000])).unwrap();
    std::thread::sleep(Duration::from_millis(300));
    let refused = send(7, &tip).problem(429, "circuit-spent");
    assert!((1..=3600).contains(&refused.header("retry-after").parse::<u64>().unwrap()));
    send(8, &tip).is(201);
    first.write_all(&tip[9000..]).unwrap();
    read(first).is(200);
    let large = scene.seal_with("", &[&scene.random_file("film.mp4", 1_100_000)]);
    send(7, &large).is(201);
    let refused = send(7, &tip).problem(429, "circuit-spent");
    assert!(refused.header("retry-after").parse::<u64>().unwrap() > 3000);
}
