//! The table of contents of a bundle. Its hash is the bundle's id.

use serde::{Deserialize, Serialize};

use crate::day::Day;
use crate::directory::ChannelId;
use crate::tip::id::TipId;

/// SHA-256 of the bytes of `manifest.json`; written like a tip's id.
pub type BundleId = TipId;

/// `manifest.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// `softinfo/bundle/1`.
    pub schema: String,
    /// Which letterbox.
    pub channel: ChannelId,
    /// Whose chain.
    pub courier: CourierName,
    /// 1, 2, 3 …
    pub number: u64,
    /// The bundle before; none for the first.
    pub previous: Option<BundleId>,
    /// SHA-256 of `directory.note`.
    pub directory_sha256: TipId,
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
        let id = TipId::of(&bytes);
        (bytes, id)
    }
}

/// Name of a courier, until formats lands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CourierName(String);

impl CourierName {
    /// Random.
    #[must_use]
    pub fn generate(rng: &mut (impl rand::RngCore + rand::CryptoRng)) -> Self {
        let mut bytes = [0; 16];
        rng.fill_bytes(&mut bytes);
        Self(hex::encode(bytes))
    }

    /// First 8 digits.
    #[must_use]
    pub fn short(&self) -> &str {
        &self.0[..8]
    }
}

impl std::fmt::Display for CourierName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::str::FromStr for CourierName {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        if text.len() == 32 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)) {
            Ok(Self(text.to_owned()))
        } else {
            Err("32 hex digits".to_owned())
        }
    }
}

impl TryFrom<String> for CourierName {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<CourierName> for String {
    fn from(name: CourierName) -> String {
        name.0
    }
}
