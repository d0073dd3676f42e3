//! `softinfo-tip check-relay`: whether a relay serves the page and the directory that the channel's owner signed.
//!
//! Every fetch is a client of its own, through tor a circuit of its own: the relay can't tell that they belong together, and so can't
//! answer the one who checks otherwise than everybody.

use std::fmt;

use anyhow::Result;
use clap::Args;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use softinfo_base::clock::{Clock, SystemClock};
use softinfo_base::day::Day;
use softinfo_base::limits::REMINDER_DAYS;
use softinfo_client::{ClientError, RelayClient};
use softinfo_formats::directory::{CurrentDirectory, DirectoryError, Ending};
use softinfo_formats::saved_page::with_directory;
use softinfo_terminal::{say, say_json, sentence};

use crate::channel::Trust;
use crate::outcome;
use crate::relay::Relay;

/// Circuits that are tried for one fetch through tor: one that fails says little.
const CIRCUITS: u32 = 3;

#[derive(Args)]
pub struct CheckRelay {
    #[command(flatten)]
    relay: Relay,
    #[command(flatten)]
    trust: Trust,
    /// Check so many times, each over new circuits.
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100))]
    times: u32,
    /// Print nothing when all is well, so that cron writes only when it is not.
    #[arg(long)]
    quiet: bool,
    /// Print the outcome as JSON, also when the check fails.
    #[arg(long)]
    json: bool,
}

/// The relay serves something else.
#[derive(Debug, thiserror::Error)]
pub enum Differs {
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
        "the page that this relay gives to be saved is not the page with the directory in it. Don't use it, and tell the channel's owner"
    )]
    Saved,
    /// Another directory than the one passed.
    #[error("this relay serves another directory than the one passed with --directory")]
    Directory,
    /// Two directories.
    #[error(
        "this relay serves SEVERAL DIRECTORIES. If the channel's owner has published a new one within minutes, check again; if not, don't use it, and tell the owner"
    )]
    Directories,
    /// A directory that is not to be trusted.
    #[error("this relay serves a directory that must not be used: {0}. Tell the channel's owner")]
    Untrusted(String),
    /// Something else altogether.
    #[error("what this relay serves is not what a relay serves ({0}); tell the channel's owner")]
    Nonsense(String),
}

/// All is as it was signed, but not for long.
#[derive(Debug, thiserror::Error)]
pub struct EndsSoon(Vec<Ending>);

impl fmt::Display for EndsSoon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "this relay serves what was signed, but not for long; tell the channel's owner")?;
        self.0.iter().try_for_each(|ending| write!(f, "; {ending}"))
    }
}

/// No hash to compare with, as the owner signed it.
#[derive(Debug, thiserror::Error)]
#[error(
    "the directory names no page, so there is nothing to compare; its owner adds it with softinfo-desk directory make --page"
)]
pub struct NoHash;

/// It was signed, and nobody may use it any longer: no attack, but writers are locked out.
#[derive(Debug, thiserror::Error)]
#[error(
    "this relay serves a directory that the channel's owner signed, but it expired on {0}: writers refuse it, and nothing can be sent. Tell the channel's owner"
)]
pub struct HasExpired(Day);

impl CheckRelay {
    pub fn run(self) -> Result<()> {
        let checked = self.check();
        match &checked {
            Ok(_) if self.quiet => (),
            // What ends soon is said as an error, below.
            Ok(directory) if self.json => say_json(&self.outcome(directory))?,
            Ok(directory) => {
                let contents = directory.directory().contents();
                let page = contents.page_sha256.as_deref().unwrap_or_default();
                say(format!("This relay serves the page that is in its directory (SHA-256 {page})."))?;
                say(format!("The directory is version {}, valid until {}.", contents.version, contents.expires))?;
            }
            Err(error) if self.json => {
                // That nobody reads this is no reason to hide what was found: it is said once more, as an error.
                let _ = say_json(&json!({ "outcome": outcome::word(error), "reason": sentence(error.as_ref()) }));
            }
            Err(_) => (),
        }
        let reminders = checked?.directory().contents().endings(SystemClock.today(), REMINDER_DAYS);
        if reminders.is_empty() { Ok(()) } else { Err(EndsSoon(reminders).into()) }
    }

    fn outcome(&self, directory: &CurrentDirectory) -> Value {
        let contents = directory.directory().contents();
        let reminders = contents.endings(SystemClock.today(), REMINDER_DAYS);
        let reminders: Vec<_> = reminders.iter().map(ToString::to_string).collect();
        json!({
            "outcome": if reminders.is_empty() { "same" } else { "ends-soon" }, "reminders": reminders, "times": self.times,
            "page_sha256": contents.page_sha256, "version": contents.version, "expires": contents.expires,
        })
    }

    fn check(&self) -> Result<CurrentDirectory> {
        let current = self.anew(|client| self.trust.directory(Some((&self.relay.address, client))));
        let current = current.map_err(|error| match error.downcast_ref::<DirectoryError>() {
            Some(DirectoryError::Expired(day)) if self.trust.directory.is_none() => HasExpired(*day).into(),
            // The owner signed it. This computer's date, or this program, is what does not fit.
            Some(DirectoryError::NotYet(_) | DirectoryError::Contents(_)) => error,
            // What was passed as a file is nothing that the relay serves.
            Some(_) if self.trust.directory.is_none() => {
                let reason = sentence(error.as_ref());
                // What to do stands behind it.
                let advice = [
                    "; don't use it, and tell the channel's owner",
                    "; get it again from the relay or from the channel's owner",
                ];
                let reason = advice.iter().fold(&*reason, |reason, advice| reason.trim_end_matches(advice));
                Differs::Untrusted(reason.to_owned()).into()
            }
            _ => error,
        })?;
        let note = current.directory().bytes();
        let signed = current.directory().contents().page_sha256.clone().ok_or(NoHash)?;
        for _ in 0..self.times {
            let page = self.page("/", note)?;
            let served = hex::encode(Sha256::digest(&page));
            if served != signed {
                return Err(Differs::Page { served, signed }.into());
            }
            if self.page("/softinfo.html", note)? != with_directory(&page, note) {
                return Err(Differs::Saved.into());
            }
        }
        Ok(current)
    }

    /// A page over a new circuit, over which the directory has to be the same, too.
    fn page(&self, path: &str, note: &[u8]) -> Result<Vec<u8>> {
        self.anew(|client| {
            let page = client.page(path)?;
            if client.directory()? == note {
                return Ok(page);
            }
            Err(if self.trust.directory.is_some() { Differs::Directory } else { Differs::Directories }.into())
        })
    }

    /// Asks over a new circuit; when tor fails, over another.
    fn anew<T>(&self, ask: impl Fn(&RelayClient) -> Result<T>) -> Result<T> {
        let mut left = if self.relay.socks.is_some() { CIRCUITS } else { 1 };
        loop {
            left -= 1;
            let error = match ask(&self.relay.client()?) {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            match error.downcast_ref() {
                Some(ClientError::Unreachable(_)) if left > 0 => (),
                Some(ClientError::NotARelay(reason)) => return Err(Differs::Nonsense(reason.clone()).into()),
                _ => return Err(error),
            }
        }
    }
}
