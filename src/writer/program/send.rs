//! `softinfo-tip send`: seals, gives the receipt, and only then sends.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use clap::Args;
use rand::rngs::OsRng;
use softinfo_base::clock::{Clock, SystemClock};
use softinfo_client::RelayClient;
use softinfo_formats::envelope::id::TipId;
use softinfo_seal::receipt::Receipt;
use softinfo_terminal::Exit;
use softinfo_writer::progress::Progress;
use softinfo_writer::sealed::SealedTip;
use softinfo_writer::sealing::Sealing;
use softinfo_writer::submit::submit;

use crate::bar::Bar;
use crate::channel::Channel;
use crate::command::SendCommand;
use crate::content::Content;
use crate::outcome::Ended;
use crate::receipt::{Keeping, Kept, refuse_existing};
use crate::relay::Relay;
use crate::seal::{seal_to, sealed_file};
use crate::sending::Sending;
use crate::stop;

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

impl Send {
    pub fn run(self) -> Result<()> {
        let client = self.relay.client()?;
        let (tip, sending) = match &self.sealed {
            Some(path) => self.sealed_before(path, &client)?,
            None => self.sealed_now(&client)?,
        };
        let (delivery, sending, bar) = (tip.delivery(), Arc::new(sending), Bar::new("Sending"));
        let (stopped, stopped_at, stopped_bar) = (Arc::clone(&sending), delivery.clone(), bar.clone());
        // Without a handler a signal just ends the program, which is no reason not to send.
        let _ = stop::listen(move || {
            let found = stopped_at.end();
            stopped_bar.clear();
            stopped.stopped(found)
        });
        let progress: Arc<dyn Progress> = Arc::new(bar.clone());
        let submitted = submit(&client, &tip, &delivery, &progress);
        bar.clear();
        match submitted {
            Ok(confirmed) => sending.tell(&confirmed, self.json).map_err(|error| {
                Ended::with(Exit::Incomplete, format!("the tip is stored, but that could not be shown ({error})"))
            }),
            Err(unconfirmed) => Err(sending.unconfirmed(&unconfirmed)),
        }
    }

    /// Seals what was written, and gives its receipt. Nothing of it has left yet.
    fn sealed_now(&self, client: &RelayClient) -> Result<(SealedTip, Sending)> {
        self.keeping.check()?;
        self.keep_sealed.as_deref().map_or(Ok(()), refuse_existing)?;
        let (directory, readers) = self.channel.readers(Some((&self.relay.url, client)), SystemClock.today())?;
        let receipt = Receipt::generate(&mut OsRng);
        let sealing = Sealing { directory: &directory, readers: &readers, receipt: &receipt };
        let seal = |file: &File| -> Result<(TipId, Kept)> {
            let id = seal_to(file, &self.content, &sealing)?;
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
        let sealed = self.keep_sealed.clone();
        let tip = SealedTip::new(file, id).context("nothing was sent")?;
        Ok((tip, Sending { sealed, receipt: Some(kept), channel, command: self.command() }))
    }

    /// Looks at a file that was sealed before, and at the relay as far as it is said whose it has to be.
    fn sealed_before(&self, path: &Path, client: &RelayClient) -> Result<(SealedTip, Sending)> {
        let tip = SealedTip::open(path)?;
        let channel = self.channel.trust.channel_of(client).context("nothing was sent")?;
        Ok((tip, Sending { sealed: Some(path.to_owned()), receipt: None, channel, command: self.command() }))
    }

    fn command(&self) -> SendCommand {
        let (relay, socks) = (self.relay.url.clone(), self.relay.socks.map(|socks| socks.to_string()));
        SendCommand { relay, socks, root: self.channel.trust.root.clone() }
    }
}
