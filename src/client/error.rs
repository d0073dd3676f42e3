//! Why a call of the relay failed, in words that say what to do; and what of it may pass.

use std::io;

use crate::pace::TooSlow;
use crate::socks::SocksError;
use softinfo_formats::api::problem;

/// Seconds in a minute and in an hour.
const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;

/// Why a call failed.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The address is none.
    #[error("“{0}” is no address of a relay: it looks like http://abc…xyz.onion or http://127.0.0.1:8080")]
    Address(String),
    /// An onion address, and no way to it.
    #[error(
        "an onion address can only be reached through tor: start tor and name its SOCKS port, for example 127.0.0.1:9050 \
             (softinfo-tip --socks, softinfo-courier socks = …). Nothing was looked up or sent"
    )]
    OnionWithoutTor,
    /// http to a place outside of tor.
    #[error(
        "“{0}” would leave tor's last relay unencrypted, for it and everybody behind it to read: use the relay's onion address, or https. Nothing was sent"
    )]
    ExitWouldSee(String),
    /// The proxy said no, and will again.
    #[error(transparent)]
    Proxy(SocksError),
    /// No answer.
    #[error("the relay can't be reached or stopped answering ({0}); try again later")]
    Unreachable(String),
    /// An answer that comes, and never comes to its end.
    #[error(
        "what the relay sends comes too slowly ({0}): the relay or the way to it is overloaded, or it holds this program up; try again later"
    )]
    TooSlow(TooSlow),
    /// Nobody knows the name in the address.
    #[error("no computer with this name can be found; check the address, and whether this computer is connected")]
    UnknownName,
    /// https to a port that speaks http.
    #[error(
        "what answers at this address speaks http and not https. If the relay's operator gave you an address with http://, use that"
    )]
    NoTls,
    /// http to a port that speaks something else.
    #[error(
        "what answers at this address does not speak http; if the relay's operator gave you an address with https://, use that"
    )]
    NoHttp,
    /// Its certificate is not to be relied on.
    #[error(
        "the certificate of this address {0}: who answers may not be the relay. Nothing was sent; ask the relay's operator"
    )]
    Certificate(&'static str),
    /// The relay said no, and why.
    #[error("{}", refusal(self))]
    Refused {
        /// HTTP status.
        status: u16,
        /// Name of the problem, for example `too-large`.
        name: String,
        /// What is wrong.
        title: String,
        /// What to do.
        detail: String,
        /// Whether anything was stored; `None` where the relay leaves it open.
        stored: Option<bool>,
        /// Seconds after which it may be worth to come back, where the relay says so.
        retry: Option<u64>,
    },
    /// The relay, or what stands before it, has failed and says no more than that.
    #[error("what answers at this address has failed (status {0}), and does not say why; try again later")]
    Failed(u16),
    /// An answer that no relay gives.
    #[error("the answer is not that of a relay ({0}); check the address")]
    NotARelay(String),
    /// A local file failed.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl ClientError {
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

/// A refusal in a sentence. What to do about one that passes depends on who was refused and what they keep, so then the relay's advice is left out.
fn refusal(error: &ClientError) -> String {
    let ClientError::Refused { status, title, detail, retry, .. } = error else { return String::new() };
    if error.may_pass() {
        format!("{title} (the relay's answer, {status}); try again {}", later(*retry))
    } else {
        format!("{title} (the relay's answer, {status}). {detail}")
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

impl From<ureq::Error> for ClientError {
    fn from(error: ureq::Error) -> Self {
        match error {
            ureq::Error::BodyExceedsLimit(_) => Self::NotARelay("the answer is too long".to_owned()),
            ureq::Error::BadUri(uri) => Self::Address(uri),
            ureq::Error::HostNotFound => Self::UnknownName,
            ureq::Error::Timeout(_) => Self::Unreachable("no answer in time".to_owned()),
            ureq::Error::Protocol(_) => Self::NoHttp,
            ureq::Error::Rustls(error) => of_tls(&error),
            // What the C library says of a name that nobody knows has no kind of its own.
            ureq::Error::Io(error) if error.to_string().starts_with("failed to lookup address") => Self::UnknownName,
            ureq::Error::Io(error) => {
                let inner = error.get_ref();
                if let Some(slow) = inner.and_then(|inner| inner.downcast_ref()) {
                    Self::TooSlow(*slow)
                } else if let Some(tls) = inner.and_then(|inner| inner.downcast_ref()) {
                    of_tls(tls)
                } else {
                    Self::Unreachable(of_line(&error))
                }
            }
            ureq::Error::Other(other) => match other.downcast::<SocksError>() {
                Ok(socks) if socks.may_pass() => Self::Unreachable(socks.to_string()),
                Ok(socks) => Self::Proxy(*socks),
                Err(other) => Self::Unreachable(other.to_string()),
            },
            other => Self::Unreachable(other.to_string()),
        }
    }
}

/// What a broken line says, in words.
fn of_line(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => "nothing listens there".to_owned(),
        io::ErrorKind::ConnectionReset
        | io::ErrorKind::ConnectionAborted
        | io::ErrorKind::BrokenPipe
        | io::ErrorKind::UnexpectedEof => "the connection broke".to_owned(),
        io::ErrorKind::TimedOut => "no answer in time".to_owned(),
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => "no way leads there from here".to_owned(),
        _ => error.to_string(),
    }
}

/// What TLS says, in words.
fn of_tls(error: &rustls::Error) -> ClientError {
    use rustls::CertificateError as Certificate;
    match error {
        rustls::Error::InvalidMessage(_) => ClientError::NoTls,
        rustls::Error::InvalidCertificate(certificate) => ClientError::Certificate(match certificate {
            Certificate::Expired | Certificate::ExpiredContext { .. } => {
                "has expired, or this computer's clock is wrong"
            }
            Certificate::NotValidYet | Certificate::NotValidYetContext { .. } => {
                "is not valid yet, or this computer's clock is wrong"
            }
            Certificate::NotValidForName | Certificate::NotValidForNameContext { .. } => "is for another address",
            Certificate::Revoked => "was revoked",
            _ => "was issued by nobody whom browsers trust",
        }),
        _ => ClientError::Unreachable("no secure connection came about".to_owned()),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A refusal of a relay that says when to come back.
    pub fn refused(status: u16, retry: Option<u64>) -> ClientError {
        let text = || "words".to_owned();
        ClientError::Refused { status, name: text(), title: text(), detail: text(), stored: Some(false), retry }
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
        assert_eq!(refused(413, Some(60)).to_string(), "words (the relay's answer, 413). words");
    }

    #[test]
    fn what_tls_says_becomes_a_sentence() {
        use rustls::CertificateError::{Expired, NotValidForName, NotValidYet, UnknownIssuer};
        for (certificate, words) in [
            (Expired, "has expired, or this computer's clock is wrong"),
            (NotValidYet, "clock"),
            (NotValidForName, "another address"),
            (UnknownIssuer, "nobody whom browsers trust"),
        ] {
            let error = of_tls(&rustls::Error::InvalidCertificate(certificate));
            assert!(error.to_string().contains(words) && !error.may_pass(), "{error}");
        }
    }
}
