//! A relay for the tests of this crate: it answers as it is told, or not at all.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::progress::Progress;
use crate::relay::RelayAddress;

/// A status and a body; none breaks the connection instead.
pub type Answer = Option<(u16, Vec<u8>)>;

/// A relay on this machine that gives each call, by its number, path and body, the answer of `answer`. It lives as long as the test.
pub fn relay(answer: impl Fn(usize, &str, &[u8]) -> Answer + Send + 'static) -> RelayAddress {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let calls = AtomicUsize::new(0);
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let (path, body) = request(&stream);
            if let Some((status, body)) = answer(calls.fetch_add(1, Ordering::Relaxed), &path, &body) {
                let head =
                    format!("HTTP/1.1 {status} -\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
                let _ = stream.write_all(&[head.as_bytes(), &body].concat());
            }
        }
    });
    RelayAddress { url, socks: None }
}

fn request(stream: &TcpStream) -> (String, Vec<u8>) {
    let mut reader = BufReader::new(stream);
    let (mut first, mut length) = (String::new(), 0);
    reader.read_line(&mut first).unwrap();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line.trim().is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    (first.split(' ').nth(1).unwrap_or_default().to_owned(), body)
}

/// Notes down what a bar would show.
#[derive(Default)]
pub struct Shown(pub Mutex<Vec<String>>);

impl Shown {
    fn note(&self, what: String) {
        self.0.lock().unwrap().push(what);
    }
}

impl Progress for Shown {
    fn begin(&self, bytes: u64) {
        self.note(format!("begin {bytes}"));
    }

    fn advance(&self, _: u64) {}

    fn waits(&self, reason: &str, wait: Duration) {
        self.note(format!("{reason}, {} s", wait.as_secs()));
    }
}
