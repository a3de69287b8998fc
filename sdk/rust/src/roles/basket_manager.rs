//! Organising tokens in baskets.

use crate::{Output, Refusal, Transaction};

/// Says which basket each admitted output belongs to, and what it is there. Exported with
/// [`export_basket_manager!`](crate::export_basket_manager).
///
/// The operations may depend only on what the call carries and on [`config`](crate::config). A basket manager has no
/// [`state`](crate::state): the tokens it places are all it keeps, and the host counts, sums and finds them.
///
/// ```
/// use trellis_plugin::{BasketManager, Operation, Organising, Refusal, Token};
///
/// struct Shop;
///
/// impl BasketManager for Shop {
///     fn operations(organising: Organising) -> Result<Vec<Operation>, Refusal> {
///         let create = |(output_index, _)| {
///             let token = Token::new("shop/tickets", "concert", 1).tagged("new");
///             Operation::Create { output_index, token }
///         };
///         Ok(organising.admitted_outputs().map(create).collect())
///     }
/// }
/// # use trellis_plugin::{AdmittedToTopic, Output, Transaction, Txid};
/// # let outputs = vec![Output::default()];
/// # let transaction = Transaction { txid: Txid([2; 32]), version: 1, inputs: vec![], outputs, lock_time: 0 };
/// # let admitted = vec![AdmittedToTopic { topic: "tm_tickets".into(), output_index: 0 }];
/// # let organising = Organising { transaction, admitted, held: vec![], off_chain_values: None };
/// assert_eq!(Shop::operations(organising)?.len(), 1);
/// # Ok::<(), Refusal>(())
/// ```
pub trait BasketManager {
    /// What the transaction means to the baskets. `Err` fails the whole submission.
    fn operations(organising: Organising) -> Result<Vec<Operation>, Refusal>;
}

/// What a basket manager is asked.
///
/// ```
/// use trellis_plugin::{AdmittedToTopic, Organising, Output, Transaction, Txid};
///
/// let outputs = vec![Output::default(), Output { satoshis: 1, locking_script: vec![0x51] }];
/// let transaction = Transaction { txid: Txid([2; 32]), version: 1, inputs: vec![], outputs, lock_time: 0 };
/// let admitted = vec![AdmittedToTopic { topic: "tm_tickets".into(), output_index: 1 }];
/// let organising = Organising { transaction, admitted, held: vec![], off_chain_values: None };
/// let found: Vec<(u32, u64)> = organising.admitted_outputs().map(|(index, output)| (index, output.satoshis)).collect();
/// assert_eq!(found, [(1, 1)]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Organising {
    /// The transaction.
    pub transaction: Transaction,
    /// Unspent outputs that entered this manager's topics just now, ascending.
    pub admitted: Vec<AdmittedToTopic>,
    /// This manager's tokens that the transaction spends, ascending.
    pub held: Vec<HeldToken>,
    /// What the submitter sent along with the BEEF; bytes whose meaning the topic decides.
    pub off_chain_values: Option<Vec<u8>>,
}

impl Organising {
    /// What entered topics of the manager: the index of each output, and the output.
    pub fn admitted_outputs(&self) -> impl Iterator<Item = (u32, &Output)> {
        let output =
            |admitted: &AdmittedToTopic| Some((admitted.output_index, self.transaction.output(admitted.output_index)?));
        self.admitted.iter().filter_map(output)
    }
}

/// An output that entered a topic of the manager. One that entered several of them is there once, with one of them.
///
/// ```
/// use trellis_plugin::{AdmittedToTopic, Token};
///
/// /// The basket for what a topic admits: `tm_tickets` fills `shop/tickets`.
/// fn place(admitted: &AdmittedToTopic) -> Token {
///     let kind = admitted.topic.trim_start_matches("tm_");
///     Token::new(format!("shop/{kind}"), kind, 1)
/// }
/// assert_eq!(place(&AdmittedToTopic { topic: "tm_tickets".into(), output_index: 0 }).basket, "shop/tickets");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdmittedToTopic {
    /// The topic.
    pub topic: String,
    /// The output; the first is 0.
    pub output_index: u32,
}

