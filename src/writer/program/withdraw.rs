//! `softinfo-tip withdraw`: erases a tip with the receipt. The receipt is never an argument: other users of the machine see those.

use std::fs::File;
use std::io::{self, IsTerminal, Read, stdin};
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;
use serde_json::json;
use softinfo_client::{Arrival, ClientError, Unconfirmed};
use softinfo_formats::api::problem;
use softinfo_formats::envelope::withdraw::WithdrawToken;
use softinfo_seal::receipt::{MESSAGES, Receipt};
use softinfo_terminal::{Exit, complain, say, say_json};
use softinfo_writer::receipt;
use zeroize::Zeroizing;

use crate::NAME;
use crate::outcome::{Ended, of_call};
use crate::relay::Relay;
use crate::stop::{self, Found, Way};

/// Longest file with a receipt, in bytes.
const MAX_RECEIPT: usize = 64 * 1024;
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

/// An error as the first of several sentences.
fn said(error: &ClientError) -> String {
    error.to_string().trim_end_matches('.').to_owned()
}

/// What a signal ends.
fn stopped(found: &Found) -> (Exit, String) {
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
        let way = Way::new(WithdrawToken::list_bytes(self.message.map_or(MESSAGES.into(), |_| 1)));
        let (leaving, stopped_at) = (way.clone(), way.clone());
        let _ = stop::listen(move || stopped(&stopped_at.end()));
        let leaves = move |bytes| leaving.leaves(bytes);
        let withdrawn = match self.message {
            Some(n) => client.withdraw(std::iter::once(receipt.withdraw_token(n)), leaves),
            None => client.withdraw(receipt.withdraw_tokens(), leaves),
        };
        way.tried(withdrawn.as_ref().map(drop).map_err(|unconfirmed| unconfirmed.arrival));
        let erased = match withdrawn {
            Ok(erased) => erased,
            Err(Unconfirmed { error: ClientError::Refused { name, .. }, .. }) if name == problem::UNKNOWN_TOKEN => 0,
            Err(Unconfirmed { error, arrival: Arrival::Open }) => {
                return Err(Ended::with(
                    Exit::Unknown,
                    format!(
                        "{}. It is not known whether the tip is erased: withdraw it again, until the answer says so",
                        said(&error)
                    ),
                ));
            }
            Err(Unconfirmed { error, arrival: Arrival::NotSent | Arrival::Denied }) => {
                return Err(Ended::with(of_call(&error), format!("{}. Nothing was erased", said(&error))));
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
            return Receipt::parse(&File::open(path).and_then(read).with_context(named)?).with_context(named);
        }
        if !stdin().is_terminal() {
            return Receipt::parse(&read(stdin())?).context("this is not a receipt, and nothing was erased");
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

/// Reads what should hold a receipt. What is no UTF-8 in it becomes a sign that no receipt has.
fn read(source: impl Read) -> io::Result<Zeroizing<String>> {
    // As long as it can become: what grows leaves copies behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(MAX_RECEIPT + 64));
    source.take(MAX_RECEIPT as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > MAX_RECEIPT {
        return Err(io::Error::new(io::ErrorKind::InvalidData, format!("larger than {MAX_RECEIPT} bytes")));
    }
    let text = Zeroizing::new(String::from_utf8_lossy(&bytes).into_owned());
    Ok(text)
}
