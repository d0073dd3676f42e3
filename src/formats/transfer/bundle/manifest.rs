//! The table of contents of a bundle. Its hash is the bundle's id.

use std::fmt;
use std::str::FromStr;

use rand::{CryptoRng, RngCore};
use serde::{Deserialize, Serialize};

use crate::directory::ChannelId;
use crate::envelope::id::TipId;
use softinfo_base::day::Day;
use softinfo_base::digest::Digest;

/// SHA-256 of the bytes of `manifest.json`; written like a tip's id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BundleId(Digest);

impl BundleId {
    /// The id of the bundle with this `manifest.json`.
    #[must_use]
    pub fn of(manifest: &[u8]) -> Self {
        Self(Digest::of(manifest))
    }
}

impl fmt::Display for BundleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// The random name of a courier, under which its bundles are numbered: 32 lower-case hexadecimal digits. It is no secret.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CourierName(String);

/// The text is no courier's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a courier's name is 32 hexadecimal digits in lower case")]
pub struct NotACourierName;

impl CourierName {
    /// A new name from 16 random bytes.
    pub fn generate(rng: &mut (impl RngCore + CryptoRng)) -> Self {
        let mut bytes = [0; 16];
        rng.fill_bytes(&mut bytes);
        Self(hex::encode(bytes))
    }

    /// The first 8 digits, for people.
    #[must_use]
    pub fn short(&self) -> &str {
        &self.0[..8]
    }
}

impl fmt::Display for CourierName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for CourierName {
    type Err = NotACourierName;
    fn from_str(text: &str) -> Result<Self, NotACourierName> {
        text.to_owned().try_into()
    }
}

impl TryFrom<String> for CourierName {
    type Error = NotACourierName;
    fn try_from(text: String) -> Result<Self, NotACourierName> {
        let is_digit = |b: u8| matches!(b, b'0'..=b'9' | b'a'..=b'f');
        if text.len() == 32 && text.bytes().all(is_digit) { Ok(Self(text)) } else { Err(NotACourierName) }
    }
}

impl From<CourierName> for String {
    fn from(name: CourierName) -> String {
        name.0
    }
}

/// `manifest.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// `softinfo/bundle/1`.
    pub schema: String,
    /// Which letterbox.
    pub channel: ChannelId,
    /// Whose chain of bundles this one belongs to.
    pub courier: CourierName,
    /// 1, 2, 3 … in the chain of this courier.
    pub number: u64,
    /// The bundle before in the chain; none for the first.
    pub previous: Option<BundleId>,
    /// SHA-256 of `directory.note`.
    pub directory_sha256: Digest,
    /// What is in `tips/`, in this order.
    pub tips: Vec<BundledTip>,
}

/// One tip of a bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BundledTip {
    /// Its id, which is the hash of its bytes.
    pub id: TipId,
    /// Bytes.
    pub size: u64,
    /// The day the relay noted.
    pub day: Day,
}

impl Manifest {
    /// The version string this program writes and reads.
    pub const SCHEMA: &'static str = "softinfo/bundle/1";

    /// The bytes that go into the bundle, and the id they give it.
    #[must_use]
    pub fn to_bytes(&self) -> (Vec<u8>, BundleId) {
        let mut bytes = serde_json::to_vec_pretty(self).unwrap_or_default();
        bytes.push(b'\n');
        let id = BundleId::of(&bytes);
        (bytes, id)
    }
}
