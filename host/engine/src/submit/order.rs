//! The order in which transactions that may rest on one another are taken in: parents first, otherwise as they came.

use std::collections::{HashMap, HashSet};

use trellis_spv::beef::{Beef, BeefEntry};
use trellis_spv::hash::Txid;
use trellis_spv::transaction::Transaction;

/// The members' places, those that others rest on before these.
pub(super) fn parents_first(members: &[&Beef]) -> Vec<usize> {
    let subjects: HashSet<Txid> = members.iter().map(|member| member.subject).collect();
    let rests_on: Vec<HashSet<Txid>> = members.iter().map(|member| rests_on(member, &subjects)).collect();
    let mut order = Vec::with_capacity(members.len());
    let mut left: Vec<usize> = (0..members.len()).collect();
    while !left.is_empty() {
        let waiting: HashSet<Txid> = left.iter().filter_map(|place| Some(members.get(*place)?.subject)).collect();
        let is_free = |place: &usize| rests_on.get(*place).is_none_or(|parents| parents.is_disjoint(&waiting));
        // A txid commits to those of the parents, so nothing rests on itself, and somebody is free.
        let next = left.iter().position(is_free).unwrap_or(0);
        order.push(left.remove(next));
    }
    order
}

/// The subjects of others that are among the ancestors of a member's subject, as far as its BEEF shows them.
fn rests_on(member: &Beef, subjects: &HashSet<Txid>) -> HashSet<Txid> {
    let raw = member.transactions.iter().filter_map(|entry| match entry {
        BeefEntry::Raw { transaction, .. } => Some((transaction.txid(), transaction)),
        BeefEntry::TxidOnly(_) => None,
    });
    let entries: HashMap<Txid, &Transaction> = raw.collect();
    let (mut seen, mut open) = (HashSet::from([member.subject]), vec![member.subject]);
    while let Some(txid) = open.pop() {
        let inputs = entries.get(&txid).into_iter().flat_map(|transaction| transaction.inputs());
        open.extend(inputs.map(|input| input.source.txid).filter(|parent| seen.insert(*parent)));
    }
    seen.remove(&member.subject);
    seen.retain(|txid| subjects.contains(txid));
    seen
}

#[cfg(test)]
mod tests {
    use trellis_spv::beef;
    use trellis_spv::testing::{Chain, Wallet, coin};

    use super::*;

    #[test]
    fn parents_come_first_and_strangers_keep_their_order() {
        let (mut chain, wallet) = (Chain::new(), Wallet::from_seed(1));
        let pay = |coins: &[_]| wallet.pay(coins, &wallet.p2pkh(), 500);
        let top = pay(&[chain.coin(&wallet, 1_000)]);
        let middle = pay(&[coin(&top, 0)]);
        let bottom = pay(&[coin(&middle, 0), chain.coin(&wallet, 1_000)]);
        let strangers = [800, 700].map(|satoshis| pay(&[chain.coin(&wallet, satoshis)]));
        let parse = |transactions: &[&Transaction]| beef::parse(&chain.beef(transactions).to_bytes()).unwrap();
        // The one in the middle is no member: what is at its bottom rests on what is at its top all the same.
        let members = [
            parse(&[&strangers[0]]),
            parse(&[&top, &middle, &bottom]),
            parse(&[&strangers[1]]),
            parse(&[&top]),
            parse(&[&top]),
        ];
        let members: Vec<&Beef> = members.iter().collect();
        assert_eq!(parents_first(&members), [0, 2, 3, 4, 1]);
        assert_eq!(parents_first(&[]), [0; 0]);
    }
}
