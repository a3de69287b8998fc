//! What the faucet gives, and choosing the miner's coins for it.

use trellis_spv::beef::{Beef, BeefEntry, BeefVersion};
use trellis_spv::bump::Bump;
use trellis_spv::limits::DEFAULT_MIN_FEE_RATE;
use trellis_spv::merkle::MerkleProof;
use trellis_spv::transaction::Transaction;

use super::miner::{Coin, SIGNED_INPUT_BYTES};

/// Most coins one grant spends: far more than a grant within the limits of a chain that mined for months needs.
const MAX_COINS: usize = 1_000;

/// Bytes of a transaction besides its inputs and the grant's script: version, lock time, counts, two outputs' values
/// and lengths, the script of the change.
const OTHER_BYTES: usize = 80;

/// A coin the faucet gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// The transaction that made it.
    pub transaction: Transaction,
    /// Its proof; never at offset 0, which is the coinbase's.
    pub proof: MerkleProof,
    /// The output that is the coin.
    pub vout: u32,
}

impl Grant {
    /// The transaction and its proof as BEEF V1 (BRC-62).
    #[must_use]
    pub fn beef(&self) -> Vec<u8> {
        let subject = self.transaction.txid();
        let bumps: Vec<Bump> = Bump::merge(&[(subject, &self.proof)]).into_iter().collect();
        let bump = (!bumps.is_empty()).then_some(0);
        let transactions = vec![BeefEntry::Raw { transaction: self.transaction.clone(), bump }];
        Beef { version: BeefVersion::V1, bumps, transactions, subject, atomic: false }.to_bytes()
    }
}

/// Coins for a grant.
#[derive(Debug)]
pub(super) struct Choice {
    pub(super) coins: Vec<Coin>,
    /// Satoshis that come back to the miner; none if 0.
    pub(super) change: u64,
}

/// Chooses coins worth `satoshis` and the fee: the smallest one that is enough, so that change is used before new
/// coinbases; else as many of the largest as it takes. `Err` has the satoshis that could be granted at most.
pub(super) fn choose(mut coins: Vec<Coin>, satoshis: u64, script_bytes: usize) -> Result<Choice, u64> {
    coins.sort_unstable_by_key(|coin| (coin.satoshis, coin.outpoint));
    let with_fee = |count| satoshis.saturating_add(fee(count, script_bytes));
    if let Some(coin) = coins.iter().find(|coin| coin.satoshis >= with_fee(1)) {
        return Ok(Choice { coins: vec![*coin], change: coin.satoshis - with_fee(1) });
    }
    let mut chosen = Vec::new();
    let mut sum = 0u64;
    for coin in coins.iter().rev().take(MAX_COINS) {
        chosen.push(*coin);
        sum = sum.saturating_add(coin.satoshis);
        if let Some(change) = sum.checked_sub(with_fee(chosen.len())) {
            return Ok(Choice { coins: chosen, change });
        }
    }
    Err(sum.saturating_sub(fee(chosen.len(), script_bytes)))
}

/// Satoshis for a transaction that spends `count` coins.
fn fee(count: usize, script_bytes: usize) -> u64 {
    let bytes = OTHER_BYTES + script_bytes + count * SIGNED_INPUT_BYTES;
    (bytes as u64 * DEFAULT_MIN_FEE_RATE).div_ceil(1_000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use trellis_spv::hash::{Outpoint, Txid};

    fn coins(values: &[u64]) -> Vec<Coin> {
        let outpoint = |vout| Outpoint::new(Txid::from_internal([1; 32]), vout);
        (0..).zip(values).map(|(vout, satoshis)| Coin { outpoint: outpoint(vout), satoshis: *satoshis }).collect()
    }

    fn chosen(values: &[u64], satoshis: u64) -> Result<(Vec<u64>, u64), u64> {
        choose(coins(values), satoshis, 25)
            .map(|choice| (choice.coins.iter().map(|coin| coin.satoshis).collect(), choice.change))
    }

    #[test]
    fn the_smallest_sufficient_coin_is_spent_else_the_largest_together() {
        assert_eq!(chosen(&[500, 20, 100], 19), Ok((vec![20], 0)));
        assert_eq!(chosen(&[500, 20, 100], 20), Ok((vec![100], 79)));
        assert_eq!(chosen(&[500, 20, 100], 598), Ok((vec![500, 100], 1)));
        assert_eq!(chosen(&[500, 20, 100], 619), Ok((vec![500, 100, 20], 0)));
    }

    #[test]
    fn what_there_is_not_says_how_much_there_is() {
        assert_eq!(chosen(&[500, 20, 100], 620), Err(619));
        assert_eq!(chosen(&[], 1), Err(0));
        assert_eq!(chosen(&[5], u64::MAX), Err(4));
    }
}
