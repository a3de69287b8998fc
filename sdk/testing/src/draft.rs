//! Transactions in the making.

use trellis_spv::hash::Txid;
use trellis_spv::testing::{Build, Coin, LockPosition, Spend, coin, push};
use trellis_spv::transaction::Transaction;

use crate::ledger::Ledger;
use crate::party::Party;

/// Satoshis of a token's output.
const TOKEN: u64 = 1;

/// What a transaction pays the network, in satoshis, beside [`FEE_BYTES`].
const FEE: u64 = 50;

/// Bytes of scripts that cost one satoshi more: ten times the least the host asks for.
const FEE_BYTES: usize = 100;

/// Begins data that no script can spend.
const OP_FALSE_OP_RETURN: [u8; 2] = [0x00, 0x6a];

/// A transaction in the making. What it spends too little of, a bank of the test's own pays, from a mined coin: so an
/// output can be made without a thought where its satoshis come from. The fee is 50 satoshis, and one more for every 100
/// bytes of locking scripts.
///
/// ```
/// use trellis_testing::{Everything, Overlay, Party};
///
/// Overlay::new().topic("tm_all", Everything).test(|host| {
///     let (alice, bob) = (Party::named("alice"), Party::named("bob"));
///     let ticket = host.transaction().signed_token(&alice, ["concert", "12A"]).sign();
///     let sold = host.transaction()
///         .spend(&ticket, 0, &alice)
///         .fund(&bob, 1_000)
///         .token(&bob, ["concert", "12A"])
///         .pay(&alice, 500)
///         .data(["receipt"])
///         .sign();
///     assert_eq!((sold.inputs().len(), sold.outputs().len()), (2, 3));
///     host.submit(&sold, ["tm_all"]).admits("tm_all", [0, 1, 2]);
/// });
/// ```
#[must_use = "a draft becomes a transaction with `sign`"]
pub struct Draft<'h> {
    ledger: &'h mut Ledger,
    inputs: Vec<(Coin, Unlocking)>,
    outputs: Vec<(u64, Vec<u8>)>,
    lock_time: u32,
}

enum Unlocking {
    By(Box<Party>),
    With(Vec<u8>),
}

impl<'h> Draft<'h> {
    pub(crate) const fn new(ledger: &'h mut Ledger) -> Self {
        Self { ledger, inputs: Vec::new(), outputs: Vec::new(), lock_time: 0 }
    }

    /// Spends an output that `by` can unlock: P2PKH, P2PK or PushDrop.
    #[track_caller]
    pub fn spend(mut self, transaction: &Transaction, output: u32, by: &Party) -> Self {
        self.inputs.push((spent(transaction, output), Unlocking::By(Box::new(by.clone()))));
        self
    }

    /// Spends an output with this unlocking script.
    ///
    /// ```
    /// use trellis_testing::{Everything, Overlay, Party};
    ///
    /// Overlay::new().topic("tm_all", Everything).test(|host| {
    ///     // OP_5 OP_EQUAL: whoever says five may have it.
    ///     let puzzle = host.transaction().output(500, [0x55, 0x87]).sign();
    ///     let solved = host.transaction().unlock(&puzzle, 0, &[0x55]).pay(&Party::named("alice"), 400).sign();
    ///     host.submit(&solved, ["tm_all"]).admits("tm_all", [0]);
    /// });
    /// ```
    #[track_caller]
    pub fn unlock(mut self, transaction: &Transaction, output: u32, unlocking_script: &[u8]) -> Self {
        self.inputs.push((spent(transaction, output), Unlocking::With(unlocking_script.to_vec())));
        self
    }

    /// Spends a mined P2PKH coin of somebody, which nothing else is known of.
    pub fn fund(mut self, by: &Party, satoshis: u64) -> Self {
        let coin = self.ledger.coin(by, satoshis);
        self.inputs.push((coin, Unlocking::By(Box::new(by.clone()))));
        self
    }

    /// An output with this locking script.
    pub fn output(mut self, satoshis: u64, locking_script: impl Into<Vec<u8>>) -> Self {
        self.outputs.push((satoshis, locking_script.into()));
        self
    }

    /// Pays somebody, to the hash of their key.
    pub fn pay(self, to: &Party, satoshis: u64) -> Self {
        self.output(satoshis, to.p2pkh())
    }

    /// A PushDrop token of one satoshi, locked by its holder in front of the fields.
    pub fn token<F: AsRef<[u8]>>(self, holder: &Party, fields: impl IntoIterator<Item = F>) -> Self {
        self.output(TOKEN, holder.push_drop(fields, LockPosition::Before))
    }

    /// The same with one field more: the holder's signature over the others, run together.
    pub fn signed_token<F: AsRef<[u8]>>(self, holder: &Party, fields: impl IntoIterator<Item = F>) -> Self {
        self.output(TOKEN, holder.signed_push_drop(fields, LockPosition::Before))
    }

    /// An output of no value with data: `OP_FALSE OP_RETURN` and a push for each field.
    pub fn data<F: AsRef<[u8]>>(self, fields: impl IntoIterator<Item = F>) -> Self {
        self.output(0, data_script(fields))
    }

    /// The lock time: 0 for none, a block height below 500,000,000, else seconds since 1970-01-01 UTC.
    pub const fn lock_time(mut self, lock_time: u32) -> Self {
        self.lock_time = lock_time;
        self
    }

    /// The transaction, paid for and signed by everybody who unlocks something.
    #[must_use]
    pub fn sign(mut self) -> Transaction {
        let scripts: usize = self.outputs.iter().map(|(_, script)| script.len()).sum();
        let fee = FEE + (scripts / FEE_BYTES) as u64;
        let spent: u64 = self.inputs.iter().map(|(coin, _)| coin.satoshis).sum();
        let made: u64 = self.outputs.iter().map(|(satoshis, _)| satoshis).sum();
        if spent < made + fee {
            let bank = self.ledger.bank.clone();
            self = self.fund(&bank, made + fee - spent);
        }
        let inputs = self.inputs.iter().map(|(coin, unlocking)| match unlocking {
            Unlocking::By(party) => coin.by(party.wallet()),
            Unlocking::With(script) => coin.with(script),
        });
        let inputs: Vec<Spend<'_>> = inputs.collect();
        let transaction =
            Build { inputs, outputs: self.outputs.clone(), lock_time: self.lock_time, ..Build::default() }.sign();
        self.ledger.keep(&transaction);
        transaction
    }
}

/// `OP_FALSE OP_RETURN` and a push for each field.
pub(crate) fn data_script<F: AsRef<[u8]>>(fields: impl IntoIterator<Item = F>) -> Vec<u8> {
    let pushes = fields.into_iter().flat_map(|field| push(field.as_ref()));
    OP_FALSE_OP_RETURN.into_iter().chain(pushes).collect()
}

#[track_caller]
fn spent(transaction: &Transaction, output: u32) -> Coin {
    let outputs = transaction.outputs().len();
    let txid: Txid = transaction.txid();
    assert!((output as usize) < outputs, "transaction {txid} has {outputs} outputs, and no output {output}");
    coin(transaction, output)
}
