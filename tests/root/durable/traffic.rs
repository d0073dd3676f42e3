//! What goes on beside the writers of `load.rs`: large tips in one piece, uploads that are given up, couriers that read, writers that take back.

use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use rand::{Rng, RngCore, seq::SliceRandom};
use softinfo_formats::envelope::id::TipId;
use softinfo_formats::example_keys;

use crate::durable::load::{Told, Work};
use scene::asking::{self, head, read_or_nothing};
use scene::known::Known;
use scene::tip_request;

/// How many of each, and how large.
#[derive(Clone, Copy, Debug)]
pub struct Traffic {
    /// Writers of text tips, besides one whose tips a desk can open, and how many tips each sends.
    pub texts: usize,
    pub each: usize,
    /// Writers of large tips in pieces, and bytes attached to theirs.
    pub pieces: usize,
    pub attached: usize,
    /// MiB, more or less by one, of a writer that sends large tips in one request; 0: there is none.
    pub large: usize,
    /// Writers that give up text tips on the way, one after another.
    pub aborted: usize,
    /// Couriers that list and read.
    pub couriers: usize,
    /// Whether tips are taken back.
    pub withdrawn: bool,
}

impl Traffic {
    /// Small tips, and some of 300 kB.
    pub const SMALL: Self = Self {
        texts: 5,
        each: usize::MAX,
        pieces: 2,
        attached: 300_000,
        large: 0,
        aborted: 0,
        couriers: 0,
        withdrawn: false,
    };

    /// Text tips that are acknowledged before all writers of texts fall silent, if they do.
    pub fn texts_in_all(&self) -> Option<usize> {
        self.each.checked_mul(self.texts + 1)
    }

    /// The works of all but the writers of texts and pieces. `large` is a sealed tip.
    pub fn works(&self, intake: SocketAddr, courier: SocketAddr, [text, large]: [&[u8]; 2]) -> Vec<Work> {
        let mut works: Vec<Work> = Vec::new();
        if self.large > 0 {
            let tip = large.to_vec();
            works.push(Box::new(move |told, stop| send_slowly(intake, tip, told, stop)));
        }
        for _ in 0..self.aborted {
            let tip = text.to_vec();
            works.push(Box::new(move |_, stop| give_up(intake, &tip, stop)));
        }
        for _ in 0..self.couriers {
            works.push(Box::new(move |told, stop| read(courier, told, stop)));
        }
        if self.withdrawn {
            works.push(Box::new(move |told, stop| take_back(intake, told, stop)));
        }
        works
    }
}

/// A sealed tip with so many MiB attached, more or less by one; nothing for none.
pub fn large_tip(mib: usize) -> Vec<u8> {
    if mib == 0 {
        return Vec::new();
    }
    Known::seal(rand::thread_rng().gen_range((mib - 1) << 20..(mib + 1) << 20)).bytes
}

/// Sends large tips one after another, each as over tor: its last MiBs drop by drop.
fn send_slowly(intake: SocketAddr, mut tip: Vec<u8>, told: &Mutex<Told>, stop: &AtomicBool) {
    let end = tip.len() - 64;
    while !stop.load(Ordering::Relaxed) {
        rand::thread_rng().fill_bytes(&mut tip[end..]);
        let fast = tip.len() - rand::thread_rng().gen_range(100_000..3 << 20);
        let Ok(mut stream) = TcpStream::connect(intake) else { return };
        let mut sent = stream.write_all(&[tip_request(tip.len()).as_bytes(), &tip[..fast]].concat()).is_ok();
        for drop in tip[fast..].chunks(64 * 1024) {
            sent = sent && !stop.load(Ordering::Relaxed) && stream.write_all(drop).is_ok();
            thread::sleep(Duration::from_millis(10));
        }
        if sent && read_or_nothing(stream).is_some_and(|answer| answer.status == 201) {
            let id = TipId::of(&tip);
            Told::hear(told, |told| told.ids.push(id));
        }
    }
}

fn give_up(intake: SocketAddr, tip: &[u8], stop: &AtomicBool) {
    let mut tip = tip.to_vec();
    while !stop.load(Ordering::Relaxed) {
        let end = tip.len() - 64;
        rand::thread_rng().fill_bytes(&mut tip[end..]);
        let sent = rand::thread_rng().gen_range(20_000..tip.len());
        let Ok(mut stream) = TcpStream::connect(intake) else { return };
        let _ = stream.write_all(&[tip_request(tip.len()).as_bytes(), &tip[..sent]].concat());
    }
}

/// Fetches tips that were acknowledged, as long as the relay answers: what it gives is whole.
fn read(courier: SocketAddr, told: &Mutex<Told>, stop: &AtomicBool) {
    let token = format!("authorization: Bearer {}", example_keys::COURIER_TOKEN);
    while !stop.load(Ordering::Relaxed) {
        let id = told.lock().unwrap().ids.choose(&mut rand::thread_rng()).copied();
        let path = id.map_or("/pool".to_owned(), |id| format!("/tips/{id}"));
        let Ok(mut stream) = TcpStream::connect(courier) else { return };
        let _ = stream.write_all(&head("GET", &path, &[&token], 0));
        if let (Some(id), Some(answer)) = (id, read_or_nothing(stream)) {
            let whole = answer.header("content-length").parse() == Ok(answer.body.len());
            assert!(answer.status != 200 || !whole || TipId::of(&answer.body) == id, "{id} was given as another");
        }
        thread::sleep(Duration::from_millis(5));
    }
}

fn take_back(intake: SocketAddr, told: &Mutex<Told>, stop: &AtomicBool) {
    while !stop.load(Ordering::Relaxed) {
        thread::sleep(Duration::from_millis(20));
        let tip = {
            let mut told = told.lock().unwrap();
            // One stays, to be opened.
            let at = told.known.iter().skip(1).position(|tip| tip.is_text()).map(|at| at + 1);
            let Some(tip) = at.map(|at| told.known.swap_remove(at)) else { continue };
            // From here on it may be there or not.
            told.ids.retain(|id| *id != tip.id);
            tip
        };
        let head = head("POST", "/withdraw", &["content-type: text/plain"], tip.token.len());
        let Ok(mut stream) = TcpStream::connect(intake) else { return };
        let _ = stream.write_all(&[&head[..], tip.token.as_bytes()].concat());
        let Some(answer) = asking::read_or_nothing(stream) else { continue };
        // Refused where the disk has gone already; never "nothing left", since it was acknowledged.
        assert!(matches!(answer.status, 200 | 503), "{}: {:?}", tip.id, answer);
        if answer.status == 200 {
            Told::hear(told, |told| told.withdrawn.push(tip.id));
        }
    }
}
