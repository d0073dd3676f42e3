//! From the bytes of a signed note to a directory that can be relied on, one step a type.
//!
//! In: the note's bytes, a pinned root key, today. Out: [`UntrustedDirectory`], [`Directory`], [`CurrentDirectory`], in this order alone.

use serde::{Deserialize, Serialize};
use signed_note::Note;
use softinfo_base::day::Day;
use softinfo_base::digest::Digest;
use softinfo_base::limits::MAX_DIRECTORY;

use super::error::DirectoryError;
use super::holder::{Contents, Holder};
use super::hybrid_key::HybridKey;
use super::names::{ChannelId, HolderId};
use super::signing::RootKey;

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
}

/// A directory that holds today and is no older than any seen before: the only kind that gives keys to seal to.
#[derive(Debug, Clone)]
pub struct CurrentDirectory {
    directory: Directory,
    today: Day,
}

/// The newest directory seen of a channel, remembered between runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// The letterbox that it is for.
    pub channel: ChannelId,
    /// Its version.
    pub version: u64,
    /// SHA-256 of the signed text, hexadecimal.
    pub sha256: String,
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
        for holder in &contents.holders {
            let key = holder.signing_key.as_deref().and_then(|key| RootKey::parse(key).ok());
            if key.is_some_and(|key| !key.has_signed(&self.note)) {
                return Err(DirectoryError::NotVouched(holder.id.clone()));
            }
        }
        Ok(Directory { contents, bytes: self.bytes })
    }

    /// Whether `key` has signed the text.
    #[must_use]
    pub fn is_signed_by(&self, key: &RootKey) -> bool {
        key.has_signed(&self.note)
    }

    /// Names in the signature lines, in their order, also of those whose signature does not hold.
    #[must_use]
    pub fn signers(&self) -> Vec<String> {
        let lines = String::from_utf8_lossy(&self.bytes);
        let lines = lines.rsplit("\n\n").next().unwrap_or_default().lines().map(str::to_owned);
        lines.filter_map(|line| line.split(' ').nth(1).map(str::to_owned)).collect()
    }

    /// Holders that have a key to sign with and have not signed yet. Says nothing about the root's signature or the sense of the contents.
    pub fn not_vouched(&self) -> Result<Vec<HolderId>, DirectoryError> {
        let contents = Contents::parse(self.note.text())?;
        let key = |holder: &Holder| holder.signing_key.as_deref().and_then(|key| RootKey::parse(key).ok());
        let open = contents.holders.iter().filter(|holder| key(holder).is_some_and(|key| !key.has_signed(&self.note)));
        Ok(open.map(|holder| holder.id.clone()).collect())
    }

    /// The text that is signed, with its closing newline.
    #[must_use]
    pub fn text(&self) -> &[u8] {
        self.note.text()
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

    /// What to remember of it.
    #[must_use]
    pub fn seen(&self) -> Seen {
        Seen {
            channel: self.contents.channel.clone(),
            version: self.contents.version,
            // Only the text: another vouching signature is not another directory.
            sha256: Digest::of(self.text()).to_string(),
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
        // First, because one that is played back has often expired, too, and that alone would be no alarm.
        let directory = self.not_older_than(seen)?;
        let Contents { issued, expires, .. } = directory.contents;
        if today < issued {
            return Err(DirectoryError::NotYet(issued));
        }
        if today > expires {
            return Err(DirectoryError::Expired(expires));
        }
        Ok(CurrentDirectory { directory, today })
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

    /// The holder `id` with the key that is right today, checked.
    ///
    /// # Errors
    /// [`DirectoryError::UnknownHolder`], [`DirectoryError::NoEpoch`]; [`DirectoryError::BadKey`] never, because a directory with a bad key is refused whole.
    pub fn key_of(&self, id: &HolderId) -> Result<HybridKey, DirectoryError> {
        let holders = &self.directory.contents.holders;
        let holder = holders.iter().find(|holder| holder.id == *id).ok_or_else(|| {
            let known: Vec<_> = holders.iter().map(|holder| holder.id.as_str()).collect();
            DirectoryError::UnknownHolder { id: id.clone(), known: known.join(", ") }
        })?;
        let epoch = holder.epoch_on(self.today).ok_or_else(|| DirectoryError::NoEpoch(id.clone()))?;
        epoch.recipient.parse().map_err(|_| DirectoryError::BadKey(id.clone()))
    }
}
