//! `report.json`: the structured part of a tip (`docs/protocol.md`, 2; `docs/report-1.schema.json`).
//!
//! In: what a writer filled in, or the bytes of a report from anywhere. Out: the bytes, or all that can be understood of them with a warning
//! for each thing that can't: a report that is odd never hides its message.
//! There is no field for the writer's name, contact, nationality or residence status, and none may be added.
//! Fields that this version doesn't know, or can't read, are kept in `other`, so that nothing is lost.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
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
    /// For an inspection.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub work_visit: Option<WorkVisit>,
    /// Filled in by a third party that forwards.
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
    /// As in a report.
    pub thread: String,
    /// As in a report.
    pub reply: String,
    /// As in a report.
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

/// Why the details were refused.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// Not JSON, or a field of the wrong type.
    #[error("not a valid report: {0}")]
    Json(#[from] serde_json::Error),
    /// A writer used a category that is not in the closed list.
    #[error("“{0}” is no category; the list is in docs/protocol.md, section 2")]
    Category(String),
    /// A field that may not exist.
    #[error("“{0}” is no field of a report; fields and their meaning are in docs/report-1.schema.json")]
    Field(String),
}

/// Something in a report that is not as the protocol has it. The message and the files are shown all the same.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReportWarning {
    /// Not JSON at all.
    #[error("report.json can't be read ({0}); the message and the files are shown without it")]
    NotJson(String),
    /// A version this program doesn't know.
    #[error("the report says it is of version “{0}”, which this program does not know; a newer one may show more")]
    Version(String),
    /// A field that every report has.
    #[error("the report has no field “{0}”")]
    Missing(&'static str),
    /// A field with a value of another kind.
    #[error("the field “{0}” of the report has a value that this program does not know; it is shown as it is")]
    Value(Cow<'static, str>),
    /// A category that is not in the list.
    #[error("the report names a category that this program does not know: {0}")]
    Category(String),
    /// A mark at the beginning that some editors write.
    #[error("the report begins with a byte order mark, which no softinfo program writes")]
    ByteOrderMark,
}

impl Report {
    /// Reads a report of any version as far as it can be understood. Never fails: what is odd is named in the warnings, and what can't be
    /// understood stays in `other` under its own name.
    #[must_use]
    pub fn read(bytes: &[u8]) -> (Self, Vec<ReportWarning>) {
        let mut fields = Fields { map: Map::new(), unreadable: BTreeSet::new(), warnings: Vec::new() };
        let mut is_object = false;
        let text = bytes.strip_prefix(b"\xef\xbb\xbf").inspect(|_| fields.warnings.push(ReportWarning::ByteOrderMark));
        let text = text.unwrap_or(bytes);
        // Field by field, so that a value that can't be read costs no other.
        match serde_json::from_slice::<BTreeMap<String, &RawValue>>(text) {
            Ok(raw) => {
                is_object = true;
                for (name, raw) in raw {
                    let value = serde_json::from_str(raw.get()).unwrap_or_else(|_| {
                        fields.warnings.push(ReportWarning::Value(name.clone().into()));
                        fields.unreadable.insert(name.clone());
                        Value::String(raw.get().to_owned())
                    });
                    fields.map.insert(name, value);
                }
            }
            Err(error) if error.is_data() && text.trim_ascii_start().first() != Some(&b'{') => {
                fields.warnings.push(ReportWarning::NotJson("it is no JSON object".to_owned()));
            }
            Err(error) => fields.warnings.push(ReportWarning::NotJson(error.to_string())),
        }
        if !is_object {
            return (Self::default(), fields.warnings);
        }
        let report = Self {
            schema: fields.needed("schema"),
            lang: fields.needed("lang"),
            readers: fields.needed("readers"),
            categories: fields.optional("categories"),
            period: fields.optional("period"),
            place: fields.optional("place"),
            offenders: fields.optional("offenders"),
            danger: fields.optional("danger"),
            minors: fields.optional("minors"),
            work_visit: fields.optional("work_visit"),
            on_behalf: fields.optional("on_behalf"),
            thread: fields.needed("thread"),
            reply: fields.needed("reply"),
            author: fields.optional("author"),
            withdraw_token: fields.needed("withdraw_token"),
            moved_to: fields.optional("moved_to"),
            sealed: fields.optional("sealed"),
            attachments: fields.optional("attachments"),
            other: std::mem::take(&mut fields.map),
        };
        let mut warnings = fields.warnings;
        if !report.schema.is_empty() && report.schema != SCHEMA {
            warnings.push(ReportWarning::Version(report.schema.clone()));
        }
        warnings.extend(report.categories.iter().filter_map(|category| match category {
            Category::Unknown(name) => Some(ReportWarning::Category(name.clone())),
            _ => None,
        }));
        (report, warnings)
    }
}

/// The fields of a report that have not been taken out yet.
struct Fields {
    map: Map<String, Value>,
    /// Those of them whose value can't be read at all, and stands there as its text.
    unreadable: BTreeSet<String>,
    warnings: Vec<ReportWarning>,
}

impl Fields {
    fn optional<T: DeserializeOwned + Default>(&mut self, name: &'static str) -> T {
        self.take(name).unwrap_or_default()
    }

    fn needed<T: DeserializeOwned + Default>(&mut self, name: &'static str) -> T {
        if !self.map.contains_key(name) {
            self.warnings.push(ReportWarning::Missing(name));
        }
        self.optional(name)
    }

    fn take<T: DeserializeOwned>(&mut self, name: &'static str) -> Option<T> {
        let value = self.map.get(name)?;
        if self.unreadable.contains(name) {
            return None;
        }
        if let Ok(read) = T::deserialize(value) {
            self.map.remove(name);
            return Some(read);
        }
        self.warnings.push(ReportWarning::Value(name.into()));
        None
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_without_fields_is_named_as_one_and_what_is_no_object_as_that() {
        let (_, warnings) = Report::read(b"{}");
        assert!(warnings.contains(&ReportWarning::Missing("thread")) && warnings.len() == 6, "{warnings:?}");
        let no_object = |bytes: &[u8]| matches!(&Report::read(bytes).1[..], [ReportWarning::NotJson(_)]);
        assert!(["[]", "null", "7", "", "{", "{\"a\":}"].iter().all(|text| no_object(text.as_bytes())));
    }

    #[test]
    fn a_value_that_can_not_be_read_costs_no_other_field() {
        let (report, warnings) = Report::read(br#"{"lang": "nl", "new": 1e999, "period": 1e999}"#);
        assert_eq!(
            (report.lang.as_str(), &report.other["new"], &report.other["period"]),
            ("nl", &"1e999".into(), &"1e999".into())
        );
        let named = |name: &str| warnings.contains(&ReportWarning::Value(name.to_owned().into()));
        assert!(named("new") && named("period") && !named("lang"), "{warnings:?}");
    }
}
