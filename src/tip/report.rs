//! `report.json`: the structured part of a tip (`docs/protocol.md`, 2; `docs/report-1.schema.json`).
//!
//! There is no field for the writer's name, contact, nationality or residence status, and none may be added.
//! Fields that this version doesn't know are kept in `other`, so that nothing a newer page sends is lost.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::directory::HolderId;

/// The version string of this schema.
pub const SCHEMA: &str = "softinfo/report/1";

/// The structured part of a tip.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// `softinfo/report/1`.
    pub schema: String,
    /// Language of the narrative, BCP 47.
    pub lang: String,
    /// The holders chosen, so that each knows who else reads.
    pub readers: Vec<HolderId>,
    /// What it is about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<Category>,
    /// When it happened, in the writer's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<String>,
    /// Where it happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// Who is responsible.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub offenders: Vec<Offender>,
    /// Whether somebody is in danger.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub danger: Option<Danger>,
    /// Whether minors are concerned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minors: Option<bool>,
    /// For an inspection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub work_visit: Option<WorkVisit>,
    /// Filled in by a third party that forwards.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_behalf: Option<OnBehalf>,
    /// Thread id, 32 hexadecimal digits.
    pub thread: String,
    /// `age1pq1…` recipient for replies.
    pub reply: String,
    /// Whoever shows it may erase the tip; 43 characters of unpadded base64.
    pub withdraw_token: String,
    /// The files of the archive.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<AttachmentNote>,
    /// Fields of a newer version.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// A place, in the writer's words and, where known, by its post code.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Place {
    /// Free text.
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
    /// Bytes.
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
    /// Now.
    Now,
    /// Soon.
    Soon,
    /// Not.
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

/// The optional part that a writer or forwarder fills in; the rest of a [`Report`] is filled in by the draft.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)] // the same fields as in `Report`
pub struct Details {
    #[serde(default)]
    pub categories: Vec<Category>,
    pub period: Option<String>,
    pub place: Option<Place>,
    #[serde(default)]
    pub offenders: Vec<Offender>,
    pub danger: Option<Danger>,
    pub minors: Option<bool>,
    pub work_visit: Option<WorkVisit>,
    pub on_behalf: Option<OnBehalf>,
}

/// Why `report.json` or the details were refused.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// Not JSON, or a field of the wrong type.
    #[error("not a valid report: {0}")]
    Json(#[from] serde_json::Error),
    /// A version this program doesn't know.
    #[error("report version “{0}” is newer than this program; get a newer softinfo-desk")]
    Version(String),
    /// A writer used a category that is not in the closed list.
    #[error("“{0}” is no category; the list is in docs/protocol.md, section 2")]
    Category(String),
    /// A field that may not exist.
    #[error("“{0}” is no field of a report; fields and their meaning are in docs/report-1.schema.json")]
    Field(String),
}

impl Report {
    /// Reads a report of any released version.
    pub fn parse(bytes: &[u8]) -> Result<Self, ReportError> {
        let report: Self = serde_json::from_slice(bytes)?;
        if report.schema == SCHEMA { Ok(report) } else { Err(ReportError::Version(report.schema)) }
    }
}

impl Details {
    /// Reads what a forwarder's script fills in; strict, so that a misspelt field is not lost silently.
    pub fn parse(bytes: &[u8]) -> Result<Self, ReportError> {
        let details: Self = serde_json::from_slice(bytes)?;
        if let Some(Category::Unknown(name)) =
            details.categories.iter().find(|category| matches!(category, Category::Unknown(_)))
        {
            return Err(ReportError::Category(name.clone()));
        }
        let nested = [
            details.place.as_ref().map(|part| &part.other),
            details.work_visit.as_ref().map(|part| &part.other),
            details.on_behalf.as_ref().map(|part| &part.other),
        ];
        // Offenders may carry free fields ("other" in the design); the rest may not.
        let unknown = nested.into_iter().flatten().find_map(|other| other.keys().next().cloned());
        match unknown {
            Some(field) => Err(ReportError::Field(field)),
            None => Ok(details),
        }
    }
}
