//! `softinfo-desk directory sign`: shows a directory and what has changed in it, then signs it.

use std::collections::BTreeSet;
use std::io;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;
use softinfo_base::wording::counted;
use softinfo_desk::desk_folder::trusted_root;
use softinfo_desk::directory::{Proposal, SignError, Signed, SigningFiles, Since, StillMissing};
use softinfo_formats::directory::{Change, Contents, HolderId};
use softinfo_terminal::{Exit, complain, say};

use crate::{PROGRAM, Setting, passphrase, told};

/// Fields of a holder that are texts in several languages.
const TEXTS: [&str; 3] = ["names", "competence", "duty_card"];

#[derive(Args)]
pub struct Sign {
    /// What `make` wrote, or a directory with signatures.
    file: PathBuf,
    /// The secret key: root.age of the channel, or signing.age of a holder.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// Its public key; root.vkey, or else holder.json, beside the secret one when not given.
    #[arg(long, value_name = "FILE")]
    public: Option<PathBuf>,
    /// The directory that is in use until now: what has changed since is shown.
    #[arg(long, value_name = "OLDER")]
    before: Option<PathBuf>,
    /// Sign with the root although there is no older directory at hand to compare with.
    #[arg(long, conflicts_with = "before")]
    compare_with_nothing: bool,
    /// The signed directory to write.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

impl Sign {
    pub fn run(self, setting: &Setting) -> Result<Exit> {
        let signed = self.signed(setting).context("nothing was signed")?;
        let by = format!("{} is signed by {}", self.out.display(), signed.by.name());
        let root = trusted_root(&setting.desk, &signed.contents.channel);
        let missing = missing(&signed.still_missing(root.as_ref())?, &signed.contents);
        Ok(told(say(format_args!("{by}.")).and_then(|()| say(missing)), by))
    }

    /// Looks it through, shows it, signs it and writes it.
    fn signed(&self, setting: &Setting) -> Result<Signed> {
        let files = SigningFiles { secret: self.key.clone(), public: self.public.clone() };
        let proposal = Proposal::read(&self.file, files, &self.out, setting.allow_example).inspect_err(|error| {
            if let SignError::EntryDiffers { holder, differences } = error {
                name_differences(holder, differences);
            }
        })?;
        show(proposal.contents())?;
        let compared = proposal.compared(self.before.as_deref(), self.compare_with_nothing)?;
        show_changes(compared.since.as_ref())?;
        let question = format!("Passphrase of {}, to sign this", self.key.display());
        let key = passphrase::ask(setting.passphrase_fd, &question, |typed| compared.unlock(typed))?;
        Ok(compared.sign(&key, &self.out)?)
    }
}

fn show(contents: &Contents) -> io::Result<()> {
    let Contents { channel, version, issued, expires, holders, relays, .. } = contents;
    say(format!("Channel {channel}, version {version}, valid {issued} to {expires}."))?;
    say(format!("Relays: {}.", relays.join(", ")))?;
    for holder in holders {
        let last = holder.epochs.iter().map(|epoch| epoch.until).max();
        let last = last.map_or("NO KEYS".to_owned(), |day| format!("keys until {day}"));
        say(format!(
            "  {}: {}, {}, {last}",
            holder.id,
            <&str>::from(holder.kind),
            counted(holder.epochs.len(), "epoch")
        ))?;
    }
    Ok(())
}

fn show_changes(since: Option<&Since>) -> io::Result<()> {
    let Some(since) = since else { return say("It was compared with no older directory.") };
    say(format!("Changed since version {}:", since.version))?;
    since.changes.iter().try_for_each(|change| say(format!("  {change}")))
}

/// Names what stands in a holder's own file and otherwise in the directory.
fn name_differences(holder: &HolderId, differences: &[Change]) {
    complain(
        PROGRAM,
        format_args!(
            "the entry of {holder} is not what this desk's holder.json says. Tell whoever makes the directory, or give that person this holder.json. The \
             differences, first as it is here, then as in the directory:"
        ),
    );
    let mut texts = BTreeSet::new();
    for change in differences {
        // Of a text in several languages the field is enough.
        match TEXTS.iter().find(|field| change.at().contains(&format!(" › {field} › "))) {
            Some(field) if texts.insert(field) => complain(PROGRAM, format_args!("  changed  {field}")),
            Some(_) => {}
            None => complain(PROGRAM, format_args!("  {change}")),
        }
    }
}

/// Who has still to sign, in words.
fn missing(missing: &StillMissing, contents: &Contents) -> String {
    match missing {
        StillMissing::NobodyButTheRootIsUnchecked => {
            "Somebody has signed for everyone, but the root's signature was not checked here: this desk trusts no root key of the channel. Check it with: \
             softinfo-desk directory check --root FILE"
                .to_owned()
        }
        StillMissing::Nobody => {
            "All signatures are there; look at it with: softinfo-desk directory check".to_owned()
        }
        StillMissing::These { holders, root } => {
            let root = root.then(|| format!("{} (the root)", contents.channel));
            let all: Vec<_> = holders.iter().map(ToString::to_string).chain(root).collect();
            format!("It is refused by everybody until these have signed too: {}.", all.join(", "))
        }
    }
}
