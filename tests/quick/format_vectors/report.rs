//! `report.json`: the examples, the schema, and a reader that loses nothing.

use std::fs;
use std::path::Path;

use serde_json::Value;
use softinfo_seal::report::{
    AttachmentNote, Category, Details, MovedTo, Offender, OnBehalf, Place, Report, ReportError, ReportWarning,
    SealedNote, WorkVisit,
};

use crate::format_vectors::{index, path, rows, text};

fn schema() -> Value {
    let file = Path::new(scene::PROJECT).join("docs/report-1.schema.json");
    serde_json::from_slice(&fs::read(file).unwrap()).unwrap()
}

fn read(file: &str) -> Vec<u8> {
    fs::read(path("report").join(file)).unwrap()
}

fn json(file: &str) -> Value {
    serde_json::from_slice(&read(file)).unwrap()
}

/// The patterns of the schema, as functions: a new one has to be added here.
fn fits(pattern: &str, text: &str) -> bool {
    let all = |text: &str, allowed: &str| text.chars().all(|c| allowed.contains(c));
    let (hex, lower, digit) = ("0123456789abcdef", "abcdefghijklmnopqrstuvwxyz", "0123456789");
    match pattern {
        "^[a-z0-9-]{1,64}$" => (1..=64).contains(&text.len()) && all(text, &format!("{lower}{digit}-")),
        "^[0-9a-f]{32}$" => text.len() == 32 && all(text, hex),
        "^[0-9a-f]{64}$" => text.len() == 64 && all(text, hex),
        "^[A-Za-z0-9+/]{43}$" => text.len() == 43 && all(text, &format!("{lower}{}{digit}+/", lower.to_uppercase())),
        "^age1pq1[02-9ac-hj-np-z]{1952}$" => text
            .strip_prefix("age1pq1")
            .is_some_and(|rest| rest.len() == 1952 && all(rest, "023456789acdefghjklmnpqrstuvwxyz")),
        "^attachments/[0-9]{2}([.][a-z0-9]{1,8})?$" => text.strip_prefix("attachments/").is_some_and(|name| {
            let (number, extension) = name.split_once('.').unwrap_or((name, "x"));
            number.len() == 2
                && all(number, digit)
                && (1..=8).contains(&extension.len())
                && all(extension, &format!("{lower}{digit}"))
        }),
        other => panic!("the pattern {other} is not known here"),
    }
}

/// What a schema finds wrong with a value. Knows the keywords that our schema uses, and panics at any other.
fn faults(schema: &Value, value: &Value, at: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let mut must = |holds: bool, what: &str| {
        if !holds {
            faults.push(format!("{at}: {what}"));
        }
    };
    let mut deeper = Vec::new();
    for (keyword, rule) in schema.as_object().unwrap() {
        let number = || usize::try_from(rule.as_u64().unwrap()).unwrap();
        match keyword.as_str() {
            "$schema" | "$id" | "title" | "description" => assert!(rule.is_string()),
            "type" => {
                let right = match rule.as_str().unwrap() {
                    "object" => value.is_object(),
                    "array" => value.is_array(),
                    "string" => value.is_string(),
                    "boolean" => value.is_boolean(),
                    "integer" => value.is_u64() || value.is_i64(),
                    other => panic!("the type {other}"),
                };
                must(right, "type");
            }
            "const" => must(value == rule, "const"),
            "enum" => must(rule.as_array().unwrap().contains(value), "enum"),
            "pattern" => must(value.as_str().is_none_or(|text| fits(rule.as_str().unwrap(), text)), "pattern"),
            "minimum" => must(value.as_i64().is_none_or(|n| n >= rule.as_i64().unwrap()), "minimum"),
            "minItems" => must(value.as_array().is_none_or(|items| items.len() >= number()), "minItems"),
            "maxItems" => must(value.as_array().is_none_or(|items| items.len() <= number()), "maxItems"),
            // What is not named is allowed: a reader keeps it.
            "additionalProperties" => assert_eq!(rule, true),
            "required" => {
                for name in rule.as_array().unwrap() {
                    let name = name.as_str().unwrap();
                    must(
                        value.as_object().is_none_or(|fields| fields.contains_key(name)),
                        &format!("{name} is missing"),
                    );
                }
            }
            "properties" => {
                for (name, inner) in rule.as_object().unwrap() {
                    deeper.extend(value.get(name).map(|field| (inner, field, format!("{at}/{name}"))));
                }
            }
            "items" => {
                let items = value.as_array().into_iter().flatten().enumerate();
                deeper.extend(items.map(|(n, item)| (rule, item, format!("{at}/{n}"))));
            }
            other => panic!("the keyword {other} is not known here"),
        }
    }
    faults.extend(deeper.into_iter().flat_map(|(schema, value, at)| self::faults(schema, value, &at)));
    faults
}

