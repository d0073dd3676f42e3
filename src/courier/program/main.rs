//! The holder's online side: fetches ciphertext and packs it for the desk. It has no keys.
#![deny(clippy::print_stdout, clippy::print_stderr)]

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};
use indicatif::ProgressBar;
use softinfo_base::clock::{Clock, SystemClock};
use softinfo_base::day::Day;
use softinfo_base::wording::counted;
use softinfo_client::{ClientError, Floor};
use softinfo_courier::{CourierConfig, CourierError, Fetched, Options, Progress, Work, fetch};
use softinfo_formats::envelope::id::TipId;
use softinfo_terminal::{Exit, arguments, byte_bar, complain, exit_codes, say, say_json, sentence};

const PROGRAM: &str = "softinfo-courier";
/// The configuration of the demonstration, found when the program is started in the project's folder.
const DEMO: &str = "config/demo-courier.toml";
/// The codes that this program can end with.
const CODES: [Exit; 6] = [Exit::Done, Exit::Failed, Exit::Usage, Exit::TryLater, Exit::Refused, Exit::Incomplete];
/// Most ids of one kind that are shown one by one.
const SHOWN: usize = 10;

/// Fetches sealed tips from a relay and packs them into a bundle for the offline desk.
#[derive(Parser)]
#[command(version, max_term_width = 100, after_help = exit_codes(&CODES))]
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
        /// Pack again everything that arrived from this day on, for example when a bundle was lost. It is remembered until it is done.
        #[arg(long, value_name = "DAY")]
        again_since: Option<Day>,
        /// Begin a new chain of bundles under a new name, with all that is in the pool: when the courier's folder was copied to a second machine, or its journal is damaged.
        #[arg(long, conflicts_with = "again_since")]
        new_chain: bool,
    },
}

fn main() -> ExitCode {
    let arguments = match arguments::<Arguments>() {
        Ok(arguments) => arguments,
        Err(code) => return code,
    };
    run(&arguments)
        .unwrap_or_else(|error| {
            complain(PROGRAM, sentence(error.as_ref()));
            exit(&error)
        })
        .into()
}

fn exit(error: &anyhow::Error) -> Exit {
    match error.downcast_ref::<CourierError>() {
        Some(CourierError::InUse(_)) => Exit::TryLater,
        Some(CourierError::Client(error)) if error.may_pass() => Exit::TryLater,
        Some(CourierError::Token(_) | CourierError::Client(ClientError::Refused { .. })) => Exit::Refused,
        _ => Exit::Failed,
    }
}

fn run(arguments: &Arguments) -> Result<Exit> {
    let path = arguments.config.clone().unwrap_or_else(|| PathBuf::from(DEMO));
    if arguments.config.is_none() && !path.exists() {
        anyhow::bail!("there is no {DEMO} here: start it in the project's folder, or pass --config FILE");
    }
    let config = CourierConfig::read(&path)?;
    let Command::Fetch { out, again_since, new_chain } = &arguments.command;
    let options = Options {
        today: SystemClock.today(),
        again_since: *again_since,
        new_chain: *new_chain,
        allow_example: arguments.i_know_these_are_example_keys,
        floor: Floor::default(),
    };
    let bar = Bar(byte_bar(0, "Fetching"));
    let fetched = fetch(&config, out, &options, &bar);
    bar.0.finish_and_clear();
    let fetched = fetched?;
    let shown = if arguments.json { say_json(&fetched) } else { show(&fetched, out) };
    if let Err(error) = shown {
        // Nothing is undone by a reader that went away: the bundle is there, and counts.
        let bundles = bundles(&fetched, out);
        if bundles.is_empty() {
            return Err(error).context("no bundle was written, but that can't be shown");
        }
        complain(PROGRAM, format_args!("{bundles}, but what was done can't be shown: {error}"));
        return Ok(Exit::Incomplete);
    }
    Ok(if is_complete(&fetched) { Exit::Done } else { Exit::Incomplete })
}

fn is_complete(fetched: &Fetched) -> bool {
    let Fetched { resumed, waiting, unreadable, broken, busy, wrong_sizes, not_tips, .. } = fetched;
    !resumed && *waiting == 0 && [unreadable, broken, busy, wrong_sizes, not_tips].iter().all(|ids| ids.is_empty())
}

