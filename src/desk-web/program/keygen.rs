//! `softinfo-desk keygen`: identities for the months to come.

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::Args;
use softinfo_base::clock::{Clock, SystemClock};
use softinfo_base::day::Day;
use softinfo_base::wording::counted;
use softinfo_desk::desk_folder::keys_folder;
use softinfo_desk::keyring::{KEYRING_FILE, Keyring, Made, Order, read_holder};
use softinfo_desk::secret_file::WORK_FACTOR;
use softinfo_formats::directory::{HolderId, Kind};
use softinfo_terminal::{Exit, complain, say, say_json};

use crate::keys::NO_SIGNING_KEY;
use crate::{PROGRAM, Setting, passphrase, told};

#[derive(Args)]
pub struct Keygen {
    /// Id of the holder, for example labour-inspectorate-antwerp.
    #[arg(long, value_name = "ID", required_unless_present = "profile")]
    holder: Option<HolderId>,
    /// What the holder is: local-police, federal-police, labour-inspectorate, public-prosecutor, investigating-judge, guidance-centre or ngo.
    #[arg(long, value_name = "KIND", required_unless_present = "profile")]
    kind: Option<Kind>,
    /// JSON file with id, kind, names, competence and duty_card, instead of --holder and --kind.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["holder", "kind"])]
    profile: Option<PathBuf>,
    /// First month, as 2026-11.
    #[arg(long, value_name = "MONTH", value_parser = month)]
    from: Day,
    /// How many epochs to make.
    #[arg(long, default_value_t = 12, value_name = "N")]
    epochs: u32,
    /// Months in each epoch. The shorter, the sooner a stolen key is worthless.
    #[arg(long, default_value_t = 1, value_name = "N")]
    epoch_months: u32,
    /// log2 of the work that each guess of the passphrase costs (scrypt N). Only for the first keys in a folder.
    #[arg(long, default_value_t = WORK_FACTOR, value_name = "N", value_parser = clap::value_parser!(u8).range(10..=22))]
    work_factor: u8,
    /// Folder for the keys, instead of the desk's own.
    #[arg(long, value_name = "FOLDER")]
    keys: Option<PathBuf>,
}

/// A month as people write it here.
fn month(text: &str) -> Result<Day, String> {
    Day::first_of_month(text)
        .map_err(|_| "not a month; write year and month in figures, for example 2026-11".to_owned())
}

impl Keygen {
    pub fn run(self, setting: &Setting) -> Result<ExitCode> {
        let folder = self.keys.unwrap_or_else(|| keys_folder(&setting.desk));
        let mut keyring = Keyring::read(&folder)?;
        let profile = match (&self.profile, self.holder, self.kind) {
            (Some(path), ..) => read_holder(path)?,
            (None, Some(id), Some(kind)) => keyring.described(id, kind)?,
            _ => bail!("pass --holder and --kind, or --profile"),
        };
        let order = Order {
            profile,
            from: self.from,
            epochs: self.epochs,
            months: self.epoch_months,
            work_factor: self.work_factor,
        };
        keyring.check(&order)?;
        let made = if keyring.has_passphrase() {
            let question = format!("Passphrase of the keys in {}, to make more", folder.display());
            passphrase::ask(setting.passphrase_fd, &question, |typed| keyring.make(&order, typed))?
        } else {
            let of = format!("the keys in {}", folder.display());
            keyring.make(&order, &passphrase::new(setting.passphrase_fd, &of)?)?
        };
        let said = if setting.json { say_json(&made.holder) } else { show(&folder, &made) };
        let mut exit = told(said, format_args!("the keys were made and are in {}", folder.display()));
        for doubt in made.doubts(self.profile.is_some(), SystemClock.today()) {
            complain(PROGRAM, doubt);
        }
        if keyring.lacks_signing_key(&made.holder.id) {
            complain(PROGRAM, NO_SIGNING_KEY);
            exit = Exit::Incomplete;
        }
        Ok(exit.into())
    }
}

fn show(folder: &Path, made: &Made) -> io::Result<()> {
    let Made { holder, epochs, completed } = made;
    let public = folder.join(holder.id.as_str()).join("holder.json");
    if *completed > 0 {
        say(format_args!("An earlier keygen had been ended before it was done; {completed} of its keys are used."))?;
    }
    if let (Some(first), Some(last)) = (epochs.first(), epochs.last()) {
        let count = counted(epochs.len(), "key");
        say(format_args!("{count} for {}, for tips from {} to {}:", holder.id, first.from, last.until))?;
    }
    for epoch in epochs {
        say(format_args!("  {}  {} to {}", epoch.epoch, epoch.from, epoch.until))?;
    }
    if holder.epochs.len() > epochs.len()
        && let Some(last) = holder.epochs.iter().map(|epoch| epoch.until).max()
    {
        let count = counted(holder.epochs.len(), "key");
        say(format_args!("With those from before, {} has {count}, the last until {last}.", holder.id))?;
    }
    say(format_args!("Hand in {}: it is public, and goes to whoever signs the directory.", public.display()))?;
    say(format_args!(
        "Copy all of {}, with {KEYRING_FILE}, to a second medium and lock that away: without the keys or the passphrase nobody can read the tips.",
        folder.display()
    ))
}