/// A token that the transaction spends.
///
/// ```
/// use trellis_plugin::{HeldToken, Operation, Token};
///
/// /// A ticket that somebody else has now: the new output takes its place.
/// fn transfer(held: &HeldToken, output_index: u32, owner: &str) -> Operation {
///     let from_basket = held.token.basket.clone();
///     let token = Token { owner: Some(owner.into()), ..held.token.clone() };
///     Operation::Move { input_index: held.input_index, from_basket, output_index, token }
/// }
/// let held = HeldToken { input_index: 0, token: Token::new("shop/tickets", "concert", 1).owned_by("alice") };
/// let Operation::Move { token, .. } = transfer(&held, 0, "bob") else { unreachable!() };
/// assert_eq!(token.owner.as_deref(), Some("bob"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldToken {
    /// The input that spends it.
    pub input_index: u32,
    /// What it is.
    pub token: Token,
}

/// What an output is in a basket. What breaks one of these limits is a fault.
///
/// ```
/// use trellis_plugin::Token;
///
/// let token = Token {
///     data: b"row 12".to_vec(),
///     ..Token::new("shop/tickets", "concert", 1).owned_by("alice").tagged("stalls").tagged("paid")
/// };
/// assert_eq!((token.owner.as_deref(), token.tags.len()), (Some("alice"), 2));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Token {
    /// One of the baskets the operator gave this manager: 1 to 128 lower-case letters, digits and `_ - . : /`, beginning
    /// with a letter.
    pub basket: String,
    /// What it is: a text of 1 to 128 bytes without control characters. Amounts of one asset are summed.
    pub asset: String,
    /// How much of it, at most 2^53 - 1 (9,007,199,254,740,991). 1 for what exists once.
    pub amount: u64,
    /// Whose it is, 1 to 128 bytes. A public key in hexadecimal is compared with the locking script; an owner that is not
    /// found there is marked as claimed.
    pub owner: Option<String>,
    /// To be found by: at most 16, each 1 to 64 bytes, no repeats.
    pub tags: Vec<String>,
    /// The manager's own, at most 1024 bytes.
    pub data: Vec<u8>,
}

impl Token {
    /// A token of nobody in particular, without tags or data.
    pub fn new(basket: impl Into<String>, asset: impl Into<String>, amount: u64) -> Self {
        Self { basket: basket.into(), asset: asset.into(), amount, ..Self::default() }
    }

    /// The same with an owner.
    #[must_use]
    pub fn owned_by(mut self, owner: impl Into<String>) -> Self {
        self.owner = Some(owner.into());
        self
    }

    /// The same with one more tag.
    #[must_use]
    pub fn tagged(mut self, tag: impl Into<String>) -> Self {
        self.tags.push(tag.into());
        self
    }
}

/// One change of a basket. An output and an input each stand in at most one.
///
/// ```
/// use trellis_plugin::{Operation, Token};
///
/// let operations = [
///     Operation::Create { output_index: 0, token: Token::new("shop/tickets", "concert", 1) },
///     Operation::Consume { input_index: 0, from_basket: "shop/vouchers".into() },
/// ];
/// assert!(matches!(&operations[0], Operation::Create { output_index: 0, .. }));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operation {
    /// An admitted output enters a basket.
    Create {
        /// The output.
        output_index: u32,
        /// What it is there.
        token: Token,
    },
    /// A token leaves its basket and an admitted output takes its place, in the same basket or another one.
    Move {
        /// The input that spends the token.
        input_index: u32,
        /// The basket it is in.
        from_basket: String,
        /// The output.
        output_index: u32,
        /// What it is there.
        token: Token,
    },
    /// A token leaves its basket. What is held and named by no operation is consumed as well.
    Consume {
        /// The input that spends the token.
        input_index: u32,
        /// The basket it is in.
        from_basket: String,
    },
}
