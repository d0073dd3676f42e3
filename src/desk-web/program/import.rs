//! `softinfo-desk import`: a bundle from the courier's computer onto the desk.

use std::io::{self, BufRead, IsTerminal};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use softinfo_base::clock::{Clock, SystemClock};
use softinfo_base::wording::{counted, counted_are};
use softinfo_desk::desk_folder::Desk;
use softinfo_desk::{
    ImportError, Imported, KeyNames, LockError, Missing, Permission, Standing, WithoutFile, import_file, spelled,
};
use softinfo_terminal::{Exit, complain, say, say_json, sentence};

use crate::bars::with_bars;
use crate::desk::{announce_example, busy_desk, name_plaintext};
use crate::list::start;
use crate::passphrase::unlock;
use crate::{PROGRAM, Setting};

/// Most new tips that are named.
const NAMED: usize = 10;

#[derive(Args)]
pub struct Import {
    /// The bundle.
    bundle: PathBuf,
    /// Take it in although its courier has brought no bundle to this desk before: a second one has begun, or one was set up anew.
    #[arg(long)]
    new_courier: bool,
}

impl Import {
    pub fn run(self, setting: &Setting) -> Result<ExitCode> {
        let desk = Desk::open(&setting.desk)?;
        announce_example(&desk);
        let mut permission = Permission { example: setting.allow_example, new_courier: self.new_courier };
        let mut outcome = take_in(&desk, setting, &self.bundle, permission);
        if let Err(error @ (ImportError::NewCourier(_) | ImportError::CourierOfALostList { .. })) = &outcome
            && io::stdin().is_terminal()
            && io::stderr().is_terminal()
        {
            complain(PROGRAM, sentence(error));
            complain(PROGRAM, "take it in now, and from now on whatever this courier brings? yes or no:");
            let mut answer = String::new();
            io::stdin().lock().read_line(&mut answer)?;
            if !answer.trim().eq_ignore_ascii_case("yes") {
                complain(PROGRAM, "nothing was imported");
                return Ok(Exit::Failed.into());
            }
            permission.new_courier = true;
            outcome = take_in(&desk, setting, &self.bundle, permission);
        }
        let imported = match outcome {
            Ok(imported) => imported,
            Err(ImportError::Lock(busy @ LockError::InUse(_))) => return Ok(busy_desk(&busy)),
            Err(error) => return Err(error.into()),
        };
        let said = if setting.json { say_json(&imported) } else { show(&imported) };
        if let Err(error) = said {
            complain(
                PROGRAM,
                format_args!("bundle {} was imported, but what was in it could not be shown: {error}", imported.number),
            );
            return Ok(Exit::Incomplete.into());
        }
        name_plaintext(&imported.plaintext_left);
        name_missing(&imported);
        if let Some(fault) = &imported.not_unlocked {
            complain(
                PROGRAM,
                format_args!(
                    "{}. No key was tried; when the keys can be unlocked again: softinfo-desk list --try-keys",
                    sentence(fault)
                ),
            );
        }
        name_without_file(&imported.without_file);
        name_keys_gone(&desk.keyring.gone_early(SystemClock.today()));
        if imported.unlisted > 0 {
            complain(
                PROGRAM,
                format_args!(
                    "{} in this desk's folder on no list, because the list was lost; each comes back onto it with its bundle: import those again",
                    counted_are(imported.unlisted, "sealed tip")
                ),
            );
        }
        let exit = if imported.is_complete() { Exit::Done } else { Exit::Incomplete };
        Ok(exit.into())
    }
}

/// Takes the bundle in, and asks for the passphrase when a key has to be tried.
fn take_in(desk: &Desk, setting: &Setting, bundle: &Path, permission: Permission) -> Result<Imported, ImportError> {
    with_bars(|progress, clear| {
        let unlocked = || {
            clear();
            unlock(setting, desk, "to see which tips they open")
        };
        import_file(desk, bundle, permission, unlocked, progress)
    })
}

