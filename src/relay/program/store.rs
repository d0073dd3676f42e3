//! `softinfo-relay store`: what an operator does to a store while no relay has it open. Opens the one that the configuration names.
//!
//! In: what is to be done. Out: what was done, a line each. Touches: the store.

use std::sync::Arc;

use anyhow::{Context, Result};
use clap::Subcommand;

use softinfo_base::clock::SystemClock;
use softinfo_base::day::Day;
use softinfo_base::process::close_memory;
use softinfo_base::wording::counted;
use softinfo_relay::config::Config;
use softinfo_relay::log::{self, Event};
use softinfo_store::pool::{Pool, Settings};
use softinfo_store::{Store, StoreError};
use softinfo_terminal::{count_bar, say};

use crate::memory;

/// What can be done.
#[derive(Subcommand)]
pub enum Work {
    /// Read every tip, and say which do not read back as they were written. Exit code 1 when there is one, or a part can't be read.
    /// Finishes what a crash has interrupted, as every start does; no whole tip is changed.
    Verify,
    /// Erase all tips that came before a day, whenever they would expire. Their keys are overwritten; nobody can bring them back.
    /// While the clock is not believed nothing is erased: set it right, or add --accept-date.
    Purge {
        /// The first day that is kept, such as 2026-11-01.
        #[arg(long, value_name = "DAY")]
        before: Day,
    },
    /// Move the tips of all journals into sealed volumes now, which a running relay does by itself when it has time.
    Seal,
}

/// It is done, and nobody could be told.
#[derive(Debug, thiserror::Error)]
#[error("{0}; only this could not be shown")]
pub struct NotShown(String);

/// Does it, and says what was done; `accept_date` believes the clock, wherever it is.
pub fn run(work: &Work, config: &Config, accept_date: bool) -> Result<()> {
    // Keys of tips come into it.
    close_memory()?;
    let folder = &config.store.folder;
    // Opening makes a store where there is none, and nobody wants that of a look.
    anyhow::ensure!(folder.join("format").exists(), "there is no store in {}; nothing was done", folder.display());
    let settings = Settings { seals: false, ..config.store_settings(memory::give_back, accept_date) };
    let pool = Pool::open(folder, settings, Arc::new(SystemClock), |notice| log::log(&Event::Store(notice)))?;
    let done = match work {
        Work::Verify => verify(&pool),
        Work::Purge { before } => purge(&pool, *before),
        Work::Seal => {
            let sealed = pool.seal_all().context("not all could be sealed; what was not is whole in its journal");
            let done = "all volumes are sealed";
            sealed
                .and_then(|()| say(done).map_err(|error| anyhow::Error::new(error).context(NotShown(done.to_owned()))))
        }
    };
    pool.date_files();
    done
}

fn verify(pool: &Pool) -> Result<()> {
    let bar = count_bar(pool.kept().tips, "Verifying");
    let mut said = Ok(());
    let seen = pool.verify(|listed, is_whole| {
        bar.inc(1);
        if !is_whole && said.is_ok() {
            let line = format!("damaged: a tip of {} ({} bytes), {}", listed.day, listed.size, listed.id);
            said = bar.suspend(|| say(line));
        }
    });
    bar.finish_and_clear();
    let (tips, damaged) = seen.context("not all tips could be read; try again")?;
    let unreadable = pool.unreadable();
    said?;
    say(format!(
        "{}, {damaged} of them damaged; {} whose slots can't be read",
        counted(tips, "tip"),
        counted(unreadable, "volume")
    ))?;
    anyhow::ensure!(
        damaged == 0 && unreadable == 0,
        "the store is damaged. Nothing was changed: what can be read goes on being given out. Look at the disk, and let couriers fetch"
    );
    Ok(())
}

fn purge(pool: &Pool, before: Day) -> Result<()> {
    let erased = pool.purge(before).map_err(|error| match error {
        held @ StoreError::ClockAhead { .. } => held.into(),
        other => anyhow::Error::new(other).context(format!("not all tips before {before} could be erased; try again")),
    })?;
    let done = format!("erased: {} that came before {before}", counted(erased, "tip"));
    // A purge that was not seen is no purge that failed.
    say(&done).map_err(|error| anyhow::Error::new(error).context(NotShown(done)))
}