/// Paths of all properties that a schema names.
fn named(schema: &Value, at: &str) -> Vec<String> {
    let items = schema.get("items").map(|items| named(items, &format!("{at}[]")));
    let properties = schema["properties"].as_object().into_iter().flatten();
    let below = properties.flat_map(|(name, inner)| {
        let path = format!("{at}/{name}");
        [vec![path.clone()], named(inner, &path)].concat()
    });
    below.chain(items.into_iter().flatten()).collect()
}

/// Paths of all fields in a value.
fn present(value: &Value, at: &str) -> Vec<String> {
    match value {
        Value::Object(fields) => fields
            .iter()
            .flat_map(|(name, inner)| {
                let path = format!("{at}/{name}");
                [vec![path.clone()], present(inner, &path)].concat()
            })
            .collect(),
        Value::Array(items) => items.first().map(|item| present(item, &format!("{at}[]"))).unwrap_or_default(),
        _ => Vec::new(),
    }
}

#[test]
fn every_report_is_taken_or_refused_for_the_reason_its_index_names() {
    let index = index("report");
    for row in rows(&index) {
        let bytes = read(text(row, "file"));
        if text(row, "as") == "report" {
            let warnings: Vec<_> = Report::read(&bytes).1.iter().map(name).collect();
            assert_eq!(serde_json::to_value(warnings).unwrap(), row["warnings"], "{row}");
            continue;
        }
        let error = Details::parse(&bytes).err();
        let name = match &error {
            None => "accepted",
            Some(ReportError::Json(_)) => "json",
            Some(ReportError::Category(_)) => "category",
            Some(ReportError::Field(_)) => "field",
        };
        assert_eq!(name, text(row, "outcome"), "{row}: {error:?}");
    }
    assert_eq!(rows(&index).len(), 16);
}

/// A warning as an index names it.
fn name(warning: &ReportWarning) -> String {
    match warning {
        ReportWarning::NotJson(_) => "not-json".to_owned(),
        ReportWarning::Version(_) => "version".to_owned(),
        ReportWarning::Missing(field) => format!("missing: {field}"),
        ReportWarning::Value(field) => format!("value: {field}"),
        ReportWarning::Category(_) => "category".to_owned(),
        ReportWarning::ByteOrderMark => "byte-order-mark".to_owned(),
    }
}

#[test]
fn what_can_not_be_understood_is_kept_as_it_is() {
    let odd = json("odd.json");
    let (report, _) = Report::read(&read("odd.json"));
    for field in ["lang", "place", "categories", "minors", "attachments", "number"] {
        assert_eq!(report.other[field], odd[field], "{field}");
    }
    assert_eq!(report.period.as_deref(), Some("since March"));
    let written = serde_json::to_vec(&report).unwrap();
    let again: Value = serde_json::from_slice(&written).unwrap();
    assert_eq!(again["number"], odd["number"], "numbers survive");
    assert_eq!(Report::read(&written).0.other, report.other);
}

#[test]
fn accepted_reports_keep_every_field_and_fit_the_schema() {
    for file in ["full.json", "smallest.json", "unknown-field.json"] {
        let value = json(file);
        let report = Report::read(&read(file)).0;
        assert_eq!(serde_json::to_value(&report).unwrap(), value, "{file}");
        let mut faults = faults(&schema(), &value, "");
        // A category of tomorrow is kept by a reader; the list is closed for writers.
        faults.retain(|fault| file != "unknown-field.json" || fault != "/categories/1: enum");
        assert_eq!(faults, Vec::<String>::new(), "{file}");
    }
    let report = Report::read(&read("unknown-field.json")).0;
    assert_eq!(report.categories[1], Category::Unknown("a-category-of-tomorrow".to_owned()));
    assert_eq!(report.other.len(), 2);
}

