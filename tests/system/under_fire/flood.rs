//! Floods as an issue measured them, at their full size against the default limits: honest texts are stored meanwhile, all of them, and the
//! relay has no more descriptors and no more memory than it says.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rand::{RngCore, rngs::OsRng};
use rustix::process::{Resource, getrlimit, setrlimit};
use softinfo_base::clock::SystemClock;
use softinfo_formats::envelope::header::TipHeader;
use softinfo_formats::envelope::id::TipId;
use softinfo_store::Store;
use softinfo_store::pool::{Pool, Settings};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use crate::under_fire::MOST_MIB;
use scene::Scene;
use scene::known::Known;

/// `limits.connections`, and what couriers, uploads' files and the store may have open beside them.
const CONNECTIONS: usize = 2048;
const BESIDE: usize = 256 + 1024 + 128;
/// Long enough for any machine; only a relay that stands still takes as long.
const HANG: Duration = Duration::from_secs(60);

/// One flood at a time: each has the machine to itself.
static ONE: Mutex<()> = Mutex::new(());

struct Fire {
    scene: Scene,
    tip: Vec<u8>,
    large: Arc<Vec<u8>>,
    over: Arc<AtomicBool>,
    runtime: tokio::runtime::Runtime,
    _one: MutexGuard<'static, ()>,
}

impl Fire {
    fn new() -> Self {
        let one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
        let limit = getrlimit(Resource::Nofile);
        setrlimit(Resource::Nofile, rustix::process::Rlimit { current: limit.maximum, ..limit }).unwrap();
        let mut scene = Scene::new();
        // The default: who sends a byte in 50 seconds is not idle.
        scene.restart(|config| config.replace("idle_seconds = 3\n", ""));
        let tip = scene.seal("They lock the doors at night.");
        let large = Arc::new(scene.seal_with("", &[&scene.random_file("film.mp4", 1_000_000)]));
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        Self { scene, tip, large, over: Arc::default(), runtime, _one: one }
    }

    /// Puts so many texts of one writer into the store; gives what takes them back.
    fn stores_texts_of_one_writer(&mut self, number: usize) -> String {
        self.scene.stop();
        let mut tip = Known::seal(0);
        let header = TipHeader::parse(&tip.bytes).unwrap();
        let pool = Pool::open(&self.scene.path("store"), Settings::default(), Arc::new(SystemClock), |notice| {
            panic!("{notice:?}")
        })
        .unwrap();
        let answers: Vec<_> = (0..number)
            .map(|_| {
                let end = tip.bytes.len() - 64;
                OsRng.fill_bytes(&mut tip.bytes[end..]);
                pool.put(&tip.bytes, TipId::of(&tip.bytes), &header).unwrap()
            })
            .collect();
        answers.into_iter().for_each(|answer| assert!(!answer.blocking_recv().unwrap().unwrap().already));
        drop(pool);
        self.scene.start();
        tip.token
    }

    /// So many callers that do `work` again and again until the fire is over.
    fn callers<F: Future<Output = std::io::Result<()>> + Send>(
        &self,
        number: usize,
        work: impl Fn(SocketAddr, Arc<Vec<u8>>) -> F + Clone + Send + Sync + 'static,
    ) {
        for _ in 0..number {
            let (address, large, over, work) =
                (self.scene.intake, Arc::clone(&self.large), Arc::clone(&self.over), work.clone());
            self.runtime.spawn(async move {
                while !over.load(Ordering::Relaxed) {
                    let _ = work(address, Arc::clone(&large)).await;
                    sleep(Duration::from_millis(300)).await;
                }
            });
        }
    }

    /// Waits until they are all there.
    fn burn(&self, long: u64) {
        std::thread::sleep(Duration::from_secs(long));
    }

    /// Sends texts as honest people do, over a line that is slow to begin, and wants each to be stored.
    fn honest_texts_are_stored(&self, number: usize) {
        let mut tip = self.tip.clone();
        for n in 0..number {
            let end = tip.len() - 64;
            OsRng.fill_bytes(&mut tip[end..]);
            let sent = self.runtime.block_on(async { timeout(HANG, honest(self.scene.intake, &tip)).await });
            let answer = sent.expect("no answer").unwrap_or_else(|error| panic!("text {n} of {number}: {error}"));
            assert!(answer.starts_with("HTTP/1.1 201"), "text {n} of {number}: {answer}");
        }
    }

