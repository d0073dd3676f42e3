//! Intake: 32 writers, smallest tips, durable; over real HTTP, into the store alone, and a raw grouped append with fdatasync of the same bytes.
//!
//! `cargo bench -p softinfo-benches --bench intake`. The three are run in turn, five times; the ratio within a round counts, because machines drift.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use measure::{Connection, RelayProcess, cpu_of, folder, machine, median, text_tip, vary};
use softinfo_base::clock::SystemClock;
use softinfo_base::limits::TIP_HEADER_BYTES;
use softinfo_formats::envelope::header::TipHeader;
use softinfo_formats::envelope::id::TipId;
use softinfo_store::Store;
use softinfo_store::pool::{Pool, Settings};

const WRITERS: usize = 32;
const ROUNDS: usize = 5;
const RUN: Duration = Duration::from_secs(5);

fn main() {
    println!("intake: {WRITERS} writers, {} bytes a tip; {}", text_tip().len(), machine());
    let rounds: Vec<[Run; 3]> = (1..=ROUNDS)
        .map(|round| {
            let runs = [raw_append(), store_alone(), relay_intake()];
            println!("  round {round}");
            let names = ["raw append", "store alone", "relay, HTTP"];
            names.iter().zip(&runs).for_each(|(name, run)| run.print(name, &runs[0]));
            runs
        })
        .collect();
    let of = |figure: &dyn Fn(&[Run; 3]) -> f64| median(rounds.iter().map(figure).collect());
    println!(
        "  median: raw {:.0}/s, store alone {:.0}/s (ratio {:.2}), relay {:.0}/s (ratio {:.2}, p50 {:.1} ms, p99 {:.1} ms)",
        of(&|runs| runs[0].per_second()),
        of(&|runs| runs[1].per_second()),
        of(&|runs| runs[1].per_second() / runs[0].per_second()),
        of(&|runs| runs[2].per_second()),
        of(&|runs| runs[2].per_second() / runs[0].per_second()),
        of(&|runs| runs[2].at(0.5)),
        of(&|runs| runs[2].at(0.99)),
    );
    println!(
        "  median CPU time a tip: raw {:.0} us with its callers, store alone {:.0} us with its callers, relay {:.0} us, its callers {:.0} us",
        of(&|runs| runs[0].callers_us()),
        of(&|runs| runs[1].callers_us()),
        of(&|runs| runs[2].relay_us()),
        of(&|runs| runs[2].callers_us()),
    );
}

/// What came of one run.
struct Run {
    /// Milliseconds that each tip took, in order.
    times: Vec<f64>,
    seconds: f64,
    /// CPU time of this process, and of the relay.
    callers: Duration,
    relay: Duration,
    peak_mib: u64,
}

impl Run {
    fn per_second(&self) -> f64 {
        self.times.len() as f64 / self.seconds
    }

    fn at(&self, part: f64) -> f64 {
        self.times[(self.times.len() as f64 * part) as usize]
    }

    fn callers_us(&self) -> f64 {
        self.callers.as_secs_f64() * 1e6 / self.times.len() as f64
    }

    fn relay_us(&self) -> f64 {
        self.relay.as_secs_f64() * 1e6 / self.times.len() as f64
    }

    fn print(&self, name: &str, raw: &Self) {
        print!(
            "    {name:11}: {:6.0}/s, ratio {:.2}, p50 {:5.2} ms, p99 {:5.1} ms, CPU a tip: callers {:3.0} us",
            self.per_second(),
            self.per_second() / raw.per_second(),
            self.at(0.5),
            self.at(0.99),
            self.callers_us(),
        );
        if self.peak_mib > 0 {
            print!(", relay {:3.0} us; relay peak {} MiB", self.relay_us(), self.peak_mib);
        }
        println!();
    }
}

/// Lets all writers work at once. `writer` makes, for one thread, what sends a tip and waits until it is durable.
fn all_writers<W: FnMut(&[u8])>(writer: impl Fn() -> W + Sync) -> Run {
    let (tip, cpu, start) = (text_tip(), cpu_of("self"), Instant::now());
    let mut times: Vec<f64> = thread::scope(|scope| {
        let writers: Vec<_> = (0..WRITERS)
            .map(|_| {
                scope.spawn(|| {
                    let (mut tip, mut send, mut times) = (tip.clone(), writer(), Vec::new());
                    while start.elapsed() < RUN {
                        vary(&mut tip);
                        let sent = Instant::now();
                        send(&tip);
                        times.push(sent.elapsed().as_secs_f64() * 1e3);
                    }
                    times
                })
            })
            .collect();
        writers.into_iter().flat_map(|writer| writer.join().unwrap()).collect()
    });
    let (seconds, callers) = (start.elapsed().as_secs_f64(), cpu_of("self") - cpu);
    times.sort_by(f64::total_cmp);
    Run { times, seconds, callers, relay: Duration::ZERO, peak_mib: 0 }
}

fn relay_intake() -> Run {
    let folder = folder();
    let relay = RelayProcess::start(folder.path());
    let before = relay.cpu();
    let run = all_writers(|| {
        let mut connection = Connection::open(relay.intake);
        move |tip: &[u8]| assert_eq!(connection.post_tip(tip).0, 201)
    });
    Run { relay: relay.cpu() - before, peak_mib: relay.peak_mib(), ..run }
}

/// The store in this process, without HTTP.
fn store_alone() -> Run {
    let folder = folder();
    let pool =
        Arc::new(Pool::open(&folder.path().join("store"), Settings::default(), Arc::new(SystemClock), |_| ()).unwrap());
    all_writers(|| {
        let pool = Arc::clone(&pool);
        move |tip: &[u8]| {
            let header = TipHeader::parse(&tip[..TIP_HEADER_BYTES]).unwrap();
            let answer = pool.put(tip, TipId::of(tip), &header).unwrap();
            assert!(!answer.blocking_recv().unwrap().unwrap().already);
        }
    })
}

/// The floor: the same writers hand the same bytes to one thread that appends what waits and syncs once for all.
fn raw_append() -> Run {
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
    let run = all_writers(|| {
        let ((done, wait), jobs) = (channel(), jobs.clone());
        move |tip: &[u8]| {
            jobs.send((tip.to_vec(), done.clone())).unwrap();
            wait.recv().unwrap();
        }
    });
    drop(jobs);
    appender.join().unwrap();
    run
}
