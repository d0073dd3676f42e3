//! A crowd and several floods: how long a text tip waits for its answer meanwhile, how many are refused, and the relay's peak memory.
//! Honest texts come as over Tor: half a second from the connection to the head, then 30 kB/s; timed from the last byte to the answer.
//!
//! `cargo bench -p softinfo-benches --bench crowd`. One relay for each scene; the callers are in this process, on the same cores.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use measure::{RelayProcess, folder, machine, reader, text_tip, vary};
use rand::rngs::OsRng;
use rustix::process::{Resource, Rlimit};
use softinfo_seal::draft::Draft;
use softinfo_seal::receipt::Receipt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

/// Uploads at a time, and what each sends in a second.
const UPLOADS: usize = 1000;
const RATE: usize = 2000;
/// How long each scene lasts once all are there.
const LONG: Duration = Duration::from_secs(25);
const SHORT: Duration = Duration::from_secs(10);
/// Between two text tips.
const EVERY: Duration = Duration::from_millis(200);
/// What an honest line brings, in pieces, and how long it takes to begin.
const HONEST: (usize, Duration) = (3_000, Duration::from_millis(100));
const BEGIN: Duration = Duration::from_millis(500);

#[derive(Clone)]
struct Scene {
    address: SocketAddr,
    large: Arc<Vec<u8>>,
    text: Arc<Vec<u8>>,
    over: Arc<AtomicBool>,
    /// Callers that were let in and are still at it.
    present: Arc<AtomicUsize>,
}

/// Which, and how many of each.
type Callers = &'static [(Caller, usize)];

#[derive(Clone, Copy)]
enum Caller {
    /// Sends a large tip in one piece, slowly.
    Whole,
    /// Sends it in pieces, slowly.
    Pieces,
    /// Sends texts that are stored, at so many bytes a second, one after another.
    Text(usize),
    /// Begins a tip in pieces, and then sends a byte every ten seconds.
    Held,
    /// Asks for the erasure of something that is not there, as fast as it gets answers.
    Withdraw,
    /// Never ends its head.
    Head,
    /// Announces a tip of text, asks for `100 Continue`, and sends nothing.
    Silent,
    /// Sends a byte a second, in chunks.
    Trickle,
    /// Sends 20 kB of head, again and again.
    LongHead,
    /// Asks for the directory a thousand times and reads nothing.
    Deaf,
}

fn main() {
    let Rlimit { maximum, .. } = rustix::process::getrlimit(Resource::Nofile);
    rustix::process::setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }).unwrap();
    println!("crowd: text tips among {UPLOADS} uploads of {RATE} bytes a second, and under floods; {}", machine());
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let (large, text) = (Arc::new(large_tip()), Arc::new(text_tip()));
    // The names of those that are to be played, or none for all.
    let wanted: Vec<_> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let scenes: [(&str, Callers, Duration); 16] = [
        ("nobody else", &[], SHORT),
        ("1000 slow uploads", &[(Caller::Whole, UPLOADS / 2), (Caller::Pieces, UPLOADS / 2)], LONG),
        ("4000 heads that never end", &[(Caller::Head, 4000)], SHORT),
        ("2000 that announce text and are silent", &[(Caller::Silent, 2000)], SHORT),
        ("2000 that send a byte a second", &[(Caller::Trickle, 2000)], SHORT),
        ("50 that send long heads as fast as they can", &[(Caller::LongHead, 50)], SHORT),
        ("500 that read no answer", &[(Caller::Deaf, 500)], SHORT),
        ("2050 first pieces that are held", &[(Caller::Held, 2050)], SHORT),
        ("1800 slow texts, 2 MB/s in all", &[(Caller::Text(1_100), 1_800)], LONG),
        ("2000 texts at 2 kB/s, 4 MB/s in all", &[(Caller::Text(2_000), 2_000)], LONG),
        ("2000 texts at 4 kB/s, 8 MB/s in all", &[(Caller::Text(4_000), 2_000)], LONG),
        ("2000 texts at 8 kB/s, 16 MB/s in all", &[(Caller::Text(8_000), 2_000)], LONG),
        ("2000 texts at 16 kB/s, 32 MB/s in all", &[(Caller::Text(16_000), 2_000)], LONG),
        ("4000 texts at 1 kB/s, 4 MB/s in all", &[(Caller::Text(1_000), 4_000)], LONG),
        ("128 that withdraw", &[(Caller::Withdraw, 128)], SHORT),
        (
            "held pieces, slow texts, slow uploads, silent ones and withdrawals",
            &[
                (Caller::Held, 400),
                (Caller::Text(1_100), 500),
                (Caller::Whole, 300),
                (Caller::Pieces, 300),
                (Caller::Silent, 400),
                (Caller::Withdraw, 32),
            ],
            LONG,
        ),
    ];
    for (name, callers, long) in scenes {
        if !wanted.is_empty() && !wanted.iter().any(|wanted| name.contains(wanted.as_str())) {
            continue;
        }
        let folder = folder();
        let relay = RelayProcess::start(folder.path());
        let scene = Scene {
            address: relay.intake,
            large: Arc::clone(&large),
            text: Arc::clone(&text),
            over: Arc::default(),
            present: Arc::default(),
        };
        let (mut times, refused, present) = runtime.block_on(play(scene, callers, long));
        times.sort();
        if times.is_empty() {
            println!("  {name}: no text tip was stored, {refused} were not");
            continue;
        }
        let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3;
        println!(
            "  {name}: {} text tips stored, {refused} not; p50 {:.1} ms, p99 {:.1} ms, worst {:.1} ms; {present} callers still there; relay peak {} MiB",
            times.len(),
            at(0.5),
            at(0.99),
            at(1.0),
            relay.peak_mib()
        );
        relay.stop();
    }
}

