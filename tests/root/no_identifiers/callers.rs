//! Everybody who may call: each from an address of its own, with marks in everything that a caller can choose.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, SocketAddrV4, TcpStream};
use std::time::Duration;

use socket2::{Domain, Socket, Type};

use crate::no_identifiers::marks::{address, word};

/// Header lines of browsers, of proxies, and of people who try.
const HEADERS: &[&str] = &[
    "user-agent",
    "cookie",
    "referer",
    "origin",
    "accept",
    "accept-language",
    "accept-encoding",
    "authorization",
    "proxy-authorization",
    "from",
    "forwarded",
    "x-forwarded-for",
    "x-real-ip",
    "via",
    "client-ip",
    "cf-connecting-ip",
    "if-none-match",
    "if-modified-since",
    "cache-control",
    "sec-ch-ua",
    "sec-ch-ua-platform",
    "sec-fetch-site",
    "dnt",
    "priority",
    "tracestate",
    "x-request-id",
    "content-disposition",
    "content-language",
];

/// Who has called, so that their addresses can be looked for.
#[derive(Default)]
pub struct Callers {
    pub from: Vec<SocketAddrV4>,
}

impl Callers {
    /// A connection from an address that nobody else has.
    pub fn connect(&mut self, to: SocketAddr) -> TcpStream {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        socket.bind(&address().into()).unwrap();
        socket.connect(&to.into()).unwrap();
        let stream = TcpStream::from(socket);
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        let SocketAddr::V4(local) = stream.local_addr().unwrap() else { unreachable!() };
        self.from.push(local);
        stream
    }

    /// Sends a request and reads the answer to its end; gives its head and body as text.
    pub fn ask(&mut self, to: SocketAddr, request: &[u8]) -> String {
        let mut stream = self.connect(to);
        let _ = stream.write_all(request);
        // Who asks for the end of the connection gets it; others end it themselves, or nobody would.
        if !request.windows(17).any(|window| window == b"connection: close") {
            let _ = stream.shutdown(Shutdown::Write);
        }
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// The same, where the caller breaks off after so many bytes: with an end, or with a reset.
    pub fn break_off(&mut self, to: SocketAddr, request: &[u8], after: usize, reset: bool) {
        let mut stream = self.connect(to);
        stream.write_all(&request[..after]).unwrap();
        std::thread::sleep(Duration::from_millis(50));
        if reset {
            Socket::from(stream).set_linger(Some(Duration::ZERO)).unwrap();
        }
    }
}

/// A request with marks in the query, in every header line, and in a line with a marked name; and what `lines` asks for.
pub fn marked(place: &str, method: &str, path: &str, lines: &[&str], body: &[u8]) -> Vec<u8> {
    let mut head = format!("{method} {path}?q={} HTTP/1.1\r\nhost: {}.onion\r\n", word("query"), word("host"));
    for name in HEADERS {
        head.push_str(&format!("{name}: {}\r\n", word(&format!("{place}{name}"))));
    }
    head.push_str(&format!("x-{}: 1\r\nconnection: close\r\n", word("name")));
    for line in lines {
        head.push_str(&format!("{line}\r\n"));
    }
    head.push_str(&format!("content-length: {}\r\n\r\n", body.len()));
    [head.as_bytes(), body].concat()
}

/// A form with marks in its boundary, in the file's name and type, and in fields that nobody asked for.
pub fn form(tip: &[u8]) -> (String, Vec<u8>) {
    let boundary = word("boundary");
    let (name, kind, field, value) = (word("file"), word("type"), word("field"), word("value"));
    let mut body = format!(
        "--{boundary}\r\ncontent-disposition: form-data; name=\"{field}\"\r\n\r\n{value}\r\n--{boundary}\r\ncontent-disposition: form-data; name=\"tip\"; filename=\"{name}.age\"\r\ncontent-type: application/{kind}\r\n\r\n"
    )
    .into_bytes();
    body.extend(tip);
    body.extend(format!("\r\n--{boundary}--\r\n").bytes());
    (format!("content-type: multipart/form-data; boundary={boundary}"), body)
}
