//! The public listener: takes sealed tips and withdrawals, gives the page and the directory. Reads nothing of a request but method, path,
//! body and the header fields that say how the body is to be read or the answer packed; no handler has access to an address.
//! What a handler knows of the caller is [`Caller`]: which connection, and a circuit's account where tor gives its number.

pub(crate) mod form_pages;
mod multipart;
pub(crate) mod uploads;

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{map_response, map_response_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, head, post};
use axum::{Extension, Router};
use serde::Serialize;

use self::form_pages::Answers;
use self::multipart::{is_form, take_form};
use self::uploads::Uploads;
use crate::accept::{Accepted, accept_large, accept_text};
use crate::admission::{Budget, Permit};
use crate::courier::couriers::Couriers;
use crate::courier::status::Status;
use crate::http::body::{Pieces, Received, announced_length};
use crate::http::connection::Caller;
use crate::http::security_headers::guard;
use crate::problem::Problem;
use crate::refusals;
use crate::served::Serving;
use crate::static_page;
use softinfo_base::limits::{FORM_ALLOWANCE, WITHDRAW_TOKENS};
use softinfo_formats::envelope::padding::{SizeClass, largest_file};
use softinfo_formats::envelope::withdraw::{WithdrawDigest, WithdrawToken};
use softinfo_store::{Store, StoreError};

/// Bytes that are read of withdraw tokens: 43 characters each, and the end of a line of either kind.
const TOKENS_LIMIT: u64 = 45 * WITHDRAW_TOKENS as u64;

/// What both listeners share.
pub(crate) struct Shared {
    pub store: Arc<dyn Store>,
    pub serving: Arc<Serving>,
    pub answers: Answers,
    pub uploads: Arc<Uploads>,
    pub budget: Arc<Budget>,
    pub status: Arc<Status>,
    pub couriers: Arc<Couriers>,
    pub idle: Duration,
}

impl Shared {
    /// Plaintext bytes of the largest tip, by the directory that is served now.
    pub fn max_plaintext(&self) -> u64 {
        self.serving.now().max_plaintext
    }
}

pub(crate) fn routes(shared: Arc<Shared>) -> Router {
    let upload = head(uploads::progress).patch(uploads::further_piece).delete(uploads::cancel);
    Router::new()
        .route("/", get(static_page::shown))
        .route("/softinfo.html", get(static_page::saved))
        .route("/leave", get(leave))
        .route("/directory", get(directory))
        .route("/tips", post(take_tip).options(uploads::options))
        .route("/tips/uploads/{token}", upload)
        .route("/withdraw", post(withdraw))
        .fallback(|| async { Problem::NotFound })
        .method_not_allowed_fallback(|| async { Problem::MethodNotAllowed })
        .layer(map_response(guard))
        .layer(map_response_with_state(Arc::clone(&shared), refusals::count))
        .with_state(shared)
}

pub(crate) async fn directory(State(shared): State<Arc<Shared>>) -> Response {
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], shared.serving.now().note()).into_response()
}

async fn leave(State(shared): State<Arc<Shared>>) -> Response {
    shared.answers.away()
}

async fn take_tip(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let received = Received::new(body, shared.idle);
    let is_form = is_form(&headers);
    if !is_form && headers.get(header::CONTENT_TYPE).is_none_or(|value| value != "application/octet-stream") {
        return refuse(&shared, Problem::UnsupportedMediaType, &headers, received);
    }
    if !is_form && uploads::is_first_piece(&headers) {
        return uploads::first_piece(shared, &caller, headers, received).await;
    }
    let (permit, is_text) = match admit(&shared, &caller, &headers, is_form) {
        Ok(admitted) => admitted,
        Err(problem) if is_form => return answer_form(&shared, &Err(problem), &headers, received),
        Err(problem) => return refuse(&shared, problem, &headers, received),
    };
    let received = received.metered(permit.meter());
    let result = if is_form {
        permit.run(take_form(&shared, (&permit, is_text), &caller, &headers, &received)).await
    } else if is_text {
        permit.run(take_text(&shared, &permit, &caller, &received)).await
    } else {
        permit.run(take_large(&shared, &permit, &caller, &headers, &received)).await
    };
    match &result {
        Ok(accepted) if !accepted.already => {}
        // These were broken off: what came was taken, for nothing.
        Err(Problem::Interrupted | Problem::Timeout | Problem::Unsure) => {}
        Ok(_) | Err(_) => permit.refund(),
    }
    drop(permit);
    match result {
        result if is_form => answer_form(&shared, &result, &headers, received),
        Ok(accepted) => accepted.to_json(),
        Err(problem) => refuse(&shared, problem, &headers, received),
    }
}

