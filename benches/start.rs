//! Start: from the command to the first answer, with 100 000 tips stored; and the relay's memory with them, while it takes and gives.
//!
//! `cargo bench --bench start`. Needs about 8 GB of disk for some minutes.

mod measure;

use std::net::TcpStream;
use std::thread;
use std::time::Instant;

use measure::{Connection, RelayProcess, folder, machine, median, text_tip, vary};

const TIPS: usize = 100_000;
const WRITERS: usize = 16;
const STARTS: usize = 5;

fn main() {
    println!("start: {TIPS} tips stored; {}", machine());
    let folder = folder();
    println!("  empty store: first answer after {:.0} ms", median(starts(folder.path())));

    let relay = RelayProcess::start(folder.path());
    let (address, tip) = (relay.intake, text_tip());
    let writers: Vec<_> = (0..WRITERS)
        .map(|_| {
            let mut tip = tip.clone();
            thread::spawn(move || {
                let mut connection = Connection::open(address);
                for _ in 0..TIPS / WRITERS {
                    vary(&mut tip);
                    assert_eq!(connection.post_tip(&tip).0, 201);
                }
            })
        })
        .collect();
    writers.into_iter().for_each(|writer| writer.join().unwrap());
    println!("  peak memory while storing them: {} MiB", relay.peak_mib());
    relay.stop();

    println!("  {TIPS} tips: first answer after {:.0} ms", median(starts(folder.path())));

    let relay = RelayProcess::start(folder.path());
    let mut courier = Connection::open(relay.courier);
    let mut after = String::new();
    let (mut listed, mut fetched) = (0, 0);
    loop {
        let (_, page) = courier.get(&format!("/pool{after}"));
        let page: serde_json::Value = serde_json::from_slice(&page).unwrap();
        let tips = page["tips"].as_array().unwrap();
        listed += tips.len();
        // One of a hundred, from all over the store: each may have to open another volume.
        for tip in tips.iter().step_by(100) {
            assert_eq!(courier.get(&format!("/tips/{}", tip["id"].as_str().unwrap())).0, 200);
            fetched += 1;
        }
        match page["next"].as_str() {
            Some(next) => after = format!("?after={next}"),
            None => break,
        }
    }
    assert_eq!(listed, TIPS);
    println!("  listed {listed}, fetched {fetched} at random: peak memory {} MiB", relay.peak_mib());
}

/// Milliseconds to the first answer, several times.
fn starts(folder: &std::path::Path) -> Vec<f64> {
    (0..STARTS)
        .map(|_| {
            let start = Instant::now();
            let relay = RelayProcess::start(folder);
            let connected = TcpStream::connect(relay.courier).is_ok();
            assert!(connected && Connection::open(relay.courier).get("/pool?limit=1").0 == 200);
            let milliseconds = start.elapsed().as_secs_f64() * 1e3;
            relay.stop();
            milliseconds
        })
        .collect()
}
