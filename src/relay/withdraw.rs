//! `POST /withdraw`: erases the tips of the tokens in a body. The same on both listeners: the right is the token's, not the caller's.
//!
//! In: withdraw tokens, one a line. Out: how many tips are erased, or whether that is certain. Touches: the store.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;

use softinfo_base::limits::WITHDRAW_TOKENS;
use softinfo_formats::api::answer::Erased;
use softinfo_formats::api::media_types;
use softinfo_formats::envelope::withdraw::{WithdrawDigest, WithdrawToken};
use softinfo_store::{Store, StoreError};

use crate::admission::Budget;
use crate::http::body::{Pieces, Received, announced_length};
use crate::http::json::json;
use crate::problem::Problem;
use crate::served::Serving;

/// Bytes that are read of withdraw tokens: 43 characters each, and the end of a line of either kind.
const TOKENS_LIMIT: u64 = 45 * WITHDRAW_TOKENS as u64;

/// What a withdrawal needs of the relay.
#[derive(Clone)]
pub(crate) struct Withdrawing {
    pub store: Arc<dyn Store>,
    pub budget: Arc<Budget>,
    pub serving: Arc<Serving>,
    /// Time without a byte after which a list of tokens is given up.
    pub idle: Duration,
}

/// Erases the tips of up to [`WITHDRAW_TOKENS`] tokens.
pub(crate) async fn withdraw(
    State(withdrawing): State<Withdrawing>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let Withdrawing { store, budget, serving, idle } = withdrawing;
    let is_text = |value: &header::HeaderValue| value.as_bytes().starts_with(media_types::WITHDRAW_TOKENS.as_bytes());
    let received = Received::new(body, idle);
    if !headers.get(header::CONTENT_TYPE).is_some_and(is_text) {
        received.drain_after(&Problem::UnsupportedMediaType, announced_length(&headers), serving.max_plaintext());
        return Err(Problem::UnsupportedMediaType);
    }
    // Thousands of lists of a hundred thousand bytes that come slowly would fill the memory, so the slowest gives way when there are too many.
    let permit = budget.withdrawal()?;
    let tokens = permit.run(tokens(&received.clone().metered(permit.meter()))).await.and_then(|text| {
        permit.keep()?;
        Ok(text)
    });
    let text = tokens.map_err(|problem| {
        let problem = match problem {
            Problem::Busy { retry } => Problem::WithdrawBusy { retry },
            Problem::Timeout => Problem::WithdrawTimeout,
            Problem::Interrupted | Problem::BadRequest => Problem::BadToken,
            other => other,
        };
        received.drain_after(&problem, announced_length(&headers), serving.max_plaintext());
        problem
    })?;
    // A few at a time, for it writes to the disk; who waits too long is told to come back. Nothing of it delays a text.
    let erased = budget.withdrawals.run(move || {
        let _permit = permit;
        digests(&text).map(|digests| store.erase(&digests))
    });
    match erased.await.map_err(|problem| {
        if let Problem::Busy { retry } = problem { Problem::WithdrawBusy { retry } } else { Problem::ErasureUnsure }
    })? {
        None => Err(Problem::BadToken),
        Some(Ok(0)) => Err(Problem::UnknownToken),
        Some(Ok(erased)) => Ok(json(StatusCode::OK, &Erased { erased: erased as u64 })),
        Some(Err(StoreError::Unproven)) => Err(Problem::Unproven),
        // Not a word of "send it again": of several tips some may be gone.
        Some(Err(_)) => Err(Problem::ErasureUnsure),
    }
}

/// What stands in the body of a withdrawal, whole.
async fn tokens(received: &Received) -> Result<Vec<u8>, Problem> {
    Pieces::new(received.frames(TOKENS_LIMIT)).gather(usize::MAX).await
}

/// The digest of every token; nothing when a line is none, when there is none at all, or too many.
fn digests(text: &[u8]) -> Option<Vec<WithdrawDigest>> {
    let lines = std::str::from_utf8(text).ok()?.trim().lines();
    let digests: Vec<_> =
        lines.map(|line| Some(WithdrawToken::parse(line.trim()).ok()?.digest())).collect::<Option<_>>()?;
    (1..=WITHDRAW_TOKENS).contains(&digests.len()).then_some(digests)
}
