//! `softinfo-tip seal`: a draft into a file, offline.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;
use rand::rngs::OsRng;
use serde_json::json;
use softinfo_base::clock::{Clock, SystemClock};
use softinfo_formats::directory::CurrentDirectory;
use softinfo_formats::envelope::id::TipId;
use softinfo_seal::receipt::Receipt;
use softinfo_terminal::{Exit, say, say_json};
use softinfo_writer::sealing::{NewFileError, Sealing, new_file};

use crate::bar::Bar;
use crate::channel::Channel;
use crate::command::{SendCommand, default_socks};
use crate::content::Content;
use crate::outcome::Ended;
use crate::receipt::{Keeping, Kept, refuse_existing};

#[derive(Args)]
pub struct Seal {
    #[command(flatten)]
    channel: Channel,
    #[command(flatten)]
    content: Content,
    /// The sealed file to write; must not exist.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    keeping: Keeping,
    /// Print the outcome as JSON.
    #[arg(long)]
    json: bool,
    #[arg(long, hide = true)]
    sealed: Option<PathBuf>,
}

impl Seal {
    pub fn run(self) -> Result<()> {
        refuse_existing(&self.out)?;
        self.keeping.check()?;
        let (directory, readers) = self.channel.readers(None, SystemClock.today())?;
        let receipt = Receipt::generate(&mut OsRng);
        let sealing = Sealing { directory: &directory, readers: &readers, receipt: &receipt };
        let (id, kept) = sealed_file(&self.out, &self.keeping, |file| {
            let id = seal_to(file, &self.content, &sealing)?;
            let kept = self.keeping.keep(&receipt, &id, &self.content.lang, self.json)?;
            Ok((id, kept))
        })?;
        self.tell(&directory, &id, &kept).map_err(|error| {
            let said = format!("the tip is sealed into {}, but that could not be shown ({error})", self.out.display());
            Ended::with(Exit::Incomplete, said)
        })
    }

    fn tell(&self, directory: &CurrentDirectory, id: &TipId, kept: &Kept) -> io::Result<()> {
        if self.json {
            let mut outcome = json!({ "id": id, "file": self.out.display().to_string() });
            if let Kept::In(path) = kept {
                outcome["receipt"] = json!(path.display().to_string());
            }
            return say_json(&outcome);
        }
        let relays = &directory.directory().contents().relays;
        let relay = relays.first().map_or_else(|| "URL".to_owned(), String::clone);
        let command = SendCommand { socks: default_socks(&relay), relay, root: self.channel.trust.root.clone() };
        let receipt = match kept {
            Kept::Nowhere => String::new(),
            kept => format!("; {} is for it", kept.named()),
        };
        say(format!("Sealed into {}{receipt}. Nothing was sent. To send it:", self.out.display()))?;
        say(format!("  {}", command.of(&self.out)))
    }
}

/// Writes a new file with what `seal` seals; the name appears only when `seal` has given the receipt, too.
///
/// # Errors
/// As `seal`, or what the file system said. Then there is no file, and no receipt in a file.
pub fn sealed_file(
    path: &Path,
    keeping: &Keeping,
    seal: impl FnOnce(&File) -> Result<(TipId, Kept)>,
) -> Result<(TipId, Kept)> {
    let error = match new_file(path, seal) {
        Ok(sealed) => return Ok(sealed),
        Err(NewFileError::Fill(error)) => error,
        Err(NewFileError::Write { source, done }) => {
            let worth = match done {
                Some((_, kept)) => {
                    kept.discard();
                    if keeping.is_shown() { ", and the receipt above is worth nothing" } else { "" }
                }
                None => "",
            };
            anyhow::Error::from(source).context(format!("{} can't be written{worth}", path.display()))
        }
    };
    Err(error.context("nothing was sealed or sent"))
}

/// Reads what is to be sealed, and seals it to `out`, with a bar.
///
/// # Errors
/// Nothing of what was written is a tip.
pub fn seal_to(out: impl Write, content: &Content, sealing: &Sealing<'_>) -> Result<TipId> {
    let draft = content.draft()?;
    let bar = Bar::new("Sealing");
    let sealed = sealing.seal(&draft, out, &mut OsRng, &bar);
    bar.clear();
    Ok(sealed?)
}
