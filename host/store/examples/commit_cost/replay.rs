//! The puts of a store's commits, read back from its trees, and made again with nothing but sled.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;
use std::time::Instant;

use sled::transaction::ConflictableTransactionError;
use sled::{Config, Db, IVec, Transactional, Tree};

/// Trees that commits put into, and the contents put ahead of them.
const TREES: [&str; 4] = ["rows", "history", "log", "contents"];
const ROWS: usize = 0;
const HISTORY: usize = 1;
const LOG: usize = 2;
const CONTENTS: usize = 3;

/// What one commit put, per tree.
pub(crate) type Commit = [Vec<(IVec, IVec)>; TREES.len()];

pub(crate) struct Cost {
    pub(crate) cpu: u64,
    pub(crate) seconds: f64,
}

fn open(path: &Path) -> (Db, Vec<Tree>) {
    let db = Config::new().path(path).cache_capacity(256 << 20).flush_every_ms(Some(500)).open().unwrap();
    let trees = TREES.map(|name| db.open_tree(name).unwrap());
    (db, trees.to_vec())
}

fn version(value: &IVec) -> u64 {
    u64::from_be_bytes(value[1..9].try_into().unwrap())
}

/// Every commit's puts, by sequence.
pub(crate) fn puts_of(path: &Path) -> Vec<Commit> {
    let (_db, trees) = open(path);
    let mut commits: BTreeMap<u64, Commit> = BTreeMap::new();
    for entry in &trees[LOG] {
        let (key, value) = entry.unwrap();
        let sequence = u64::from_be_bytes(key[..8].try_into().unwrap());
        commits.entry(sequence).or_default()[LOG].push((key, value));
    }
    for entry in &trees[ROWS] {
        let (key, value) = entry.unwrap();
        let prefix = [&[key.len() as u8][..], &key].concat();
        let mut by = version(&value);
        commits.get_mut(&by).unwrap()[ROWS].push((key.clone(), value));
        for image in trees[HISTORY].scan_prefix(prefix).rev() {
            let (history_key, value) = image.unwrap();
            commits.get_mut(&by).unwrap()[HISTORY].push((history_key, value.clone()));
            by = version(&value);
            commits.get_mut(&by).unwrap()[ROWS].push((key.clone(), value));
        }
    }
    let mut commits: Vec<Commit> = commits.into_values().collect();
    // Which content belongs to which commit makes no difference here.
    for (commit, entry) in commits.iter_mut().zip(&trees[CONTENTS]) {
        commit[CONTENTS].push(entry.unwrap());
    }
    commits
}

/// One sled transaction per commit, flushed and synced in groups.
pub(crate) fn run(path: &Path, commits: &[Commit], group: usize) -> Cost {
    let (db, trees) = open(path);
    let file = File::open(path.join("db")).unwrap();
    let (wall, before) = (Instant::now(), crate::cpu());
    for commits in commits.chunks(group) {
        for commit in commits {
            let used: Vec<usize> = (0..TREES.len()).filter(|tree| !commit[*tree].is_empty()).collect();
            let selected: Vec<&Tree> = used.iter().map(|tree| &trees[*tree]).collect();
            selected
                .transaction(|views| {
                    for (view, tree) in views.iter().zip(&used) {
                        for (key, value) in &commit[*tree] {
                            view.insert(key, value)?;
                        }
                    }
                    Ok::<(), ConflictableTransactionError<()>>(())
                })
                .unwrap();
        }
        db.flush().unwrap();
        file.sync_data().unwrap();
    }
    Cost { cpu: crate::cpu() - before, seconds: wall.elapsed().as_secs_f64() }
}
