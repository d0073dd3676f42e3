//! `softinfo-desk directory`: the list of holders, from its making to its pinning.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use softinfo::day::Day;
use softinfo::desk::keyring::{make_root, read_holder, unlock_signing};
use softinfo::desk::passphrase::{Passphrase, WORK_FACTOR};
use softinfo::desk::trust::pin_root;
use softinfo::directory::{ChannelId, Contents, DirectoryError, Replies, RootKey, UntrustedDirectory, add_signature};
use softinfo::example;
use softinfo::file::{read_limited, write_whole};
use softinfo::limits::{DEFAULT_MAX_PLAINTEXT, MAX_DIRECTORY};

use crate::{Setting, page};

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
    /// Sign a directory, or add a signature to a signed one.
    Sign {
        /// What `make` wrote, or a signed directory.
        file: PathBuf,
        /// The secret key: root.age of the channel, or signing.age of a holder.
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
        /// Its public key; root.vkey beside the secret one when not given. For a holder, pass its holder.json.
        #[arg(long, value_name = "FILE")]
        public: Option<PathBuf>,
        /// The signed directory to write.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
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
    #[arg(long, value_name = "URL", required = true)]
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

impl DirectoryCommand {
    pub fn run(self, setting: &Setting) -> Result<()> {
        match self.action {
            Action::Root { channel, out, work_factor } => {
                let passphrase = Passphrase::for_new_key(setting.passphrase_fd)?;
                let key = make_root(&out, &channel, &passphrase, work_factor)?;
                println!(
                    "The root key of {channel} is in {}. Publish root.vkey:\n{}",
                    out.display(),
                    key.public().as_str()
                );
            }
            Action::Make(make) => make.run(setting)?,
            Action::Sign { file, key, public, out } => sign(setting, &file, &key, public, &out)?,
            Action::Check { file, root, after } => check(setting, &file, root, after)?,
            Action::Page { root, out } => {
                let page = page::with_root(&read_root(&root)?)?;
                write_whole(&out, |file| file.write_all(&page)).with_context(|| out.display().to_string())?;
                println!("{} has SHA-256 {}.", out.display(), page::sha256(&page));
            }
            Action::Trust { root, replace } => {
                let key = read_root(&root)?;
                pin_root(&setting.desk, &key, replace)?;
                println!("This desk now trusts the root key of {}.", key.name());
            }
        }
        Ok(())
    }
}

impl Make {
    fn run(self, setting: &Setting) -> Result<()> {
        let mut holders = self
            .holder
            .iter()
            .map(|path| read_holder(path).with_context(|| format!("{} can't be a holder", path.display())))
            .collect::<Result<Vec<_>>>()?;
        // Later keys come with a later directory.
        for holder in &mut holders {
            holder.epochs.retain(|epoch| epoch.from <= self.expires);
        }
        let contents = Contents {
            schema: Contents::schema(),
            channel: self.channel,
            version: self.version,
            issued: self.issued,
            expires: self.expires,
            relays: self.relay,
            page_sha256: self.page.as_deref().map(page::sha256_of).transpose()?,
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
        write_whole(&self.out, |file| file.write_all(&text)).with_context(|| self.out.display().to_string())?;
        println!("{} is ready to be signed.", self.out.display());
        Ok(())
    }
}

fn refuse_example(setting: &Setting, contents: &Contents) -> Result<()> {
    let relays = contents.relays.iter().map(String::as_str);
    Ok(example::refuse_elsewhere(contents, relays, setting.allow_example)?)
}

fn sign(setting: &Setting, file: &Path, key: &Path, public: Option<PathBuf>, out: &Path) -> Result<()> {
    let public = public.unwrap_or_else(|| key.with_file_name("root.vkey"));
    let public = if public.extension().is_some_and(|extension| extension == "json") {
        read_holder(&public)?.signing_key.context("this holder has no signing key")?
    } else {
        std::fs::read_to_string(&public).with_context(|| public.display().to_string())?
    };
    let bytes = read_limited(file, MAX_DIRECTORY).with_context(|| file.display().to_string())?;
    // A bare text is checked before it is signed; a signed one was.
    if UntrustedDirectory::parse(&bytes).is_err() {
        refuse_example(setting, &Contents::parse(&bytes)?)?;
    }
    let passphrase = match setting.passphrase_fd {
        Some(number) => Passphrase::from_descriptor(number)?,
        None => Passphrase::prompt(&format!("Passphrase of {}", key.display()))?,
    };
    let key = unlock_signing(key, &public, &passphrase)?;
    let signed = add_signature(&bytes, &key)?;
    write_whole(out, |file| file.write_all(&signed)).with_context(|| out.display().to_string())?;
    println!("{} is signed by {}.", out.display(), key.public().name());
    Ok(())
}

fn check(setting: &Setting, file: &Path, root: Option<PathBuf>, after: Option<PathBuf>) -> Result<()> {
    let root = read_root(&root.unwrap_or_else(|| setting.desk.join("root.vkey")))?;
    let read = |path: &Path| -> Result<_> {
        let bytes = read_limited(path, MAX_DIRECTORY).with_context(|| path.display().to_string())?;
        Ok(UntrustedDirectory::parse(&bytes)?.verify(&root)?)
    };
    let seen = after.map(|older| read(&older).map(|directory| directory.seen())).transpose()?;
    let directory = read(file)?.not_older_than(seen.as_ref())?;
    let today = Day::today();
    let contents = directory.contents();
    if setting.json {
        println!("{}", serde_json::to_string(contents)?);
    } else {
        println!(
            "Channel {}, version {}, valid {} to {}",
            contents.channel, contents.version, contents.issued, contents.expires
        );
        for holder in &contents.holders {
            let vouched = if holder.signing_key.is_some() { ", vouched for by its own key" } else { "" };
            let epoch = holder.epoch_on(today).map_or("NO KEY for today".to_owned(), |epoch| {
                format!("today's key {} (until {})", epoch.epoch, epoch.until)
            });
            println!("  {}: {epoch}{vouched}", holder.id);
        }
    }
    match directory.current(today, None) {
        Err(error @ (DirectoryError::Expired(_) | DirectoryError::NotYet(_))) => Err(error.into()),
        _ => Ok(()),
    }
}

fn read_root(path: &Path) -> Result<RootKey> {
    if !path.exists() {
        bail!("{} is missing; pass the channel's root key with --root FILE", path.display());
    }
    let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    RootKey::parse(&text).with_context(|| path.display().to_string())
}
