//! Opening sled, with the one repair that works: its snapshot files moved aside, it rebuilds them from the log.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::error::OpenError;
use super::fault::{Fault, caught};
use super::options::Options;
use crate::limits::{FLUSH_EVERY_MS, LOCK_RETRY_MS};

fn system(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> OpenError {
    let path = path.to_owned();
    move |source| OpenError::System { action, path, source }
}

/// Opens sled in `database`. On a failure the folder is copied before anything else is tried, because a failed recovery
/// overwrites what it could not read.
pub(super) fn open_sled(folder: &Path, database: &Path, options: &Options) -> Result<sled::Db, OpenError> {
    let first = match attempt(database, options) {
        Ok(db) => return Ok(db),
        Err(fault) => fault.to_string(),
    };
    if !database.join("db").exists() {
        let source = io::Error::other(first);
        return Err(OpenError::System { action: "creating a database in", path: database.to_owned(), source });
    }
    let copy = unused(folder, "sled.before-repair");
    copy_folder(database, &copy).map_err(system("copying the unreadable database to", &copy))?;
    let aside = unused(folder, "sled.snapshots-aside");
    move_snapshots(database, &aside).map_err(system("moving the database's snapshots to", &aside))?;
    tracing::warn!(
        failure = first,
        copy = %copy.display(),
        "the database did not open; trying once more without its snapshot files"
    );
    attempt(database, options).map_err(|second| OpenError::Unreadable {
        database: database.to_owned(),
        copy,
        first,
        second: second.to_string(),
    })
}

/// One attempt, waiting for a lock that a process just killed still holds.
fn attempt(database: &Path, options: &Options) -> Result<sled::Db, Fault> {
    let started = Instant::now();
    loop {
        let opened = caught(|| {
            Ok(sled::Config::new()
                .path(database)
                .cache_capacity(options.cache_bytes)
                .flush_every_ms(Some(FLUSH_EVERY_MS))
                .open()?)
        });
        match opened {
            Err(Fault::Sled(sled::Error::Io(error)))
                if error.to_string().contains("could not acquire lock") && started.elapsed() < options.lock_wait =>
            {
                std::thread::sleep(Duration::from_millis(LOCK_RETRY_MS));
            }
            other => return other,
        }
    }
}

/// `name.1`, or the first number not taken.
fn unused(folder: &Path, name: &str) -> PathBuf {
    let mut number = 1u32;
    loop {
        let path = folder.join(format!("{name}.{number}"));
        if !path.exists() {
            return path;
        }
        number = number.saturating_add(1);
    }
}

fn copy_folder(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

fn move_snapshots(database: &Path, aside: &Path) -> io::Result<()> {
    fs::create_dir_all(aside)?;
    for entry in fs::read_dir(database)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with("snap.") {
            fs::rename(entry.path(), aside.join(entry.file_name()))?;
        }
    }
    Ok(())
}
