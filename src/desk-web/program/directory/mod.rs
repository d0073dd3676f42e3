//! `softinfo-desk directory`: the list of holders, from its making to its pinning.

mod check;
mod make;
mod sign;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Subcommand};
use softinfo_desk::desk_folder::{pin_root, read_root};
use softinfo_desk::directory::{OwnPage, title, vacant};
use softinfo_desk::keyring::make_root;
use softinfo_desk::secret_file::WORK_FACTOR;
use softinfo_formats::directory::ChannelId;
use softinfo_terminal::say;

use crate::{Setting, passphrase, told};
use check::Check;
use make::Make;
use sign::Sign;

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
    Check(Check),
    /// Make the page of a channel: the page of this version with the channel's root key built in.
    Page {
        /// File with the root key.
        #[arg(long, value_name = "FILE")]
        root: PathBuf,
        /// The version of the directory that will name this page: the page takes no older one. Without it any version is taken at first.
        #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
        for_version: u64,
        /// What stands on the browser's tab and in its history: something that tells nobody what the page is for.
        #[arg(long, value_name = "TEXT", default_value = "Information", value_parser = title)]
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
            Action::Make(make) => make.run(setting)?,
            Action::Sign(sign) => sign.run(setting)?,
            Action::Check(check) => check.run(setting)?,
            Action::Page { root, for_version: floor, title, out } => {
                vacant(&out)?;
                let sha256 = OwnPage { root: &read_root(&root)?, floor, title: &title }.write(&out)?;
                let said = say(format_args!(
                    "{} has SHA-256 {sha256}. It takes directories from version {floor} on.",
                    out.display()
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