/// Where the bundles are that this run wrote or found.
fn bundles(fetched: &Fetched, out: &Path) -> String {
    let found = fetched.found.as_ref().map(|found| (found.number, found.tips, &*found.bundle));
    let written = fetched.number.map(|number| (number, fetched.tips, out));
    let place = |(number, count, path): (u64, usize, &Path)| {
        format!("bundle {number} with {} is in {}", tips(count), path.display())
    };
    found.into_iter().chain(written).map(place).collect::<Vec<_>>().join(", ")
}

/// How many, in words.
fn tips(count: usize) -> String {
    counted(count, "tip")
}

fn show(fetched: &Fetched, out: &Path) -> std::io::Result<()> {
    if let Some(found) = &fetched.found {
        say(format_args!(
            "The run before was cut off when bundle {} with {} was whole: it is in {}. Carry it to the desk too.",
            found.number,
            tips(found.tips),
            found.bundle.display()
        ))?;
    }
    if fetched.gone > 0 {
        let were = if fetched.gone == 1 { "was" } else { "were" };
        say(format_args!("{} {were} withdrawn or expired while being fetched.", tips(fetched.gone)))?;
    }
    if fetched.misdated > 0 {
        let have = if fetched.misdated == 1 { "has" } else { "have" };
        say(format_args!(
            "{} {have} a day in the future at the relay, and today's in the bundle. If this computer's date is right, tell the relay's operator.",
            tips(fetched.misdated)
        ))?;
    }
    each(&fetched.unreadable, |id| {
        format!(
            "The relay could not give out {id} as it was stored. Tell its operator now: it is tried again at the next run, but only if the relay still lists it."
        )
    })?;
    each(&fetched.broken, |id| {
        format!("The connection broke again and again while {id} was fetched; it is tried again at the next run.")
    })?;
    each(&fetched.busy, |id| {
        format!("The relay could not give out {id} at the moment; it is tried again at the next run.")
    })?;
    each(&fetched.wrong_sizes, |id| {
        format!(
            "The relay lists {id} with a length that no tip of this letterbox has; it was not fetched. Tell its operator."
        )
    })?;
    each(&fetched.not_tips, |id| {
        format!(
            "What the relay gives out as {id} is no tip; it is not in the bundle, and is not fetched again. Tell its operator."
        )
    })?;
    match fetched.number {
        None if is_complete(fetched) && fetched.gone == 0 => say("Nothing new; no bundle was written.")?,
        None => say("Nothing else is new; no bundle was written.")?,
        Some(number) => say(format_args!(
            "Bundle {number} with {} is in {}. Carry it to the desk, then: softinfo-desk import {}",
            tips(fetched.tips),
            out.display(),
            out.display()
        ))?,
    }
    if fetched.number == Some(1) {
        say(format_args!(
            "This courier's name is {}…. If the desk says that it does not know this courier, compare the name, then: softinfo-desk import --new-courier {}",
            fetched.courier.short(),
            out.display()
        ))?;
    }
    if fetched.resumed {
        say(
            "It is the bundle that the run before was writing when it was cut off. Run softinfo-courier again for what has come since.",
        )?;
    }
    if let Some(stopped) = &fetched.stopped {
        let whole = if fetched.number.is_some() { " What was whole is in the bundle." } else { "" };
        say(format_args!("{stopped}.{whole} Run softinfo-courier again for the others."))?;
    } else if fetched.waiting > 0 {
        say("There are more tips than one bundle takes (bundle_mib). Run softinfo-courier again for the others.")?;
    }
    Ok(())
}

/// One line each, and one for the others when there are many.
fn each(ids: &[TipId], line: impl Fn(&TipId) -> String) -> std::io::Result<()> {
    ids.iter().take(SHOWN).try_for_each(|id| say(line(id)))?;
    match ids.len().saturating_sub(SHOWN) {
        0 => Ok(()),
        1 => say("The same is true of 1 other; --json names all."),
        more => say(format_args!("The same is true of {more} others; --json names all.")),
    }
}

struct Bar(ProgressBar);

impl Progress for Bar {
    fn begin(&self, work: Work, bytes: u64) {
        self.0.set_message(match work {
            Work::Fetching => "Fetching",
            Work::Writing => "Writing the bundle",
            Work::ReadingBack => "Reading it back",
        });
        self.0.set_length(bytes);
        // The speed of what was before says nothing of this.
        self.0.reset();
    }

    fn advance(&self, bytes: u64) {
        self.0.inc(bytes);
    }
}
