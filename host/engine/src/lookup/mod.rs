//! A question, from query to answer: everything read at one durable sequence.

mod answer;
mod host;

use std::collections::BTreeSet;

use trellis_spv::assemble::{AssembleError, assemble};
use trellis_spv::hash::Txid;

pub use answer::{AnswerContent, AnswerShape, AnsweredOutput, LookupAnswer, LookupError, Question, Standing};

use crate::domain::row::OutputState;
use crate::engine::Engine;
use crate::hosting::HostedService;
use crate::ports::plugins::{FoundOutput, LookupFindings, PluginError};
use crate::ports::store::StoreError;
use crate::stored::StoredAt;
use crate::text::cut;
use crate::view::View;
use host::LookupHost;

/// Most bytes of BEEF in one answer. Clients hold an answer in memory several times over (a JSON answer is an array of
/// numbers), and `@bsv/sdk` gives up after 5 seconds.
pub const MAX_ANSWER_BYTES: usize = 64 * 1024 * 1024;

/// Longest service name repeated in an error, in bytes.
const SHOWN_NAME_BYTES: usize = 60;

impl From<StoreError> for LookupError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Poisoned(_) => Self::Unavailable("the store failed; the host is restarting".to_owned()),
            other => Self::Internal(other.to_string()),
        }
    }
}

impl Engine {
    /// Asks a lookup service, and proves every output it answers with.
    ///
    /// # Errors
    /// [`LookupError`].
    pub fn lookup(&self, question: &Question<'_>) -> Result<LookupAnswer, LookupError> {
        let service = self
            .hosting
            .service(question.service)
            .ok_or_else(|| LookupError::NotHosted { service: cut(question.service, SHOWN_NAME_BYTES) })?;
        // The plugin that is asked is the one that built what it reads.
        let turn = self.turns.look_up();
        if let Some(next) = self.successor() {
            drop(turn);
            return if next.hosting.service(question.service) == Some(service) {
                next.lookup(question)
            } else {
                // Who may ask it may be others now.
                Err(LookupError::Unavailable(format!("lookup service `{}` has just changed; ask again", service.name)))
            };
        }
        let view = View::new(self.store());
        let Some(serving) = view.serving_service(service)? else { return Err(self.being_rebuilt(service)) };
        let mut host = LookupHost::new(&view, &self.hosting, service, serving);
        let findings = self
            .parts
            .plugins
            .lookup(&service.plugin, &service.name, question.query, &mut host)
            .map_err(|error| failed(service, error))?;
        let content = match findings {
            LookupFindings::Freeform(json) => AnswerContent::Freeform(json),
            LookupFindings::Outputs(found) => {
                let found = servable(&view, service, found, question.minimum)?;
                prove(&view, found, question.shape)?
            }
        };
        Ok(LookupAnswer { sequence: view.sequence(), content })
    }
}

fn failed(service: &HostedService, error: PluginError) -> LookupError {
    match error {
        PluginError::Refusal(text) => LookupError::Refused { service: service.name.to_string(), text },
        PluginError::Fault(fault) => LookupError::Fault(fault),
        PluginError::Busy => LookupError::Unavailable(error.to_string()),
        PluginError::Host(error) => error.into(),
        PluginError::NotLoaded(_) => LookupError::Internal(error.to_string()),
    }
}

/// Adds the BEEF to what a service found.
fn prove(view: &View<'_>, found: Vec<FoundOutput>, shape: AnswerShape) -> Result<AnswerContent, LookupError> {
    let stored = StoredAt::new(view);
    let answered = |found: FoundOutput| AnsweredOutput { outpoint: found.outpoint, context: found.context };
    match shape {
        AnswerShape::Merged => {
            let (found, beef) = merged(found, &stored)?;
            check_size(beef.len())?;
            Ok(AnswerContent::Merged(found.into_iter().map(answered).collect(), beef))
        }
        AnswerShape::PerOutput => {
            let mut total = 0;
            let mut outputs = Vec::with_capacity(found.len());
            for found in found {
                let subject = (found.outpoint.txid, found.history_depth);
                let Some(beef) = provable(assemble(&[subject], &stored, false))? else { continue };
                total += beef.len();
                check_size(total)?;
                outputs.push((answered(found), beef));
            }
            Ok(AnswerContent::PerOutput(outputs))
        }
    }
}

