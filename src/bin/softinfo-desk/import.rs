//! `softinfo-desk import`: a bundle from the courier's computer onto the desk.

use std::fs::File;
use std::io::BufReader;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Args;
use softinfo::desk::trust::Desk;
use softinfo::desk::{Standing, import};
use softinfo::terminal::byte_bar;

use crate::Setting;

#[derive(Args)]
pub struct Import {
    /// The bundle.
    bundle: PathBuf,
}

impl Import {
    pub fn run(self, setting: &Setting) -> Result<ExitCode> {
        let desk = Desk::open(&setting.desk)?;
        announce_example(&desk);
        let file = File::open(&self.bundle).with_context(|| self.bundle.display().to_string())?;
        let bar = byte_bar(file.metadata()?.len(), "Importing");
        let source = BufReader::with_capacity(256 * 1024, bar.wrap_read(file));
        let imported = import(&desk, source, setting.allow_example, |_| {
            bar.finish_and_clear();
            Ok(crate::passphrase::unlock(setting, &desk)?.keys)
        })?;
        bar.finish_and_clear();
        if setting.json {
            println!("{}", serde_json::to_string(&imported)?);
        } else {
            let place = match imported.standing {
                Standing::Next => "",
                Standing::Repeated => " (imported before; nothing has changed)",
                Standing::AfterAGap => " (a bundle before it is missing)",
                Standing::OutOfOrder => " (older than the last one; it fills a gap)",
            };
            println!(
                "Bundle {}{place}: {} new tips, {} of them for this desk.",
                imported.number, imported.new, imported.for_this_desk
            );
            if imported.already > 0 && imported.standing != Standing::Repeated {
                println!("{} tips were here already.", imported.already);
            }
            for id in &imported.not_tips {
                println!("{id} is no tip and was left out.");
            }
        }
        if imported.missing.is_empty() {
            return Ok(ExitCode::SUCCESS);
        }
        let numbers: Vec<_> = imported.missing.iter().map(u64::to_string).collect();
        let (plural, verb) = if numbers.len() == 1 { ("", "has") } else { ("s", "have") };
        eprintln!(
            "softinfo-desk: bundle{plural} {} {verb} not come yet. If lost: softinfo-courier fetch --again-since DAY",
            numbers.join(", ")
        );
        Ok(ExitCode::from(3))
    }
}

pub fn announce_example(desk: &Desk) {
    if desk.example {
        eprintln!(
            "softinfo-desk: this desk has no keys of its own; using the EXAMPLE keys in keys-example/, which everybody has"
        );
    }
}
