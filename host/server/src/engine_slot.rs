//! Where the engine is found that works now: another one has its place once something else is hosted.

use std::sync::{Arc, PoisonError, RwLock};

use trellis_engine::engine::Engine;

/// The engine that works now.
pub struct EngineSlot(RwLock<Arc<Engine>>);

impl EngineSlot {
    /// With the first one.
    #[must_use]
    pub const fn new(engine: Arc<Engine>) -> Self {
        Self(RwLock::new(engine))
    }

    /// The engine that works now. Whoever keeps it passes on what he asks of it to the one that comes after.
    #[must_use]
    pub fn get(&self) -> Arc<Engine> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// From here on this one works.
    pub fn set(&self, engine: Arc<Engine>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = engine;
    }
}
