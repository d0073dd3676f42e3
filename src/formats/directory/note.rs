//! From the bytes of a signed note to a directory that can be relied on, one step a type.

use std::str::FromStr;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use signed_note::Note;
use softinfo_base::day::Day;
use softinfo_base::digest::Digest;
use softinfo_base::limits::MAX_DIRECTORY;

use super::holder::{Contents, Forwarder, Holder, KNOWN_FIELDS, Kind, Posts, Replies, SCHEMA, is_category};
use super::hybrid_key::HybridKey;
use super::names::{ChannelId, HolderId};
use super::signing::RootKey;
use crate::envelope::padding::is_class;

/// Bytes of a text in reply (`docs/protocol.md`, 4).
const TEXT_BYTES: u64 = 4096;

/// Why a directory was refused. Nothing is sealed after any of these.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    /// Not a signed note.
    #[error("not a signed directory; get it again from the relay or from the channel's owner")]
    Malformed,
    /// Not signed by the pinned root.
    #[error(
        "the directory is not signed by the root key this program trusts ({0}), or was changed since; don't use it, and tell the channel's owner"
    )]
    WrongRoot(String),
    /// Signed by the root, but not by a holder that has a key to sign with.
    #[error(
        "the directory lacks the signature of “{0}”, which has a key to vouch for its entry; don't use it, and tell the channel's owner"
    )]
    NotVouched(HolderId),
    /// Signed, but with contents this program can't use.
    #[error("the directory can't be used: {0}")]
    Contents(String),
    /// Its last day is over.
    #[error("the directory expired on {0}; get a new one")]
    Expired(Day),
    /// Its first day is to come.
    #[error("the directory is valid from {0}, which is in the future; check this computer's date")]
    NotYet(Day),
    /// An older one than was seen before.
    #[error(
        "this is version {got} of the directory, but version {seen} was seen before; somebody may be replaying an old one"
    )]
    RolledBack {
        /// The version at hand.
        got: u64,
        /// The highest version seen.
        seen: u64,
    },
    /// The same version with another text.
    #[error("two different directories claim to be version {0}; don't use either, and tell the channel's owner")]
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
    /// Which letterbox.
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

impl Contents {
    /// Reads the JSON and checks everything that doesn't need a signature or today's date. Fields that this program doesn't know are passed over,
    /// unless `must_understand` names them.
    pub fn parse(text: &[u8]) -> Result<Self, DirectoryError> {
        let (contents, _) = known::<Self>(text).map_err(|error| refused(softinfo_base::wording::json(&error)))?;
        contents.check()?;
        Ok(contents)
    }

    /// The same for whoever makes or signs a directory: a field that this program doesn't know is refused by its name, and so is what only a maker
    /// can get wrong.
    pub fn parse_strict(text: &[u8]) -> Result<Self, DirectoryError> {
        let (contents, unknown) = known::<Self>(text).map_err(|error| refused(softinfo_base::wording::json(&error)))?;
        if let Some(field) = unknown.first() {
            return Err(refused(format!("there is no field “{field}” in a directory; check how it is written")));
        }
        contents.check()?;
        if contents.page_sha256.as_ref().is_some_and(|sum| sum.parse::<Digest>().is_err()) {
            return Err(refused("page_sha256 is not 64 hexadecimal digits in lower case".to_owned()));
        }
        if let Some(address) = contents.relays.iter().find(|address| !is_address(address)) {
            return Err(refused(format!("“{address}” is no address of a relay; it begins with http:// or https://")));
        }
        for holder in &contents.holders {
            if let Some(late) = holder.epochs.iter().find(|epoch| epoch.from > contents.expires) {
                return Err(refused(format!(
                    "epoch {} of “{}” begins after the directory has expired; leave it out",
                    late.epoch, holder.id
                )));
            }
            holder.check_entry()?;
        }
        Ok(contents)
    }

