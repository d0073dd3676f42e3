//! What readers of JSON and TOML say, as the one who wrote the file would.
//!
//! In: an error of the reader. Out: words for a sentence.

/// What is wrong with a JSON file, without names of types.
pub(crate) fn json(error: &serde_json::Error) -> String {
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
#[cfg(any(feature = "courier", feature = "relay"))]
pub(crate) fn toml(text: &str, error: &toml::de::Error) -> (usize, String) {
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
}
