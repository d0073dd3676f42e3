//! Whether a relay serves the page and the directory that the channel's owner signed.
//!
//! In: a relay's address, the channel, a directory where one is at hand. Out: the directory, or what differs. Every fetch is a client of its own,
//! through tor a circuit of its own: the relay can't tell that they belong together, so it can't give a watcher another answer than everybody.

use std::fmt;

use sha2::{Digest, Sha256};
use softinfo_base::day::Day;
use softinfo_base::limits::REMINDER_DAYS;
use softinfo_client::{ClientError, RelayClient};
use softinfo_formats::api::paths;
use softinfo_formats::directory::{CurrentDirectory, DirectoryError, Ending};
use softinfo_formats::saved_page::with_directory;

use crate::channel::{Channel, ChannelError, Known};
use crate::relay::RelayAddress;

/// Circuits that are tried for one fetch through tor: one that fails says little.
const CIRCUITS: u32 = 3;

/// What is compared with what.
pub struct Comparison<'a> {
    /// The relay.
    pub relay: &'a RelayAddress,
    /// Whose directory it has to serve.
    pub channel: &'a Channel,
    /// The directory that it has to serve, where it did not come from this relay.
    pub note: Option<&'a [u8]>,
}

/// Why a comparison did not end well.
#[derive(Debug, thiserror::Error)]
pub enum CompareError {
    /// The relay serves something else than was signed.
    #[error(transparent)]
    Differs(#[from] Differs),
    /// It was signed, and nobody may use it any longer: no attack, but writers are locked out.
    #[error(
        "this relay serves a directory that the channel's owner signed, but it expired on {0}: writers refuse it, and nothing can be sent. Tell the channel's owner"
    )]
    HasExpired(Day),
    /// There is no hash to compare with, as the owner signed it.
    #[error(
        "the directory names no page, so there is nothing to compare; its owner adds it with softinfo-desk directory make --page"
    )]
    NoHash,
    /// The directory can't be used here, which says nothing against the relay.
    #[error(transparent)]
    Channel(#[from] ChannelError),
    /// The relay was not reached, or refused.
    #[error(transparent)]
    Client(#[from] ClientError),
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
pub struct EndsSoon(pub Vec<Ending>);

impl fmt::Display for EndsSoon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "this relay serves what was signed, but not for long; tell the channel's owner")?;
        self.0.iter().try_for_each(|ending| write!(f, "; {ending}"))
    }
}

impl Comparison<'_> {
    /// The directory that holds today: the one at hand, or else the one that the relay serves.
    ///
    /// # Errors
    /// Nobody may use it, or it was not to be had.
    pub fn directory(&self, today: Day) -> Result<Known, CompareError> {
        let served;
        let note = if let Some(note) = self.note {
            // An address that is none is told before what the directory says of it.
            self.relay.client()?;
            note
        } else {
            served = self.anew(|client| Ok(client.directory()?))?;
            &served
        };
        self.channel.current(note, Some(&self.relay.url), today).map_err(|error| match error.of_directory() {
            Some(DirectoryError::Expired(day)) if self.note.is_none() => CompareError::HasExpired(*day),
            // The owner signed it. This computer's date, or this program, is what does not fit.
            Some(DirectoryError::NotYet(_) | DirectoryError::Contents(_)) => error.into(),
            // What was passed as a file is nothing that the relay serves.
            Some(refused) if self.note.is_none() => Differs::Untrusted(refused.cause()).into(),
            _ => error.into(),
        })
    }

    /// Compares the pages that the relay serves with the directory, so many times, each over new circuits.
    ///
    /// # Errors
    /// What differs, or why that could not be seen.
    pub fn pages(&self, directory: &CurrentDirectory, times: u32) -> Result<(), CompareError> {
        let note = directory.directory().bytes();
        let signed = directory.directory().contents().page_sha256.clone().ok_or(CompareError::NoHash)?;
        for _ in 0..times {
            let page = self.page(paths::PAGE, note)?;
            let served = hex::encode(Sha256::digest(&page));
            if served != signed {
                return Err(Differs::Page { served, signed }.into());
            }
            if self.page(paths::SAVED_PAGE, note)? != with_directory(&page, note) {
                return Err(Differs::Saved.into());
            }
        }
        Ok(())
    }

    /// A page over a new circuit, over which the directory has to be the same, too.
    fn page(&self, path: &str, note: &[u8]) -> Result<Vec<u8>, CompareError> {
        self.anew(|client| {
            let page = client.page(path)?;
            if client.directory()? == note {
                return Ok(page);
            }
            Err(if self.note.is_some() { Differs::Directory } else { Differs::Directories }.into())
        })
    }

    /// Asks over a new circuit; when tor fails, over another.
    fn anew<T>(&self, ask: impl Fn(&RelayClient) -> Result<T, CompareError>) -> Result<T, CompareError> {
        let mut left = if self.relay.socks.is_some() { CIRCUITS } else { 1 };
        loop {
            left -= 1;
            match ask(&self.relay.client()?) {
                Err(CompareError::Client(ClientError::Unreachable(_))) if left > 0 => (),
                Err(CompareError::Client(ClientError::NotARelay(reason))) => {
                    return Err(Differs::Nonsense(reason).into());
                }
                answer => return answer,
            }
        }
    }
}

/// What ends within [`REMINDER_DAYS`], or has ended: the directory, a holder's last key.
#[must_use]
pub fn endings(directory: &CurrentDirectory, today: Day) -> Vec<Ending> {
    directory.directory().contents().endings(today, REMINDER_DAYS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::relay;
    use softinfo_formats::example_keys;

    fn compared(serve: impl Fn(&str) -> Vec<u8> + Send + 'static, note: Option<&[u8]>, today: &str) -> CompareError {
        let relay = relay(move |_, path, _| Some((200, serve(path))));
        let channel = Channel { root: None, memory: None, allows_example_keys: false };
        let comparison = Comparison { relay: &relay, channel: &channel, note };
        let compared = comparison.directory(today.parse().unwrap());
        compared.and_then(|known| comparison.pages(&known.directory, 1)).unwrap_err()
    }

    #[test]
    fn what_differs_is_told_apart_from_what_can_not_be_used_here() {
        let note = || example_keys::DIRECTORY.to_vec();
        let page = move |path: &str| if path == paths::DIRECTORY { note() } else { b"another page".to_vec() };
        let today = "2026-11-30";
        assert!(matches!(compared(page, None, today), CompareError::Differs(Differs::Page { .. })));
        assert!(matches!(compared(page, None, "2999-01-01"), CompareError::HasExpired(_)));
        assert!(matches!(compared(page, None, "1999-01-01"), CompareError::Channel(ChannelError::Clock { .. })));
        let at_hand = Some(example_keys::DIRECTORY);
        assert!(matches!(compared(page, at_hand, "2999-01-01"), CompareError::Channel(ChannelError::Clock { .. })));
        let website = |_: &str| b"<!doctype html>".to_vec();
        assert!(matches!(compared(website, at_hand, today), CompareError::Differs(Differs::Directory)));
        let said = compared(website, None, today).to_string();
        assert_eq!(
            said,
            "this relay serves a directory that must not be used: not a signed directory. Tell the channel's owner"
        );
    }
}
