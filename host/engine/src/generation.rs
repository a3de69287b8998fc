//! Names of generations: under what the rows of a service or manager stand once it was rebuilt.
//!
//! Generation 0 has the configured name. The others have names that nobody can configure, because they have spaces in them, and
//! a number that is given once: what is left of a rebuild that came to nothing never meets another one.

use std::collections::BTreeSet;

use crate::domain::basket::ManagerId;
use crate::domain::name::{NameId, NameKind, ServiceId};
use crate::domain::row::{Namespace, Row, RowKey};
use crate::ports::store::{Store, StoreError};
use crate::view::{View, wrong_kind};

/// Between the configured name and the number.
const GENERATION: &str = " generation ";

/// The configured name and the number of a generation.
pub(crate) fn parts(name: &str) -> (&str, u32) {
    match name.split_once(GENERATION) {
        Some((configured, number)) => (configured, number.parse().unwrap_or(0)),
        None => (name, 0),
    }
}

/// The kind of name that a service or manager has; `None` for topics, which have no generations.
const fn kind_of(namespace: Namespace) -> Option<NameKind> {
    match namespace {
        Namespace::Topic(_) => None,
        Namespace::Service(_) => Some(NameKind::Service),
        Namespace::Manager(_) => Some(NameKind::Manager),
    }
}

/// The namespace of another name of the same kind.
pub(crate) const fn alike(namespace: Namespace, name: NameId) -> Namespace {
    match namespace {
        Namespace::Topic(topic) => Namespace::Topic(topic),
        Namespace::Service(_) => Namespace::Service(ServiceId(name)),
        Namespace::Manager(_) => Namespace::Manager(ManagerId(name)),
    }
}

/// All generations of what is configured as `name`, by number.
pub(crate) fn all_of(store: &dyn Store, who: Namespace, name: &str) -> Result<Vec<(u32, NameId)>, StoreError> {
    let Some(kind) = kind_of(who) else { return Ok(Vec::new()) };
    let names = store.names(kind)?;
    let of = names.iter().map(|(id, found)| (*id, parts(found))).filter(|(_, (configured, _))| *configured == name);
    let mut generations: Vec<_> = of.map(|(id, (_, number))| (number, id)).collect();
    generations.sort_unstable();
    Ok(generations)
}

/// A generation that was never there.
pub(crate) fn next_of(store: &dyn Store, who: Namespace, name: &str) -> Result<NameId, StoreError> {
    let number = all_of(store, who, name)?.last().map_or(0, |(number, _)| *number).saturating_add(1);
    let kind = kind_of(who).ok_or_else(|| StoreError::Malformed("a topic has no generations".to_owned()))?;
    store.intern(kind, &format!("{name}{GENERATION}{number}"))
}

/// All generations of services and managers that serve nobody.
pub(crate) fn idle(view: &View<'_>) -> Result<BTreeSet<Namespace>, StoreError> {
    let mut idle = BTreeSet::new();
    for (kind, like) in [
        (NameKind::Service, Namespace::Service(ServiceId(NameId(0)))),
        (NameKind::Manager, Namespace::Manager(ManagerId(NameId(0)))),
    ] {
        let names = view.store().names(kind)?;
        for (id, name) in &names {
            let (configured, number) = parts(name);
            let of = names.iter().find(|(_, name)| name == configured).map(|(id, _)| *id);
            let serving = match of.map(|of| RowKey::Generation(alike(like, of))) {
                None => None,
                Some(key) => match view.peek(&key)?.map(|found| found.row) {
                    None => of,
                    Some(Row::Generation(row)) => row.serving,
                    Some(_) => return Err(wrong_kind(&key)),
                },
            };
            if serving != Some(*id) && (number > 0 || of == Some(*id)) {
                idle.insert(alike(like, *id));
            }
        }
    }
    Ok(idle)
}
