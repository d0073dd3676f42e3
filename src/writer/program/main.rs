//! For forwarders and for writers without the page: seals tips, sends them, withdraws them.
#![allow(clippy::doc_markdown)] // what stands above an argument is its help

mod bar;
mod channel;
mod check_relay;
mod command;
mod content;
mod outcome;
mod receipt;
mod relay;
mod seal;
mod send;
mod sending;
mod stop;
mod withdraw;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use softinfo_base::process;
use softinfo_terminal::{Exit, arguments, complain, exit_codes, sentence};

/// The program's name, in front of what it says on standard error.
const NAME: &str = "softinfo-tip";

/// Seals what you write, on this computer, so that only the holders you choose can read it, and sends it.
#[derive(Parser)]
#[command(version, max_term_width = 100, after_help = exit_codes(&outcome::CODES))]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Seal a tip and send it to a relay, or send one that was sealed before.
    ///
    /// The receipt is shown, or saved with --receipt, before anything of the tip leaves this computer.
    ///
    /// With --json there are two lines, each a JSON object: first the receipt, {"id", "words", "digits"}, before the tip leaves (not with --receipt,
    /// --no-receipt or --sealed); then {"id", "day", "new", "channel"}, and "receipt" and "sealed" with the names of their files, when the tip is stored.
    /// Where the second line is missing, the exit code says whether the tip may be stored. "channel" is null where it is not known whose relay this is
    /// (--sealed without --root).
    Send(send::Send),
    /// Seal a tip into a file, without any network.
    ///
    /// With --json there are two lines, each a JSON object: first the receipt, {"id", "words", "digits"} (not with --receipt or --no-receipt); then
    /// {"id", "file"}, and "receipt" with the name of its file, when the sealed file is there.
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
    // Before anything secret is in it.
    if let Err(error) = process::close_memory() {
        complain(NAME, error);
        return Exit::Failed.into();
    }
    let command = match arguments::<Arguments>() {
        Ok(arguments) => arguments.command,
        Err(code) => return code,
    };
    let done = match command {
        Command::Send(send) => send.run(),
        Command::Seal(seal) => seal.run(),
        Command::Withdraw(withdraw) => withdraw.run(),
        Command::CheckRelay(check) => check.run(),
    };
    match done {
        Ok(()) => Exit::Done.into(),
        Err(error) => {
            complain(NAME, sentence(error.as_ref()));
            outcome::exit(&error).into()
        }
    }
}
