//! The chain's file: one JSON line for each event, appended and made durable before anybody hears of the event.
//!
//! The first line names the format and what the pre-mined blocks follow from; every other line is a transaction that
//! entered the mempool or left it, a block that was mined, or a reorganisation. What is left of a line after a crash was
//! never answered and is cut off; anything else that does not fit is refused with its line number.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use trellis_spv::hash::Txid;
use trellis_spv::transaction::Transaction;

use super::Genesis;

/// The format of the lines. A new one gets a new number: 2 added reorganisations and transactions thrown out.
const FORMAT: u32 = 2;

/// The oldest format that is read. Its files are made files of [`FORMAT`] when they are opened.
const OLDEST_FORMAT: u32 = 1;

/// How every first line begins, up to the digit of the format.
const BEGINNING: &[u8] = b"{\"trellis_local_chain\":";

/// Why the chain's file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The file system failed.
    #[error("the local chain's file {path} cannot be used: {source}; check free space and permissions")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A line does not fit.
    #[error(
        "line {line} of the local chain's file {path} is refused: {reason}; the store beside it belongs to this chain: \
         restore both from one copy, or remove both to begin anew"
    )]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong with it.
        reason: String,
    },
    /// An earlier failure could not be cleaned up.
    #[error(
        "the local chain's file {path} could not be mended after an earlier failure: restart to go on from what is on disk"
    )]
    Broken {
        /// The file.
        path: PathBuf,
    },
}

/// One event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Event {
    /// A transaction entered the mempool.
    Transaction(Transaction),
    /// A block was mined.
    Block(MinedBlock),
    /// The last blocks made way for others.
    Reorg {
        /// How many made way.
        depth: u32,
        /// What was mined in place of others that spend the same.
        rival: Option<Transaction>,
        /// The new blocks.
        blocks: Vec<MinedBlock>,
    },
    /// A transaction was thrown out of the mempool, with everything that spends it.
    Evicted(Txid),
}

/// A block of an event; its coinbase follows from the rest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct MinedBlock {
    /// Unix seconds.
    pub(super) time: u32,
    /// The transactions behind the coinbase, in order.
    pub(super) txids: Vec<Txid>,
    /// The block's hash in display order, so that a chain that replays otherwise is noticed.
    pub(super) hash: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FirstLine {
    trellis_local_chain: u32,
    seed: String,
    time: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "lowercase")]
enum Line {
    Tx(String),
    Block(BlockLine),
    Reorg {
        depth: u32,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        rival: Option<String>,
        blocks: Vec<BlockLine>,
    },
    Evicted(String),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BlockLine {
    time: u32,
    transactions: Vec<String>,
    hash: String,
}

impl BlockLine {
    fn of(block: &MinedBlock) -> Self {
        let transactions = block.txids.iter().map(Txid::to_string).collect();
        Self { time: block.time, transactions, hash: block.hash.clone() }
    }

    fn block(self) -> Result<MinedBlock, String> {
        let txids = self.transactions.iter().map(|text| txid(text)).collect::<Result<_, _>>()?;
        Ok(MinedBlock { time: self.time, txids, hash: self.hash })
    }
}

fn txid(text: &str) -> Result<Txid, String> {
    text.parse::<Txid>().map_err(|error| error.to_string())
}

fn transaction(text: &str) -> Result<Transaction, String> {
    let raw = hex::decode(text).map_err(|error| error.to_string())?;
    Transaction::parse(raw).map_err(|error| error.to_string())
}

impl Line {
    fn of(event: &Event) -> Self {
        match event {
            Event::Transaction(transaction) => Self::Tx(hex::encode(transaction.raw())),
            Event::Block(block) => Self::Block(BlockLine::of(block)),
            Event::Reorg { depth, rival, blocks } => Self::Reorg {
                depth: *depth,
                rival: rival.as_ref().map(|rival| hex::encode(rival.raw())),
                blocks: blocks.iter().map(BlockLine::of).collect(),
            },
            Event::Evicted(txid) => Self::Evicted(txid.to_string()),
        }
    }

