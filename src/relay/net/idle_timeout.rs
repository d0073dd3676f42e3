//! A connection on which nothing moves for too long is ended; one that moves, however slowly, is not. All that moves is counted here.
//!
//! In: a stream. Out: the same stream, which fails after silence. Touches nothing.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};

use super::activity::Activity;

/// A stream that fails once no byte went in or out for the idle time while somebody waited for one.
pub(crate) struct IdleTimeout<S> {
    stream: S,
    activity: Arc<Activity>,
    idle: Duration,
    sleep: Pin<Box<Sleep>>,
}

impl<S> IdleTimeout<S> {
    /// `activity` counts the bytes in both directions.
    pub fn new(stream: S, idle: Duration, activity: Arc<Activity>) -> Self {
        Self { stream, activity, idle, sleep: Box::pin(tokio::time::sleep(idle)) }
    }

    fn count(&self, written: &Poll<io::Result<usize>>) {
        if let Poll::Ready(Ok(bytes)) = written {
            self.activity.moved(*bytes as u64);
        }
    }

    /// Any progress, in either direction, begins the time anew: who reads a large answer sends nothing.
    fn watch<T>(&mut self, polled: Poll<io::Result<T>>, context: &mut Context<'_>) -> Poll<io::Result<T>> {
        if polled.is_ready() {
            let until = Instant::now() + self.idle;
            self.sleep.as_mut().reset(until);
            return polled;
        }
        self.sleep.as_mut().poll(context).map(|()| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for IdleTimeout<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(context, buffer);
        self.activity.moved((buffer.filled().len() - before) as u64);
        self.watch(polled, context)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for IdleTimeout<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.count(&polled);
        self.watch(polled, context)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.stream).poll_flush(context);
        if polled.is_pending() { self.watch(polled, context) } else { polled }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.stream).poll_shutdown(context);
        if polled.is_pending() { self.watch(polled, context) } else { polled }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write_vectored(context, buffers);
        self.count(&polled);
        self.watch(polled, context)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_trickle_goes_on_and_silence_ends() {
        let (mut near, far) = duplex(64);
        let mut patient = IdleTimeout::new(far, Duration::from_secs(10), Arc::new(Activity::new()));
        let writer = tokio::spawn(async move {
            for byte in 0..20 {
                tokio::time::sleep(Duration::from_secs(9)).await;
                near.write_all(&[byte]).await.unwrap();
            }
            near
        });
        let mut bytes = [0; 20];
        patient.read_exact(&mut bytes).await.unwrap();
        let near = writer.await.unwrap();
        assert_eq!(patient.read_u8().await.unwrap_err().kind(), io::ErrorKind::TimedOut);
        drop(near);
    }

    #[tokio::test(start_paused = true)]
    async fn who_does_not_read_its_answer_is_left() {
        let (_near, far) = duplex(64);
        let mut patient = IdleTimeout::new(far, Duration::from_secs(10), Arc::new(Activity::new()));
        assert_eq!(patient.write_all(&[0; 65]).await.unwrap_err().kind(), io::ErrorKind::TimedOut);
    }
}
