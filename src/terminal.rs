//! What the programs show: progress bars on a terminal, errors as sentences, and text from outside made harmless.

use std::io::IsTerminal;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar over `total` bytes on standard error; invisible when that is no terminal.
#[must_use]
pub fn byte_bar(total: u64, what: &'static str) -> ProgressBar {
    let target = if std::io::stderr().is_terminal() {
        ProgressDrawTarget::stderr_with_hz(5)
    } else {
        ProgressDrawTarget::hidden()
    };
    let style = ProgressStyle::with_template("{msg} {wide_bar} {bytes}/{total_bytes} {eta}")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::with_draw_target(Some(total), target).with_style(style).with_message(what)
}

/// An error and its causes in one sentence. Many errors name their cause themselves: what was said once is not said again.
#[must_use]
pub fn sentence(error: &(dyn std::error::Error + 'static)) -> String {
    let mut said = error.to_string();
    for cause in std::iter::successors(error.source(), |cause| cause.source()).map(ToString::to_string) {
        if !said.contains(&cause) {
            said = format!("{said}: {cause}");
        }
    }
    said
}

/// Text from a tip or a directory, without anything that a terminal would take for a command.
#[must_use]
pub fn harmless(text: &str) -> String {
    text.chars().map(|c| if c.is_control() || is_bidi_control(c) { '\u{fffd}' } else { c }).collect()
}

/// Characters that reorder the text around them and so could make it read as something else: Unicode's property `Bidi_Control`.
const fn is_bidi_control(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_that_an_error_names_itself_is_not_said_again() {
        #[derive(Debug, thiserror::Error)]
        #[error("page.html: {source}; take it from its copy")]
        struct File {
            source: std::io::Error,
        }
        let error = || File { source: std::io::Error::other("no such file") };
        assert_eq!(sentence(&error()), "page.html: no such file; take it from its copy");
        let around = anyhow::Error::new(error()).context("it can't be read");
        assert_eq!(sentence(around.as_ref()), "it can't be read: page.html: no such file; take it from its copy");
    }

    #[test]
    fn escape_sequences_do_not_reach_the_terminal() {
        assert_eq!(harmless("a\u{1b}[2Jb\u{202e}c"), "a\u{fffd}[2Jb\u{fffd}c");
    }

    #[test]
    fn nothing_that_reorders_text_is_shown_the_arabic_mark_included() {
        let marks: String = std::iter::once('\u{61c}')
            .chain('\u{200e}'..='\u{200f}')
            .chain('\u{202a}'..='\u{202e}')
            .chain('\u{2066}'..='\u{2069}')
            .collect();
        assert_eq!(harmless(&marks), "\u{fffd}".repeat(12));
    }
}
