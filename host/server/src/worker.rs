//! The threads behind a running host: the outbox, upkeep, rebuilds, the one that asks services for headers, and on the built-in chain
//! the miner and the callbacks of the stand-in for ARC. Each looks every quarter of a second whether the host stops.

use std::io;
use std::sync::Arc;
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use trellis_engine::ancestors::AncestorSweep;
use trellis_engine::chain::{ChainWatch, MAX_REORGANISATION, Reorganisation};
use trellis_engine::outbox::Outbox;
use trellis_engine::ports::store::Health;
use trellis_engine::rebuild::{Pace, Step};
use trellis_network::header_services::{HeaderServices, Refreshed, ServiceHealth, ServiceState};

use crate::callbacks::CallbackSender;
use crate::clock;
use crate::node::{Dev, HeaderSource, Loaded, Node};
use crate::shutdown::{Reason, Stop, Stopper};

/// Longest nap of a worker: how late it can notice that the host stops.
const NAP: Duration = Duration::from_millis(250);

/// Pause of the outbox after the store failed it.
const OUTBOX_PAUSE: Duration = Duration::from_secs(1);

/// Pause of rebuilds after something failed them: it is in the log each time.
const REBUILD_PAUSE: Duration = Duration::from_secs(10);

/// How often upkeep looks at headers and store.
const UPKEEP_EVERY: Duration = Duration::from_secs(1);

/// How often what plugins could not judge is tried again: one that was mended may have taken the plugin's place meanwhile, or what it
/// broke on was passing, such as a deadline.
const RETRY_EVERY: Duration = Duration::from_secs(60);

/// How often reservations whose time is over are let go of. They keep nothing from that time on in any case.
const SWEEP_EVERY: Duration = Duration::from_secs(10);

/// How often the built-in chain mines what waits.
pub const MINE_EVERY: Duration = Duration::from_secs(10);

/// How often it mines a block even if nothing waits, as the main network does on average.
const MINE_EMPTY_EVERY: Duration = Duration::from_secs(600);

/// Starts a worker thread.
///
/// # Errors
/// The system gives no thread.
pub fn start(name: &str, work: impl FnOnce() + Send + 'static) -> io::Result<JoinHandle<()>> {
    Builder::new().name(name.to_owned()).spawn(work)
}

/// Tells the network what is due, until the host stops.
pub fn run_outbox(mut outbox: Outbox, node: &Node, stop: &Stop) {
    while stop.reason().is_none() {
        let now = clock::now();
        match outbox.run_due(now, rand::random()) {
            Ok(next) => {
                let network = outbox.health(now);
                node.note_upkeep(|upkeep| (upkeep.outbox_error, upkeep.network) = (None, network));
                let due = next.map_or(NAP, |next| Duration::from_micros(next.0.saturating_sub(now.0)));
                outbox.wait(due.clamp(Duration::from_millis(1), NAP));
            }
            Err(error) => {
                tracing::error!(%error, "the outbox could not work");
                let text = "the outbox could not read or write the store; the log says why".to_owned();
                node.note_upkeep(|upkeep| upkeep.outbox_error = Some(text));
                outbox.wait(OUTBOX_PAUSE);
            }
        }
    }
}

/// Rebuilds services and managers that need it, until the host stops.
pub fn run_rebuilds(node: &Node, stop: &Stop) {
    let Some(loaded) = node.loaded() else { return };
    while stop.reason().is_none() {
        match loaded.engine().rebuild_step(Pace::default(), clock::now()) {
            Ok(Step::Worked) => {}
            Ok(Step::Idle) => std::thread::sleep(NAP),
            Err(error) => {
                tracing::error!(%error, "a rebuild cannot go on; it is tried again");
                nap(REBUILD_PAUSE, stop);
            }
        }
    }
}

/// Sleeps, unless the host stops.
fn nap(how_long: Duration, stop: &Stop) {
    let until = clock::monotonic() + how_long;
    while stop.reason().is_none() && clock::monotonic() < until {
        std::thread::sleep(NAP);
    }
}

/// Keeps headers fresh, watches the store, lets go of what was kept for somebody, and retries what plugins could not judge, until the
/// host stops.
pub fn run_upkeep(node: &Arc<Node>, stop: &Stop, stopper: &Stopper) {
    let Some(loaded) = node.loaded() else { return };
    let [mut upkeep_due, mut retry_due, mut sweep_due] = [Duration::ZERO; 3];
    let mut headers_error = None;
    let mut watch = ChainWatch::default();
    let mut ancestors = AncestorSweep::default();
    while stop.reason().is_none() {
        let now = clock::monotonic();
        if now >= upkeep_due {
            upkeep_due = now + UPKEEP_EVERY;
            refresh_headers(&loaded.headers, &mut headers_error);
            follow_chain(loaded, &mut watch);
            match loaded.engine().sweep_ancestors(&mut ancestors, clock::now()) {
                Ok(0) => {}
                Ok(gone) => tracing::info!(gone, "ancestors that nobody needs are let go of"),
                Err(error) => tracing::warn!(%error, "ancestors could not be looked through"),
            }
            // sled's state after an error is unknown; a fresh process opens what is durable.
            if let Health::Poisoned(reason) = loaded.engine().store().health() {
                stopper.stop(Reason::Failed(format!("the store failed and must be opened again: {reason}")));
            }
        }
        if now >= sweep_due {
            sweep_due = now + SWEEP_EVERY;
            match loaded.engine().sweep_reservations(clock::now()) {
                Ok(0) => {}
                Ok(gone) => tracing::debug!(gone, "reservations are over"),
                Err(error) => tracing::warn!(%error, "reservations that are over could not be let go of"),
            }
        }
        if now >= retry_due {
            retry_due = now + RETRY_EVERY;
            retry(node, loaded);
        }
        std::thread::sleep(NAP);
    }
}

