//! A SOCKS5 proxy that does what tor does with user names, and comes out wherever a test wants it to, whatever name was asked for.

use std::io::{Read, Write};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use super::http::pass;

/// One request for a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// User name and password.
    pub circuit: (String, String),
    /// A name, in its own words, or an address.
    pub host: Result<String, IpAddr>,
    pub port: u16,
}

pub struct Proxy {
    pub address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Proxy {
    /// `lead` says for each circuit, counted from 0, where it comes out, or with which number it is refused.
    pub fn new(lead: impl Fn(usize) -> Result<SocketAddr, u8> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let (record, lead) = (Arc::clone(&asked), Arc::new(lead));
        std::thread::spawn(move || {
            for near in listener.incoming().map_while(Result::ok) {
                let (record, lead) = (Arc::clone(&record), Arc::clone(&lead));
                std::thread::spawn(move || serve(near, &record, &*lead));
            }
        });
        Self { address, asked }
    }

    /// The argument that names it.
    pub fn named(&self) -> String {
        self.address.to_string()
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// Different circuits, in the order in which they came.
    pub fn circuits(&self) -> Vec<(String, String)> {
        distinct(&self.asked())
    }
}

fn distinct(asked: &[Asked]) -> Vec<(String, String)> {
    let mut circuits: Vec<(String, String)> = Vec::new();
    for one in asked {
        if !circuits.contains(&one.circuit) {
            circuits.push(one.circuit.clone());
        }
    }
    circuits
}

fn serve(mut near: TcpStream, record: &Mutex<Vec<Asked>>, lead: &dyn Fn(usize) -> Result<SocketAddr, u8>) {
    let methods = take(&mut near, 2)[1];
    assert!(take(&mut near, methods.into()).contains(&2), "the program offers a user name");
    near.write_all(&[5, 2]).unwrap();
    assert_eq!(take(&mut near, 1), [1]);
    let circuit = (text(&mut near), text(&mut near));
    near.write_all(&[1, 0]).unwrap();
    let head = take(&mut near, 4);
    assert_eq!(head[..3], [5, 1, 0]);
    let host = match head[3] {
        1 => Err(<[u8; 4]>::try_from(take(&mut near, 4)).unwrap().into()),
        3 => Ok(text(&mut near)),
        _ => Err(<[u8; 16]>::try_from(take(&mut near, 16)).unwrap().into()),
    };
    let port = u16::from_be_bytes(take(&mut near, 2).try_into().unwrap());
    let number = {
        let mut asked = record.lock().unwrap();
        asked.push(Asked { circuit: circuit.clone(), host, port });
        distinct(&asked).iter().position(|one| *one == circuit).unwrap()
    };
    match lead(number) {
        Err(reply) => near.write_all(&[5, reply, 0, 1, 0, 0, 0, 0, 0, 0]).unwrap(),
        Ok(out) => {
            let far = TcpStream::connect(out).unwrap();
            near.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).unwrap();
            let ends = (near.try_clone().unwrap(), far.try_clone().unwrap());
            std::thread::spawn(move || pass(ends.1, ends.0, u64::MAX, false, |_| ()));
            pass(near, far, u64::MAX, false, |_| ());
        }
    }
}

fn take(stream: &mut TcpStream, count: usize) -> Vec<u8> {
    let mut bytes = vec![0; count];
    stream.read_exact(&mut bytes).unwrap();
    bytes
}

fn text(stream: &mut TcpStream) -> String {
    let length = take(stream, 1)[0];
    String::from_utf8(take(stream, length.into())).unwrap()
}
