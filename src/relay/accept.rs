//! From bytes to a durable tip. The two ways into the store: a text whole and at once, anything larger chunk by chunk.

use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::admission::Permit;
use super::body::{Pieces, Source};
use super::connection::Caller;
use super::intake::{Shared, json};
use super::problem::Problem;
use crate::day::Day;
use crate::limits::TIP_HEADER_BYTES;
use crate::store::{Acknowledgement, CHUNK, StoreError};
use crate::tip::header::{HeaderError, TipHeader};
use crate::tip::id::TipId;
use crate::tip::padding::{SizeClass, SizeError, largest_file};

/// Bytes of a large tip after which the disk is looked at again.
const LOOK: u64 = 1 << 20;

/// A tip that is durable: the answer to whoever sent it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(super) struct Accepted {
    pub id: TipId,
    pub day: Day,
    /// Whether the same bytes were there before.
    #[serde(skip)]
    pub already: bool,
}

impl Accepted {
    pub fn status(&self) -> StatusCode {
        if self.already { StatusCode::OK } else { StatusCode::CREATED }
    }

    pub fn to_json(self) -> Response {
        json(self.status(), &self)
    }
}

/// Checks the header of a tip at the start of its file.
pub(super) fn check_header(start: &[u8]) -> Result<TipHeader, HeaderError> {
    TipHeader::parse(&start[..start.len().min(TIP_HEADER_BYTES)])
}

/// Stores a text that has come whole. Waits for nothing but the store's answer, which is about this tip and those that came with it.
pub(super) async fn accept_text(
    shared: &Shared,
    permit: &Permit,
    caller: &Caller,
    text: &[u8],
) -> Result<Accepted, Problem> {
    let header = check_header(text)?;
    SizeClass::of_file(text.len() as u64, shared.max_plaintext())?;
    let id = TipId::of(text);
    let part = match shared.budget.text_part() {
        Ok(part) => Some(part),
        // What is there already takes no room.
        Err(_) if shared.store.holds(&id)? => None,
        Err(problem) => return Err(problem),
    };
    // From here on the answer is the store's: what is being made durable can't be called off for another's sake.
    permit.keep()?;
    let _kept = caller.open.keep();
    let accepted = answer(id, shared.store.put(text, id, &header)?).await?;
    if let Some(part) = part.filter(|_| !accepted.already) {
        part.keep();
    }
    Ok(accepted)
}

/// Stores what a source gives, when it is a tip. `announced` is what its length says, where that is known before.
///
/// Every call into the store may wait for the disk, so each takes its turn with those of other large tips, away from what answers texts.
pub(super) async fn accept_large<S: Source>(
    shared: &Shared,
    permit: &Permit,
    caller: &Caller,
    announced: Option<Result<SizeClass, SizeError>>,
    pieces: &mut Pieces<S>,
) -> Result<Accepted, Problem> {
    let (max, calls) = (shared.max_plaintext(), &shared.budget.store_calls);
    let mut chunk = Vec::new();
    pieces.fill(&mut chunk, CHUNK).await?;
    // A header is well within the first chunk, so that anything else is refused before the store is touched.
    let header = check_header(&chunk)?;
    if let Some(class) = announced {
        class?;
    }

    let store = std::sync::Arc::clone(&shared.store);
    let mut incoming = calls.run(move || store.begin()).await??;
    let (mut hash, mut length, mut looked) = (Sha256::new(), 0, 0);
    while !chunk.is_empty() {
        length += chunk.len() as u64;
        if length > largest_file(max) {
            return Err(Problem::TooLarge { max });
        }
        if length - looked >= LOOK {
            permit.check_disk()?;
            looked = length;
        }
        hash.update(&chunk);
        (incoming, chunk) = calls
            .run(move || {
                incoming.append(&chunk)?;
                Ok::<_, StoreError>((incoming, chunk))
            })
            .await??;
        permit.written(chunk.len());
        chunk.clear();
        pieces.fill(&mut chunk, CHUNK).await?;
    }
    SizeClass::of_file(length, max)?;
    let id = TipId::from_bytes(hash.finalize().into());
    permit.keep()?;
    let _kept = caller.open.keep();
    let acknowledged = calls.run(move || incoming.commit(id, &header)).await?;
    answer(id, acknowledged).await
}

async fn answer(id: TipId, acknowledged: Acknowledgement) -> Result<Accepted, Problem> {
    match acknowledged.await {
        Ok(Ok(committed)) => Ok(Accepted { id, day: committed.day, already: committed.already }),
        Ok(Err(StoreError::Full)) => Err(Problem::StorageFull),
        Ok(Err(StoreError::Unavailable)) => Err(Problem::Unavailable),
        Ok(Err(_)) | Err(_) => Err(Problem::Unsure),
    }
}
