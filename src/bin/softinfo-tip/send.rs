//! `softinfo-tip send`: seals, gives the receipt, and only then sends.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Args;
use rand::rngs::OsRng;
use serde_json::json;
use softinfo::client::{Accepted, Arrival, ClientError, RelayClient, Unconfirmed, until_answered};
use softinfo::limits::HEADER_CAP;
use softinfo::terminal::{Exit, byte_bar, complain, say, say_json};
use softinfo::tip::header::TipHeader;
use softinfo::tip::id::TipId;
use softinfo::tip::receipt::Receipt;

use crate::NAME;
use crate::channel::Channel;
use crate::outcome::{Ended, of_call};
use crate::receipt::{Keeping, Kept, refuse_existing};
use crate::relay::Relay;
use crate::seal::{Content, sealed_file, send_command};

#[derive(Args)]
pub struct Send {
    #[command(flatten)]
    relay: Relay,
    #[command(flatten)]
    channel: Channel,
    #[command(flatten)]
    content: Content,
    #[command(flatten)]
    keeping: Keeping,
    /// Keep the sealed tip in this file, too, which must not exist. It can be sent again, which stores nothing twice.
    #[arg(long, value_name = "FILE")]
    keep_sealed: Option<PathBuf>,
    /// Send this file, which was sealed before, instead of sealing one.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["to", "message", "attach", "details", "receipt", "no_receipt", "keep_sealed"])]
    sealed: Option<PathBuf>,
    /// Print the outcome as JSON.
    #[arg(long)]
    json: bool,
}

/// What is on its way.
struct Sending {
    file: File,
    id: TipId,
    /// Where the same bytes can be had again.
    sealed: Option<PathBuf>,
    /// None for a tip that was sealed before: its receipt was given then.
    receipt: Option<Kept>,
}

impl Send {
    pub fn run(self) -> Result<()> {
        let client = self.relay.client()?;
        let sending = match &self.sealed {
            Some(path) => sealed_before(path)?,
            None => self.sealed_now(&client)?,
        };
        match self.send(&client, &sending) {
            Ok((accepted, new)) => self.tell(&sending, &accepted, new).map_err(|error| {
                Ended::with(Exit::Incomplete, format!("the tip is stored, but that could not be shown ({error})"))
            }),
            Err(Unconfirmed { error, arrival: Arrival::Open }) => Err(self.doubt(&sending, &error)),
            Err(Unconfirmed { error, arrival }) => Err(self.nothing_stored(&sending, &error, arrival)),
        }
    }

    /// Seals what was written, and gives its receipt. Nothing of it has left yet.
    fn sealed_now(&self, client: &RelayClient) -> Result<Sending> {
        self.keeping.check()?;
        self.keep_sealed.as_deref().map_or(Ok(()), refuse_existing)?;
        let directory = self.channel.directory(Some((&self.relay.address, client)))?;
        let readers = self.channel.readers(&directory)?;
        let receipt = Receipt::generate(&mut OsRng);
        let seal = |file: &File| -> Result<(TipId, Kept)> {
            let id = self.content.seal_to(file, &directory, &readers, &receipt)?;
            let kept = self.keeping.keep(&receipt, &id, &self.content.lang, self.json)?;
            Ok((id, kept))
        };
        let (file, (id, kept)) = if let Some(path) = &self.keep_sealed {
            let sealed = sealed_file(path, &self.keeping, seal)?;
            (File::open(path).with_context(|| format!("{}; nothing was sent", path.display()))?, sealed)
        } else {
            // Ciphertext only, in a file without a name: it is gone when the program ends, and it can be sent again as it is.
            let file = tempfile::tempfile().context("there is no room for the sealed tip; nothing was sent")?;
            let sealed = seal(&file).context("nothing was sent")?;
            (file, sealed)
        };
        Ok(Sending { file, id, sealed: self.keep_sealed.clone(), receipt: Some(kept) })
    }

    fn send(&self, client: &RelayClient, sending: &Sending) -> Result<(Accepted, bool), Unconfirmed> {
        let local = |error: io::Error| Unconfirmed { error: error.into(), arrival: Arrival::NotSent };
        let length = sending.file.metadata().map_err(local)?.len();
        let bar = byte_bar(length, "Sending");
        let sent = until_answered(
            || {
                bar.reset();
                let progress = bar.clone();
                let file = sending.file.try_clone().map_err(local)?;
                let (accepted, new) = client.send_tip(file, move |bytes| progress.inc(bytes))?;
                if accepted.id == sending.id {
                    return Ok((accepted, new));
                }
                let said = format!("it confirms another file, {}, than was sent, {}", accepted.id, sending.id);
                Err(Unconfirmed { error: ClientError::NotARelay(said), arrival: Arrival::Open })
            },
            |error, wait| {
                let seconds = wait.as_secs();
                let reason =
                    if let ClientError::Unreachable(reason) = error { reason.clone() } else { error.to_string() };
                bar.suspend(|| {
                    complain(NAME, format!("the connection failed ({reason}); trying again in {seconds} s"))
                });
                std::thread::sleep(wait);
            },
        );
        bar.finish_and_clear();
        sent
    }

