//! A connection whose other end takes nothing for too long is given up: whoever asks for a large answer and never reads it must
//! not hold its memory for ever.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

/// Longest time in which the other end may take nothing.
pub const SEND_PATIENCE: Duration = Duration::from_secs(30);

/// A stream that fails once nothing could be written for [`SEND_PATIENCE`].
pub struct Patient<S> {
    stream: S,
    deadline: Pin<Box<Sleep>>,
    waiting: bool,
    given_up: Arc<AtomicBool>,
}

impl<S> Patient<S> {
    /// Watches a stream.
    pub fn new(stream: S) -> Self {
        Self { stream, deadline: Box::pin(sleep(SEND_PATIENCE)), waiting: false, given_up: Arc::default() }
    }

    /// Becomes true when the stream is given up.
    #[must_use]
    pub fn given_up(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.given_up)
    }

    /// Turns a write that waits for too long into an error.
    fn watch<T>(&mut self, context: &mut Context<'_>, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.waiting = false;
            return written;
        }
        if !self.waiting {
            self.waiting = true;
            self.deadline.as_mut().reset(Instant::now() + SEND_PATIENCE);
        }
        match self.deadline.as_mut().poll(context) {
            Poll::Ready(()) => {
                self.given_up.store(true, Ordering::SeqCst);
                Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the other end takes nothing")))
            }
            Poll::Pending => Poll::Pending,
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Patient<S> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, into)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Patient<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.watch(context, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, pieces);
        self.watch(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(context);
        self.watch(context, flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let ended = Pin::new(&mut self.stream).poll_shutdown(context);
        self.watch(context, ended)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn who_takes_nothing_is_given_up_and_who_takes_something_is_not() {
        let (near, mut far) = duplex(4);
        let mut near = Patient::new(near);
        near.write_all(b"1234").await.unwrap();
        let reader = tokio::spawn(async move {
            tokio::time::sleep(SEND_PATIENCE - Duration::from_secs(1)).await;
            far.read_u8().await.unwrap();
            far
        });
        near.write_all(b"5").await.unwrap();
        let _far = reader.await.unwrap();
        let given_up = near.write_all(b"6").await.unwrap_err();
        assert_eq!(given_up.kind(), io::ErrorKind::TimedOut);
        assert!(near.given_up().load(Ordering::SeqCst));
    }
}
