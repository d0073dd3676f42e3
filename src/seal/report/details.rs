//! The optional part of a report, as a writer or a forwarder's script fills it in.
//!
//! In: JSON. Out: details in which nothing is misspelt, or which field is wrong. Touches nothing.

use serde::Deserialize;

use super::{Category, Danger, Offender, OnBehalf, Place, WorkVisit};

/// The optional part that a writer or forwarder fills in; the rest of a [`Report`](super::Report) is filled in by the draft.
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
    /// It is no JSON, or a field has a value of the wrong type.
    #[error("not a valid report: {0}")]
    Json(#[from] serde_json::Error),
    /// It names a category that is not in the closed list.
    #[error("“{0}” is no category; the list is in docs/protocol.md, section 2")]
    Category(String),
    /// It has a field that no report has.
    #[error("“{0}” is no field of a report; fields and their meaning are in docs/report-1.schema.json")]
    Field(String),
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
