//! A subscription as the body of a reply. It is asked for more only when the connection takes more, so it needs no queue.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Bytes, HttpBody};
use hyper::body::Frame;

use crate::events::subscription::{Next, Subscription};

type Step = Pin<Box<dyn Future<Output = (Subscription, Next)> + Send>>;

/// The body.
pub(super) struct Stream(Step);

impl Stream {
    pub(super) fn new(subscription: Subscription) -> Self {
        Self(step(subscription))
    }
}

fn step(mut subscription: Subscription) -> Step {
    Box::pin(async move {
        let next = subscription.next().await;
        (subscription, next)
    })
}

impl HttpBody for Stream {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let Poll::Ready((subscription, next)) = self.0.as_mut().poll(context) else { return Poll::Pending };
        let frame = match next {
            Next::Event(told) => told.frame(),
            // With an id, so that who connects again need not look again at what passed it by.
            Next::Beat(through) => Bytes::from(format!(": nothing else\nid: {through}\n\n")),
            Next::End => {
                // Polled again it would only wait for an end that has come.
                self.0 = Box::pin(std::future::pending());
                return Poll::Ready(None);
            }
        };
        self.0 = step(subscription);
        Poll::Ready(Some(Ok(Frame::data(frame))))
    }
}
