//! The process that is killed: threads that commit and print what was acknowledged.

use std::io::Write;
use std::path::Path;

use trellis_engine::domain::plan::{Adjust, HashChange};
use trellis_engine::domain::row::{ContentId, NumberKey, Row, RowKey, SpendRow, TransactionRow};
use trellis_engine::domain::time::{Stamp, Timestamp};
use trellis_engine::ports::store::Store;
use trellis_spv::hash::{Outpoint, Txid, double_sha256};
use trellis_store::SledStore;

use crate::plans::{TOPIC, options, plan, row, state_key};

pub const THREADS: u64 = 8;

/// The raw bytes of a step's content: one chunk, or several.
fn raw(thread: u64, step: u64) -> Vec<u8> {
    let length = if step.is_multiple_of(7) { 9_000 } else { 250 };
    [thread.to_be_bytes(), step.to_be_bytes()].concat().repeat(length / 16)
}

fn txid(thread: u64, step: u64) -> Txid {
    Txid::from_internal(double_sha256(&raw(thread, step)))
}

/// The rows that only this step writes.
pub fn written_rows(thread: u64, step: u64) -> Vec<(RowKey, Row)> {
    let txid = txid(thread, step);
    let size = raw(thread, step).len() as u32;
    let mut rows = vec![(
        RowKey::Transaction(txid),
        Row::Transaction(TransactionRow {
            size,
            inputs: 12,
            outputs: 1,
            stored: Stamp::ThisCommit,
            stored_at: Timestamp(1),
            proof: None,
        }),
    )];
    for input in 0..12 {
        rows.push((RowKey::Spend(Outpoint::new(txid, input)), Row::Spend(SpendRow { spender: txid, input })));
    }
    let key = [thread.to_be_bytes(), step.to_be_bytes()].concat();
    rows.push((state_key(&key), Row::State(vec![step as u8; (step % 5_000) as usize])));
    rows
}

/// Commits until the process is killed.
pub fn commit_until_killed(folder: &Path) -> ! {
    let store = SledStore::open(folder, &options(50)).unwrap();
    println!("open");
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let store = &store;
            scope.spawn(move || commit_from(store, thread));
        }
    });
    unreachable!("its threads never end")
}

fn commit_from(store: &SledStore, thread: u64) {
    let mut step = 1;
    while row(store, &written_rows(thread, step)[0].0, store.durable()).is_some() {
        step += 1;
    }
    loop {
        let id = ContentId::Transaction(txid(thread, step));
        store.put_contents(&[(id, &raw(thread, step))]).unwrap();
        let mut planned = plan()
            .content(id)
            .adjust(Adjust::Number(NumberKey::OutboxPending, 1))
            .adjust(Adjust::TopicHash(TOPIC, HashChange::Add(*txid(thread, step).internal())));
        for (key, row) in written_rows(thread, step) {
            planned = planned.absent(key.clone()).write(key, Some(row));
        }
        // Rows that many steps write and remove, so that there is something to prune.
        let shared = state_key(&[thread as u8, (step % 5) as u8]);
        planned = planned.write(shared, (!step.is_multiple_of(3)).then(|| Row::State(vec![1; 100])));
        planned.ok(store);
        // One write call, so that lines of different threads do not mix; the sum shows a line that was cut off.
        let line = format!("{thread} {step} {}\n", thread + step);
        std::io::stdout().lock().write_all(line.as_bytes()).unwrap();
        std::io::stdout().flush().unwrap();
        step += 1;
    }
}
