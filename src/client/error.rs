//! Why a call of the relay failed, what to do about it, and whether the same may go well later.
//!
//! In: what a call met. Out: its cause and the advice, apart for a caller that has advice of its own, or joined in one sentence.

use std::fmt;
use std::io;

use softinfo_formats::api::problem;

use crate::pace::TooSlow;
use crate::socks::SocksError;

/// Seconds in a minute and in an hour.
const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;

/// Why a call failed. `Display` says [`ClientError::cause`] and [`ClientError::advice`] in one sentence.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// What was given is not the address of a relay.
    Address(String),
    /// The address is an onion service's, and no proxy was named.
    OnionWithoutTor,
    /// The address is http to a place outside of tor, and tor's last relay would read what is sent.
    ExitWouldSee(String),
    /// The proxy refused for a reason that stays.
    Proxy(SocksError),
    /// The relay gave no answer, or the connection broke. In words: how.
    Unreachable(String),
    /// An answer comes, and never comes to its end.
    TooSlow(TooSlow),
    /// Nobody knows the name in the address.
    UnknownName,
    /// The address is https, and what listens there speaks http.
    NoTls,
    /// The address is http, and what listens there speaks something else.
    NoHttp,
    /// The certificate is not to be relied on. In words: it is for another address, has expired and the like.
    Certificate(&'static str),
    /// The relay refused and said why.
    Refused {
        /// HTTP status.
        status: u16,
        /// Name of the problem, for example `too-large` (`docs/protocol.md`, 5).
        name: String,
        /// What is wrong.
        title: String,
        /// What the relay advises.
        detail: String,
        /// Whether anything was stored; `None` where the relay leaves it open.
        stored: Option<bool>,
        /// Seconds after which it may be worth to come back, where the relay says so.
        retry: Option<u64>,
    },
    /// The relay, or what stands before it, has failed with this status and says no more than that.
    Failed(u16),
    /// The answer is none that a relay gives. In words: what it is.
    NotARelay(String),
    /// A local file failed.
    Io(#[from] io::Error),
}

/// What to do about a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Advice<'a> {
    /// The same may go well after so many seconds; later, where none are named.
    TryAgain(Option<u64>),
    /// Something has to be changed, or somebody asked, first.
    Do(&'a str),
}

impl ClientError {
    /// What went wrong. It has no full stop at its end, so that a sentence can go on.
    #[must_use]
    pub fn cause(&self) -> String {
        match self {
            Self::Address(address) => format!("“{address}” is no address of a relay"),
            Self::OnionWithoutTor => "an onion address can only be reached through tor".to_owned(),
            Self::ExitWouldSee(address) => {
                format!("“{address}” would leave tor's last relay unencrypted, for it and everybody behind it to read")
            }
            Self::Proxy(error) => error.to_string(),
            Self::Unreachable(how) => format!("the relay can't be reached or stopped answering ({how})"),
            Self::TooSlow(slow) => format!(
                "what the relay sends comes too slowly ({slow}): the relay or the way to it is overloaded, or it holds this program up"
            ),
            Self::UnknownName => "no computer with this name can be found".to_owned(),
            Self::NoTls => "what answers at this address speaks http and not https".to_owned(),
            Self::NoHttp => "what answers at this address does not speak http".to_owned(),
            Self::Certificate(what) => {
                format!("the certificate of this address {what}: who answers may not be the relay. Nothing was sent")
            }
            Self::Refused { status, title, .. } => format!("{title} (the relay's answer, {status})"),
            Self::Failed(status) => {
                format!("what answers at this address has failed (status {status}), and does not say why")
            }
            Self::NotARelay(what) => format!("the answer is not that of a relay ({what})"),
            Self::Io(error) => error.to_string(),
        }
    }

    /// What to do about it; none where the cause says that too. Of a refusal that passes it is to try again, and not the relay's own advice: what to do
    /// then depends on who was refused and what they keep.
    #[must_use]
    pub fn advice(&self) -> Option<Advice<'_>> {
        Some(match self {
            Self::Address(_) => Advice::Do("it looks like http://abc…xyz.onion or http://127.0.0.1:8080"),
            Self::OnionWithoutTor => Advice::Do(
                "start tor and name its SOCKS port, for example 127.0.0.1:9050 \
                 (softinfo-tip --socks, softinfo-courier socks = …). Nothing was looked up or sent",
            ),
            Self::ExitWouldSee(_) => Advice::Do("use the relay's onion address, or https. Nothing was sent"),
            Self::Unreachable(_) | Self::TooSlow(_) | Self::Failed(_) => Advice::TryAgain(None),
            Self::UnknownName => Advice::Do("check the address, and whether this computer is connected"),
            Self::NoTls => Advice::Do("If the relay's operator gave you an address with http://, use that"),
            Self::NoHttp => Advice::Do("if the relay's operator gave you an address with https://, use that"),
            Self::Certificate(_) => Advice::Do("ask the relay's operator"),
            Self::Refused { retry, .. } if self.may_pass() => Advice::TryAgain(*retry),
            Self::Refused { detail, .. } => Advice::Do(detail),
            Self::NotARelay(_) => Advice::Do("check the address"),
            Self::Proxy(_) | Self::Io(_) => return None,
        })
    }

    /// What stands between cause and advice.
    fn joint(&self) -> &'static str {
        match self {
            Self::Address(_) | Self::OnionWithoutTor | Self::ExitWouldSee(_) => ": ",
            Self::NoTls => ". ",
            Self::Refused { .. } if !self.may_pass() => ". ",
            _ => "; ",
        }
    }

    /// Cause and advice for a sentence that goes on: without the full stop of a relay's own advice.
    #[must_use]
    pub fn clause(&self) -> String {
        self.to_string().trim_end_matches('.').to_owned()
    }

    /// The same, for whoever must not simply try again: that advice is left out, any other stays.
    #[must_use]
    pub fn clause_without_trying_again(&self) -> String {
        match self.advice() {
            Some(Advice::TryAgain(_)) => self.cause(),
            _ => self.clause(),
        }
    }

    /// Whether the same may go well later, without anything being changed.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Unreachable(_) | Self::UnknownName | Self::TooSlow(_) | Self::Failed(_) => true,
            Self::Refused { status, name, .. } => matches!(status, 408 | 429 | 500..) || name == problem::INTERRUPTED,
            _ => false,
        }
    }
}

