//! Reading a report of any version, from anybody: as far as it can be understood, with a warning for each thing that can't.
//!
//! In: the bytes of `report.json`. Out: a report and warnings, never an error: a report that is odd never hides its message. Touches nothing.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::{Category, Report, SCHEMA};

/// Something in a report that is not as the protocol has it. The message and the files are shown all the same.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReportWarning {
    /// It is no JSON object at all.
    #[error("report.json can't be read ({0}); the message and the files are shown without it")]
    NotJson(String),
    /// It is of a version that this program doesn't know.
    #[error("the report says it is of version “{0}”, which this program does not know; a newer one may show more")]
    Version(String),
    /// It lacks a field that every report has.
    #[error("the report has no field “{0}”")]
    Missing(&'static str),
    /// A field has a value of another kind than this program knows; it is kept in `other`.
    #[error("the field “{0}” of the report has a value that this program does not know; it is shown as it is")]
    Value(Cow<'static, str>),
    /// It names a category that is not in the list.
    #[error("the report names a category that this program does not know: {0}")]
    Category(String),
    /// It begins with a mark that some editors write.
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
    /// By name.
    map: Map<String, Value>,
    /// Names of those whose value can't be read at all: it is kept as its text.
    unreadable: BTreeSet<String>,
    warnings: Vec<ReportWarning>,
}

impl Fields {
    /// The value of a field; that of an empty one where there is none, or none that can be read.
    fn optional<T: DeserializeOwned + Default>(&mut self, name: &'static str) -> T {
        self.take(name).unwrap_or_default()
    }

    /// The same, with a warning where there is no such field.
    fn needed<T: DeserializeOwned + Default>(&mut self, name: &'static str) -> T {
        if !self.map.contains_key(name) {
            self.warnings.push(ReportWarning::Missing(name));
        }
        self.optional(name)
    }

    /// Takes a field out of the map, when its value is of the kind that is wanted; otherwise it stays there, with a warning.
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
