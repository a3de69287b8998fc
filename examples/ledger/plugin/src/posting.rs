//! What the lines of a transaction must come to: two accounts at least, the bookkeeper's signature, and zero.

use trellis_plugin::{Refusal, Transaction, config, refuse};

use crate::entry::{self, Entry};

/// The lines of a posting, with the indices of their outputs. `Err` where it is none, or a wrong one.
pub(crate) fn read(transaction: &Transaction) -> Result<Vec<(u32, Entry)>, Refusal> {
    let mut entries: Vec<(u32, Entry)> = Vec::new();
    for (index, output) in transaction.indexed_outputs() {
        if let Some(entry) = entry::read(&output.locking_script) {
            entries.push((index, entry.map_err(|reason| format!("output {index}: {reason}"))?));
        }
    }
    let Some(((_, first), others)) = entries.split_first() else {
        return Err("no output is an entry: a PushDrop token with the fields \"entry\", topic, cents and text".into());
    };
    if others.iter().all(|(_, other)| other.topic == first.topic) {
        return Err("a posting names two accounts at least".into());
    }
    let sum: i128 = entries.iter().map(|(_, entry)| i128::from(entry.amount)).sum();
    if sum != 0 {
        refuse!("the entries come to {sum} cents instead of 0");
    }
    if !is_signed_by_bookkeeper(transaction)? {
        return Err("only the bookkeeper posts: the transaction spends no coin of the bookkeeper's".into());
    }
    Ok(entries)
}

/// Whether the transaction spends a plain coin (P2PKH) of the bookkeeper: the host has verified the signature.
fn is_signed_by_bookkeeper(transaction: &Transaction) -> Result<bool, Refusal> {
    let key = config::get("bookkeeper").and_then(|text| hex::decode(text).ok());
    let key = key.ok_or("this host's ledger has no key `bookkeeper` in its config; tell the operator")?;
    Ok(transaction.spends_coin_of(&key))
}

#[cfg(test)]
mod tests {
    use trellis_plugin::stand_in;

    use super::*;
    use crate::entry::testing::{BOOKKEEPER, entry, transaction};

    fn read_signed_by(signer: &[u8; 33], entries: &[(&str, &str)]) -> Result<usize, String> {
        stand_in::reset();
        stand_in::set_config("bookkeeper", &hex::encode(BOOKKEEPER));
        let scripts: Vec<_> = entries.iter().map(|(topic, amount)| entry(topic, amount)).collect();
        read(&transaction(signer, &scripts)).map(|entries| entries.len()).map_err(|refusal| refusal.to_string())
    }

    fn refusal(entries: &[(&str, &str)]) -> String {
        read_signed_by(&BOOKKEEPER, entries).unwrap_err()
    }

    #[test]
    fn a_posting_comes_to_zero_over_two_accounts_or_more() {
        let three = [("tm_cash", "119"), ("tm_sales", "-100"), ("tm_tax", "-19")];
        assert_eq!(read_signed_by(&BOOKKEEPER, &three), Ok(3));
        assert_eq!(refusal(&three[..2]), "the entries come to 19 cents instead of 0");
        assert_eq!(refusal(&[("tm_cash", "5"), ("tm_cash", "-5")]), "a posting names two accounts at least");
        assert!(refusal(&[]).contains("no output is an entry"));
        assert!(refusal(&[("tm_cash", "5"), ("tm_sales", "-5"), ("tm_tax", "0")]).contains("output 2"));
    }

    #[test]
    fn only_the_bookkeeper_posts() {
        let entries = [("tm_cash", "5"), ("tm_sales", "-5")];
        assert!(read_signed_by(&[3; 33], &entries).unwrap_err().contains("only the bookkeeper"));
    }
}