#[test]
fn the_schema_refuses_what_no_writer_may_send() {
    let good = json("full.json");
    let changes = [
        ("/schema", Value::from("softinfo/report/2")),
        ("/lang", Value::from(1)),
        ("/readers", Value::from(Vec::<String>::new())),
        ("/readers", Value::from(vec!["a", "b", "c", "d"])),
        ("/readers/0", Value::from("Not An Id")),
        ("/categories/0", Value::from("a-category-of-tomorrow")),
        ("/danger", Value::from("later")),
        ("/minors", Value::from("yes")),
        ("/thread", Value::from("00")),
        ("/reply", Value::from("age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p")),
        ("/withdraw_token", Value::from("short")),
        ("/attachments/0/name", Value::from("attachments/photo of my boss.jpg")),
        ("/attachments/0/size", Value::from(-1)),
        ("/author", Value::from("short")),
        ("/moved_to/thread", Value::from("00")),
        ("/sealed/0/number", Value::from("1")),
        ("/place", Value::from("Antwerp")),
    ];
    for (at, value) in changes {
        let mut changed = good.clone();
        *changed.pointer_mut(at).unwrap() = value;
        assert!(!faults(&schema(), &changed, "").is_empty(), "{at}");
    }
    for field in ["schema", "lang", "readers", "thread", "reply", "withdraw_token"] {
        let mut changed = good.clone();
        changed.as_object_mut().unwrap().remove(field);
        assert!(!faults(&schema(), &changed, "").is_empty(), "{field}");
        assert!(!Report::read(changed.to_string().as_bytes()).1.is_empty(), "{field}");
    }
}

#[test]
fn the_full_example_has_every_field_of_the_schema_and_the_program_knows_each() {
    let (mut in_schema, mut in_example) = (named(&schema(), ""), present(&json("full.json"), ""));
    in_schema.sort();
    in_example.sort();
    assert_eq!(in_schema, in_example);
    // A new field of a struct doesn't compile here until it is named, in the example, and so in the schema.
    let Report {
        schema: _,
        lang: _,
        readers: _,
        categories: _,
        period,
        place,
        offenders,
        danger,
        minors,
        work_visit,
        on_behalf,
        thread: _,
        reply: _,
        author,
        withdraw_token: _,
        moved_to,
        sealed,
        attachments,
        other,
    } = Report::read(&read("full.json")).0;
    assert!(author.is_some());
    let MovedTo { thread: _, reply: _, author: _, other: moved } = moved_to.unwrap();
    let SealedNote { holder: _, number: _, sha256: _, other: noted } = &sealed[0];
    assert!(moved.is_empty() && noted.is_empty());
    assert!(period.is_some() && danger.is_some() && minors.is_some() && other.is_empty());
    let Place { text: _, municipality: _, postcode: _, other } = place.unwrap();
    assert!(other.is_empty());
    let WorkVisit { best_time: _, look_for: _, other } = work_visit.unwrap();
    assert!(other.is_empty());
    let OnBehalf { forwarder: _, reference: _, other } = on_behalf.unwrap();
    assert!(other.is_empty());
    let AttachmentNote { name: _, media_type: _, size: _, sha256: _, scrubbed: _, other } = &attachments[0];
    assert!(other.is_empty());
    let Offender { name: _, enterprise_number: _, address: _, vehicle: _, other } = &offenders[0];
    // The one free field, by design.
    assert_eq!(other.keys().collect::<Vec<_>>(), ["other"]);
}

#[test]
fn no_field_anywhere_asks_who_wrote() {
    let words = [
        "writer",
        "author",
        "reporter",
        "sender",
        "informant",
        "victim",
        "witness",
        "contact",
        "phone",
        "mobile",
        "mail",
        "nationality",
        "citizen",
        "origin",
        "residence",
        "resident",
        "permit",
        "visa",
        "passport",
        "status",
        "birth",
        "age",
        "gender",
        "sex",
        "family",
        "religion",
        "language",
        "national",
        "identity",
        "ip",
        "device",
        "fingerprint",
    ];
    // A key that says "the same person as before" and nothing about who that is.
    let keys = ["/author", "/moved_to/author"];
    for at in named(&schema(), "").into_iter().filter(|at| !keys.contains(&&at[..])) {
        let name = at.rsplit('/').next().unwrap();
        let suspicious =
            name.split('_').any(|part| words.iter().any(|word| part == *word || part == format!("{word}s")));
        assert!(!suspicious, "{at}");
        // Names and addresses are those of a presumed offender, or of a file in the archive.
        if ["name", "first_name", "last_name", "address", "street"].contains(&name) {
            assert!(["/offenders[]/name", "/offenders[]/address", "/attachments[]/name"].contains(&&at[..]), "{at}");
        }
    }
}