    fn pages_are_given(&self, number: usize) {
        for n in 0..number {
            let asked = self.runtime.block_on(async { timeout(HANG, page(self.scene.intake)).await });
            let answer = asked.expect("no answer").unwrap_or_else(|error| panic!("page {n}: {error}"));
            assert!(answer.starts_with("HTTP/1.1 200"), "page {n}: {answer}");
        }
    }

    fn holds_its_limits(&self) {
        let open = std::fs::read_dir(format!("/proc/{}/fd", self.scene.relay_id())).unwrap().count();
        assert!(open <= CONNECTIONS + BESIDE, "{open} descriptors");
        let peak = self.scene.relay_peak_mib();
        println!("descriptors {open}, peak {peak} MiB");
        assert!(peak < MOST_MIB, "{peak} MiB");
    }
}

impl Drop for Fire {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
    }
}

fn head(method: &str, path: &str, lines: &str, length: usize) -> String {
    format!("{method} {path} HTTP/1.1\r\nhost: relay\r\nconnection: close\r\n{lines}content-length: {length}\r\n\r\n")
}

const OCTETS: &str = "content-type: application/octet-stream\r\n";

/// Half a second from connection to head, and 30 kB/s.
async fn honest(address: SocketAddr, tip: &[u8]) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    sleep(Duration::from_millis(500)).await;
    stream.write_all(head("POST", "/tips", OCTETS, tip.len()).as_bytes()).await?;
    for piece in tip.chunks(3_000) {
        sleep(Duration::from_millis(100)).await;
        stream.write_all(piece).await?;
    }
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer)
}

/// Half a second from connection to head.
async fn page(address: SocketAddr) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    sleep(Duration::from_millis(500)).await;
    stream.write_all(head("GET", "/directory", "", 0).as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer)
}

/// A first piece that has begun like a tip and then brings a byte in so many seconds.
async fn held_piece(address: SocketAddr, large: Arc<Vec<u8>>, seconds: u64) -> std::io::Result<()> {
    let mut stream = TcpStream::connect(address).await?;
    let lines = format!("{OCTETS}upload-complete: ?0\r\nupload-length: {}\r\n", large.len());
    stream.write_all(head("POST", "/tips", &lines, 32_000).as_bytes()).await?;
    for byte in large.iter() {
        stream.write_all(&[*byte]).await?;
        sleep(Duration::from_secs(seconds)).await;
    }
    Ok(())
}

/// A text at 1 100 bytes a second.
async fn slow_text(address: SocketAddr, large: Arc<Vec<u8>>) -> std::io::Result<()> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(head("POST", "/tips", OCTETS, 30_965).as_bytes()).await?;
    for piece in large[..30_965].chunks(550) {
        stream.write_all(piece).await?;
        sleep(Duration::from_millis(500)).await;
    }
    stream.read_to_end(&mut Vec::new()).await.map(drop)
}

/// A large tip as fast as it goes.
async fn fast_upload(address: SocketAddr, large: Arc<Vec<u8>>) -> std::io::Result<()> {
    let mut stream = TcpStream::connect(address).await?;
    let mut tip = large.to_vec();
    let end = tip.len() - 64;
    OsRng.fill_bytes(&mut tip[end..]);
    stream.write_all(head("POST", "/tips", OCTETS, tip.len()).as_bytes()).await?;
    stream.write_all(&tip).await?;
    stream.read_to_end(&mut Vec::new()).await?;
    // Once is enough.
    sleep(Duration::from_hours(1)).await;
    Ok(())
}

async fn silent(address: SocketAddr, _: Arc<Vec<u8>>) -> std::io::Result<()> {
    let mut stream = TcpStream::connect(address).await?;
    stream.read_to_end(&mut Vec::new()).await.map(drop)
}

async fn withdrawal(address: SocketAddr, token: String) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    let request = head("POST", "/withdraw", "content-type: text/plain\r\n", token.len()) + &token;
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer)
}

