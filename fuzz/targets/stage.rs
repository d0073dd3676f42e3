//! A relay to talk to, with a clock that stands still unless everybody waits, and what has to hold after every conversation.

use std::fs;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sha2::{Digest, Sha256};
use softinfo_base::clock::SystemClock;
use softinfo_formats::envelope::header::TipHeader;
use softinfo_relay::testing::in_memory::{Side, Stage};
use softinfo_relay::token::TokenHash;
use softinfo_store::Store;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, ReadHalf, WriteHalf, duplex, split};
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use super::script::{COURIER_TOKEN, Item, MARKER};
use super::shape::{has_header, has_length};

/// Plaintext bytes of the largest tip: small, so that tips can be too large.
const MAX_PLAINTEXT: u64 = 65_536;
const PAGE: &str =
    "<!doctype html>\n<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'\">\n<p>a page\n";
/// Longer than anything may wait for anything.
const DAY: Duration = Duration::from_hours(24);

/// A relay in a temporary folder, its store empty between conversations.
pub struct Theatre {
    stage: Arc<Stage>,
    clock: Runtime,
    _folder: tempfile::TempDir,
}

/// One connection, from its first byte to its end.
pub struct Spoken {
    side: Side,
    sent: Vec<u8>,
    heard: Arc<Mutex<Vec<u8>>>,
    hung_up: bool,
}

/// What is stored when a conversation is over, and how the relay has answered.
pub struct Outcome {
    pub tips: Vec<Vec<u8>>,
    /// Of all connections, in order.
    pub answers: Vec<Answer>,
}

/// An answer of HTTP/1.
pub struct Answer {
    pub status: u16,
    pub text: String,
}

impl Answer {
    /// The id of an acknowledged tip.
    fn acknowledged(&self) -> Option<String> {
        let is_id =
            |word: &&str| word.len() == 64 && word.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        // The directory, as text, has hashes in it.
        let is_of_a_tip = matches!(self.status, 200 | 201) && !self.text.contains("text/plain");
        let words = self.text.split(|c: char| !c.is_ascii_alphanumeric());
        words.filter(|_| is_of_a_tip).find(is_id).map(str::to_owned)
    }
}

impl Theatre {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let page = folder.path().join("page.html");
        fs::write(&page, PAGE).unwrap();
        let token = TokenHash::of(COURIER_TOKEN.as_bytes());
        let stage = Stage::open(folder.path(), &page, MAX_PLAINTEXT, token, Arc::new(SystemClock)).unwrap();
        let clock = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        Self { stage: Arc::new(stage), clock, _folder: folder }
    }

    /// Holds a conversation, checks what holds for all of them, and empties the store.
    pub fn play(&self, items: &[Item]) -> Outcome {
        let spoken = self.clock.block_on(async {
            let spoken = self.talk(items).await;
            // What goes on when its sender has gone, and bodies that are drained.
            sleep(DAY).await;
            spoken
        });
        assert!(!self.stage.store.has_stopped(), "the store has stopped");
        let tips = self.stored();
        let outcome = Outcome { tips, answers: spoken.iter().flat_map(Spoken::answers).collect() };
        self.judge(&spoken, &outcome);
        self.clear(&outcome.tips);
        outcome
    }

    async fn talk(&self, items: &[Item]) -> Vec<Spoken> {
        let mut spoken: Vec<Spoken> = Vec::new();
        let mut line = None;
        for item in items {
            if let Item::Connect(kind) = item {
                end(line.take()).await;
                let side = [Side::Intake, Side::Courier, Side::Circuits, Side::Http2][usize::from(kind % 4)];
                let (connection, new) = Line::open(&self.stage, side);
                line = Some(connection);
                spoken.push(new);
                continue;
            }
            if line.is_none() {
                let (connection, new) = Line::open(&self.stage, Side::Intake);
                line = Some(connection);
                spoken.push(new);
            }
            let (Some(open), Some(last)) = (&mut line, spoken.last_mut()) else { continue };
            match item {
                Item::Bytes(bytes) => open.send(bytes, last).await,
                Item::Upload => {
                    sleep(Duration::from_millis(1)).await;
                    let address = spoken.iter().rev().find_map(Spoken::upload);
                    let address = address.unwrap_or_else(|| format!("/tips/uploads/{}", "A".repeat(43)));
                    if let Some(last) = spoken.last_mut() {
                        open.send(address.as_bytes(), last).await;
                    }
                }
                Item::Pause => sleep(Duration::from_millis(1)).await,
                Item::HangUp => {
                    last.hung_up = true;
                    let Line { reading, relay, .. } = line.take().unwrap_or_else(|| unreachable!());
                    reading.abort();
                    timeout(DAY, relay).await.expect("a connection that broke ends").unwrap();
                }
                Item::Connect(_) => {}
            }
        }
        end(line.take()).await;
        spoken
    }

    /// All that is stored, each as a tip is.
    fn stored(&self) -> Vec<Vec<u8>> {
        let listed = self.stage.store.list(None, usize::MAX).unwrap();
        let read = listed.iter().map(|listed| {
            let stored = self.stage.store.get(&listed.id).unwrap().expect("what is listed is there");
            let mut bytes = Vec::new();
            while (bytes.len() as u64) < listed.size {
                let chunk = stored.chunk(u32::try_from(bytes.len() / softinfo_store::CHUNK).unwrap()).unwrap();
                assert!(!chunk.is_empty());
                bytes.extend(chunk);
            }
            assert!(bytes.len() as u64 == listed.size && id_of(&bytes) == listed.id.to_string());
            assert!(has_header(&bytes) && has_length(bytes.len(), MAX_PLAINTEXT), "what is no tip was stored");
            bytes
        });
        read.collect()
    }

    fn judge(&self, spoken: &[Spoken], outcome: &Outcome) {
        for one in spoken {
            if one.side == Side::Courier {
                let is_courier = one.sent.windows(COURIER_TOKEN.len()).any(|window| window == COURIER_TOKEN.as_bytes());
                let refused = one.answers().iter().all(|answer| matches!(answer.status, 100 | 400..500));
                assert!(is_courier || refused, "answered without a token");
            } else {
                let heard = one.heard.lock().unwrap();
                let is_repeated = heard.windows(MARKER.len()).any(|window| window == MARKER.as_bytes());
                assert!(!is_repeated, "an answer repeats something of a request");
            }
        }
        for answer in &outcome.answers {
            assert!((100..500).contains(&answer.status), "{}", answer.text);
        }
        let writers = spoken.iter().filter(|one| one.side != Side::Courier).flat_map(Spoken::answers);
        let acknowledged: Vec<_> = writers.filter_map(|answer| answer.acknowledged()).collect();
        let ids: Vec<_> = outcome.tips.iter().map(|tip| id_of(tip)).collect();
        // Somebody may have withdrawn a tip and not waited for the answer.
        let is_unheard = spoken.iter().any(|one| one.hung_up || one.side == Side::Http2);
        if !is_unheard && !outcome.answers.iter().any(|answer| answer.text.contains("\"erased\":")) {
            assert!(acknowledged.iter().all(|id| ids.contains(id)), "acknowledged and not there");
        }
        // Where every answer was read, nothing is stored that was not acknowledged, and nothing staged whose address nobody has.
        if !is_unheard {
            assert!(ids.iter().all(|id| acknowledged.contains(id)), "stored and not acknowledged");
            let begun = spoken.iter().flat_map(Spoken::answers).filter(|answer| upload_in(&answer.text).is_some());
            let staged = fs::read_dir(&self.stage.uploads_folder).unwrap().count();
            assert!(staged <= begun.count(), "staged and not told");
        }
    }

    fn clear(&self, tips: &[Vec<u8>]) {
        for tip in tips {
            // Two tips may have one token.
            self.stage.store.erase(&[TipHeader::parse(tip).unwrap().withdraw]).unwrap();
        }
        assert!(self.stage.store.list(None, usize::MAX).unwrap().is_empty());
        self.stage.forget_uploads().unwrap();
        assert_eq!(fs::read_dir(&self.stage.uploads_folder).unwrap().count(), 0);
    }
}

