//! Writers that send tips until the relay is gone, and what it had told them by then.
//!
//! Most tips differ from one sealed tip in their last bytes only, which costs nothing to make; some are really sealed, so that a desk can
//! open them; large ones come in pieces. All go on over kills and power cuts as a program of a writer would.

use std::collections::HashSet;
use std::fs;
use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rand::{Rng, RngCore};
use softinfo::tip::id::TipId;

use crate::asking::{self, Answer, Upload, head, read_or_nothing};
use crate::known::Known;
use crate::scene::{Scene, eventually, tip_request};

/// Writers of small tips.
const WRITERS: usize = 5;
/// Writers of large tips, in pieces.
const PIECE_WRITERS: usize = 2;
/// Bytes attached to a large tip.
const ATTACHED: usize = 300_000;
/// Bytes of a piece: no multiple of anything in the relay.
const PIECE: usize = 50_000;

/// A large tip on its way.
pub struct Sending {
    tip: Known,
    path: Option<String>,
    /// Bytes that were acknowledged as taken, and bytes that were sent at most.
    acknowledged: usize,
    sent: usize,
}

impl Sending {
    fn new() -> Self {
        Self { tip: Known::seal(ATTACHED), path: None, acknowledged: 0, sent: 0 }
    }
}

/// What the relay has acknowledged so far.
#[derive(Default)]
pub struct Told {
    pub ids: Vec<TipId>,
    /// Those that a desk can open.
    pub known: Vec<Known>,
    pub sending: Vec<Sending>,
    /// Large tips that came to their end in pieces, and pieces acknowledged.
    pub in_pieces: usize,
    pub pieces: usize,
}

/// What a writer does, until it is told to stop.
type Work = Box<dyn FnOnce(&Mutex<Told>, &AtomicBool) + Send>;

