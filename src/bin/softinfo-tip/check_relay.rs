//! `softinfo-tip check-relay`: whether a relay serves the page and the directory that the channel's owner signed.

use anyhow::Result;
use base64::{Engine, prelude::BASE64_STANDARD};
use clap::Args;
use serde_json::json;
use sha2::{Digest, Sha256};
use softinfo::client::RelayClient;

use crate::channel::Trust;

#[derive(Args)]
pub struct CheckRelay {
    /// Address of the relay.
    #[arg(long, value_name = "URL")]
    relay: String,
    #[command(flatten)]
    trust: Trust,
    /// Print the outcome as JSON.
    #[arg(long)]
    json: bool,
}

/// The relay serves something else.
#[derive(Debug, thiserror::Error)]
pub enum Differs {
    /// No hash to compare with.
    #[error(
        "the directory names no page, so there is nothing to compare; its owner adds it with softinfo-desk directory make --page"
    )]
    NoHash,
    /// Another page.
    #[error(
        "this relay serves ANOTHER PAGE than the directory names: {served} instead of {signed}. Don't write on it, and tell the channel's owner"
    )]
    Page {
        /// SHA-256 of what came.
        served: String,
        /// SHA-256 in the directory.
        signed: String,
    },
    /// Another page to save.
    #[error(
        "the page that this relay gives to be saved is not the page with the directory behind it. Don't use it, and tell the channel's owner"
    )]
    Saved,
    /// Another directory than the one passed.
    #[error("this relay serves another directory than the one passed with --directory")]
    Directory,
}

impl CheckRelay {
    pub fn run(self) -> Result<()> {
        let client = RelayClient::new(&self.relay, None)?;
        let current = self.trust.directory(Some((&self.relay, &client)))?;
        let directory = current.directory();
        let note = client.directory()?;
        if note != directory.bytes() {
            return Err(Differs::Directory.into());
        }
        let signed = directory.contents().page_sha256.clone().ok_or(Differs::NoHash)?;
        let page = client.page("/")?;
        let served = hex::encode(Sha256::digest(&page));
        if served != signed {
            return Err(Differs::Page { served, signed }.into());
        }
        let tail =
            format!("\n<script type=\"text/plain\" id=\"directory\">{}</script>\n", BASE64_STANDARD.encode(&note));
        if client.page("/softinfo.html")? != [&page, tail.as_bytes()].concat() {
            return Err(Differs::Saved.into());
        }
        let contents = directory.contents();
        if self.json {
            let outcome = json!({ "page_sha256": served, "version": contents.version, "expires": contents.expires });
            println!("{outcome}");
        } else {
            println!(
                "This relay serves the page that is in its directory (SHA-256 {served}).\nThe directory is version {}, valid until {}.",
                contents.version, contents.expires
            );
        }
        Ok(())
    }
}
