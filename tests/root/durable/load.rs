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
use softinfo_formats::envelope::id::TipId;

use crate::durable::traffic::Traffic;
use scene::asking::{self, Answer, Upload, head, read_or_nothing};
use scene::known::Known;
use scene::{Scene, eventually, tip_request};

/// Bytes of a piece at least, and how many pieces at most: no multiple of anything in the relay.
const PIECE: usize = 50_000;
const PIECES: usize = 14;

/// A large tip on its way.
pub struct Sending {
    tip: Known,
    path: Option<String>,
    /// Bytes that were acknowledged as taken, and bytes that were sent at most.
    acknowledged: usize,
    sent: usize,
}

impl Sending {
    fn new(attached: usize) -> Self {
        Self { tip: Known::seal(attached), path: None, acknowledged: 0, sent: 0 }
    }
}

/// What the relay has acknowledged so far.
#[derive(Default)]
pub struct Told {
    pub ids: Vec<TipId>,
    /// Those that it said were erased.
    pub withdrawn: Vec<TipId>,
    /// Those that a desk can open.
    pub known: Vec<Known>,
    /// How many texts that a desk can open were ever acknowledged.
    pub sealed: usize,
    pub sending: Vec<Sending>,
    /// Large tips that came to their end in pieces, and pieces acknowledged.
    pub in_pieces: usize,
    pub pieces: usize,
    /// From here on no answer counts.
    closed: bool,
}

impl Told {
    /// Notes an answer, unless it came too late.
    pub fn hear(told: &Mutex<Self>, note: impl FnOnce(&mut Self)) {
        let mut told = told.lock().unwrap();
        if !told.closed {
            note(&mut told);
        }
    }
}

/// What a writer does, until it is told to stop.
pub type Work = Box<dyn FnOnce(&Mutex<Told>, &AtomicBool) + Send>;

/// Running writers.
pub struct Load {
    told: Arc<Mutex<Told>>,
    /// How many tips had been acknowledged when it began.
    before: usize,
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Load {
    /// Starts the writers of texts and of pieces; `told` is from the round before.
    pub fn start(scene: &Scene, traffic: &Traffic, text: &[u8], mut told: Told) -> Self {
        let (intake, attached, each) = (scene.intake, traffic.attached, traffic.each);
        told.sending.resize_with(traffic.pieces, || Sending::new(attached));
        let sending = std::mem::take(&mut told.sending);
        let (before, told) = (told.ids.len(), Arc::new(Mutex::new(told)));
        let mut load = Self { told, before, stop: Arc::default(), threads: Vec::new() };
        load.spawn(Box::new(move |told, stop| send_sealed(intake, each, told, stop)));
        for _ in 0..traffic.texts {
            let tip = text.to_vec();
            load.spawn(Box::new(move |told, stop| send_varied(intake, tip, each, told, stop)));
        }
        for sending in sending {
            load.spawn(Box::new(move |told, stop| send_pieces(intake, sending, told, stop)));
        }
        load
    }

    /// One more.
    pub fn spawn(&mut self, work: Work) {
        let (told, stop) = (Arc::clone(&self.told), Arc::clone(&self.stop));
        self.threads.push(thread::spawn(move || work(&told, &stop)));
    }

    /// Lets them run for a time that is drawn.
    pub fn run_for(&self, milliseconds: std::ops::Range<u64>) {
        thread::sleep(Duration::from_millis(rand::thread_rng().gen_range(milliseconds)));
    }

    /// Waits until the relay has acknowledged so many texts, or some that can be opened, on a disk that may be slow.
    pub fn is_heavy(&self, texts: Option<usize>) {
        let known = || self.told.lock().unwrap().sealed;
        let before = known();
        eventually(|| match texts {
            Some(texts) => self.told.lock().unwrap().ids.len() >= self.before + texts,
            None => known() > before + 1,
        });
    }

    /// The last moment before the power is cut. The relay lives on for a while, and a sync in which ext4 is stopped may come back as if it
    /// had been done (the extents it was to convert stay as they are, and the call does not hear of it): no power gives such answers.
    pub fn hear_no_more(&self) {
        self.told.lock().unwrap().closed = true;
    }

    /// Ends them; the relay has gone, or has to answer what is under way.
    pub fn end(self) -> Told {
        self.stop.store(true, Ordering::Relaxed);
        self.threads.into_iter().for_each(|thread| thread.join().unwrap());
        let mut told = std::mem::take(&mut *self.told.lock().unwrap_or_else(PoisonError::into_inner));
        told.closed = false;
        told
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

/// Sends one tip again and again, each time with another id.
fn send_varied(intake: SocketAddr, mut tip: Vec<u8>, many: usize, told: &Mutex<Told>, stop: &AtomicBool) {
    for _ in (0..many).take_while(|_| !stop.load(Ordering::Relaxed)) {
        let end = tip.len() - 64;
        rand::thread_rng().fill_bytes(&mut tip[end..]);
        if post(intake, &tip) {
            let id = TipId::of(&tip);
            Told::hear(told, |told| told.ids.push(id));
        }
    }
}

fn send_sealed(intake: SocketAddr, many: usize, told: &Mutex<Told>, stop: &AtomicBool) {
    for _ in (0..many).take_while(|_| !stop.load(Ordering::Relaxed)) {
        let tip = Known::seal(0);
        if post(intake, &tip.bytes) {
            Told::hear(told, |told| {
                told.ids.push(tip.id);
                told.known.push(tip);
                told.sealed += 1;
            });
        }
    }
}

fn send_pieces(intake: SocketAddr, mut sending: Sending, told: &Mutex<Told>, stop: &AtomicBool) {
    let attached = sending.tip.attached();
    while !stop.load(Ordering::Relaxed) {
        if !send_piece(intake, &mut sending) {
            continue;
        }
        Told::hear(told, |told| told.pieces += 1);
        if sending.acknowledged == sending.tip.bytes.len() {
            let done = std::mem::replace(&mut sending, Sending::new(attached)).tip;
            Told::hear(told, |told| {
                told.ids.push(done.id);
                told.known.push(done);
                told.in_pieces += 1;
            });
        }
    }
    told.lock().unwrap().sending.push(sending);
}

/// Sends the next piece; whether it was acknowledged.
fn send_piece(intake: SocketAddr, sending: &mut Sending) -> bool {
    let tip = &sending.tip.bytes;
    let from = sending.acknowledged;
    let to = (from + PIECE.max(tip.len() / PIECES)).min(tip.len());
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

/// Fails unless everything acknowledged is there, everything that is there is whole, what was withdrawn is not, and every volume opened.
/// Says how many are there.
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
    let back = told.withdrawn.iter().filter(|id| listed.contains(&id.to_string())).count();
    assert_eq!(back, 0, "of {} withdrawn tips so many are there again", told.withdrawn.len());
    for id in &listed {
        let (status, bytes) = scene.courier_get(&format!("/tips/{id}"));
        assert!(status == 200 && TipId::of(&bytes).to_string() == *id, "{id} is not whole: {status}");
    }
    listed.len()
}
