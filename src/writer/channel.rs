//! Which letterbox is trusted: its pinned root key, what is remembered of its directories, and whether example keys may be used.
//!
//! In: the bytes of a signed directory, from a file or a relay. Out: a [`CurrentDirectory`], and from it the readers of a tip. Touches the memory's
//! file, and no network.

use softinfo_base::day::Day;
use softinfo_formats::directory::{
    ChannelId, CurrentDirectory, Directory, DirectoryError, HolderId, RootKey, SigningError, UntrustedDirectory,
};
use softinfo_formats::example_keys::{self, ExampleKeys};
use softinfo_seal::reader::Reader;

use crate::memory::{Memory, MemoryError, Unremembered};

/// What is believed of a directory.
pub struct Channel {
    /// The key of the channel's owner, who has to have signed it. Where nobody was named, only the example channel is trusted.
    pub root: Option<RootKey>,
    /// Where the newest one is remembered; without it an old one that is played back is not noticed.
    pub memory: Option<Memory>,
    /// Whether example keys may be used for a relay that is not on this machine.
    pub allows_example_keys: bool,
}

/// A directory that holds today.
#[derive(Debug)]
pub struct Known {
    /// The directory.
    pub directory: CurrentDirectory,
    /// Why it could not be remembered, where it was to be and could not.
    pub unremembered: Option<Unremembered>,
}

