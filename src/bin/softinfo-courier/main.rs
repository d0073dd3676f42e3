//! The holder's online side: fetches ciphertext and packs it for the desk. It has no keys.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};
use indicatif::ProgressBar;
use softinfo::client::ClientError;
use softinfo::courier::{CourierConfig, CourierError, Options, Progress, fetch};
use softinfo::day::Day;
use softinfo::terminal::{byte_bar, sentence};

/// The configuration of the demonstration, found when the program is started in the project's folder.
const DEMO: &str = "config/demo-courier.toml";

/// Fetches sealed tips from a relay and packs them into a bundle for the offline desk.
///
/// Exit codes: 0 done (also when nothing was new), 1 failed, 2 wrong arguments, 3 the relay can't be reached (try again later; what was fetched is kept).
#[derive(Parser)]
#[command(version, max_term_width = 100)]
struct Arguments {
    /// The configuration (every key is explained in config/courier.toml).
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Accept the example keys of a relay elsewhere. Everybody can read what is sent to them.
    #[arg(long, global = true)]
    i_know_these_are_example_keys: bool,
    /// Print the outcome as JSON.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Fetch what is new and write a bundle.
    Fetch {
        /// The bundle to write; must not exist.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// Pack again everything that arrived from this day on, for example when a bundle was lost.
        #[arg(long, value_name = "DAY")]
        again_since: Option<Day>,
    },
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("softinfo-courier: {}", sentence(error.as_ref()));
            let unreachable =
                matches!(error.downcast_ref::<CourierError>(), Some(CourierError::Client(ClientError::Unreachable(_))));
            ExitCode::from(if unreachable { 3 } else { 1 })
        }
    }
}

fn run(arguments: &Arguments) -> Result<()> {
    let path = arguments.config.clone().unwrap_or_else(|| PathBuf::from(DEMO));
    if arguments.config.is_none() && !path.exists() {
        anyhow::bail!("there is no {DEMO} here: start it in the project's folder, or pass --config FILE");
    }
    let config = CourierConfig::read(&path)?;
    let Command::Fetch { out, again_since } = &arguments.command;
    let options = Options { again_since: *again_since, allow_example: arguments.i_know_these_are_example_keys };
    let fetched = fetch(&config, out, &options, &Bar(byte_bar(0, "Fetching")))?;
    if arguments.json {
        println!("{}", serde_json::to_string(&fetched)?);
        return Ok(());
    }
    if fetched.gone > 0 {
        println!("{} tips were withdrawn or expired while they were being fetched.", fetched.gone);
    }
    for id in &fetched.unreadable {
        println!(
            "The relay could not give out {id} as it was stored. Tell its operator; it is tried again at the next run."
        );
    }
    match fetched.number {
        None => println!("Nothing new; no bundle was written."),
        Some(number) => println!(
            "Bundle {number} with {} tips is in {}. Carry it to the desk, then: softinfo-desk import {}",
            fetched.tips,
            out.display(),
            out.display()
        ),
    }
    Ok(())
}

struct Bar(ProgressBar);

impl Progress for Bar {
    fn total(&self, bytes: u64) {
        self.0.set_length(bytes);
    }

    fn advance(&self, bytes: u64) {
        self.0.inc(bytes);
    }
}
