//! Raw HTTP, right and wrong, and lines that break.
//!
//! In: bytes for a listener. Out: status and body, or a connection that ends where a test wants it to.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;

pub const CHUNKED: &str = "POST /tips HTTP/1.1\r\nhost: relay\r\ncontent-type: application/octet-stream\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n";

pub fn tip_request(length: usize) -> String {
    format!(
        "POST /tips HTTP/1.1\r\nhost: relay\r\ncontent-type: application/octet-stream\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
    )
}

/// Sends a request and reads status and body of the answer. Writing stops when the relay has answered and closed.
pub fn exchange(address: SocketAddr, request: &[u8]) -> (u16, Vec<u8>) {
    exchange_or_nothing(address, request).expect("no answer")
}

/// The same where the relay may close without an answer.
pub fn exchange_or_nothing(address: SocketAddr, request: &[u8]) -> Option<(u16, Vec<u8>)> {
    let mut stream = TcpStream::connect(address).unwrap();
    let _ = stream.write_all(request);
    read_answer(stream)
}

/// Reads an answer to its end.
pub fn answer(stream: TcpStream) -> (u16, Vec<u8>) {
    read_answer(stream).expect("no answer")
}

fn read_answer(mut stream: TcpStream) -> Option<(u16, Vec<u8>)> {
    let mut bytes = Vec::new();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    // A relay that refuses closes while we still write: what it said before counts.
    let _ = stream.read_to_end(&mut bytes);
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let mut body = bytes[end..].to_vec();
    if head.to_ascii_lowercase().contains("transfer-encoding: chunked") {
        body = dechunk(&body);
    }
    Some((status, body))
}

fn dechunk(mut bytes: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    while let Some(end) = bytes.windows(2).position(|window| window == b"\r\n") {
        let length = usize::from_str_radix(std::str::from_utf8(&bytes[..end]).unwrap(), 16).unwrap();
        if length == 0 {
            break;
        }
        body.extend_from_slice(&bytes[end + 2..end + 2 + length]);
        bytes = &bytes[end + 4 + length..];
    }
    body
}

/// Checks an error's form: problem+json with the right name, what to do, and the promise that nothing was stored.
pub fn check_problem(got: u16, answer: &[u8], status: u16, name: &str) {
    let problem: Value =
        serde_json::from_slice(answer).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(answer)));
    assert_eq!((got, problem["type"].as_str()), (status, Some(&*format!("urn:softinfo:problem:{name}"))), "{problem}");
    assert_eq!((&problem["stored"], &problem["status"]), (&Value::Bool(false), &Value::from(status)));
    assert!(problem["detail"].as_str().is_some_and(|detail| detail.len() > 15), "what to do: {problem}");
}

/// Where a connection of a [`Line`] ends: after so many bytes to the relay, or so many back.
#[derive(Clone, Copy)]
pub struct Cut {
    pub up: u64,
    pub down: u64,
    /// Whether it then falls silent instead of closing.
    pub silent: bool,
}

impl Cut {
    pub const NEVER: Self = Self { up: u64::MAX, down: u64::MAX, silent: false };
}

/// A line to the relay that breaks. Its threads end with the test's process.
pub struct Line {
    pub address: SocketAddr,
    asked: Arc<Mutex<Vec<u8>>>,
}

impl Line {
    /// `cut` says for each connection, counted from 0, where it ends.
    pub fn new(relay: SocketAddr, cut: impl Fn(usize) -> Cut + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let record = Arc::clone(&asked);
        std::thread::spawn(move || {
            for (n, near) in listener.incoming().map_while(Result::ok).enumerate() {
                let Ok(far) = TcpStream::connect(relay) else { continue };
                let ends = (near.try_clone().unwrap(), far.try_clone().unwrap());
                let (cut, record) = (cut(n), Arc::clone(&record));
                std::thread::spawn(move || {
                    pass(near, far, cut.up, cut.silent, |bytes| record.lock().unwrap().extend(bytes))
                });
                std::thread::spawn(move || pass(ends.1, ends.0, cut.down, cut.silent, |_| ()));
            }
        });
        Self { address, asked }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// How often `text` was sent to the relay.
    pub fn asked(&self, text: &str) -> usize {
        String::from_utf8_lossy(&self.asked.lock().unwrap()).matches(text).count()
    }
}

/// A relay that serves another page than the one it was started with: what comes back has `~` for every `^`, which is in the page and
/// in no directory or header. A relay that is honest refuses to serve such a page.
pub fn liar(relay: SocketAddr) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for near in listener.incoming().map_while(Result::ok) {
            let Ok(far) = TcpStream::connect(relay) else { continue };
            let (mut back, mut from) = (near.try_clone().unwrap(), far.try_clone().unwrap());
            std::thread::spawn(move || pass(near, far, u64::MAX, false, |_| ()));
            std::thread::spawn(move || {
                let mut buffer = [0; 16 * 1024];
                while let Ok(read @ 1..) = from.read(&mut buffer) {
                    buffer[..read].iter_mut().filter(|byte| **byte == b'^').for_each(|byte| *byte = b'~');
                    if back.write_all(&buffer[..read]).is_err() {
                        break;
                    }
                }
                let _ = back.shutdown(Shutdown::Both);
            });
        }
    });
    address
}

pub(super) fn pass(from: TcpStream, mut to: TcpStream, bytes: u64, silent: bool, see: impl Fn(&[u8])) {
    let mut left = (&from).take(bytes);
    let mut buffer = [0; 16 * 1024];
    while let Ok(read @ 1..) = left.read(&mut buffer) {
        see(&buffer[..read]);
        if to.write_all(&buffer[..read]).is_err() {
            break;
        }
    }
    if silent && left.limit() == 0 {
        std::thread::sleep(Duration::from_secs(60));
    }
    let _: [io::Result<()>; 2] = [from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both)];
}