    fn event(self) -> Result<Event, String> {
        match self {
            Self::Tx(text) => transaction(&text).map(Event::Transaction),
            Self::Block(line) => line.block().map(Event::Block),
            Self::Reorg { depth, rival, blocks } => Ok(Event::Reorg {
                depth,
                rival: rival.as_deref().map(transaction).transpose()?,
                blocks: blocks.into_iter().map(BlockLine::block).collect::<Result<_, _>>()?,
            }),
            Self::Evicted(text) => txid(&text).map(Event::Evicted),
        }
    }
}

/// The open file.
#[derive(Debug)]
pub(super) struct Journal {
    path: PathBuf,
    file: File,
    /// Bytes up to the end of the last whole line.
    length: u64,
    broken: bool,
}

/// What was in the file: what it began with, and each event with its line.
pub(super) type Recorded = (Genesis, Vec<(usize, Event)>);

impl Journal {
    /// Opens the file, or begins one with `genesis`, which counts only then.
    pub(super) fn open(path: &Path, genesis: &Genesis) -> Result<(Self, Recorded), JournalError> {
        let io = |source| JournalError::Io { path: path.to_owned(), source };
        let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path).map_err(io)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(io)?;
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        let mut journal = Self { path: path.to_owned(), file, length: whole as u64, broken: false };
        if bytes.len() > whole {
            journal.cut().map_err(io)?;
        }
        let lines = bytes.get(..whole).unwrap_or_default();
        if lines.is_empty() {
            journal.begin(genesis)?;
            return Ok((journal, (genesis.clone(), Vec::new())));
        }
        let recorded = read(lines).map_err(|(line, reason)| journal.refuse(line, reason))?;
        if lines.get(BEGINNING.len()) != FORMAT.to_string().as_bytes().first() {
            journal.raise().map_err(io)?;
        }
        Ok((journal, recorded))
    }

    /// Appends events; they are durable when this returns. On failure none of them will be there.
    pub(super) fn append(&mut self, events: &[Event]) -> Result<(), JournalError> {
        let mut bytes = Vec::new();
        for event in events {
            write_line(&mut bytes, &Line::of(event)).map_err(|source| self.io(source))?;
        }
        self.write(&bytes)
    }

    /// An error about one line.
    pub(super) fn refuse(&self, line: usize, reason: String) -> JournalError {
        JournalError::Line { path: self.path.clone(), line, reason }
    }

    fn begin(&mut self, genesis: &Genesis) -> Result<(), JournalError> {
        let first = FirstLine { trellis_local_chain: FORMAT, seed: hex::encode(genesis.seed), time: genesis.time };
        let mut bytes = Vec::new();
        write_line(&mut bytes, &first).map_err(|source| self.io(source))?;
        self.write(&bytes)?;
        // A new file's name is durable only with its folder.
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let synced = File::open(folder.unwrap_or(Path::new("."))).and_then(|folder| folder.sync_all());
        synced.map_err(|source| self.io(source))
    }

    /// Makes a file of an older format one of today's: the lines are the same, only the number tells older programs to
    /// keep away. One byte in place cannot be half-written.
    fn raise(&mut self) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(BEGINNING.len() as u64))?;
        self.file.write_all(FORMAT.to_string().as_bytes())?;
        self.file.seek(SeekFrom::Start(self.length))?;
        self.file.sync_data()
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), JournalError> {
        if self.broken {
            return Err(JournalError::Broken { path: self.path.clone() });
        }
        let written = self.file.write_all(bytes).and_then(|()| self.file.sync_data());
        match written {
            Ok(()) => {
                self.length += bytes.len() as u64;
                Ok(())
            }
            Err(source) => {
                // Half a line would swallow the next one.
                self.broken = self.cut().is_err();
                Err(self.io(source))
            }
        }
    }

    /// From here on the file is open for reading only, so that every write fails as on a failing disk.
    #[cfg(test)]
    pub(super) fn fail_writes(&mut self) {
        self.file = File::open(&self.path).expect("the file is there");
    }

    /// Takes off what lies behind the last whole line.
    fn cut(&mut self) -> io::Result<()> {
        self.file.set_len(self.length)?;
        self.file.seek(SeekFrom::Start(self.length))?;
        self.file.sync_data()
    }

    fn io(&self, source: io::Error) -> JournalError {
        JournalError::Io { path: self.path.clone(), source }
    }
}

fn write_line(out: &mut Vec<u8>, line: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *out, line)?;
    out.push(b'\n');
    Ok(())
}

fn read(bytes: &[u8]) -> Result<Recorded, (usize, String)> {
    let mut lines = (1..).zip(bytes.split_inclusive(|byte| *byte == b'\n'));
    let (_, first) = lines.next().unwrap_or((1, b""));
    let first: FirstLine = serde_json::from_slice(first).map_err(|error| (1, error.to_string()))?;
    if !(OLDEST_FORMAT..=FORMAT).contains(&first.trellis_local_chain) {
        let found = first.trellis_local_chain;
        let readable = format!("{OLDEST_FORMAT} to {FORMAT}");
        return Err((1, format!("it has format {found}, this version of trellis reads formats {readable}")));
    }
    // The number is raised in place: it has to stand where this program writes it.
    if !bytes.starts_with(BEGINNING) {
        return Err((1, "it does not begin as this program writes it".to_owned()));
    }
    let mut seed = [0; 32];
    hex::decode_to_slice(&first.seed, &mut seed).map_err(|error| (1, format!("the seed: {error}")))?;
    let events = lines.map(|(number, line)| {
        let parsed = serde_json::from_slice::<Line>(line).map_err(|error| error.to_string());
        parsed.and_then(Line::event).map(|event| (number, event)).map_err(|reason| (number, reason))
    });
    Ok((Genesis { seed, time: first.time }, events.collect::<Result<_, _>>()?))
}