fn large_tip() -> Vec<u8> {
    let folder = folder();
    let source = folder.path().join("film.mp4");
    std::fs::write(&source, vec![7; 1_000_000]).unwrap();
    let draft = Draft { lang: "en".into(), message: "See.".into(), attachments: vec![source], ..Draft::default() };
    let (readers, receipt, mut out) = ([reader()], Receipt::generate(&mut OsRng), Vec::new());
    let prepared = draft.prepare(&readers, &receipt, 1 << 28).unwrap();
    prepared.seal(&readers, &receipt, &mut out, &mut OsRng, &|_| ()).unwrap();
    out
}

/// Times of the text tips that were stored, how many were not, and how many callers are there at the end.
async fn play(scene: Scene, callers: Callers, long: Duration) -> (Vec<Duration>, usize, usize) {
    for (caller, count) in callers {
        for _ in 0..*count {
            let (scene, caller) = (scene.clone(), *caller);
            tokio::spawn(async move {
                while !scene.over.load(Ordering::Relaxed) {
                    let _ = call(&scene, caller).await;
                    sleep(Duration::from_millis(100)).await;
                }
            });
        }
    }
    sleep(Duration::from_secs(3)).await;
    let (mut tip, mut sent) = (text_tip(), Vec::new());
    let end = Instant::now() + long;
    while Instant::now() < end {
        vary(&mut tip);
        let (address, tip) = (scene.address, tip.clone());
        sent.push(tokio::spawn(async move { timeout(Duration::from_secs(30), post(address, &tip)).await }));
        sleep(EVERY).await;
    }
    let (mut times, mut refused) = (Vec::new(), 0);
    for sent in sent {
        match sent.await {
            Ok(Ok(Ok((201, time)))) => times.push(time),
            _ => refused += 1,
        }
    }
    let present = scene.present.load(Ordering::Relaxed);
    scene.over.store(true, Ordering::Relaxed);
    (times, refused, present)
}

/// The status of the answer, and the time from the last byte to it.
async fn post(address: SocketAddr, tip: &[u8]) -> std::io::Result<(u16, Duration)> {
    let mut stream = TcpStream::connect(address).await?;
    sleep(BEGIN).await;
    stream.write_all(head("POST", "/tips", "content-type: application/octet-stream\r\n", tip.len()).as_bytes()).await?;
    let (piece, pause) = HONEST;
    for piece in tip.chunks(piece) {
        sleep(pause).await;
        stream.write_all(piece).await?;
    }
    let start = Instant::now();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok((answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0), start.elapsed()))
}

fn head(method: &str, path: &str, lines: &str, length: usize) -> String {
    format!("{method} {path} HTTP/1.1\r\nhost: relay\r\nconnection: close\r\n{lines}content-length: {length}\r\n\r\n")
}

struct Present<'a>(&'a AtomicUsize);

impl Drop for Present<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

