//! An encoded event. It is encoded once, and its bytes are shared by all who are told: as a frame of an event stream, and as
//! the JSON inside that frame.

use std::io::Write as _;
use std::ops::Range;
use std::sync::Arc;

use axum::body::Bytes;
use trellis_engine::domain::time::Sequence;
use trellis_engine::engine::Engine;
use trellis_engine::events::{Touched, Transition};
use trellis_engine::ports::store::StoreError;

use super::encode;
use crate::http::body::events::WhatBody;
use crate::metrics::Metrics;

/// An event as subscribers get it.
#[derive(Debug, Clone)]
pub struct Told {
    /// The number of its commit.
    pub sequence: Sequence,
    /// What filters ask of it.
    pub touched: Touched,
    frame: Bytes,
    json: Range<usize>,
}

impl Told {
    /// Encodes a transition's event; `None` where there is none, or it does not pass.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn of(
        engine: &Engine,
        metrics: &Arc<Metrics>,
        transition: &Transition,
        passes: impl FnOnce(&Touched) -> bool,
    ) -> Result<Option<Self>, StoreError> {
        let Transition { sequence, at, event: Some(event) } = transition else { return Ok(None) };
        let touched = engine.touched(*sequence, event)?;
        if !passes(&touched) {
            return Ok(None);
        }
        let body = encode::body(engine.hosting(), *sequence, *at, event);
        let mut bytes = Vec::new();
        let unforeseen = |error: &dyn std::fmt::Display| StoreError::Malformed(format!("event {sequence}: {error}"));
        write!(bytes, "id: {sequence}\nevent: {}\ndata: ", name(&body.what)).map_err(|error| unforeseen(&error))?;
        let start = bytes.len();
        serde_json::to_writer(&mut bytes, &body).map_err(|error| unforeseen(&error))?;
        let json = start..bytes.len();
        bytes.extend_from_slice(b"\n\n");
        bytes.shrink_to_fit();
        Ok(Some(Self { sequence: *sequence, touched, frame: metrics.hold_event_bytes(bytes), json }))
    }

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

    /// How long the frame is.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        self.frame.len()
    }
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
        let frame = Bytes::from(vec![b'x'; length]);
        Self { sequence: Sequence(sequence), touched: Touched::default(), json: 0..length, frame }
    }
}
