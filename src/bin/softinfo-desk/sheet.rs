//! What `open` and `show` say of a tip: what the desk knows, what is odd, and, marked line by line, what its writer says.

use std::io;

use serde_json::Value;
use softinfo::desk::{Case, TipRead, released};
use softinfo::terminal::{harmless, say};

/// Begins every line whose words are the writer's, so that they can't pass for the program's.
const WRITER: &str = "│ ";
/// Begins every line of a warning, for the same reason.
const WARNING: &str = "! ";
/// Most characters of the writer's in a line.
const WIDTH: usize = 78;

/// The report without its secrets, for `--json`. Null where it is no JSON.
pub fn report(read: &TipRead) -> Value {
    released(&read.report_as_sent).and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default()
}

/// What the desk knows of a tip, what is odd about it, and what its writer filled in.
pub fn show(read: &TipRead, case: &Case) -> io::Result<()> {
    let (courier, key) = (case.courier.short(), &read.key);
    say(format_args!(
        "The relay noted {}. Bundle {} of the courier {courier}. Opened with the key {key}.",
        case.day, case.bundle
    ))?;
    if let Some(thread) = read.thread() {
        say(format_args!("Thread {thread} (tips of one writer's receipt have the same)."))?;
    }
    for oddity in &read.oddities {
        // It may quote the writer.
        marked(WARNING, &format!("Warning: {oddity}."))?;
    }
    say("What the writer says, none of it checked:")?;
    // What has a line of its own, or is no matter for people; not where its value could not be understood.
    let hidden = ["schema", "thread", "reply", "withdraw_token", "author", "attachments"];
    let shown = |name: &str| !hidden.contains(&name) || read.report.other.contains_key(name);
    if let Value::Object(fields) = report(read) {
        for (name, value) in fields.iter().filter(|(name, _)| shown(name)) {
            field(label(name), value)?;
        }
    }
    for note in &read.report.attachments {
        let hidden = if note.scrubbed { "hidden details removed" } else { "hidden details not removed" };
        writer(&format!("file {}: {}, {} bytes, {hidden}", note.name, note.media_type, note.size))?;
    }
    Ok(())
}

/// A field of the report; what is made of several has a line for each.
fn field(name: &str, value: &Value) -> io::Result<()> {
    match value {
        Value::Object(parts) if !parts.is_empty() => {
            parts.iter().try_for_each(|(part, value)| field(&format!("{name} › {}", label(part)), value))
        }
        Value::Array(items) if items.iter().any(Value::is_object) => {
            (1..).zip(items).try_for_each(|(n, item)| field(&format!("{name} {n}"), item))
        }
        other => writer(&format!("{name}: {}", text(other))),
    }
}

/// The writer's words, wrapped, each line marked.
pub fn writer(words: &str) -> io::Result<()> {
    marked(WRITER, words)
}

fn marked(mark: &str, words: &str) -> io::Result<()> {
    // Only newlines break lines; tabs are room, and anything else that a terminal takes for a command is made harmless.
    for line in words.split('\n') {
        let line = harmless(&line.strip_suffix('\r').unwrap_or(line).replace('\t', "    "));
        for row in wrapped(&line) {
            say(format_args!("{mark}{row}"))?;
        }
    }
    Ok(())
}

fn label(name: &str) -> &str {
    match name {
        "lang" => "language",
        "readers" => "sent to",
        "on_behalf" => "says it is forwarded by (not verified)",
        other => other,
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) if items.iter().all(Value::is_string) => {
            items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    }
}

/// A line in rows of at most [`WIDTH`] characters, broken at spaces where there are any. Joined again they are the line.
fn wrapped(line: &str) -> Vec<String> {
    let mut rows = vec![String::new()];
    let mut width = 0;
    for word in line.split_inclusive(' ') {
        let length = word.chars().count();
        if width > 0 && width + word.trim_end().chars().count() > WIDTH {
            rows.push(String::new());
            width = 0;
        }
        for c in word.chars() {
            if width >= WIDTH && length > WIDTH {
                rows.push(String::new());
                width = 0;
            }
            if let Some(row) = rows.last_mut() {
                row.push(c);
            }
            width += 1;
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_broken_at_spaces_and_lose_nothing() {
        let long = "word ".repeat(40);
        let rows = wrapped(&long);
        assert!(rows.len() > 2 && rows.iter().all(|row| row.trim_end().chars().count() <= WIDTH), "{rows:?}");
        assert_eq!(rows.concat(), long);
        let unbroken = "é".repeat(200);
        assert_eq!(wrapped(&unbroken).iter().map(|row| row.chars().count()).collect::<Vec<_>>(), [78, 78, 44]);
        assert_eq!(wrapped(""), [""]);
    }
}