fn id_of(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

fn upload_in(text: &str) -> Option<String> {
    let start = text.find("/tips/uploads/")?;
    text.get(start..start + "/tips/uploads/".len() + 43).map(str::to_owned)
}

impl Spoken {
    fn upload(&self) -> Option<String> {
        upload_in(&String::from_utf8_lossy(&self.heard.lock().unwrap()))
    }

    /// The answers of HTTP/1. The text of none holds the beginning of another.
    fn answers(&self) -> Vec<Answer> {
        let heard = self.heard.lock().unwrap();
        // Who asks with HTTP/1.0 is answered with it.
        let text = String::from_utf8_lossy(&heard).replace("HTTP/1.0 ", "HTTP/1.1 ");
        let parts = text.split("HTTP/1.1 ").skip(1).filter(|_| self.side != Side::Http2);
        parts
            .map(|part| Answer {
                status: part.get(..3).and_then(|n| n.parse().ok()).unwrap_or(0),
                text: part.to_owned(),
            })
            .collect()
    }
}

/// An open connection.
struct Line {
    writer: WriteHalf<DuplexStream>,
    reading: JoinHandle<()>,
    relay: JoinHandle<()>,
}

impl Line {
    fn open(stage: &Arc<Stage>, side: Side) -> (Self, Spoken) {
        let (near, far) = duplex(64 * 1024);
        let stage = Arc::clone(stage);
        let relay = tokio::spawn(async move { stage.connect(side, far).await });
        let (reader, writer) = split(near);
        let heard = Arc::default();
        let reading = tokio::spawn(listen(reader, Arc::clone(&heard)));
        (Self { writer, reading, relay }, Spoken { side, sent: Vec::new(), heard, hung_up: false })
    }

    /// A relay that has closed hears no more.
    async fn send(&mut self, bytes: &[u8], spoken: &mut Spoken) {
        spoken.sent.extend(bytes);
        let _ = self.writer.write_all(bytes).await;
    }
}

async fn listen(mut reader: ReadHalf<DuplexStream>, heard: Arc<Mutex<Vec<u8>>>) {
    let mut buffer = vec![0; 16 * 1024];
    while let Ok(read @ 1..) = reader.read(&mut buffer).await {
        heard.lock().unwrap().extend(&buffer[..read]);
    }
}

/// Says nothing more and waits for the relay to end the connection.
async fn end(line: Option<Line>) {
    let Some(Line { writer, reading, relay }) = line else { return };
    timeout(DAY, reading).await.expect("a connection on which nothing moves ends").unwrap();
    timeout(DAY, relay).await.expect("what was closed ends").unwrap();
    drop(writer);
}
