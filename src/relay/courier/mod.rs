//! The listener for couriers: lists what is in the pool and gives it out. Ciphertext only, and a token for every call.

pub(crate) mod couriers;
pub(crate) mod status;

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{Next, from_fn, map_response_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Router};
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use crate::admission::Pass;
use crate::courier::couriers::Courier;
use crate::courier::status::{metrics, status};
use crate::http::connection::Caller;
use crate::intake::{Shared, blocking, directory, json, withdraw};
use crate::problem::Problem;
use crate::refusals;
use crate::token::{TokenHash, which};
use softinfo_base::clock::{Clock, SystemClock};
use softinfo_base::day::Day;
use softinfo_formats::envelope::id::TipId;
use softinfo_store::{CHUNK, Cursor, Listed, StoreError, Stored};

/// Most tips in one page of the listing.
const PAGE: usize = 1000;
/// Chunks read ahead for one download, besides the one that is being sent.
const AHEAD: usize = 1;

/// Who may come in: `monitors` see how the relay is, and nothing else.
pub(crate) struct Tokens {
    pub couriers: Vec<TokenHash>,
    pub monitors: Vec<TokenHash>,
}

impl Tokens {
    /// Lets a request through, with the number of its courier, or refuses it.
    async fn authorize(self: Arc<Self>, mut request: Request, next: Next) -> Response {
        let shown = request.headers().get(header::AUTHORIZATION).map(header::HeaderValue::as_bytes);
        let (courier, monitor) = (which(shown, &self.couriers), which(shown, &self.monitors));
        let is_look = matches!(request.uri().path(), "/status" | "/metrics");
        match courier {
            Some(number) => {
                if let Some(caller) = request.extensions().get::<Caller>() {
                    caller.open.is_known();
                }
                request.extensions_mut().insert(Courier(number));
            }
            None if monitor.is_some() && is_look => {}
            None => return Problem::Unauthorized.into_response(),
        }
        next.run(request).await
    }
}

