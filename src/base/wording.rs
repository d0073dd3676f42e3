//! Words that several rooms use: what is wrong with a JSON or TOML file, numbers of things, text that a terminal can be given.
//!
//! In: an error, a number, a text from outside. Out: words for a sentence.

/// What is wrong with a JSON file, without names of types.
#[must_use]
pub fn json(error: &serde_json::Error) -> String {
    let place = format!("line {}, column {}", error.line(), error.column());
    if error.is_eof() {
        return format!("it ends too soon ({place})");
    }
    if error.is_syntax() {
        return format!("it is not JSON ({place})");
    }
    let said = error.to_string();
    let reason = said.rsplit_once(" at line ").map_or(&*said, |(reason, _)| reason);
    let reason = quoted(reason);
    if error.line() == 0 { reason } else { format!("{reason} ({place})") }
}

/// What is wrong with a TOML file: the line, counted from 1, and why, without a picture of the line and without names of types.
#[must_use]
pub fn toml(text: &str, error: &toml::de::Error) -> (usize, String) {
    let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
    let mut reason = quoted(&error.message().lines().collect::<Vec<_>>().join(", "));
    for (types, words) in [
        (&["u64", "u32", "u16", "u8", "usize"][..], "a whole number"),
        (&["a sequence"], "a list, in square brackets"),
        (&["a string"], "text, in quotation marks"),
        (&["a boolean"], "true or false"),
        (&["path string"], "the name of a file or folder, in quotation marks"),
    ] {
        for name in types {
            if let Some(start) = reason.strip_suffix(&format!("expected {name}")) {
                reason = format!("{start}expected {words}");
            }
        }
    }
    if let Some((start, _)) = reason.split_once("expected struct ") {
        reason = format!("{start}expected a part of its own, such as [store]");
    }
    // The key of that line, where the reason doesn't name one. The value is left out: it may be long.
    let line = before.matches('\n').count();
    let key = text.lines().nth(line).and_then(|line| line.split_once('=')).map_or("", |(key, _)| key.trim());
    if !key.is_empty() && !reason.contains(key) && !reason.starts_with("missing") {
        reason = format!("{key}: {reason}");
    }
    (line + 1, reason)
}

/// Names that stand between backticks, between quotation marks.
fn quoted(text: &str) -> String {
    let mark = |n: usize| ["", "“", "”"][if n == 0 { 0 } else { 2 - n % 2 }];
    text.split('`').enumerate().flat_map(|(n, part)| [mark(n), part]).collect()
}

/// A number of things: `1 tip`, `2 tips`.
#[must_use]
pub fn counted(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

/// The same as the subject of a sentence: `1 tip is`, `2 tips are`.
#[must_use]
pub fn counted_are(number: usize, noun: &str) -> String {
    format!("{} {}", counted(number, noun), if number == 1 { "is" } else { "are" })
}

/// Text from a tip or a directory, without anything that a terminal would take for a command.
#[must_use]
pub fn sanitize_for_terminal(text: &str) -> String {
    text.chars().map(|c| if is_command(c) { '\u{fffd}' } else { c }).collect()
}

/// C0, C1, DEL, line and paragraph separators, and what reorders text.
#[must_use]
pub fn is_command(c: char) -> bool {
    c.is_control() || is_bidi_control(c) || matches!(c, '\u{2028}' | '\u{2029}')
}

/// Characters that reorder the text around them and so could make it read as something else: Unicode's property `Bidi_Control`.
const fn is_bidi_control(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_that_is_none_or_lacks_something_is_told_without_names_of_types() {
        #[derive(serde::Deserialize)]
        struct Named {
            _name: u8,
        }
        for (text, said) in [
            ("{", "it ends too soon (line 1, column 1)"),
            ("nonsense", "it is not JSON (line 1, column 2)"),
            ("{}", "missing field “_name” (line 1, column 2)"),
        ] {
            assert_eq!(json(&serde_json::from_str::<Named>(text).err().unwrap()), said);
        }
    }

    #[test]
    fn escape_sequences_do_not_reach_the_terminal() {
        assert_eq!(sanitize_for_terminal("a\u{1b}[2Jb\u{202e}c"), "a\u{fffd}[2Jb\u{fffd}c");
    }

    #[test]
    fn nothing_that_reorders_text_is_shown_the_arabic_mark_included() {
        let marks: String = std::iter::once('\u{61c}')
            .chain('\u{200e}'..='\u{200f}')
            .chain('\u{202a}'..='\u{202e}')
            .chain('\u{2066}'..='\u{2069}')
            .collect();
        assert_eq!(sanitize_for_terminal(&marks), "\u{fffd}".repeat(12));
    }
}
