//! The verdict of the assets topic: an asset leaves its owner only against its price.
//!
//! Assets that are spent must reappear, each once. Where the owner is another one, this is a trade: the asset has a price, and
//! the owner before has at least that much more money after the transaction, all its trades together. Only what the money topic
//! holds counts as money that goes in, and no more may come out: that is why this topic may read that one.

use std::collections::BTreeMap;

use trellis_plugin::{AdmittanceInstructions, Input, Refusal, Submission, Transaction, refuse, state};

use crate::asset::{self, Asset};
use crate::money;

/// Judges a submission; `is_money` says whether the money topic holds what an input spends.
pub(crate) fn judge(
    submission: &Submission,
    is_money: impl Fn(&Input) -> bool,
) -> Result<AdmittanceInstructions, Refusal> {
    let Submission { transaction, previous_coins, .. } = submission;
    let mut spent: BTreeMap<String, Asset> = previous_coins
        .iter()
        .filter_map(|input| asset::spent(transaction, *input))
        .map(|asset| (asset.id.clone(), asset))
        .collect();
    let mut admitted = Vec::new();
    let mut due: BTreeMap<Vec<u8>, i128> = BTreeMap::new();
    for (index, output) in transaction.indexed_outputs() {
        let Some(asset) = asset::read(&output.locking_script) else { continue };
        admitted.push(index);
        match spent.remove(&asset.id) {
            None => register(&asset)?,
            Some(before) if before.owner == asset.owner => {}
            Some(before) => {
                let price = before.price.ok_or_else(|| format!("the asset {:?} is not for sale", before.id))?;
                *due.entry(before.owner).or_default() += i128::from(price);
            }
        }
    }
    if let Some(id) = spent.keys().next() {
        refuse!("the asset {id:?} is spent and goes to nobody");
    }
    if admitted.is_empty() {
        return Err("no output is an asset: a PushDrop token with the fields \"asset\", id and price".into());
    }
    is_paid(transaction, &due, is_money)?;
    Ok(AdmittanceInstructions::admit(admitted))
}

/// Notes a new asset, or refuses because there is one with that id: whoever has it did not spend it here.
fn register(asset: &Asset) -> Result<(), Refusal> {
    let key = asset.id.as_bytes();
    if state::get(key).is_some() {
        refuse!("the asset {:?} exists, and this transaction does not spend it", asset.id);
    }
    state::set(key, &[]);
    Ok(())
}

/// Whether everybody gets what is due to them, in money that is real.
fn is_paid(
    transaction: &Transaction,
    due: &BTreeMap<Vec<u8>, i128>,
    is_money: impl Fn(&Input) -> bool,
) -> Result<(), Refusal> {
    if due.is_empty() {
        return Ok(());
    }
    let inputs = (0u32..).zip(&transaction.inputs);
    let coins: Vec<u32> = inputs.filter(|(_, input)| is_money(input)).map(|(index, _)| index).collect();
    let sums = money::sums(transaction, &coins);
    if sums.made > sums.spent {
        let money::Sums { spent, made, .. } = sums;
        refuse!("it is paid with money out of nothing: {spent} go in and {made} come out");
    }
    for (seller, price) in due {
        let gain = sums.gains.get(seller).copied().unwrap_or(0);
        if gain < *price {
            refuse!("the price is {price}, and the seller gets {gain}");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use trellis_plugin::stand_in;

    use super::*;
    use crate::token::testing::{self, asset, money};

    const ANN: [u8; 33] = [2; 33];
    const BOB: [u8; 33] = [3; 33];

    /// Judges a transaction whose inputs are real assets and real money, by their looks.
    fn judge_real(spends: &[Vec<u8>], makes: &[Vec<u8>]) -> Result<AdmittanceInstructions, Refusal> {
        judge_with(spends, makes, true)
    }

    fn judge_with(spends: &[Vec<u8>], makes: &[Vec<u8>], is_real: bool) -> Result<AdmittanceInstructions, Refusal> {
        let transaction = testing::transaction(spends, makes);
        let inputs = || (0u32..).zip(spends).map(|(input, _)| input);
        let previous_coins = inputs().filter(|input| asset::spent(&transaction, *input).is_some()).collect();
        let coins: Vec<u32> =
            inputs().filter(|input| is_real && money::spent(&transaction, *input).is_some()).collect();
        let submission = Submission { topic: "tm_assets".into(), transaction, previous_coins, off_chain_values: None };
        judge(&submission, |input| coins.contains(&input.source.output_index))
    }

    fn refusal(spends: &[Vec<u8>], makes: &[Vec<u8>]) -> String {
        judge_real(spends, makes).unwrap_err().to_string()
    }

    #[test]
    fn an_asset_is_registered_once_and_priced_by_its_owner() {
        stand_in::reset();
        let painting = |price| asset(&ANN, "painting", price);
        assert_eq!(judge_real(&[], &[painting("0")]), Ok(AdmittanceInstructions::admit([0])));
        assert!(refusal(&[], &[painting("0")]).contains("\"painting\" exists"));
        assert_eq!(judge_real(&[painting("0")], &[painting("250")]), Ok(AdmittanceInstructions::admit([0])));
    }

    #[test]
    fn it_changes_hands_against_its_price() {
        let spends = [asset(&ANN, "painting", "250"), money(&BOB, "300")];
        let trade = |to_ann: &str, to_bob: &str| {
            judge_real(&spends, &[asset(&BOB, "painting", "0"), money(&ANN, to_ann), money(&BOB, to_bob)])
        };
        assert_eq!(trade("250", "50"), Ok(AdmittanceInstructions::admit([0])));
        assert_eq!(trade("249", "51").unwrap_err().text(), "the price is 250, and the seller gets 249");
        let unlisted = refusal(&[asset(&ANN, "painting", "0")], &[asset(&BOB, "painting", "0")]);
        assert!(unlisted.contains("not for sale"), "{unlisted}");
    }

    #[test]
    fn prices_add_up_and_the_sellers_own_money_pays_nothing() {
        let two = [asset(&ANN, "painting", "250"), asset(&ANN, "vase", "100"), money(&BOB, "300")];
        let makes = [asset(&BOB, "painting", "0"), asset(&BOB, "vase", "0"), money(&ANN, "300")];
        assert_eq!(refusal(&two, &makes), "the price is 350, and the seller gets 300");
        let own = [asset(&ANN, "painting", "250"), money(&ANN, "250")];
        assert_eq!(
            refusal(&own, &[asset(&BOB, "painting", "0"), money(&ANN, "250")]),
            "the price is 250, and the seller gets 0"
        );
    }

    #[test]
    fn another_asset_than_the_one_paid_for_is_refused() {
        stand_in::reset();
        judge_real(&[], &[asset(&ANN, "painting", "900"), asset(&ANN, "poster", "5")]).unwrap();
        let spends = [asset(&ANN, "poster", "5"), money(&BOB, "5")];
        let text = refusal(&spends, &[asset(&BOB, "painting", "0"), money(&ANN, "5")]);
        assert!(text.contains("\"painting\" exists, and this transaction does not spend it"), "{text}");
        let text = refusal(&spends, &[money(&ANN, "5")]);
        assert!(text.contains("goes to nobody"), "{text}");
    }

    #[test]
    fn what_only_looks_like_money_does_not_pay() {
        let spends = [asset(&ANN, "painting", "250"), money(&BOB, "250")];
        let makes = [asset(&BOB, "painting", "0"), money(&ANN, "250")];
        let text = judge_with(&spends, &makes, false).unwrap_err().to_string();
        assert!(text.contains("out of nothing: 0 go in and 250 come out"), "{text}");
    }
}
