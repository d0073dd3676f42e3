//! `softinfo-desk keys`: which keys are here, and `holder.json` made anew where it was lost.

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::{Args, Subcommand};
use serde_json::json;
use softinfo_desk::desk_folder::keys_folder;
use softinfo_desk::keyring::{KeyState, Keyring, Listed, Mended, Survey, read_holder};
use softinfo_formats::directory::Holder;
use softinfo_terminal::{Exit, complain, say, say_json, sentence};

use crate::desk::quiet_when_closed;
use crate::{PROGRAM, Setting, passphrase, told};

/// Where a holder's signing key is gone.
pub const NO_SIGNING_KEY: &str = "a signing key is missing; restore signing.age from the copy of the folder, or make a new one with \
     softinfo-desk keys mend --new-signing-key";

/// What a look at the files does not say.
const NOT_CHECKED: &str = "Not checked: whether keyring.age opens these files. softinfo-desk keys mend tries them; what is in order stays as it is.";

/// Without an action: show which keys are here. Asks for no passphrase.
#[derive(Args)]
pub struct Keys {
    #[command(subcommand)]
    action: Option<Action>,
    /// Folder of the keys, instead of the desk's own.
    #[arg(long, global = true, value_name = "FOLDER")]
    keys: Option<PathBuf>,
}

#[derive(Subcommand)]
enum Action {
    /// Make holder.json anew from the key files, where it is lost, damaged, or does not name all keys. No key is changed.
    Mend {
        /// JSON file with id, kind, names, competence and duty_card: they are put in again. Only this holder is mended.
        #[arg(long, value_name = "FILE")]
        profile: Option<PathBuf>,
        /// Where signing.age is lost or damaged and there is no copy: make a new one. The directory has to be signed anew.
        #[arg(long)]
        new_signing_key: bool,
    },
}

impl Keys {
    pub fn run(self, setting: &Setting) -> Result<ExitCode> {
        let folder = self.keys.unwrap_or_else(|| keys_folder(&setting.desk));
        let mut keyring = Keyring::read(&folder)?;
        match self.action {
            None => list(setting, &keyring),
            Some(Action::Mend { profile, new_signing_key }) => {
                let profile = profile.as_deref().map(read_holder).transpose()?;
                mend(setting, &mut keyring, profile.as_ref(), new_signing_key)
            }
        }
    }
}

fn list(setting: &Setting, keyring: &Keyring) -> Result<ExitCode> {
    let Survey { holders, keyring_fault, some_damaged, lacks_signing_key, some_not_listed } = keyring.survey();
    // Whoever closes the other end has seen enough; what is wrong is said all the same.
    quiet_when_closed(if setting.json {
        say_json(&holders)
    } else if holders.is_empty() {
        say(format_args!(
            "There are no keys in {} yet. Make them with: softinfo-desk keygen",
            keyring.folder().display()
        ))
    } else {
        holders.iter().try_for_each(show).and_then(|()| match &keyring_fault {
            None => say(NOT_CHECKED),
            Some(_) => Ok(()),
        })
    })?;
    let unreadable = !keyring.faults().is_empty();
    for fault in keyring_fault.iter().chain(keyring.faults()) {
        complain(PROGRAM, sentence(fault));
    }
    if some_damaged {
        complain(PROGRAM, "a damaged key opens nothing; restore its file from the copy of the folder");
    }
    if lacks_signing_key {
        complain(PROGRAM, NO_SIGNING_KEY);
    }
    if some_not_listed && !unreadable {
        complain(
            PROGRAM,
            "holder.json does not name all key files that are here; softinfo-desk keys mend takes in those that it opens",
        );
    }
    let amiss = keyring_fault.is_some() || unreadable || some_damaged || lacks_signing_key || some_not_listed;
    let exit = if amiss { Exit::Incomplete } else { Exit::Done };
    Ok(exit.into())
}

fn show(holder: &Listed) -> io::Result<()> {
    say(format_args!("{}", holder.holder))?;
    for epoch in &holder.epochs {
        let days = match (epoch.from, epoch.until) {
            (Some(from), Some(until)) => format!("{from} to {until}"),
            _ => " ".repeat(24),
        };
        say(format_args!("  {}  {days}  {}", epoch.epoch, state(epoch.state)))?;
    }
    let signing = if holder.signing == KeyState::Destroyed { "MISSING" } else { state(holder.signing) };
    say(format_args!("  signing key: {signing}"))?;
    Ok(())
}

fn state(state: KeyState) -> &'static str {
    match state {
        KeyState::NotChecked => "a file is here; not checked",
        KeyState::Destroyed => "its file is gone: destroyed, or lost",
        KeyState::Damaged => "DAMAGED",
        KeyState::NotListed => "a file is here, but not in holder.json; not checked",
        KeyState::None => "none",
    }
}

fn mend(setting: &Setting, keyring: &mut Keyring, profile: Option<&Holder>, new_signing_key: bool) -> Result<ExitCode> {
    if keyring.is_empty() {
        bail!("there are no keys in {} that could be mended", keyring.folder().display());
    }
    let question = format!("Passphrase of the keys in {}, to mend them", keyring.folder().display());
    let outcomes =
        passphrase::ask(setting.passphrase_fd, &question, |typed| keyring.mend(profile, new_signing_key, typed))?;
    let (mut exit, mut said) = (Exit::Done, Ok(()));
    let mut rows = Vec::new();
    for outcome in outcomes {
        match outcome {
            Ok(mended) => {
                if setting.json {
                    let Mended { holder, changed, set_aside, new_signing_key, .. } = &mended;
                    rows.push(json!({ "holder": holder, "changed": changed, "set_aside": set_aside, "new_signing_key": new_signing_key }));
                } else {
                    said = said.and_then(|()| tell(keyring, &mended));
                }
                if keyring.lacks_signing_key(&mended.holder.id) {
                    complain(PROGRAM, NO_SIGNING_KEY);
                    exit = Exit::Incomplete;
                }
                for fault in &mended.damaged {
                    complain(PROGRAM, sentence(fault));
                    exit = Exit::Incomplete;
                }
            }
            Err(error) => {
                complain(PROGRAM, sentence(&error));
                exit = Exit::Incomplete;
            }
        }
    }
    if setting.json {
        said = say_json(&rows);
    }
    if told(said, "what could be mended was") == Exit::Incomplete {
        exit = Exit::Incomplete;
    }
    Ok(exit.into())
}

fn tell(keyring: &Keyring, mended: &Mended) -> io::Result<()> {
    let Mended { holder, changed, set_aside, new_signing_key, .. } = mended;
    let path = keyring.folder().join(holder.id.as_str()).join("holder.json");
    if *changed {
        let count = holder.epochs.len();
        let plural = if count == 1 { "" } else { "s" };
        say(format_args!("{} was made anew; it names {count} epoch{plural}.", path.display()))?;
        if holder.names.is_empty() {
            say("It has no names and no duty card; to put them in again, repeat with --profile FILE.")?;
        }
        say("If it differs from what the directory says, hand it in again.")?;
    } else {
        say(format_args!("{} is in order; nothing was changed.", path.display()))?;
    }
    if *new_signing_key {
        say("It has a new signing key: from now on the directory has to name this one, and be signed with it.")?;
    }
    for old in set_aside {
        say(format_args!("The file that could not be read is now {}.", old.display()))?;
    }
    Ok(())
}
