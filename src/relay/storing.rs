//! From bytes to a durable tip. The one way into the store, whichever way the bytes have come.

use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::body::{Pieces, Source};
use super::budget::Seat;
use super::intake::{Shared, blocking, json};
use super::problem::Problem;
use crate::day::Day;
use crate::limits::TIP_HEADER_BYTES;
use crate::store::{CHUNK, Pressure, StoreError};
use crate::tip::header::{HeaderError, TipHeader};
use crate::tip::id::TipId;
use crate::tip::padding::{SizeClass, SizeError, largest_file};

/// A tip that is durable: the answer to whoever sent it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(super) struct Stored {
    pub id: TipId,
    pub day: Day,
    /// Whether the same bytes were there before.
    #[serde(skip)]
    pub already: bool,
}

impl Stored {
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

/// Stores what a source gives, when it is a tip. `announced` is what its length says, where that is known before;
/// `seat` is the right to send it.
pub(super) async fn store_tip<S: Source>(
    shared: &Shared,
    seat: &Seat,
    announced: Option<Result<SizeClass, SizeError>>,
    pieces: &mut Pieces<S>,
) -> Result<Stored, Problem> {
    let max = shared.max_plaintext();
    let mut chunk = Vec::with_capacity(CHUNK);
    pieces.fill(&mut chunk, CHUNK).await?;
    // A header is well within the first chunk, so that anything else is refused before the store is touched.
    let tip_header = check_header(&chunk)?;
    if let Some(class) = announced {
        class?;
    }

    let mut incoming = shared.store.begin(Day::today())?;
    let (mut hash, mut length) = (Sha256::new(), 0);
    while !chunk.is_empty() {
        length += chunk.len() as u64;
        if length > largest_file(max) {
            return Err(Problem::TooLarge { max });
        }
        hash.update(&chunk);
        if incoming.append(&chunk)? == Pressure::Settle {
            seat.check_disk()?;
            incoming = blocking(move || incoming.settle().map(|()| incoming)).await??;
        }
        chunk.clear();
        pieces.fill(&mut chunk, CHUNK).await?;
    }
    SizeClass::of_file(length, max)?;
    let id = TipId::from_bytes(hash.finalize().into());
    // From here on the answer is the store's: what is being made durable can't be called off for another's sake.
    seat.keep();
    let acknowledged = incoming.commit(id, tip_header, Day::today());
    match acknowledged.await {
        Ok(Ok(committed)) => Ok(Stored { id, day: committed.day, already: committed.already }),
        Ok(Err(StoreError::Full)) => Err(Problem::StorageFull),
        Ok(Err(_)) | Err(_) => Err(Problem::Unsure),
    }
}
