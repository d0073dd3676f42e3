//! The newest directory that was seen of each channel, kept between runs, so that an older one that is played back is noticed.
//!
//! In: a folder, a channel, the directory that was just read. Out: what was seen before. One small file a channel; nothing of a tip is in it.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use softinfo_base::file::{folder_of, private_folder, read_limited, write_whole};
use softinfo_formats::directory::{ChannelId, Seen};

/// Longest file with what is remembered, in bytes: several times what is written.
const MAX_MEMORY: u64 = 4096;

/// The folder in which it is kept. It is made when something is to be remembered.
#[derive(Debug, Clone)]
pub struct Memory(PathBuf);

/// What was remembered of a channel's newest directory can't be relied on.
///
/// It ends the run. Going on would lose nothing of a tip either, but begin the memory anew with whatever is served: who can play an old directory back,
/// with keys that have been stolen since, would only have to wait for a damaged file; and a warning is read by no script. Nothing is written or sealed yet,
/// and whoever can damage the file could as well remove it, so that stopping gives nobody a power that he had not.
#[derive(Debug, thiserror::Error)]
pub enum MemoryError {
    /// The file is there, and is not as this program writes it.
    #[error(
        "{}, in which the newest directory of this channel is remembered, is damaged ({reason}). Without it an older directory that is played back would not be \
         noticed. Put a good copy of the file back. If there is none, ask the channel's owner for the number of the newest version, remove the file, and \
         compare the number with what softinfo-tip check-relay says",
        path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// How that is seen.
        reason: String,
    },
    /// The file can't be read now, and may be good.
    #[error(
        "{}, in which the newest directory of this channel is remembered, can't be read ({source}). Without it an older directory that is played back would \
         not be noticed. See why, and run this again when it can be read; don't remove it before",
        path.display()
    )]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the file system said.
        source: io::Error,
    },
}

/// The newest directory could not be written down. That is no reason not to send: only an older one may go unnoticed the next time.
#[derive(Debug, thiserror::Error)]
#[error("the directory's version can't be remembered in {}: {source}", path.display())]
pub struct Unremembered {
    /// The file.
    pub path: PathBuf,
    /// What the file system said.
    pub source: io::Error,
}

impl Memory {
    /// The memory in this folder.
    #[must_use]
    pub const fn in_folder(folder: PathBuf) -> Self {
        Self(folder)
    }

    /// What was seen of a channel before; none where there is no file of it yet.
    ///
    /// # Errors
    /// There is a file, and it can't be relied on.
    pub fn newest(&self, channel: &ChannelId) -> Result<Option<Seen>, MemoryError> {
        let path = self.file_of(channel);
        let damaged = |reason: &str| MemoryError::Damaged { path: path.clone(), reason: reason.to_owned() };
        let bytes = match read_limited(&path, MAX_MEMORY) {
            Ok(bytes) => bytes,
            // Nor can it be there where its folder is a file.
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Ok(None),
            Err(error) if error.kind() == ErrorKind::InvalidData => return Err(damaged(&error.to_string())),
            Err(source) => return Err(MemoryError::Unreadable { path, source }),
        };
        let seen: Seen = serde_json::from_slice(&bytes).map_err(|error| {
            damaged(if error.is_eof() { "it ends too soon" } else { "it is not as this program writes it" })
        })?;
        if seen.channel != *channel {
            return Err(damaged(&format!("it is that of the channel “{}”", seen.channel)));
        }
        if seen.sha256.parse::<softinfo_base::digest::Digest>().is_err() {
            return Err(damaged("its sha256 is none"));
        }
        Ok(Some(seen))
    }

    /// Writes down what has been seen, whole or not at all.
    ///
    /// # Errors
    /// It could not be written; what was remembered before still is.
    pub fn remember(&self, seen: &Seen) -> Result<(), Unremembered> {
        let path = self.file_of(&seen.channel);
        write(&path, seen).map_err(|source| Unremembered { path, source })
    }

    fn file_of(&self, channel: &ChannelId) -> PathBuf {
        self.0.join(format!("{channel}.json"))
    }
}

fn write(path: &Path, seen: &Seen) -> io::Result<()> {
    private_folder(&folder_of(path))?;
    write_whole(path, |file| Ok(serde_json::to_writer(file, seen)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(version: u64) -> Seen {
        Seen { channel: "a-channel".parse().unwrap(), version, sha256: "ab".repeat(32) }
    }

    #[test]
    fn what_was_seen_is_remembered_for_its_channel_alone() {
        let folder = tempfile::tempdir().unwrap();
        let memory = Memory::in_folder(folder.path().join("not/yet/there"));
        let channel = seen(1).channel;
        assert_eq!(memory.newest(&channel).unwrap(), None);
        for version in [1, 2] {
            memory.remember(&seen(version)).unwrap();
            assert_eq!(memory.newest(&channel).unwrap(), Some(seen(version)));
        }
        assert_eq!(memory.newest(&"another".parse().unwrap()).unwrap(), None);
    }

    #[test]
    fn a_file_that_is_not_as_it_was_written_is_never_taken_for_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let memory = Memory::in_folder(folder.path().to_owned());
        let channel = seen(1).channel;
        let path = folder.path().join("a-channel.json");
        for (text, reason) in [
            (String::new(), "ends too soon"),
            ("[]".to_owned(), "not as this program writes it"),
            (serde_json::to_string(&Seen { channel: "b".parse().unwrap(), ..seen(1) }).unwrap(), "the channel “b”"),
            (serde_json::to_string(&Seen { sha256: "ab".to_owned(), ..seen(1) }).unwrap(), "its sha256 is none"),
            (" ".repeat(5000), "larger than 4096 bytes"),
        ] {
            std::fs::write(&path, text).unwrap();
            let error = memory.newest(&channel).unwrap_err();
            assert!(matches!(&error, MemoryError::Damaged { .. }) && error.to_string().contains(reason), "{error}");
        }
        std::fs::remove_file(&path).unwrap();
        std::fs::create_dir(&path).unwrap();
        assert!(matches!(memory.newest(&channel), Err(MemoryError::Unreadable { .. })));
        assert!(memory.remember(&seen(1)).is_err());
    }
}
