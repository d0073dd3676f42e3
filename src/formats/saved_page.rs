//! The page to save: the page with the signed directory in it, so that it works without a relay.
//!
//! In: the page's bytes and the note's. Out: one HTML file (`docs/protocol.md` 5). The relay makes it, and whoever checks a relay makes it too.

use base64::{Engine, prelude::BASE64_STANDARD};

/// The end of what a browser shows.
const END: &[u8] = b"</body>";

/// The page with `note` in a script element that no browser runs: in front of the last `</body>`, or behind everything where there is none.
#[must_use]
pub fn with_directory(page: &[u8], note: &[u8]) -> Vec<u8> {
    let script = format!("<script type=\"text/plain\" id=\"directory\">{}</script>\n", BASE64_STANDARD.encode(note));
    let at = page.windows(END.len()).rposition(|window| window == END).unwrap_or(page.len());
    [&page[..at], script.as_bytes(), &page[at..]].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_directory_stands_inside_of_the_body_where_there_is_one() {
        let script = "<script type=\"text/plain\" id=\"directory\">bm90ZQ==</script>\n";
        for (before, after) in
            [("<body>x</body>y\n", "</body>\n</html>\n"), ("<body>x", "</body>\n</html>\nmore"), ("<p>no body\n", "")]
        {
            let page = [before, after].concat();
            let saved = with_directory(page.as_bytes(), b"note");
            assert_eq!(String::from_utf8(saved).unwrap(), [before, script, after].concat());
        }
    }
}
