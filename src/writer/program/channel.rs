//! Which letterbox, by its arguments: files with the root key and the directory, the folder for what is remembered.
//!
//! In: names of files, or a relay. Out: the library's channel, and a directory that holds today.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use clap::Args;
use softinfo_base::day::Day;
use softinfo_base::file::read_limited;
use softinfo_base::limits::MAX_DIRECTORY;
use softinfo_client::RelayClient;
use softinfo_formats::directory::{ChannelId, CurrentDirectory, HolderId, RootKey};
use softinfo_seal::reader::Reader;
use softinfo_terminal::complain;
use softinfo_writer::channel::{self, Known};
use softinfo_writer::memory::Memory;

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
    /// The directory that holds today, from the file or else from the relay, and the chosen readers in it.
    ///
    /// # Errors
    /// There is no such directory, or it lacks a reader.
    pub fn readers(&self, relay: Option<(&str, &RelayClient)>, today: Day) -> Result<(CurrentDirectory, Vec<Reader>)> {
        let known = || -> Result<_> {
            let note = match (self.trust.note()?, relay) {
                (Some(note), _) => note,
                (None, Some((_, client))) => client.directory()?,
                (None, None) => bail!("pass the signed directory with --directory FILE"),
            };
            let directory = told(self.trust.channel()?.current(&note, relay.map(|(address, _)| address), today)?);
            let readers = channel::readers(&directory, &self.to)?;
            Ok((directory, readers))
        };
        known().context(NOTHING_DONE)
    }
}

impl Trust {
    /// What is believed of a directory.
    ///
    /// # Errors
    /// The file with the root key can't be read, or holds none.
    pub fn channel(&self) -> Result<channel::Channel> {
        let root = |path: &PathBuf| -> Result<_> {
            let named = || path.display().to_string();
            let text = std::fs::read_to_string(path).with_context(named)?;
            RootKey::parse(&text).with_context(named)
        };
        let root = self.root.as_ref().map(root).transpose()?;
        let memory = self.memory_folder().map(Memory::in_folder);
        Ok(channel::Channel { root, memory, allows_example_keys: self.i_know_these_are_example_keys })
    }

    /// The directory that was passed, unverified; none where the relay is to be asked.
    ///
    /// # Errors
    /// The file can't be read.
    pub fn note(&self) -> Result<Option<Vec<u8>>> {
        let read = |path: &PathBuf| read_limited(path, MAX_DIRECTORY).with_context(|| path.display().to_string());
        self.directory.as_ref().map(read).transpose()
    }

    /// The channel of the relay, by its directory, where the root key is known that has to have signed it.
    ///
    /// # Errors
    /// The relay serves no directory, or that of another channel.
    pub fn channel_of(&self, client: &RelayClient) -> Result<Option<ChannelId>> {
        if self.root.is_none() {
            return Ok(None);
        }
        let note = client.directory()?;
        Ok(Some(self.channel()?.id_in(&note)?))
    }

    /// Where the newest directory is remembered: nowhere, in the folder that was named, or where this user's programs keep such things.
    fn memory_folder(&self) -> Option<PathBuf> {
        if self.leave_no_trace {
            return None;
        }
        self.state.clone().or_else(|| {
            let home = || std::env::home_dir().map(|home| home.join(".local/state"));
            std::env::var_os("XDG_STATE_HOME").map(PathBuf::from).or_else(home).map(|base| base.join("softinfo"))
        })
    }
}

/// The directory, after it was said that it could not be remembered, where that is so.
pub fn told(known: Known) -> CurrentDirectory {
    if let Some(unremembered) = known.unremembered {
        complain(NAME, unremembered);
    }
    known.directory
}
