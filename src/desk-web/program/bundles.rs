//! `softinfo-desk bundles`: which bundles came from which courier, which are missing, and an end to waiting for them.

use std::io;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Subcommand};
use serde_json::json;
use softinfo_desk::bundles::{CloseError, Closed, CourierRow, close, couriers};
use softinfo_desk::desk_folder::Desk;
use softinfo_desk::{Casebook, LockError, spelled};
use softinfo_terminal::{Exit, say, say_json};

use crate::desk::{busy_desk, lost_list, name_plaintext, quiet_when_closed, tidy};
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
                let rows = couriers(&desk)?;
                quiet_when_closed(if setting.json { say_json(&serde_json::to_value(&rows)?) } else { table(&rows) })?;
                Ok(Exit::Done.into())
            }
            Some(Command::Close { courier, numbers }) => match close(&desk, &courier, &numbers) {
                Err(CloseError::Lock(busy @ LockError::InUse(_))) => Ok(busy_desk(&busy)),
                closed => {
                    let closed = closed.inspect_err(|_| tidy(&desk))?;
                    name_plaintext(&closed.plaintext_left);
                    Ok(tell(setting, &closed)?.into())
                }
            },
        }
    }
}

fn tell(setting: &Setting, closed: &Closed) -> io::Result<Exit> {
    let Closed { courier, numbers, .. } = closed;
    if numbers.is_empty() {
        say(format_args!("No bundle of the courier {} is missing; nothing was changed.", courier.short()))?;
        return Ok(Exit::Done);
    }
    let given_up =
        format!("bundles of the courier {} that are not waited for any more: {}", courier.short(), spelled(numbers));
    let said = if setting.json {
        say_json(&json!({ "courier": courier, "closed": numbers }))
    } else {
        say(format_args!("B{}.", &given_up[1..]))
            .and_then(|()| say("Tips that were only in them stay unread. If one comes after all, import it."))
    };
    Ok(told(said, given_up))
}

fn table(rows: &[CourierRow]) -> io::Result<()> {
    if rows.is_empty() {
        return say("No bundles yet. Import one with: softinfo-desk import FILE");
    }
    say(format_args!(
        "{:<8}  {:>7}  {:>6}  {:>6}  {:<12}  GIVEN UP",
        "COURIER", "BUNDLES", "FIRST", "LAST", "MISSING"
    ))?;
    for row in rows {
        let [missing, given_up] = [&row.missing, &row.given_up].map(|gaps| spelled(gaps));
        let [first, last] = [row.first, row.last].map(Option::unwrap_or_default);
        let (name, bundles) = (row.courier.short(), row.bundles);
        say(format_args!("{name}  {bundles:>7}  {first:>6}  {last:>6}  {missing:<12}  {given_up}"))?;
    }
    Ok(())
}
