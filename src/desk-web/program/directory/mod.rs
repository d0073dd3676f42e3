//! `softinfo-desk directory`: the list of holders, from its making to its pinning.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use softinfo_base::clock::{Clock, SystemClock};
use softinfo_base::day::Day;
use softinfo_base::file::{read_limited, write_whole};
use softinfo_base::limits::{DEFAULT_MAX_PLAINTEXT, MAX_DIRECTORY};
use softinfo_base::wording::counted;
use softinfo_desk::desk_folder::pin_root;
use softinfo_desk::keyring::{make_root, read_holder, unlock_signing};
use softinfo_desk::passphrase::WORK_FACTOR;
use softinfo_formats::directory::{
    ChannelId, Contents, DirectoryError, Holder, HolderId, Replies, RootKey, UntrustedDirectory, add_signature, changes,
};
use softinfo_formats::example_keys;
use softinfo_terminal::{Exit, complain, say, say_json};

use crate::{PROGRAM, Setting, page, passphrase, told};

#[derive(Args)]
pub struct DirectoryCommand {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Make the root key of a channel: root.age (secret) and root.vkey (public).
    Root {
        /// Id of the channel.
        #[arg(long, value_name = "ID")]
        channel: ChannelId,
        /// Folder for both files.
        #[arg(long, value_name = "FOLDER")]
        out: PathBuf,
        /// log2 of the work that each guess of the passphrase costs (scrypt N).
        #[arg(long, default_value_t = WORK_FACTOR, value_name = "N", value_parser = clap::value_parser!(u8).range(10..=22))]
        work_factor: u8,
    },
    /// Put a directory together from the holders' public files; it still has to be signed.
    Make(Make),
    /// Look through a directory, show what is in it or what has changed, and sign it. Signatures that it has stay.
    ///
    /// The channel's root signs, and each holder that has a signing key, in any order.
    Sign(Sign),
    /// Check a signed directory and show what it says.
    Check {
        /// The signed directory.
        file: PathBuf,
        /// File with the root key; the one this desk trusts when not given.
        #[arg(long, value_name = "FILE")]
        root: Option<PathBuf>,
        /// A directory that was valid before: refuse when FILE is older.
        #[arg(long, value_name = "OLDER")]
        after: Option<PathBuf>,
    },
    /// Make the page of a channel: the page of this version with the channel's root key built in.
    Page {
        /// File with the root key.
        #[arg(long, value_name = "FILE")]
        root: PathBuf,
        /// The version of the directory that will name this page: the page takes no older one. Without it any version is taken at first.
        #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
        for_version: u64,
        /// What stands on the browser's tab and in its history: something that tells nobody what the page is for.
        #[arg(long, value_name = "TEXT", default_value = "Information", value_parser = page::title)]
        title: String,
        /// The page to write, for the relay and for `make --page`.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Trust a channel's root key on this desk.
    Trust {
        /// File with the root key, from the channel's owner in person.
        root: PathBuf,
        /// Replace another root key that is trusted already.
        #[arg(long)]
        replace: bool,
    },
}

#[derive(Args)]
struct Sign {
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

#[derive(Args)]
struct Make {
    /// Id of the channel, as in the root key.
    #[arg(long, value_name = "ID")]
    channel: ChannelId,
    /// Version: higher than any before.
    #[arg(long = "number", value_name = "N")]
    version: u64,
    /// First day.
    #[arg(long, value_name = "DAY")]
    issued: Day,
    /// Last day.
    #[arg(long, value_name = "DAY")]
    expires: Day,
    /// Address of a relay; repeat the option.
    #[arg(long, value_name = "URL", required = true, value_parser = relay)]
    relay: Vec<String>,
    /// A holder's holder.json; repeat the option.
    #[arg(long, value_name = "FILE", required = true)]
    holder: Vec<PathBuf>,
    /// The page that the relays serve; its SHA-256 goes into the directory, so that everybody can check it.
    #[arg(long, value_name = "FILE")]
    page: Option<PathBuf>,
    /// Largest tip, in bytes of plaintext.
    #[arg(long, default_value_t = DEFAULT_MAX_PLAINTEXT, value_name = "BYTES")]
    max_bytes: u64,
    /// The file to write.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// An address as writers need it.
fn relay(address: &str) -> Result<String, String> {
    if ["http://", "https://"].iter().any(|start| address.strip_prefix(start).is_some_and(|rest| !rest.is_empty())) {
        Ok(address.to_owned())
    } else {
        Err("an address begins with http:// or https://".to_owned())
    }
}

impl DirectoryCommand {
    pub fn run(self, setting: &Setting) -> Result<ExitCode> {
        let exit = match self.action {
            Action::Root { channel, out, work_factor } => {
                let passphrase = passphrase::new(setting.passphrase_fd, &format!("the root key of {channel}"))?;
                let key = make_root(&out, &channel, &passphrase, work_factor)?;
                let place = format!("the root key of {channel} is in {}", out.display());
                let said = say(format_args!("T{}. Publish root.vkey:", &place[1..]));
                told(said.and_then(|()| say(key.public().as_str())), place)
            }
            Action::Make(make) => {
                make.run(setting).context("no directory was made")?;
                let ready = format!(
                    "{} is ready to be signed: by the root, and by each holder that has a signing key",
                    make.out.display()
                );
                told(say(format_args!("{ready}.")), ready)
            }
            Action::Sign(sign) => sign.run(setting)?,
            Action::Check { file, root, after } => check(setting, &file, root, after).map(|()| Exit::Done)?,
            Action::Page { root, for_version: floor, title, out } => {
                vacant(&out)?;
                let root = read_root(&root)?;
                let page = page::Own { root: &root, floor, title: &title }.page()?;
                write_whole(&out, |file| file.write_all(&page)).with_context(|| out.display().to_string())?;
                let said = say(format_args!(
                    "{} has SHA-256 {}. It takes directories from version {floor} on.",
                    out.display(),
                    page::sha256(&page)
                ));
                told(said, format_args!("{} was written", out.display()))
            }
            Action::Trust { root, replace } => {
                let key = read_root(&root)?;
                pin_root(&setting.desk, &key, replace)?;
                let trusts = format!("this desk now trusts the root key of {}", key.name());
                told(say(format_args!("T{}.", &trusts[1..])), trusts)
            }
        };
        Ok(exit.into())
    }
}

impl Make {
    fn run(&self, setting: &Setting) -> Result<()> {
        vacant(&self.out)?;
        let today = SystemClock.today();
        if self.expires < today {
            bail!("{} is over, so everybody would refuse the directory. Give a later day with --expires", self.expires);
        }
        let mut holders = self.holder.iter().map(|path| read_holder(path)).collect::<Result<Vec<_>, _>>()?;
        // Later keys come with a later directory.
        for holder in &mut holders {
            holder.epochs.retain(|epoch| epoch.from <= self.expires);
        }
        let contents = Contents {
            schema: Contents::schema(),
            channel: self.channel.clone(),
            version: self.version,
            issued: self.issued,
            expires: self.expires,
            relays: self.relay.clone(),
            page_sha256: self.page.as_deref().map(|path| page::sha256_for(path, self.version)).transpose()?,
            max_bytes: self.max_bytes,
            must_understand: Vec::new(),
            replies: Replies::default(),
            holders,
            forwarders: Vec::new(),
        };
        let mut text = serde_json::to_vec_pretty(&contents)?;
        text.push(b'\n');
        let contents = Contents::parse_strict(&text)?;
        refuse_example(setting, &contents)?;
        for doubt in contents.doubts(today) {
            complain(PROGRAM, doubt);
        }
        write_whole(&self.out, |file| file.write_all(&text)).with_context(|| self.out.display().to_string())?;
        Ok(())
    }
}

/// Refuses a name that something has.
fn vacant(out: &Path) -> Result<()> {
    if std::fs::symlink_metadata(out).is_ok() {
        bail!("{} exists; choose another name, so that nothing is overwritten", out.display());
    }
    Ok(())
}

fn refuse_example(setting: &Setting, contents: &Contents) -> Result<()> {
    let relays = contents.relays.iter().map(String::as_str);
    Ok(example_keys::refuse_elsewhere(contents, relays, setting.allow_example)?)
}

/// Fields of a holder that are texts in several languages.
const TEXTS: [&str; 3] = ["names", "competence", "duty_card"];

/// For whom a key signs.
enum Signer {
    Root,
    Holder(HolderId),
}

impl Sign {
    fn run(self, setting: &Setting) -> Result<Exit> {
        let (note, contents, public) = self.signed(setting).context("nothing was signed")?;
        let signed = format!("{} is signed by {}", self.out.display(), public.name());
        let missing = self.who_is_missing(&note, &contents, trusted_root(setting, &contents.channel).as_ref())?;
        Ok(told(say(format_args!("{signed}.")).and_then(|()| say(missing)), signed))
    }

