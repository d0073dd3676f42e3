//! The details that a forwarder's script fills in, read strictly: what is misspelt must not be lost on the way to a desk.

use serde_json::{Map, Value};
use softinfo_seal::report::{Details, ReportError};

/// Which values a field of the details may have.
enum Form {
    Text,
    YesOrNo,
    OneOf(&'static [&'static str]),
    List(&'static Form),
    /// The fields by name, and whether there may be others.
    Object(&'static [(&'static str, Form)], bool),
}

/// Every category a writer may choose (`docs/protocol.md`, 2).
const CATEGORIES: Form = Form::OneOf(&[
    "trafficking-sexual-exploitation",
    "trafficking-begging",
    "trafficking-labour",
    "trafficking-organs",
    "trafficking-forced-crime",
    "smuggling-minor",
    "smuggling-vulnerable-person",
    "smuggling-violence",
    "smuggling-payment-for-consent",
    "smuggling-life-endangered",
    "smuggling-lasting-harm",
    "labour-undeclared",
    "labour-wages",
    "labour-hours",
    "labour-unsafe",
    "labour-accident",
    "labour-papers-taken",
    "housing-slum",
    "violence-domestic",
    "violence-sexual",
]);

const OFFENDER: Form = Form::Object(
    &[("name", Form::Text), ("enterprise_number", Form::Text), ("address", Form::Text), ("vehicle", Form::Text)],
    true,
);

const FIELDS: &[(&str, Form)] = &[
    ("categories", Form::List(&CATEGORIES)),
    ("period", Form::Text),
    ("place", Form::Object(&[("text", Form::Text), ("municipality", Form::Text), ("postcode", Form::Text)], false)),
    ("offenders", Form::List(&OFFENDER)),
    ("danger", Form::OneOf(&["now", "soon", "no"])),
    ("minors", Form::YesOrNo),
    ("work_visit", Form::Object(&[("best_time", Form::Text), ("look_for", Form::Text)], false)),
    ("on_behalf", Form::Object(&[("forwarder", Form::Text), ("reference", Form::Text)], false)),
];

/// What is wrong with the details. Each names the place in them.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum DetailsError {
    /// The file is not JSON.
    #[error("this is not JSON: {reason} (line {line}, column {column})")]
    NotJson {
        /// What is missing or in the way.
        reason: String,
        /// The line, counted from 1.
        line: usize,
        /// The column, counted from 1.
        column: usize,
    },
    /// A field that does not exist.
    #[error("there is no field “{field}”{}; the fields are {known}", within(.place))]
    UnknownField {
        /// The field's name, as written.
        field: String,
        /// The field it stands in; empty for the outermost.
        place: String,
        /// The names of all fields that exist there.
        known: String,
    },
    /// A value of another form.
    #[error("“{place}” has to be {wanted}")]
    Form {
        /// The field, such as `offenders[1].name`.
        place: String,
        /// What its value can be.
        wanted: String,
    },
    /// A field that is there twice.
    #[error("“{0}” stands there twice; which of the two is meant?")]
    Twice(String),
    /// A name stands there twice, and the value of the earlier one is wrong; only the later one was looked at before.
    #[error("{0} is wrong; does a field stand there twice?")]
    Hidden(String),
}

fn within(place: &str) -> String {
    if place.is_empty() { String::new() } else { format!(" in “{place}”") }
}

/// Reads the details from JSON. A byte order mark in front is passed over, and a field that is `null` counts as left out.
///
/// # Errors
/// Anything that a desk would not understand as it was meant, with its place.
pub fn read(bytes: &[u8]) -> Result<Details, DetailsError> {
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    let value: Value = serde_json::from_slice(bytes).map_err(|error| not_json(&error))?;
    check(&value, &Form::Object(FIELDS, false), "")?;
    // What is left is what a map can't show: a field that stands there twice.
    Details::parse(bytes).map_err(|error| hidden(&error))
}

fn hidden(error: &ReportError) -> DetailsError {
    match error {
        ReportError::Json(error) => {
            let text = error.to_string();
            let twice = text.strip_prefix("duplicate field `").and_then(|rest| rest.split('`').next());
            twice.map_or_else(
                || DetailsError::Hidden(format!("what stands in line {}, column {}", error.line(), error.column())),
                |field| DetailsError::Twice(field.to_owned()),
            )
        }
        ReportError::Category(name) | ReportError::Field(name) => DetailsError::Hidden(format!("“{name}”")),
    }
}

fn not_json(error: &serde_json::Error) -> DetailsError {
    let text = error.to_string();
    let reason = text.rsplit_once(" at line ").map_or(&*text, |(reason, _)| reason).replace('`', "");
    DetailsError::NotJson { reason, line: error.line(), column: error.column() }
}

