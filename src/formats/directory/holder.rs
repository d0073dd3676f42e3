//! What a directory says: channel, holders, epochs, forwarders. Plain data, checked for sense but not for signatures.

use std::collections::BTreeMap;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use softinfo_base::day::Day;

use super::names::{ChannelId, EpochId, ForwarderId, HolderId};

/// The version string of the directory's JSON.
pub(super) const SCHEMA: &str = "softinfo/directory/1";

/// What a holder is. The immigration office can't be one: that is the firewall (`docs/threat-model.md`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "&'static str")]
#[allow(missing_docs)] // the names are the protocol's
pub enum Kind {
    LocalPolice,
    FederalPolice,
    LabourInspectorate,
    PublicProsecutor,
    InvestigatingJudge,
    GuidanceCentre,
    Ngo,
}

const KINDS: [(&str, Kind); 7] = [
    ("local-police", Kind::LocalPolice),
    ("federal-police", Kind::FederalPolice),
    ("labour-inspectorate", Kind::LabourInspectorate),
    ("public-prosecutor", Kind::PublicProsecutor),
    ("investigating-judge", Kind::InvestigatingJudge),
    ("guidance-centre", Kind::GuidanceCentre),
    ("ngo", Kind::Ngo),
];

/// A kind that no holder may be.
#[derive(Debug, thiserror::Error)]
pub enum KindError {
    /// The immigration office: the firewall refuses it.
    #[error("the immigration office can't be a holder: a tip never goes to an authority that decides about residence")]
    ImmigrationOffice,
    /// A word that is no kind.
    #[error(
        "“{0}” is no kind of holder; the kinds are local-police, federal-police, labour-inspectorate, public-prosecutor, investigating-judge, guidance-centre, ngo"
    )]
    Unknown(String),
}

impl FromStr for Kind {
    type Err = KindError;
    fn from_str(text: &str) -> Result<Self, KindError> {
        if text == "immigration-office" {
            return Err(KindError::ImmigrationOffice);
        }
        let found = KINDS.iter().find(|(name, _)| *name == text);
        found.map(|(_, kind)| *kind).ok_or_else(|| KindError::Unknown(text.chars().take(80).collect()))
    }
}

impl TryFrom<String> for Kind {
    type Error = KindError;
    fn try_from(text: String) -> Result<Self, KindError> {
        text.parse()
    }
}

impl From<Kind> for &'static str {
    fn from(kind: Kind) -> &'static str {
        KINDS.iter().find(|(_, k)| *k == kind).map_or("", |(name, _)| name)
    }
}

/// One of a holder's keys and the days it is used on. `until` is the last day.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Epoch {
    /// Its name, for example `2026-11`.
    pub epoch: EpochId,
    /// First day.
    pub from: Day,
    /// Last day.
    pub until: Day,
    /// The public key, `age1pq1…`.
    pub recipient: String,
}

/// An authority or centre that may read tips.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Holder {
    /// Its id.
    pub id: HolderId,
    /// What kind of authority or centre it is.
    pub kind: Kind,
    /// Its name by language code.
    #[serde(default)]
    pub names: BTreeMap<String, String>,
    /// Matters that it works on: categories of the report, or groups of them, which every page shows in its reader's language.
    #[serde(default)]
    pub categories: Vec<String>,
    /// What it is competent for, places and matters, in free words, by language code.
    #[serde(default)]
    pub competence: BTreeMap<String, String>,
    /// What it must do and may not do with what it learns, by language code.
    #[serde(default)]
    pub duty_card: BTreeMap<String, String>,
    /// Verifier key (C2SP signed note) with which it vouches and signs replies.
    #[serde(default)]
    pub signing_key: Option<String>,
    /// `age1pq1…` to which sealed identities are sealed (`docs/protocol.md`, 1.7); kept for years. Only a prosecutor or judge has one.
    #[serde(default)]
    pub identity: Option<String>,
    /// What it posts, and how often; none when it does not answer.
    #[serde(default)]
    pub posts: Option<Posts>,
    /// Its keys.
    #[serde(default)]
    pub epochs: Vec<Epoch>,
}