    /// Looks it through, shows it, signs it and writes it.
    fn signed(&self, setting: &Setting) -> Result<(Vec<u8>, Contents, RootKey)> {
        vacant(&self.out)?;
        std::fs::metadata(&self.key).with_context(|| self.key.display().to_string())?;
        let bytes = read_limited(&self.file, MAX_DIRECTORY).with_context(|| self.file.display().to_string())?;
        let signed = UntrustedDirectory::parse(&bytes).ok();
        // Whatever other lines the file has: what is signed is the text, and the text is looked through.
        let contents = Contents::parse_strict(signed.as_ref().map_or(&bytes, |note| note.text()))?;
        refuse_example(setting, &contents)?;
        let public = self.public()?;
        let signer = signer(&contents, &public)?;
        if let Some(note) = &signed {
            refuse_broken(note, &contents, &public)?;
        }
        if let Signer::Holder(id) = &signer {
            self.compare_entry(&contents, id)?;
        }
        self.show(&contents, &signer)?;
        let question = format!("Passphrase of {}, to sign this", self.key.display());
        let key = passphrase::ask(setting.passphrase_fd, &question, |passphrase| {
            unlock_signing(&self.key, public.as_str(), passphrase)
        })?;
        let already = signed.as_ref().is_some_and(|note| note.is_signed_by(&public));
        let note = if already { bytes } else { add_signature(&bytes, &key)? };
        write_whole(&self.out, |file| file.write_all(&note)).with_context(|| self.out.display().to_string())?;
        Ok((note, contents, public))
    }