/// A permit for what is coming, and whether that is a text, by the length that is announced. A body that announces none may be anything.
fn admit(shared: &Shared, caller: &Caller, headers: &HeaderMap, is_form: bool) -> Result<(Permit, bool), Problem> {
    let around = if is_form { FORM_ALLOWANCE } else { 0 };
    let announced = announced_length(headers);
    let (text, largest) = (SizeClass::default().file_length(), largest_file(shared.max_plaintext()));
    if announced.is_some_and(|length| length > largest.saturating_add(around)) {
        return Err(Problem::TooLarge { max: shared.max_plaintext() });
    }
    let is_text = announced.is_some_and(|length| length <= text + around);
    let circuit = caller.circuit.as_deref();
    let permit = if is_text { shared.budget.text(circuit)? } else { shared.budget.large(announced, circuit)? };
    Ok((permit, is_text))
}

fn answer_form(
    shared: &Shared,
    result: &Result<Accepted, Problem>,
    headers: &HeaderMap,
    received: Received,
) -> Response {
    // What stands behind the tip is not looked at, but a browser wants to get rid of it.
    let problem = result.as_ref().err().unwrap_or(&Problem::BadRequest);
    received.drain_after(problem, headers, shared.max_plaintext());
    shared.answers.to_form(result)
}

fn refuse(shared: &Shared, problem: Problem, headers: &HeaderMap, received: Received) -> Response {
    received.drain_after(&problem, headers, shared.max_plaintext());
    problem.into_response()
}

/// Reads a text whole, which its announced length has bounded, and stores it.
async fn take_text(
    shared: &Shared,
    permit: &Permit,
    caller: &Caller,
    received: &Received,
) -> Result<Accepted, Problem> {
    let text = Pieces::new(received.frames(u64::MAX)).gather(usize::MAX).await?;
    accept_text(shared, permit, caller, text).await
}

async fn take_large(
    shared: &Shared,
    permit: &Permit,
    caller: &Caller,
    headers: &HeaderMap,
    received: &Received,
) -> Result<Accepted, Problem> {
    let max = shared.max_plaintext();
    // An announced length is judged before anything is stored; a body without one is judged at its end.
    let announced_class = announced_length(headers).map(|length| SizeClass::of_file(length, max));
    accept_large(shared, permit, caller, announced_class, &mut Pieces::new(received.frames(u64::MAX))).await
}

/// The store may wait for the disk, so it is called where waiting is allowed.
pub(crate) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
    tokio::task::spawn_blocking(work).await.map_err(|_| Problem::Unavailable)
}

#[derive(Serialize)]
struct Erased {
    erased: usize,
}

/// Erases the tips of up to [`WITHDRAW_TOKENS`] tokens, one a line. The same on both listeners: the right is the token's, not the caller's.
pub(crate) async fn withdraw(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let is_text = |value: &header::HeaderValue| value.as_bytes().starts_with(b"text/plain");
    let received = Received::new(body, shared.idle);
    if !headers.get(header::CONTENT_TYPE).is_some_and(is_text) {
        received.drain_after(&Problem::UnsupportedMediaType, &headers, shared.max_plaintext());
        return Err(Problem::UnsupportedMediaType);
    }
    // A hundred thousand bytes of each of thousands who come slowly would fill the memory: when it is too much, the slowest gives way.
    let permit = shared.budget.withdrawal()?;
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
        received.drain_after(&problem, &headers, shared.max_plaintext());
        problem
    })?;
    let store = Arc::clone(&shared.store);
    // A few at a time, for it writes to the disk; who waits too long is told to come back. Nothing of it delays a text.
    let erased = shared.budget.withdrawals.run(move || {
        let _permit = permit;
        digests(&text).map(|digests| store.erase(&digests))
    });
    match erased.await.map_err(|problem| {
        if let Problem::Busy { retry } = problem { Problem::WithdrawBusy { retry } } else { Problem::ErasureUnsure }
    })? {
        None => Err(Problem::BadToken),
        Some(Ok(0)) => Err(Problem::UnknownToken),
        Some(Ok(erased)) => Ok(json(StatusCode::OK, &Erased { erased })),
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

pub(crate) fn json(status: StatusCode, body: &impl Serialize) -> Response {
    let text = serde_json::to_string(body).unwrap_or_default();
    (status, [(header::CONTENT_TYPE, "application/json")], text).into_response()
}