async fn call(scene: &Scene, caller: Caller) -> std::io::Result<()> {
    let mut stream = TcpStream::connect(scene.address).await?;
    scene.present.fetch_add(1, Ordering::Relaxed);
    let _present = Present(&scene.present);
    let octets = "content-type: application/octet-stream\r\n";
    match caller {
        Caller::Whole => {
            stream.write_all(head("POST", "/tips", octets, scene.large.len()).as_bytes()).await?;
            slowly(scene, &mut stream, &scene.large).await
        }
        Caller::Pieces => pieces(scene, stream).await,
        Caller::Text(rate) => {
            let mut tip = scene.text.to_vec();
            vary(&mut tip);
            stream.write_all(head("POST", "/tips", octets, tip.len()).as_bytes()).await?;
            for piece in tip.chunks(rate / 2) {
                stream.write_all(piece).await?;
                sleep(Duration::from_millis(500)).await;
            }
            stream.read_to_end(&mut Vec::new()).await.map(drop)
        }
        Caller::Held => {
            let lines = format!("{octets}upload-complete: ?0\r\nupload-length: {}\r\n", scene.large.len());
            stream.write_all(head("POST", "/tips", &lines, 32_000).as_bytes()).await?;
            for byte in scene.large.iter() {
                stream.write_all(&[*byte]).await?;
                sleep(Duration::from_secs(10)).await;
            }
            Ok(())
        }
        Caller::Withdraw => {
            let token = "A".repeat(43);
            let request = head("POST", "/withdraw", "content-type: text/plain\r\n", token.len()) + &token;
            stream.write_all(request.as_bytes()).await?;
            stream.read_to_end(&mut Vec::new()).await.map(drop)
        }
        Caller::Head => {
            stream.write_all(b"GET / HTTP/1.1\r\nx: ").await?;
            loop {
                sleep(Duration::from_secs(5)).await;
                stream.write_all(b"y").await?;
            }
        }
        Caller::Silent => {
            let lines = format!("{octets}expect: 100-continue\r\n");
            stream.write_all(head("POST", "/tips", &lines, 30_965).as_bytes()).await?;
            stream.read_to_end(&mut Vec::new()).await.map(drop)
        }
        Caller::Trickle => {
            let start = format!("POST /tips HTTP/1.1\r\nhost: relay\r\n{octets}transfer-encoding: chunked\r\n\r\n");
            stream.write_all(start.as_bytes()).await?;
            for byte in scene.large.iter() {
                stream.write_all(&[b'1', b'\r', b'\n', *byte, b'\r', b'\n']).await?;
                sleep(Duration::from_secs(1)).await;
            }
            Ok(())
        }
        Caller::LongHead => stream.write_all(format!("GET /{} ", "y".repeat(20_000)).as_bytes()).await,
        Caller::Deaf => {
            for _ in 0..1000 {
                stream.write_all(b"GET /directory HTTP/1.1\r\nhost: relay\r\n\r\n").await?;
            }
            sleep(Duration::from_secs(300)).await;
            Ok(())
        }
    }
}

async fn slowly(scene: &Scene, stream: &mut TcpStream, bytes: &[u8]) -> std::io::Result<()> {
    for piece in bytes.chunks(RATE / 4) {
        if scene.over.load(Ordering::Relaxed) {
            break;
        }
        stream.write_all(piece).await?;
        sleep(Duration::from_millis(250)).await;
    }
    Ok(())
}

/// As the page does it, in pieces of 256 KiB.
async fn pieces(scene: &Scene, mut stream: TcpStream) -> std::io::Result<()> {
    let tip = &scene.large;
    let lines =
        format!("content-type: application/octet-stream\r\nupload-complete: ?0\r\nupload-length: {}\r\n", tip.len());
    stream.write_all(head("POST", "/tips", &lines, 16_384).as_bytes()).await?;
    stream.write_all(&tip[..16_384]).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    let path = answer.lines().find_map(|line| line.strip_prefix("location: ")).unwrap_or("/none").to_owned();
    let mut at = 16_384;
    while at < tip.len() {
        let end = (at + 262_144).min(tip.len());
        let complete = u8::from(end == tip.len());
        let lines = format!(
            "content-type: application/partial-upload\r\nupload-offset: {at}\r\nupload-complete: ?{complete}\r\n"
        );
        let mut stream = TcpStream::connect(scene.address).await?;
        stream.write_all(head("PATCH", &path, &lines, end - at).as_bytes()).await?;
        slowly(scene, &mut stream, &tip[at..end]).await?;
        stream.read_to_end(&mut Vec::new()).await?;
        at = end;
    }
    Ok(())
}
