//! A tip sent by a form, from a browser without JavaScript: `multipart/form-data` with the file in the field `tip`.
//!
//! In: a body in parts. Out: the tip in it, accepted. Touches: the store, through [`Acceptor`].
//!
//! The file's name and every other field are passed over: they are in memory while they are parsed, and nowhere after.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use axum::body::Bytes;
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use multer::{Field, Multipart};
use tokio_stream::Stream;

use softinfo_base::limits::FORM_ALLOWANCE;
use softinfo_formats::envelope::padding::SizeClass;

use super::class::{Class, Kind, Length};
use crate::accept::{Acceptor, DurableTip};
use crate::admission::Permit;
use crate::http::body::{Broken, Frames, Pieces, Received, Source};
use crate::http::connection::Caller;
use crate::problem::Problem;

/// The field that holds the tip.
const FIELD: &str = "tip";
/// Bytes that the parser is given at a time.
const SLICE: usize = 16 * 1024;

/// Stores the tip of a form.
pub(super) async fn accept(
    acceptor: &Acceptor,
    class: &Class,
    (permit, caller): (&Permit, &Caller),
    headers: &HeaderMap,
    received: &Received,
) -> Result<DurableTip, Problem> {
    let max = class.max_plaintext;
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let boundary = multer::parse_boundary(kind).map_err(|_| Problem::BadRequest)?;
    let allowance = Arc::new(AtomicU64::new(FORM_ALLOWANCE));
    let slices = Slices {
        frames: received.frames(u64::MAX),
        rest: Bytes::new(),
        allowance: Arc::clone(&allowance),
        given: false,
    };
    let mut form = Multipart::new(slices, boundary);
    while let Some(field) = form.next_field().await.map_err(|error| problem_of(&error))? {
        if field.name() == Some(FIELD) {
            let mut pieces = Pieces::new(TipField { field, allowance });
            if class.kind != Kind::Form(Length::Text) {
                return acceptor.large(permit, caller, None, &mut pieces, max).await;
            }
            let text = SizeClass::default().file_length();
            let start = pieces.gather(usize::try_from(text).unwrap_or(usize::MAX).saturating_add(1)).await?;
            if start.len() as u64 <= text {
                return acceptor.text(permit, caller, start, max).await;
            }
            // A little larger than a text, in a form without much around it. Its circuit has counted it already.
            let large = acceptor.budget.large(class.announced, None)?;
            large.meter().received(class.announced.unwrap_or(FORM_ALLOWANCE));
            pieces.put_back(start);
            let result = large.run(acceptor.large(&large, caller, None, &mut pieces, max)).await;
            if result.as_ref().map_or(true, |accepted| accepted.already) {
                large.refund();
            }
            return result;
        }
    }
    Err(Problem::BadRequest)
}

fn problem_of(error: &multer::Error) -> Problem {
    match error {
        multer::Error::StreamReadFailed(source) => {
            source.downcast_ref::<Broken>().map_or(Problem::Interrupted, |broken| (*broken).into())
        }
        multer::Error::IncompleteStream | multer::Error::IncompleteFieldData { .. } => Problem::Interrupted,
        _ => Problem::BadRequest,
    }
}

/// A body as the parser gets it: a slice at a time.
///
/// The parser reads as long as anything comes and keeps it until a header or a field ends, so it gets no more than the allowance in all. The
/// allowance grows by what the field of the tip has given out.
struct Slices {
    frames: Frames,
    rest: Bytes,
    allowance: Arc<AtomicU64>,
    given: bool,
}

impl Stream for Slices {
    type Item = Result<Bytes, Broken>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if std::mem::take(&mut self.given) {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        while self.rest.is_empty() {
            match Pin::new(&mut self.frames).poll_next(context) {
                Poll::Ready(Some(Ok(bytes))) => self.rest = bytes,
                other => return other,
            }
        }
        let length = self.rest.len().min(SLICE);
        let taken =
            self.allowance.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(length as u64));
        if taken.is_err() {
            return Poll::Ready(Some(Err(Broken::TooLong)));
        }
        self.given = true;
        Poll::Ready(Some(Ok(self.rest.split_to(length))))
    }
}

struct TipField<'a> {
    field: Field<'a>,
    allowance: Arc<AtomicU64>,
}

impl Source for TipField<'_> {
    async fn next(&mut self) -> Result<Option<Bytes>, Problem> {
        let bytes = self.field.chunk().await.map_err(|error| problem_of(&error))?;
        self.allowance.fetch_add(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64), Ordering::Relaxed);
        Ok(bytes)
    }
}