fn show(imported: &Imported) -> io::Result<()> {
    let Imported { courier, number, new, for_this_desk, .. } = imported;
    let place = match imported.standing {
        _ if imported.begins => "",
        Standing::Next => "",
        Standing::Repeated if imported.new + imported.mended == 0 => " (imported before; nothing has changed)",
        Standing::Repeated => " (imported before)",
        Standing::AfterAGap => " (a bundle before it is missing)",
        Standing::OutOfOrder => " (older than the last one; it fills a gap)",
    };
    let them = if *new == 1 { "it" } else { "them" };
    let whose = match (&imported.not_unlocked, new) {
        (Some(_), 0) => String::new(),
        (Some(_), _) => format!(", no key tried on {them} yet"),
        (None, _) => format!(", {for_this_desk} for this desk"),
    };
    say(format_args!("Bundle {number}{place}: {}{whose}.", counted(*new, "new tip")))?;
    if imported.begins {
        say(format_args!("It is the first of the courier {} on this desk.", courier.short()))?;
    }
    if new > for_this_desk && imported.not_unlocked.is_none() {
        let opens = if *for_this_desk == 1 { "opens" } else { "open" };
        let others = new - for_this_desk;
        let open = if others == 1 { "opens" } else { "open" };
        say(format_args!(
            "Of {}, {for_this_desk} {opens} with this desk's keys; {others} {open} with none of them.",
            counted(*new, "new tip")
        ))?;
    }
    for id in imported.ids.iter().take(NAMED) {
        say(format_args!("  {}", start(id)))?;
    }
    if imported.ids.len() > NAMED {
        say(format_args!("  and {} more; softinfo-desk list shows all", imported.ids.len() - NAMED))?;
    }
    if let Some(id) = imported.ids.first() {
        say(format_args!("Next: softinfo-desk show {}", start(id)))?;
    }
    for Missing { courier, numbers, .. } in &imported.given_up {
        say(format_args!(
            "Given up since the last import: {numbers} of the courier {}. Tips that were only there stay unread.",
            courier.short()
        ))?;
    }
    if imported.already > 0 && imported.standing != Standing::Repeated {
        say(format_args!("Here already: {}.", tips(imported.already)))?;
    }
    if imported.mended > 0 {
        say(format_args!("{} mended: missing or damaged before, whole again now.", tips(imported.mended)))?;
    }
    if imported.opens_now > 0 {
        let opens = if imported.opens_now == 1 { "opens" } else { "open" };
        say(format_args!("{} of earlier bundles that no key had opened {opens} now.", tips(imported.opens_now)))?;
    }
    for id in &imported.not_tips {
        say(format_args!("{id} is no tip and was left out."))?;
    }
    Ok(())
}

/// Names what is still missing: bundles that have not come, keys that could not be tried.
fn name_missing(imported: &Imported) {
    if let Some(before) = imported.never_came() {
        let which = |one: &str, several: &str| {
            if before == 1 { format!("bundle 1 {one}") } else { format!("bundles 1 to {before} {several}") }
        };
        if imported.unlisted > 0 {
            let them = if before == 1 { "it" } else { "them" };
            complain(
                PROGRAM,
                format_args!(
                    "{} on no list of this desk, because the list was lost: import {them} again. This is said once",
                    which("is", "are")
                ),
            );
        } else {
            complain(
                PROGRAM,
                format_args!(
                    "{} never imported on this desk. That is as it should be where the desk is newer than the courier; otherwise import what there is \
                     of them. This is said once",
                    which("was", "were")
                ),
            );
        }
    }
    for Missing { courier, numbers, since } in &imported.missing {
        let since = since.map_or_else(|| "DAY".to_owned(), |day| day.to_string());
        let (plural, verb) = if numbers.first == numbers.last { ("", "has") } else { ("s", "have") };
        complain(
            PROGRAM,
            format_args!(
                "bundle{plural} {numbers} of the courier {0} {verb} not come yet. If lost: softinfo-courier fetch --again-since {since}, import what it \
                 brings, then softinfo-desk bundles close {0}",
                courier.short()
            ),
        );
    }
    if imported.untried() > 0 {
        complain(
            PROGRAM,
            format_args!(
                "{} opened by no key that could be read. Restore the damaged ones from their copy, then: softinfo-desk list --try-keys",
                counted_are(imported.untried(), "tip")
            ),
        );
    }
}

/// Names the bundles that bring back the files of tips.
fn name_without_file(missing: &[WithoutFile]) {
    for WithoutFile { courier, tips, bundles } in missing {
        let files =
            if *tips == 1 { "the file of 1 tip is".to_owned() } else { format!("the files of {tips} tips are") };
        let plural = if matches!(&bundles[..], [only] if only.first == only.last) { "" } else { "s" };
        complain(
            PROGRAM,
            format_args!(
                "{files} missing or damaged: import bundle{plural} {} of the courier {} again, which bring{} {} back",
                spelled(bundles),
                courier.short(),
                if plural.is_empty() { "s" } else { "" },
                if *tips == 1 { "it" } else { "them" },
            ),
        );
    }
}

/// Names keys that are gone before their time is over: what is sealed to them would never open.
fn name_keys_gone(gone: &KeyNames) {
    if !gone.0.is_empty() {
        complain(
            PROGRAM,
            format_args!(
                "not in keys/, though not yet over: {gone}. What is sealed to them does not open; unless they were destroyed on purpose, put them back from \
                 the copy"
            ),
        );
    }
}

fn tips(number: usize) -> String {
    counted(number, "tip")
}
