//! `softinfo-desk list`: what is on the desk.

use std::io;
use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use serde_json::json;
use softinfo_desk::desk_folder::Desk;
use softinfo_desk::{
    Case, Casebook, CasebookError, DeskLock, KnownKey, LockError, OpenTipError, key_files, known, try_keys,
};
use softinfo_formats::envelope::id::TipId;
use softinfo_terminal::{Exit, complain, say, say_json};

use crate::import::{announce_example, busy_desk, clear_away, trying_keys};
use crate::passphrase::unlock;
use crate::{PROGRAM, Setting};

#[derive(Args)]
pub struct List {
    /// First try every key on the tips that no key has opened. Asks for the passphrase.
    #[arg(long)]
    try_keys: bool,
    /// Name no more what an open that was ended halfway may have left in folders that are not there: their medium is gone for good, or they were
    /// removed by hand.
    #[arg(long)]
    forget_plaintext: bool,
}

impl List {
    pub fn run(self, setting: &Setting) -> Result<ExitCode> {
        let desk = Desk::open(&setting.desk)?;
        if let Err(lost) = Casebook::not_lost(&desk.folder) {
            return Ok(lost_list(&lost));
        }
        if self.forget_plaintext {
            let mut lock = match DeskLock::take(&desk.folder) {
                Err(busy @ LockError::InUse(_)) => return Ok(busy_desk(&busy)),
                lock => lock?,
            };
            for gone in lock.forget_plaintext()? {
                complain(PROGRAM, format_args!("{} is not looked for any more", gone.display()));
            }
        }
        clear_away(&desk);
        let keys = if self.try_keys {
            announce_example(&desk);
            let keys = unlock(setting, &desk, "to try them")?;
            match trying_keys(|progress| try_keys(&desk, &keys, progress)) {
                Err(OpenTipError::Lock(busy)) => return Ok(busy_desk(&busy)),
                opened => {
                    complain(
                        PROGRAM,
                        format_args!("of the tips that no key had opened, {} can be opened now", opened?),
                    );
                }
            }
            known(&keys)
        } else {
            key_files(&desk.keyring)
        };
        let book = Casebook::read(&desk.folder)?;
        quiet_when_closed(if setting.json { rows(&desk, &book) } else { table(&desk, &book, &keys) })?;
        Ok(Exit::Done.into())
    }
}

/// Says that the list is lost.
pub fn lost_list(lost: &CasebookError) -> ExitCode {
    complain(PROGRAM, lost);
    Exit::Incomplete.into()
}

/// Whoever closes the other end of a pipe has seen enough.
pub fn quiet_when_closed(said: io::Result<()>) -> io::Result<()> {
    match said {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        said => said,
    }
}

fn rows(desk: &Desk, book: &Casebook) -> io::Result<()> {
    let row = |(id, case): (&_, &Case)| {
        json!({
            "id": id, "day": case.day, "size": case.size, "courier": case.courier, "bundle": case.bundle,
            "file": if case.is_here(&desk.folder, id) { "here" } else { "missing" },
            "reader": case.reader, "tried": book.tried(case),
        })
    };
    say_json(&sorted(book).into_iter().map(row).collect::<Vec<_>>())
}

/// The tips as people read them; `keys` are those that the desk has, or may have.
fn table(desk: &Desk, book: &Casebook, keys: &[KnownKey]) -> io::Result<()> {
    let tips = sorted(book);
    if tips.is_empty() {
        return say("No tips yet. Import a bundle with: softinfo-desk import FILE");
    }
    say(format_args!("{:<16}  {:<10}  {:>9}  {:<16}  FOR", "ID", "DAY", "KB", "BUNDLE"))?;
    let (mut unopened, mut missing) = (false, false);
    for (id, case) in tips {
        let here = case.is_here(&desk.folder, id);
        let whose = whose(desk, case, here);
        missing |= !here;
        unopened |= here && case.reader.is_none() && case.was_tried();
        let start = start(id);
        let bundle = format!("{} of {}", case.bundle, case.courier.short());
        say(format_args!("{start}  {}  {:>9}  {bundle:<16}  {whose}", case.day, case.size.div_ceil(1000)))?;
    }
    if unopened {
        say(
            "No key here: none of this desk's keys opens it. With keys that have come since: softinfo-desk list --try-keys",
        )?;
    }
    if missing {
        say("Missing or damaged: import its bundle again, which brings the file back.")?;
    }
    if book.untried(keys).any(|(id, case)| case.is_here(&desk.folder, &id)) {
        say(
            "Some key files here were not tried on every tip that no key has opened. To try them: softinfo-desk list --try-keys",
        )?;
    }
    Ok(())
}

/// Who can open a tip, as far as it is known, and whether its file is here.
fn whose(desk: &Desk, case: &Case, here: bool) -> String {
    const MISSING: &str = "its file is missing or damaged";
    match &case.reader {
        Some(reader) => {
            let gone =
                if desk.keyring.has(&reader.holder, &reader.epoch) { "" } else { ", whose file is not in keys/" };
            let missing = if here { String::new() } else { format!("; {MISSING}") };
            format!("{} ({}){gone}{missing}", reader.holder, reader.epoch)
        }
        None if !here => MISSING.to_owned(),
        None if case.was_tried() => "no key here".to_owned(),
        None => "not tried yet".to_owned(),
    }
}

/// As much of an id as a person types.
pub fn start(id: &TipId) -> String {
    id.to_string().chars().take(16).collect()
}

fn sorted(book: &Casebook) -> Vec<(&TipId, &Case)> {
    let mut tips: Vec<_> = book.tips.iter().collect();
    tips.sort_by_key(|(id, case)| (case.day, **id));
    tips
}
