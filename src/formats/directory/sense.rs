//! Whether what a directory says makes sense, which needs no signature and no date.
//!
//! In: JSON. Out: contents that every program can use, or what is wrong with them. Whoever makes a directory is told more than whoever reads one:
//! a reader passes over fields that it doesn't know, so that a newer directory still works.

use std::str::FromStr;

use serde::de::DeserializeOwned;
use softinfo_base::digest::Digest;
use softinfo_base::wording;

use super::error::DirectoryError;
use super::holder::{Contents, Forwarder, Holder, KNOWN_FIELDS, Kind, Posts, Replies, SCHEMA, is_category};
use super::hybrid_key::HybridKey;
use super::signing::RootKey;
use crate::envelope::padding::is_class;

/// Bytes of a text in reply (`docs/protocol.md`, 4).
const TEXT_BYTES: u64 = 4096;

impl Contents {
    /// Reads the JSON and checks everything that doesn't need a signature or today's date. Fields that this program doesn't know are passed over,
    /// unless `must_understand` names them.
    pub fn parse(text: &[u8]) -> Result<Self, DirectoryError> {
        let (contents, _) = known::<Self>(text).map_err(|error| refused(wording::json(&error)))?;
        contents.check()?;
        Ok(contents)
    }

    /// The same for whoever makes or signs a directory: a field that this program doesn't know is refused by its name, and so is what only a maker
    /// can get wrong.
    pub fn parse_strict(text: &[u8]) -> Result<Self, DirectoryError> {
        let (contents, unknown) = known::<Self>(text).map_err(|error| refused(wording::json(&error)))?;
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
        let (holder, unknown) = known::<Self>(text).map_err(|error| refused(wording::json(&error)))?;
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
