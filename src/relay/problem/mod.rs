//! Errors for people and scripts: RFC 9457 `application/problem+json`, each with what to do and whether anything was stored.
//!
//! In: why something was refused; no value of a request. Out: an answer. Touches nothing.

mod words;

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use softinfo_formats::api::problem::{OWN, Problem as Body};
use softinfo_formats::api::{authorization, media_types};
use softinfo_formats::envelope::header::HeaderError;
use softinfo_formats::envelope::padding::SizeError;
use softinfo_store::StoreError;

/// A full disk needs somebody to look at it.
const HOUR: u64 = 3600;
/// A restart takes less.
const MINUTES: u64 = 300;

/// Every refusal the relay knows (`docs/protocol.md`, 5). None holds a value from the request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Problem {
    NotATip(HeaderError),
    NotASizeClass,
    TooLarge {
        max: u64,
    },
    UnsupportedMediaType,
    Interrupted,
    Timeout,
    /// The same of a list of withdraw tokens.
    WithdrawTimeout,
    StorageFull,
    Unavailable,
    Unsure,
    /// A part of the store can't be read, and the rest does not have it.
    Unproven,
    /// The store failed before an erasure was finished, or had before.
    ErasureUnsure,
    /// All places are taken; seconds until one may be free.
    Busy {
        retry: u64,
    },
    /// Too many withdraw; seconds until there may be a turn.
    WithdrawBusy {
        retry: u64,
    },
    /// The share of large tips of a day is used up; seconds until the next.
    DaySpent {
        retry: u64,
    },
    /// The share of text is used up for now; seconds until there is enough for one more.
    TextSpent {
        retry: u64,
    },
    /// A stored tip does not read back as it was written.
    Damaged,
    /// What an upload has brought is not stored any more.
    Gone,
    /// This circuit has had its share; seconds until it has more.
    CircuitSpent {
        retry: u64,
    },
    UnknownToken,
    BadToken,
    Unauthorized,
    NotFound,
    MethodNotAllowed,
    BadRequest,
    RangeNotSatisfiable,
}

/// The name of a problem. It travels beside its answer, so that refusals can be counted by kind.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kind(pub &'static str);

impl Problem {
    /// Its HTTP status.
    pub fn status(&self) -> StatusCode {
        self.parts().0
    }

    /// Its name, for counting.
    pub fn kind(&self) -> Kind {
        Kind(self.parts().1)
    }

    /// Seconds until it may be worth to come back (RFC 9110, 10.2.3).
    pub fn retry(&self) -> Option<u64> {
        match self {
            Self::Busy { retry }
            | Self::DaySpent { retry }
            | Self::TextSpent { retry }
            | Self::WithdrawBusy { retry }
            | Self::CircuitSpent { retry } => Some(*retry),
            Self::StorageFull | Self::Unproven => Some(HOUR),
            Self::Unavailable | Self::Unsure | Self::ErasureUnsure => Some(MINUTES),
            _ => None,
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (status, name, title, detail) = self.parts();
        // A refusal stores nothing: a tip shows only once it is whole and durable. Only a disk that fails at the last step, or can't be read,
        // leaves a doubt.
        let unknown = matches!(self, Self::Unsure | Self::Unproven | Self::ErasureUnsure);
        let stored = if unknown { None } else { Some(false) };
        let r#type = format!("{OWN}{name}");
        let body = Body { r#type, title: title.to_owned(), status: status.as_u16(), detail, stored };
        let retry = self.retry();
        let mut response = refuse(status, &body);
        response.extensions_mut().insert(Kind(name));
        if let Some(seconds) = retry {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        if matches!(self, Self::Unauthorized) {
            // The scheme by itself, without the space that stands in front of a token.
            let scheme = header::HeaderValue::from_static(authorization::BEARER.trim_end());
            response.headers_mut().insert(header::WWW_AUTHENTICATE, scheme);
        }
        response
    }
}

/// An answer with this status whose `body` is a [`Body`], as it is or with more fields.
pub(crate) fn refuse(status: StatusCode, body: &impl Serialize) -> Response {
    let text = serde_json::to_string(body).unwrap_or_default();
    (status, [(header::CONTENT_TYPE, media_types::PROBLEM)], text).into_response()
}

impl From<HeaderError> for Problem {
    fn from(error: HeaderError) -> Self {
        Self::NotATip(error)
    }
}

impl From<SizeError> for Problem {
    fn from(error: SizeError) -> Self {
        match error {
            SizeError::TooLarge { max } => Self::TooLarge { max },
            SizeError::NotAClass => Self::NotASizeClass,
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Full => Self::StorageFull,
            StoreError::Unproven => Self::Unproven,
            _ => Self::Unavailable,
        }
    }
}

#[cfg(test)]
mod tests {

    use super::*;

    #[tokio::test]
    async fn a_refusal_is_these_bytes() {
        for (problem, expected) in [
            (
                Problem::Unauthorized,
                r#"{"type":"urn:softinfo:problem:unauthorized","title":"A courier token is needed","status":401,"detail":"Put the token that the relay's operator gave you into the courier's configuration.","stored":false}"#,
            ),
            (
                Problem::UnsupportedMediaType,
                r#"{"type":"urn:softinfo:problem:unsupported-media-type","title":"Another content type is needed","status":415,"detail":"Send a tip as application/octet-stream, further pieces of one as application/partial-upload, a withdraw token as text/plain.","stored":false}"#,
            ),
            (
                Problem::Unproven,
                r#"{"type":"urn:softinfo:problem:unproven","title":"It is not known whether the tip is here","status":503,"detail":"Part of the store can't be read, and the tip may be in it. Nothing was erased. Ask again later; the operator has been told.","stored":null}"#,
            ),
        ] {
            let answer = problem.clone().into_response();
            assert_eq!(answer.headers()[header::CONTENT_TYPE], "application/problem+json");
            let shows = answer.headers().get(header::WWW_AUTHENTICATE).map(header::HeaderValue::as_bytes);
            assert_eq!(shows, (problem == Problem::Unauthorized).then_some(&b"Bearer"[..]));
            assert_eq!(axum::body::to_bytes(answer.into_body(), usize::MAX).await.unwrap(), expected);
        }
    }
}
