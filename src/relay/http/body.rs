//! The body of a request: read with patience, cut into pieces, or drained so that an answer is seen.
//!
//! In: a body. Out: its bytes in pieces of the size that is asked for. Nothing of it is kept here.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::http::{HeaderMap, header};
use tokio::time::{Instant, Sleep};
use tokio_stream::Stream;

use softinfo_formats::envelope::padding::largest_file;

use crate::admission::Meter;
use crate::problem::Problem;

/// Bytes that are drained of a body that announced no length. Browsers always announce one.
const UNANNOUNCED: u64 = 8 << 20;

/// A piece grows by so many bytes: of many that come slowly each has little more in memory than has come.
const STEP: usize = 4096;

/// A body that several may read from, one after another: a parser, and whoever drains what the parser left.
#[derive(Clone)]
pub(crate) struct Received {
    body: Arc<Mutex<Body>>,
    idle: Duration,
    meter: Option<Meter>,
}

impl Received {
    /// A body that is given up after `idle` without a byte.
    pub fn new(body: Body, idle: Duration) -> Self {
        Self { body: Arc::new(Mutex::new(body)), idle, meter: None }
    }

    /// Counts what comes from now on, but what is drained.
    pub fn metered(self, meter: Meter) -> Self {
        Self { meter: Some(meter), ..self }
    }

    /// Its bytes as they come; broken off when none came for the idle time, or after `limit` bytes.
    pub fn frames(&self, limit: u64) -> Frames {
        let sleep = Box::pin(tokio::time::sleep(self.idle));
        Frames { body: Arc::clone(&self.body), idle: self.idle, meter: self.meter.clone(), sleep, left: limit }
    }

    /// Reads on and keeps nothing, at most `limit` bytes: a sender whose connection closes while it writes never
    /// sees the answer, takes the relay for unreachable and sends all of it again.
    pub fn drain(mut self, limit: u64) {
        self.meter = None;
        tokio::spawn(async move {
            let mut frames = self.frames(limit);
            while let Ok(Some(_)) = frames.next().await {}
        });
    }

    /// Drains what belongs to a refusal, of a body that announced so many bytes. Where the sender has gone or is silent there is nothing to drain.
    pub fn drain_after(self, problem: &Problem, announced: Option<u64>, max_plaintext: u64) {
        let largest = largest_file(max_plaintext);
        match problem {
            Problem::Interrupted | Problem::Timeout | Problem::WithdrawTimeout => {}
            // A full disk or a crowd is not the sender's doing, and it keeps the file to send it again.
            Problem::StorageFull | Problem::Busy { .. } | Problem::DaySpent { .. } | Problem::TextSpent { .. } => {
                self.drain(largest);
            }
            // Twice the largest: what is a little too large is drained to its end.
            _ if announced.is_some() => self.drain(largest.saturating_mul(2)),
            _ => self.drain(UNANNOUNCED),
        }
    }
}

/// The length that a request announces; a chunked one announces none.
pub(crate) fn announced_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// The bytes of a body as they come.
pub(crate) struct Frames {
    body: Arc<Mutex<Body>>,
    idle: Duration,
    meter: Option<Meter>,
    sleep: Pin<Box<Sleep>>,
    left: u64,
}

/// Why a body ended before its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Broken {
    #[error("the connection broke")]
    Interrupted,
    #[error("nothing arrived for too long")]
    Timeout,
    #[error("more than is taken")]
    TooLong,
}

impl From<Broken> for Problem {
    fn from(broken: Broken) -> Self {
        match broken {
            Broken::Interrupted => Self::Interrupted,
            Broken::Timeout => Self::Timeout,
            Broken::TooLong => Self::BadRequest,
        }
    }
}

impl Stream for Frames {
    type Item = Result<Bytes, Broken>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            let polled = {
                let mut body = self.body.lock().unwrap_or_else(PoisonError::into_inner);
                Pin::new(&mut *body).poll_frame(context)
            };
            let frame = match polled {
                Poll::Ready(Some(Ok(frame))) => frame,
                Poll::Ready(Some(Err(_))) => return Poll::Ready(Some(Err(Broken::Interrupted))),
                Poll::Ready(None) => return Poll::Ready(None),
                Poll::Pending if self.sleep.as_mut().poll(context).is_ready() => {
                    return Poll::Ready(Some(Err(Broken::Timeout)));
                }
                Poll::Pending => return Poll::Pending,
            };
            let until = Instant::now() + self.idle;
            self.sleep.as_mut().reset(until);
            // Trailers, which nobody asked for, are passed over.
            let Ok(bytes) = frame.into_data() else { continue };
            if let Some(meter) = &self.meter {
                meter.received(bytes.len() as u64);
            }
            match self.left.checked_sub(bytes.len() as u64) {
                Some(left) => self.left = left,
                None => return Poll::Ready(Some(Err(Broken::TooLong))),
            }
            return Poll::Ready(Some(Ok(bytes)));
        }
    }
}

/// Where the bytes of a tip come from: a body, a field of a form, a staged upload.
pub(crate) trait Source: Send {
    /// The next bytes; `None` at the end.
    fn next(&mut self) -> impl Future<Output = Result<Option<Bytes>, Problem>> + Send;
}

impl Source for Frames {
    async fn next(&mut self) -> Result<Option<Bytes>, Problem> {
        let next = poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await;
        Ok(next.transpose()?)
    }
}

/// A source cut into pieces of a chosen size.
pub(crate) struct Pieces<S> {
    pub source: S,
    /// What came with the last bytes and did not fit.
    rest: Bytes,
}

impl<S: Source> Pieces<S> {
    /// Nothing of the source is read yet.
    pub fn new(source: S) -> Self {
        Self { source, rest: Bytes::new() }
    }

    /// Puts back what was read, in front of what comes.
    pub fn put_back(&mut self, start: Vec<u8>) {
        self.rest = if self.rest.is_empty() { start.into() } else { [&start[..], &self.rest].concat().into() };
    }

    /// Up to `limit` bytes in one piece; fewer only at the end. Until they have come they lie in blocks of one size: the memory of many
    /// that come slowly has no gaps then.
    pub async fn gather(&mut self, limit: usize) -> Result<Vec<u8>, Problem> {
        let (mut blocks, mut left) = (Vec::new(), limit);
        loop {
            let (size, mut block) = (STEP.min(left), Vec::new());
            self.fill(&mut block, size).await?;
            let is_last = block.len() < STEP;
            left -= block.len();
            blocks.push(block);
            if is_last {
                return Ok(blocks.concat());
            }
        }
    }

    /// Fills `piece` up to `size` bytes; fewer only at the end.
    pub async fn fill(&mut self, piece: &mut Vec<u8>, size: usize) -> Result<(), Problem> {
        while piece.len() < size {
            if self.rest.is_empty() {
                match self.source.next().await? {
                    None => return Ok(()),
                    Some(bytes) => self.rest = bytes,
                }
            }
            let taken = self.rest.split_to(self.rest.len().min(size - piece.len()));
            let needed = (piece.len() + taken.len()).next_multiple_of(STEP);
            if piece.capacity() < needed {
                piece.reserve_exact(needed - piece.len());
            }
            piece.extend_from_slice(&taken);
        }
        Ok(())
    }
}
