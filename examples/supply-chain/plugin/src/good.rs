//! What a good looks like: a PushDrop token with the fields `good`, its id and a note, locked by the key of who has it.

use trellis_plugin::{Transaction, push_drop};

/// Longest id of a good, in bytes: a key of the topic's state, and an asset of a basket.
const ID_MOST: usize = 100;
/// Longest note, in bytes: it lies in the basket with the good.
const NOTE_MOST: usize = 1000;

/// A good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Good {
    pub(crate) id: String,
    /// What its holder has to say about it.
    pub(crate) note: String,
    /// The key that locks it.
    pub(crate) holder: Vec<u8>,
}

/// The good in a locking script, if it is one.
pub(crate) fn read(locking_script: &[u8]) -> Option<Good> {
    let token = push_drop::decode(locking_script)?;
    let &[b"good", id, note] = token.fields.as_slice() else { return None };
    let (id, note) = (std::str::from_utf8(id).ok()?, std::str::from_utf8(note).ok()?);
    let fits = (1..=ID_MOST).contains(&id.len()) && !id.contains(char::is_control) && note.len() <= NOTE_MOST;
    fits.then(|| Good { id: id.to_owned(), note: note.to_owned(), holder: token.locking_public_key.to_vec() })
}

/// The goods a transaction makes, with the indices of their outputs.
pub(crate) fn made(transaction: &Transaction) -> impl Iterator<Item = (u32, Good)> {
    transaction.indexed_outputs().filter_map(|(index, output)| Some((index, read(&output.locking_script)?)))
}

/// The goods a transaction spends, with the indices of their inputs.
pub(crate) fn spent(transaction: &Transaction) -> impl Iterator<Item = (u32, Good)> {
    (0u32..)
        .zip(&transaction.inputs)
        .filter_map(|(index, input)| Some((index, read(&input.source_output.as_ref()?.locking_script)?)))
}

/// Scripts and transactions for tests.
#[cfg(test)]
pub(crate) mod testing {
    use trellis_plugin::{Input, Outpoint, Output, Transaction, Txid};

    /// Short pushes and a PushDrop around them, as `@bsv/sdk` writes it.
    pub(crate) fn good(holder: &[u8; 33], id: &str) -> Vec<u8> {
        let mut script = [&[33], holder.as_slice(), &[0xac]].concat();
        for field in ["good", id, "fresh"] {
            script.push(field.len() as u8);
            script.extend_from_slice(field.as_bytes());
        }
        script.extend([0x6d, 0x75]);
        script
    }

    /// The outpoint that input number `output_index` spends.
    pub(crate) fn outpoint(output_index: u32) -> Outpoint {
        Outpoint { txid: Txid([1; 32]), output_index }
    }

    pub(crate) fn transaction(spends: &[Vec<u8>], makes: &[Vec<u8>]) -> Transaction {
        let output = |script: &Vec<u8>| Output { satoshis: 1, locking_script: script.clone() };
        let input = |(output_index, script)| Input {
            source: outpoint(output_index),
            source_output: Some(output(script)),
            unlocking_script: Vec::new(),
            sequence: u32::MAX,
        };
        Transaction {
            txid: Txid([2; 32]),
            version: 1,
            inputs: (0..).zip(spends).map(input).collect(),
            outputs: makes.iter().map(output).collect(),
            lock_time: 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_good_is_read() {
        let read = read(&testing::good(&[2; 33], "crate 7")).unwrap();
        assert_eq!(read, Good { id: "crate 7".into(), note: "fresh".into(), holder: vec![2; 33] });
        assert_eq!(super::read(&testing::good(&[2; 33], "")), None);
        assert_eq!(super::read(&[0x51]), None);
    }
}
