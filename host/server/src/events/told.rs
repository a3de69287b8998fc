//! An encoded event. It is encoded once for everybody, and once more for those who say who they are if they are told more. Its bytes
//! are shared by all who are told: as a frame of an event stream, and as the JSON inside that frame.

use std::io::Write as _;
use std::ops::Range;
use std::sync::Arc;

use axum::body::Bytes;
use trellis_engine::domain::time::Sequence;
use trellis_engine::engine::Engine;
use trellis_engine::events::{Touched, Transition};
use trellis_engine::ports::store::StoreError;

use super::encode;
use super::rights::Rights;
use crate::http::body::events::{EventBody, WhatBody};
use crate::metrics::Metrics;
use crate::node::Node;

/// An event as subscribers get it.
#[derive(Debug, Clone)]
pub struct Told {
    /// The number of its commit.
    pub sequence: Sequence,
    /// What filters ask of it.
    pub touched: Touched,
    own: Encoded,
    /// For those who say who they are, where they are told more.
    for_authenticated: Option<Encoded>,
    /// Those who have a token are told more than either.
    more_for_token_holders: bool,
}

/// The bytes of an event for readers with the same rights.
#[derive(Debug, Clone)]
pub struct Encoded {
    frame: Bytes,
    json: Range<usize>,
}

impl Encoded {
    /// A frame of an event stream: id, event, data.
    #[must_use]
    pub fn frame(&self) -> Bytes {
        self.frame.clone()
    }

    /// The JSON alone.
    #[must_use]
    pub fn json(&self) -> Bytes {
        self.frame.slice(self.json.clone())
    }
}

impl Told {
    /// Encodes a transition's event for a reader with these rights; `None` where there is none, or it does not pass. For who has
    /// no rights of its own it is encoded for all who share it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn of(
        node: &Node,
        engine: &Engine,
        transition: &Transition,
        rights: &Rights,
        passes: impl FnOnce(&Touched) -> bool,
    ) -> Result<Option<Self>, StoreError> {
        let Transition { sequence, at, event: Some(event) } = transition else { return Ok(None) };
        let touched = engine.touched(*sequence, event)?;
        if !passes(&touched) {
            return Ok(None);
        }
        let body = |rights: &Rights| encode::body((engine.hosting(), node), rights, (*sequence, *at), event);
        let (own, more) = body(rights);
        let is_for_all = *rights == Rights::default();
        let for_authenticated =
            (is_for_all && more.for_authenticated).then(|| encoded(&node.metrics, &body(&Rights::of_session()).0));
        Ok(Some(Self {
            sequence: *sequence,
            touched,
            own: encoded(&node.metrics, &own)?,
            for_authenticated: for_authenticated.transpose()?,
            // Whoever has rights of its own is told here all that is for it.
            more_for_token_holders: is_for_all && more.for_token_holders,
        }))
    }

    /// The bytes for a reader with these rights; `None` where they are encoded for none like it.
    #[must_use]
    pub fn shared_with(&self, rights: &Rights) -> Option<&Encoded> {
        if self.more_for_token_holders && !rights.opened.is_empty() {
            return None;
        }
        let for_authenticated = self.for_authenticated.as_ref().filter(|_| rights.session);
        Some(for_authenticated.unwrap_or(&self.own))
    }

    /// How long it is, in all its encodings.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.own.frame.len() + self.for_authenticated.as_ref().map_or(0, |encoded| encoded.frame.len())
    }
}

fn encoded(metrics: &Arc<Metrics>, body: &EventBody) -> Result<Encoded, StoreError> {
    let sequence = body.sequence;
    let mut bytes = Vec::new();
    let unforeseen = |error: &dyn std::fmt::Display| StoreError::Malformed(format!("event {sequence}: {error}"));
    write!(bytes, "id: {sequence}\nevent: {}\ndata: ", name(&body.what)).map_err(|error| unforeseen(&error))?;
    let start = bytes.len();
    serde_json::to_writer(&mut bytes, body).map_err(|error| unforeseen(&error))?;
    let json = start..bytes.len();
    bytes.extend_from_slice(b"\n\n");
    bytes.shrink_to_fit();
    Ok(Encoded { frame: metrics.hold_event_bytes(bytes), json })
}

/// What an event is called in an event stream, as in its JSON.
const fn name(what: &WhatBody) -> &'static str {
    match what {
        WhatBody::Applied { .. } => "applied",
        WhatBody::Status { .. } => "status",
        WhatBody::Proven { .. } => "proven",
        WhatBody::Orphaned { .. } => "orphaned",
        WhatBody::Evicted { .. } => "evicted",
        WhatBody::Reverted { .. } => "reverted",
    }
}

#[cfg(test)]
impl Told {
    /// An event of nothing in particular.
    pub(super) fn example(sequence: u64, length: usize) -> Self {
        let encoded = |byte| Encoded { frame: Bytes::from(vec![byte; length]), json: 0..length };
        Self {
            sequence: Sequence(sequence),
            touched: Touched::default(),
            own: encoded(b'x'),
            for_authenticated: None,
            more_for_token_holders: false,
        }
    }

    /// The same, of which those who have a token are told more.
    pub(super) fn with_more_for_token_holders(self) -> Self {
        Self { more_for_token_holders: true, ..self }
    }
}
