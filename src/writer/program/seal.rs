//! `softinfo-tip seal`: a draft into a file, offline.

use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::Args;
use rand::rngs::OsRng;
use serde_json::json;
use softinfo_base::file::write_new;
use softinfo_base::limits::{MAX_MESSAGE, MAX_REPORT};
use softinfo_formats::directory::CurrentDirectory;
use softinfo_formats::envelope::id::TipId;
use softinfo_seal::draft::Draft;
use softinfo_seal::reader::Reader;
use softinfo_seal::receipt::Receipt;
use softinfo_seal::report::Details;
use softinfo_terminal::{Exit, byte_bar, complain, say, say_json};
use softinfo_writer::details;

use crate::NAME;
use crate::channel::Channel;
use crate::outcome::Ended;
use crate::receipt::{Keeping, Kept, refuse_existing};

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

#[derive(Args)]
pub struct Seal {
    #[command(flatten)]
    channel: Channel,
    #[command(flatten)]
    content: Content,
    /// The sealed file to write; must not exist.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    keeping: Keeping,
    /// Print the outcome as JSON.
    #[arg(long)]
    json: bool,
    #[arg(long, hide = true)]
    sealed: Option<PathBuf>,
}

impl Seal {
    pub fn run(self) -> Result<()> {
        refuse_existing(&self.out)?;
        self.keeping.check()?;
        let directory = self.channel.directory(None)?;
        let readers = self.channel.readers(&directory)?;
        let receipt = Receipt::generate(&mut OsRng);
        let (id, kept) = sealed_file(&self.out, &self.keeping, |file| {
            let id = self.content.seal_to(file, &directory, &readers, &receipt)?;
            let kept = self.keeping.keep(&receipt, &id, &self.content.lang, self.json)?;
            Ok((id, kept))
        })?;
        self.tell(&directory, &id, &kept).map_err(|error| {
            let said = format!("the tip is sealed into {}, but that could not be shown ({error})", self.out.display());
            Ended::with(Exit::Incomplete, said)
        })
    }

    fn tell(&self, directory: &CurrentDirectory, id: &TipId, kept: &Kept) -> io::Result<()> {
        if self.json {
            let mut outcome = json!({ "id": id, "file": self.out.display().to_string() });
            if let Kept::In(path) = kept {
                outcome["receipt"] = json!(path.display().to_string());
            }
            return say_json(&outcome);
        }
        let relays = &directory.directory().contents().relays;
        let relay = relays.first().map_or_else(|| "URL".to_owned(), String::clone);
        let command = SendCommand { socks: default_socks(&relay), relay, root: self.channel.trust.root.clone() };
        let receipt = match kept {
            Kept::Nowhere => String::new(),
            kept => format!("; {} is for it", kept.named()),
        };
        say(format!("Sealed into {}{receipt}. Nothing was sent. To send it:", self.out.display()))?;
        say(format!("  {}", command.of(&self.out)))
    }
}

/// Writes a new file with what `seal` seals; the name appears only when `seal` has given the receipt, too.
///
/// # Errors
/// As `seal`, or what the file system said. Then there is no file, and no receipt in a file.
pub fn sealed_file(
    path: &Path,
    keeping: &Keeping,
    seal: impl FnOnce(&File) -> Result<(TipId, Kept)>,
) -> Result<(TipId, Kept)> {
    let mut sealed = None;
    let written = write_new(path, |file| {
        let done = sealed.insert(seal(file));
        if done.is_ok() { Ok(()) } else { Err(io::ErrorKind::Other.into()) }
    });
    let error = match (sealed, written) {
        (Some(Ok(done)), Ok(())) => return Ok(done),
        (Some(Err(error)), _) => error,
        (Some(Ok((_, kept))), Err(error)) => {
            kept.discard();
            let worth = if keeping.is_shown() { ", and the receipt above is worth nothing" } else { "" };
            anyhow::Error::from(error).context(format!("{} can't be written{worth}", path.display()))
        }
        (None, written) => {
            let error = written.err().unwrap_or_else(|| io::ErrorKind::Other.into());
            anyhow::Error::from(error).context(format!("{} can't be written", path.display()))
        }
    };
    Err(error.context("nothing was sealed or sent"))
}

/// Where tor listens as a rule, for an address that can't be reached without.
fn default_socks(relay: &str) -> Option<String> {
    relay.contains(".onion").then(|| "127.0.0.1:9050".to_owned())
}

