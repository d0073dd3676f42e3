//! `softinfo-courier fetch`: what is new in the pool, into a bundle.

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;
use indicatif::ProgressBar;
use softinfo_base::clock::{Clock, SystemClock};
use softinfo_base::day::Day;
use softinfo_client::Floor;
use softinfo_courier::{Options, Progress, Work, fetch};
use softinfo_terminal::{Exit, byte_bar, complain, say_json};

use crate::PROGRAM;
use crate::setup::Setup;
use crate::told::{bundles, show};

#[derive(Args)]
pub struct Fetch {
    /// The bundle to write; must not exist.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Pack again everything that arrived from this day on, for example when a bundle was lost. It is remembered until it is done.
    #[arg(long, value_name = "DAY")]
    again_since: Option<Day>,
    /// Begin a new chain of bundles under a new name, with all that is in the pool: when the courier's folder was copied to a second machine, or its journal is damaged.
    #[arg(long, conflicts_with = "again_since")]
    new_chain: bool,
}

impl Fetch {
    pub fn run(self, setup: &Setup) -> Result<Exit> {
        let config = setup.config()?;
        let options = Options {
            today: SystemClock.today(),
            again_since: self.again_since,
            new_chain: self.new_chain,
            allow_example: setup.i_know_these_are_example_keys,
            floor: Floor::default(),
        };
        let bar = Bar(byte_bar(0, "Fetching"));
        let fetched = fetch(&config, &self.out, &options, &bar);
        bar.0.finish_and_clear();
        let fetched = fetched?;
        let shown = if setup.json { say_json(&fetched) } else { show(&fetched, &self.out) };
        if let Err(error) = shown {
            // Nothing is undone by a reader that went away: the bundle is there, and counts.
            let bundles = bundles(&fetched, &self.out);
            if bundles.is_empty() {
                return Err(error).context("no bundle was written, but that can't be shown");
            }
            complain(PROGRAM, format_args!("{bundles}, but what was done can't be shown: {error}"));
            return Ok(Exit::Incomplete);
        }
        Ok(if fetched.is_complete() { Exit::Done } else { Exit::Incomplete })
    }
}

/// A bar for how far the run is.
struct Bar(ProgressBar);

impl Progress for Bar {
    fn begin(&self, work: Work, bytes: u64) {
        self.0.set_message(match work {
            Work::Fetching => "Fetching",
            Work::Writing => "Writing the bundle",
            Work::ReadingBack => "Reading it back",
        });
        self.0.set_length(bytes);
        // The speed of what was before says nothing of this.
        self.0.reset();
    }

    fn advance(&self, bytes: u64) {
        self.0.inc(bytes);
    }
}
