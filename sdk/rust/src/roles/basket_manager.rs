//! Organising tokens in baskets.

use crate::{Output, Refusal, Transaction};

/// Says which basket each admitted output belongs to, and what it is there. Exported with
/// [`export_basket_manager!`](crate::export_basket_manager).
///
/// The operations may depend only on what the call carries and on [`config`](crate::config). A basket manager has no
/// [`state`](crate::state): the tokens it places are all it keeps, and the host counts, sums and finds them.
pub trait BasketManager {
    /// What the transaction means to the baskets. `Err` fails the whole submission.
    fn operations(organising: Organising) -> Result<Vec<Operation>, Refusal>;
}

/// What a basket manager is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Organising {
    /// The transaction.
    pub transaction: Transaction,
    /// Unspent outputs that entered this manager's topics just now, ascending.
    pub admitted: Vec<AdmittedToTopic>,
    /// This manager's tokens that the transaction spends, ascending.
    pub held: Vec<HeldToken>,
    /// What the submitter sent along with the BEEF.
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

/// An output that entered a topic of the manager.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdmittedToTopic {
    /// The topic.
    pub topic: String,
    /// The output.
    pub output_index: u32,
}

/// A token that the transaction spends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldToken {
    /// The input that spends it.
    pub input_index: u32,
    /// What it is.
    pub token: Token,
}

/// What an output is in a basket.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Token {
    /// One of the baskets the operator gave this manager: 1 to 128 lower-case letters, digits and `_ - . : /`, beginning
    /// with a letter.
    pub basket: String,
    /// What it is, 1 to 128 bytes. Amounts of one asset are summed.
    pub asset: String,
    /// How much of it, at most 2^53 - 1.
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

/// One change of a basket.
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
