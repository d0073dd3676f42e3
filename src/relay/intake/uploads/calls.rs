//! The calls of resumable uploads that carry no piece: what is taken, how far an upload is, and giving it up.
//!
//! In: an address. Out: how far the upload behind it is. Touches: its file, when it is given up.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::{self, HeaderName, HeaderValue};
use axum::response::{IntoResponse, Response};

use softinfo_formats::api::media_types::FURTHER_PIECE;
use softinfo_formats::envelope::padding::largest_file;

use super::Resumable;
use super::refusal::Refusal;
use super::session_file::Found;
use super::token::Token;
use crate::http::known_headers::UPLOAD_LENGTH;
use crate::http::upload_headers::{set_limit, set_state};
use crate::problem::Problem;
use crate::served::Serving;

/// `OPTIONS /tips`: what is taken, as the draft asks.
pub(crate) async fn options(State(serving): State<Arc<Serving>>) -> Response {
    let mut answer = StatusCode::NO_CONTENT.into_response();
    let headers = answer.headers_mut();
    headers.insert(header::ALLOW, HeaderValue::from_static("OPTIONS, POST"));
    headers.insert(HeaderName::from_static("accept-patch"), HeaderValue::from_static(FURTHER_PIECE));
    set_limit(headers, largest_file(serving.max_plaintext()));
    answer
}

/// How far an upload is: `HEAD` at its address. Ends a request that still sends to it.
pub(crate) async fn progress(
    State(resumable): State<Resumable>,
    Path(token): Path<String>,
) -> Result<Response, Refusal> {
    let token = Token::parse(&token).ok_or(Problem::NotFound)?;
    let (is_complete, offset, length) = match resumable.find(token).await? {
        Found::Open(session) => (false, session.offset(), session.length),
        Found::Done(done) => (true, done.length, done.length),
    };
    let mut answer = StatusCode::NO_CONTENT.into_response();
    set_state(answer.headers_mut(), is_complete, offset);
    answer.headers_mut().insert(UPLOAD_LENGTH, length.into());
    set_limit(answer.headers_mut(), largest_file(resumable.serving.max_plaintext()));
    Ok(answer)
}

/// Gives an upload up: `DELETE` at its address. A tip that is stored already stays; withdrawing is another call.
pub(crate) async fn cancel(State(resumable): State<Resumable>, Path(token): Path<String>) -> Result<Response, Refusal> {
    let name = Token::parse(&token).ok_or(Problem::NotFound)?.name();
    if resumable.erase(name).await? {
        Ok(StatusCode::NO_CONTENT.into_response())
    } else {
        Err(Problem::NotFound.into())
    }
}
