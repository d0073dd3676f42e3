//! A relay that lies: it passes on what an honest one says, changed as a test wants.
//!
//! In: an honest relay, and what becomes of its answers. Out: an address for a courier, and a record of what was asked there.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use serde_json::Value;

use super::http::exchange;

/// Status and body of an answer.
pub type Told = (u16, Vec<u8>);

pub struct FalseRelay {
    pub address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
}

impl FalseRelay {
    /// `lie` gets the path that was asked for, with its query, and the honest answer. Its threads end with the test's process.
    pub fn over(relay: SocketAddr, lie: impl Fn(&str, Told) -> Told + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (asked, lie) = (Arc::new(Mutex::new(Vec::new())), Arc::new(lie));
        let record = Arc::clone(&asked);
        std::thread::spawn(move || {
            for near in listener.incoming().map_while(Result::ok) {
                let (record, lie) = (Arc::clone(&record), Arc::clone(&lie));
                std::thread::spawn(move || answer(near, relay, &record, &*lie));
            }
        });
        Self { address, asked }
    }

    /// The same, where only the list of tips is changed; `lie` gets the tips of each page.
    pub fn listing(relay: SocketAddr, lie: impl Fn(&mut Vec<Value>) + Send + Sync + 'static) -> Self {
        Self::over(relay, move |path, (status, body)| {
            if !path.starts_with("/pool") {
                return (status, body);
            }
            let mut page: Value = serde_json::from_slice(&body).unwrap();
            lie(page["tips"].as_array_mut().unwrap());
            (status, page.to_string().into_bytes())
        })
    }

    /// How often a path that begins so was asked for.
    pub fn asked(&self, beginning: &str) -> usize {
        self.asked.lock().unwrap().iter().filter(|path| path.starts_with(beginning)).count()
    }
}

fn answer(near: TcpStream, relay: SocketAddr, record: &Mutex<Vec<String>>, lie: &dyn Fn(&str, Told) -> Told) {
    let mut lines = BufReader::new(near.try_clone().unwrap()).lines().map_while(Result::ok);
    let Some(first) = lines.next() else { return };
    let path = first.split(' ').nth(1).unwrap().to_owned();
    record.lock().unwrap().push(path.clone());
    // Of the request's fields those that matter to an answer; one answer a connection.
    let matters = |line: &String| {
        let line = line.to_ascii_lowercase();
        line.starts_with("authorization:") || line.starts_with("range:")
    };
    let fields: String = lines.take_while(|line| !line.is_empty()).filter(matters).map(|line| line + "\r\n").collect();
    let request = format!("GET {path} HTTP/1.1\r\nhost: relay\r\n{fields}connection: close\r\n\r\n");
    let (status, body) = lie(&path, exchange(relay, request.as_bytes()));
    let head = format!(
        "HTTP/1.1 {status} x\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    let mut near = near;
    let _ = near.write_all(head.as_bytes()).and_then(|()| near.write_all(&body));
}
