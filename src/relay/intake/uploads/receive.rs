//! Pieces on their way in: an upload begun, found again, and added to.
//!
//! In: a permit and the body of a request. Out: how far the upload is. Touches: the file of the upload.

use std::sync::Arc;

use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, HeaderMap, HeaderValue, LOCATION};
use axum::response::{IntoResponse, Response};

use softinfo_base::limits::UPLOAD_RECORD;
use softinfo_formats::api::media_types::FURTHER_PIECE;
use softinfo_formats::envelope::padding::{SizeClass, largest_file};

use super::Resumable;
use super::finish::{final_answer, repeat};
use super::refusal::Refusal;
use super::session_file::{Found, Session};
use super::token::{Name, Token};
use crate::accept::check_header;
use crate::admission::Permit;
use crate::http::body::{Frames, Pieces, Received};
use crate::http::connection::Caller;
use crate::http::known_headers::{UPLOAD_LENGTH, UPLOAD_OFFSET};
use crate::http::upload_headers::{complete, number, set_limit, set_state};
use crate::intake::class::Class;
use crate::problem::Problem;

impl Resumable {
    /// Takes the first piece: begins an upload, and says where it goes on.
    pub(in crate::intake) async fn create(
        &self,
        class: &Class,
        permit: &Permit,
        headers: &HeaderMap,
        received: &Received,
    ) -> Result<Response, Refusal> {
        let length = number(headers, &UPLOAD_LENGTH).ok_or(Problem::BadRequest)?;
        SizeClass::of_file(length, class.max_plaintext)?;
        if class.announced.is_some_and(|announced| announced > length) {
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
            let turn = self.uploads.turns.take(&name).await.ok_or(Problem::Unavailable)?;
            let uploads = Arc::clone(&self.uploads);
            let session = self.acceptor.budget.store_calls.run(move || uploads.create(&token, length, turn)).await??;
            self.receive(permit, session, &mut pieces, first).await
        });
        let session = match staged.await {
            Ok(session) => session,
            Err(refusal) => {
                // Nobody knows its address yet, so it is erased once nothing works on it any more. A sender that was refused for others' sake
                // doesn't wait for that.
                let resumable = self.clone();
                let erased = tokio::spawn(async move { resumable.erase(name).await });
                if !matches!(refusal, Refusal::Problem(Problem::Busy { .. })) {
                    let _ = erased.await;
                }
                return Err(refusal);
            }
        };
        let mut answer = StatusCode::CREATED.into_response();
        set_state(answer.headers_mut(), false, session.offset());
        set_limit(answer.headers_mut(), largest_file(class.max_plaintext));
        answer.headers_mut().insert(LOCATION, HeaderValue::try_from(address).map_err(|_| Problem::Unavailable)?);
        Ok(answer)
    }

    /// Takes a further piece. With the last one the whole tip goes into the store, and the answer is the one of a tip sent at once.
    pub(in crate::intake) async fn append(
        &self,
        class: &Class,
        (permit, caller): (&Permit, &Caller),
        token: &str,
        headers: &HeaderMap,
        received: &Received,
    ) -> Result<Response, Refusal> {
        if headers.get(CONTENT_TYPE).is_none_or(|value| value != FURTHER_PIECE) {
            return Err(Problem::UnsupportedMediaType.into());
        }
        let (Some(provided), Some(is_last)) = (number(headers, &UPLOAD_OFFSET), complete(headers)) else {
            return Err(Problem::BadRequest.into());
        };
        let token = Token::parse(token).ok_or(Problem::NotFound)?;
        let mut pieces = Pieces::new(received.frames(u64::MAX));
        let session = match self.find(token).await? {
            Found::Open(session) => session,
            Found::Done(done) => return repeat(&done, provided, is_last, &mut pieces).await,
        };
        let (expected, length) = (session.offset(), session.length);
        if provided != expected {
            return Err(Refusal::MismatchingOffset { expected, provided, complete: false });
        }
        let fits = |bytes: u64| if is_last { bytes == length - expected } else { bytes <= length - expected };
        if number(headers, &UPLOAD_LENGTH).is_some_and(|again| again != length)
            || class.announced.is_some_and(|bytes| !fits(bytes))
        {
            return Err(Refusal::InconsistentLength);
        }
        let session = self.receive(permit, session, &mut pieces, Vec::new()).await?;
        if is_last {
            if session.offset() < length {
                return Err(Refusal::InconsistentLength);
            }
            return Ok(final_answer(self.finish((permit, caller), session, class.max_plaintext).await?, length));
        }
        let mut answer = StatusCode::NO_CONTENT.into_response();
        set_state(answer.headers_mut(), false, session.offset());
        Ok(answer)
    }

    /// Ends what another request does with the upload, and opens it. Of a finished one the store is asked whether its tip is still there.
    pub(super) async fn find(&self, token: Token) -> Result<Found, Refusal> {
        let turn = self.uploads.turns.take(&token.name()).await.ok_or(Problem::Interrupted)?;
        let (uploads, store) = (Arc::clone(&self.uploads), Arc::clone(&self.acceptor.store));
        let find = move || {
            let found = uploads.find(&token, turn)?.ok_or(Problem::NotFound)?;
            match &found {
                Found::Done(done) if !store.holds(&done.accepted.id)? => Err(Problem::Gone.into()),
                _ => Ok::<_, Refusal>(found),
            }
        };
        self.acceptor.budget.store_calls.run(find).await?
    }

    /// Stages what comes. A record is written when it is full or when the piece has come to its end, so that of a broken
    /// connection whole records stay.
    async fn receive(
        &self,
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
            let (uploads, bytes) = (Arc::clone(&self.uploads), record.len());
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
            (session, record) = self.acceptor.budget.store_calls.run(stage).await??;
            permit.written(bytes);
        }
    }

    /// Erases an upload, when what works on it has ended.
    pub(super) async fn erase(&self, name: Name) -> Result<bool, Refusal> {
        let turn = self.uploads.turns.take(&name).await.ok_or(Problem::Interrupted)?;
        let uploads = Arc::clone(&self.uploads);
        let erase = move || {
            let erased = uploads.erase(&name);
            drop(turn);
            erased
        };
        Ok(self.acceptor.budget.store_calls.run(erase).await??)
    }
}