fn refresh_headers(source: &HeaderSource, reported: &mut Option<String>) {
    let HeaderSource::File(file) = source else { return };
    file.refresh(clock::now());
    let health = file.health();
    if health.error != *reported {
        match &health.error {
            Some(error) => tracing::warn!(%error, tip = health.tip, "the headers read before stay in force"),
            None => tracing::info!(tip = health.tip, "the headers file is in force"),
        }
        *reported = health.error;
    }
}

fn follow_chain(loaded: &Loaded, watch: &mut ChainWatch) {
    match loaded.engine().follow_chain(watch, clock::now()) {
        Ok(found) if found == Reorganisation::default() => {}
        Ok(Reorganisation { orphaned, taken_back, too_deep }) => {
            let (orphaned, taken_back) = (orphaned.len(), taken_back.len());
            tracing::warn!(orphaned, taken_back, "blocks left the chain; their proofs are dropped");
            if too_deep > 0 {
                tracing::error!(
                    proofs = too_deep,
                    blocks = MAX_REORGANISATION,
                    "proofs of older blocks do not fit the headers: are these the headers of another chain?"
                );
            }
        }
        Err(error) => tracing::error!(%error, "the chain could not be followed"),
    }
}

/// Asks services for block headers, until the host stops.
pub fn run_header_services(services: &HeaderServices, stop: &Stop) {
    let mut reported = services.health();
    while stop.reason().is_none() {
        if services.refresh(clock::now()) == Refreshed::NotDue {
            std::thread::sleep(NAP);
            continue;
        }
        let health = services.health();
        for (before, now) in reported.services.iter().zip(&health.services) {
            report_service(before, now, health.tip);
        }
        if let Some(error) = health.archive_error.as_ref().filter(|_| health.archive_error != reported.archive_error) {
            tracing::warn!(%error, "block headers are not kept; after a restart they are fetched again");
        }
        reported = health;
    }
}

fn report_service(before: &ServiceHealth, now: &ServiceHealth, tip: Option<u32>) {
    if before.state == now.state && before.error == now.error {
        return;
    }
    let (service, error) = (&now.name, now.error.as_deref().unwrap_or_default());
    match now.state {
        ServiceState::Refused => {
            tracing::error!(service, error, "a headers service said what cannot be true; it is left alone for a day");
        }
        ServiceState::Failing => tracing::warn!(service, error, "a headers service gives no usable answer"),
        ServiceState::StandsStill => tracing::warn!(service, error, "a headers service stands still"),
        ServiceState::CatchingUp => tracing::info!(service, tip, "block headers are being fetched"),
        ServiceState::Following => tracing::info!(service, tip, "block headers are up to date"),
        ServiceState::NotAsked => {}
    }
}

fn retry(node: &Node, loaded: &Loaded) {
    if let Err(error) = loaded.engine().forget_reverted(clock::now()) {
        tracing::warn!(%error, "what was taken back long ago could not be let go of");
    }
    if let Err(error) = loaded.engine().retry_unjudged(clock::now()) {
        tracing::warn!(%error, "what plugins could not judge could not be tried again");
    }
    match loaded.engine().dead_letters() {
        Ok(letters) => node.note_upkeep(|upkeep| upkeep.dead_letters = letters.len()),
        Err(error) => tracing::warn!(%error, "dead letters could not be read"),
    }
    match loaded.engine().unjudged() {
        Ok(rows) => {
            for (who, txid, row) in &rows {
                tracing::warn!(?who, %txid, attempts = row.attempts, fault = row.fault, "still unjudged");
            }
            node.note_upkeep(|upkeep| upkeep.unjudged = rows.len());
        }
        Err(error) => tracing::warn!(%error, "what plugins could not judge could not be read"),
    }
}

/// Sends what the stand-in for ARC has to tell, until the host stops.
pub fn run_callbacks(dev: &Dev, stop: &Stop) {
    let sender = CallbackSender::default();
    while stop.reason().is_none() {
        dev.arc.notice(clock::now());
        while let Some(callback) = dev.arc.next_callback(clock::now()) {
            let how = sender.send(&callback);
            dev.arc.callback_ended(callback, how, clock::now());
            if stop.reason().is_some() {
                return;
            }
        }
        std::thread::sleep(NAP);
    }
}

/// Mines what waits every ten seconds, until the host stops.
pub fn run_miner(dev: &Dev, stop: &Stop) {
    let mut last = clock::monotonic();
    while stop.reason().is_none() {
        std::thread::sleep(NAP);
        let since = clock::monotonic().saturating_sub(last);
        if since < MINE_EVERY || (dev.chain.mempool_count() == 0 && since < MINE_EMPTY_EVERY) {
            continue;
        }
        last = clock::monotonic();
        match dev.chain.mine(clock::now()) {
            Ok(block) => {
                let transactions = block.txids.len().saturating_sub(1);
                tracing::info!(height = block.height, transactions, "mined a block");
            }
            Err(error) => tracing::error!(%error, "the built-in chain could not mine"),
        }
    }
}
