//! Requests with any header, answers with all of theirs.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;

use crate::Scene;

#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    headers: HashMap<String, String>,
    pub body: Vec<u8>,
}

impl Answer {
    /// The value of a header; empty when there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    pub fn is(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{:?} {}", self.headers, String::from_utf8_lossy(&self.body));
        self
    }

    /// A problem whose type ends in `name`.
    pub fn problem(self, status: u16, name: &str) -> Self {
        let answer = self.is(status);
        assert_eq!(answer.header("content-type"), "application/problem+json");
        let problem = answer.json();
        assert!(problem["type"].as_str().unwrap().ends_with(name), "{problem}");
        assert_eq!(problem["status"], status);
        answer
    }

    pub fn offset(&self) -> u64 {
        self.header("upload-offset").parse().unwrap_or_else(|_| panic!("no offset: {self:?}"))
    }
}

/// The head of a request; `lines` without line ends.
pub fn head(method: &str, path: &str, lines: &[&str], length: usize) -> Vec<u8> {
    let mut head = format!("{method} {path} HTTP/1.1\r\nhost: relay\r\nconnection: close\r\n");
    for line in lines {
        head.push_str(line);
        head.push_str("\r\n");
    }
    if length > 0 || method == "POST" || method == "PATCH" {
        head.push_str(&format!("content-length: {length}\r\n"));
    }
    head.push_str("\r\n");
    head.into_bytes()
}

pub fn ask(address: SocketAddr, method: &str, path: &str, lines: &[&str], body: &[u8]) -> Answer {
    let mut stream = TcpStream::connect(address).unwrap();
    let _ = stream.write_all(&[&head(method, path, lines, body.len())[..], body].concat());
    read(stream)
}

/// Reads an answer to its end.
pub fn read(stream: TcpStream) -> Answer {
    read_or_nothing(stream).expect("no answer")
}

/// The same where the relay may end without an answer.
pub fn read_or_nothing(mut stream: TcpStream) -> Option<Answer> {
    let mut bytes = Vec::new();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let _ = stream.read_to_end(&mut bytes);
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut lines = head.lines();
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let pairs = lines.filter_map(|line| line.split_once(": "));
    let headers = pairs.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).collect();
    Some(Answer { status, headers, body: bytes[end..].to_vec() })
}

/// An upload under way, as a page keeps it.
pub struct Upload {
    pub path: String,
    pub offset: u64,
}

impl Upload {
    /// Sends the first piece.
    pub fn begin(scene: &Scene, tip: &[u8], first: usize) -> Self {
        let length = format!("upload-length: {}", tip.len());
        let lines = ["content-type: application/octet-stream", "upload-complete: ?0", &length];
        let answer = ask(scene.intake, "POST", "/tips", &lines, &tip[..first]).is(201);
        assert_eq!((answer.header("upload-complete"), answer.offset()), ("?0", first as u64));
        assert!(answer.header("upload-limit").starts_with("max-size="), "{answer:?}");
        let path = answer.header("location").to_owned();
        assert_eq!(path.strip_prefix("/tips/uploads/").map(str::len), Some(43), "{path}");
        Self { path, offset: first as u64 }
    }

    pub fn lines(offset: u64, last: bool) -> [String; 3] {
        let last = if last { "?1" } else { "?0" };
        [
            "content-type: application/partial-upload".to_owned(),
            format!("upload-offset: {offset}"),
            format!("upload-complete: {last}"),
        ]
    }

    /// Sends bytes at an offset.
    pub fn patch(&self, scene: &Scene, offset: u64, last: bool, bytes: &[u8]) -> Answer {
        let lines = Self::lines(offset, last);
        ask(scene.intake, "PATCH", &self.path, &lines.each_ref().map(String::as_str), bytes)
    }

    /// Sends the tip up to `end`, from where the upload stands.
    pub fn go_on(&mut self, scene: &Scene, tip: &[u8], end: usize) -> Answer {
        let from = usize::try_from(self.offset).unwrap();
        let answer = self.patch(scene, self.offset, end == tip.len(), &tip[from..end]);
        self.offset = end as u64;
        answer
    }

    /// Begins to send the rest of the tip and stays in the middle.
    pub fn half_sent(&self, scene: &Scene, tip: &[u8], end: usize) -> TcpStream {
        let from = usize::try_from(self.offset).unwrap();
        let lines = Self::lines(self.offset, true);
        let head = head("PATCH", &self.path, &lines.each_ref().map(String::as_str), tip.len() - from);
        let mut stream = TcpStream::connect(scene.intake).unwrap();
        stream.write_all(&head).unwrap();
        stream.write_all(&tip[from..end]).unwrap();
        stream
    }

    /// Asks how far it is.
    pub fn progress(&self, scene: &Scene) -> Answer {
        ask(scene.intake, "HEAD", &self.path, &[], b"")
    }
}

/// A sealed tip of some 3 MiB.
pub fn large_tip(scene: &Scene) -> Vec<u8> {
    scene.seal_with("large", &[&scene.random_file("photo.jpg", 3_000_000)])
}

/// The staged file of an upload, of which there is only one.
pub fn staged(scene: &Scene) -> Vec<std::path::PathBuf> {
    std::fs::read_dir(scene.path("store/uploads")).unwrap().map(|entry| entry.unwrap().path()).collect()
}
