//! A whole upload on its way into the store, and the answer to it, which can be asked for again.
//!
//! In: an upload that is whole. Out: a durable tip and its answer. Touches: the store, and the file of the upload.

use std::sync::Arc;

use axum::body::Bytes;
use axum::response::Response;

use super::Resumable;
use super::refusal::Refusal;
use super::session_file::{Done, Session};
use crate::accept::DurableTip;
use crate::admission::{Budget, Permit};
use crate::http::body::{Frames, Pieces, Source};
use crate::http::connection::Caller;
use crate::http::upload_headers::set_state;
use crate::problem::Problem;

/// The staged bytes of an upload, on their way into the store.
struct Staged<'a> {
    budget: &'a Budget,
    session: Option<Session>,
    damaged: bool,
}

impl Source for Staged<'_> {
    async fn next(&mut self) -> Result<Option<Bytes>, Problem> {
        let mut session = self.session.take().ok_or(Problem::Unavailable)?;
        let (piece, session) = self.budget.store_calls.run(move || (session.next_piece(), session)).await?;
        self.session = Some(session);
        piece.map_err(|error| {
            self.damaged = error.kind() == std::io::ErrorKind::InvalidData;
            Problem::Unavailable
        })
    }
}

impl Resumable {
    /// Moves a whole upload into the store, and leaves its answer under its address.
    pub(super) async fn finish(
        &self,
        (permit, caller): (&Permit, &Caller),
        session: Session,
        max_plaintext: u64,
    ) -> Result<DurableTip, Refusal> {
        let _under_way = self.uploads.finishing.read().await;
        let _few_at_a_time = self.acceptor.budget.finishing.enter().await?;
        let length = session.length;
        let mut pieces = Pieces::new(Staged { budget: &self.acceptor.budget, session: Some(session), damaged: false });
        let stored = self.acceptor.large(permit, caller, None, &mut pieces, max_plaintext).await;
        let Staged { session, damaged, .. } = pieces.source;
        let mut session = session.ok_or(Problem::Unavailable)?;
        let uploads = Arc::clone(&self.uploads);
        match stored {
            Ok(accepted) => {
                // The tip is durable. When the marker fails, the same bytes may be sent again, and are not stored twice.
                let _ = self.acceptor.budget.store_calls.run(move || uploads.finish(session, accepted)).await;
                Ok(accepted)
            }
            Err(_) if damaged => {
                // After a power cut: what was lost has to be sent again.
                let cut = self.acceptor.budget.store_calls.run(move || session.cut_after_read()).await?;
                let expected = cut.map_err(|_| Problem::Unavailable)?;
                Err(Refusal::MismatchingOffset { expected, provided: length, complete: false })
            }
            Err(problem) => Err(problem.into()),
        }
    }
}

/// The answer of a finished upload, for whoever has not seen it.
pub(super) async fn repeat(
    done: &Done,
    provided: u64,
    is_last: bool,
    pieces: &mut Pieces<Frames>,
) -> Result<Response, Refusal> {
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

/// The answer to who has sent the last piece.
pub(super) fn final_answer(accepted: DurableTip, length: u64) -> Response {
    let mut answer = accepted.to_json();
    set_state(answer.headers_mut(), true, length);
    answer
}
