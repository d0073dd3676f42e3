//! Where the receipt goes before the tip goes anywhere: to standard output, or into a file.

use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Args;
use rustix::fs::{OFlags, fcntl_getfl};
use serde::Serialize;
use softinfo_formats::envelope::id::TipId;
use softinfo_seal::receipt::Receipt;
use softinfo_terminal::{say, say_json};
use softinfo_writer::receipt::{lines, save};

#[derive(Args)]
pub struct Keeping {
    /// Save the receipt in this file, which must not exist, instead of showing it. Only you may read the file.
    #[arg(long, value_name = "FILE")]
    pub receipt: Option<PathBuf>,
    /// Show and save no receipt. Nobody can then withdraw this tip.
    #[arg(long, conflicts_with = "receipt")]
    pub no_receipt: bool,
}

/// A receipt as JSON. Borrowed, so that no copy of it stays in memory.
#[derive(Serialize)]
struct Shown<'a> {
    id: &'a TipId,
    words: &'a str,
    digits: &'a str,
}

/// Where it has gone.
pub enum Kept {
    Shown,
    In(PathBuf),
    Nowhere,
}

impl Keeping {
    /// Whether the receipt goes to standard output.
    pub fn is_shown(&self) -> bool {
        self.receipt.is_none() && !self.no_receipt
    }

    /// Finds out early what would fail later.
    ///
    /// # Errors
    /// The file is there already, or nobody would see the receipt.
    pub fn check(&self) -> Result<()> {
        match &self.receipt {
            Some(path) => refuse_existing(path),
            None if self.no_receipt || is_seen()? => Ok(()),
            None => anyhow::bail!(
                "standard output is closed, is open for reading only, or leads to /dev/null, so the receipt would be lost: save it with --receipt FILE, or say --no-receipt. Nothing was \
                 sealed or sent"
            ),
        }
    }

    /// Shows or saves the receipt of a tip that has not left yet.
    ///
    /// # Errors
    /// Nobody has it. The tip must not leave then.
    pub fn keep(&self, receipt: &Receipt, id: &TipId, lang: &str, json: bool) -> Result<Kept> {
        if let Some(path) = &self.receipt {
            save(path, receipt, lang).with_context(|| format!("the receipt can't be saved in {}", path.display()))?;
            return Ok(Kept::In(path.clone()));
        }
        if self.no_receipt {
            return Ok(Kept::Nowhere);
        }
        let shown = if json {
            say_json(&Shown { id, words: &receipt.words(lang), digits: &receipt.digits() })
        } else {
            lines(receipt, lang).iter().try_for_each(|line| say(line.as_str()))
        };
        shown.context("the receipt can't be shown")?;
        Ok(Kept::Shown)
    }
}

impl Kept {
    /// Which receipt is meant, for a sentence.
    pub fn named(&self) -> String {
        match self {
            Self::Shown => "the receipt above".to_owned(),
            Self::In(path) => format!("the receipt in {}", path.display()),
            Self::Nowhere => "no receipt".to_owned(),
        }
    }

    /// Removes the receipt of a tip that exists nowhere. What was shown stays shown.
    pub fn discard(&self) {
        if let Self::In(path) = self {
            // One that stays is worth nothing, and the message says so.
            let _ = std::fs::remove_file(path);
        }
    }
}

/// Refuses a name that is taken.
pub fn refuse_existing(path: &Path) -> Result<()> {
    anyhow::ensure!(
        path.symlink_metadata().is_err(),
        "{} exists; choose another name, so that nothing is overwritten. Nothing was sealed or sent",
        path.display()
    );
    Ok(())
}

/// Whether anybody can see what goes to standard output. One that was closed when the program started is /dev/null by now: Rust opens that. One
/// that is open for reading only takes nothing, and Rust tells nobody.
fn is_seen() -> io::Result<bool> {
    let out = io::stdout();
    if fcntl_getfl(&out)? & OFlags::RWMODE == OFlags::RDONLY {
        return Ok(false);
    }
    let out = std::fs::File::from(out.as_fd().try_clone_to_owned()?).metadata()?;
    let null = std::fs::metadata("/dev/null")?;
    Ok(!(out.file_type().is_char_device() && out.rdev() == null.rdev()))
}
