//! `softinfo-tip send`: seals, sends, and gives the receipt once the relay has it on disk.

use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Args;
use rand::rngs::OsRng;
use serde_json::json;
use softinfo::client::{Accepted, ClientError, RelayClient};
use softinfo::limits::HEADER_CAP;
use softinfo::terminal::byte_bar;
use softinfo::tip::header::TipHeader;
use softinfo::tip::id::TipId;
use softinfo::tip::receipt::Receipt;

use crate::channel::Channel;
use crate::relay::Relay;
use crate::seal::{Content, print_json, print_receipt};

/// Waits between tries, in seconds, when the connection breaks. The same bytes are sent, so nothing is stored twice.
const WAITS: [u64; 3] = [1, 5, 20];

#[derive(Args)]
pub struct Send {
    #[command(flatten)]
    relay: Relay,
    #[command(flatten)]
    channel: Channel,
    #[command(flatten)]
    content: Content,
    /// Send this file, which was sealed before, instead of sealing one.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["to", "message", "attach", "details"])]
    sealed: Option<PathBuf>,
    /// Print the outcome as JSON.
    #[arg(long)]
    json: bool,
}

impl Send {
    pub fn run(self) -> Result<()> {
        let client = self.relay.client()?;
        if let Some(path) = &self.sealed {
            let (accepted, new) = send_sealed(&client, path)?;
            if self.json {
                println!("{}", json!({ "id": accepted.id, "day": accepted.day, "new": new }));
            } else {
                println!("{} Its id is {}.", stored(&accepted, new), accepted.id);
            }
            return Ok(());
        }
        let directory = self.channel.directory(Some((&self.relay.address, &client)))?;
        let readers = self.channel.readers(&directory)?;
        let receipt = Receipt::generate(&mut OsRng);
        // Ciphertext only, in a file without a name: it is gone when the program ends, and it can be sent again as it is.
        let file = tempfile::tempfile().context("a temporary file for the sealed tip")?;
        let id = self.content.seal_to(&file, &directory, &readers, &receipt)?;
        let (accepted, new) = match send(&client, &file, &id) {
            Ok(answer) => answer,
            Err(error) => {
                // The last answer may have been lost after the tip was stored; then this receipt is the only way back to it.
                if matches!(error.downcast_ref(), Some(ClientError::Unreachable(_))) {
                    eprintln!("softinfo-tip: it is not known whether the tip arrived. If it did, this is its receipt:");
                    print_receipt(&receipt, &self.content.lang);
                }
                return Err(error);
            }
        };
        if self.json {
            print_json(&receipt, &self.content.lang, json!({ "id": id, "day": accepted.day, "new": new }))
        } else {
            println!("{}", stored(&accepted, new));
            print_receipt(&receipt, &self.content.lang);
            Ok(())
        }
    }
}

fn stored(accepted: &Accepted, new: bool) -> String {
    if new {
        "The tip is stored; only the holders you chose can read it.".to_owned()
    } else {
        format!("The relay has had this tip since {}; nothing was stored twice.", accepted.day)
    }
}

fn send_sealed(client: &RelayClient, path: &PathBuf) -> Result<(Accepted, bool)> {
    let named = || path.display().to_string();
    let file = File::open(path).with_context(named)?;
    let mut start = Vec::new();
    io::Read::read_to_end(&mut io::Read::take(&file, HEADER_CAP as u64), &mut start).with_context(named)?;
    TipHeader::parse(&start).with_context(|| format!("{} is not a sealed tip", path.display()))?;
    let (id, _) = TipId::of_reader(File::open(path).with_context(named)?).with_context(named)?;
    send(client, &file, &id)
}

fn send(client: &RelayClient, file: &File, id: &TipId) -> Result<(Accepted, bool)> {
    let length = file.metadata()?.len();
    for wait in WAITS.map(Some).into_iter().chain([None]) {
        let bar = byte_bar(length, "Sending");
        let progress = bar.clone();
        match (client.send_tip(file.try_clone()?, move |bytes| progress.inc(bytes)), wait) {
            (Err(ClientError::Unreachable(reason)), Some(seconds)) => {
                bar.finish_and_clear();
                eprintln!("softinfo-tip: the connection failed ({reason}); trying again in {seconds} s");
                std::thread::sleep(Duration::from_secs(seconds));
            }
            (Err(error), _) => return Err(error.into()),
            (Ok((accepted, new)), _) => {
                bar.finish_and_clear();
                if accepted.id != *id {
                    anyhow::bail!(
                        "the relay confirms another file ({}) than was sent ({id}); don't rely on it",
                        accepted.id
                    );
                }
                return Ok((accepted, new));
            }
        }
    }
    anyhow::bail!("not sent")
}
