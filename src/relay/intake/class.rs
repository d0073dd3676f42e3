//! What a body is: decided once, by its head alone, before a byte of it is read.
//!
//! In: the header fields of a request, and how large a tip may be. Out: a [`Class`], and by it a permit or a refusal. Touches nothing.

use std::sync::Arc;

use axum::http::header::{CONTENT_TYPE, HeaderMap, HeaderValue};

use softinfo_base::limits::FORM_ALLOWANCE;
use softinfo_formats::api::media_types;
use softinfo_formats::envelope::padding::{SizeClass, largest_file};

use crate::admission::{Budget, CircuitLease, Permit};
use crate::http::body::announced_length;
use crate::http::upload_headers;
use crate::problem::Problem;

/// A body, as its head says it.
pub(super) struct Class {
    pub kind: Kind,
    /// Bytes of it, where its head announces them.
    pub announced: Option<u64>,
    /// Plaintext bytes of the largest tip, by the directory that was served when the head came.
    pub max_plaintext: u64,
}

/// What a body carries.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A tip as it is.
    Whole(Length),
    /// A tip in a form, from a browser without JavaScript.
    Form(Length),
    /// A piece of a tip that comes in several.
    Piece,
    /// Nothing that is taken here.
    Other,
}

/// How long a tip may be, by the length that is announced. A body that announces none may be anything.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Length {
    /// That of a tip with text only, at most.
    Text,
    /// Any.
    Large,
}

impl Class {
    /// A body of `POST /tips`.
    pub fn of(headers: &HeaderMap, max_plaintext: u64) -> Self {
        let announced = announced_length(headers);
        let length = |around| {
            let text = SizeClass::default().file_length() + around;
            if announced.is_some_and(|length| length <= text) { Length::Text } else { Length::Large }
        };
        let kind = if is_form(headers) {
            Kind::Form(length(FORM_ALLOWANCE))
        } else if headers.get(CONTENT_TYPE).is_none_or(|value| value != media_types::TIP) {
            Kind::Other
        } else if upload_headers::complete(headers) == Some(false) {
            Kind::Piece
        } else {
            Kind::Whole(length(0))
        };
        Self { kind, announced, max_plaintext }
    }

    /// A body of `PATCH` at an upload's address.
    pub fn further_piece(headers: &HeaderMap, max_plaintext: u64) -> Self {
        Self { kind: Kind::Piece, announced: announced_length(headers), max_plaintext }
    }

    /// A permit for the body, or why it is not let in.
    pub fn admit(&self, budget: &Arc<Budget>, circuit: Option<&CircuitLease>) -> Result<Permit, Problem> {
        let largest = largest_file(self.max_plaintext);
        let (length, most) = match self.kind {
            Kind::Whole(length) => (length, largest),
            Kind::Form(length) => (length, largest.saturating_add(FORM_ALLOWANCE)),
            // Judged by the length of the whole tip, which another field announces.
            Kind::Piece => (Length::Large, u64::MAX),
            Kind::Other => return Err(Problem::UnsupportedMediaType),
        };
        if self.announced.is_some_and(|bytes| bytes > most) {
            return Err(Problem::TooLarge { max: self.max_plaintext });
        }
        match length {
            Length::Text => budget.text(circuit),
            Length::Large => budget.large(self.announced, circuit),
        }
    }
}

/// Whether it is a form, as a browser sends one with a file in it (RFC 7578).
fn is_form(headers: &HeaderMap) -> bool {
    let name = |value: &HeaderValue| value.as_bytes().to_ascii_lowercase().starts_with(b"multipart/form-data");
    headers.get(CONTENT_TYPE).is_some_and(name)
}
