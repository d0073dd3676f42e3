//! Which letterbox: the pinned root, the directory, and the memory of the newest one seen.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Args;
use softinfo_base::clock::{Clock, SystemClock};
use softinfo_base::file::{private_folder, read_limited, write_whole};
use softinfo_base::limits::MAX_DIRECTORY;
use softinfo_client::RelayClient;
use softinfo_formats::directory::{
    ChannelId, CurrentDirectory, Directory, DirectoryError, HolderId, RootKey, Seen, UntrustedDirectory,
};
use softinfo_formats::envelope::id::TipId;
use softinfo_formats::example_keys;
use softinfo_terminal::complain;

use softinfo_seal::reader::Reader;

use crate::NAME;

/// In front of what hinders a tip before anything became of it.
const NOTHING_DONE: &str = "nothing was sealed or sent";

/// Longest file with what is remembered, in bytes: several times what is written.
const MAX_MEMORY: u64 = 4096;

#[derive(Args)]
pub struct Channel {
    /// Who is to read it: a holder's id from the directory. One to three; repeat the option.
    #[arg(long, value_name = "HOLDER", required_unless_present = "sealed")]
    pub to: Vec<HolderId>,
    #[command(flatten)]
    pub trust: Trust,
}

/// What is believed of a directory, and what is remembered.
#[derive(Args)]
pub struct Trust {
    /// File with the channel's root key. Without it only the example channel on this machine is trusted.
    #[arg(long, value_name = "FILE")]
    pub root: Option<PathBuf>,
    /// Signed directory to use, instead of asking the relay for it.
    #[arg(long, value_name = "FILE")]
    pub directory: Option<PathBuf>,
    /// Folder in which the newest directory's version is remembered, to notice when an old one is played back.
    #[arg(long, value_name = "FOLDER")]
    pub state: Option<PathBuf>,
    /// Write nothing on this computer; an old directory is then not noticed.
    #[arg(long, conflicts_with = "state")]
    pub leave_no_trace: bool,
    /// Accept the example keys for a relay elsewhere. Everybody can read what is sent to them.
    #[arg(long)]
    pub i_know_these_are_example_keys: bool,
}

/// The directory of a channel that nobody has named: no fault of it.
#[derive(Debug, thiserror::Error)]
#[error(
    "without --root only the example channel is trusted, and this is the directory of another one: name the file with that channel's root key, --root FILE. \
     The key comes from the channel's owner, and not from the relay"
)]
pub struct NoRoot;

/// What was remembered of a channel's newest directory can't be relied on.
///
/// It ends the run. Going on would lose nothing of a tip either, but begin the memory anew with whatever is served: who can play an old directory back,
/// with keys that have been stolen since, would only have to wait for a damaged file; and a warning is read by no script. Nothing is written or sealed yet,
/// and whoever can damage the file could as well remove it, so that stopping gives nobody a power that he had not.
#[derive(Debug, thiserror::Error)]
#[error(
    "{}, in which the newest directory of this channel is remembered, is damaged ({reason}). Without it an older directory that is played back would not be \
     noticed. Put a good copy of the file back. If there is none, ask the channel's owner for the number of the newest version, remove the file, and \
     compare the number with what softinfo-tip check-relay says",
    path.display()
)]
pub struct Damaged {
    path: PathBuf,
    reason: String,
}

/// What was remembered of a channel's newest directory can't be read now. It ends the run for the same reasons as [`Damaged`]; but the file may be good.
#[derive(Debug, thiserror::Error)]
#[error(
    "{}, in which the newest directory of this channel is remembered, can't be read ({source}). Without it an older directory that is played back would \
     not be noticed. See why, and run this again when it can be read; don't remove it before",
    path.display()
)]
pub struct Unreadable {
    path: PathBuf,
    source: io::Error,
}

impl Channel {
    /// The verified, current directory: from the file, or else from the relay.
    pub fn directory(&self, relay: Option<(&str, &RelayClient)>) -> Result<CurrentDirectory> {
        self.trust.directory(relay).context(NOTHING_DONE)
    }

    /// The chosen readers with today's keys, each once.
    pub fn readers(&self, directory: &CurrentDirectory) -> Result<Vec<Reader>> {
        let mut ids = self.to.clone();
        ids.sort();
        ids.dedup();
        ids.iter().map(|id| Reader::of(directory, id)).collect::<Result<_, _>>().context(NOTHING_DONE)
    }
}

