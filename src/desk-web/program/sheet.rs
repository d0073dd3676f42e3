//! What `open` and `show` say of a tip: what the desk knows, what is odd, and, marked line by line, what its writer says.

use std::io;

use console::Term;
use serde_json::Value;
use softinfo_base::wording::sanitize_for_terminal;
use softinfo_desk::TipRead;
use softinfo_desk::views::{Field, Sheet};
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
    read.released().map_or(Value::Null, Value::Object)
}

/// What the desk knows of a tip, what is odd about it, and what its writer filled in.
pub fn show(sheet: &Sheet) -> io::Result<()> {
    let (courier, key) = (sheet.courier.short(), sheet.key);
    say(format_args!(
        "The relay noted {}. Bundle {} of the courier {courier}. Opened with the key {key}.",
        sheet.day, sheet.bundle
    ))?;
    if let Some(thread) = &sheet.thread {
        say(format_args!(
            "It claims to belong to thread {thread} (tips of one writer's receipt have the same). That is not verified."
        ))?;
    }
    for oddity in sheet.warnings {
        // It may quote the writer.
        marked(WARNING, &format!("Warning: {oddity}."))?;
    }
    say("What the writer says, none of it checked:")?;
    for claim in &sheet.claims {
        let place: Vec<_> = claim.place.iter().map(field).collect();
        writer(&format!("{}: {}", place.join(" › "), *claim.words))?;
    }
    for note in sheet.attachments {
        let hidden = if note.scrubbed { "hidden details removed" } else { "hidden details not removed" };
        writer(&format!("file {}: {}, {} bytes, {hidden}", note.name, note.media_type, note.size))?;
    }
    Ok(())
}

/// A field for people: its name, and its number where there are several.
fn field(Field { name, numbers }: &Field) -> String {
    numbers.iter().fold(label(name).to_owned(), |named, number| format!("{named} {number}"))
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
