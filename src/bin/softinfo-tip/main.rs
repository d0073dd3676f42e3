//! For forwarders and for writers without the page: seals tips, sends them, withdraws them.

mod channel;
mod seal;
mod send;
mod withdraw;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};
use softinfo::client::ClientError;

/// Seals what you write, on this computer, so that only the holders you choose can read it, and sends it.
///
/// Exit codes: 0 done, 1 failed, 2 wrong arguments, 3 the relay can't be reached (try again later), 4 the relay refused (nothing was stored).
#[derive(Parser)]
#[command(version, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Seal a tip and send it to a relay, or send one that was sealed before.
    Send(send::Send),
    /// Seal a tip into a file, without any network.
    Seal(seal::Seal),
    /// Erase a tip from the relay with the receipt.
    Withdraw(withdraw::Withdraw),
}

fn main() -> ExitCode {
    let outcome: Result<()> = match Arguments::parse().command {
        Command::Send(send) => send.run(),
        Command::Seal(seal) => seal.run(),
        Command::Withdraw(withdraw) => withdraw.run(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("softinfo-tip: {error:#}");
            ExitCode::from(match error.downcast_ref::<ClientError>() {
                Some(ClientError::Unreachable(_)) => 3,
                Some(ClientError::Refused { .. }) => 4,
                _ => 1,
            })
        }
    }
}
