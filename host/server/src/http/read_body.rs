//! Bounded reading of request bodies: each in size and in time, all together in memory.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, StatusCode, header};
use http_body_util::BodyExt;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};

use super::error::ApiError;

/// Largest body, in bytes, off-chain values included: the door's policy.
pub const MAX_BODY_BYTES: usize = 32 * 1024 * 1024;

/// Memory is reserved in steps of this many bytes, as they arrive: a client that announces much and sends nothing holds
/// nothing.
const STEP_BYTES: usize = 64 * 1024;

/// Time a body may take whatever its size.
const GRACE: Duration = Duration::from_secs(10);

/// Slowest accepted transfer beyond [`GRACE`], in bytes per second: the largest body may take two minutes, a client that
/// drips bytes is gone after ten seconds.
const LEAST_BYTES_PER_SECOND: u64 = 256 * 1024;

/// Memory for request bodies, shared by all of them.
#[derive(Debug, Clone)]
pub struct BodyMemory(Arc<Semaphore>);

impl BodyMemory {
    /// Room for `bytes` of bodies at once.
    #[must_use]
    pub fn new(bytes: u64) -> Self {
        let steps = usize::try_from(bytes / STEP_BYTES as u64).unwrap_or(Semaphore::MAX_PERMITS);
        Self(Arc::new(Semaphore::new(steps.clamp(1, Semaphore::MAX_PERMITS))))
    }
}

/// A body in memory; its room is free again when it is dropped.
#[derive(Debug)]
pub struct HeldBody {
    /// The bytes.
    pub bytes: Vec<u8>,
    _room: Vec<OwnedSemaphorePermit>,
}

impl AsRef<[u8]> for HeldBody {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl HeldBody {
    /// A body to be read again; its room is free when it has been.
    pub fn into_body(self) -> Body {
        Body::from(Bytes::from_owner(self))
    }
}

/// The media type of bytes that are no text.
pub const BINARY: &str = "application/octet-stream";

/// What a request says its body is, without parameters.
#[must_use]
pub fn media_type(headers: &HeaderMap) -> &str {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|text| text.to_str().ok()).unwrap_or_default();
    content_type.split(';').next().unwrap_or_default().trim()
}

/// Reads a body of at most `limit` bytes.
///
/// # Errors
/// 413 beyond `limit`, 408 where it comes too slowly, 503 where all bodies together leave no room, 400 where it breaks off.
pub async fn read_body(
    headers: &HeaderMap,
    mut body: Body,
    limit: usize,
    memory: &BodyMemory,
) -> Result<HeldBody, ApiError> {
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|text| text.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > limit as u64) {
        return Err(too_large(limit));
    }
    let started = Instant::now();
    let mut held = HeldBody { bytes: Vec::new(), _room: Vec::new() };
    loop {
        let patience = Duration::from_millis(held.bytes.len() as u64 * 1000 / LEAST_BYTES_PER_SECOND);
        let frame = match timeout_at(started + GRACE + patience, body.frame()).await {
            Err(_) => return Err(too_slow(held.bytes.len())),
            Ok(None) => return Ok(held),
            Ok(Some(Err(_))) => {
                let message = format!("the request's body broke off after {} bytes", held.bytes.len());
                return Err(ApiError::bad_request("ERR_BODY", message));
            }
            Ok(Some(Ok(frame))) => frame,
        };
        let Ok(data) = frame.into_data() else { continue };
        if held.bytes.len() + data.len() > limit {
            return Err(too_large(limit));
        }
        reserve(&mut held, data.len(), memory)?;
        held.bytes.extend_from_slice(&data);
    }
}

/// Takes room for `more` bytes. Never waits: bodies that waited for each other's room would wait for ever.
fn reserve(held: &mut HeldBody, more: usize, memory: &BodyMemory) -> Result<(), ApiError> {
    let wanted = (held.bytes.len() + more).div_ceil(STEP_BYTES);
    let steps = u32::try_from(wanted.saturating_sub(held._room.iter().map(OwnedSemaphorePermit::num_permits).sum()));
    if let Ok(0) = steps {
        return Ok(());
    }
    let room = Arc::clone(&memory.0).try_acquire_many_owned(steps.unwrap_or(u32::MAX)).map_err(|_| {
        ApiError::unavailable(
            "ERR_BODY_MEMORY",
            "too many large requests are being read at once; try again in a moment",
        )
    })?;
    held._room.push(room);
    Ok(())
}

fn too_large(limit: usize) -> ApiError {
    let message = format!("the request's body is larger than the {limit} bytes accepted here");
    ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "ERR_BODY_TOO_LARGE", message)
}

fn too_slow(received: usize) -> ApiError {
    let message = format!("the request's body came too slowly: {received} bytes so far; send it again");
    ApiError::new(StatusCode::REQUEST_TIMEOUT, "ERR_BODY_TIMEOUT", message)
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::pin::Pin;
    use std::task::{Context, Poll};

    use axum::body::{Bytes, HttpBody};
    use hyper::body::Frame;

    use super::*;

    async fn read(bytes: Vec<u8>, limit: usize, memory: &BodyMemory) -> Result<HeldBody, ApiError> {
        read_body(&HeaderMap::new(), Body::from(bytes), limit, memory).await
    }

    #[tokio::test]
    async fn the_limit_exactly_met_works_and_exceeded_by_one_is_refused() {
        let memory = BodyMemory::new(1 << 20);
        assert_eq!(read(vec![7; 100], 100, &memory).await.unwrap().bytes, vec![7; 100]);
        assert_eq!(read(vec![7; 101], 100, &memory).await.unwrap_err().status, StatusCode::PAYLOAD_TOO_LARGE);
    }

    #[tokio::test]
    async fn an_announced_length_beyond_the_limit_is_refused_unread() {
        let headers = HeaderMap::from_iter([(header::CONTENT_LENGTH, 101.into())]);
        let refused = read_body(&headers, Body::empty(), 100, &BodyMemory::new(1 << 20)).await.unwrap_err();
        assert_eq!(refused.code, "ERR_BODY_TOO_LARGE");
    }

    #[tokio::test]
    async fn bodies_together_stay_within_their_memory_and_give_it_back() {
        let memory = BodyMemory::new(2 * STEP_BYTES as u64);
        let first = read(vec![1; STEP_BYTES + 1], MAX_BODY_BYTES, &memory).await.unwrap();
        let refused = read(vec![2; 1], MAX_BODY_BYTES, &memory).await.unwrap_err();
        assert_eq!((refused.status, refused.retry_after), (StatusCode::SERVICE_UNAVAILABLE, Some(1)));
        drop(first);
        assert!(read(vec![3; 2 * STEP_BYTES], MAX_BODY_BYTES, &memory).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_drips_bytes_is_let_go() {
        let refused =
            read_body(&HeaderMap::new(), Body::new(Silent), 100, &BodyMemory::new(1 << 20)).await.unwrap_err();
        assert_eq!(refused.status, StatusCode::REQUEST_TIMEOUT);
    }

    /// A body that never ends and never brings anything.
    struct Silent;

    impl HttpBody for Silent {
        type Data = Bytes;
        type Error = Infallible;

        fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            Poll::Pending
        }
    }
}
