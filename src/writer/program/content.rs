//! What a tip is to contain, by its arguments.
//!
//! In: names of files, or standard input. Out: a draft. Attachments are read only when they are sealed.

use std::fs::File;
use std::io::{self, IsTerminal, Read};
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;
use softinfo_base::file::read_limited;
use softinfo_base::limits::MAX_REPORT;
use softinfo_seal::draft::Draft;
use softinfo_seal::report::Details;
use softinfo_terminal::complain;
use softinfo_writer::{details, message};

use crate::NAME;

/// What to seal.
#[derive(Args)]
pub struct Content {
    /// File with the message, UTF-8 text; - reads it from standard input.
    #[arg(long, value_name = "FILE")]
    pub message: Option<PathBuf>,
    /// File to attach; repeat the option. Its name is not sent, but what is hidden inside it is.
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub attach: Vec<PathBuf>,
    /// JSON file with the optional details: categories, period, place, offenders, danger, minors, work_visit, on_behalf.
    #[arg(long, value_name = "FILE")]
    pub details: Option<PathBuf>,
    /// Language of the message, as a code such as nl, fr, de, en, pt.
    #[arg(long, default_value = "en", value_name = "CODE", value_parser = language)]
    pub lang: String,
}

/// Takes a language tag (BCP 47): a code of two or three letters, and what may stand behind it.
fn language(text: &str) -> Result<String, String> {
    let mut parts = text.split('-');
    let is_code =
        parts.next().is_some_and(|code| (2..=3).contains(&code.len()) && code.chars().all(|c| c.is_ascii_lowercase()));
    let is_tag = parts.all(|part| (1..=8).contains(&part.len()) && part.chars().all(|c| c.is_ascii_alphanumeric()));
    if is_code && is_tag {
        Ok(text.to_owned())
    } else {
        Err("a language is a code of two or three small letters: nl, fr, de, en, pt, ar; with a region: pt-BR"
            .to_owned())
    }
}

impl Content {
    /// Reads the message and the details.
    ///
    /// # Errors
    /// One of them can't be read, or is not what it has to be.
    pub fn draft(&self) -> Result<Draft> {
        let draft = Draft {
            lang: self.lang.clone(),
            message: self.message()?,
            attachments: self.attach.clone(),
            details: self.details()?,
        };
        if !draft.attachments.is_empty() {
            complain(
                NAME,
                "attachments are sealed as they are, and nothing hidden in them is taken out: a photo, video or document may hold a place, a name or a \
                 serial number. The page takes such details out of photos and videos",
            );
        }
        Ok(draft)
    }

    fn message(&self) -> Result<String> {
        let Some(path) = &self.message else { return Ok(String::new()) };
        let name = path.display().to_string();
        let source: Box<dyn Read> = if name == "-" {
            if io::stdin().is_terminal() {
                complain(NAME, "type the message, and end it with Ctrl-D on a line of its own:");
            }
            Box::new(io::stdin())
        } else {
            Box::new(File::open(path).with_context(|| format!("the message {name} can't be read"))?)
        };
        Ok(message::read(&name, source)?)
    }

    fn details(&self) -> Result<Details> {
        let Some(path) = &self.details else { return Ok(Details::default()) };
        let named = || format!("the details {} can't be used", path.display());
        details::read(&read_limited(path, MAX_REPORT).with_context(named)?).with_context(named)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_is_a_code_and_no_name() {
        for good in ["nl", "pt-BR", "ber", "sr-Latn", "zh-Hant-TW"] {
            assert_eq!(language(good).as_deref(), Ok(good));
        }
        for bad in ["", "Dutch", "nederlands", "NL", "e", "n1", "nl-", "nl_BE", "nl-\u{1b}", "en-abcdefghi"] {
            assert!(language(bad).is_err(), "{bad}");
        }
    }
}
