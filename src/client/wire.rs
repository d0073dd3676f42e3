//! What the connection, TLS and the HTTP library say, as a [`ClientError`] in this program's words.
//!
//! In: an error of ureq, with whatever it carries inside. Out: one of ours, so that no caller sees theirs.

use std::io;

use crate::error::ClientError;
use crate::socks::SocksError;

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
mod tests {
    use super::*;

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
