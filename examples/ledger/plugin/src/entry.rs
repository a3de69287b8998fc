//! What a line of a posting looks like: a PushDrop token with the fields `entry`, the account's topic, the amount in cents
//! (more than zero is debit, less is credit) and a text.

use trellis_plugin::push_drop;

/// Most of one line, in cents: what a basket can sum.
const AMOUNT_MOST: u64 = (1 << 53) - 1;
/// Longest text, in bytes: it lies in the basket with the amount.
const TEXT_MOST: usize = 1000;

/// A line of a posting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// The account's topic.
    pub(crate) topic: String,
    /// In cents, never zero.
    pub(crate) amount: i64,
    pub(crate) text: String,
}

/// The line in a locking script: `None` where it is something else, `Err` where it is meant to be one and is not.
pub(crate) fn read(locking_script: &[u8]) -> Option<Result<Entry, &'static str>> {
    let token = push_drop::decode(locking_script)?;
    let [b"entry", fields @ ..] = token.fields.as_slice() else { return None };
    Some(fields_of(fields).ok_or("an entry has the fields \"entry\", topic, cents (not 0) and text"))
}

fn fields_of(fields: &[&[u8]]) -> Option<Entry> {
    let &[topic, amount, text] = fields else { return None };
    let [topic, written, text] = [topic, amount, text].map(|field| std::str::from_utf8(field).ok());
    let amount: i64 = written?.parse().ok()?;
    // One way to write a number, so that what people read is what is counted.
    let fits = amount.to_string() == written?
        && amount != 0
        && amount.unsigned_abs() <= AMOUNT_MOST
        && text?.len() <= TEXT_MOST;
    fits.then_some(Entry { topic: topic?.to_owned(), amount, text: text?.to_owned() })
}

/// Scripts and transactions for tests.
#[cfg(test)]
pub(crate) mod testing {
    use trellis_plugin::{Input, Outpoint, Output, Transaction, Txid, crypto};

    pub(crate) const BOOKKEEPER: [u8; 33] = [2; 33];

    /// Short pushes and a PushDrop around them, as `@bsv/sdk` writes it.
    pub(crate) fn entry(topic: &str, amount: &str) -> Vec<u8> {
        let mut script = [&[33], BOOKKEEPER.as_slice(), &[0xac]].concat();
        for field in ["entry", topic, amount, "sold"] {
            script.push(field.len() as u8);
            script.extend_from_slice(field.as_bytes());
        }
        script.extend([0x6d, 0x6d]);
        script
    }

    /// A transaction with these outputs that spends a coin of this key.
    pub(crate) fn transaction(signer: &[u8; 33], makes: &[Vec<u8>]) -> Transaction {
        let coin = [&[0x76, 0xa9, 20][..], &crypto::hash160(signer), &[0x88, 0xac]].concat();
        let output = |script: &Vec<u8>| Output { satoshis: 1, locking_script: script.clone() };
        let input = Input {
            source: Outpoint { txid: Txid([1; 32]), output_index: 0 },
            source_output: Some(output(&coin)),
            unlocking_script: Vec::new(),
            sequence: u32::MAX,
        };
        let outputs = makes.iter().map(output).collect();
        Transaction { txid: Txid([2; 32]), version: 1, inputs: vec![input], outputs, lock_time: 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_or_refused_but_never_guessed() {
        let entry = Entry { topic: "tm_cash".into(), amount: -250, text: "sold".into() };
        assert_eq!(read(&testing::entry("tm_cash", "-250")), Some(Ok(entry)));
        for amount in ["0", "-0", "+5", "5.0", "05", "9007199254740992", "-9223372036854775808", "much"] {
            assert!(read(&testing::entry("tm_cash", amount)).is_some_and(|line| line.is_err()), "{amount}");
        }
        assert_eq!(read(&[0x51]), None);
    }
}
