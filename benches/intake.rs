//! Intake: 32 writers, smallest tips, real HTTP, every answer durable; beside it a raw grouped append with fdatasync of the same bytes.
//!
//! `cargo bench --bench intake`. The two are run in turn, three times; the ratio of each pair counts, because machines drift.

mod measure;

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use measure::{Connection, RelayProcess, folder, machine, median, text_tip, vary};

const WRITERS: usize = 32;
const ROUNDS: usize = 3;
const RUN: Duration = Duration::from_secs(5);

fn main() {
    println!("intake: {WRITERS} writers, {} bytes a tip; {}", text_tip().len(), machine());
    let (mut ratios, mut relay_figures, mut raw_figures) = (Vec::new(), Vec::new(), Vec::new());
    for round in 1..=ROUNDS {
        let (raw, relay) = (raw_append(), relay_intake());
        println!(
            "  round {round}: raw {raw:.0}/s, relay {:.0}/s (p50 {:.1} ms, p99 {:.1} ms), ratio {:.2}, relay peak {} MiB",
            relay.per_second,
            relay.p50,
            relay.p99,
            relay.per_second / raw,
            relay.peak
        );
        ratios.push(relay.per_second / raw);
        relay_figures.push(relay.per_second);
        raw_figures.push(raw);
    }
    println!(
        "  median: raw {:.0}/s, relay {:.0}/s, ratio {:.2}",
        median(raw_figures),
        median(relay_figures),
        median(ratios)
    );
}

struct Intake {
    per_second: f64,
    p50: f64,
    p99: f64,
    peak: u64,
}

fn relay_intake() -> Intake {
    let folder = folder();
    let relay = RelayProcess::start(folder.path());
    let address = relay.intake;
    let tip = text_tip();
    let writers: Vec<_> = (0..WRITERS)
        .map(|_| {
            let mut tip = tip.clone();
            thread::spawn(move || {
                let mut connection = Connection::open(address);
                let (mut times, start) = (Vec::new(), Instant::now());
                while start.elapsed() < RUN {
                    vary(&mut tip);
                    let sent = Instant::now();
                    assert_eq!(connection.post_tip(&tip).0, 201);
                    times.push(sent.elapsed().as_secs_f64() * 1e3);
                }
                times
            })
        })
        .collect();
    let start = Instant::now();
    let mut times: Vec<f64> = writers.into_iter().flat_map(|writer| writer.join().unwrap()).collect();
    let per_second = times.len() as f64 / start.elapsed().as_secs_f64();
    times.sort_by(f64::total_cmp);
    let at = |part: f64| times[(times.len() as f64 * part) as usize];
    let peak = relay.peak_mib();
    Intake { per_second, p50: at(0.5), p99: at(0.99), peak }
}

/// The floor: the same writers hand the same bytes to one thread that appends what waits and syncs once for all.
fn raw_append() -> f64 {
    let folder = folder();
    let (jobs, inbox) = channel::<(Vec<u8>, Sender<()>)>();
    let path = folder.path().join("log");
    let appender = thread::spawn(move || {
        let mut file = File::create(Path::new(&path)).unwrap();
        while let Ok(first) = inbox.recv() {
            let group: Vec<_> = std::iter::once(first).chain(inbox.try_iter().take(WRITERS)).collect();
            for (bytes, _) in &group {
                file.write_all(bytes).unwrap();
            }
            file.sync_data().unwrap();
            for (_, done) in group {
                let _ = done.send(());
            }
        }
    });
    let tip = text_tip();
    let writers: Vec<_> = (0..WRITERS)
        .map(|_| {
            let (jobs, mut tip) = (jobs.clone(), tip.clone());
            thread::spawn(move || {
                let (done, wait) = channel();
                let (mut count, start) = (0u64, Instant::now());
                while start.elapsed() < RUN {
                    vary(&mut tip);
                    jobs.send((tip.clone(), done.clone())).unwrap();
                    wait.recv().unwrap();
                    count += 1;
                }
                count
            })
        })
        .collect();
    drop(jobs);
    let start = Instant::now();
    let total: u64 = writers.into_iter().map(|writer| writer.join().unwrap()).sum();
    let seconds = start.elapsed().as_secs_f64();
    appender.join().unwrap();
    total as f64 / seconds
}