/// The outputs that can be proven now, and one BEEF of them all.
fn merged(found: Vec<FoundOutput>, stored: &StoredAt<'_, '_>) -> Result<(Vec<FoundOutput>, Vec<u8>), LookupError> {
    let subjects = |found: &[FoundOutput]| -> Vec<(Txid, u32)> {
        found.iter().map(|found| (found.outpoint.txid, found.history_depth)).collect()
    };
    if let Some(beef) = provable(assemble(&subjects(&found), stored, false))? {
        return Ok((found, beef));
    }
    let mut proven = Vec::with_capacity(found.len());
    for found in found {
        if provable(assemble(&subjects(std::slice::from_ref(&found)), stored, false))?.is_some() {
            proven.push(found);
        }
    }
    let beef = assemble(&subjects(&proven), stored, false).map_err(assembly_failed)?;
    Ok((proven, beef))
}

/// Where the block of an output's transaction, or of an ancestor's, has left the chain, there may be nothing to prove it with
/// until another block holds it: it is left out of answers so long.
fn provable(assembled: Result<Vec<u8>, AssembleError>) -> Result<Option<Vec<u8>>, LookupError> {
    match assembled {
        Ok(beef) => Ok(Some(beef)),
        Err(AssembleError::MissingParent { .. }) => Ok(None),
        Err(error) => Err(assembly_failed(error)),
    }
}

fn assembly_failed(error: AssembleError) -> LookupError {
    match error {
        AssembleError::TooLarge { .. } | AssembleError::TooManyTransactions { .. } => {
            LookupError::TooLarge(error.to_string())
        }
        other => LookupError::Internal(other.to_string()),
    }
}

fn check_size(bytes: usize) -> Result<(), LookupError> {
    if bytes <= MAX_ANSWER_BYTES {
        return Ok(());
    }
    Err(LookupError::TooLarge(format!("its BEEF exceeds {MAX_ANSWER_BYTES} bytes")))
}

/// What of a service's findings may be served: each outpoint once, held in one of its topics, unspent or retained, and as far
/// with the network as was asked for.
///
/// A service that lags behind or invents outpoints thus cannot make the host serve what its topics do not hold.
fn servable(
    view: &View<'_>,
    service: &HostedService,
    found: Vec<FoundOutput>,
    minimum: Standing,
) -> Result<Vec<FoundOutput>, LookupError> {
    let mut seen = BTreeSet::new();
    let mut servable = Vec::with_capacity(found.len());
    for found in found {
        if seen.insert(found.outpoint)
            && is_held(view, service, &found)?
            && has_come_to(view, &found.outpoint.txid, minimum)?
        {
            servable.push(found);
        }
    }
    Ok(servable)
}

fn has_come_to(view: &View<'_>, txid: &Txid, minimum: Standing) -> Result<bool, LookupError> {
    if minimum == Standing::Admitted {
        return Ok(true);
    }
    let status = view.status(txid)?.map(|found| found.row.status);
    Ok(status.is_some_and(|status| Standing::of(status) >= minimum))
}

fn is_held(view: &View<'_>, service: &HostedService, found: &FoundOutput) -> Result<bool, LookupError> {
    let holders = view.holders(&found.outpoint)?.map(|holders| holders.row).unwrap_or_default();
    for topic in holders.into_iter().filter(|topic| service.topics.contains(topic)) {
        let output = view.output(topic, &found.outpoint)?;
        let shown = |state| matches!(state, OutputState::Live | OutputState::Spent { retained: true, .. });
        if output.is_some_and(|output| shown(output.row.state)) {
            return Ok(true);
        }
    }
    Ok(false)
}
