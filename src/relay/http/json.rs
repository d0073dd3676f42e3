//! Answers as JSON.
//!
//! In: a status and a value. Out: an answer. Touches nothing.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use softinfo_formats::api::media_types;

/// An answer with this status, and `body` as its JSON.
pub(crate) fn json(status: StatusCode, body: &impl Serialize) -> Response {
    let text = serde_json::to_string(body).unwrap_or_default();
    (status, [(header::CONTENT_TYPE, media_types::JSON)], text).into_response()
}