/// The command that sends a sealed file.
pub struct SendCommand {
    /// Where to.
    pub relay: String,
    /// Through which proxy.
    pub socks: Option<String>,
    /// File with the root key of the channel for which it was sealed, which the relay has to be of.
    pub root: Option<PathBuf>,
}

impl SendCommand {
    /// The line for this file.
    pub fn of(&self, sealed: &Path) -> String {
        let word = |path: &Path| quoted(&path.display().to_string());
        let mut line = format!("softinfo-tip send --sealed {} --relay {}", word(sealed), quoted(&self.relay));
        if let Some(root) = &self.root {
            line.push_str(&format!(" --root {}", word(root)));
        }
        if let Some(socks) = &self.socks {
            line.push_str(&format!(" --socks {socks}"));
        }
        line
    }
}

/// A word for a shell.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-:[]".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

impl Content {
    /// Reads the parts and seals them to `out`.
    pub fn seal_to(
        &self,
        out: impl Write,
        directory: &CurrentDirectory,
        readers: &[Reader],
        receipt: &Receipt,
    ) -> Result<TipId> {
        let draft = self.draft()?;
        if !draft.attachments.is_empty() {
            complain(
                NAME,
                "attachments are sealed as they are, and nothing hidden in them is taken out: a photo, video or document may hold a place, a name or a \
                 serial number. The page takes such details out of photos and videos",
            );
        }
        let max = directory.directory().contents().max_bytes;
        let prepared = draft.prepare(readers, receipt, max)?;
        let bar = byte_bar(prepared.class.plaintext(), "Sealing");
        let mut out = BufWriter::with_capacity(128 * 1024, out);
        let id = prepared.seal(readers, receipt, &mut out, &mut OsRng, &|bytes| bar.inc(bytes))?;
        out.flush().context("the sealed tip can't be written")?;
        bar.finish_and_clear();
        Ok(id)
    }

    fn draft(&self) -> Result<Draft> {
        let message = match &self.message {
            None => String::new(),
            Some(path) => {
                let name = path.display().to_string();
                let mut bytes = Vec::new();
                let source: Box<dyn Read> = if name == "-" {
                    if io::stdin().is_terminal() {
                        complain(NAME, "type the message, and end it with Ctrl-D on a line of its own:");
                    }
                    Box::new(io::stdin())
                } else {
                    Box::new(File::open(path).with_context(|| format!("the message {name} can't be read"))?)
                };
                let read = source.take(MAX_MESSAGE + 1).read_to_end(&mut bytes);
                read.with_context(|| format!("the message {name} can't be read"))?;
                match String::from_utf8(bytes) {
                    Ok(text) => text,
                    // What was cut off in the middle of a letter is too long, and said to be so.
                    Err(error) if error.as_bytes().len() as u64 > MAX_MESSAGE => {
                        String::from_utf8_lossy(error.as_bytes()).into_owned()
                    }
                    Err(_) => bail!(
                        "the message {name} is not UTF-8 text, so the reader would not see what you wrote: save it as text in UTF-8, or attach it with --attach"
                    ),
                }
            }
        };
        let details = match &self.details {
            None => Details::default(),
            Some(path) => {
                let named = || format!("the details {} can't be used", path.display());
                details::read(&softinfo_base::file::read_limited(path, MAX_REPORT).with_context(named)?)
                    .with_context(named)?
            }
        };
        Ok(Draft { lang: self.lang.clone(), message, attachments: self.attach.clone(), details })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_that_sends_a_file_names_that_file_to_a_shell() {
        for (path, words) in [
            ("tip.age", "--sealed tip.age "),
            ("my tip.age", "--sealed 'my tip.age' "),
            ("it's $(x)", r"--sealed 'it'\''s $(x)' "),
        ] {
            let command = SendCommand { relay: "http://127.0.0.1:8080".to_owned(), socks: None, root: None };
            assert!(command.of(Path::new(path)).contains(words), "{path}");
        }
        let (relay, root) = ("http://abc.onion".to_owned(), Some("my root.vkey".into()));
        let command = SendCommand { socks: default_socks(&relay), relay, root };
        assert!(command.of(Path::new("a")).ends_with(" --root 'my root.vkey' --socks 127.0.0.1:9050"));
    }

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
