//! The holder's online side: fetches ciphertext and packs it for the desk. It has no keys.
#![allow(clippy::doc_markdown)] // what stands above an argument is its help

mod fetch;
mod setup;
mod told;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use softinfo_client::ClientError;
use softinfo_courier::CourierError;
use softinfo_terminal::{Exit, arguments, complain, exit_codes, sentence};

/// The program's name, in front of what it says on standard error.
const PROGRAM: &str = "softinfo-courier";
/// The codes that this program can end with.
const CODES: [Exit; 6] = [Exit::Done, Exit::Failed, Exit::Usage, Exit::TryLater, Exit::Refused, Exit::Incomplete];

/// Fetches sealed tips from a relay and packs them into a bundle for the offline desk.
#[derive(Parser)]
#[command(version, max_term_width = 100, after_help = exit_codes(&CODES))]
struct Arguments {
    #[command(flatten)]
    setup: setup::Setup,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Fetch what is new and write a bundle.
    Fetch(fetch::Fetch),
}

fn main() -> ExitCode {
    let Arguments { setup, command } = match arguments::<Arguments>() {
        Ok(arguments) => arguments,
        Err(code) => return code,
    };
    let done = match command {
        Command::Fetch(fetch) => fetch.run(&setup),
    };
    done.unwrap_or_else(|error| {
        complain(PROGRAM, sentence(error.as_ref()));
        exit(&error)
    })
    .into()
}

/// The code of a failure.
fn exit(error: &anyhow::Error) -> Exit {
    match error.downcast_ref::<CourierError>() {
        Some(CourierError::InUse(_)) => Exit::TryLater,
        Some(CourierError::Client(error)) if error.may_pass() => Exit::TryLater,
        Some(CourierError::Token(_) | CourierError::Client(ClientError::Refused { .. })) => Exit::Refused,
        _ => Exit::Failed,
    }
}
