//! For forwarders and for writers without the page: seals tips, sends them, withdraws them.

mod channel;
mod check_relay;
mod relay;
mod seal;
mod send;
mod withdraw;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};
use softinfo::client::ClientError;
use softinfo::terminal::sentence;

/// Seals what you write, on this computer, so that only the holders you choose can read it, and sends it.
///
/// Exit codes: 0 done, 1 failed, 2 wrong arguments, 3 the relay can't be reached (try again later), 4 the relay refused (nothing was stored),
/// 5 (check-relay) the relay serves something else than the directory says, 6 (check-relay) all is as it was signed, but the directory or the last key
/// of a holder ends within 30 days.
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
    /// Compare the page and the directory of a relay with what the channel's owner signed.
    ///
    /// A line for the crontab of a watcher, who then gets mail only when something is wrong:
    /// `17 * * * * softinfo-tip check-relay --quiet --relay URL --root FILE --socks 127.0.0.1:9050`
    CheckRelay(check_relay::CheckRelay),
}

fn main() -> ExitCode {
    let done: Result<()> = match Arguments::parse().command {
        Command::Send(send) => send.run(),
        Command::Seal(seal) => seal.run(),
        Command::Withdraw(withdraw) => withdraw.run(),
        Command::CheckRelay(check) => check.run(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("softinfo-tip: {}", sentence(error.as_ref()));
            ExitCode::from(match outcome(&error) {
                "unreachable" => 3,
                "refused" => 4,
                "differs" => 5,
                "ends-soon" => 6,
                _ => 1,
            })
        }
    }
}

/// A failure in one word, on which exit codes stand.
fn outcome(error: &anyhow::Error) -> &'static str {
    match error.downcast_ref::<ClientError>() {
        Some(ClientError::Unreachable(_)) => "unreachable",
        Some(ClientError::Refused { .. }) => "refused",
        _ if error.is::<check_relay::Differs>() => "differs",
        _ if error.is::<check_relay::EndsSoon>() => "ends-soon",
        _ => "failed",
    }
}
