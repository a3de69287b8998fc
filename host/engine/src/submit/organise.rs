//! Asking the basket managers what a submission means to their baskets, and checking what they answer.
//!
//! A manager names operations; what they may be is the host's to say. Every token whose output is spent leaves its basket, named
//! or not; only what a topic of the manager admitted in the same submission can enter one.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;
use trellis_spv::hash::Outpoint;
use trellis_spv::script::pays_to;
use trellis_spv::transaction::Transaction;

use super::admitted::Admitted;
use super::answer::SubmitError;
use super::facts::Facts;
use super::host::{Held, ManagerHost};
use super::judge::host_could_not;
use super::meter::Meter;
use crate::domain::basket::{BasketName, ManagerId, Token, TokenRow};
use crate::domain::name::{TopicId, TopicName};
use crate::domain::time::{Stamp, Timestamp};
use crate::engine::Engine;
use crate::hosting::HostedManager;
use crate::ports::observer::Stage;
use crate::ports::plugins::{
    FaultKind, Operation, Organising, PluginError, PluginFault, PluginId, Plugins, TransactionView,
};
use crate::stored::StoredAt;
use crate::view::{At, View};

/// What the managers leave behind.
#[derive(Default)]
pub(super) struct Organised {
    /// Every change of a basket, in order.
    pub(super) changes: Vec<Change>,
    /// Managers that broke on a transaction whose spends stand, or refused it, in their words. What it spends of theirs has left
    /// its basket all the same.
    pub(super) unjudged: Vec<(ManagerId, String)>,
}

/// One change of a manager's baskets.
pub(super) struct Change {
    /// Under what the manager's tokens stand.
    pub(super) manager: ManagerId,
    /// The manager's configured name, which subscribers know.
    pub(super) configured: ManagerId,
    /// The token that leaves its basket.
    pub(super) taken: Option<(Outpoint, Token)>,
    /// The one that enters one.
    pub(super) placed: Option<(u32, TokenRow)>,
}

/// A manager's own view of a submission.
pub(super) struct Matter<'m> {
    pub(super) manager: &'m HostedManager,
    /// Under what its tokens stand.
    pub(super) serving: ManagerId,
    /// Tokens that ancestors spend which are new here: nobody judges those.
    pub(super) lost: Vec<(Outpoint, Token)>,
    /// Tokens that the subject spends, by input.
    pub(super) held: BTreeMap<u32, (Outpoint, Token)>,
    /// What entered its topics, by output.
    pub(super) admitted: BTreeMap<u32, Cow<'m, Admitted>>,
}

impl Engine {
    pub(super) fn organise(
        &self,
        view: &View<'_>,
        facts: &Facts<'_>,
        admitted: &[Admitted],
        admitted_at: Timestamp,
        meter: &Meter,
    ) -> Result<Organised, SubmitError> {
        let since = self.parts.observer.mark();
        let mut matters = Vec::new();
        for manager in self.hosting.managers() {
            // Where nothing serves, the rebuild under way will ask it.
            let Some(serving) = view.serving_manager(manager)? else { continue };
            let matter = matter(view, (manager, serving), facts, admitted)?;
            if !matter.lost.is_empty() || !matter.held.is_empty() || !matter.admitted.is_empty() {
                matters.push(matter);
            }
        }
        let ask = |matter: &Matter<'_>| self.ask_manager(view, facts, matter, admitted_at, meter);
        let asked: Vec<_> = match matters.as_slice() {
            [] => return Ok(Organised::default()),
            [only] => vec![ask(only)],
            several => several.par_iter().map(ask).collect(),
        };
        let mut organised = Organised::default();
        for (matter, answer) in matters.iter().zip(asked) {
            let text = match answer {
                Ok(changes) => {
                    organised.changes.extend(changes);
                    continue;
                }
                Err(PluginError::Fault(fault)) if facts.stands => fault.to_string(),
                Err(PluginError::Refusal(text)) if facts.stands => {
                    format!("it refused to organise the transaction: {text}")
                }
                Err(PluginError::Fault(fault)) => return Err(SubmitError::Fault(fault)),
                Err(PluginError::Refusal(text)) => {
                    let manager = matter.manager.plugin.to_string();
                    return Err(SubmitError::OrganiseRefused { manager, txid: facts.txid(), text });
                }
                Err(other) => return Err(host_could_not(&other)),
            };
            organised.changes.extend(matter.all_gone());
            organised.unjudged.push((matter.serving, text));
        }
        self.parts.observer.stage(Stage::Organise, since);
        Ok(organised)
    }

    fn ask_manager(
        &self,
        view: &View<'_>,
        facts: &Facts<'_>,
        matter: &Matter<'_>,
        admitted_at: Timestamp,
        meter: &Meter,
    ) -> Result<Vec<Change>, PluginError> {
        let operations = if matter.held.is_empty() && matter.admitted.is_empty() {
            Vec::new()
        } else {
            let sources = facts.sources();
            let new = facts.new_by_txid();
            let mut host = ManagerHost { meter, held: Held { new: &new, stored: StoredAt::new(view) } };
            let asked = (self.parts.plugins.as_ref(), &matter.manager.plugin);
            matter.ask(asked, facts.transaction_view(&sources), facts.along.off_chain_values(), &mut host)?
        };
        matter.changes(&facts.subject.transaction, operations, admitted_at)
    }
}

