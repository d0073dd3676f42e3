//! Resumable uploads, for large tips over lines that break: draft-ietf-httpbis-resumable-upload (as of -12), over [`staging`].
//!
//! In: pieces of a tip, in order. Out: where to go on, and in the end the same answer as for a tip sent at once.
//! What has arrived of a piece stays when its connection breaks; a whole tip takes the one way into the store.

mod exclusive;
mod headers;
mod ledger;
mod refusal;
mod session_file;
mod staging;
#[cfg(test)]
mod tests;
mod token;

use std::sync::Arc;

use axum::Extension;
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::{self, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, LOCATION};
use axum::response::{IntoResponse, Response};

use crate::accept::{Accepted, accept_large, check_header};
use crate::admission::Permit;
use crate::http::body::{Frames, Pieces, Received, Source, announced_length};
use crate::http::connection::Caller;
use crate::http::known_headers::{UPLOAD_LENGTH, UPLOAD_OFFSET};
use crate::intake::Shared;
use crate::problem::Problem;
use headers::{PARTIAL, complete, number, set_limit, set_state};
use refusal::Refusal;
use session_file::{Done, Found, Session};
use softinfo_base::limits::UPLOAD_RECORD;
use softinfo_formats::envelope::padding::{SizeClass, largest_file};
use token::{Name, Token};

pub(crate) use staging::Uploads;

/// Whether a tip is announced to come in pieces.
pub(crate) fn is_first_piece(headers: &HeaderMap) -> bool {
    complete(headers) == Some(false)
}

/// `OPTIONS /tips`: what is taken, as the draft asks.
pub(crate) async fn options(State(shared): State<Arc<Shared>>) -> Response {
    let mut answer = StatusCode::NO_CONTENT.into_response();
    let headers = answer.headers_mut();
    headers.insert(header::ALLOW, HeaderValue::from_static("OPTIONS, POST"));
    headers.insert(HeaderName::from_static("accept-patch"), HeaderValue::from_static(PARTIAL));
    set_limit(headers, largest_file(shared.max_plaintext()));
    answer
}

/// The first piece, at `POST /tips`.
pub(crate) async fn first_piece(
    shared: Arc<Shared>,
    caller: &Caller,
    headers: HeaderMap,
    received: Received,
) -> Response {
    let permit = match shared.budget.large(announced_length(&headers), caller.circuit.as_deref()) {
        Ok(permit) => permit,
        Err(problem) => return answer_or_refuse(&shared, &headers, received, Err(problem.into())),
    };
    let received = received.metered(permit.meter());
    detached(async move {
        let outcome = create(&shared, &permit, &headers, &received).await;
        if outcome.is_err() {
            permit.refund();
        }
        drop(permit);
        answer_or_refuse(&shared, &headers, received, outcome)
    })
    .await
}

/// A further piece: `PATCH` at the upload's address.
pub(crate) async fn further_piece(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
    Path(token): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let received = Received::new(body, shared.idle);
    let permit = match shared.budget.large(announced_length(&headers), caller.circuit.as_deref()) {
        Ok(permit) => permit,
        Err(problem) => return answer_or_refuse(&shared, &headers, received, Err(problem.into())),
    };
    let received = received.metered(permit.meter());
    detached(async move {
        // What was staged of it stays when the permit is taken back, as when the connection breaks.
        let outcome = permit.run(append(&shared, (&permit, &caller), &token, &headers, &received)).await;
        drop(permit);
        answer_or_refuse(&shared, &headers, received, outcome)
    })
    .await
}

/// Goes on when the sender has gone: what arrived is staged to its end, and what was sent to its end is stored.
async fn detached(work: impl Future<Output = Response> + Send + 'static) -> Response {
    tokio::spawn(work).await.unwrap_or_else(|_| Problem::Unavailable.into_response())
}

/// How far an upload is: `HEAD` at its address. Ends a request that still sends to it.
pub(crate) async fn progress(
    State(shared): State<Arc<Shared>>,
    Path(token): Path<String>,
) -> Result<Response, Refusal> {
    let token = Token::parse(&token).ok_or(Problem::NotFound)?;
    let (is_complete, offset, length) = match find(&shared, token).await? {
        Found::Open(session) => (false, session.offset(), session.length),
        Found::Done(done) => (true, done.length, done.length),
    };
    let mut answer = StatusCode::NO_CONTENT.into_response();
    set_state(answer.headers_mut(), is_complete, offset);
    answer.headers_mut().insert(UPLOAD_LENGTH, length.into());
    set_limit(answer.headers_mut(), largest_file(shared.max_plaintext()));
    Ok(answer)
}

/// Gives an upload up: `DELETE` at its address. A tip that is stored already stays; withdrawing is another call.
pub(crate) async fn cancel(State(shared): State<Arc<Shared>>, Path(token): Path<String>) -> Result<Response, Refusal> {
    let name = Token::parse(&token).ok_or(Problem::NotFound)?.name();
    if erase(&shared, name).await? { Ok(StatusCode::NO_CONTENT.into_response()) } else { Err(Problem::NotFound.into()) }
}

