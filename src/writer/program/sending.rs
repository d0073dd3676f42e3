//! What is said of a tip that is on its way, however that ends: it is stored, it is not, or nobody knows.
//!
//! In: what is known of it and what was kept. Out: sentences, each with what can be done now. Nothing is sent here.

use std::io;
use std::path::PathBuf;

use serde_json::json;
use softinfo_client::{Arrival, Confirmed, Unconfirmed};
use softinfo_formats::api::answer::Accepted;
use softinfo_formats::directory::ChannelId;
use softinfo_terminal::{Exit, say, say_json};
use softinfo_writer::delivery::Found;

use crate::command::SendCommand;
use crate::outcome::{Ended, of_call};
use crate::receipt::Kept;

/// What is on its way, and what has to be said of it however that ends.
pub struct Sending {
    /// Where the same bytes can be had again.
    pub sealed: Option<PathBuf>,
    /// Where the receipt is; none for a tip that was sealed before: its receipt was given then.
    pub receipt: Option<Kept>,
    /// The channel that the relay or the directory is known to be of.
    pub channel: Option<ChannelId>,
    /// The command that sends it again, but for what it sends.
    pub command: SendCommand,
}

impl Sending {
    /// Says that it is stored.
    ///
    /// # Errors
    /// Standard output took none of it.
    pub fn tell(&self, confirmed: &Confirmed, json: bool) -> io::Result<()> {
        let &Confirmed { accepted: Accepted { id, day }, is_new } = confirmed;
        let receipt = match &self.receipt {
            Some(Kept::In(path)) => Some(path),
            _ => None,
        };
        if json {
            let mut outcome = json!({ "id": id, "day": day, "new": is_new, "channel": self.channel });
            for (name, path) in [("receipt", receipt), ("sealed", self.sealed.as_ref())] {
                if let Some(path) = path {
                    outcome[name] = json!(path.display().to_string());
                }
            }
            return say_json(&outcome);
        }
        let mut said = match (is_new, &self.receipt) {
            (false, _) => format!("The relay has had this tip since {day}; nothing was stored twice."),
            (true, Some(_)) => "The tip is stored; only the holders you chose can read it.".to_owned(),
            (true, None) => "The tip is stored.".to_owned(),
        };
        if let Some(path) = receipt {
            said.push_str(&format!(" Its receipt is in {}.", path.display()));
        }
        if self.receipt.is_none() {
            said.push_str(&match &self.channel {
                Some(channel) => format!(
                    " The relay is one of the channel {channel}; the tip reaches its holders if it was sealed for this channel."
                ),
                None => " It reaches its holders only if this is a relay of the channel for which it was sealed, which can't be seen from the file; with \
                         --root FILE the relay's channel is compared before anything is sent."
                    .to_owned(),
            });
            said.push_str(&format!(" Its id is {id}."));
        }
        say(said)
    }

    /// The end of a run without a confirmation.
    pub fn unconfirmed(&self, Unconfirmed { error, arrival }: &Unconfirmed) -> anyhow::Error {
        match arrival {
            Arrival::Open => Ended::with(Exit::Unknown, self.doubt(&error.clause_without_trying_again())),
            arrival => Ended::with(of_call(error), self.nothing_stored(&error.clause(), *arrival)),
        }
    }

    /// The end of a run that a signal stops.
    pub fn stopped(&self, found: Found) -> (Exit, String) {
        match found {
            Found::Stored => {
                (Exit::Incomplete, "the tip is stored; this program was stopped before it said so".to_owned())
            }
            Found::On(Arrival::Open) => (Exit::Unknown, self.doubt("this program was stopped")),
            Found::On(arrival) => (Exit::Failed, self.nothing_stored("this program was stopped", arrival)),
        }
    }

    /// The last byte had left, and no answer says no. What to do stands in front of the reason, and is not to write the message anew.
    fn doubt(&self, reason: &str) -> String {
        let receipt = match &self.receipt {
            None => "its receipt is valid then".to_owned(),
            Some(Kept::Nowhere) => "it has no receipt".to_owned(),
            Some(kept) => format!("{} is valid then", kept.named()),
        };
        let sure = match (&self.sealed, &self.receipt) {
            (Some(path), _) => {
                format!("To make sure, send the same file again, which stores nothing twice: {}", self.command.of(path))
            }
            (None, Some(Kept::Nowhere)) => {
                "The sealed tip was not kept, so the same can't be sent again; sending the message anew may make a second tip".to_owned()
            }
            (None, _) => {
                "The sealed tip was not kept, so the same can't be sent again: to make sure that it is not stored, withdraw it with the receipt, and then send \
                 anew (with --keep-sealed FILE it could be sent again)"
                    .to_owned()
            }
        };
        format!("it is not known whether the tip is stored. It may be; {receipt}. {sure}. The reason: {reason}")
    }

    /// It is known that this run has stored nothing.
    fn nothing_stored(&self, reason: &str, arrival: Arrival) -> String {
        let then = match (&self.sealed, &self.receipt) {
            // Somebody has sent it before, perhaps, and was left in doubt.
            (Some(path), None) => {
                return format!(
                    "{reason}. This time nothing was stored; what an earlier try did is not known. The sealed file is as it was, and can be sent again: {}",
                    self.command.of(path)
                );
            }
            (Some(path), Some(kept)) => {
                let valid =
                    if matches!(kept, Kept::Nowhere) { String::new() } else { format!("; {} is for it", kept.named()) };
                format!(
                    "the sealed tip is in {}{valid}. It can be sent with: {}",
                    path.display(),
                    self.command.of(path)
                )
            }
            // Whoever answered may be wrong, or lie, and has the whole tip.
            (None, Some(kept @ Kept::In(_))) if arrival == Arrival::Denied => {
                format!("{} was kept, in case the answer is wrong: the whole tip had left", kept.named())
            }
            (None, Some(kept @ Kept::Shown)) if arrival == Arrival::Denied => {
                format!("{} is worth nothing, unless the answer is wrong: the whole tip had left", kept.named())
            }
            (None, Some(kept @ Kept::In(_))) => {
                kept.discard();
                format!("{} was removed", kept.named())
            }
            (None, Some(kept @ Kept::Shown)) => format!("{} is worth nothing", kept.named()),
            (None, _) => "nothing was kept".to_owned(),
        };
        format!("{reason}. Nothing was stored, and {then}")
    }
}
