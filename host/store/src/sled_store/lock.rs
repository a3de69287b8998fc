//! The store's own lock file: one process at a time, with a text that says which.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use super::error::OpenError;
use crate::limits::LOCK_RETRY_MS;

/// Takes the lock, waiting up to `wait`: a process that was just killed still holds it while it exits.
pub(super) fn take(folder: &Path, wait: Duration) -> Result<File, OpenError> {
    let path = folder.join("lock");
    let failed = |source| OpenError::System { action: "locking", path: path.clone(), source };
    let mut file =
        OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path).map_err(failed)?;
    let started = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => break,
            Err(TryLockError::Error(source)) => return Err(failed(source)),
            Err(TryLockError::WouldBlock) if started.elapsed() >= wait => {
                return Err(OpenError::Locked { folder: folder.to_owned(), owner: owner(&mut file) });
            }
            Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(LOCK_RETRY_MS)),
        }
    }
    file.set_len(0).and_then(|()| write!(file, "{}", std::process::id())).map_err(failed)?;
    Ok(file)
}

/// Who holds the lock, as far as the file tells.
fn owner(file: &mut File) -> String {
    let mut text = String::new();
    let read = file.rewind().and_then(|()| file.take(20).read_to_string(&mut text));
    match (read, text.trim().parse::<u32>()) {
        (Ok(_), Ok(id)) => format!("process {id}"),
        _ => "another process".to_owned(),
    }
}