fn answer_or_refuse(
    shared: &Shared,
    headers: &HeaderMap,
    received: Received,
    outcome: Result<Response, Refusal>,
) -> Response {
    let refusal = match outcome {
        Ok(answer) => return answer,
        Err(refusal) => refusal,
    };
    let problem = if let Refusal::Problem(problem) = &refusal { problem } else { &Problem::BadRequest };
    received.drain_after(problem, headers, shared.max_plaintext());
    let mut answer = refusal.into_response();
    if answer.status() == StatusCode::PAYLOAD_TOO_LARGE {
        set_limit(answer.headers_mut(), largest_file(shared.max_plaintext()));
    }
    answer
}

/// Erases an upload, when what works on it has ended.
async fn erase(shared: &Shared, name: Name) -> Result<bool, Refusal> {
    let turn = shared.uploads.turns.take(&name).await.ok_or(Problem::Interrupted)?;
    let uploads = Arc::clone(&shared.uploads);
    let erase = move || {
        let erased = uploads.erase(&name);
        drop(turn);
        erased
    };
    Ok(shared.budget.store_calls.run(erase).await??)
}

async fn create(
    shared: &Arc<Shared>,
    permit: &Permit,
    headers: &HeaderMap,
    received: &Received,
) -> Result<Response, Refusal> {
    let length = number(headers, &UPLOAD_LENGTH).ok_or(Problem::BadRequest)?;
    SizeClass::of_file(length, shared.max_plaintext())?;
    if announced_length(headers).is_some_and(|announced| announced > length) {
        return Err(Refusal::InconsistentLength);
    }
    let mut pieces = Pieces::new(received.frames(u64::MAX));
    let mut first = Vec::new();
    permit
        .run(async {
            pieces.fill(&mut first, UPLOAD_RECORD).await?;
            // As with a tip sent at once: anything else is refused before the disk is touched.
            check_header(&first)?;
            Ok::<_, Refusal>(())
        })
        .await?;

    let token = Token::random();
    let (name, address) = (token.name(), token.address());
    let staged = permit.run(async {
        let turn = shared.uploads.turns.take(&name).await.ok_or(Problem::Unavailable)?;
        let uploads = Arc::clone(&shared.uploads);
        let session = shared.budget.store_calls.run(move || uploads.create(&token, length, turn)).await??;
        receive(shared, permit, session, &mut pieces, first).await
    });
    let session = match staged.await {
        Ok(session) => session,
        Err(refusal) => {
            // Nobody knows its address yet. What still works on it ends first, and who was refused doesn't wait for that.
            let shared = Arc::clone(shared);
            let erased = tokio::spawn(async move { erase(&shared, name).await });
            if !matches!(refusal, Refusal::Problem(Problem::Busy { .. })) {
                let _ = erased.await;
            }
            return Err(refusal);
        }
    };
    let mut answer = StatusCode::CREATED.into_response();
    set_state(answer.headers_mut(), false, session.offset());
    set_limit(answer.headers_mut(), largest_file(shared.max_plaintext()));
    answer.headers_mut().insert(LOCATION, HeaderValue::try_from(address).map_err(|_| Problem::Unavailable)?);
    Ok(answer)
}

async fn append(
    shared: &Arc<Shared>,
    (permit, caller): (&Permit, &Caller),
    token: &str,
    headers: &HeaderMap,
    received: &Received,
) -> Result<Response, Refusal> {
    if headers.get(CONTENT_TYPE).is_none_or(|value| value != PARTIAL) {
        return Err(Problem::UnsupportedMediaType.into());
    }
    let (Some(provided), Some(is_last)) = (number(headers, &UPLOAD_OFFSET), complete(headers)) else {
        return Err(Problem::BadRequest.into());
    };
    let token = Token::parse(token).ok_or(Problem::NotFound)?;
    let mut pieces = Pieces::new(received.frames(u64::MAX));
    let session = match find(shared, token).await? {
        Found::Open(session) => session,
        Found::Done(done) => return repeat(&done, provided, is_last, &mut pieces).await,
    };
    let (expected, length) = (session.offset(), session.length);
    if provided != expected {
        return Err(Refusal::MismatchingOffset { expected, provided, complete: false });
    }
    let fits = |bytes: u64| if is_last { bytes == length - expected } else { bytes <= length - expected };
    if number(headers, &UPLOAD_LENGTH).is_some_and(|again| again != length)
        || announced_length(headers).is_some_and(|bytes| !fits(bytes))
    {
        return Err(Refusal::InconsistentLength);
    }
    let session = receive(shared, permit, session, &mut pieces, Vec::new()).await?;
    if is_last {
        if session.offset() < length {
            return Err(Refusal::InconsistentLength);
        }
        return Ok(final_answer(finish(shared, permit, caller, session).await?, length));
    }
    let mut answer = StatusCode::NO_CONTENT.into_response();
    set_state(answer.headers_mut(), false, session.offset());
    Ok(answer)
}

