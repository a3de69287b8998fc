//! What a revert means to services and managers that were rebuilt.
//!
//! A rebuild tells a service what was stored, in commits of its own that nobody undoes one by one. So whatever a revert takes back
//! or judges again that such a rebuild has told, up to the commit with which its generation began to serve, cannot be taken out
//! of that generation again. The rule: where a revert reaches behind that commit in a topic of a service or manager, nothing
//! serves any more with the revert's own commit, and it is rebuilt from what is there then. What came after that commit was told
//! in its own submission and is undone as ever.
//!
//! Rows of a generation that serves nobody are left as they are: they are about to be removed, or were. Nothing reads them.

use std::collections::BTreeSet;

use super::closure::Closure;
use crate::domain::name::TopicId;
use crate::domain::plan::Adjust;
use crate::domain::row::{GenerationRow, Namespace, NumberKey, Row, RowKey};
use crate::engine::Engine;
use crate::ports::store::StoreError;
use crate::view::{At, View};

/// The generations that serve.
pub(super) struct Serving(BTreeSet<Namespace>);

impl Serving {
    fn is_idle_namespace(&self, namespace: Namespace) -> bool {
        !matches!(namespace, Namespace::Topic(_)) && !self.0.contains(&namespace)
    }

    /// Whether a row is of a generation that serves nobody.
    pub(super) fn is_idle(&self, key: &RowKey) -> bool {
        match key {
            RowKey::State(of, _) | RowKey::StateFence(of) | RowKey::Unjudged(of, _) => self.is_idle_namespace(*of),
            RowKey::Token(manager, _) => self.is_idle_namespace(Namespace::Manager(*manager)),
            RowKey::Place(part, _) => self.is_idle_namespace(Namespace::Manager(part.manager)),
            _ => false,
        }
    }

    /// Whether an adjustment counts rows of a generation that serves nobody.
    pub(super) fn counts_idle(&self, adjust: &Adjust) -> bool {
        match adjust {
            Adjust::Number(NumberKey::StateRows(of) | NumberKey::StateBytes(of), _) => self.is_idle_namespace(*of),
            Adjust::Number(NumberKey::Tokens(part) | NumberKey::Amount(part), _) => {
                self.is_idle_namespace(Namespace::Manager(part.manager))
            }
            _ => false,
        }
    }
}

impl Engine {
    /// Ends the service of generations that the revert reaches behind. Answers those that go on.
    pub(super) fn give_up_generations(&self, view: &View<'_>, closure: &Closure) -> Result<Serving, StoreError> {
        let services = self.hosting.services().map(|service| (Namespace::Service(service.id), &service.topics));
        let managers = self.hosting.managers().map(|manager| (Namespace::Manager(manager.id), &manager.topics));
        for (who, topics) in services.chain(managers) {
            give_up(view, closure, who, topics)?;
        }
        let mut serving = BTreeSet::new();
        for service in self.hosting.services() {
            serving.extend(view.serving_service(service)?.map(Namespace::Service));
        }
        for manager in self.hosting.managers() {
            serving.extend(view.serving_manager(manager)?.map(Namespace::Manager));
        }
        Ok(Serving(serving))
    }
}

fn give_up(view: &View<'_>, closure: &Closure, who: Namespace, topics: &[TopicId]) -> Result<(), StoreError> {
    let Some(At { row, version }) = view.generation(who)?.filter(|found| found.row.serving.is_some()) else {
        return Ok(());
    };
    let built = row.built.resolve(version);
    let is_its = |topic: &TopicId| topics.contains(topic) || row.topics.contains(topic);
    let is_behind = closure.topics_up_to(built).any(|topic| is_its(&topic));
    if instead!(ServedForGood, is_behind => false) {
        let given_up = GenerationRow { serving: None, built: row.built.carried(version), ..row };
        view.put(RowKey::Generation(who), Some(Row::Generation(given_up)))?;
    }
    Ok(())
}