    /// The verifier key that belongs to the secret one.
    fn public(&self) -> Result<RootKey> {
        let beside = || {
            let [root, holder] = ["root.vkey", "holder.json"].map(|name| self.key.with_file_name(name));
            if root.exists() || !holder.exists() { root } else { holder }
        };
        let path = self.public.clone().unwrap_or_else(beside);
        if path.extension().is_some_and(|extension| extension == "json") {
            let holder = read_holder(&path)?;
            let key = holder.signing_key.with_context(|| format!("{} has no signing key", holder.id))?;
            return Ok(RootKey::parse(&key)?);
        }
        let root = read_root(&path);
        if self.public.is_none() {
            root.context("the public key is needed, too: pass it with --public FILE")
        } else {
            root
        }
    }

    /// A holder signs for its own entry: it has to say what its own file says.
    fn compare_entry(&self, contents: &Contents, id: &HolderId) -> Result<()> {
        let own = self.public.clone().unwrap_or_else(|| self.key.with_file_name("holder.json"));
        if own.extension().is_none_or(|extension| extension != "json") {
            return Ok(());
        }
        let (own, entry) = (read_holder(&own)?, contents.holders.iter().find(|holder| holder.id == *id));
        let entry = entry.context("the directory has no entry of this holder")?;
        let mut expected = own;
        expected.epochs.retain(|epoch| epoch.from <= contents.expires);
        if *entry == expected {
            return Ok(());
        }
        complain(
            PROGRAM,
            format_args!(
                "the entry of {id} is not what this desk's holder.json says. Tell whoever makes the directory, or give that person this holder.json. The \
                 differences, first as it is here, then as in the directory:"
            ),
        );
        let of = |holder: &Holder| Contents { holders: vec![holder.clone()], ..contents.clone() };
        let mut texts = BTreeSet::new();
        for change in changes(&of(&expected), &of(entry)) {
            // Of a text in several languages the field is enough.
            match TEXTS.iter().find(|field| change.at().contains(&format!(" › {field} › "))) {
                Some(field) if texts.insert(field) => complain(PROGRAM, format_args!("  changed  {field}")),
                Some(_) => {}
                None => complain(PROGRAM, format_args!("  {change}")),
            }
        }
        bail!("the entry of {id} differs");
    }

    fn show(&self, contents: &Contents, signer: &Signer) -> Result<()> {
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
        match (&self.before, signer) {
            (Some(older), _) => self.show_changes(older, contents),
            (None, Signer::Root) if *version > 1 && !self.compare_with_nothing => bail!(
                "this is version {version}, so there is one before it: pass that with --before FILE to see what has changed, or --compare-with-nothing"
            ),
            _ => Ok(say("It was compared with no older directory.")?),
        }
    }

    fn show_changes(&self, older: &Path, contents: &Contents) -> Result<()> {
        let bytes = read_limited(older, MAX_DIRECTORY).with_context(|| older.display().to_string())?;
        let before = UntrustedDirectory::parse(&bytes).map_err(anyhow::Error::from);
        let before =
            before.and_then(|note| Ok(Contents::parse(note.text())?)).with_context(|| older.display().to_string())?;
        if before.channel != contents.channel {
            bail!("{} is of the channel {}, not of {}", older.display(), before.channel, contents.channel);
        }
        if before.version >= contents.version {
            bail!(
                "{} is version {}, and this one is version {}: it has to have a higher number, or writers who saw the older one refuse it",
                older.display(),
                before.version,
                contents.version
            );
        }
        say(format!("Changed since version {}:", before.version))?;
        for change in changes(&before, contents) {
            say(format!("  {change}"))?;
        }
        Ok(())
    }

