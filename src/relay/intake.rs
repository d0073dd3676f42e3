//! The public listener: takes sealed tips and withdrawals, gives the directory. Reads nothing of a request but method, path, content
//! type and body; no handler has access to an address or to any other header.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http_body_util::BodyExt;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::problem::Problem;
use crate::day::Day;
use crate::limits::TIP_HEADER_BYTES;
use crate::store::{CHUNK, Pressure, Store, StoreError};
use crate::tip::header::TipHeader;
use crate::tip::id::TipId;
use crate::tip::padding::{SizeClass, SizeError, largest_file};
use crate::tip::withdraw::WithdrawToken;

/// What both listeners share.
pub(super) struct Shared {
    pub store: Arc<dyn Store>,
    /// The signed note, as it is served.
    pub directory: Bytes,
    /// Plaintext bytes of the largest tip.
    pub max_plaintext: u64,
    pub idle: Duration,
}

/// The answer to a tip.
#[derive(Serialize)]
struct Stored {
    id: TipId,
    day: Day,
}

pub(super) fn routes(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/", get(page))
        .route("/directory", get(directory))
        .route("/tips", post(take_tip))
        .route("/withdraw", post(withdraw))
        .fallback(|| async { Problem::NotFound })
        .method_not_allowed_fallback(|| async { Problem::MethodNotAllowed })
        .with_state(shared)
}

async fn page() -> Response {
    ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], include_str!("landing.html")).into_response()
}

pub(super) async fn directory(State(shared): State<Arc<Shared>>) -> Response {
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], shared.directory.clone()).into_response()
}

async fn take_tip(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Body) -> Result<Response, Problem> {
    if headers.get(header::CONTENT_TYPE).is_none_or(|value| value != "application/octet-stream") {
        return Err(Problem::UnsupportedMediaType);
    }
    // An announced length is judged before anything is read; a body without one is judged at its end.
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    let max = shared.max_plaintext;
    let announced_class = announced.map(|length| SizeClass::of_file(length, max));
    if let Some(Err(SizeError::TooLarge { max })) = announced_class {
        return Err(Problem::TooLarge { max });
    }

    let mut upload = Upload { body, idle: shared.idle, rest: Bytes::new() };
    let answer = store_tip(&shared, announced_class, &mut upload).await;
    if matches!(answer, Err(Problem::StorageFull)) {
        upload.discard(largest_file(max));
    }
    answer
}

async fn store_tip(
    shared: &Shared,
    announced_class: Option<Result<SizeClass, SizeError>>,
    upload: &mut Upload,
) -> Result<Response, Problem> {
    let max = shared.max_plaintext;
    let mut chunk = Vec::with_capacity(CHUNK);
    upload.fill(&mut chunk).await?;
    // A header is well within the first chunk, so that anything else is refused before the store is touched.
    let tip_header = TipHeader::parse(&chunk[..chunk.len().min(TIP_HEADER_BYTES)])?;
    if let Some(class) = announced_class {
        class?;
    }

    let day = Day::today();
    let mut incoming = shared.store.begin(day)?;
    let (mut hash, mut length) = (Sha256::new(), 0);
    while !chunk.is_empty() {
        length += chunk.len() as u64;
        if length > largest_file(max) {
            return Err(Problem::TooLarge { max });
        }
        hash.update(&chunk);
        if incoming.append(&chunk)? == Pressure::Settle {
            incoming = blocking(move || incoming.settle().map(|()| incoming)).await??;
        }
        chunk.clear();
        upload.fill(&mut chunk).await?;
    }
    SizeClass::of_file(length, max)?;
    let id = TipId::from_bytes(hash.finalize().into());
    let acknowledged = incoming.commit(id, tip_header, Day::today());
    let committed = match acknowledged.await {
        Ok(Ok(committed)) => committed,
        Ok(Err(StoreError::Full)) => return Err(Problem::StorageFull),
        Ok(Err(_)) | Err(_) => return Err(Problem::Unsure),
    };
    let status = if committed.already { StatusCode::OK } else { StatusCode::CREATED };
    Ok(json(status, &Stored { id, day: committed.day }))
}

/// The store may wait for the disk, so it is called where waiting is allowed.
pub(super) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
    tokio::task::spawn_blocking(work).await.map_err(|_| Problem::Unavailable)
}

/// The body of an upload, cut into store chunks.
struct Upload {
    body: Body,
    idle: Duration,
    /// What came with the last frame and did not fit.
    rest: Bytes,
}

impl Upload {
    /// Fills `chunk` up to [`CHUNK`] bytes; fewer only at the end of the body.
    async fn fill(&mut self, chunk: &mut Vec<u8>) -> Result<(), Problem> {
        while chunk.len() < CHUNK {
            if self.rest.is_empty() {
                match tokio::time::timeout(self.idle, self.body.frame()).await {
                    Err(_) => return Err(Problem::Timeout),
                    Ok(None) => return Ok(()),
                    Ok(Some(Err(_))) => return Err(Problem::Interrupted),
                    Ok(Some(Ok(frame))) => self.rest = frame.into_data().unwrap_or_default(),
                }
            }
            let taken = self.rest.split_to(self.rest.len().min(CHUNK - chunk.len()));
            chunk.extend_from_slice(&taken);
        }
        Ok(())
    }

    /// Reads on and keeps nothing, at most `limit` bytes: a sender whose connection closes while it writes never
    /// sees the answer, takes the relay for unreachable and sends all of it again.
    fn discard(self, limit: u64) {
        let Self { mut body, idle, .. } = self;
        tokio::spawn(async move {
            let mut left = limit;
            while left > 0
                && let Ok(Some(Ok(frame))) = tokio::time::timeout(idle, body.frame()).await
            {
                left = left.saturating_sub(frame.data_ref().map_or(0, |data| data.len() as u64));
            }
        });
    }
}

#[derive(Serialize)]
struct Erased {
    erased: usize,
}

/// Erases the tips of a token. The same on both listeners: the right is the token's, not the caller's.
pub(super) async fn withdraw(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let is_text = |value: &header::HeaderValue| value.as_bytes().starts_with(b"text/plain");
    if !headers.get(header::CONTENT_TYPE).is_some_and(is_text) {
        return Err(Problem::UnsupportedMediaType);
    }
    let mut upload =
        Upload { body: Body::new(http_body_util::Limited::new(body, 256)), idle: shared.idle, rest: Bytes::new() };
    let mut text = Vec::new();
    upload.fill(&mut text).await.map_err(|problem| match problem {
        Problem::Interrupted => Problem::BadToken,
        other => other,
    })?;
    let text = std::str::from_utf8(&text).map_err(|_| Problem::BadToken)?;
    let digest = WithdrawToken::parse(text.trim()).map_err(|_| Problem::BadToken)?.digest();
    let store = Arc::clone(&shared.store);
    match blocking(move || store.erase(&digest)).await?? {
        0 => Err(Problem::UnknownToken),
        erased => Ok(json(StatusCode::OK, &Erased { erased })),
    }
}

pub(super) fn json(status: StatusCode, body: &impl Serialize) -> Response {
    let text = serde_json::to_string(body).unwrap_or_default();
    (status, [(header::CONTENT_TYPE, "application/json")], text).into_response()
}
