//! Contents and long rows.

use sha2::{Digest, Sha256};
use trellis_engine::domain::name::{NameId, TopicId};
use trellis_engine::domain::row::{ContentId, Row, RowKey};
use trellis_engine::domain::time::Sequence;
use trellis_engine::ports::store::{CommitError, StoreError};
use trellis_spv::hash::{Txid, double_sha256};
use trellis_store::limits::CHUNK_BYTES;

use crate::plans::*;
use crate::subject::Subject;

pub fn transaction(bytes: &[u8]) -> ContentId {
    ContentId::Transaction(Txid::from_internal(double_sha256(bytes)))
}

pub fn contents_come_back_as_they_went_in(subject: &Subject) {
    let store = subject.fresh();
    for length in [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES, 1_000_003] {
        let bytes: Vec<u8> = (0..length).map(|index| (index * 7 + length) as u8).collect();
        let values = ContentId::Carried(Sha256::digest(&bytes).into());
        for id in [transaction(&bytes), values] {
            assert_eq!(store.content(&id).unwrap(), None);
            store.put_contents(&[(id, &bytes)]).unwrap();
            store.put_contents(&[(id, &bytes)]).unwrap();
            assert_eq!(store.content(&id).unwrap().as_deref(), Some(&bytes[..]));
        }
    }
}

pub fn contents_under_a_wrong_id_are_refused(subject: &Subject) {
    let store = subject.fresh();
    let wrong = store.put_contents(&[(transaction(b"this"), b"that")]);
    assert!(matches!(wrong, Err(StoreError::Malformed(_))), "{wrong:?}");
    assert_eq!(store.content(&transaction(b"this")).unwrap(), None);
}

pub fn a_plan_may_only_name_stored_contents(subject: &Subject) {
    let store = subject.fresh();
    let id = transaction(b"raw");
    assert!(matches!(plan().content(id).commit(&*store), Err(CommitError::Malformed(_))));
    store.put_contents(&[(id, b"raw")]).unwrap();
    assert_eq!(plan().content(id).ok(&*store), Sequence(1));
}

pub fn rows_of_any_length_come_back(subject: &Subject) {
    let store = subject.fresh();
    let key = RowKey::Holders(outpoint(1));
    let topics = |count: u32| Some(Row::Holders((0..count).map(|id| TopicId(NameId(u32::MAX - id))).collect()));
    // 5 bytes each: around what fits one value, around whole chunks, and far beyond; longer and shorter in turn.
    let counts = [1, 1_236, 1_237, 1_637, 1_638, 1_639, 20_000, 3, 40_000, 0, 2_000];
    for count in counts {
        plan().write(key.clone(), topics(count)).ok(&*store);
    }
    plan().write(key.clone(), None).ok(&*store);
    for (index, count) in counts.into_iter().enumerate() {
        assert_eq!(row(&*store, &key, Sequence(index as u64 + 1)), topics(count), "{count} topics");
    }
    assert_eq!(row(&*store, &key, store.durable()), None);
}
