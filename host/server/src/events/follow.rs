//! The thread that follows the log: woken once for each group of commits, it encodes their events once for all subscribers.

use std::time::Duration;

use trellis_engine::domain::time::Sequence;
use trellis_engine::ports::store::StoreError;

use super::feed::Feed;
use super::rights::Rights;
use super::told::Told;
use crate::node::{Loaded, Node};
use crate::shutdown::Stop;

/// Longest wait for a commit: how late the thread can notice that the host stops.
const NAP: Duration = Duration::from_millis(250);

/// Pause after the store could not be read.
const ERROR_PAUSE: Duration = Duration::from_secs(1);

/// Commits after which what was read so far is announced: a large group is told while its rest is still being read.
const ANNOUNCE_EVERY: usize = 64;

/// Tells subscribers of every commit until the host stops; then their subscriptions end.
pub fn run(node: &Node, stop: &Stop) {
    let _end = EndsFeed(&node.feed);
    let Some(loaded) = node.loaded() else { return };
    let mut through = loaded.engine().store().durable();
    node.feed.pass_over(through);
    while stop.reason().is_none() {
        if let Err(error) = follow(node, loaded, &mut through) {
            tracing::error!(%error, after = through.0, "the log could not be read for subscribers");
            std::thread::sleep(ERROR_PAUSE);
        }
    }
}

/// Waits for the next group of commits and reads it.
fn follow(node: &Node, loaded: &Loaded, through: &mut Sequence) -> Result<(), StoreError> {
    let (engine, feed) = (&loaded.engine(), &node.feed);
    let durable = engine.store().wait_beyond(*through, NAP)?;
    if feed.subscribers() == 0 {
        if durable > *through {
            *through = durable;
            feed.pass_over(durable);
        }
        return Ok(());
    }
    let mut unannounced = 0;
    while *through < durable {
        let Some(transition) = engine.transition_after(*through)? else { break };
        let told = Told::of(node, engine, &transition, &Rights::default(), |_| true)?;
        *through = transition.sequence;
        feed.push(transition.sequence, told);
        unannounced += 1;
        if unannounced == ANNOUNCE_EVERY || *through == durable {
            unannounced = 0;
            feed.announce(*through);
        }
    }
    Ok(())
}

/// Ends the feed however the thread ends, so that no subscriber waits for what nobody will tell.
struct EndsFeed<'f>(&'f Feed);

impl Drop for EndsFeed<'_> {
    fn drop(&mut self) {
        self.0.end();
    }
}
