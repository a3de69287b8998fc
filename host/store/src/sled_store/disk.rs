//! What the store asks of the disk besides sled: syncing, free space, ballast. Tests bring a disk that fails.

use std::fs::File;
use std::io;
use std::path::Path;

/// The disk under the store.
pub trait Disk: Send + Sync {
    /// Makes what was written to sled's file `db` durable (`fdatasync`).
    ///
    /// # Errors
    /// Whatever the system says. After such an error nothing is known about the written pages, and a second attempt may
    /// succeed without having written them: the process must end.
    fn sync_data(&self, db: &File) -> io::Result<()>;

    /// Called before sled flushes a group; an error counts as a failed flush.
    ///
    /// # Errors
    /// Only to provoke that case.
    fn before_flush(&self) -> io::Result<()> {
        Ok(())
    }

    /// Bytes that an unprivileged process may still write on the file system of `folder`.
    ///
    /// # Errors
    /// Whatever the system says.
    fn free_bytes(&self, folder: &Path) -> io::Result<u64>;
}

/// The real disk.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemDisk;

impl Disk for SystemDisk {
    fn sync_data(&self, db: &File) -> io::Result<()> {
        db.sync_data()
    }

    fn free_bytes(&self, folder: &Path) -> io::Result<u64> {
        let space = rustix::fs::statvfs(folder)?;
        Ok(space.f_bavail.saturating_mul(space.f_frsize))
    }
}

/// Makes the entries of a folder durable: files created or renamed in it.
pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Takes `bytes` of the disk, really allocated, or nothing.
pub(super) fn reserve(path: &Path, bytes: u64) -> io::Result<()> {
    let file = File::create(path)?;
    let reserved = match rustix::fs::fallocate(&file, rustix::fs::FallocateFlags::empty(), 0, bytes) {
        // File systems without allocation get the bytes written out.
        Err(rustix::io::Errno::OPNOTSUPP | rustix::io::Errno::NOSYS) => {
            io::copy(&mut io::Read::take(io::repeat(0x5a), bytes), &mut &file).map(|_| ())
        }
        other => other.map_err(io::Error::from),
    };
    match reserved.and_then(|()| file.sync_all()) {
        Ok(()) => Ok(()),
        Err(error) => {
            drop(file);
            std::fs::remove_file(path)?;
            Err(error)
        }
    }
}