pub(crate) fn routes(shared: Arc<Shared>, tokens: Tokens) -> Router {
    let tokens = Arc::new(tokens);
    let authorize = move |request: Request, next: Next| Arc::clone(&tokens).authorize(request, next);
    Router::new()
        .route("/pool", get(pool))
        .route("/tips/{id}", get(tip))
        .route("/directory", get(directory))
        .route("/withdraw", post(withdraw))
        .route("/status", get(status))
        .route("/metrics", get(metrics))
        .fallback(|| async { Problem::NotFound })
        .method_not_allowed_fallback(|| async { Problem::MethodNotAllowed })
        .layer(from_fn(authorize))
        .layer(map_response_with_state(Arc::clone(&shared), refusals::count))
        .with_state(shared)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PoolQuery {
    after: Option<String>,
    limit: Option<usize>,
}

#[derive(Serialize)]
struct PoolPage {
    schema: &'static str,
    tips: Vec<PoolTip>,
    next: Option<String>,
}

#[derive(Serialize)]
struct PoolTip {
    id: TipId,
    day: Day,
    size: u64,
}

async fn pool(
    State(shared): State<Arc<Shared>>,
    Extension(courier): Extension<Courier>,
    query: Result<Query<PoolQuery>, axum::extract::rejection::QueryRejection>,
) -> Result<Response, Problem> {
    let Ok(Query(PoolQuery { after, limit })) = query else { return Err(Problem::BadRequest) };
    let after = after.map(|text| parse_cursor(&text)).transpose()?;
    let limit = limit.unwrap_or(PAGE);
    if !(1..=PAGE).contains(&limit) {
        return Err(Problem::BadRequest);
    }
    let store = Arc::clone(&shared.store);
    // One more than asked for tells whether there is a next page.
    let mut listed = blocking(move || store.list(after.as_ref(), limit + 1)).await??;
    let more = listed.len() > limit;
    listed.truncate(limit);
    if !more {
        shared.couriers.came(courier, SystemClock.today());
    }
    let next = listed.last().filter(|_| more).map(|last| format!("{}/{}", last.day, last.id));
    let tips = listed.into_iter().map(|Listed { day, id, size }| PoolTip { id, day, size }).collect();
    Ok(json(StatusCode::OK, &PoolPage { schema: "softinfo/pool/1", tips, next }))
}

fn parse_cursor(text: &str) -> Result<Cursor, Problem> {
    let (day, id) = text.split_once('/').map_or((text, None), |(day, id)| (day, Some(id)));
    let day = day.parse().map_err(|_| Problem::BadRequest)?;
    let id = id.map(str::parse).transpose().map_err(|_| Problem::BadRequest)?;
    Ok(Cursor { day, id })
}

async fn tip(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let id: TipId = id.parse().map_err(|_| Problem::NotFound)?;
    let reader = shared.budget.readers.enter().await?;
    let store = Arc::clone(&shared.store);
    let found = shared.budget.reads.run(move || store.get(&id)).await?.map_err(|error| match error {
        StoreError::Damaged => Problem::Damaged,
        error => error.into(),
    });
    let stored = found?.ok_or(Problem::NotFound)?;
    let size = stored.listed().size;
    let range = match headers.get(header::RANGE) {
        None => None,
        Some(value) => Some(parse_range(value.as_bytes(), size)?),
    };
    let (from, to) = range.unwrap_or((0, size));
    let mut answer = Response::new(body(Arc::clone(&shared), reader, stored, from, to));
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/octet-stream"));
    headers.insert(header::ACCEPT_RANGES, header::HeaderValue::from_static("bytes"));
    headers.insert(header::CONTENT_LENGTH, (to - from).into());
    if range.is_some() {
        let text = format!("bytes {from}-{}/{size}", to - 1);
        headers.insert(header::CONTENT_RANGE, header::HeaderValue::try_from(text).map_err(|_| Problem::BadRequest)?);
        *answer.status_mut() = StatusCode::PARTIAL_CONTENT;
    }
    Ok(answer)
}

/// `bytes=N-` or `bytes=N-M` (RFC 9110, 14.1.2) as a half-open range; one range only.
fn parse_range(value: &[u8], size: u64) -> Result<(u64, u64), Problem> {
    let text =
        std::str::from_utf8(value).ok().and_then(|text| text.strip_prefix("bytes=")).ok_or(Problem::BadRequest)?;
    let (from, last) = text.split_once('-').ok_or(Problem::BadRequest)?;
    let from: u64 = from.parse().map_err(|_| Problem::BadRequest)?;
    let last: u64 = if last.is_empty() { u64::MAX } else { last.parse().map_err(|_| Problem::BadRequest)? };
    if last < from {
        return Err(Problem::BadRequest);
    }
    if from >= size { Err(Problem::RangeNotSatisfiable) } else { Ok((from, last.saturating_add(1).min(size))) }
}

/// Reads chunk after chunk, one ahead of the network and no more. A thread is held only while the disk is read, never while the network is waited for.
fn body(shared: Arc<Shared>, reader: Pass, mut stored: Box<dyn Stored>, from: u64, to: u64) -> Body {
    let (sender, chunks) = mpsc::channel(AHEAD);
    tokio::spawn(async move {
        let _reader = reader;
        let mut at = from;
        while at < to {
            let work = move || {
                let read = piece(stored.as_ref(), at, to);
                (read, stored)
            };
            let Ok((read, back)) = shared.budget.reads.run(work).await else {
                let _ = sender.send(Err(std::io::Error::other("too many are reading"))).await;
                return;
            };
            stored = back;
            let length = read.as_ref().map_or(0, |piece| piece.len() as u64);
            at += length;
            // A closed channel means that the courier has gone; a damaged tip ends the body early, and when the courier asks for
            // the rest it is told why.
            if sender.send(read).await.is_err() || length == 0 {
                return;
            }
        }
    });
    Body::from_stream(ReceiverStream::new(chunks))
}

/// The bytes from `at` to the end of their chunk, and not beyond `to`.
fn piece(stored: &dyn Stored, at: u64, to: u64) -> std::io::Result<Bytes> {
    let number = u32::try_from(at / CHUNK as u64).map_err(std::io::Error::other)?;
    let within = usize::try_from(at % CHUNK as u64).map_err(std::io::Error::other)?;
    let chunk = Bytes::from(stored.chunk(number).map_err(|_| std::io::Error::other("damaged"))?);
    let end = chunk.len().min(within.saturating_add(usize::try_from(to - at).unwrap_or(usize::MAX)));
    Ok(chunk.slice(within.min(end)..end))
}
