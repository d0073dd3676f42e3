//! The names of this desk's keys: by holder and epoch, and, where keys were made anew under old names, by the recipient too.
//!
//! In: what a keyring says of its keys. Out: names for the casebook, for messages and for JSON.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};
use softinfo_base::digest::Digest;
use softinfo_formats::directory::{EpochId, HolderId};

/// Most keys that a message names one by one.
const NAMED: usize = 4;

/// A key of this desk.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyName {
    /// The holder whose key it is.
    pub holder: HolderId,
    /// The epoch of the key.
    pub epoch: EpochId,
}

/// A key and what tells it from another of the same name: keys can be made anew under the names of old ones, and the old ones put back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownKey {
    holder: HolderId,
    epoch: EpochId,
    /// The first 8 bytes of the recipient's SHA-256, hexadecimal. Empty where the recipient is not known; then the name has to do.
    #[serde(default)]
    recipient: String,
}

/// Keys that were tried, for a message.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(transparent)]
pub struct KeyNames(pub BTreeSet<KeyName>);

impl KnownKey {
    /// The key `name`, whose recipient is written `recipient`; `None` where it is not known.
    #[must_use]
    pub fn new(name: KeyName, recipient: Option<&str>) -> Self {
        let short = |text: &str| hex::encode(&Digest::of(text.as_bytes()).as_bytes()[..8]);
        Self { holder: name.holder, epoch: name.epoch, recipient: recipient.map(short).unwrap_or_default() }
    }

    /// Whether this is `known`, as far as that can be told: where the recipient of this one is not known, its name has to do.
    pub(crate) fn may_be(&self, known: &Self) -> bool {
        let name = (&known.holder, &known.epoch) == (&self.holder, &self.epoch);
        name && (self.recipient.is_empty() || known.recipient == self.recipient)
    }
}

impl<'a> FromIterator<&'a KnownKey> for KeyNames {
    fn from_iter<T: IntoIterator<Item = &'a KnownKey>>(keys: T) -> Self {
        Self(keys.into_iter().map(|key| KeyName { holder: key.holder.clone(), epoch: key.epoch.clone() }).collect())
    }
}

impl fmt::Display for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.holder, self.epoch)
    }
}

/// `unit 2026-10, unit 2026-11`; of more than four, for each holder how many and the first and last.
impl fmt::Display for KeyNames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("no key");
        }
        if self.0.len() <= NAMED {
            let names: Vec<_> = self.0.iter().map(ToString::to_string).collect();
            return f.write_str(&names.join(", "));
        }
        let mut holders: BTreeMap<&HolderId, Vec<&EpochId>> = BTreeMap::new();
        for key in &self.0 {
            holders.entry(&key.holder).or_default().push(&key.epoch);
        }
        let row = |(holder, epochs): (&HolderId, Vec<&EpochId>)| match &epochs[..] {
            [only] => format!("{holder} {only}"),
            [first, .., last] => format!("{} keys of {holder}, {first} to {last}", epochs.len()),
            [] => String::new(),
        };
        f.write_str(&holders.into_iter().map(row).collect::<Vec<_>>().join("; "))
    }
}
