//! `softinfo-desk open`: one tip into a folder.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use serde_json::json;
use softinfo::desk::trust::Desk;
use softinfo::desk::{Casebook, Opened, open};
use softinfo::terminal::harmless;

use crate::Setting;
use crate::import::announce_example;

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
    pub fn run(self, setting: &Setting) -> Result<()> {
        let desk = Desk::open(&setting.desk)?;
        announce_example(&desk);
        let book = Casebook::read(&desk.folder)?;
        let (id, case) = book.find(&self.id)?;
        let keys = desk.keyring.unlock(&[case.day], &desk.passphrase(setting.passphrase_fd)?)?;
        let opened = open(&desk, &id, keys, &self.out, self.originals)?;
        if setting.json {
            let report = &opened.report;
            println!(
                "{}",
                json!({ "id": id, "report": report, "entries": opened.entries, "originals_left_out": opened.originals_left_out })
            );
        } else {
            self.show(&opened);
        }
        Ok(())
    }

    fn show(&self, opened: &Opened) {
        let Opened { report, warnings, entries, originals_left_out, differing } = opened;
        println!("Opened into {}:", self.out.display());
        for name in entries {
            println!("  {name}");
        }
        let readers: Vec<_> = report.readers.iter().map(ToString::to_string).collect();
        println!("Sent to: {}. Language: {}.", readers.join(", "), harmless(&report.lang));
        if let Ok(serde_json::Value::Object(fields)) = serde_json::to_value(report) {
            let shown = |name: &str| {
                !["schema", "lang", "readers", "thread", "reply", "withdraw_token", "attachments"].contains(&name)
            };
            for (name, value) in fields.iter().filter(|(name, _)| shown(name)) {
                let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                println!("{}: {}", harmless(name), harmless(&text));
            }
        }
        if *originals_left_out > 0 {
            println!("{originals_left_out} unscrubbed originals were left out; --originals writes them too.");
        }
        for warning in warnings {
            println!("Note: {}", harmless(&warning.to_string()));
        }
        for name in differing {
            println!("{} is not the file that the report describes.", harmless(name));
        }
    }
}
