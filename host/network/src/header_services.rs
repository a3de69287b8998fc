//! Block headers from services: asked now and then, believed in nothing.
//!
//! Every header is checked by [`header_chain`](crate::header_chain); of services that disagree the chain with the most work
//! is right. A service whose headers break a rule is reported by name and left alone, one that fails or stands still is
//! asked less often. Reading headers, and health, never waits for a service.
//!
//! | module | one job |
//! |---|---|
//! | [`service`] | what a service is asked |
//! | [`settings`], [`http`], [`fields`] | what services have in common |
//! | [`block_headers_service`], [`whats_on_chain`] | the services there are |
//! | [`follow`] | one turn at one service |
//! | [`standing`] | how a service is doing, and when it is asked again |

mod block_headers_service;
mod fields;
mod follow;
mod http;
mod service;
mod settings;
mod standing;
mod whats_on_chain;

use std::sync::{Mutex, PoisonError, RwLock, TryLockError};

use trellis_engine::domain::time::Timestamp;
use trellis_spv::verify::{HeaderInfo, Headers};

use crate::header_chain::HeaderChain;
pub use block_headers_service::BlockHeadersService;
pub use service::{HeaderPage, HeaderService, ServiceError, ServiceTip};
pub use settings::{ServiceKind, ServiceSettings, ServiceSettingsError};
use standing::Standing;
pub use standing::{
    ASK_EVERY_MILLISECONDS, FIRST_PAUSE_MILLISECONDS, LONGEST_PAUSE_MILLISECONDS, PAGE_EVERY_MILLISECONDS,
    REFUSED_MILLISECONDS, STANDS_STILL_BLOCKS, ServiceHealth, ServiceState,
};
pub use whats_on_chain::WhatsOnChain;

/// What a call of [`HeaderServices::refresh`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refreshed {
    /// No service is to be asked yet.
    NotDue,
    /// One service had its turn. Another may be due at once.
    Asked,
}

/// How headers and their services are doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServicesHealth {
    /// Height of the best header.
    pub tip: Option<u32>,
    /// Each service, in the order configured.
    pub services: Vec<ServiceHealth>,
    /// Why headers are not kept on disk, while they are not.
    pub archive_error: Option<String>,
}

/// Headers from services.
pub struct HeaderServices {
    chain: HeaderChain,
    /// Held by the one thread that asks.
    asked: Mutex<Vec<Asked>>,
    health: RwLock<Vec<ServiceHealth>>,
}

struct Asked {
    service: Box<dyn HeaderService>,
    standing: Standing,
}

impl Asked {
    fn health(&self) -> ServiceHealth {
        ServiceHealth {
            name: self.service.name().to_owned(),
            state: self.standing.state,
            tip: self.standing.tip.as_ref().map(|(tip, _)| tip.height),
            error: self.standing.error.clone(),
        }
    }
}

/// A service as configured. Nothing is sent yet.
///
/// # Errors
/// The address is none, or the key cannot stand in a header.
pub fn service(settings: &ServiceSettings) -> Result<Box<dyn HeaderService>, ServiceSettingsError> {
    Ok(match settings.kind {
        ServiceKind::BlockHeadersService => Box::new(BlockHeadersService::new(settings)?),
        ServiceKind::WhatsOnChain => Box::new(WhatsOnChain::new(settings)?),
    })
}

impl HeaderServices {
    /// This chain, kept up by these services.
    #[must_use]
    pub fn new(chain: HeaderChain, services: Vec<Box<dyn HeaderService>>) -> Self {
        let asked: Vec<Asked> =
            services.into_iter().map(|service| Asked { service, standing: Standing::new() }).collect();
        let health = asked.iter().map(Asked::health).collect();
        Self { chain, asked: Mutex::new(asked), health: RwLock::new(health) }
    }

    /// Gives the service that has been due longest its turn: some requests, one page of headers. Does nothing while
    /// another thread is at it. To be called again at once as long as it answers [`Refreshed::Asked`].
    pub fn refresh(&self, now: Timestamp) -> Refreshed {
        let mut asked = match self.asked.try_lock() {
            Ok(asked) => asked,
            Err(TryLockError::WouldBlock) => return Refreshed::NotDue,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
        };
        let due = asked.iter_mut().filter(|asked| asked.standing.is_due(now));
        let Some(turn) = due.min_by_key(|asked| asked.standing.due) else { return Refreshed::NotDue };
        let result = follow::follow(&self.chain, turn.service.as_ref(), turn.standing.reached);
        let best = self.chain.tip().unwrap_or_default();
        turn.standing.note(result, best, now);
        let health = asked.iter().map(Asked::health).collect();
        *self.health.write().unwrap_or_else(PoisonError::into_inner) = health;
        Refreshed::Asked
    }

    /// How headers and their services are doing.
    #[must_use]
    pub fn health(&self) -> ServicesHealth {
        ServicesHealth {
            tip: self.chain.tip(),
            services: self.health.read().unwrap_or_else(PoisonError::into_inner).clone(),
            archive_error: self.chain.archive_error(),
        }
    }

    /// The chain.
    #[must_use]
    pub const fn chain(&self) -> &HeaderChain {
        &self.chain
    }
}

impl Headers for HeaderServices {
    fn tip(&self) -> Option<u32> {
        self.chain.tip()
    }

    fn header(&self, height: u32) -> Option<HeaderInfo> {
        self.chain.header(height)
    }
}

impl std::fmt::Debug for HeaderServices {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HeaderServices").field("health", &self.health()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