impl Trust {
    /// The verified, current directory: from the file, or else from the relay.
    pub fn directory(&self, relay: Option<(&str, &RelayClient)>) -> Result<CurrentDirectory> {
        let bytes = match (&self.directory, relay) {
            (Some(path), _) => read_limited(path, MAX_DIRECTORY).with_context(|| path.display().to_string())?,
            (None, Some((_, client))) => client.directory()?,
            (None, None) => anyhow::bail!("pass the signed directory with --directory FILE"),
        };
        let directory = self.verified(&bytes)?;
        let addresses = directory.contents().relays.iter().map(String::as_str);
        let named = relay.map(|(address, _)| address);
        example_keys::refuse_elsewhere(
            directory.contents(),
            addresses.chain(named),
            self.i_know_these_are_example_keys,
        )?;

        let memory = self.memory(directory.contents().channel.as_str());
        let seen = memory.as_deref().map_or(Ok(None), |path| remembered(path, &directory.contents().channel))?;
        let today = SystemClock.today();
        let current = directory.current(today, seen.as_ref()).map_err(|error| match error {
            DirectoryError::Expired(_) | DirectoryError::NotYet(_) => {
                anyhow::Error::from(error).context(format!("by this computer's clock it is {today}"))
            }
            error => error.into(),
        })?;
        if let Some(path) = memory {
            let seen = current.directory().seen();
            // Not being able to remember is no reason not to send.
            if let Err(error) = remember(&path, &seen) {
                complain(NAME, format!("the directory's version can't be remembered in {}: {error}", path.display()));
            }
        }
        Ok(current)
    }

    /// The channel of the relay, by its directory, when the root key is known that has to have signed it. It may have expired: what was sealed before
    /// can be read all the same.
    ///
    /// # Errors
    /// The relay serves no directory, or that of another channel.
    pub fn channel_of(&self, client: &RelayClient) -> Result<Option<ChannelId>> {
        if self.root.is_none() {
            return Ok(None);
        }
        let directory = self.verified(&client.directory()?).map_err(|error| {
            if error.is::<DirectoryError>() {
                error.context("this relay is none of the channel whose root key was named with --root")
            } else {
                error
            }
        })?;
        Ok(Some(directory.contents().channel.clone()))
    }

    /// A directory that is signed by the root key that was named, or else that of the example.
    fn verified(&self, bytes: &[u8]) -> Result<Directory> {
        let root = match &self.root {
            Some(path) => {
                let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
                RootKey::parse(&text).with_context(|| path.display().to_string())?
            }
            None => example_keys::root()?,
        };
        let directory = UntrustedDirectory::parse(bytes)?;
        let is_by_name = directory.signers().iter().any(|signer| signer == root.name());
        directory.verify(&root).map_err(|error| match error {
            DirectoryError::WrongRoot(_) if self.root.is_none() && !is_by_name => NoRoot.into(),
            DirectoryError::WrongRoot(_) if self.root.is_none() => {
                anyhow::Error::from(error).context("without --root only the example channel is trusted")
            }
            error => error.into(),
        })
    }

    fn memory(&self, channel: &str) -> Option<PathBuf> {
        if self.leave_no_trace {
            return None;
        }
        let folder = self.state.clone().or_else(|| {
            let home = || std::env::home_dir().map(|home| home.join(".local/state"));
            std::env::var_os("XDG_STATE_HOME").map(PathBuf::from).or_else(home).map(|base| base.join("softinfo"))
        })?;
        Some(folder.join(format!("{channel}.json")))
    }
}

/// What is remembered in the file; none where there is no such file yet.
///
/// # Errors
/// [`Damaged`] or [`Unreadable`].
fn remembered(path: &Path, channel: &ChannelId) -> Result<Option<Seen>> {
    let damaged = |reason: String| Damaged { path: path.to_owned(), reason };
    let bytes = match read_limited(path, MAX_MEMORY) {
        Ok(bytes) => bytes,
        // Nor can it be there where its folder is a file.
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Ok(None),
        Err(error) if error.kind() == ErrorKind::InvalidData => return Err(damaged(error.to_string()).into()),
        Err(source) => return Err(Unreadable { path: path.to_owned(), source }.into()),
    };
    let seen: Seen = serde_json::from_slice(&bytes).map_err(|error| {
        damaged(if error.is_eof() { "it ends too soon" } else { "it is not as this program writes it" }.to_owned())
    })?;
    if seen.channel != *channel {
        return Err(damaged(format!("it is that of the channel “{}”", seen.channel)).into());
    }
    if seen.sha256.parse::<TipId>().is_err() {
        return Err(damaged("its sha256 is none".to_owned()).into());
    }
    Ok(Some(seen))
}

fn remember(path: &Path, seen: &Seen) -> io::Result<()> {
    private_folder(path.parent().unwrap_or(Path::new(".")))?;
    write_whole(path, |file| Ok(serde_json::to_writer(file, seen)?))
}
