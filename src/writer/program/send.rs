//! `softinfo-tip send`: seals, gives the receipt, and only then sends.

use std::fs::File;
use std::io::{self, Read, Seek};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use clap::Args;
use indicatif::ProgressBar;
use rand::rngs::OsRng;
use serde_json::json;
use softinfo_base::limits::HEADER_CAP;
use softinfo_client::{Arrival, ClientError, Confirmed, RelayClient, Unconfirmed, until_answered};
use softinfo_formats::api::answer::Accepted;
use softinfo_formats::directory::ChannelId;
use softinfo_formats::envelope::header::TipHeader;
use softinfo_formats::envelope::id::TipId;
use softinfo_formats::envelope::padding::SizeClass;
use softinfo_seal::receipt::Receipt;
use softinfo_terminal::{Exit, byte_bar, complain, say, say_json};

use crate::NAME;
use crate::channel::Channel;
use crate::outcome::{Ended, of_call};
use crate::receipt::{Keeping, Kept, refuse_existing};
use crate::relay::Relay;
use crate::seal::{Content, SendCommand, sealed_file};
use crate::stop::{self, Found, Way};

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
    /// Send this file, which was sealed before, instead of sealing one. With --root nothing is sent to a relay of another channel.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["to", "message", "attach", "details", "directory", "receipt", "no_receipt", "keep_sealed"])]
    sealed: Option<PathBuf>,
    /// Print the outcome as JSON.
    #[arg(long)]
    json: bool,
}

/// What is on its way, and what has to be said of it however that ends.
struct Sending {
    id: TipId,
    /// Where the same bytes can be had again.
    sealed: Option<PathBuf>,
    /// None for a tip that was sealed before: its receipt was given then.
    receipt: Option<Kept>,
    /// The channel that the relay or the directory is known to be of.
    channel: Option<ChannelId>,
    /// The command that sends it again, but for what it sends.
    command: SendCommand,
}

impl Send {
    pub fn run(self) -> Result<()> {
        let client = self.relay.client()?;
        let (file, sending) = match &self.sealed {
            Some(path) => self.sealed_before(path, &client)?,
            None => self.sealed_now(&client)?,
        };
        let way = Way::new(file.metadata().map_or(0, |found| found.len()));
        let (sending, bar) = (Arc::new(sending), byte_bar(0, "Sending"));
        let (stopped, stopped_at, stopped_bar) = (Arc::clone(&sending), way.clone(), bar.clone());
        // Without a handler a signal just ends the program, which is no reason not to send.
        let _ = stop::listen(move || {
            let found = stopped_at.end();
            stopped_bar.finish_and_clear();
            stopped.stopped(&found)
        });
        match send(&client, &file, &sending, &way, &bar) {
            Ok(Confirmed { accepted, is_new }) => tell(&sending, &accepted, is_new, self.json).map_err(|error| {
                Ended::with(Exit::Incomplete, format!("the tip is stored, but that could not be shown ({error})"))
            }),
            Err(Unconfirmed { error, arrival: Arrival::Open }) => {
                Err(Ended::with(Exit::Unknown, sending.doubt(&error.to_string())))
            }
            Err(Unconfirmed { error, arrival }) => {
                Err(Ended::with(of_call(&error), sending.nothing_stored(&error.to_string(), arrival)))
            }
        }
    }

    /// Seals what was written, and gives its receipt. Nothing of it has left yet.
    fn sealed_now(&self, client: &RelayClient) -> Result<(File, Sending)> {
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
        let channel = Some(directory.directory().contents().channel.clone());
        let sending =
            Sending { id, sealed: self.keep_sealed.clone(), receipt: Some(kept), channel, command: self.command() };
        Ok((file, sending))
    }

    /// Looks at a file that was sealed before, and at the relay as far as it is said whose it has to be.
    fn sealed_before(&self, path: &Path, client: &RelayClient) -> Result<(File, Sending)> {
        let named = || format!("{} can't be read; nothing was sent", path.display());
        let mut file = File::open(path).with_context(named)?;
        let mut start = Vec::new();
        (&file).take(HEADER_CAP as u64).read_to_end(&mut start).with_context(named)?;
        let no_tip = || format!("{} is not a sealed tip; nothing was sent", path.display());
        TipHeader::parse(&start).with_context(no_tip)?;
        file.rewind().with_context(named)?;
        let (id, length) = TipId::of_reader(&file).with_context(named)?;
        // How large one may be the relay says; a piece of one is none anywhere.
        SizeClass::of_file(length, u64::MAX).with_context(no_tip)?;
        let channel = self.channel.trust.channel_of(client).context("nothing was sent")?;
        let sending = Sending { id, sealed: Some(path.to_owned()), receipt: None, channel, command: self.command() };
        Ok((file, sending))
    }

    fn command(&self) -> SendCommand {
        let (relay, socks) = (self.relay.address.clone(), self.relay.socks.map(|socks| socks.to_string()));
        SendCommand { relay, socks, root: self.channel.trust.root.clone() }
    }
}

