//! `softinfo-desk open`: one tip into a folder.

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use serde_json::json;
use softinfo_base::wording::counted;
use softinfo_desk::desk_folder::Desk;
use softinfo_desk::views::Sheet;
use softinfo_desk::{LockError, OpenTipError, Opened, check_out, find, open};
use softinfo_terminal::{Exit, complain, say, say_json};

use crate::desk::{announce_example, busy_desk, name_plaintext, tidy};
use crate::passphrase::unlock;
use crate::sheet;
use crate::{PROGRAM, Setting};

#[derive(Args)]
pub struct Open {
    /// Id of the tip, or its beginning, as shown by list.
    id: String,
    /// Folder to put it into; must be absent or empty.
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
    /// Also the unscrubbed originals, where the writer kept them. They may show who wrote.
    #[arg(long)]
    originals: bool,
}

impl Open {
    pub fn run(self, setting: &Setting) -> Result<ExitCode> {
        let desk = Desk::open(&setting.desk)?;
        announce_example(&desk);
        check_out(&self.out)?;
        let id = find(&desk, &self.id)?;
        let keys = unlock(setting, &desk, "to open the tip")?;
        let opened = match open(&desk, &id, &keys, &self.out, self.originals) {
            Err(OpenTipError::Lock(busy @ LockError::InUse(_))) => return Ok(busy_desk(&busy)),
            // Also what this one has left, where its medium was pulled out.
            opened => opened.inspect_err(|_| tidy(&desk))?,
        };
        name_plaintext(&opened.plaintext_left);
        let said = if setting.json {
            let Opened { read, case, entries, originals_left_out, .. } = &opened;
            say_json(&json!({
                "id": id, "day": case.day, "courier": case.courier, "bundle": case.bundle, "opened_with": read.key,
                "report": sheet::report(read), "entries": entries, "originals_left_out": originals_left_out, "warnings": read.oddities,
            }))
        } else {
            self.show(&opened)
        };
        if let Err(error) = said {
            complain(
                PROGRAM,
                format_args!("the tip is in {}, but what is in it could not be shown: {error}", self.out.display()),
            );
            return Ok(Exit::Incomplete.into());
        }
        Ok(Exit::Done.into())
    }

    fn show(&self, opened: &Opened) -> io::Result<()> {
        let Opened { read, case, entries, originals_left_out, .. } = opened;
        say(format_args!("Opened into {}:", self.out.display()))?;
        for name in entries {
            say(format_args!("  {name}"))?;
        }
        say("  tip.json (what this desk knows of it)")?;
        sheet::show(&Sheet::of(read, case))?;
        if *originals_left_out > 0 {
            say(format_args!(
                "Left out: {}; --originals writes them too.",
                counted(*originals_left_out, "unscrubbed original")
            ))?;
        }
        say("Read files from strangers with care; softinfo-desk show shows the message without opening any.")
    }
}
