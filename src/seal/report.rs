//! `report.json`: the structured part of a tip (`docs/protocol.md`, 2; `docs/report-1.schema.json`).
//!
//! In: what a writer filled in ([`Details`]), or the bytes of a report from anywhere ([`Report::read`]). Out: one structure, to be written or shown.
//! Touches nothing.
//! There is no field for the writer's name, contact, nationality or residence status, and none may be added.
//! Fields that this version doesn't know, or can't read, are kept in `other`, so that nothing is lost.

mod details;
mod reading;

pub use details::{Details, ReportError};
pub use reading::ReportWarning;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use softinfo_formats::directory::HolderId;

/// The version string of this schema.
pub const SCHEMA: &str = "softinfo/report/1";

/// The structured part of a tip.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Report {
    /// `softinfo/report/1`.
    pub schema: String,
    /// Language of the narrative, BCP 47.
    pub lang: String,
    /// The holders chosen, so that each knows who else reads.
    pub readers: Vec<HolderId>,
    /// What it is about.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<Category>,
    /// When it happened, in the writer's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub period: Option<String>,
    /// Where it happened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// Who is responsible.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub offenders: Vec<Offender>,
    /// Whether somebody is in danger.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub danger: Option<Danger>,
    /// Whether minors are concerned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minors: Option<bool>,
    /// What an inspection should know.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub work_visit: Option<WorkVisit>,
    /// Who forwards it for somebody, where that is so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_behalf: Option<OnBehalf>,
    /// Thread id, 32 hexadecimal digits.
    pub thread: String,
    /// `age1pq1…` recipient for replies.
    pub reply: String,
    /// Ed25519 verifier key of whoever holds the receipt, 43 characters of unpadded base64; `author.sig` of a later message is made with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// Whoever shows it may erase the tip; 43 characters of unpadded base64.
    pub withdraw_token: String,
    /// The thread goes on under another receipt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub moved_to: Option<MovedTo>,
    /// The sealed identities of the archive.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sealed: Vec<SealedNote>,
    /// The files of the archive.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<AttachmentNote>,
    /// Fields of a newer version, and fields whose value is not of the kind that this version knows.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// What a new receipt gives to the thread of an old one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MovedTo {
    /// Thread id of the new receipt, as in a report.
    pub thread: String,
    /// Recipient for replies of the new receipt, as in a report.
    pub reply: String,
    /// Verifier key of the new receipt, as in a report.
    pub author: String,
    /// Fields of a newer version.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// One sealed identity of the archive.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SealedNote {
    /// Who alone can open it.
    pub holder: HolderId,
    /// 16 random bytes, hexadecimal; the same number is inside.
    pub number: String,
    /// SHA-256 of the file, hexadecimal.
    pub sha256: String,
    /// Fields of a newer version.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// A place, in the writer's words and, where known, by its post code.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Place {
    /// Where it is, in the writer's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Municipality.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub municipality: Option<String>,
    /// Belgian post code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub postcode: Option<String>,
    /// Fields of a newer version.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// A presumed offender.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Offender {
    /// Person or company.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Belgian enterprise number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enterprise_number: Option<String>,
    /// Address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// Plate, make, colour.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vehicle: Option<String>,
    /// Fields of a newer version, and anything else.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// What an inspector needs for a visit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WorkVisit {
    /// Best day and time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub best_time: Option<String>,
    /// What to look for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub look_for: Option<String>,
    /// Fields of a newer version.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// A third party forwards somebody's report. Says who forwards, never for whom.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OnBehalf {
    /// Id of a forwarder in the directory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forwarder: Option<String>,
    /// The forwarder's own file number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Fields of a newer version.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// One file of the archive.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AttachmentNote {
    /// Entry name in the archive, for example `attachments/01.jpg`.
    pub name: String,
    /// Media type, guessed from the extension.
    pub media_type: String,
    /// Length of the file in bytes.
    pub size: u64,
    /// SHA-256 of the entry, hexadecimal.
    pub sha256: String,
    /// Whether hidden details were removed before sealing.
    pub scrubbed: bool,
    /// Fields of a newer version.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// Whether somebody is in danger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Danger {
    /// Somebody is in danger now.
    Now,
    /// Somebody will be soon.
    Soon,
    /// Nobody is, as far as the writer knows.
    No,
}

/// What is reported. A closed list for writers; a reader keeps a newer one as text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)] // the names are the protocol's, and domain words of the Belgian Criminal Code and Aliens Act
pub enum Category {
    TraffickingSexualExploitation,
    TraffickingBegging,
    TraffickingLabour,
    TraffickingOrgans,
    TraffickingForcedCrime,
    SmugglingMinor,
    SmugglingVulnerablePerson,
    SmugglingViolence,
    SmugglingPaymentForConsent,
    SmugglingLifeEndangered,
    SmugglingLastingHarm,
    LabourUndeclared,
    LabourWages,
    LabourHours,
    LabourUnsafe,
    LabourAccident,
    LabourPapersTaken,
    HousingSlum,
    ViolenceDomestic,
    ViolenceSexual,
    /// A category of a newer version.
    #[serde(untagged)]
    Unknown(String),
}