    fn tell(&self, sending: &Sending, accepted: &Accepted, new: bool) -> io::Result<()> {
        let receipt = match &sending.receipt {
            Some(Kept::In(path)) => Some(path),
            _ => None,
        };
        if self.json {
            let mut outcome = json!({ "id": accepted.id, "day": accepted.day, "new": new });
            for (name, path) in [("receipt", receipt), ("sealed", sending.sealed.as_ref())] {
                if let Some(path) = path {
                    outcome[name] = json!(path.display().to_string());
                }
            }
            return say_json(&outcome);
        }
        let mut said = if new {
            "The tip is stored; only the holders you chose can read it.".to_owned()
        } else {
            format!("The relay has had this tip since {}; nothing was stored twice.", accepted.day)
        };
        if let Some(path) = receipt {
            said.push_str(&format!(" Its receipt is in {}.", path.display()));
        }
        if sending.receipt.is_none() {
            said.push_str(&format!(" Its id is {}.", accepted.id));
        }
        say(said)
    }

    /// The last byte had left, and no answer says no.
    fn doubt(&self, sending: &Sending, error: &ClientError) -> anyhow::Error {
        let receipt = match &sending.receipt {
            None => "its receipt is valid then".to_owned(),
            Some(Kept::Nowhere) => "it has no receipt".to_owned(),
            Some(kept) => format!("{} is valid then", kept.named()),
        };
        let sure = match (&sending.sealed, &sending.receipt) {
            (Some(path), _) => {
                format!("To make sure, send the same file again, which stores nothing twice: {}", self.again(path))
            }
            (None, Some(Kept::Nowhere)) => {
                "The sealed tip was not kept, so the same can't be sent again; sending the message anew may make a second tip".to_owned()
            }
            (None, _) => {
                "The sealed tip was not kept, so the same can't be sent again: to make sure that it is not stored, withdraw it with the receipt, and then send \
                 anew (with --keep-sealed FILE it could be sent again)"
                    .to_owned()
            }
        };
        let error = error.to_string();
        let error = error.trim_end_matches('.');
        Ended::with(
            Exit::Unknown,
            format!("it is not known whether the tip is stored. It may be; {receipt}. {sure}. The reason: {error}"),
        )
    }

    /// It is known that this run has stored nothing.
    fn nothing_stored(&self, sending: &Sending, error: &ClientError, arrival: Arrival) -> anyhow::Error {
        let said = error.to_string();
        let said = said.trim_end_matches('.');
        let then = match (&sending.sealed, &sending.receipt) {
            // Somebody has sent it before, perhaps, and was left in doubt.
            (Some(path), None) => {
                return Ended::with(
                    of_call(error),
                    format!(
                        "{said}. This time nothing was stored; what an earlier try did is not known. The sealed file is as it was, and can be sent again: {}",
                        self.again(path)
                    ),
                );
            }
            (Some(path), Some(kept)) => {
                let valid =
                    if matches!(kept, Kept::Nowhere) { String::new() } else { format!("; {} is for it", kept.named()) };
                format!("the sealed tip is in {}{valid}. It can be sent with: {}", path.display(), self.again(path))
            }
            // Whoever answered may be wrong, or lie, and has the whole tip.
            (None, Some(kept @ Kept::In(_))) if arrival == Arrival::Denied => {
                format!("{} was kept, in case the answer is wrong: the whole tip had left", kept.named())
            }
            (None, Some(kept @ Kept::Shown)) if arrival == Arrival::Denied => {
                format!("{} is worth nothing, unless the answer is wrong: the whole tip had left", kept.named())
            }
            (None, Some(kept @ Kept::In(_))) => {
                kept.discard();
                format!("{} was removed", kept.named())
            }
            (None, Some(kept @ Kept::Shown)) => format!("{} is worth nothing", kept.named()),
            (None, _) => "nothing was kept".to_owned(),
        };
        Ended::with(of_call(error), format!("{said}. Nothing was stored, and {then}"))
    }

    fn again(&self, sealed: &Path) -> String {
        send_command(sealed, &self.relay.address, self.relay.socks)
    }
}

/// Looks at a file that was sealed before.
fn sealed_before(path: &Path) -> Result<Sending> {
    let named = || format!("{} can't be read; nothing was sent", path.display());
    let file = File::open(path).with_context(named)?;
    let mut start = Vec::new();
    (&file).take(HEADER_CAP as u64).read_to_end(&mut start).with_context(named)?;
    TipHeader::parse(&start).with_context(|| format!("{} is not a sealed tip; nothing was sent", path.display()))?;
    let (id, _) = TipId::of_reader(File::open(path).with_context(named)?).with_context(named)?;
    Ok(Sending { file, id, sealed: Some(path.to_owned()), receipt: None })
}
