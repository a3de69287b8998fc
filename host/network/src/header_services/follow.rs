//! One turn at one service: what is its tip, and the next headers on the way there.

use super::service::{HeaderPage, HeaderService, ServiceError, ServiceTip};
use crate::header_chain::{BlockHash, Header, HeaderChain, Inserted, MAX_REORGANISATION};

/// How far below the wanted height headers are asked for when a service's branch does not link, in turn: most
/// reorganisations take a block or two, and the last step is as far as any may go.
const STEPS_BACK: [u32; 3] = [16, 128, MAX_REORGANISATION];

/// What a turn came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Turn {
    /// The service's tip is known here.
    UpToDate(ServiceTip),
    /// There are more headers, above the second's height if it has one.
    More(ServiceTip, Option<u32>),
    /// The service is so far behind that what it has is settled here.
    FarBehind(ServiceTip),
}

impl Turn {
    pub(super) const fn tip(&self) -> &ServiceTip {
        match self {
            Self::UpToDate(tip) | Self::More(tip, _) | Self::FarBehind(tip) => tip,
        }
    }
}

/// Asks a service for its tip and for one page of what is missing on the way to it. `reached` is how far the turn before
/// came, if it did not come to the tip: the best chain does not tell, where the service's branch has less work.
pub(super) fn follow(
    chain: &HeaderChain,
    service: &dyn HeaderService,
    reached: Option<u32>,
) -> Result<Turn, ServiceError> {
    let tip = service.tip()?;
    match chain.height_of(&tip.hash) {
        Some(height) if height == tip.height => return Ok(Turn::UpToDate(tip)),
        Some(height) => {
            let (hash, claimed) = (tip.hash, tip.height);
            return Err(ServiceError::Lie(format!("it says block {hash} is at height {claimed}, it is at {height}")));
        }
        None => {}
    }
    let first = chain.checkpoint().height;
    let Some((best, _)) = chain.best() else {
        if tip.height < first {
            return Err(ServiceError::Incomplete { tip: tip.height, missing: first });
        }
        return fetch(chain, service, tip, first, first, false);
    };
    let floor = best.saturating_add(1).saturating_sub(MAX_REORGANISATION).max(first.saturating_add(1));
    if tip.height < floor {
        return Ok(Turn::FarBehind(tip));
    }
    if let Some(reached) = reached
        && let Some(turn) = resume(chain, service, &tip, reached.saturating_add(1))?
    {
        return Ok(turn);
    }
    let wanted = best.saturating_add(1).min(tip.height);
    fetch(chain, service, tip, wanted, floor, reached.is_none())
}

/// Headers taken over, and how far they go.
struct Taken {
    added: usize,
    unlinked: Vec<Header>,
    hashes: Vec<BlockHash>,
    through: u32,
}

impl Taken {
    /// Hands a service's headers, and others with them, to the chain.
    fn from(chain: &HeaderChain, page: HeaderPage, others: Vec<Header>) -> Result<Self, ServiceError> {
        let HeaderPage { mut headers, through } = page;
        let hashes = headers.iter().map(Header::hash).collect();
        headers.extend(others);
        let Inserted { added, unlinked, broken, .. } = chain.insert(headers);
        match broken {
            Some(error) => Err(ServiceError::Lie(error.to_string())),
            None => Ok(Self { added, unlinked, hashes, through }),
        }
    }

    /// Height of the highest of them that is part of the chain or a branch of it.
    fn reached(&self, chain: &HeaderChain) -> Option<u32> {
        self.hashes.iter().filter_map(|hash| chain.height_of(hash)).max()
    }

    fn is_complete(&self, chain: &HeaderChain) -> bool {
        self.reached(chain).is_some_and(|height| height >= self.through)
    }

    /// What comes after a complete page.
    fn more(&self, chain: &HeaderChain, tip: ServiceTip) -> Result<Turn, ServiceError> {
        if chain.height_of(&tip.hash).is_some() {
            return Ok(Turn::UpToDate(tip));
        }
        if self.through < tip.height {
            // On the best chain the next page is found from its end, however far another service has brought it meanwhile.
            let is_best = self.hashes.iter().any(|hash| chain.best_height_of(hash) == Some(self.through));
            return Ok(Turn::More(tip, Some(self.through).filter(|_| !is_best)));
        }
        // A service whose tip is in none of its pages would be asked for ever.
        if self.added > 0 {
            return Ok(Turn::More(tip, None));
        }
        Err(ServiceError::Incomplete { tip: tip.height, missing: tip.height })
    }
}

/// Fetches the page from `wanted` on, which continues what the turn before fetched. `None` where it does not: then the
/// service has left that branch, or lied.
fn resume(
    chain: &HeaderChain,
    service: &dyn HeaderService,
    tip: &ServiceTip,
    wanted: u32,
) -> Result<Option<Turn>, ServiceError> {
    let wanted = wanted.min(tip.height);
    let taken = Taken::from(chain, service.headers(wanted, tip)?, Vec::new())?;
    if !taken.is_complete(chain) {
        return Ok(None);
    }
    let turn = taken.more(chain, tip.clone())?;
    Ok(Some(match turn {
        // From further up than the best chain would have it: this may be on the way to where the branch leaves it.
        Turn::More(tip, None) if taken.through < tip.height => Turn::More(tip, Some(taken.through.max(wanted))),
        turn => turn,
    }))
}

/// Fetches the page from `wanted` on; where it does not link, from further and further down, to `floor` at the lowest.
/// Whether later turns may go up from there again without having brought anything new is `may_go_up`: once, not for ever.
fn fetch(
    chain: &HeaderChain,
    service: &dyn HeaderService,
    tip: ServiceTip,
    wanted: u32,
    floor: u32,
    may_go_up: bool,
) -> Result<Turn, ServiceError> {
    let mut top = Taken::from(chain, service.headers(wanted, &tip)?, Vec::new())?;
    let mut first = wanted;
    for back in STEPS_BACK {
        if top.is_complete(chain) {
            return top.more(chain, tip);
        }
        if top.unlinked.is_empty() {
            let missing = top.reached(chain).map_or(wanted, |height| height.saturating_add(1));
            return Err(ServiceError::Incomplete { tip: tip.height, missing });
        }
        if first == floor {
            break;
        }
        first = wanted.saturating_sub(back).max(floor);
        let lower = Taken::from(chain, service.headers(first, &tip)?, std::mem::take(&mut top.unlinked))?;
        top.added += lower.added;
        if lower.is_complete(chain) && !top.is_complete(chain) && (may_go_up || top.added > 0) {
            // There is a gap between the two: the next turns go up from here.
            return Ok(Turn::More(tip, Some(lower.through)));
        }
        top.unlinked = lower.unlinked;
    }
    if top.is_complete(chain) {
        return top.more(chain, tip);
    }
    let (checkpoint, height, hash) = (chain.checkpoint(), tip.height, tip.hash);
    Err(ServiceError::Lie(if chain.best().is_none() {
        format!("its chain to block {height} ({hash}) does not have the checkpoint {checkpoint}")
    } else {
        format!(
            "its headers below block {height} ({hash}) do not link to one another and to the chain known here, \
             {MAX_REORGANISATION} blocks back or as far as the checkpoint {checkpoint}"
        )
    }))
}
