//! Memory for large answers on their way out: all together bounded, and given back when the last byte is sent or the client is
//! gone. Small answers are not counted.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, HttpBody};
use hyper::body::{Frame, SizeHint};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::error::ApiError;

/// Room for large answers, in bytes: the largest JSON answer (64 MiB of BEEF as numbers of up to three digits and a comma), or
/// a thousand of a quarter megabyte.
pub const MAX_ANSWER_MEMORY: usize = 256 * 1024 * 1024;

/// Answers up to this many bytes are not counted: the connections' limit bounds them.
const SMALL_BYTES: usize = 64 * 1024;

/// Answers leave in pieces of this many bytes, so that what was sent is freed by the connection's buffers, not copied whole.
const PIECE_BYTES: usize = 64 * 1024;

/// Room shared by all large answers.
#[derive(Debug, Clone)]
pub struct AnswerMemory(Arc<Semaphore>);

impl Default for AnswerMemory {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(MAX_ANSWER_MEMORY / SMALL_BYTES)))
    }
}

/// Room taken for one answer.
#[derive(Debug)]
pub struct AnswerRoom(Option<OwnedSemaphorePermit>);

impl AnswerMemory {
    /// Takes room for an answer of some `bytes`, before it is encoded.
    ///
    /// # Errors
    /// 503 where other large answers have it all.
    pub fn reserve(&self, bytes: usize) -> Result<AnswerRoom, ApiError> {
        if bytes <= SMALL_BYTES {
            return Ok(AnswerRoom(None));
        }
        let steps = bytes.min(MAX_ANSWER_MEMORY) / SMALL_BYTES;
        let room = Arc::clone(&self.0).try_acquire_many_owned(u32::try_from(steps).unwrap_or(u32::MAX));
        room.map(|room| AnswerRoom(Some(room))).map_err(|_| {
            let message =
                "too many large answers are being sent at once; ask for fewer outputs, or try again in a moment";
            ApiError::unavailable("ERR_ANSWER_MEMORY", message)
        })
    }
}

impl AnswerRoom {
    /// A body that keeps its room until it is sent.
    pub fn body(self, bytes: impl Into<Bytes>) -> Body {
        Body::new(HeldAnswer { rest: bytes.into(), _room: self.0 })
    }
}

struct HeldAnswer {
    rest: Bytes,
    _room: Option<OwnedSemaphorePermit>,
}

impl HttpBody for HeldAnswer {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.rest.is_empty() {
            return Poll::Ready(None);
        }
        let length = self.rest.len().min(PIECE_BYTES);
        Poll::Ready(Some(Ok(Frame::data(self.rest.split_to(length)))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.rest.len() as u64)
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;

    use super::*;

    #[tokio::test]
    async fn large_answers_hold_their_room_until_they_are_sent() {
        let memory = AnswerMemory::default();
        let body = memory.reserve(usize::MAX).unwrap().body(vec![7; 200_000]);
        assert!(memory.reserve(100_000).is_err());
        assert!(memory.reserve(SMALL_BYTES).is_ok(), "small answers need no room");
        assert_eq!(body.collect().await.unwrap().to_bytes(), vec![7; 200_000]);
        assert!(memory.reserve(100_000).is_ok());
    }

    #[test]
    fn an_answer_nobody_fetches_gives_its_room_back() {
        let memory = AnswerMemory::default();
        drop(memory.reserve(MAX_ANSWER_MEMORY).unwrap().body(vec![7; 9]));
        assert!(memory.reserve(MAX_ANSWER_MEMORY).is_ok());
    }
}