/// What concerns a manager.
fn matter<'m>(
    view: &View<'_>,
    (manager, serving): (&'m HostedManager, ManagerId),
    facts: &Facts<'_>,
    all_admitted: &'m [Admitted],
) -> Result<Matter<'m>, SubmitError> {
    let mut matter = Matter { manager, serving, lost: Vec::new(), held: BTreeMap::new(), admitted: BTreeMap::new() };
    let mut seen = BTreeSet::new();
    let is_its = |topic: &TopicId| manager.topics.contains(topic);
    for coin in facts.coins.iter().filter(|coin| is_its(&coin.topic) && !coin.already_spent()) {
        let Some(At { row: TokenRow { token, .. }, .. }) = view.token(serving, &coin.outpoint)? else { continue };
        if !seen.insert(coin.outpoint) {
            continue;
        }
        if coin.spender == facts.txid() {
            matter.held.insert(coin.input, (coin.outpoint, token));
        } else {
            matter.lost.push((coin.outpoint, token));
        }
    }
    for output in all_admitted.iter().filter(|output| is_its(&output.topic.id) && output.spent.is_none()) {
        // Another topic of the manager may have admitted it before.
        if !facts.held_before() || view.token(serving, &output.outpoint)?.is_none() {
            matter.admitted.entry(output.outpoint.vout).or_insert(Cow::Borrowed(output));
        }
    }
    Ok(matter)
}

impl Matter<'_> {
    /// What the manager says the transaction does, unchecked.
    pub(super) fn ask(
        &self,
        (plugins, plugin): (&dyn Plugins, &PluginId),
        view: TransactionView<'_>,
        off_chain_values: Option<&[u8]>,
        host: &mut ManagerHost<'_, '_>,
    ) -> Result<Vec<Operation>, PluginError> {
        let held: Vec<(u32, Token)> = self.held.iter().map(|(input, (_, token))| (*input, token.clone())).collect();
        let admitted: Vec<(TopicName, u32)> =
            self.admitted.values().map(|output| (output.topic.name.clone(), output.outpoint.vout)).collect();
        let organising = Organising { view, admitted: &admitted, held: &held, off_chain_values };
        plugins.operations(plugin, &organising, host)
    }

    /// Everything of its that is spent leaves its basket.
    pub(super) fn all_gone(&self) -> Vec<Change> {
        let held = self.held.values().cloned();
        self.lost.iter().cloned().chain(held).map(|token| self.gone(token)).collect()
    }

    /// What the operations come to.
    pub(super) fn changes(
        &self,
        transaction: &Transaction,
        operations: Vec<Operation>,
        placed_at: Timestamp,
    ) -> Result<Vec<Change>, PluginError> {
        self.checked(transaction, operations, placed_at).map_err(|text| {
            PluginError::Fault(Box::new(PluginFault {
                plugin: self.manager.plugin.clone(),
                call: "operations",
                about: Some(format!("transaction {}", transaction.txid())),
                kind: FaultKind::BadResult,
                text,
                remedy:
                    "Every operation names a coin that is in the basket it says, an output that a topic of the manager \
                    admitted, and a basket of the manager; fix the plugin, or its [[basket]] entry"
                        .to_owned(),
            }))
        })
    }

    fn gone(&self, token: (Outpoint, Token)) -> Change {
        Change { manager: self.serving, configured: self.manager.id, taken: Some(token), placed: None }
    }

    /// What the operations come to, or why they cannot be.
    fn checked(
        &self,
        transaction: &Transaction,
        operations: Vec<Operation>,
        placed_at: Timestamp,
    ) -> Result<Vec<Change>, String> {
        let mut held = self.held.clone();
        let mut admitted = self.admitted.clone();
        let mut changes: Vec<Change> = self.lost.iter().cloned().map(|token| self.gone(token)).collect();
        for operation in operations {
            let (taken, placed) = match operation {
                Operation::Create { output, token } => (None, Some((output, token))),
                Operation::Move { input, from, output, token } => (Some((input, from)), Some((output, token))),
                Operation::Consume { input, from } => (Some((input, from)), None),
            };
            let taken = taken.map(|(input, from)| take(&mut held, input, &from)).transpose()?;
            let placed = match placed {
                None => None,
                Some((output, token)) => {
                    let found = admitted.remove(&output).ok_or_else(|| {
                        format!(
                            "it places output {output}, which no topic of the manager admitted just now, or which it placed already"
                        )
                    })?;
                    Some((output, self.row(transaction, &found, token, placed_at)?))
                }
            };
            changes.push(Change { manager: self.serving, configured: self.manager.id, taken, placed });
        }
        changes.extend(held.into_values().map(|token| self.gone(token)));
        Ok(changes)
    }

    fn row(
        &self,
        transaction: &Transaction,
        output: &Admitted,
        token: Token,
        placed_at: Timestamp,
    ) -> Result<TokenRow, String> {
        if !self.manager.manages(&token.basket) {
            let baskets: Vec<_> = self.manager.baskets.iter().map(ToString::to_string).collect();
            return Err(format!(
                "it places a token in basket `{}`, which is not its own; its baskets are {}",
                token.basket,
                baskets.join(", ")
            ));
        }
        let script = transaction.locking_script(output.outpoint.vout).unwrap_or_default();
        let is_paid = |owner: &String| hex::decode(owner).is_ok_and(|key| pays_to(script, &key));
        Ok(TokenRow {
            topic: output.topic.id,
            satoshis: output.satoshis,
            claimed: token.owner.as_ref().is_some_and(|owner| !is_paid(owner)),
            placed: Stamp::ThisCommit,
            placed_at,
            token,
        })
    }
}

fn take(
    held: &mut BTreeMap<u32, (Outpoint, Token)>,
    input: u32,
    from: &BasketName,
) -> Result<(Outpoint, Token), String> {
    let (outpoint, token) = held.remove(&input).ok_or_else(|| {
        format!(
            "it takes what input {input} spends out of a basket, but that is no token of the manager, or taken already"
        )
    })?;
    if token.basket == *from {
        return Ok((outpoint, token));
    }
    Err(format!("it takes {outpoint} out of basket `{from}`, but that is in `{}`", token.basket))
}
