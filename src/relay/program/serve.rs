//! The relay at work: its signals, its sandbox, its end.
//!
//! In: a configuration. Out: a relay that answers until it is stopped; in the demonstration, what to try next.

use std::num::NonZero;
use std::sync::Arc;

use anyhow::{Context, Result};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::Notify;

use softinfo_base::clock::SystemClock;
use softinfo_relay::Prepared;
use softinfo_relay::config::Config;
use softinfo_relay::lifecycle::EXIT;
use softinfo_relay::log::{self, Event};
use softinfo_relay::net::Place;
use softinfo_relay::sandbox::{self, Weight};
use softinfo_terminal::say;

use crate::check::whole;
use crate::memory;

/// Runs a relay until a signal stops it, or the store or the runtime fails.
pub fn run(config: &Config, allow_example: bool, accept_date: bool, is_demo: bool) -> Result<()> {
    log::quiet_panics();
    let relay = Prepared::new(config, allow_example, Arc::new(SystemClock))?;
    let openings = Prepared::openings(config)?;
    let intake = relay.intake().clone();
    // The count reads files that the sandbox closes.
    let threads = std::thread::available_parallelism().map_or(1, NonZero::get);
    let report = sandbox::enter(&openings)?;
    whole(&report)?;
    for finding in report.missing(Weight::Should) {
        log::log(&Event::SandboxMissing { what: finding.what });
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(threads)
        .enable_all()
        .build()
        .context("can't start")?;
    let ended = runtime.block_on(async {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut hangup = signal(SignalKind::hangup())?;
        let relay = relay.start(config, memory::give_back, accept_date)?;
        if is_demo {
            // A relay whose standard output nobody reads works all the same.
            let _ = say_next_steps(config, &intake);
        }
        let reload = Arc::new(Notify::new());
        let reloading = Arc::clone(&reload);
        tokio::spawn(async move {
            while hangup.recv().await.is_some() {
                reloading.notify_one();
            }
        });
        let stop = async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
        };
        #[allow(clippy::exit)] // the disk stands still, and so does whoever would have to return
        let end = || std::process::exit(EXIT.into());
        relay.run(stop, reload, end).await?;
        Ok(())
    });
    // The store is closed. What still runs only packs the page, which can take long on a small machine.
    runtime.shutdown_background();
    ended
}

/// What to try with the demonstration.
fn say_next_steps(config: &Config, address: &Place) -> std::io::Result<()> {
    let programs = std::env::current_exe()?.parent().map(|folder| folder.display().to_string()).unwrap_or_default();
    let page = config.page.as_ref().map_or_else(String::new, |_| format!("The page to write on: http://{address}/\n"));
    let steps = format!(
        "
A relay for trying out, on this machine only, with the EXAMPLE keys. Stop it with Ctrl-C.
{page}In another terminal, in this folder:

  cargo build --release
  export PATH=\"{programs}:$PATH\"
  echo 'At night they lock the doors of the workshop.' > note.txt
  softinfo-tip send --relay http://{address} --to labour-inspectorate-example --message note.txt
  softinfo-courier fetch --out bundle.tar
  softinfo-desk import bundle.tar
  softinfo-desk list
  softinfo-desk show ID                      (ID as shown by list)
  softinfo-desk open ID --out case/          (the same into a folder, with its files)
"
    );
    steps.lines().try_for_each(say)
}
