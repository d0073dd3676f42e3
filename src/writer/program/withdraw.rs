//! `softinfo-tip withdraw`: erases a tip with the receipt. The receipt is never an argument: other users of the machine see those.

use std::fs::File;
use std::io::{IsTerminal, stdin};
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;
use serde_json::json;
use softinfo_client::{Arrival, Unconfirmed};
use softinfo_seal::receipt::{MESSAGES, Receipt};
use softinfo_terminal::{Exit, complain, say, say_json};
use softinfo_writer::delivery::Found;
use softinfo_writer::receipt;
use softinfo_writer::withdraw::{Right, withdraw};

use crate::NAME;
use crate::outcome::{Ended, of_call};
use crate::relay::Relay;
use crate::stop;

/// How often a receipt may be typed.
const TRIES: usize = 3;

#[derive(Args)]
pub struct Withdraw {
    #[command(flatten)]
    relay: Relay,
    /// File with the receipt, as send --receipt wrote it, or with its words or digits alone. Without it they are read from standard input.
    #[arg(long, value_name = "FILE")]
    receipt: Option<PathBuf>,
    /// Erase only message N of the receipt; the first tip is 0. Without it all that is stored under the receipt goes, also what was changed and sent
    /// anew.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(..i64::from(MESSAGES)))]
    message: Option<u32>,
    /// Print the outcome as JSON: {"erased": n}, n being the messages that were erased; 0 when nothing was there.
    #[arg(long)]
    json: bool,
}

/// What a signal ends.
fn stopped(found: Found) -> (Exit, String) {
    let (exit, then) = match found {
        Found::Stored => (Exit::Incomplete, "The relay had answered that the tip is erased"),
        Found::On(Arrival::Open) => {
            (Exit::Unknown, "It is not known whether the tip is erased: withdraw it again, until the answer says so")
        }
        Found::On(Arrival::NotSent | Arrival::Denied) => (Exit::Failed, "Nothing was erased"),
    };
    (exit, format!("this program was stopped. {then}"))
}

impl Withdraw {
    pub fn run(self) -> Result<()> {
        let client = self.relay.client()?;
        let receipt = self.receipt()?;
        let right = match self.message {
            None => Right::Receipt(receipt),
            Some(n) => Right::Message(receipt, n),
        };
        let delivery = right.delivery();
        let stopped_at = delivery.clone();
        // Without a handler a signal just ends the program, which is no reason not to withdraw.
        let _ = stop::listen(move || stopped(stopped_at.end()));
        let erased = match withdraw(&client, &right, &delivery) {
            Ok(erased) => erased,
            Err(Unconfirmed { error, arrival: Arrival::Open }) => {
                let said = format!(
                    "{}. It is not known whether the tip is erased: withdraw it again, until the answer says so",
                    error.clause()
                );
                return Err(Ended::with(Exit::Unknown, said));
            }
            Err(Unconfirmed { error, arrival: Arrival::NotSent | Arrival::Denied }) => {
                return Err(Ended::with(of_call(&error), format!("{}. Nothing was erased", error.clause())));
            }
        };
        let what = if erased == 1 { "The tip is".to_owned() } else { format!("{erased} messages of this receipt are") };
        let shown = if self.json {
            say_json(&json!({ "erased": erased }))
        } else if erased > 0 {
            say(format!("{what} erased from the relay. A copy that a holder has fetched before is not."))
        } else {
            Ok(())
        };
        if let (1.., Err(error)) = (erased, shown) {
            let said = format!("{what} erased from the relay; only this could not be shown: {error}");
            return Err(Ended::with(Exit::Incomplete, said));
        }
        if erased == 0 {
            let what = self.message.map_or_else(String::new, |n| format!("message {n} of "));
            return Err(Ended::with(
                Exit::NothingThere,
                format!(
                    "nothing is stored under {what}this receipt on this relay now: the tip was withdrawn, has expired, or never arrived here. A copy that a \
                     holder has fetched before is not touched"
                ),
            ));
        }
        Ok(())
    }

    fn receipt(&self) -> Result<Receipt> {
        if let Some(path) = &self.receipt {
            let named = || format!("the receipt {} can't be read, and nothing was erased", path.display());
            return Receipt::parse(&File::open(path).and_then(receipt::read).with_context(named)?).with_context(named);
        }
        if !stdin().is_terminal() {
            return Receipt::parse(&receipt::read(stdin())?).context("this is not a receipt, and nothing was erased");
        }
        complain(NAME, "type the 12 words or the 12 groups of digits of the receipt, on one line or several:");
        let mut tries = TRIES;
        loop {
            tries -= 1;
            let typed = receipt::typed(stdin().lock()).context("the receipt can't be read, and nothing was erased")?;
            match Receipt::parse(&typed) {
                Ok(receipt) => return Ok(receipt),
                Err(error) if tries == 0 => return Err(error).context("this is not a receipt, and nothing was erased"),
                Err(error) => complain(NAME, format!("{error}. Type it again:")),
            }
        }
    }
}
