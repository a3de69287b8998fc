//! A subscription over a WebSocket: each event a text message, a ping where there is nothing to tell.

use axum::body::Bytes;
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, close_code};

use crate::events::subscription::{Next, Subscription};

/// Longest message taken from a subscriber, in bytes: it has nothing to say but pongs and its goodbye.
pub(super) const MAX_RECEIVED_BYTES: usize = 4 * 1024;

/// Tells a subscriber until it goes, takes nothing any more, or the host stops.
pub(super) async fn tell(mut socket: WebSocket, mut subscription: Subscription) {
    let mut end = std::pin::pin!(subscription.end());
    loop {
        let message = tokio::select! {
            next = subscription.next() => match next {
                // The encoder writes UTF-8 only; were it otherwise, the subscriber would come back to the same event.
                Next::Event(told) => match Utf8Bytes::try_from(told.json()) {
                    Ok(text) => Message::Text(text),
                    Err(_) => return,
                },
                Next::Beat(_) => Message::Ping(Bytes::new()),
                Next::End => {
                    let reason = "this host stops; connect again with the last sequence".into();
                    Message::Close(Some(CloseFrame { code: close_code::AWAY, reason }))
                }
            },
            received = socket.recv() => match received {
                None | Some(Err(_) | Ok(Message::Close(_))) => return,
                Some(Ok(_)) => continue,
            },
        };
        let last = matches!(message, Message::Close(_));
        let sent = tokio::select! {
            sent = socket.send(message) => sent,
            // Who takes nothing at the end gets no goodbye.
            () = &mut end, if !last => return,
        };
        if last || sent.is_err() {
            return;
        }
    }
}