/// 4 096 tokens, none of which the store knows.
fn longest_list() -> String {
    let token = "A".repeat(43) + "\r\n";
    token.repeat(softinfo_base::limits::WITHDRAW_TOKENS)
}

/// Such a list without its last byte, for as long as the relay waits for that.
async fn held_list(address: SocketAddr) -> std::io::Result<()> {
    let mut stream = TcpStream::connect(address).await?;
    let list = longest_list();
    let request = head("POST", "/withdraw", "content-type: text/plain\r\n", list.len()) + &list[..list.len() - 1];
    stream.write_all(request.as_bytes()).await?;
    stream.read_to_end(&mut Vec::new()).await.map(drop)
}

async fn vain_withdrawal(address: SocketAddr, _: Arc<Vec<u8>>) -> std::io::Result<()> {
    withdrawal(address, "A".repeat(43)).await.map(drop)
}

/// Row 2 of issue 10: with 2 050 pieces at a byte in 50 seconds every page and every text was cut, and 4 096 descriptors were open.
#[test]
fn pieces_that_are_held_cut_neither_pages_nor_texts_and_open_no_more_than_is_allowed() {
    let fire = Fire::new();
    // Half of them do what is harder to tell from a slow line.
    fire.callers(1_025, |address, large| held_piece(address, large, 50));
    fire.callers(1_025, |address, large| held_piece(address, large, 1));
    fire.burn(12);
    fire.callers(1, |address, _| async move {
        // Three new ones a second, which say nothing.
        let mut streams = Vec::new();
        for _ in 0..60 {
            streams.push(TcpStream::connect(address).await?);
            sleep(Duration::from_millis(333)).await;
        }
        Ok(())
    });
    fire.honest_texts_are_stored(6);
    fire.pages_are_given(6);
    fire.holds_its_limits();
}

/// Row 3 of issue 10: 768 MiB, and 1 035 while somebody took back 4 000 texts at once.
#[test]
fn large_uploads_do_not_pile_up_in_memory() {
    let mut fire = Fire::new();
    let token = fire.stores_texts_of_one_writer(4_000);
    fire.callers(900, fast_upload);
    fire.burn(2);
    let intake = fire.scene.intake;
    let taken_back = fire.runtime.spawn(async move { timeout(HANG, withdrawal(intake, token)).await });
    fire.honest_texts_are_stored(6);
    let answer = fire.runtime.block_on(taken_back).unwrap().expect("no answer").unwrap();
    assert!(answer.ends_with("{\"erased\":4000}"), "{answer}");
    fire.burn(5);
    fire.holds_its_limits();
}

/// Row 5 of issue 10: 89 of 90 honest texts were "busy".
#[test]
fn texts_that_are_sent_slowly_leave_room_for_those_that_are_not() {
    let fire = Fire::new();
    fire.callers(1_800, slow_text);
    fire.burn(15);
    fire.honest_texts_are_stored(20);
    fire.holds_its_limits();
}

/// The longest lists of tokens that are read, 184 320 bytes each: of 1 000 all but the last byte, and 1 000 whole, as fast as they go. Without a bound
/// they would be 350 MiB.
#[test]
fn lists_of_tokens_do_not_pile_up_in_memory() {
    let fire = Fire::new();
    fire.callers(1_000, |address, _| held_list(address));
    fire.callers(1_000, |address, _| async move { withdrawal(address, longest_list()).await.map(drop) });
    fire.burn(12);
    fire.honest_texts_are_stored(6);
    fire.pages_are_given(3);
    fire.holds_its_limits();
}

/// All of it at once, and withdrawals among it.
#[test]
fn a_mixture_of_floods_delays_no_text_for_ever() {
    let fire = Fire::new();
    fire.callers(600, |address, large| held_piece(address, large, 1));
    fire.callers(600, slow_text);
    fire.callers(600, silent);
    fire.callers(100, fast_upload);
    fire.callers(128, vain_withdrawal);
    fire.burn(12);
    fire.honest_texts_are_stored(10);
    fire.pages_are_given(3);
    fire.holds_its_limits();
}
