//! The letterbox. Reads one TOML file, opens two listeners, stores ciphertext.
#![deny(clippy::print_stdout, clippy::print_stderr)]

mod memory;
mod store;

use std::alloc::System;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};
use softinfo_base::clock::{Clock, SystemClock};
use softinfo_base::day::Day;
use softinfo_relay::config::Config;
use softinfo_relay::inspection::Inspection;
use softinfo_relay::log::{self, Event};
use softinfo_relay::net::Place;
use softinfo_relay::sandbox::{self, Report, Weight};
use softinfo_relay::{Prepared, ServeError};
use softinfo_store::StoreError;
use softinfo_terminal::{Exit, arguments, complain, exit_codes, say, sentence};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::Notify;
use zeroizing_alloc::ZeroAlloc;

/// What a request was must not be found in memory after it: every block is zeroed when it is freed.
#[global_allocator]
static ALLOCATOR: ZeroAlloc<System> = ZeroAlloc(System);

/// The program's name, in front of what it says on standard error.
const NAME: &str = "softinfo-relay";

/// The codes that this program can end with. A disk that failed under a running relay, and a relay that did not answer, pass: it is started again.
const CODES: [Exit; 5] = [Exit::Done, Exit::Failed, Exit::Usage, Exit::TryLater, Exit::Incomplete];

/// The configuration of the demonstration, found when the program is started in the project's folder.
const DEMO: &str = "config/demo.toml";

/// Takes sealed tips and keeps them, as ciphertext, until a courier fetches them.
///
/// Without --config it runs the demonstration of config/demo.toml: on this machine only, with the example keys.
/// It ends with exit code 0 when a signal stopped it, with 1 when it did not start, and with 3 when the disk failed, or nothing answered, while it
/// ran: start it again.
#[derive(Parser)]
#[command(version, max_term_width = 100, after_help = exit_codes(&CODES))]
struct Arguments {
    /// The configuration (every key is explained in config/relay.toml).
    #[arg(long, value_name = "FILE", global = true)]
    config: Option<PathBuf>,
    /// Look at the configuration and at all that would be served and used, name everything that is not as it should be, and stop. Exit code 1
    /// when it would not do; warnings alone leave it at 0.
    #[arg(long)]
    check_config: bool,
    /// Enter the sandbox with this configuration, say what holds, and stop. Exit code 1 when something is missing that should hold everywhere.
    #[arg(long)]
    show_sandbox: bool,
    /// Accept the example keys where others can reach this relay. Everybody can read what is sent to them.
    #[arg(long)]
    i_know_these_are_example_keys: bool,
    /// Believe the computer's clock, which says this day, although it is far ahead of the last day here: what has expired by it is erased.
    /// The relay asks for it in its log, after weeks without running or when the clock is wrong.
    #[arg(long, value_name = "DAY", global = true)]
    accept_date: Option<Day>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Work on the store of a relay that is stopped.
    #[command(subcommand)]
    Store(store::Work),
}

fn main() -> ExitCode {
    memory::prepare();
    let arguments = match arguments::<Arguments>() {
        Ok(arguments) => arguments,
        Err(code) => return code,
    };
    match run(&arguments) {
        Ok(()) => Exit::Done.into(),
        Err(error) => {
            // A relay that does not start names all that is wrong, a line each.
            for line in sentence(error.as_ref()).lines() {
                complain(NAME, line);
            }
            exit(&error, arguments.command.is_some()).into()
        }
    }
}

/// A relay that finds its folder in use has been set up wrongly; work on the store only has to wait until the relay is stopped.
fn exit(error: &anyhow::Error, is_work: bool) -> Exit {
    if error.is::<store::NotShown>() {
        Exit::Incomplete
    } else if matches!(error.downcast_ref(), Some(ServeError::StoreStopped))
        || is_work && matches!(error.downcast_ref(), Some(StoreError::InUse(_)))
    {
        Exit::TryLater
    } else {
        Exit::Failed
    }
}

fn run(arguments: &Arguments) -> Result<()> {
    let path = arguments.config.clone().unwrap_or_else(|| PathBuf::from(DEMO));
    if arguments.config.is_none() && !path.exists() {
        anyhow::bail!("there is no {DEMO} here: start it in the project's folder, or pass --config FILE");
    }
    let config = Config::load(&path)?;
    let allow_example = arguments.i_know_these_are_example_keys;
    if arguments.check_config {
        return check(&path, &Inspection::of(&config, allow_example, SystemClock.today()));
    }
    if arguments.show_sandbox {
        let openings = Prepared::openings(&config)?;
        let report = sandbox::enter(&openings)?;
        for line in report.to_string().lines() {
            say(line)?;
        }
        return whole(&report);
    }
    let accept_date = is_accepted(arguments.accept_date)?;
    if let Some(Command::Store(work)) = &arguments.command {
        return store::run(work, &config, accept_date);
    }
    log::quiet_panics();
    let relay = Prepared::new(&config, allow_example, Arc::new(SystemClock))?;
    let openings = Prepared::openings(&config)?;
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
        let relay = relay.start(&config, memory::give_back, accept_date)?;
        if arguments.config.is_none() {
            // A relay whose standard output nobody reads works all the same.
            let _ = say_next_steps(&config, &intake);
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
        relay.run(stop, reload).await?;
        Ok(())
    });
    // The store is closed. What still runs only packs the page, which can take long on a small machine.
    runtime.shutdown_background();
    ended
}

/// Who accepts the clock's day has to know which it is.
fn is_accepted(accepted: Option<Day>) -> Result<bool> {
    let today = SystemClock.today();
    match accepted {
        Some(day) if day != today => {
            anyhow::bail!(
                "the clock says {today} and not {day}: set it right, or accept what it says; nothing was changed"
            )
        }
        accepted => Ok(accepted.is_some()),
    }
}

/// Prints every finding; none but warnings is in order.
fn check(path: &Path, inspection: &Inspection) -> Result<()> {
    for finding in &inspection.findings {
        complain(NAME, finding);
    }
    let Some(served) = inspection.served() else {
        let errors = inspection.findings.iter().filter(|finding| !finding.is_warning()).count();
        let errors = if errors == 1 { "1 error".to_owned() } else { format!("{errors} errors") };
        anyhow::bail!("{} is not in order: {errors}; nothing was changed", path.display());
    };
    let contents = served.contents();
    say(format!(
        "{} is in order: channel {}, directory version {}, valid until {}",
        path.display(),
        contents.channel,
        contents.version,
        contents.expires
    ))?;
    Ok(())
}

fn whole(report: &Report) -> Result<()> {
    match report.missing(Weight::Must).next() {
        Some(finding) => anyhow::bail!("the sandbox is not whole: {} ({})", finding.what, finding.detail),
        None => Ok(()),
    }
}

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
