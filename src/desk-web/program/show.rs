//! `softinfo-desk show`: a tip on the terminal, safely. Nothing of it is written to a disk.

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use serde_json::json;
use softinfo_desk::desk_folder::Desk;
use softinfo_desk::views::Sheet;
use softinfo_desk::{Shown, find, show};
use softinfo_terminal::{Exit, say, say_json};

use crate::Setting;
use crate::desk::{announce_example, quiet_when_closed, tidy};
use crate::passphrase::unlock;
use crate::sheet;

#[derive(Args)]
pub struct Show {
    /// Id of the tip, or its beginning, as shown by list.
    id: String,
}

impl Show {
    pub fn run(self, setting: &Setting) -> Result<ExitCode> {
        let desk = Desk::open(&setting.desk)?;
        announce_example(&desk);
        tidy(&desk);
        let id = find(&desk, &self.id)?;
        let keys = unlock(setting, &desk, "to show the tip")?;
        let Shown { read, case, message } = show(&desk, &id, &keys)?;
        let message = message.as_ref().map(|text| text.as_str());
        quiet_when_closed(if setting.json {
            say_json(&json!({
                "id": id, "day": case.day, "courier": case.courier, "bundle": case.bundle, "opened_with": read.key,
                "report": sheet::report(&read), "entries": read.entries, "warnings": read.oddities, "message": message,
            }))
        } else {
            say(format_args!("Tip {id}"))
                .and_then(|()| sheet::show(&Sheet::of(&read, &case)))
                .and_then(|()| match message {
                    Some(text) => {
                        say("The message:")?;
                        // A last newline ends the last line and begins no other.
                        sheet::writer(text.strip_suffix('\n').unwrap_or(text))?;
                        say("End of the message.")
                    }
                    None => say("There is no message."),
                })
                .and_then(|()| {
                    let others = read.entries.len() - 1 - usize::from(message.is_some());
                    if others == 0 {
                        Ok(())
                    } else {
                        say(format_args!("Files with it: {others}. softinfo-desk open writes them into a folder."))
                    }
                })
        })?;
        Ok(Exit::Done.into())
    }
}
