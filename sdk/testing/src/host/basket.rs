//! What is in a basket.

use trellis_engine::baskets::{BasketError, PageOf, TokenFilter};
use trellis_engine::engine::Engine;
use trellis_spv::hash::Outpoint;
use trellis_spv::transaction::Transaction;

/// A token in a basket.
///
/// ```
/// use trellis_testing::{Everything, Overlay, Party};
/// /// Every output is a ticket of Alice's.
/// struct Shop;
///
/// # use trellis_plugin::{BasketManager, Description, Operation, Organising, Plugin, Refusal, Token};
/// # impl Plugin for Shop {
/// #     fn describe() -> Description {
/// #         Description::new("Shop", "An example.")
/// #     }
/// #     fn documentation() -> String {
/// #         "# Shop".into()
/// #     }
/// # }
/// impl BasketManager for Shop {
///     fn operations(organising: Organising) -> Result<Vec<Operation>, Refusal> {
///         let token = Token::new("shop/tickets", "concert", 1).owned_by("alice");
///         let create = |(output_index, _)| Operation::Create { output_index, token: token.clone() };
///         Ok(organising.admitted_outputs().map(create).collect())
///     }
/// }
///
/// Overlay::new().topic("tm_all", Everything).baskets(Shop, ["shop/tickets"], ["tm_all"]).test(|host| {
///     let paid = host.transaction().pay(&Party::named("alice"), 500).sign();
///     host.submit(&paid, ["tm_all"]);
///     let basket = host.basket("shop/tickets");
///     let ticket = &basket.tokens()[0];
///     assert_eq!((ticket.asset.as_str(), ticket.owner.as_deref()), ("concert", Some("alice")));
///     assert!(ticket.claimed, "a name is no key that the script could be compared with");
/// });
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct TokenHeld {
    /// Its output.
    pub outpoint: Outpoint,
    /// What it is.
    pub asset: String,
    /// How much of it, at most 2^53 - 1.
    pub amount: u64,
    /// Whose it is.
    pub owner: Option<String>,
    /// Whether the owner is not found in the locking script.
    pub claimed: bool,
    /// To be found by.
    pub tags: Vec<String>,
    /// The manager's own, at most 1,024 bytes.
    pub data: Vec<u8>,
}

/// The tokens of a basket.
///
/// ```
/// use trellis_testing::{Everything, Overlay, Party};
/// /// Every output is a ticket of Alice's.
/// struct Shop;
///
/// # use trellis_plugin::{BasketManager, Description, Operation, Organising, Plugin, Refusal, Token};
/// # impl Plugin for Shop {
/// #     fn describe() -> Description {
/// #         Description::new("Shop", "An example.")
/// #     }
/// #     fn documentation() -> String {
/// #         "# Shop".into()
/// #     }
/// # }
/// impl BasketManager for Shop {
///     fn operations(organising: Organising) -> Result<Vec<Operation>, Refusal> {
///         let token = Token::new("shop/tickets", "concert", 1).owned_by("alice");
///         let create = |(output_index, _)| Operation::Create { output_index, token: token.clone() };
///         Ok(organising.admitted_outputs().map(create).collect())
///     }
/// }
///
/// Overlay::new().topic("tm_all", Everything).baskets(Shop, ["shop/*"], ["tm_all"]).test(|host| {
///     let alice = Party::named("alice");
///     let paid = host.transaction().pay(&alice, 500).sign();
///     host.submit(&paid, ["tm_all"]);
///     host.basket("shop/tickets").holds([(&paid, 0, "concert", 1)]);
///     assert_eq!(host.basket("shop/tickets").token(&paid, 1), None);
///     host.basket("shop/vouchers").is_empty();
/// });
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Basket {
    pub(super) step: String,
    pub(super) tokens: Vec<TokenHeld>,
}

impl Basket {
    /// The tokens, by outpoint.
    #[must_use]
    pub fn tokens(&self) -> &[TokenHeld] {
        &self.tokens
    }

    /// The token that is this output.
    #[must_use]
    pub fn token(&self, transaction: &Transaction, output: u32) -> Option<&TokenHeld> {
        let outpoint = Outpoint::new(transaction.txid(), output);
        self.tokens.iter().find(|token| token.outpoint == outpoint)
    }

    /// Exactly these are in it, in any order: outputs, each with its asset and amount.
    #[track_caller]
    pub fn holds<'t>(&self, tokens: impl IntoIterator<Item = (&'t Transaction, u32, &'t str, u64)>) -> &Self {
        let token = |(transaction, output, asset, amount): (&Transaction, u32, &str, u64)| {
            (Outpoint::new(transaction.txid(), output), asset.to_owned(), amount)
        };
        let mut expected: Vec<_> = tokens.into_iter().map(token).collect();
        let found = self.tokens.iter().map(|token| (token.outpoint, token.asset.clone(), token.amount));
        let mut found: Vec<_> = found.collect();
        expected.sort();
        found.sort();
        assert!(found == expected, "{}\n  expected {expected:#?}\n  it holds {:#?}", self.step, self.tokens);
        self
    }

    /// Nothing is in it.
    #[track_caller]
    pub fn is_empty(&self) -> &Self {
        self.holds([])
    }
}

/// All tokens of a basket. One that nothing ever entered is empty.
pub(super) fn tokens(engine: &Engine, name: &str) -> Result<Vec<TokenHeld>, BasketError> {
    let mut tokens = Vec::new();
    let mut page = PageOf::default();
    loop {
        let found = match engine.tokens(name, &TokenFilter::default(), &page) {
            Err(BasketError::UnknownBasket(_)) => return Ok(tokens),
            found => found?,
        };
        tokens.extend(found.tokens.into_iter().map(|found| {
            let token = found.row.token;
            TokenHeld {
                outpoint: found.outpoint,
                asset: token.asset,
                amount: token.amount,
                owner: token.owner,
                claimed: found.row.claimed,
                tags: token.tags,
                data: token.data,
            }
        }));
        match found.next {
            None => return Ok(tokens),
            next => page.cursor = next,
        }
    }
}
