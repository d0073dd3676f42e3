//! A tip that was read, in the order in which a person reads it: what the desk knows, what is odd, and what the writer says.
//!
//! What the writer says is kept apart from all else, so that nobody takes it for the desk's words.

use serde_json::Value;
use softinfo_base::day::Day;
use softinfo_formats::transfer::bundle::CourierName;
use softinfo_seal::report::AttachmentNote;
use zeroize::Zeroizing;

use crate::casebook::Case;
use crate::key_name::KeyName;
use crate::reading::{Oddity, TipRead};

/// Fields of a report that a sheet shows in a place of their own, or that are no matter for people.
const ELSEWHERE: [&str; 6] = ["schema", "thread", "reply", "withdraw_token", "author", "attachments"];

/// What there is to say of a tip beside its message and its files.
pub struct Sheet<'a> {
    /// The day the relay noted. It is a hint: a tip may have been sealed long before.
    pub day: Day,
    /// The courier whose bundle it came in.
    pub courier: &'a CourierName,
    /// The number of that bundle.
    pub bundle: u64,
    /// The key that opened it.
    pub key: &'a KeyName,
    /// The fingerprint of the thread that it claims to belong to. Not verified.
    pub thread: Option<String>,
    /// What is not as it should be. It may quote the writer.
    pub warnings: &'a [Oddity],
    /// What the writer filled in, none of it checked.
    pub claims: Vec<Claim>,
    /// What the writer's report says of each attachment.
    pub attachments: &'a [AttachmentNote],
}

/// One thing that the writer filled in. Its words are erased on drop.
pub struct Claim {
    /// Where it stands in the report: the field, and the fields within it.
    pub place: Vec<Field>,
    /// The writer's words. Several that stand in a list are divided by commas.
    pub words: Zeroizing<String>,
}

/// A field of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Its name in the protocol, or any other that the writer's program gave it.
    pub name: String,
    /// Its number, from 1, where the field holds several of a kind; more than one where those hold several in turn.
    pub numbers: Vec<usize>,
}

impl<'a> Sheet<'a> {
    /// The sheet of a tip that was `read`, which the casebook knows as `case`.
    #[must_use]
    pub fn of(read: &'a TipRead, case: &'a Case) -> Self {
        // A field that has a place of its own is shown all the same where its value could not be understood.
        let shown = |name: &str| !ELSEWHERE.contains(&name) || read.report.other.contains_key(name);
        let mut claims = Vec::new();
        for (name, value) in read.released().unwrap_or_default().iter().filter(|(name, _)| shown(name)) {
            collect(vec![Field::named(name)], value, &mut claims);
        }
        Self {
            day: case.day,
            courier: &case.courier,
            bundle: case.bundle,
            key: &read.key,
            thread: read.thread(),
            warnings: &read.oddities,
            claims,
            attachments: &read.report.attachments,
        }
    }
}

impl Field {
    fn named(name: &str) -> Self {
        Self { name: name.to_owned(), numbers: Vec::new() }
    }
}

/// A claim for each value; one for each part of what is made of several.
fn collect(place: Vec<Field>, value: &Value, claims: &mut Vec<Claim>) {
    match value {
        Value::Object(parts) if !parts.is_empty() => {
            for (part, value) in parts {
                collect([&place[..], &[Field::named(part)]].concat(), value, claims);
            }
        }
        Value::Array(items) if items.iter().any(Value::is_object) => {
            for (number, item) in (1..).zip(items) {
                let mut place = place.clone();
                if let Some(last) = place.last_mut() {
                    last.numbers.push(number);
                }
                collect(place, item, claims);
            }
        }
        other => claims.push(Claim { place, words: Zeroizing::new(words(other)) }),
    }
}

fn words(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) if items.iter().all(Value::is_string) => {
            items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_made_of_several_parts_is_a_claim_for_each_part() {
        let report = json!({
            "categories": ["labour-wages", "housing-slum"],
            "offenders": [{ "name": "A", "vehicle": { "plate": "1" } }, [{ "name": "B" }]],
            "place": {},
        });
        let mut claims = Vec::new();
        for (name, value) in report.as_object().unwrap() {
            collect(vec![Field::named(name)], value, &mut claims);
        }
        let place = |field: &Field| format!("{}{:?}", field.name, field.numbers);
        let shown: Vec<_> = claims
            .iter()
            .map(|claim| {
                let place: Vec<_> = claim.place.iter().map(place).collect();
                format!("{}: {}", place.join("/"), *claim.words)
            })
            .collect();
        let expected = [
            "categories[]: labour-wages, housing-slum",
            "offenders[1]/name[]: A",
            "offenders[1]/vehicle[]/plate[]: 1",
            "offenders[2, 1]/name[]: B",
            "place[]: {}",
        ];
        assert_eq!(shown, expected);
    }
}