impl Holder {
    /// The epoch whose key is used on `today`: of those that hold, the one that began last; of those that began on one day, the last in the list.
    #[must_use]
    pub fn epoch_on(&self, today: Day) -> Option<&Epoch> {
        self.epochs.iter().filter(|epoch| epoch.from <= today && today <= epoch.until).max_by_key(|epoch| epoch.from)
    }
}

/// A third party whose signature holders can check.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Forwarder {
    /// Its id.
    pub id: ForwarderId,
    /// Its name.
    pub name: String,
    /// Verifier key (C2SP signed note).
    pub signing_key: String,
    /// First day on which it is recognised.
    pub from: Day,
    /// Last day.
    pub until: Day,
}

/// What a holder posts for those who come back: always as much, so that nothing shows how many there are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Posts {
    /// Rows of each board.
    pub rows: u32,
    /// Texts of each posting.
    pub texts: u32,
    /// Days between two postings.
    pub every_days: u32,
}

/// Sizes of replies, the same for all holders.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replies {
    /// Bytes of every text: 4096.
    pub bytes: u64,
    /// Into how many parts the texts are divided for fetching: a power of two, at most 256.
    pub buckets: u32,
    /// Days that a text stays.
    pub keep_days: u32,
    /// Into how many parts the boards are divided: a power of two, at most 256.
    pub shards: u32,
}

impl Default for Replies {
    fn default() -> Self {
        Self { bytes: 4096, buckets: 1, keep_days: 60, shards: 1 }
    }
}

/// The JSON of a directory.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Contents {
    /// `softinfo/directory/1`.
    pub schema: String,
    /// Names of fields that a reader has to know, wherever they stand. It passes over any other field that it does not know.
    #[serde(default)]
    pub must_understand: Vec<String>,
    /// The letterbox that it is for.
    pub channel: ChannelId,
    /// The version; each directory of a channel has a higher one than the last.
    pub version: u64,
    /// First day.
    pub issued: Day,
    /// Last day.
    pub expires: Day,
    /// Addresses to which writers send tips.
    pub relays: Vec<String>,
    /// SHA-256 of the page, hexadecimal.
    #[serde(default)]
    pub page_sha256: Option<String>,
    /// Largest plaintext in bytes; a size class.
    pub max_bytes: u64,
    /// Sizes of replies.
    pub replies: Replies,
    /// The authorities and centres that may read tips.
    pub holders: Vec<Holder>,
    /// Third parties whose signatures holders can check.
    #[serde(default)]
    pub forwarders: Vec<Forwarder>,
}

impl Contents {
    /// The version string this program writes and reads.
    #[must_use]
    pub fn schema() -> String {
        SCHEMA.to_owned()
    }
}

/// The categories of a report and the groups that they form (`docs/protocol.md`, 2).
pub const CATEGORIES: [(&str, &[&str]); 5] = [
    ("trafficking", &["sexual-exploitation", "begging", "labour", "organs", "forced-crime"]),
    (
        "smuggling",
        &["minor", "vulnerable-person", "violence", "payment-for-consent", "life-endangered", "lasting-harm"],
    ),
    ("labour", &["undeclared", "wages", "hours", "unsafe", "accident", "papers-taken"]),
    ("housing", &["slum"]),
    ("violence", &["domestic", "sexual"]),
];

/// Whether `name` is a category, or a group of them.
pub(super) fn is_category(name: &str) -> bool {
    let (group, rest) = name.split_once('-').map_or((name, None), |(group, rest)| (group, Some(rest)));
    let known = CATEGORIES.iter().find(|(known, _)| *known == group);
    known.is_some_and(|(_, members)| rest.is_none_or(|rest| members.contains(&rest)))
}

/// Names of all fields that this version knows, at any depth, sorted; what [`Contents::must_understand`] is held against.
pub(super) const KNOWN_FIELDS: [&str; 34] = [
    "buckets",
    "bytes",
    "categories",
    "channel",
    "competence",
    "duty_card",
    "epoch",
    "epochs",
    "every_days",
    "expires",
    "forwarders",
    "from",
    "holders",
    "id",
    "identity",
    "issued",
    "keep_days",
    "kind",
    "max_bytes",
    "must_understand",
    "name",
    "names",
    "page_sha256",
    "posts",
    "recipient",
    "relays",
    "replies",
    "rows",
    "schema",
    "shards",
    "signing_key",
    "texts",
    "until",
    "version",
];
