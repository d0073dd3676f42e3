//! From the bytes of a signed note to a directory that can be relied on, one step a type.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use signed_note::Note;

use super::holder::{ChannelId, Contents, Holder, HolderId, SCHEMA};
use super::signing::RootKey;
use crate::day::Day;
use crate::limits::MAX_DIRECTORY;
use crate::tip::padding::is_class;

/// Why a directory was refused. Nothing is sealed after any of these.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    /// Not a signed note.
    #[error("not a signed directory; get it again from the relay or from the holder")]
    Malformed,
    /// Not signed by the pinned root.
    #[error("the directory is not signed by the root key this program trusts ({0}); don't use it, and tell the holder")]
    WrongRoot(String),
    /// Signed, but with contents this program can't use.
    #[error("the directory can't be used: {0}")]
    Contents(String),
    /// Its last day is over.
    #[error("the directory expired on {0}; get a new one. Nothing was encrypted")]
    Expired(Day),
    /// Its first day is to come.
    #[error(
        "the directory is valid from {0}, which is in the future; check this computer's date. Nothing was encrypted"
    )]
    NotYet(Day),
    /// An older one than was seen before.
    #[error(
        "this is version {got} of the directory, but version {seen} was seen before; somebody may be replaying an old one. Nothing was encrypted"
    )]
    RolledBack {
        /// The version at hand.
        got: u64,
        /// The highest version seen.
        seen: u64,
    },
    /// The same version with another text.
    #[error("two different directories claim to be version {0}; don't use either, and tell the holder")]
    Forked(u64),
    /// A holder that is not in it.
    #[error("there is no holder “{id}” in the directory; there are: {known}")]
    UnknownHolder {
        /// As asked for.
        id: HolderId,
        /// All ids.
        known: String,
    },
    /// A holder without a key for today.
    #[error("“{0}” has no key that holds today; choose another holder, or get a newer directory")]
    NoEpoch(HolderId),
    /// A key that is no `age1pq1` recipient.
    #[error("the key of “{0}” can't be used")]
    BadKey(HolderId),
}

/// Bytes that claim to be a directory.
pub struct UntrustedDirectory {
    note: Note,
    bytes: Vec<u8>,
}

/// A directory that the pinned root has signed. It may have expired: a desk still reads old bundles with it.
#[derive(Debug, Clone)]
pub struct Directory {
    contents: Contents,
    bytes: Vec<u8>,
    vouched: Vec<HolderId>,
}

/// A directory that holds today and is no older than any seen before: the only kind that gives keys to seal to.
#[derive(Debug, Clone)]
pub struct CurrentDirectory {
    directory: Directory,
    #[cfg_attr(not(feature = "seal"), expect(dead_code, reason = "only sealing asks for the day's key"))]
    today: Day,
}

/// The newest directory seen of a channel, remembered between runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// Which letterbox.
    pub channel: ChannelId,
    /// Its version.
    pub version: u64,
    /// SHA-256 of the signed text, hexadecimal.
    pub sha256: String,
}

/// A chosen holder and the key that is right today.
#[cfg(feature = "seal")]
#[derive(Clone)]
#[non_exhaustive]
pub struct Reader {
    /// Its id.
    pub id: HolderId,
    /// Its key for today.
    pub recipient: crate::tip::hybrid::Recipient,
}

impl UntrustedDirectory {
    /// Checks that `bytes` are a signed note of at most [`MAX_DIRECTORY`] bytes.
    pub fn parse(bytes: &[u8]) -> Result<Self, DirectoryError> {
        if bytes.len() as u64 > MAX_DIRECTORY {
            return Err(DirectoryError::Malformed);
        }
        let note = Note::from_bytes(bytes).map_err(|_| DirectoryError::Malformed)?;
        Ok(Self { note, bytes: bytes.to_vec() })
    }

    /// Checks the root's signature and the sense of the contents.
    pub fn verify(self, root: &RootKey) -> Result<Directory, DirectoryError> {
        if !root.has_signed(&self.note) {
            return Err(DirectoryError::WrongRoot(root.name().to_owned()));
        }
        let contents = Contents::parse(self.note.text())?;
        if contents.channel.as_str() != root.name() {
            return Err(DirectoryError::Contents(format!(
                "it is for the channel “{}”, but the root key is for “{}”",
                contents.channel,
                root.name()
            )));
        }
        let vouches = |holder: &&Holder| {
            holder
                .signing_key
                .as_deref()
                .and_then(|key| RootKey::parse(key).ok())
                .is_some_and(|key| key.has_signed(&self.note))
        };
        let vouched = contents.holders.iter().filter(vouches).map(|holder| holder.id.clone()).collect();
        Ok(Directory { contents, bytes: self.bytes, vouched })
    }
}