/// Why a directory is not used. Nothing is sealed or sent after any of these.
#[derive(Debug, thiserror::Error)]
pub enum ChannelError {
    /// The directory is none that can be relied on.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// Its days are over, or still to come, if this computer's clock is right.
    #[error("by this computer's clock it is {today}: {source}")]
    Clock {
        /// The day that it is here.
        today: Day,
        /// Which of the two.
        source: DirectoryError,
    },
    /// No root key was named, and this claims to be the example's directory and is not.
    #[error("without --root only the example channel is trusted: {0}")]
    NotTheExample(#[source] DirectoryError),
    /// No root key was named, and this is the directory of another channel than the example. That is no fault of the directory.
    #[error(
        "without --root only the example channel is trusted, and this is the directory of another one: name the file with that channel's root key, --root FILE. \
         The key comes from the channel's owner, and not from the relay"
    )]
    NoRoot,
    /// The relay's directory is not that of the channel whose root key was named.
    #[error("this relay is none of the channel whose root key was named with --root: {0}")]
    OtherChannel(#[source] DirectoryError),
    /// Example keys, for a relay that is not on this machine.
    #[error(transparent)]
    ExampleKeys(#[from] ExampleKeys),
    /// What was seen before can't be relied on.
    #[error(transparent)]
    Memory(#[from] MemoryError),
    /// The example's root key, which is part of this program, is none. Never in a program whose tests passed.
    #[error(transparent)]
    ExampleRoot(SigningError),
}

impl ChannelError {
    /// What is wrong with the directory itself, where that is the reason.
    #[must_use]
    pub const fn of_directory(&self) -> Option<&DirectoryError> {
        match self {
            Self::Directory(error)
            | Self::Clock { source: error, .. }
            | Self::NotTheExample(error)
            | Self::OtherChannel(error) => Some(error),
            Self::NoRoot | Self::ExampleKeys(_) | Self::Memory(_) | Self::ExampleRoot(_) => None,
        }
    }
}

impl Channel {
    /// The directory in `note`, verified, current, no older than any seen before, and remembered. `relay` is the address for which it is to be used.
    ///
    /// # Errors
    /// It must not be used.
    pub fn current(&self, note: &[u8], relay: Option<&str>, today: Day) -> Result<Known, ChannelError> {
        let directory = self.verified(note)?;
        let contents = directory.contents();
        let addresses = contents.relays.iter().map(String::as_str).chain(relay);
        example_keys::refuse_elsewhere(contents, addresses, self.allows_example_keys)?;
        let seen = self.memory.as_ref().map_or(Ok(None), |memory| memory.newest(&contents.channel))?;
        let directory = directory.current(today, seen.as_ref()).map_err(|error| match error {
            source @ (DirectoryError::Expired(_) | DirectoryError::NotYet(_)) => ChannelError::Clock { today, source },
            error => error.into(),
        })?;
        let remembered = self.memory.as_ref().map_or(Ok(()), |memory| memory.remember(&directory.directory().seen()));
        Ok(Known { directory, unremembered: remembered.err() })
    }

    /// The channel whose directory is in `note`. It may have expired: what was sealed before can be read all the same.
    ///
    /// # Errors
    /// The root key has not signed it, or it is none.
    pub fn id_in(&self, note: &[u8]) -> Result<ChannelId, ChannelError> {
        match self.verified(note) {
            Ok(directory) => Ok(directory.contents().channel.clone()),
            Err(ChannelError::Directory(error)) => Err(ChannelError::OtherChannel(error)),
            Err(error) => Err(error),
        }
    }

    /// A directory that is signed by the root key that was named, or else that of the example.
    fn verified(&self, note: &[u8]) -> Result<Directory, ChannelError> {
        let is_pinned = self.root.is_some();
        let root = match &self.root {
            Some(root) => root,
            None => &example_keys::root().map_err(ChannelError::ExampleRoot)?,
        };
        let directory = UntrustedDirectory::parse(note)?;
        let is_by_name = directory.signers().iter().any(|signer| signer == root.name());
        directory.verify(root).map_err(|error| match error {
            DirectoryError::WrongRoot(_) if !is_pinned && !is_by_name => ChannelError::NoRoot,
            DirectoryError::WrongRoot(_) if !is_pinned => ChannelError::NotTheExample(error),
            error => error.into(),
        })
    }
}

/// The chosen holders with today's keys, each once.
///
/// # Errors
/// The directory has no such holder, or the holder has no key for today.
pub fn readers(directory: &CurrentDirectory, ids: &[HolderId]) -> Result<Vec<Reader>, DirectoryError> {
    let mut ids = ids.to_vec();
    ids.sort();
    ids.dedup();
    ids.iter().map(|id| Reader::of(directory, id)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn today() -> Day {
        "2026-11-30".parse().unwrap()
    }

    fn example(memory: Option<Memory>) -> Channel {
        Channel { root: None, memory, allows_example_keys: false }
    }

    #[test]
    fn the_example_is_trusted_on_this_machine_alone_and_remembered() {
        let folder = tempfile::tempdir().unwrap();
        let memory = Memory::in_folder(folder.path().to_owned());
        let channel = example(Some(memory.clone()));
        let known = channel.current(example_keys::DIRECTORY, Some("http://127.0.0.1:8080"), today()).unwrap();
        assert!(known.unremembered.is_none());
        let contents = known.directory.directory().contents();
        assert_eq!(memory.newest(&contents.channel).unwrap().unwrap().version, contents.version);
        let elsewhere = channel.current(example_keys::DIRECTORY, Some("https://relay.invalid"), today());
        assert!(matches!(elsewhere, Err(ChannelError::ExampleKeys(_))));
        assert_eq!(channel.id_in(example_keys::DIRECTORY).unwrap(), contents.channel);
    }

    #[test]
    fn what_holds_another_day_is_told_with_the_day_that_it_is_here() {
        for today in ["1999-01-01", "2999-01-01"] {
            let error = example(None).current(example_keys::DIRECTORY, None, today.parse().unwrap()).unwrap_err();
            assert!(error.to_string().starts_with(&format!("by this computer's clock it is {today}: ")), "{error}");
            assert!(matches!(error.of_directory(), Some(DirectoryError::Expired(_) | DirectoryError::NotYet(_))));
        }
    }

    #[test]
    fn each_reader_is_taken_once() {
        let directory = example(None).current(example_keys::DIRECTORY, None, today()).unwrap().directory;
        let id = directory.directory().contents().holders[0].id.clone();
        assert_eq!(readers(&directory, &[id.clone(), id]).unwrap().len(), 1);
        assert!(matches!(readers(&directory, &["nobody".parse().unwrap()]), Err(DirectoryError::UnknownHolder { .. })));
    }
}