fn check(value: &Value, form: &Form, place: &str) -> Result<(), DetailsError> {
    let wrong = |wanted: &str| Err(DetailsError::Form { place: place.to_owned(), wanted: wanted.to_owned() });
    match (form, value) {
        (Form::Text, Value::String(_)) | (Form::YesOrNo, Value::Bool(_)) => Ok(()),
        (Form::OneOf(allowed), Value::String(text)) if allowed.contains(&text.as_str()) => Ok(()),
        (Form::List(each), Value::Array(values)) => {
            values.iter().enumerate().try_for_each(|(n, value)| check(value, each, &format!("{place}[{n}]")))
        }
        (Form::Object(fields, is_open), Value::Object(values)) => check_fields(values, fields, *is_open, place),
        (Form::Text, _) => wrong("text, in quotation marks"),
        (Form::YesOrNo, _) => wrong("true or false"),
        (Form::OneOf(allowed), Value::String(text)) => {
            let is: String = text.chars().take(80).collect();
            wrong(&format!("one of {}; it is “{is}”", allowed.join(", ")))
        }
        (Form::OneOf(allowed), _) => wrong(&format!("one of {}", allowed.join(", "))),
        (Form::List(_), _) => wrong("a list, in square brackets"),
        (Form::Object(fields, _), _) if place.is_empty() => Err(DetailsError::Form {
            place: "the details".to_owned(),
            wanted: format!("an object, in curly brackets, with fields of these: {}", names(fields)),
        }),
        (Form::Object(fields, _), _) => {
            wrong(&format!("an object, in curly brackets, with fields of these: {}", names(fields)))
        }
    }
}

fn check_fields(
    values: &Map<String, Value>,
    fields: &[(&str, Form)],
    is_open: bool,
    place: &str,
) -> Result<(), DetailsError> {
    for (name, value) in values {
        let inner = if place.is_empty() { name.clone() } else { format!("{place}.{name}") };
        match fields.iter().find(|(known, _)| known == name) {
            // A list is never null: nobody would know whether it is meant to be empty.
            Some((_, Form::List(_))) if value.is_null() => {
                return Err(DetailsError::Form { place: inner, wanted: "a list, in square brackets".to_owned() });
            }
            Some(_) if value.is_null() => (),
            Some((_, form)) => check(value, form, &inner)?,
            None if is_open => (),
            None => {
                return Err(DetailsError::UnknownField {
                    field: name.clone(),
                    place: place.to_owned(),
                    known: names(fields),
                });
            }
        }
    }
    Ok(())
}

fn names(fields: &[(&str, Form)]) -> String {
    fields.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use softinfo_seal::report::{Category, Danger};

    fn said(json: &str) -> String {
        read(json.as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place_and_with_what_it_can_be() {
        for (json, place, wanted) in [
            ("{\n  \"period\": \"May\"\n  \"minors\": true}", "line 3, column 3", "expected , or }"),
            ("", "line 1, column 0", "EOF"),
            (r#"{"categoriess":[]}"#, "“categoriess”", "categories, period, place, offenders, danger, minors"),
            (r#"{"categories":["labour-wages","nationality"]}"#, "“categories[1]”", "labour-hours, labour-unsafe"),
            (r#"{"categories":["nationality"]}"#, "“categories[0]”", "it is “nationality”"),
            (r#"{"categories":null}"#, "“categories”", "a list"),
            (r#"{"danger":"maybe"}"#, "“danger”", "one of now, soon, no"),
            (r#"{"minors":"yes"}"#, "“minors”", "true or false"),
            (r#"{"place":"Antwerp"}"#, "“place”", "with fields of these: text, municipality, postcode"),
            (r#"{"place":{"zip":"2000"}}"#, "“zip” in “place”", "text, municipality, postcode"),
            (r#"{"place":{"postcode":2000}}"#, "“place.postcode”", "text, in quotation marks"),
            (r#"{"offenders":[{"name":"X"},{"name":1}]}"#, "“offenders[1].name”", "text"),
            (r#"["labour-wages"]"#, "“the details”", "an object"),
            (r#"{"period":"May","period":"June"}"#, "“period”", "twice"),
            (r#"{"place":{"text":"a","text":"b"}}"#, "“text”", "twice"),
            (r#"{"danger":5,"danger":"now"}"#, "line 1, column 11 is wrong", "twice"),
        ] {
            let said = said(json);
            assert!(said.contains(place) && said.contains(wanted), "{json}: {said}");
            for inside in ["struct", "sequence", "u64", "Category", "docs/", "schema", "variant", "`"] {
                assert!(!said.contains(inside), "{json}: {said}");
            }
        }
    }

    #[test]
    fn what_is_right_is_read_with_a_byte_order_mark_and_free_words_on_offenders_too() {
        let json = "\u{feff}{\"categories\":[\"housing-slum\"],\"danger\":\"soon\",\"period\":null,\"offenders\":[{\"name\":\"X\",\"tattoo\":\"yes\"}]}";
        let details = read(json.as_bytes()).unwrap();
        assert_eq!((details.categories, details.danger), (vec![Category::HousingSlum], Some(Danger::Soon)));
        assert_eq!(details.offenders[0].other["tattoo"], "yes");
    }

    #[test]
    fn every_category_of_the_list_is_one_of_the_report_and_none_is_missing() {
        let Form::OneOf(names) = CATEGORIES else { panic!() };
        for name in names {
            let category: Category = serde_json::from_value(Value::from(*name)).unwrap();
            assert!(!matches!(category, Category::Unknown(_)), "{name}");
        }
        let groups = softinfo_formats::directory::CATEGORIES.iter();
        let known: Vec<_> =
            groups.flat_map(|(group, members)| members.iter().map(move |member| format!("{group}-{member}"))).collect();
        assert_eq!(known, names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
    }
}
