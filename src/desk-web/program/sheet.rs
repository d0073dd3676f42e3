//! What `open` and `show` say of a tip: what the desk knows, what is odd, and, marked line by line, what its writer says.

use std::io;

use console::Term;
use serde_json::Value;
use softinfo_base::wording::sanitize_for_terminal;
use softinfo_desk::{Case, TipRead, released_fields};
use softinfo_terminal::say;
use unicode_width::UnicodeWidthChar;

/// Begins every line whose words are the writer's, so that they can't pass for the program's.
const WRITER: &str = "│ ";
/// Begins every line of a warning, for the same reason.
const WARNING: &str = "! ";
/// Most columns of a line, with its mark; also where no terminal says how wide it is.
const WIDEST: usize = 80;
/// Fewest columns of the writer's in a line.
const NARROWEST: usize = 20;

/// The report without its secrets, for `--json`. Null where it is no JSON.
pub fn report(read: &TipRead) -> Value {
    released_fields(&read.report_as_sent).map_or(Value::Null, Value::Object)
}

/// What the desk knows of a tip, what is odd about it, and what its writer filled in.
pub fn show(read: &TipRead, case: &Case) -> io::Result<()> {
    let (courier, key) = (case.courier.short(), &read.key);
    say(format_args!(
        "The relay noted {}. Bundle {} of the courier {courier}. Opened with the key {key}.",
        case.day, case.bundle
    ))?;
    if let Some(thread) = read.thread() {
        say(format_args!(
            "It claims to belong to thread {thread} (tips of one writer's receipt have the same). That is not verified."
        ))?;
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
    let width = width(Term::stdout().size_checked().map(|(_, columns)| columns.into()));
    // Only newlines break lines; tabs are room, and anything else that a terminal takes for a command is made harmless.
    for line in words.split('\n') {
        let line = sanitize_for_terminal(&line.strip_suffix('\r').unwrap_or(line).replace('\t', "    "));
        for row in wrapped(&line, width) {
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

/// Columns for the writer's words, beside the mark, on a terminal of so many. The last one stays free: some terminals break a line there.
fn width(columns: Option<usize>) -> usize {
    let line = columns.map_or(WIDEST, |columns| columns.saturating_sub(1).min(WIDEST));
    line.saturating_sub(2).max(NARROWEST)
}

/// Columns that a character takes. One that takes none counts as one, because not every terminal knows it.
fn columns(c: char) -> usize {
    c.width().unwrap_or_default().max(1)
}

/// A line in rows of at most `most` columns, broken at spaces where there are any. Joined again they are the line.
fn wrapped(line: &str, most: usize) -> Vec<String> {
    let mut rows = vec![String::new()];
    let mut width = 0;
    for word in line.split_inclusive(' ') {
        let length: usize = word.chars().map(columns).sum();
        if width > 0 && width + word.trim_end_matches(' ').chars().map(columns).sum::<usize>() > most {
            rows.push(String::new());
            width = 0;
        }
        for c in word.chars() {
            // A space at the end may stick out by its own column, which is why one stays free.
            if width + columns(c) > most && (c != ' ' || length > most + 1) {
                rows.push(String::new());
                width = 0;
            }
            if let Some(row) = rows.last_mut() {
                row.push(c);
            }
            width += columns(c);
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
        let rows = wrapped(&long, 78);
        assert!(rows.len() > 2 && rows.iter().all(|row| row.trim_end().chars().count() <= 78), "{rows:?}");
        assert_eq!(rows.concat(), long);
        let unbroken = "é".repeat(200);
        assert_eq!(wrapped(&unbroken, 78).iter().map(|row| row.chars().count()).collect::<Vec<_>>(), [78, 78, 44]);
        assert_eq!(wrapped("", 78), [""]);
    }

    #[test]
    fn no_row_is_wider_than_the_terminal_whatever_its_characters() {
        let texts = [
            "\u{3000}".repeat(100) + "! Warning",
            "漢字 ".repeat(60),
            "a 漢".repeat(80),
            " ".repeat(200),
            "x ".repeat(90),
        ];
        for (text, columns_there) in
            texts.iter().flat_map(|text| [23, 40, 79, 80, 81, 200].map(|columns| (text, columns)))
        {
            let rows = wrapped(text, width(Some(columns_there)));
            let widest = rows.iter().map(|row| row.chars().map(columns).sum::<usize>()).max().unwrap();
            assert!(widest + 2 <= columns_there, "{widest} of {columns_there}: {text}");
            assert_eq!(rows.concat(), *text);
        }
        assert_eq!([None, Some(5), Some(60), Some(500)].map(width), [78, 20, 57, 78]);
    }
}
