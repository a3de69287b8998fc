//! Bodies nobody wants to read are read all the same, for a while, and thrown away: a client that is still sending would
//! otherwise find its connection broken before it sees why it was refused.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Bytes, HttpBody};
use axum::http::{HeaderMap, header};
use http_body_util::BodyExt;
use hyper::body::{Frame, SizeHint};
use tokio::runtime::Handle;
use tokio::time::timeout;

/// Bytes read and thrown away at most: a body twice as large as the largest accepted still hears that it is too large.
const MAX_DRAINED_BYTES: usize = 2 * super::read_body::MAX_BODY_BYTES;

/// Time taken for it at most: on a fast line enough for the bytes, on a slow one enough for the reply to arrive.
const DRAIN_TIME: Duration = Duration::from_secs(5);

/// A request's body; its rest is read in the background if it is dropped half read.
#[derive(Debug)]
pub struct Drained<B: Drainable> {
    /// Taken on drop.
    body: Option<B>,
    /// A client that waits for `100 Continue` has sent nothing yet, and is not to be asked for it.
    wanted: bool,
}

/// What bodies of requests are.
pub trait Drainable: HttpBody<Data = Bytes, Error: Send> + Send + Unpin + 'static {}

impl<B: HttpBody<Data = Bytes, Error: Send> + Send + Unpin + 'static> Drainable for B {}

impl<B: Drainable> Drained<B> {
    /// Wraps the body of a request with these headers.
    pub fn new(headers: &HeaderMap, body: B) -> Self {
        Self { body: Some(body), wanted: !headers.contains_key(header::EXPECT) }
    }
}

impl<B: Drainable> Drop for Drained<B> {
    fn drop(&mut self) {
        let rest = self.body.take().filter(|body| self.wanted && !body.is_end_stream());
        if let (Some(rest), Ok(runtime)) = (rest, Handle::try_current()) {
            runtime.spawn(timeout(DRAIN_TIME, drain(rest)));
        }
    }
}

async fn drain<B: Drainable>(mut body: B) {
    let mut left = MAX_DRAINED_BYTES;
    while let Some(Ok(frame)) = body.frame().await {
        let length = frame.data_ref().map_or(0, Bytes::len);
        match left.checked_sub(length) {
            Some(rest) => left = rest,
            None => return,
        }
    }
}

impl<B: Drainable> HttpBody for Drained<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        match &mut self.body {
            Some(body) => Pin::new(body).poll_frame(context),
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(HttpBody::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map(HttpBody::size_hint).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    /// A body of some frames that counts how many were taken.
    struct Counted {
        left: usize,
        taken: tokio::sync::mpsc::UnboundedSender<()>,
    }

    impl HttpBody for Counted {
        type Data = Bytes;
        type Error = axum::Error;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
            if self.left == 0 {
                return Poll::Ready(None);
            }
            self.left -= 1;
            let _ = self.taken.send(());
            Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(b"more")))))
        }

        fn is_end_stream(&self) -> bool {
            self.left == 0
        }
    }

    async fn taken_after_drop(headers: &HeaderMap) -> usize {
        let (taken, mut frames) = tokio::sync::mpsc::unbounded_channel();
        drop(Body::new(Drained::new(headers, Counted { left: 5, taken })));
        let mut count = 0;
        while frames.recv().await.is_some() {
            count += 1;
        }
        count
    }

    #[tokio::test]
    async fn a_body_that_is_dropped_is_read_to_its_end() {
        assert_eq!(taken_after_drop(&HeaderMap::new()).await, 5);
    }

    #[tokio::test]
    async fn a_client_that_waits_to_be_asked_is_not_asked() {
        let headers = HeaderMap::from_iter([(header::EXPECT, "100-continue".parse().unwrap())]);
        assert_eq!(taken_after_drop(&headers).await, 0);
    }
}
