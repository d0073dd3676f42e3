//! `softinfo-desk list`: what is on the desk.

use std::io;
use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use softinfo_desk::desk_folder::Desk;
use softinfo_desk::views::{TipFile, TipList, TipRow};
use softinfo_desk::{Casebook, DeskLock, LockError, TryKeysError, try_keys};
use softinfo_formats::envelope::id::TipId;
use softinfo_terminal::{Exit, complain, say, say_json};

use crate::bars::with_bars;
use crate::desk::{announce_example, busy_desk, lost_list, quiet_when_closed, tidy};
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
        tidy(&desk);
        let keys = if self.try_keys {
            announce_example(&desk);
            let keys = unlock(setting, &desk, "to try them")?;
            match with_bars(|progress, _| try_keys(&desk, &keys, progress)) {
                Err(TryKeysError::Lock(busy)) => return Ok(busy_desk(&busy)),
                opened => {
                    complain(
                        PROGRAM,
                        format_args!("of the tips that no key had opened, {} can be opened now", opened?),
                    );
                }
            }
            keys.names()
        } else {
            desk.keyring.names()
        };
        let list = TipList::read(&desk, &keys)?;
        quiet_when_closed(if setting.json { say_json(&serde_json::to_value(&list.rows)?) } else { table(&list) })?;
        Ok(Exit::Done.into())
    }
}

/// The tips as people read them.
fn table(list: &TipList) -> io::Result<()> {
    if list.rows.is_empty() {
        return say("No tips yet. Import a bundle with: softinfo-desk import FILE");
    }
    say(format_args!("{:<16}  {:<10}  {:>9}  {:<16}  FOR", "ID", "DAY", "KB", "BUNDLE"))?;
    for row in &list.rows {
        let bundle = format!("{} of {}", row.bundle, row.courier.short());
        let (start, size) = (start(&row.id), row.size.div_ceil(1000));
        say(format_args!("{start}  {}  {size:>9}  {bundle:<16}  {}", row.day, whose(row)))?;
    }
    if list.some_unopened() {
        say(
            "No key here: none of this desk's keys opens it. With keys that have come since: softinfo-desk list --try-keys",
        )?;
    }
    if list.some_missing() {
        say("Missing or damaged: import its bundle again, which brings the file back.")?;
    }
    if list.some_untried {
        say(
            "Some key files here were not tried on every tip that no key has opened. To try them: softinfo-desk list --try-keys",
        )?;
    }
    Ok(())
}

/// Who can open a tip, as far as it is known, and whether its file is here.
fn whose(row: &TipRow) -> String {
    const MISSING: &str = "its file is missing or damaged";
    let here = row.file == TipFile::Here;
    match &row.reader {
        Some(reader) => {
            let gone = if row.reader_is_gone { ", whose file is not in keys/" } else { "" };
            let missing = if here { String::new() } else { format!("; {MISSING}") };
            format!("{} ({}){gone}{missing}", reader.holder, reader.epoch)
        }
        None if !here => MISSING.to_owned(),
        None if row.was_tried => "no key here".to_owned(),
        None => "not tried yet".to_owned(),
    }
}

/// As much of an id as a person types.
pub fn start(id: &TipId) -> String {
    id.to_string().chars().take(16).collect()
}