/// Running writers.
pub struct Load {
    told: Arc<Mutex<Told>>,
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Load {
    /// Starts them; `told` is from the round before.
    pub fn start(intake: SocketAddr, base: &[u8], mut told: Told) -> Self {
        told.sending.resize_with(PIECE_WRITERS, Sending::new);
        let sending = std::mem::take(&mut told.sending);
        let (told, stop) = (Arc::new(Mutex::new(told)), Arc::new(AtomicBool::new(false)));
        let spawn = |work: Work| {
            let (told, stop) = (Arc::clone(&told), Arc::clone(&stop));
            thread::spawn(move || work(&told, &stop))
        };
        let mut threads = vec![spawn(Box::new(move |told, stop| send_sealed(intake, told, stop)))];
        for _ in 0..WRITERS {
            let tip = base.to_vec();
            threads.push(spawn(Box::new(move |told, stop| send_varied(intake, tip, told, stop))));
        }
        for sending in sending {
            threads.push(spawn(Box::new(move |told, stop| send_pieces(intake, sending, told, stop))));
        }
        Self { told, stop, threads }
    }

    /// Lets them run for a time that is drawn.
    pub fn run_for(&self, milliseconds: std::ops::Range<u64>) {
        thread::sleep(Duration::from_millis(rand::thread_rng().gen_range(milliseconds)));
    }

    /// Waits until the relay has acknowledged some tips that can be opened, on a disk that may be slow.
    pub fn is_heavy(&self) {
        let known = || self.told.lock().unwrap().known.len();
        let before = known();
        eventually(|| known() > before + 1);
    }

    /// Withdraws a tip that was acknowledged; gives its id.
    pub fn withdraw(&self, scene: &Scene) -> TipId {
        let tip = {
            let mut told = self.told.lock().unwrap();
            let tip = told.known.pop().expect("a tip that was acknowledged");
            told.ids.retain(|id| *id != tip.id);
            tip
        };
        let lines = ["content-type: text/plain"];
        let answer = asking::ask(scene.intake, "POST", "/withdraw", &lines, tip.token.as_bytes());
        assert_eq!(answer.is(200).json()["erased"], 1);
        tip.id
    }

    /// Ends them; the relay has gone, or has to answer what is under way.
    pub fn end(self) -> Told {
        self.stop.store(true, Ordering::Relaxed);
        self.threads.into_iter().for_each(|thread| thread.join().unwrap());
        std::mem::take(&mut self.told.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// `None` when the relay was gone before it had answered.
fn ask(intake: SocketAddr, head: &[u8], body: &[u8]) -> Option<Answer> {
    let mut stream = TcpStream::connect(intake).ok()?;
    let _ = stream.write_all(&[head, body].concat());
    read_or_nothing(stream)
}

/// Whether a tip was acknowledged as new.
pub fn post(intake: SocketAddr, tip: &[u8]) -> bool {
    ask(intake, tip_request(tip.len()).as_bytes(), tip).is_some_and(|answer| answer.status == 201)
}

fn send_varied(intake: SocketAddr, mut tip: Vec<u8>, told: &Mutex<Told>, stop: &AtomicBool) {
    while !stop.load(Ordering::Relaxed) {
        let end = tip.len() - 64;
        rand::thread_rng().fill_bytes(&mut tip[end..]);
        if post(intake, &tip) {
            told.lock().unwrap().ids.push(TipId::of(&tip));
        }
    }
}

fn send_sealed(intake: SocketAddr, told: &Mutex<Told>, stop: &AtomicBool) {
    while !stop.load(Ordering::Relaxed) {
        let tip = Known::seal(0);
        if post(intake, &tip.bytes) {
            let mut told = told.lock().unwrap();
            told.ids.push(tip.id);
            told.known.push(tip);
        }
    }
}

fn send_pieces(intake: SocketAddr, mut sending: Sending, told: &Mutex<Told>, stop: &AtomicBool) {
    while !stop.load(Ordering::Relaxed) {
        if !send_piece(intake, &mut sending) {
            continue;
        }
        let mut told = told.lock().unwrap();
        told.pieces += 1;
        if sending.acknowledged == sending.tip.bytes.len() {
            let done = std::mem::replace(&mut sending, Sending::new());
            told.ids.push(done.tip.id);
            told.known.push(done.tip);
            told.in_pieces += 1;
        }
    }
    told.lock().unwrap().sending.push(sending);
}

/// Sends the next piece; whether it was acknowledged.
fn send_piece(intake: SocketAddr, sending: &mut Sending) -> bool {
    let tip = &sending.tip.bytes;
    let from = sending.acknowledged;
    let to = (from + PIECE).min(tip.len());
    sending.sent = sending.sent.max(to);
    let (method, path, lines) = match &sending.path {
        None => {
            let length = format!("upload-length: {}", tip.len());
            let lines = ["content-type: application/octet-stream".into(), "upload-complete: ?0".into(), length];
            ("POST", "/tips", lines)
        }
        Some(path) => ("PATCH", &**path, Upload::lines(from as u64, to == tip.len())),
    };
    let head = head(method, path, &lines.each_ref().map(String::as_str), to - from);
    let Some(answer) = ask(intake, &head, &tip[from..to]) else { return false };
    let taken = match (&sending.path, answer.status) {
        (None, 201) | (Some(_), 204) => to < tip.len(),
        (Some(_), 200 | 201) => to == tip.len(),
        _ => false,
    };
    if taken {
        sending.acknowledged = to;
        sending.path.get_or_insert_with(|| answer.header("location").to_owned());
    }
    taken
}

/// Asks for every upload under way how far it is. After a kill it stands where it was acknowledged, or further. After a power cut it may
/// stand anywhere before, or be gone, since pieces are not synced (`docs/protocol.md`, 5.1); its sender then begins anew.
pub fn check_uploads(scene: &Scene, told: &mut Told, pieces_are_kept: bool) {
    for sending in &mut told.sending {
        let Some(path) = &sending.path else { continue };
        let answer = asking::ask(scene.intake, "HEAD", path, &[], b"");
        if answer.status == 404 && !pieces_are_kept {
            (sending.path, sending.acknowledged) = (None, 0);
            continue;
        }
        let offset = usize::try_from(answer.is(204).offset()).unwrap();
        let least = if pieces_are_kept { sending.acknowledged } else { 0 };
        assert!((least..=sending.sent).contains(&offset), "{offset}, acknowledged {least}, sent {}", sending.sent);
        sending.acknowledged = offset;
    }
}

/// Sends what is left of every upload.
pub fn finish_uploads(scene: &Scene, told: &mut Told) {
    for mut sending in std::mem::take(&mut told.sending) {
        // The end of one may have been sent before, and only its answer lost.
        while sending.acknowledged < sending.tip.bytes.len() || !told.ids.contains(&sending.tip.id) {
            assert!(send_piece(scene.intake, &mut sending), "a piece was refused: {}", scene.log());
            if sending.acknowledged == sending.tip.bytes.len() {
                told.ids.push(sending.tip.id);
            }
        }
        told.in_pieces += 1;
        told.known.push(sending.tip);
    }
}

/// Every id that a courier is shown, page by page.
pub fn listed(scene: &Scene) -> HashSet<String> {
    let (mut listed, mut after) = (HashSet::new(), String::new());
    loop {
        let (status, page) = scene.courier_get(&format!("/pool{after}"));
        assert_eq!(status, 200);
        let page: serde_json::Value = serde_json::from_slice(&page).unwrap();
        listed.extend(page["tips"].as_array().unwrap().iter().map(|tip| tip["id"].as_str().unwrap().to_owned()));
        match page["next"].as_str() {
            Some(next) => after = format!("?after={next}"),
            None => return listed,
        }
    }
}

/// Fails unless everything acknowledged is there, everything that is there is whole, and every volume opened. Says how many are there.
pub fn nothing_is_lost(scene: &Scene, store: &Path, told: &Told) -> usize {
    let aside: Vec<_> =
        fs::read_dir(store.join("set-aside")).into_iter().flatten().flatten().map(|v| v.path()).collect();
    let slots = |volume: &PathBuf| fs::metadata(volume.join("slots")).map(|slots| slots.len());
    assert!(
        aside.is_empty(),
        "set aside: {aside:?}, with slots of {:?} bytes",
        aside.iter().map(slots).collect::<Vec<_>>()
    );
    let listed = listed(scene);
    let lost = told.ids.iter().filter(|id| !listed.contains(&id.to_string())).count();
    assert_eq!(lost, 0, "of {} acknowledged tips so many are lost; {}", told.ids.len(), scene.log());
    for id in &listed {
        let (status, bytes) = scene.courier_get(&format!("/tips/{id}"));
        assert!(status == 200 && TipId::of(&bytes).to_string() == *id, "{id} is not whole: {status}");
    }
    listed.len()
}