/// Ends what another request does with the upload, and opens it. Of a finished one the store is asked whether its tip is still there.
async fn find(shared: &Shared, token: Token) -> Result<Found, Refusal> {
    let turn = shared.uploads.turns.take(&token.name()).await.ok_or(Problem::Interrupted)?;
    let (uploads, store) = (Arc::clone(&shared.uploads), Arc::clone(&shared.store));
    let find = move || {
        let found = uploads.find(&token, turn)?.ok_or(Problem::NotFound)?;
        match &found {
            Found::Done(done) if !store.holds(&done.accepted.id)? => Err(Problem::Gone.into()),
            _ => Ok::<_, Refusal>(found),
        }
    };
    shared.budget.store_calls.run(find).await?
}

/// Stages what comes. A record is written when it is full or when the piece has come to its end, so that of a broken
/// connection whole records stay.
async fn receive(
    shared: &Arc<Shared>,
    permit: &Permit,
    mut session: Session,
    pieces: &mut Pieces<Frames>,
    mut record: Vec<u8>,
) -> Result<Session, Refusal> {
    loop {
        if record.is_empty() {
            tokio::select! {
                biased;
                () = session.turn.is_over() => return Err(Problem::Interrupted.into()),
                filled = pieces.fill(&mut record, UPLOAD_RECORD) => filled?,
            }
        }
        if record.is_empty() {
            return Ok(session);
        }
        permit.check_disk()?;
        let (uploads, bytes) = (Arc::clone(&shared.uploads), record.len());
        let stage = move || {
            if record.len() as u64 > session.length - session.offset() {
                // More than was announced: as the draft asks, nothing of it is trusted any more.
                uploads.give_up(session)?;
                return Err(Refusal::InconsistentLength);
            }
            uploads.append(&mut session, &record)?;
            record.clear();
            Ok::<_, Refusal>((session, record))
        };
        (session, record) = shared.budget.store_calls.run(stage).await??;
        permit.written(bytes);
    }
}

/// The staged bytes of an upload, on their way into the store.
struct Staged<'a> {
    shared: &'a Shared,
    session: Option<Session>,
    damaged: bool,
}

impl Source for Staged<'_> {
    async fn next(&mut self) -> Result<Option<Bytes>, Problem> {
        let mut session = self.session.take().ok_or(Problem::Unavailable)?;
        let (piece, session) = self.shared.budget.store_calls.run(move || (session.next_piece(), session)).await?;
        self.session = Some(session);
        piece.map_err(|error| {
            self.damaged = error.kind() == std::io::ErrorKind::InvalidData;
            Problem::Unavailable
        })
    }
}

async fn finish(shared: &Shared, permit: &Permit, caller: &Caller, session: Session) -> Result<Accepted, Refusal> {
    let _under_way = shared.uploads.finishing.read().await;
    let _few_at_a_time = shared.budget.finishing.enter().await?;
    let length = session.length;
    let mut pieces = Pieces::new(Staged { shared, session: Some(session), damaged: false });
    let stored = accept_large(shared, permit, caller, None, &mut pieces).await;
    let Staged { session, damaged, .. } = pieces.source;
    let mut session = session.ok_or(Problem::Unavailable)?;
    let uploads = Arc::clone(&shared.uploads);
    match stored {
        Ok(accepted) => {
            // The tip is durable. Without the marker the same bytes would be stored again, which changes nothing.
            let _ = shared.budget.store_calls.run(move || uploads.finish(session, accepted)).await;
            Ok(accepted)
        }
        Err(_) if damaged => {
            // After a power cut: what was lost has to be sent again.
            let cut = shared.budget.store_calls.run(move || session.cut_after_read()).await?;
            let expected = cut.map_err(|_| Problem::Unavailable)?;
            Err(Refusal::MismatchingOffset { expected, provided: length, complete: false })
        }
        Err(problem) => Err(problem.into()),
    }
}

/// The answer of a finished upload, for whoever has not seen it.
async fn repeat(done: &Done, provided: u64, is_last: bool, pieces: &mut Pieces<Frames>) -> Result<Response, Refusal> {
    if provided != done.length {
        return Err(Refusal::MismatchingOffset { expected: done.length, provided, complete: true });
    }
    let mut more = Vec::new();
    pieces.fill(&mut more, 1).await?;
    if !more.is_empty() {
        return Err(Refusal::InconsistentLength);
    }
    if is_last { Ok(final_answer(done.accepted, done.length)) } else { Err(Refusal::Completed) }
}

fn final_answer(accepted: Accepted, length: u64) -> Response {
    let mut answer = accepted.to_json();
    set_state(answer.headers_mut(), true, length);
    answer
}
