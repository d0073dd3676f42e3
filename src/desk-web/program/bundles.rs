//! `softinfo-desk bundles`: which bundles came from which courier, which are missing, and an end to waiting for them.

use std::io;
use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::{Args, Subcommand};
use serde_json::json;
use softinfo_desk::desk_folder::Desk;
use softinfo_desk::{Casebook, Chain, DeskLock, LockError, spelled};
use softinfo_terminal::{Exit, say, say_json};

use crate::import::{busy_desk, name_plaintext};
use crate::list::{lost_list, quiet_when_closed};
use crate::{Setting, told};

#[derive(Args)]
pub struct Bundles {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Stop waiting for missing bundles. What was only in them stays unread; one that comes after all is taken in.
    Close {
        /// Name of the courier, or its beginning, as shown by bundles.
        courier: String,
        /// Numbers of the bundles; all that are missing when none is given.
        numbers: Vec<u64>,
    },
}

impl Bundles {
    pub fn run(self, setting: &Setting) -> Result<ExitCode> {
        let desk = Desk::open(&setting.desk)?;
        if let Err(lost) = Casebook::not_lost(&desk.folder) {
            return Ok(lost_list(&lost));
        }
        match self.command {
            None => {
                let book = Casebook::read(&desk.folder)?;
                quiet_when_closed(if setting.json { rows(&book) } else { table(&book) })?;
            }
            Some(Command::Close { courier, numbers }) => {
                let lock = match DeskLock::take(&desk.folder) {
                    Err(busy @ LockError::InUse(_)) => return Ok(busy_desk(&busy)),
                    lock => lock?,
                };
                name_plaintext(lock.plaintext_left());
                let mut book = Casebook::read(&desk.folder)?;
                let (name, chain) = book.courier(&courier)?;
                let closed = match chain.give_up(&numbers) {
                    Ok(closed) => closed,
                    Err(number) => {
                        bail!("bundle {number} of the courier {} is not missing; nothing was changed", name.short())
                    }
                };
                if closed.is_empty() {
                    say(format_args!("No bundle of the courier {} is missing; nothing was changed.", name.short()))?;
                    return Ok(Exit::Done.into());
                }
                book.write(&desk.folder)?;
                let given_up = format!(
                    "bundles of the courier {} that are not waited for any more: {}",
                    name.short(),
                    spelled(&closed)
                );
                let said = if setting.json {
                    say_json(&json!({ "courier": name, "closed": closed }))
                } else {
                    say(format_args!("B{}.", &given_up[1..])).and_then(|()| {
                        say("Tips that were only in them stay unread. If one comes after all, import it.")
                    })
                };
                return Ok(told(said, given_up).into());
            }
        }
        Ok(Exit::Done.into())
    }
}

fn rows(book: &Casebook) -> io::Result<()> {
    let row = |(name, chain): (&_, &Chain)| json!({ "courier": name, "bundles": chain.len(), "first": chain.first(), "last": chain.last(), "missing": chain.missing(), "given_up": chain.given_up() });
    say_json(&book.chains.iter().map(row).collect::<Vec<_>>())
}

fn table(book: &Casebook) -> io::Result<()> {
    if book.chains.is_empty() {
        return say("No bundles yet. Import one with: softinfo-desk import FILE");
    }
    say(format_args!(
        "{:<8}  {:>7}  {:>6}  {:>6}  {:<12}  GIVEN UP",
        "COURIER", "BUNDLES", "FIRST", "LAST", "MISSING"
    ))?;
    for (name, chain) in &book.chains {
        let [missing, given_up] = [chain.missing(), chain.given_up()].map(|gaps| spelled(&gaps));
        let number = |number: Option<u64>| number.unwrap_or_default();
        say(format_args!(
            "{}  {:>7}  {:>6}  {:>6}  {missing:<12}  {given_up}",
            name.short(),
            chain.len(),
            number(chain.first()),
            number(chain.last())
        ))?;
    }
    Ok(())
}