    fn check(&self) -> Result<(), DirectoryError> {
        if self.schema != SCHEMA {
            return Err(refused(format!("its version is “{}”, this program reads {SCHEMA}", self.schema)));
        }
        if let Some(field) = self.must_understand.iter().find(|field| !KNOWN_FIELDS.contains(&field.as_str())) {
            return Err(refused(format!("it needs a program that knows the field “{field}”; get a newer one")));
        }
        if self.issued > self.expires {
            return Err(refused(format!("it expires ({}) before it is issued ({})", self.expires, self.issued)));
        }
        if !is_class(self.max_bytes) {
            return Err(refused(format!("max_bytes {} is no size class", self.max_bytes)));
        }
        let Replies { bytes, buckets, keep_days, shards } = self.replies;
        let is_split = |parts: u32| parts.is_power_of_two() && parts <= 256;
        if bytes != TEXT_BYTES || !is_split(buckets) || !is_split(shards) || keep_days == 0 {
            return Err(refused(format!(
                "replies have {TEXT_BYTES} bytes, 1 to 256 buckets and shards, each a power of two, and stay a day or longer"
            )));
        }
        if self.holders.is_empty() {
            return Err(refused("it has no holder".to_owned()));
        }
        for (n, holder) in self.holders.iter().enumerate() {
            if self.holders[..n].iter().any(|other| other.id == holder.id) {
                return Err(refused(format!("the holder “{}” stands twice", holder.id)));
            }
            holder.check()?;
        }
        for (n, forwarder) in self.forwarders.iter().enumerate() {
            let Forwarder { id, from, until, signing_key, .. } = forwarder;
            if self.forwarders[..n].iter().any(|other| other.id == *id) {
                return Err(refused(format!("the forwarder “{id}” stands twice")));
            }
            if from > until {
                return Err(refused(format!(
                    "the forwarder “{id}” is recognised until {until}, which is before {from}"
                )));
            }
            is_key_of(id.as_str(), signing_key)?;
        }
        Ok(())
    }
}

impl Holder {
    /// Reads the public file of a holder, or a profile; a field that this program doesn't know is refused by its name.
    pub fn parse_strict(text: &[u8]) -> Result<Self, DirectoryError> {
        let (holder, unknown) = known::<Self>(text).map_err(|error| refused(softinfo_base::wording::json(&error)))?;
        if let Some(field) = unknown.first() {
            return Err(refused(format!("a holder has no field “{field}”; check how it is written")));
        }
        holder.check()?;
        holder.check_entry()?;
        Ok(holder)
    }

    /// What every reader checks.
    fn check(&self) -> Result<(), DirectoryError> {
        for (n, epoch) in self.epochs.iter().enumerate() {
            if epoch.from > epoch.until {
                return Err(refused(format!("epoch {} of “{}” ends before it begins", epoch.epoch, self.id)));
            }
            if self.epochs[..n].iter().any(|other| other.epoch == epoch.epoch) {
                return Err(refused(format!("epoch {} of “{}” stands twice", epoch.epoch, self.id)));
            }
            HybridKey::from_str(&epoch.recipient)
                .map_err(|error| refused(format!("epoch {} of “{}”: {error}", epoch.epoch, self.id)))?;
        }
        if let Some(key) = &self.identity {
            HybridKey::from_str(key).map_err(|error| refused(format!("the identity key of “{}”: {error}", self.id)))?;
        }
        if let Some(Posts { rows, texts, every_days }) = self.posts
            && (rows == 0 || texts == 0 || every_days == 0)
        {
            return Err(refused(format!("“{}” posts no rows, no texts, or never; leave its posts out", self.id)));
        }
        self.signing_key.as_ref().map_or(Ok(()), |key| is_key_of(self.id.as_str(), key))
    }

    /// What only a maker can get wrong, and no reader has to refuse.
    fn check_entry(&self) -> Result<(), DirectoryError> {
        let unknown = self.categories.iter().find(|name| !is_category(name));
        if let Some(name) = unknown {
            return Err(refused(format!(
                "“{name}” is no category of reports and no group of them (“{}”); put free words into competence",
                self.id
            )));
        }
        if self.identity.is_some() && !matches!(self.kind, Kind::PublicProsecutor | Kind::InvestigatingJudge) {
            return Err(refused(format!(
                "“{}” can't have an identity key: names are sealed to a public prosecutor or an investigating judge only",
                self.id
            )));
        }
        Ok(())
    }
}

/// Whether a relay can be called there, as far as the text tells.
fn is_address(text: &str) -> bool {
    let rest = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"));
    rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/') && !rest.contains(char::is_whitespace))
}

const fn refused(reason: String) -> DirectoryError {
    DirectoryError::Contents(reason)
}

/// Reads JSON, and names the fields that were passed over, by their way from the top.
fn known<T: DeserializeOwned>(text: &[u8]) -> Result<(T, Vec<String>), serde_json::Error> {
    let mut unknown = Vec::new();
    let mut json = serde_json::Deserializer::from_slice(text);
    let read = serde_ignored::deserialize(&mut json, |path| unknown.push(path.to_string()))?;
    json.end()?;
    Ok((read, unknown))
}

/// A signing key has the name of whom it belongs to, so that a signature line says who signed.
fn is_key_of(id: &str, key: &str) -> Result<(), DirectoryError> {
    let key = RootKey::parse(key).map_err(|error| refused(format!("“{id}”: {error}")))?;
    if key.name() == id {
        Ok(())
    } else {
        Err(refused(format!("the signing key of “{id}” is the key of “{}”", key.name())))
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
