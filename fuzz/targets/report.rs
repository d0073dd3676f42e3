//! `report.json`. Nothing that was in it is lost, whatever version wrote it, and nothing in it reaches a terminal as a command.

use serde_json::Value;
use softinfo_base::wording::sanitize_for_terminal;
use softinfo_seal::report::{Category, Details, Report};

/// `input` is the file.
pub fn check(input: &[u8]) {
    // Whatever it is, it hides nothing: it is read, and what was in it stays in it.
    let (report, _) = Report::read(input);
    if let Ok(before @ Value::Object(_)) = serde_json::from_slice::<Value>(input) {
        let written = serde_json::to_vec(&report).unwrap();
        let after: Value = serde_json::from_slice(&written).unwrap();
        assert_eq!(without_nothing(after), without_nothing(before), "something is lost");
        assert_eq!(Report::read(&written).0, report, "written and read, it is another report");
    }
    if let Ok(details) = Details::parse(input) {
        assert!(!details.categories.iter().any(|category| matches!(category, Category::Unknown(_))));
        let inner = [
            details.place.map(|part| part.other),
            details.work_visit.map(|part| part.other),
            details.on_behalf.map(|part| part.other),
        ];
        assert!(inner.into_iter().flatten().all(|other| other.is_empty()), "a misspelt field passed");
    }
    let shown = sanitize_for_terminal(&String::from_utf8_lossy(input));
    assert!(!shown.chars().any(|c| c.is_control() || is_bidi_control(c)));
    assert_eq!(shown.chars().count(), String::from_utf8_lossy(input).chars().count());
}

/// Fields that say nothing may be left out.
fn without_nothing(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let kept = map.into_iter().map(|(key, value)| (key, without_nothing(value)));
            Value::Object(kept.filter(|(_, value)| !value.is_null() && *value != Value::Array(Vec::new())).collect())
        }
        Value::String(text) if text.is_empty() => Value::Null,
        Value::Array(list) => Value::Array(list.into_iter().map(without_nothing).collect()),
        other => other,
    }
}

/// Unicode 16, property `Bidi_Control`.
const fn is_bidi_control(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
