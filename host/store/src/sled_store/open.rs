//! Opening: lock, identity, sled (repaired once if need be), format, and whether it is all there.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use trellis_engine::domain::time::Sequence;

use super::disk::{reserve, sync_folder};
use super::error::OpenError;
use super::fault::{Fault, caught};
use super::identity::{self, Identity};
use super::options::Options;
use super::trees::{Trees, meta, number};
use super::{lock, logs, repair};

/// The number of the layout in [`trees`](super::trees) and [`record`](crate::record). A change there is a new number.
pub(super) const DISK_FORMAT: u64 = 7;

/// An open database and what belongs to it.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) trees: Trees,
    /// Our own descriptor of sled's file, for syncing. Opened before anything is written and kept: the system reports a
    /// failed write-back once to every descriptor that was open then, so sled's own syncs cannot swallow it.
    pub(super) db_file: File,
    pub(super) identity: Identity,
    pub(super) last: Sequence,
    /// Held until the store is closed.
    pub(super) lock: File,
}

fn system(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> OpenError {
    let path = path.to_owned();
    move |source| OpenError::System { action, path, source }
}

/// Opens the store in `folder`, creating it where there is none.
pub(super) fn open(folder: &Path, options: &Options) -> Result<Opened, OpenError> {
    fs::create_dir_all(folder).map_err(system("creating", folder))?;
    let lock = lock::take(folder, options.lock_wait)?;
    let identity_path = identity::path(folder);
    let known = identity::read(folder).map_err(system("reading", &identity_path))?;
    let database = folder.join("sled");
    let exists = database.join("db").try_exists().map_err(system("looking for", &database))?;
    if let (Some(known), false) = (known, exists) {
        return Err(OpenError::Missing { identity: identity_path, database, high_water: known.high_water });
    }
    give_up_ballast(folder, options)?;
    let db = repair::open_sled(folder, &database, options)?;
    let damaged = |fault: Fault| OpenError::Damaged { database: database.clone(), what: fault.to_string() };
    let trees = caught(|| Ok(Trees::open(db)?)).map_err(damaged)?;
    let db_path = database.join("db");
    let db_file = File::open(&db_path).map_err(system("opening", &db_path))?;
    let last = match check_format(folder, &trees).map_err(damaged)?? {
        Some(last) => last,
        None => create(&trees, options.new_node).map_err(damaged)?,
    };
    let node = node(&trees).map_err(damaged)?;
    if let Some(known) = known {
        compare(folder, &database, known, node, last)?;
    }
    if last > Sequence::ZERO && caught(|| logs::read(&trees, last)).map_err(damaged)?.is_none() {
        return Err(damaged(Fault::Damaged(format!("the log record of commit {last} is not whole"))));
    }
    // What was found may so far only be in the system's memory, if the process before was killed. It counts as durable from
    // here on, so it has to be.
    caught(|| Ok(trees.db.flush().map(|_| ())?)).map_err(damaged)?;
    options.disk.sync_data(&db_file).map_err(system("syncing", &db_path))?;
    if known.is_none() {
        sync_creation(folder, &database)?;
    }
    let identity = Identity { node, high_water: last };
    identity::write(folder, identity).map_err(system("writing", &identity_path))?;
    renew_ballast(folder, options)?;
    Ok(Opened { trees, db_file, identity, last, lock })
}

/// The last sequence, or `None` for a database nothing was ever written to. The outer error is damage, the inner one a
/// format this version does not read.
fn check_format(folder: &Path, trees: &Trees) -> Result<Result<Option<Sequence>, OpenError>, Fault> {
    caught(|| match trees.meta_number(meta::FORMAT)? {
        Some(DISK_FORMAT) => Ok(Ok(Some(trees.last()?))),
        Some(found) => Ok(Err(OpenError::Format { folder: folder.to_owned(), found, supported: DISK_FORMAT })),
        None if trees.meta.is_empty() && trees.log.is_empty() && trees.rows.is_empty() => Ok(Ok(None)),
        None => Err(Fault::Damaged("it has no disk-format number".to_owned())),
    })
}

fn create(trees: &Trees, node: [u8; 16]) -> Result<Sequence, Fault> {
    caught(|| {
        let mut first = sled::Batch::default();
        first.insert(meta::FORMAT, number(DISK_FORMAT));
        first.insert(meta::NODE, &node);
        Ok(trees.meta.apply_batch(first)?)
    })?;
    Ok(Sequence::ZERO)
}

fn node(trees: &Trees) -> Result<[u8; 16], Fault> {
    caught(|| {
        let stored = trees.meta.get(meta::NODE)?;
        stored
            .and_then(|node| <[u8; 16]>::try_from(&node[..]).ok())
            .ok_or_else(|| Fault::Damaged("it has no node identity".to_owned()))
    })
}

fn compare(folder: &Path, database: &Path, known: Identity, node: [u8; 16], last: Sequence) -> Result<(), OpenError> {
    let (identity, database) = (identity::path(folder), database.to_owned());
    if known.node != node {
        let (found, expected) = (hex::encode(node), hex::encode(known.node));
        return Err(OpenError::Foreign { identity, database, found, expected });
    }
    if last < known.high_water {
        return Err(OpenError::Behind { identity, database, found: last, high_water: known.high_water });
    }
    Ok(())
}

/// sled never syncs its `conf`, nor any folder. Without these a store created just before a power cut does not open.
fn sync_creation(folder: &Path, database: &Path) -> Result<(), OpenError> {
    for file in ["conf", "db"] {
        let path = database.join(file);
        File::open(&path).and_then(|file| file.sync_all()).map_err(system("syncing", &path))?;
    }
    let parent = folder.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    for path in [database, folder, parent] {
        sync_folder(path).map_err(system("syncing", path))?;
    }
    Ok(())
}

fn ballast(folder: &Path) -> PathBuf {
    folder.join("ballast")
}

/// sled writes a snapshot when it opens, which fails on a full disk: then the ballast goes.
fn give_up_ballast(folder: &Path, options: &Options) -> Result<(), OpenError> {
    let path = ballast(folder);
    let free = options.disk.free_bytes(folder).map_err(system("asking for free space of", folder))?;
    if free < options.ballast_bytes && path.exists() {
        fs::remove_file(&path).map_err(system("deleting", &path))?;
        tracing::warn!(path = %path.display(), free, "the disk is full; the ballast file was deleted so that the store can open");
    }
    Ok(())
}

/// Sets the ballast aside again where there is room.
fn renew_ballast(folder: &Path, options: &Options) -> Result<(), OpenError> {
    let path = ballast(folder);
    let there = fs::metadata(&path).map_or(0, |file| file.len());
    if there >= options.ballast_bytes {
        return Ok(());
    }
    let free = options.disk.free_bytes(folder).map_err(system("asking for free space of", folder))?;
    if free >= options.free_floor_bytes.saturating_add(options.ballast_bytes) {
        reserve(&path, options.ballast_bytes).map_err(system("reserving", &path))?;
    }
    Ok(())
}