impl fmt::Display for ClientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.cause())?;
        self.advice().map_or(Ok(()), |advice| write!(f, "{}{advice}", self.joint()))
    }
}

impl fmt::Display for Advice<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TryAgain(seconds) => write!(f, "try again {}", later(*seconds)),
            Self::Do(what) => f.write_str(what),
        }
    }
}

/// When to come back, in words.
fn later(seconds: Option<u64>) -> String {
    match seconds {
        None => "later".to_owned(),
        Some(seconds @ ..=89) => format!("in {} seconds", seconds.max(1)),
        Some(seconds @ ..HOUR) => format!("in {} minutes", seconds.div_ceil(MINUTE)),
        Some(HOUR) => "in an hour".to_owned(),
        Some(seconds) => format!("in {} hours", seconds.div_ceil(HOUR)),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A refusal of a relay that says when to come back.
    pub fn refused(status: u16, retry: Option<u64>) -> ClientError {
        let text = || "words".to_owned();
        let detail = "words.".to_owned();
        ClientError::Refused { status, name: text(), title: text(), detail, stored: Some(false), retry }
    }

    #[test]
    fn a_refusal_that_passes_says_when_to_come_back_and_not_what_another_keeps() {
        for (retry, words) in [
            (None, "try again later"),
            (Some(0), "in 1 seconds"),
            (Some(60), "in 60 seconds"),
            (Some(300), "in 5 minutes"),
            (Some(3600), "in an hour"),
            (Some(40_000), "in 12 hours"),
        ] {
            let said = refused(503, retry).to_string();
            assert!(said.ends_with(words), "{said}");
        }
        assert_eq!(refused(413, Some(60)).to_string(), "words (the relay's answer, 413). words.");
    }

    #[test]
    fn only_the_advice_to_try_again_is_left_out_for_whoever_must_not() {
        let slow = ClientError::Unreachable("no answer in time; try again, it said".to_owned());
        assert_eq!(slow.advice(), Some(Advice::TryAgain(None)));
        // What somebody else wrote is no advice of this program, whatever it looks like.
        let cause = "the relay can't be reached or stopped answering (no answer in time; try again, it said)";
        assert_eq!(slow.clause_without_trying_again(), cause);
        assert_eq!(slow.clause(), format!("{cause}; try again later"));
        let other = refused(413, None);
        assert_eq!(other.clause_without_trying_again(), "words (the relay's answer, 413). words");
        assert_eq!(other.clause_without_trying_again(), other.clause());
        let file = ClientError::from(io::Error::other("no such file"));
        assert_eq!((file.advice(), file.clause()), (None, "no such file".to_owned()));
    }
}
