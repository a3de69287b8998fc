//! Interned names: in the `meta` tree, and in memory as far as they are durable.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use trellis_engine::domain::name::{NameId, NameKind};

use super::fault::Fault;
use super::trees::{Trees, big_endian, meta};

/// The durable names.
#[derive(Debug, Default)]
pub(super) struct Names(RwLock<HashMap<(NameKind, String), NameId>>);

const fn kind_byte(kind: NameKind) -> u8 {
    match kind {
        NameKind::Topic => 1,
        NameKind::Service => 2,
        NameKind::Manager => 3,
    }
}

fn name_key(kind: NameKind, name: &str) -> Vec<u8> {
    let mut out = vec![meta::NAME, kind_byte(kind)];
    out.extend_from_slice(name.as_bytes());
    out
}

impl Names {
    /// All names of the store.
    pub(super) fn load(trees: &Trees) -> Result<Self, Fault> {
        let mut names = HashMap::new();
        for kind in [NameKind::Topic, NameKind::Service, NameKind::Manager] {
            for entry in trees.meta.scan_prefix([meta::NAME, kind_byte(kind)]) {
                let (key, value) = entry?;
                let name = key.get(2..).unwrap_or_default();
                let name =
                    std::str::from_utf8(name).map_err(|_| Fault::Damaged("an interned name is not text".to_owned()))?;
                names.insert((kind, name.to_owned()), NameId(big_endian(&value) as u32));
            }
        }
        Ok(Self(RwLock::new(names)))
    }

    /// The number of a name.
    pub(super) fn get(&self, kind: NameKind, name: &str) -> Option<NameId> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(&(kind, name.to_owned())).copied()
    }

    /// Publishes a name that is durable now.
    pub(super) fn publish(&self, kind: NameKind, name: String, id: NameId) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert((kind, name), id);
    }

    /// All names of a kind, by number.
    pub(super) fn all(&self, kind: NameKind) -> Vec<(NameId, String)> {
        let names = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let mut all: Vec<_> =
            names.iter().filter(|((of, _), _)| *of == kind).map(|((_, name), id)| (*id, name.clone())).collect();
        all.sort_unstable();
        all
    }
}

/// The number of a name, given one, atomically, where it has none. Only the writer calls this.
pub(super) fn intern(trees: &Trees, kind: NameKind, name: &str) -> Result<NameId, Fault> {
    let key = name_key(kind, name);
    if let Some(id) = trees.meta.get(&key)? {
        return Ok(NameId(big_endian(&id) as u32));
    }
    let id = trees.meta.get(meta::NAMES)?.map_or(0, |count| big_endian(&count)) as u32;
    let next = id.checked_add(1).ok_or_else(|| Fault::OutOfBounds("2^32 names are interned".to_owned()))?;
    let mut both = sled::Batch::default();
    both.insert(key, &id.to_be_bytes());
    both.insert(meta::NAMES, &next.to_be_bytes());
    trees.meta.apply_batch(both)?;
    Ok(NameId(id))
}
