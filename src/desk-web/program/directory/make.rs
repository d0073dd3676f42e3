//! `softinfo-desk directory make`: a directory from the holders' public files, still to be signed.

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;
use softinfo_base::clock::{Clock, SystemClock};
use softinfo_base::day::Day;
use softinfo_base::limits::DEFAULT_MAX_PLAINTEXT;
use softinfo_desk::directory::{Order, draft};
use softinfo_formats::directory::ChannelId;
use softinfo_terminal::{Exit, complain, say};

use crate::{PROGRAM, Setting, told};

#[derive(Args)]
pub struct Make {
    /// Id of the channel, as in the root key.
    #[arg(long, value_name = "ID")]
    channel: ChannelId,
    /// Version: higher than any before.
    #[arg(long = "number", value_name = "N")]
    version: u64,
    /// First day.
    #[arg(long, value_name = "DAY")]
    issued: Day,
    /// Last day.
    #[arg(long, value_name = "DAY")]
    expires: Day,
    /// Address of a relay; repeat the option.
    #[arg(long, value_name = "URL", required = true, value_parser = relay)]
    relay: Vec<String>,
    /// A holder's holder.json; repeat the option.
    #[arg(long, value_name = "FILE", required = true)]
    holder: Vec<PathBuf>,
    /// The page that the relays serve; its SHA-256 goes into the directory, so that everybody can check it.
    #[arg(long, value_name = "FILE")]
    page: Option<PathBuf>,
    /// Largest tip, in bytes of plaintext.
    #[arg(long, default_value_t = DEFAULT_MAX_PLAINTEXT, value_name = "BYTES")]
    max_bytes: u64,
    /// The file to write.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// An address as writers need it.
fn relay(address: &str) -> Result<String, String> {
    if ["http://", "https://"].iter().any(|start| address.strip_prefix(start).is_some_and(|rest| !rest.is_empty())) {
        Ok(address.to_owned())
    } else {
        Err("an address begins with http:// or https://".to_owned())
    }
}

impl Make {
    pub fn run(self, setting: &Setting) -> Result<Exit> {
        let out = self.out.clone();
        self.make(setting).context("no directory was made")?;
        let ready =
            format!("{} is ready to be signed: by the root, and by each holder that has a signing key", out.display());
        Ok(told(say(format_args!("{ready}.")), ready))
    }

    fn make(self, setting: &Setting) -> Result<()> {
        let order = Order {
            channel: self.channel,
            version: self.version,
            issued: self.issued,
            expires: self.expires,
            relays: self.relay,
            holders: self.holder,
            page: self.page,
            max_bytes: self.max_bytes,
        };
        let draft = draft(&order, &self.out, SystemClock.today(), setting.allow_example)?;
        for doubt in &draft.doubts {
            complain(PROGRAM, doubt);
        }
        Ok(draft.write(&self.out)?)
    }
}
