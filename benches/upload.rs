//! Upload and fetch of a tip of 200 MB: MB/s beside a plain copy with fsync, and the relay's peak memory.
//!
//! `cargo bench -p softinfo-benches --bench upload`. In turn, three times; the ratio of each pair counts.

use std::fs::File;
use std::io;
use std::time::Instant;

use measure::{Connection, RelayProcess, folder, machine, median, reader};
use rand::{RngCore, rngs::OsRng};
use softinfo_seal::draft::Draft;
use softinfo_seal::receipt::Receipt;

const BYTES: usize = 200_000_000;
const ROUNDS: usize = 3;

fn main() {
    println!("upload: one tip with an attachment of {BYTES} bytes; {}", machine());
    let folder = folder();
    let source = folder.path().join("video.mp4");
    let mut bytes = vec![0; BYTES];
    OsRng.fill_bytes(&mut bytes);
    std::fs::write(&source, &bytes).unwrap();
    let relay = RelayProcess::start(folder.path());
    let (mut up, mut down, mut copies, mut ratios) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for round in 1..=ROUNDS {
        let tip = seal(&source);
        let megabytes = tip.len() as f64 / 1e6;
        let copy = megabytes / copy(folder.path(), &tip);
        let mut intake = Connection::open(relay.intake);
        let start = Instant::now();
        let (status, answer) = intake.post_tip(&tip);
        let upload = megabytes / start.elapsed().as_secs_f64();
        assert_eq!(status, 201);
        let answer: serde_json::Value = serde_json::from_slice(&answer).unwrap();
        let mut courier = Connection::open(relay.courier);
        let start = Instant::now();
        let (status, back) = courier.get(&format!("/tips/{}", answer["id"].as_str().unwrap()));
        let fetch = megabytes / start.elapsed().as_secs_f64();
        assert!(status == 200 && back == tip, "the same bytes come back");
        println!(
            "  round {round}: copy {copy:.0} MB/s, upload {upload:.0} MB/s, ratio {:.2}, fetch {fetch:.0} MB/s, relay peak {} MiB",
            upload / copy,
            relay.peak_mib()
        );
        copies.push(copy);
        up.push(upload);
        down.push(fetch);
        ratios.push(upload / copy);
    }
    println!(
        "  median: copy {:.0} MB/s, upload {:.0} MB/s, ratio {:.2}, fetch {:.0} MB/s, relay peak {} MiB",
        median(copies),
        median(up),
        median(ratios),
        median(down),
        relay.peak_mib()
    );
}

fn seal(source: &std::path::Path) -> Vec<u8> {
    let draft = Draft {
        lang: "en".into(),
        message: "See the video.".into(),
        attachments: vec![source.to_owned()],
        ..Draft::default()
    };
    let (readers, receipt, mut out) = ([reader()], Receipt::generate(&mut OsRng), Vec::new());
    let prepared = draft.prepare(&readers, &receipt, 1 << 28).unwrap();
    prepared.seal(&readers, &receipt, &mut out, &mut OsRng, &|_| ()).unwrap();
    out
}

fn copy(folder: &std::path::Path, bytes: &[u8]) -> f64 {
    let start = Instant::now();
    let path = folder.join("copy");
    let mut file = File::create(&path).unwrap();
    io::copy(&mut &bytes[..], &mut file).unwrap();
    file.sync_all().unwrap();
    let seconds = start.elapsed().as_secs_f64();
    std::fs::remove_file(path).unwrap();
    seconds
}