impl Contents {
    /// Reads the JSON and checks everything that doesn't need a signature or today's date.
    pub fn parse(text: &[u8]) -> Result<Self, DirectoryError> {
        let refused = |reason: String| DirectoryError::Contents(reason);
        let contents: Self = serde_json::from_slice(text).map_err(|error| refused(error.to_string()))?;
        if contents.schema != SCHEMA {
            return Err(refused(format!("its version is “{}”, this program reads {SCHEMA}", contents.schema)));
        }
        if contents.issued > contents.expires {
            return Err(refused(format!(
                "it expires ({}) before it is issued ({})",
                contents.expires, contents.issued
            )));
        }
        if !is_class(contents.max_bytes) {
            return Err(refused(format!("max_bytes {} is no size class", contents.max_bytes)));
        }
        if contents.holders.is_empty() {
            return Err(refused("it has no holder".to_owned()));
        }
        for (n, holder) in contents.holders.iter().enumerate() {
            if contents.holders[..n].iter().any(|other| other.id == holder.id) {
                return Err(refused(format!("the holder “{}” stands twice", holder.id)));
            }
            for epoch in &holder.epochs {
                if epoch.from > epoch.until {
                    return Err(refused(format!("epoch {} of “{}” ends before it begins", epoch.epoch, holder.id)));
                }
                #[cfg(feature = "seal")]
                if let Err(error) = epoch.recipient.parse::<crate::tip::hybrid::Recipient>() {
                    return Err(refused(format!("epoch {} of “{}”: {error}", epoch.epoch, holder.id)));
                }
            }
            if let Some(key) = &holder.signing_key {
                RootKey::parse(key).map_err(|error| refused(format!("“{}”: {error}", holder.id)))?;
            }
        }
        Ok(contents)
    }
}

impl Directory {
    /// What it says.
    #[must_use]
    pub const fn contents(&self) -> &Contents {
        &self.contents
    }

    /// The signed note, byte for byte.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Holders whose own key has signed beside the root.
    #[must_use]
    pub fn vouched(&self) -> &[HolderId] {
        &self.vouched
    }

    /// What to remember of it.
    #[must_use]
    pub fn seen(&self) -> Seen {
        Seen {
            channel: self.contents.channel.clone(),
            version: self.contents.version,
            // Only the text: another vouching signature is not another directory.
            sha256: hex::encode(Sha256::digest(self.text())),
        }
    }

    /// Refuses what is older than `seen`, or the same version with another text.
    pub fn not_older_than(self, seen: Option<&Seen>) -> Result<Self, DirectoryError> {
        match seen {
            Some(seen) if seen.channel == self.contents.channel => {
                let got = self.contents.version;
                if got < seen.version {
                    return Err(DirectoryError::RolledBack { got, seen: seen.version });
                }
                if got == seen.version && self.seen().sha256 != seen.sha256 {
                    return Err(DirectoryError::Forked(got));
                }
                Ok(self)
            }
            _ => Ok(self),
        }
    }

    /// Checks that it holds on `today` and is not rolled back.
    pub fn current(self, today: Day, seen: Option<&Seen>) -> Result<CurrentDirectory, DirectoryError> {
        if today < self.contents.issued {
            return Err(DirectoryError::NotYet(self.contents.issued));
        }
        if today > self.contents.expires {
            return Err(DirectoryError::Expired(self.contents.expires));
        }
        Ok(CurrentDirectory { directory: self.not_older_than(seen)?, today })
    }

    fn text(&self) -> &[u8] {
        // A note is text, an empty line, signature lines; the last empty line separates (C2SP signed note).
        let end = self.bytes.windows(2).rposition(|pair| pair == b"\n\n").map_or(self.bytes.len(), |at| at + 1);
        &self.bytes[..end]
    }
}

impl CurrentDirectory {
    /// The directory.
    #[must_use]
    pub const fn directory(&self) -> &Directory {
        &self.directory
    }

    /// The reader `id` with the key that is right today.
    #[cfg(feature = "seal")]
    pub fn reader(&self, id: &HolderId) -> Result<Reader, DirectoryError> {
        let holders = &self.directory.contents.holders;
        let holder = holders.iter().find(|holder| holder.id == *id).ok_or_else(|| {
            let known: Vec<_> = holders.iter().map(|holder| holder.id.as_str()).collect();
            DirectoryError::UnknownHolder { id: id.clone(), known: known.join(", ") }
        })?;
        let epoch = holder.epoch_on(self.today).ok_or_else(|| DirectoryError::NoEpoch(id.clone()))?;
        let recipient = epoch.recipient.parse().map_err(|_| DirectoryError::BadKey(id.clone()))?;
        Ok(Reader { id: id.clone(), recipient })
    }
}