    fn who_is_missing(&self, note: &[u8], contents: &Contents, root: Option<&RootKey>) -> Result<String> {
        let note = UntrustedDirectory::parse(note)?;
        let mut missing: Vec<_> = note.not_vouched()?.iter().map(ToString::to_string).collect();
        let is_named = note.signers().iter().any(|name| *name == contents.channel.as_str());
        // A line of the root's name may be of another text.
        if !is_named || root.is_some_and(|root| !note.is_signed_by(root)) {
            missing.push(format!("{} (the root)", contents.channel));
        }
        Ok(if missing.is_empty() && root.is_none() {
            "Somebody has signed for everyone, but the root's signature was not checked here: this desk trusts no root key of the channel. Check it with: \
             softinfo-desk directory check --root FILE"
                .to_owned()
        } else if missing.is_empty() {
            "All signatures are there; look at it with: softinfo-desk directory check".to_owned()
        } else {
            format!("It is refused by everybody until these have signed too: {}.", missing.join(", "))
        })
    }
}

/// The root key that this desk trusts for the channel.
fn trusted_root(setting: &Setting, channel: &ChannelId) -> Option<RootKey> {
    read_root(&setting.desk.join("root.vkey")).ok().filter(|root| root.name() == channel.as_str())
}

/// Who a key may sign for in this directory.
fn signer(contents: &Contents, public: &RootKey) -> Result<Signer> {
    if let Some(holder) = contents.holders.iter().find(|holder| holder.signing_key.as_deref() == Some(public.as_str()))
    {
        return Ok(Signer::Holder(holder.id.clone()));
    }
    if public.name() == contents.channel.as_str() {
        return Ok(Signer::Root);
    }
    bail!(
        "this is the key of “{}”, but the directory is of the channel “{}”, and none of its holders has this key",
        public.name(),
        contents.channel
    )
}

/// Signatures that are there already have to hold: one that does not shows that the text was changed after it was signed.
fn refuse_broken(note: &UntrustedDirectory, contents: &Contents, public: &RootKey) -> Result<()> {
    let holders = contents.holders.iter().filter_map(|holder| holder.signing_key.as_deref());
    let known = holders.filter_map(|key| RootKey::parse(key).ok()).chain([public.clone()]);
    let signers = note.signers();
    for key in known.filter(|key| signers.iter().any(|name| name == key.name())) {
        if !note.is_signed_by(&key) {
            bail!(
                "the file has a signature of {} that does not belong to this text or to this key: it was changed after it was signed. Begin again with what `make` wrote",
                key.name()
            );
        }
    }
    Ok(())
}

fn check(setting: &Setting, file: &Path, root: Option<PathBuf>, after: Option<PathBuf>) -> Result<()> {
    let trusted = setting.desk.join("root.vkey");
    if root.is_none() && !trusted.exists() {
        bail!("this desk trusts no root key yet; pass the channel's with --root FILE");
    }
    let root = read_root(&root.unwrap_or(trusted))?;
    let read = |path: &Path| -> Result<_> {
        let bytes = read_limited(path, MAX_DIRECTORY).with_context(|| path.display().to_string())?;
        let note = UntrustedDirectory::parse(&bytes);
        if note.is_err() && Contents::parse(&bytes).is_ok() {
            bail!("{}: it has no signatures yet: sign it first, with softinfo-desk directory sign", path.display());
        }
        Ok(note?.verify(&root)?)
    };
    let seen = after.map(|older| read(&older).map(|directory| directory.seen())).transpose()?;
    let directory = read(file)?.not_older_than(seen.as_ref())?;
    let today = SystemClock.today();
    let contents = directory.contents();
    if setting.json {
        say_json(contents)?;
    } else {
        say(format!(
            "Channel {}, version {}, valid {} to {}",
            contents.channel, contents.version, contents.issued, contents.expires
        ))?;
        for holder in &contents.holders {
            let vouched = if holder.signing_key.is_some() { ", vouched for by its own key" } else { "" };
            let epoch = holder.epoch_on(today).map_or("NO KEY for today".to_owned(), |epoch| {
                format!("today's key {} (until {})", epoch.epoch, epoch.until)
            });
            say(format!("  {}: {epoch}{vouched}", holder.id))?;
        }
    }
    match directory.current(today, None) {
        Err(error @ (DirectoryError::Expired(_) | DirectoryError::NotYet(_))) => Err(error.into()),
        _ => Ok(()),
    }
}

fn read_root(path: &Path) -> Result<RootKey> {
    let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    RootKey::parse(&text).with_context(|| path.display().to_string())
}
