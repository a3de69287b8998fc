//! Money: tokens with the fields `money` and an amount. What goes in comes out, unless the issuer signs.

use std::collections::BTreeMap;

use trellis_plugin::{AdmittanceInstructions, Refusal, Submission, Transaction, config, refuse};

use crate::token;

/// A money token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Money {
    /// The key that locks it.
    pub(crate) owner: Vec<u8>,
    pub(crate) amount: u64,
}

/// The money in a locking script, if it is some.
pub(crate) fn read(locking_script: &[u8]) -> Option<Money> {
    let (owner, fields) = token::read(locking_script, "money")?;
    let [amount] = fields.as_slice() else { return None };
    let amount = token::number(amount).filter(|amount| *amount > 0)?;
    Some(Money { owner, amount })
}

/// The money that an input spends. Whether it is real money is another question: see [`sums`].
pub(crate) fn spent(transaction: &Transaction, input: u32) -> Option<Money> {
    read(&transaction.spent_output(input)?.locking_script)
}

/// What goes in, what comes out, and what each owner has more or less of than before. Only the inputs in `coins` count as
/// money: that a script looks like it does not make it money.
pub(crate) struct Sums {
    pub(crate) spent: u128,
    pub(crate) made: u128,
    pub(crate) gains: BTreeMap<Vec<u8>, i128>,
}

pub(crate) fn sums(transaction: &Transaction, coins: &[u32]) -> Sums {
    let mut sums = Sums { spent: 0, made: 0, gains: BTreeMap::new() };
    for money in coins.iter().filter_map(|input| spent(transaction, *input)) {
        sums.spent += u128::from(money.amount);
        *sums.gains.entry(money.owner).or_default() -= i128::from(money.amount);
    }
    for money in transaction.outputs.iter().filter_map(|output| read(&output.locking_script)) {
        sums.made += u128::from(money.amount);
        *sums.gains.entry(money.owner).or_default() += i128::from(money.amount);
    }
    sums
}

/// The verdict of the money topic.
pub(crate) fn judge(submission: &Submission) -> Result<AdmittanceInstructions, Refusal> {
    let Submission { transaction, previous_coins, .. } = submission;
    let outputs = transaction.indexed_outputs();
    let admitted: Vec<u32> =
        outputs.filter(|(_, output)| read(&output.locking_script).is_some()).map(|(index, _)| index).collect();
    if admitted.is_empty() && previous_coins.is_empty() {
        return Err("no output is money: a PushDrop token with the fields \"money\" and amount".into());
    }
    let Sums { spent, made, .. } = sums(transaction, previous_coins);
    if spent != made && !is_signed_by_issuer(transaction)? {
        let what = if made > spent { "come out of nothing" } else { "be lost" };
        let difference = made.abs_diff(spent);
        refuse!("{difference} would {what}: {spent} of money go in and {made} come out");
    }
    Ok(AdmittanceInstructions::admit(admitted))
}

/// Whether the transaction spends a plain coin (P2PKH) of the issuer: the host has verified the signature.
fn is_signed_by_issuer(transaction: &Transaction) -> Result<bool, Refusal> {
    let issuer = config::get("issuer").and_then(|text| hex::decode(text).ok());
    let issuer = issuer.ok_or("this host's marketplace has no key `issuer` in its config; tell the operator")?;
    Ok(transaction.spends_coin_of(&issuer))
}

#[cfg(test)]
mod tests {
    use trellis_plugin::{crypto, stand_in};

    use super::*;
    use crate::token::testing::{money, transaction};

    const ISSUER: [u8; 33] = [2; 33];
    const ANN: [u8; 33] = [3; 33];
    const BOB: [u8; 33] = [2; 33];

    fn judge_coins(
        spends: &[Vec<u8>],
        previous_coins: Vec<u32>,
        makes: &[Vec<u8>],
    ) -> Result<AdmittanceInstructions, Refusal> {
        stand_in::reset();
        stand_in::set_config("issuer", &hex::encode(ISSUER));
        let transaction = transaction(spends, makes);
        judge(&Submission { topic: "tm_money".into(), transaction, previous_coins, off_chain_values: None })
    }

    #[test]
    fn money_is_split_and_joined_but_never_more_or_less() {
        let coins = [money(&ANN, "70"), money(&ANN, "30")];
        let whole = judge_coins(&coins, vec![0, 1], &[money(&BOB, "60"), money(&ANN, "40")]);
        assert_eq!(whole, Ok(AdmittanceInstructions::admit([0, 1])));
        let more = judge_coins(&coins, vec![0, 1], &[money(&BOB, "60"), money(&ANN, "41")]).unwrap_err();
        assert!(more.text().contains("1 would come out of nothing"), "{more}");
        let less = judge_coins(&coins, vec![0, 1], &[money(&BOB, "60")]).unwrap_err();
        assert!(less.text().contains("40 would be lost"), "{less}");
    }

    #[test]
    fn what_only_looks_like_money_buys_nothing() {
        let forged = judge_coins(&[money(&ANN, "70")], Vec::new(), &[money(&BOB, "70")]).unwrap_err();
        assert!(forged.text().contains("70 would come out of nothing"), "{forged}");
    }

    #[test]
    fn only_the_issuer_makes_money() {
        let coin = |key: &[u8; 33]| [&[0x76, 0xa9, 20][..], &crypto::hash160(key), &[0x88, 0xac]].concat();
        let made = judge_coins(&[coin(&ISSUER)], Vec::new(), &[money(&ANN, "100")]);
        assert_eq!(made, Ok(AdmittanceInstructions::admit([0])));
        assert!(judge_coins(&[coin(&ANN)], Vec::new(), &[money(&ANN, "100")]).is_err());
        assert!(
            judge_coins(&[coin(&ANN)], Vec::new(), &[coin(&ANN)]).unwrap_err().text().contains("no output is money")
        );
    }

    #[test]
    fn amounts_beyond_all_sums_do_not_wrap_around() {
        let most = money(&ANN, "9007199254740991");
        let text = judge_coins(&[], Vec::new(), &vec![most; 3000]).unwrap_err();
        assert!(text.text().contains("27021597764222973000 would come out of nothing"), "{text}");
    }
}
