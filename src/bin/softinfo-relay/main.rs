//! The letterbox. Reads one TOML file, opens two listeners, stores ciphertext.

mod memory;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Parser;
use softinfo::relay::config::Config;
use softinfo::relay::{Relay, event};
use tokio::signal::unix::{SignalKind, signal};

/// The configuration of the demonstration, found when the program is started in the project's folder.
const DEMO: &str = "config/demo.toml";

/// Takes sealed tips and keeps them, as ciphertext, until a courier fetches them.
///
/// Without --config it runs the demonstration of config/demo.toml: on this machine only, with the example keys.
/// Exit codes: 0 stopped by a signal, 1 did not start or the disk failed, 2 wrong arguments.
#[derive(Parser)]
#[command(version, max_term_width = 100)]
struct Arguments {
    /// The configuration (every key is explained in config/relay.toml).
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Check the configuration and the directory, and stop.
    #[arg(long)]
    check_config: bool,
    /// Accept the example keys where others can reach this relay. Everybody can read what is sent to them.
    #[arg(long)]
    i_know_these_are_example_keys: bool,
}

fn main() -> ExitCode {
    memory::prepare();
    let arguments = Arguments::parse();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("softinfo-relay: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<()> {
    let path = arguments.config.clone().unwrap_or_else(|| PathBuf::from(DEMO));
    if arguments.config.is_none() && !path.exists() {
        anyhow::bail!("there is no {DEMO} here: start it in the project's folder, or pass --config FILE");
    }
    let config = Config::read(&path)?;
    let allow_example = arguments.i_know_these_are_example_keys;
    if arguments.check_config {
        let directory = config.verified_directory(allow_example)?;
        config.read_page(&directory)?;
        let contents = directory.contents();
        println!(
            "{} is in order: channel {}, directory version {}, valid until {}",
            path.display(),
            contents.channel,
            contents.version,
            contents.expires
        );
        return Ok(());
    }
    event::quiet_panics();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("can't start")?;
    runtime.block_on(async {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let relay = Relay::start(&config, allow_example, memory::give_back).await?;
        if arguments.config.is_none() {
            print_next_steps(&config, &relay)?;
        }
        relay
            .run(async move {
                tokio::select! {
                    _ = terminate.recv() => {}
                    _ = interrupt.recv() => {}
                }
            })
            .await?;
        Ok(())
    })
}

fn print_next_steps(config: &Config, relay: &Relay) -> Result<()> {
    let programs = std::env::current_exe()?.parent().map(|folder| folder.display().to_string()).unwrap_or_default();
    let address = relay.intake_address()?;
    let page = config.page.as_ref().map_or_else(String::new, |_| format!("The page to write on: http://{address}/\n"));
    println!(
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
  softinfo-desk open ID --out case/          (ID as shown by list)
"
    );
    Ok(())
}
