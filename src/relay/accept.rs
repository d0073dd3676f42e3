//! From bytes to a durable tip. The two ways into the store: a text whole and at once, anything larger chunk by chunk.
//!
//! In: a permit and bytes. Out: a tip that is durable, or why there is none. Touches: the store.

use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::Response;
use sha2::{Digest, Sha256};

use softinfo_base::day::Day;
use softinfo_base::limits::TIP_HEADER_BYTES;
use softinfo_formats::api::answer::Accepted;
use softinfo_formats::envelope::header::{HeaderError, TipHeader};
use softinfo_formats::envelope::id::TipId;
use softinfo_formats::envelope::padding::{SizeClass, SizeError, largest_file};
use softinfo_store::{Acknowledgement, CHUNK, Store, StoreError};

use crate::admission::{Budget, Permit, blocking};
use crate::http::body::{Pieces, Source};
use crate::http::connection::Caller;
use crate::http::json::json;
use crate::problem::Problem;

/// Bytes of a large tip after which the disk is looked at again.
const LOOK: u64 = 1 << 20;

/// A tip that the store has acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct DurableTip {
    pub id: TipId,
    pub day: Day,
    /// Whether the same bytes were there before.
    pub already: bool,
}

impl DurableTip {
    /// Created, or OK when it was there before.
    pub fn status(&self) -> StatusCode {
        if self.already { StatusCode::OK } else { StatusCode::CREATED }
    }

    /// The answer to a program: id and day.
    pub fn to_json(self) -> Response {
        let Self { id, day, .. } = self;
        json(self.status(), &Accepted { id, day })
    }
}

/// Checks the header of a tip at the start of its file.
pub(crate) fn check_header(start: &[u8]) -> Result<TipHeader, HeaderError> {
    TipHeader::parse(&start[..start.len().min(TIP_HEADER_BYTES)])
}

/// The way into the store. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Acceptor {
    pub store: Arc<dyn Store>,
    pub budget: Arc<Budget>,
}

impl Acceptor {
    /// Stores a text that has come whole. Waits for nothing but the store's answer, which is about this tip and those that came with it.
    ///
    /// `max_plaintext` is what the largest tip has, as it held when the request came.
    pub async fn text(
        &self,
        permit: &Permit,
        caller: &Caller,
        text: Vec<u8>,
        max_plaintext: u64,
    ) -> Result<DurableTip, Problem> {
        let header = check_header(&text)?;
        SizeClass::of_file(text.len() as u64, max_plaintext)?;
        let id = TipId::of(&text);
        permit.keep()?;
        // From here on the tip is stored even when its sender hangs up, so its memory and its part of the share are held until the store has
        // answered.
        let (Self { store, budget }, held, open) = (self.clone(), permit.meter(), caller.open.clone());
        let task = tokio::spawn(async move {
            let _held = (held, open.keep());
            let part = match budget.text_part() {
                Ok(part) => Some(part),
                Err(problem) => {
                    // What is there already takes no room. Where that can't be looked up, the share decides.
                    let (store, there) = (Arc::clone(&store), id);
                    if !blocking(move || store.holds(&there).unwrap_or(false)).await? {
                        return Err(problem);
                    }
                    None
                }
            };
            let accepted = answer(id, store.put(&text, id, &header)?).await;
            // Given back only when it is certain that nothing was stored.
            let was_refused = matches!(accepted, Err(Problem::StorageFull | Problem::Unavailable));
            if let Some(part) =
                part.filter(|_| !was_refused && !accepted.as_ref().is_ok_and(|accepted| accepted.already))
            {
                part.keep();
            }
            accepted
        });
        task.await.map_err(|_| Problem::Unsure)?
    }

    /// Stores what `pieces` give, when it is a tip. `announced` is what its length says, where that is known before.
    ///
    /// Every call into the store may wait for the disk, so each takes its turn with those of other large tips, away from what answers texts.
    pub async fn large<S: Source>(
        &self,
        permit: &Permit,
        caller: &Caller,
        announced: Option<Result<SizeClass, SizeError>>,
        pieces: &mut Pieces<S>,
        max_plaintext: u64,
    ) -> Result<DurableTip, Problem> {
        let calls = &self.budget.store_calls;
        let mut chunk = Vec::new();
        pieces.fill(&mut chunk, CHUNK).await?;
        // A header is well within the first chunk, so that anything else is refused before the store is touched.
        let header = check_header(&chunk)?;
        if let Some(class) = announced {
            class?;
        }

        let store = Arc::clone(&self.store);
        let mut incoming = calls.run(move || store.begin()).await??;
        let (mut hash, mut length, mut looked) = (Sha256::new(), 0, 0);
        while !chunk.is_empty() {
            length += chunk.len() as u64;
            if length > largest_file(max_plaintext) {
                return Err(Problem::TooLarge { max: max_plaintext });
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
        SizeClass::of_file(length, max_plaintext)?;
        let id = TipId::from_bytes(hash.finalize().into());
        permit.keep()?;
        let _kept = caller.open.keep();
        let acknowledged = calls.run(move || incoming.commit(id, &header)).await?;
        answer(id, acknowledged).await
    }
}

/// What the store has acknowledged, when it has: a tip that is durable, or why there is none.
async fn answer(id: TipId, acknowledged: Acknowledgement) -> Result<DurableTip, Problem> {
    match acknowledged.await {
        Ok(Ok(committed)) => Ok(DurableTip { id, day: committed.day, already: committed.already }),
        Ok(Err(StoreError::Full)) => Err(Problem::StorageFull),
        Ok(Err(StoreError::Unavailable)) => Err(Problem::Unavailable),
        Ok(Err(_)) | Err(_) => Err(Problem::Unsure),
    }
}
