//! `softinfo-tip check-relay`: whether a relay serves the page and the directory that the channel's owner signed.

use anyhow::Result;
use clap::Args;
use serde_json::{Value, json};
use softinfo_base::clock::{Clock, SystemClock};
use softinfo_base::day::Day;
use softinfo_formats::directory::CurrentDirectory;
use softinfo_terminal::{say, say_json, sentence};
use softinfo_writer::compare::{Comparison, EndsSoon, endings};

use crate::channel::{Trust, told};
use crate::outcome;
use crate::relay::Relay;

#[derive(Args)]
pub struct CheckRelay {
    #[command(flatten)]
    relay: Relay,
    #[command(flatten)]
    trust: Trust,
    /// Check so many times, each over new circuits.
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100))]
    times: u32,
    /// Print nothing when all is well, so that cron writes only when it is not.
    #[arg(long)]
    quiet: bool,
    /// Print the outcome as JSON, also when the check fails.
    #[arg(long)]
    json: bool,
}

impl CheckRelay {
    pub fn run(self) -> Result<()> {
        let today = SystemClock.today();
        let checked = self.check(today);
        match &checked {
            Ok(_) if self.quiet => (),
            // What ends soon is said as an error, below.
            Ok(directory) if self.json => say_json(&self.outcome(directory, today))?,
            Ok(directory) => {
                let contents = directory.directory().contents();
                let page = contents.page_sha256.as_deref().unwrap_or_default();
                say(format!("This relay serves the page that is in its directory (SHA-256 {page})."))?;
                say(format!("The directory is version {}, valid until {}.", contents.version, contents.expires))?;
            }
            Err(error) if self.json => {
                // That nobody reads this is no reason to hide what was found: it is said once more, as an error.
                let _ = say_json(&json!({ "outcome": outcome::word(error), "reason": sentence(error.as_ref()) }));
            }
            Err(_) => (),
        }
        let reminders = endings(&checked?, today);
        if reminders.is_empty() { Ok(()) } else { Err(EndsSoon(reminders).into()) }
    }

    fn outcome(&self, directory: &CurrentDirectory, today: Day) -> Value {
        let contents = directory.directory().contents();
        let reminders: Vec<_> = endings(directory, today).iter().map(ToString::to_string).collect();
        json!({
            "outcome": if reminders.is_empty() { "same" } else { "ends-soon" }, "reminders": reminders, "times": self.times,
            "page_sha256": contents.page_sha256, "version": contents.version, "expires": contents.expires,
        })
    }

    /// Compares, and gives the directory that the relay serves, or the one that was passed.
    fn check(&self, today: Day) -> Result<CurrentDirectory> {
        let (note, channel, relay) = (self.trust.note()?, self.trust.channel()?, self.relay.address());
        let comparison = Comparison { relay: &relay, channel: &channel, note: note.as_deref() };
        let directory = told(comparison.directory(today)?);
        comparison.pages(&directory, self.times)?;
        Ok(directory)
    }
}
