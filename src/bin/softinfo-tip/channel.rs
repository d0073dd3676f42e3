//! Which letterbox: the pinned root, the directory, and the memory of the newest one seen.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Args;
use softinfo::client::RelayClient;
use softinfo::day::Day;
use softinfo::directory::{CurrentDirectory, DirectoryError, HolderId, Reader, RootKey, Seen, UntrustedDirectory};
use softinfo::example;
use softinfo::file::{private_folder, read_limited, write_whole};
use softinfo::limits::MAX_DIRECTORY;
use softinfo::terminal::complain;

use crate::NAME;

/// In front of what hinders a tip before anything became of it.
const NOTHING_DONE: &str = "nothing was sealed or sent";

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
        ids.iter().map(|id| directory.reader(id)).collect::<Result<_, _>>().context(NOTHING_DONE)
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
        let root = match &self.root {
            Some(path) => {
                let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
                RootKey::parse(&text).with_context(|| path.display().to_string())?
            }
            None => example::root()?,
        };
        let directory = UntrustedDirectory::parse(&bytes)?.verify(&root).map_err(|error| {
            let is_other = matches!(error, DirectoryError::WrongRoot(_)) && self.root.is_none();
            let error = anyhow::Error::from(error);
            if is_other { error.context("without --root only the example channel is trusted") } else { error }
        })?;
        let addresses = directory.contents().relays.iter().map(String::as_str);
        let named = relay.map(|(address, _)| address);
        example::refuse_elsewhere(directory.contents(), addresses.chain(named), self.i_know_these_are_example_keys)?;

        let memory = self.memory(directory.contents().channel.as_str());
        let seen = memory.as_deref().and_then(read_seen);
        let today = Day::today();
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

fn read_seen(path: &Path) -> Option<Seen> {
    serde_json::from_slice(&std::fs::read(path).ok()?).ok()
}

fn remember(path: &Path, seen: &Seen) -> std::io::Result<()> {
    private_folder(path.parent().unwrap_or(Path::new(".")))?;
    write_whole(path, |file| Ok(serde_json::to_writer(file, seen)?))
}
