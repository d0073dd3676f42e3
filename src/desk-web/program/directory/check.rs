//! `softinfo-desk directory check`: whether a signed directory holds, and what it says for today.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use softinfo_base::clock::{Clock, SystemClock};
use softinfo_desk::directory::check;
use softinfo_terminal::{Exit, say, say_json};

use crate::Setting;

#[derive(Args)]
pub struct Check {
    /// The signed directory.
    file: PathBuf,
    /// File with the root key; the one this desk trusts when not given.
    #[arg(long, value_name = "FILE")]
    root: Option<PathBuf>,
    /// A directory that was valid before: refuse when FILE is older.
    #[arg(long, value_name = "OLDER")]
    after: Option<PathBuf>,
}

impl Check {
    pub fn run(self, setting: &Setting) -> Result<Exit> {
        let (root, after) = (self.root.as_deref(), self.after.as_deref());
        let checked = check(&setting.desk, &self.file, root, after, SystemClock.today())?;
        let contents = checked.directory.contents();
        if setting.json {
            say_json(contents)?;
        } else {
            say(format!(
                "Channel {}, version {}, valid {} to {}",
                contents.channel, contents.version, contents.issued, contents.expires
            ))?;
            for row in checked.holders() {
                let vouched = if row.holder.signing_key.is_some() { ", vouched for by its own key" } else { "" };
                let epoch = row.epoch.map_or("NO KEY for today".to_owned(), |epoch| {
                    format!("today's key {} (until {})", epoch.epoch, epoch.until)
                });
                say(format!("  {}: {epoch}{vouched}", row.holder.id))?;
            }
        }
        checked.holds?;
        Ok(Exit::Done)
    }
}
