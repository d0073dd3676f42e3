//! The letterbox. Reads one TOML file, opens two listeners, stores ciphertext.
//!
//! In: arguments and a file. Out: an exit code, and what the library says. Touches nothing that the library does not.

mod check;
mod memory;
mod serve;
mod store;

use std::alloc::System;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};
use zeroizing_alloc::ZeroAlloc;

use softinfo_base::clock::{Clock, SystemClock};
use softinfo_base::day::Day;
use softinfo_relay::ServeError;
use softinfo_relay::config::Config;
use softinfo_relay::inspection::Inspection;
use softinfo_store::StoreError;
use softinfo_terminal::{Exit, arguments, complain, exit_codes, sentence};

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
        return check::configuration(&path, &Inspection::of(&config, allow_example, SystemClock.today()));
    }
    if arguments.show_sandbox {
        return check::show_sandbox(&config);
    }
    let accept_date = is_accepted(arguments.accept_date)?;
    if let Some(Command::Store(work)) = &arguments.command {
        return store::run(work, &config, accept_date);
    }
    let is_demo = arguments.config.is_none();
    serve::run(&config, allow_example, accept_date, is_demo)
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
