//! What the programs show, and nothing beside it: lines, JSON, errors as sentences, progress bars, exit codes.
//!
//! Every line of every program passes [`say`], [`say_json`] or [`complain`], so that no text from outside reaches a terminal raw.
//! For the four programs alone: a library gives values and errors, and leaves the showing to them.
#![forbid(unsafe_code)]

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;
use softinfo_base::wording::{is_command, sanitize_for_terminal};
use zeroize::Zeroizing;

/// How a program ends. A code means the same in all four (`docs/exit-codes.md`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// All that was asked for is done, also when there was nothing to do.
    Done = 0,
    /// Failed, and nothing was changed, sent or stored but what the message says.
    Failed = 1,
    /// Wrong arguments. Nothing was begun.
    Usage = 2,
    /// Something that passes is in the way: no connection, a relay that is busy, another program at work. Nothing was stored. Try again later.
    TryLater = 3,
    /// The relay refused for a reason that stays. Nothing was stored.
    Refused = 4,
    /// A relay serves something else than the channel's owner signed.
    Differs = 5,
    /// All is as it was signed, but something ends within 30 days, or has ended.
    EndsSoon = 6,
    /// It is not known whether it was done: a tip may be stored, or erased.
    Unknown = 7,
    /// Done as far as possible; the message says what is still missing.
    Incomplete = 8,
    /// There was nothing there to do it to.
    NothingThere = 9,
}

impl Exit {
    /// Every code there is.
    pub const ALL: [Self; 10] = [
        Self::Done,
        Self::Failed,
        Self::Usage,
        Self::TryLater,
        Self::Refused,
        Self::Differs,
        Self::EndsSoon,
        Self::Unknown,
        Self::Incomplete,
        Self::NothingThere,
    ];

    /// What it means, as `docs/exit-codes.md` and every program's help say it.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Done => "done, also when there was nothing new to do",
            Self::Failed => "failed; nothing was changed, sent or stored but what the message says",
            Self::Usage => "wrong arguments; nothing was begun",
            Self::TryLater => "something that passes is in the way; nothing was stored; try again later",
            Self::Refused => "the relay refused for a reason that stays; nothing was stored",
            Self::Differs => "the relay serves something else than the channel's owner signed",
            Self::EndsSoon => {
                "all is as it was signed, but the directory or a holder's last key ends within 30 days, or has ended"
            }
            Self::Unknown => "it is not known whether it was done: a tip may be stored, or erased",
            Self::Incomplete => "done as far as possible; the message says what is missing",
            Self::NothingThere => "there was nothing there to do it to",
        }
    }
}

/// The codes that a program can end with, for the end of its help (`after_help`).
#[must_use]
pub fn exit_codes(codes: &[Exit]) -> String {
    let lines = codes.iter().map(|code| format!("\n  {}  {}", *code as u8, code.meaning()));
    std::iter::once("Exit codes:".to_owned()).chain(lines).collect()
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Writes one line to standard output, made safe by [`sanitize_for_terminal`].
///
/// # Errors
/// Standard output is closed or full. Then nobody has read the line: what depends on its being read must not go on.
pub fn say(line: impl Display) -> io::Result<()> {
    let line = Zeroizing::new(line.to_string());
    let line = Zeroizing::new(sanitize_for_terminal(&line));
    writeln!(io::stdout().lock(), "{}", line.as_str())
}

/// Writes `value` as one line of JSON to standard output. Characters that a terminal would take for a command are written as `\uXXXX`.
///
/// # Errors
/// As [`say`]; or `value` has no JSON form.
pub fn say_json(value: &impl Serialize) -> io::Result<()> {
    let text = Zeroizing::new(serde_json::to_string(value)?);
    let mut line = Zeroizing::new(String::with_capacity(text.len() + 1));
    for c in text.chars() {
        // Outside of strings JSON has none of these, so an escape is always right.
        if is_command(c) { line.extend(format!("\\u{:04x}", u32::from(c)).chars()) } else { line.push(c) }
    }
    writeln!(io::stdout().lock(), "{}", line.as_str())
}

/// Writes one line to standard error behind the program's name, made safe by [`sanitize_for_terminal`]. Nothing can be done about a closed standard error.
pub fn complain(program: &str, line: impl Display) {
    let _ = writeln!(io::stderr().lock(), "{program}: {}", sanitize_for_terminal(&without_number(line.to_string())));
}

/// The program's arguments; when they are wrong, or ask for help, that is shown and the exit code returned.
///
/// # Errors
/// The code to end with at once.
pub fn arguments<T: clap::Parser>() -> Result<T, ExitCode> {
    T::try_parse().map_err(|error| {
        for line in error.render().to_string().lines() {
            let shown = sanitize_for_terminal(line);
            let written =
                if error.use_stderr() { writeln!(io::stderr(), "{shown}") } else { writeln!(io::stdout(), "{shown}") };
            if written.is_err() {
                return Exit::Failed.into();
            }
        }
        if error.use_stderr() { Exit::Usage.into() } else { Exit::Done.into() }
    })
}

/// A bar over `total` bytes on standard error; invisible when that is no terminal.
#[must_use]
pub fn byte_bar(total: u64, what: &'static str) -> ProgressBar {
    bar(total, what, "{msg} {wide_bar} {bytes}/{total_bytes} {eta}")
}

/// The same over a number of things.
#[must_use]
pub fn count_bar(total: u64, what: &'static str) -> ProgressBar {
    bar(total, what, "{msg} {wide_bar} {pos}/{len} {eta}")
}

fn bar(total: u64, what: &'static str, template: &str) -> ProgressBar {
    let target = if std::io::stderr().is_terminal() {
        ProgressDrawTarget::stderr_with_hz(5)
    } else {
        ProgressDrawTarget::hidden()
    };
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
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
    without_number(said)
}

/// Leaves out the system's number behind its words, "(os error 2)", which tells a reader nothing.
fn without_number(mut said: String) -> String {
    const BEFORE: &str = " (os error ";
    let mut from = 0;
    while let Some(start) = said[from..].find(BEFORE).map(|at| from + at) {
        let digits = said[start + BEFORE.len()..].bytes().take_while(u8::is_ascii_digit).count();
        let end = start + BEFORE.len() + digits;
        if digits > 0 && said[end..].starts_with(')') {
            said.replace_range(start..=end, "");
            from = start;
        } else {
            from = end;
        }
    }
    said
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
    fn the_systems_number_of_an_error_is_left_out_and_nothing_else() {
        let error = io::Error::from_raw_os_error(2);
        assert_eq!(sentence(&error), "No such file or directory");
        let said = |text: &str| without_number(text.to_owned());
        assert_eq!(said("a (os error 2); b (os error 13)"), "a; b");
        for other in ["(os error 2)", "a (os error )", "a (os error x2)", "a (os error 2", "é (os error é"] {
            assert_eq!(said(other), other);
        }
    }
}