/// Sends until there is an answer. `way` knows at each moment how far it is.
fn send(
    client: &RelayClient,
    file: &File,
    sending: &Sending,
    way: &Way,
    bar: &ProgressBar,
) -> Result<Confirmed, Unconfirmed> {
    let local = |error: io::Error| Unconfirmed { error: error.into(), arrival: Arrival::NotSent };
    bar.set_length(file.metadata().map_err(local)?.len());
    let attempt = || {
        bar.reset();
        let (progress, leaves) = (bar.clone(), way.clone());
        let confirmed = client.send_tip(file.try_clone().map_err(local)?, move |bytes| {
            leaves.leaves(bytes);
            progress.inc(bytes);
        })?;
        if confirmed.accepted.id == sending.id {
            return Ok(confirmed);
        }
        let said = format!("it confirms another file, {}, than was sent, {}", confirmed.accepted.id, sending.id);
        Err(Unconfirmed { error: ClientError::NotARelay(said), arrival: Arrival::Open })
    };
    let sent = until_answered(
        || {
            let outcome = attempt();
            way.tried(outcome.as_ref().map(drop).map_err(|unconfirmed| unconfirmed.arrival));
            outcome
        },
        |error, wait| {
            let seconds = wait.as_secs();
            let reason = if let ClientError::Unreachable(reason) = error { reason.clone() } else { error.to_string() };
            bar.suspend(|| complain(NAME, format!("the connection failed ({reason}); trying again in {seconds} s")));
            std::thread::sleep(wait);
        },
    );
    bar.finish_and_clear();
    sent
}

fn tell(sending: &Sending, accepted: &Accepted, new: bool, json: bool) -> io::Result<()> {
    let receipt = match &sending.receipt {
        Some(Kept::In(path)) => Some(path),
        _ => None,
    };
    if json {
        let mut outcome = json!({ "id": accepted.id, "day": accepted.day, "new": new, "channel": sending.channel });
        for (name, path) in [("receipt", receipt), ("sealed", sending.sealed.as_ref())] {
            if let Some(path) = path {
                outcome[name] = json!(path.display().to_string());
            }
        }
        return say_json(&outcome);
    }
    let mut said = match (new, &sending.receipt) {
        (false, _) => format!("The relay has had this tip since {}; nothing was stored twice.", accepted.day),
        (true, Some(_)) => "The tip is stored; only the holders you chose can read it.".to_owned(),
        (true, None) => "The tip is stored.".to_owned(),
    };
    if let Some(path) = receipt {
        said.push_str(&format!(" Its receipt is in {}.", path.display()));
    }
    if sending.receipt.is_none() {
        said.push_str(&match &sending.channel {
            Some(channel) => format!(
                " The relay is one of the channel {channel}; the tip reaches its holders if it was sealed for this channel."
            ),
            None => " It reaches its holders only if this is a relay of the channel for which it was sealed, which can't be seen from the file; with \
                     --root FILE the relay's channel is compared before anything is sent."
                .to_owned(),
        });
        said.push_str(&format!(" Its id is {}.", accepted.id));
    }
    say(said)
}

impl Sending {
    /// What a signal ends.
    fn stopped(&self, found: &Found) -> (Exit, String) {
        match found {
            Found::Stored => {
                (Exit::Incomplete, "the tip is stored; this program was stopped before it said so".to_owned())
            }
            Found::On(Arrival::Open) => (Exit::Unknown, self.doubt("this program was stopped")),
            Found::On(arrival) => (Exit::Failed, self.nothing_stored("this program was stopped", *arrival)),
        }
    }

    /// The last byte had left, and no answer says no.
    fn doubt(&self, reason: &str) -> String {
        let receipt = match &self.receipt {
            None => "its receipt is valid then".to_owned(),
            Some(Kept::Nowhere) => "it has no receipt".to_owned(),
            Some(kept) => format!("{} is valid then", kept.named()),
        };
        let sure = match (&self.sealed, &self.receipt) {
            (Some(path), _) => {
                format!("To make sure, send the same file again, which stores nothing twice: {}", self.command.of(path))
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
        // What to do stands before it, and is not to send the message anew.
        let reason = reason.trim_end_matches('.');
        let reason = reason.rsplit_once("; try again").map_or(reason, |(reason, _when)| reason);
        format!("it is not known whether the tip is stored. It may be; {receipt}. {sure}. The reason: {reason}")
    }

    /// It is known that this run has stored nothing.
    fn nothing_stored(&self, reason: &str, arrival: Arrival) -> String {
        let said = reason.trim_end_matches('.');
        let then = match (&self.sealed, &self.receipt) {
            // Somebody has sent it before, perhaps, and was left in doubt.
            (Some(path), None) => {
                return format!(
                    "{said}. This time nothing was stored; what an earlier try did is not known. The sealed file is as it was, and can be sent again: {}",
                    self.command.of(path)
                );
            }
            (Some(path), Some(kept)) => {
                let valid =
                    if matches!(kept, Kept::Nowhere) { String::new() } else { format!("; {} is for it", kept.named()) };
                format!(
                    "the sealed tip is in {}{valid}. It can be sent with: {}",
                    path.display(),
                    self.command.of(path)
                )
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
        format!("{said}. Nothing was stored, and {then}")
    }
}
