//! The air-gapped side: keys, directories, bundles, opened tips. Works with the network cable out.
#![allow(clippy::doc_markdown)] // what stands above an argument is its help

mod bars;
mod bundles;
mod desk;
mod directory;
mod import;
mod keygen;
mod keys;
mod list;
mod open;
mod passphrase;
mod sheet;
mod show;

use std::fmt::Display;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};
use softinfo_desk::keyring::KeyringError;
use softinfo_terminal::{Exit, arguments, complain, exit_codes, sentence};

/// The name before what is said on standard error.
pub const PROGRAM: &str = "softinfo-desk";

/// The codes that this program can end with.
const CODES: [Exit; 5] = [Exit::Done, Exit::Failed, Exit::Usage, Exit::TryLater, Exit::Incomplete];

/// Keeps a holder's keys, takes in bundles and opens tips, on a computer without network.
#[derive(Parser)]
#[command(version, max_term_width = 100, after_help = exit_codes(&CODES))]
struct Arguments {
    /// The desk's folder; $SOFTINFO_DESK, or softinfo-desk in your data folder, when not given.
    #[arg(long, global = true, value_name = "FOLDER")]
    desk: Option<PathBuf>,
    /// Read the passphrase from this open file descriptor instead of the terminal.
    #[arg(long, global = true, value_name = "N")]
    passphrase_fd: Option<u32>,
    /// Accept example keys where they protect nobody.
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
    /// Make keys for a range of months.
    Keygen(keygen::Keygen),
    /// Show which keys are here, or mend a holder.json that was lost.
    Keys(keys::Keys),
    /// Make, sign, check or trust a directory of holders.
    Directory(directory::DirectoryCommand),
    /// Take in a bundle that softinfo-courier wrote.
    Import(import::Import),
    /// Show which bundles came from which courier, and which are missing.
    Bundles(bundles::Bundles),
    /// Show the tips on this desk.
    List(list::List),
    /// Show what a tip says, on the terminal and nowhere else.
    Show(show::Show),
    /// Open a tip into a folder.
    Open(open::Open),
}

/// What every subcommand may need.
struct Setting {
    /// The desk's folder.
    desk: PathBuf,
    /// A file descriptor from which the passphrase is read; without one it is asked for.
    passphrase_fd: Option<u32>,
    /// Example keys are accepted for addresses elsewhere, too.
    allow_example: bool,
    /// Answers are JSON.
    json: bool,
}

fn main() -> ExitCode {
    // Before anything secret is in it.
    if let Err(error) = softinfo_base::process::close_memory() {
        complain(PROGRAM, error);
        return Exit::Failed.into();
    }
    let arguments = match arguments::<Arguments>() {
        Ok(arguments) => arguments,
        Err(code) => return code,
    };
    run(arguments).unwrap_or_else(|error| {
        complain(PROGRAM, sentence(error.as_ref()));
        let passes = matches!(error.downcast_ref::<KeyringError>(), Some(KeyringError::InUse(_)));
        if passes { Exit::TryLater } else { Exit::Failed }.into()
    })
}

fn run(arguments: Arguments) -> Result<ExitCode> {
    let setting = Setting {
        desk: arguments.desk.map_or_else(default_folder, Ok)?,
        passphrase_fd: arguments.passphrase_fd,
        allow_example: arguments.i_know_these_are_example_keys,
        json: arguments.json,
    };
    match arguments.command {
        Command::Keygen(command) => command.run(&setting),
        Command::Keys(command) => command.run(&setting),
        Command::Directory(command) => command.run(&setting),
        Command::Import(command) => command.run(&setting),
        Command::Bundles(command) => command.run(&setting),
        Command::List(command) => command.run(&setting),
        Command::Show(command) => command.run(&setting),
        Command::Open(command) => command.run(&setting),
    }
}

/// The end of a command that has `done` something: where only its words could not be shown, that is said.
fn told(said: std::io::Result<()>, done: impl Display) -> Exit {
    match said {
        Ok(()) => Exit::Done,
        Err(error) => {
            complain(PROGRAM, format_args!("{done}; only this could not be shown: {error}"));
            Exit::Incomplete
        }
    }
}

fn default_folder() -> Result<PathBuf> {
    if let Some(folder) = std::env::var_os("SOFTINFO_DESK") {
        return Ok(folder.into());
    }
    let data = std::env::var_os("XDG_DATA_HOME").map(PathBuf::from);
    let data = data.or_else(|| std::env::home_dir().map(|home| home.join(".local/share")));
    Ok(data.context("there is no home folder; pass --desk FOLDER")?.join("softinfo-desk"))
}
