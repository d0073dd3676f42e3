//! `softinfo-tip seal`: a draft into a file, offline.

use std::fs::File;
use std::io::{BufWriter, Read, Write};
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use clap::Args;
use rand::rngs::OsRng;
use serde_json::json;
use softinfo::directory::{CurrentDirectory, Reader};
use softinfo::file::write_whole;
use softinfo::limits::MAX_MESSAGE;
use softinfo::terminal::byte_bar;
use softinfo::tip::draft::Draft;
use softinfo::tip::id::TipId;
use softinfo::tip::receipt::Receipt;
use softinfo::tip::report::Details;

use crate::channel::Channel;

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
    #[arg(long, default_value = "en", value_name = "CODE")]
    pub lang: String,
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
    /// Print the outcome as JSON.
    #[arg(long)]
    json: bool,
    #[arg(long, hide = true)]
    sealed: Option<PathBuf>,
}

impl Seal {
    pub fn run(self) -> Result<()> {
        if self.out.exists() {
            bail!("{} exists; choose another name, so that nothing is overwritten", self.out.display());
        }
        let directory = self.channel.directory(None)?;
        let readers = self.channel.readers(&directory)?;
        let receipt = Receipt::generate(&mut OsRng);
        let mut id = None;
        let mut outcome = Ok(());
        write_whole(&self.out, |file| match self.content.seal_to(file, &directory, &readers, &receipt) {
            Ok(sealed) => {
                id = Some(sealed);
                Ok(())
            }
            Err(error) => {
                outcome = Err(error);
                Err(std::io::ErrorKind::Other.into())
            }
        })
        .or_else(|error| outcome.and(Err(anyhow::Error::from(error).context(self.out.display().to_string()))))?;
        let id = id.context("sealing did not finish")?;
        if self.json {
            print_json(&receipt, &self.content.lang, json!({ "id": id, "file": self.out }))?;
        } else {
            println!(
                "Sealed into {}. Send it with: softinfo-tip send --sealed FILE --relay ADDRESS",
                self.out.display()
            );
            print_receipt(&receipt, &self.content.lang);
        }
        Ok(())
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
            eprintln!(
                "softinfo-tip: attachments are sealed as they are; a photo, video or document may hold a place, a name or a serial number"
            );
        }
        let max = directory.directory().contents().max_bytes;
        let prepared = draft.prepare(readers, receipt, max)?;
        let bar = byte_bar(prepared.class.plaintext(), "Sealing");
        let mut out = BufWriter::with_capacity(128 * 1024, out);
        let id = prepared.seal(readers, receipt, &mut out, &mut OsRng, &|bytes| bar.inc(bytes))?;
        out.flush()?;
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
                    Box::new(std::io::stdin())
                } else {
                    Box::new(File::open(path).with_context(|| name.clone())?)
                };
                source.take(MAX_MESSAGE + 1).read_to_end(&mut bytes).with_context(|| name.clone())?;
                String::from_utf8(bytes)
                    .with_context(|| format!("{name} is not UTF-8 text; save it as text, or attach it with --attach"))?
            }
        };
        let details = match &self.details {
            None => Details::default(),
            Some(path) => {
                let bytes = std::fs::read(path).with_context(|| path.display().to_string())?;
                Details::parse(&bytes).with_context(|| path.display().to_string())?
            }
        };
        Ok(Draft { lang: self.lang.clone(), message, attachments: self.attach.clone(), details })
    }
}

pub fn print_receipt(receipt: &Receipt, lang: &str) {
    println!(
        "
Your receipt. Whoever has it can withdraw the tip and read the answers to it; nobody can give it to you again.

  words:  {}
  digits: {}
",
        *receipt.words(lang),
        *receipt.digits()
    );
}

pub fn print_json(receipt: &Receipt, lang: &str, mut outcome: serde_json::Value) -> Result<()> {
    let fields = outcome.as_object_mut().context("an object")?;
    fields.insert("words".to_owned(), receipt.words(lang).as_str().into());
    fields.insert("digits".to_owned(), receipt.digits().as_str().into());
    println!("{outcome}");
    Ok(())
}
