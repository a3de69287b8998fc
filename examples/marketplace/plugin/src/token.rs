//! What money and assets share: a PushDrop token whose first field says what it is, locked by its owner's key.

use trellis_plugin::push_drop;

/// Most of an asset or of money: what a basket can sum.
const AMOUNT_MOST: u64 = (1 << 53) - 1;

/// The owner and the two fields behind the first one, if that one is `kind`.
pub(crate) fn read<'s>(locking_script: &'s [u8], kind: &str) -> Option<(Vec<u8>, Vec<&'s str>)> {
    let token = push_drop::decode(locking_script)?;
    let fields: Vec<&str> = token.fields.iter().map(|field| std::str::from_utf8(field).ok()).collect::<Option<_>>()?;
    let (first, rest) = fields.split_first()?;
    (*first == kind).then(|| (token.locking_public_key.to_vec(), rest.to_vec()))
}

/// A whole number, written in one way only.
pub(crate) fn number(text: &str) -> Option<u64> {
    let number: u64 = text.parse().ok()?;
    (number <= AMOUNT_MOST && number.to_string() == text).then_some(number)
}

/// Scripts and transactions for tests.
#[cfg(test)]
pub(crate) mod testing {
    use trellis_plugin::{Input, Outpoint, Output, Transaction, Txid};

    /// Short pushes and a PushDrop around them, as `@bsv/sdk` writes it.
    pub(crate) fn script(owner: &[u8; 33], fields: &[&str]) -> Vec<u8> {
        let mut script = [&[33], owner.as_slice(), &[0xac]].concat();
        for field in fields {
            script.push(field.len() as u8);
            script.extend_from_slice(field.as_bytes());
        }
        script.extend(fields.iter().map(|_| 0x75));
        script
    }

    pub(crate) fn money(owner: &[u8; 33], amount: &str) -> Vec<u8> {
        script(owner, &["money", amount])
    }

    pub(crate) fn asset(owner: &[u8; 33], id: &str, price: &str) -> Vec<u8> {
        script(owner, &["asset", id, price])
    }

    /// A transaction that spends and makes these scripts. Input number n spends output n of a transaction.
    pub(crate) fn transaction(spends: &[Vec<u8>], makes: &[Vec<u8>]) -> Transaction {
        let output = |script: &Vec<u8>| Output { satoshis: 1, locking_script: script.clone() };
        let input = |(output_index, script)| Input {
            source: Outpoint { txid: Txid([1; 32]), output_index },
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
    fn a_number_has_one_form() {
        assert_eq!((number("0"), number("250"), number("9007199254740991")), (Some(0), Some(250), Some(AMOUNT_MOST)));
        for text in ["", "007", "+7", "-7", "7.0", "9007199254740992", "99999999999999999999"] {
            assert_eq!(number(text), None, "{text}");
        }
    }
}
