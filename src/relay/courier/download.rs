//! A tip on its way to a courier: whole, or from where an earlier download broke off. Ciphertext, as it came.
//!
//! In: the id of a tip, and from which byte on. Out: its bytes. Touches: the store, which is read.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use softinfo_formats::api::media_types;
use softinfo_formats::envelope::id::TipId;
use softinfo_store::{CHUNK, Store, StoreError, Stored};

use crate::admission::{Budget, Pass};
use crate::problem::Problem;

/// Chunks read ahead for one download, besides the one that is being sent.
const AHEAD: usize = 1;

/// What downloads need of the relay.
#[derive(Clone)]
pub(crate) struct Downloads {
    pub store: Arc<dyn Store>,
    pub budget: Arc<Budget>,
}

/// `GET /tips/{id}`, whole or from a byte on.
pub(crate) async fn tip(
    State(downloads): State<Downloads>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let id: TipId = id.parse().map_err(|_| Problem::NotFound)?;
    let reader = downloads.budget.readers.enter().await?;
    let store = Arc::clone(&downloads.store);
    let found = downloads.budget.reads.run(move || store.get(&id)).await?.map_err(|error| match error {
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
    let mut answer = Response::new(body(downloads.budget, reader, stored, from, to));
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static(media_types::TIP));
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
fn body(budget: Arc<Budget>, reader: Pass, mut stored: Box<dyn Stored>, from: u64, to: u64) -> Body {
    let (sender, chunks) = mpsc::channel(AHEAD);
    tokio::spawn(async move {
        let _reader = reader;
        let mut at = from;
        while at < to {
            let work = move || {
                let read = piece(stored.as_ref(), at, to);
                (read, stored)
            };
            let Ok((read, back)) = budget.reads.run(work).await else {
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
