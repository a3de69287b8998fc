//! What a disk holds, and what is left of it after a cut.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use rand::Rng;
use rand::rngs::StdRng;

use super::recording::{Call, Recording};

/// Bytes a disk writes or loses together.
const PAGE: usize = 4096;

/// What happens to writes no sync covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Losses {
    /// All are lost.
    All,
    /// Each page of each is kept or lost at random.
    Random,
}

/// A change of a file that is not durable yet.
#[derive(Debug, Clone)]
struct Pending {
    ended: u64,
    change: Change,
}

#[derive(Debug, Clone)]
enum Change {
    Write { offset: usize, data: Vec<u8> },
    Length(usize),
}

#[derive(Debug, Default, Clone)]
struct Content {
    durable: Vec<u8>,
    pending: Vec<Pending>,
}

/// The watched folder, call by call.
#[derive(Debug, Default)]
pub struct Disk {
    contents: Vec<Content>,
    names: BTreeMap<PathBuf, usize>,
    folders: BTreeSet<PathBuf>,
    open: HashMap<u32, usize>,
}

fn apply(bytes: &mut Vec<u8>, change: &Change) {
    match change {
        Change::Length(length) => bytes.resize(*length, 0),
        Change::Write { offset, data } => {
            let end = offset + data.len();
            if bytes.len() < end {
                bytes.resize(end, 0);
            }
            bytes[*offset..end].copy_from_slice(data);
        }
    }
}

impl Disk {
    /// Applies one call.
    pub fn apply(&mut self, recording: &Recording) {
        match &recording.call {
            Call::Open { path, truncates } => self.opened(recording, path, *truncates),
            Call::Write { offset, data } => {
                let change = Change::Write { offset: *offset, data: data.clone() };
                self.pending(recording, change);
            }
            Call::SetLength(length) => self.pending(recording, Change::Length(*length)),
            Call::Sync => {
                let Some(content) = self.open.get(&recording.file).and_then(|at| self.contents.get_mut(*at)) else {
                    return;
                };
                // Only what had returned before the sync began is covered by it.
                let (covered, rest): (Vec<_>, Vec<_>) =
                    content.pending.drain(..).partition(|pending| pending.ended <= recording.began);
                for pending in covered {
                    apply(&mut content.durable, &pending.change);
                }
                content.pending = rest;
            }
            Call::Rename { from, to } => {
                if let Some(content) = self.names.remove(from) {
                    self.names.insert(to.clone(), content);
                }
            }
            Call::Unlink(path) => {
                self.names.remove(path);
            }
            Call::MakeFolder(path) => {
                self.folders.insert(path.clone());
            }
        }
    }

    fn opened(&mut self, recording: &Recording, path: &Path, truncates: bool) {
        if path.is_dir() || self.folders.contains(path) {
            return;
        }
        let contents = &mut self.contents;
        let content = *self.names.entry(path.to_owned()).or_insert_with(|| {
            contents.push(Content::default());
            contents.len() - 1
        });
        self.open.insert(recording.file, content);
        if truncates {
            self.pending(recording, Change::Length(0));
        }
    }

    fn pending(&mut self, recording: &Recording, change: Change) {
        if let Some(content) = self.open.get(&recording.file) {
            self.contents[*content].pending.push(Pending { ended: recording.ended, change });
        }
    }

    /// Writes what is left after a cut: files below `watched` go to the same place below `image`.
    pub fn cut(&self, watched: &Path, image: &Path, losses: Losses, random: &mut StdRng) {
        std::fs::create_dir_all(image).expect("the image's folder");
        for folder in &self.folders {
            if let Ok(inside) = folder.strip_prefix(watched) {
                std::fs::create_dir_all(image.join(inside)).expect("a folder of the image");
            }
        }
        for (path, content) in &self.names {
            let Ok(inside) = path.strip_prefix(watched) else { continue };
            let target = image.join(inside);
            std::fs::create_dir_all(target.parent().expect("a parent")).expect("a folder of the image");
            std::fs::write(target, left(&self.contents[*content], losses, random)).expect("a file of the image");
        }
    }
}

/// What is left of a file.
fn left(content: &Content, losses: Losses, random: &mut StdRng) -> Vec<u8> {
    let mut bytes = content.durable.clone();
    if losses == Losses::All {
        return bytes;
    }
    for pending in &content.pending {
        match &pending.change {
            Change::Length(_) if random.random() => apply(&mut bytes, &pending.change),
            Change::Length(_) => {}
            Change::Write { offset, data } => {
                for (at, page) in data.chunks(PAGE).enumerate() {
                    if random.random() {
                        apply(&mut bytes, &Change::Write { offset: offset + at * PAGE, data: page.to_vec() });
                    }
                }
            }
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    fn call(file: u32, began: u64, ended: u64, call: Call) -> Recording {
        Recording { file, began, ended, call }
    }

    fn after(calls: &[Recording]) -> Vec<u8> {
        let mut disk = Disk::default();
        for call in calls {
            disk.apply(call);
        }
        let image = tempfile::TempDir::new().unwrap();
        disk.cut(Path::new("/nowhere"), image.path(), Losses::All, &mut StdRng::seed_from_u64(1));
        std::fs::read(image.path().join("file")).unwrap()
    }

    #[test]
    fn only_what_a_later_sync_covers_is_left() {
        let open = call(1, 0, 1, Call::Open { path: "/nowhere/file".into(), truncates: false });
        let write = call(1, 2, 5, Call::Write { offset: 0, data: b"hello".to_vec() });
        assert_eq!(after(&[open.clone(), write.clone()]), b"");
        let early = call(1, 4, 6, Call::Sync);
        assert_eq!(after(&[open.clone(), write.clone(), early]), b"", "the sync began before the write had returned");
        let late = call(1, 6, 7, Call::Sync);
        assert_eq!(after(&[open, write, late]), b"hello");
    }
}
