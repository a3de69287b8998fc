//! What is in baskets: counted, summed, listed, chosen to spend from, and kept for somebody.
//!
//! Everything one call answers is read at one sequence. Tokens come in the order of their outpoints, so the same question at the
//! same sequence has the same answer. No list is cut silently: where there may be more, a cursor says so.
//!
//! | module | one job |
//! |---|---|
//! | `limits` | how much one call may ask for, and why |
//! | `question` | filters, needs and pages, checked |
//! | `cursor` | where a list goes on, bound to what was asked |
//! | `inventory` | a basket at one sequence: its numbers and rows |
//! | `walk` | outpoints out of the narrowest index |
//! | `overview` | which baskets there are, and how much is in them |
//! | `balances` | sums by asset and owner |
//! | `owned` | one owner's part of a basket |
//! | `tokens` | tokens, page by page |
//! | `choose` | enough tokens for a need, or what is missing |
//! | `organise` | tokens for several needs, and one BEEF to spend them from |
//! | `take` | tokens for one need, kept for whoever asks |
//! | `hand` | what is being handed out at this moment, and to how many |
//! | `reservations` | letting go of what was kept |
//! | `error` | why there is no answer |

mod balances;
mod choose;
mod cursor;
mod error;
pub(crate) mod hand;
mod inventory;
pub mod limits;
mod organise;
mod overview;
mod owned;
mod question;
mod reservations;
mod take;
mod tokens;
mod walk;

pub use balances::{Balance, Balances};
pub use error::{BasketError, Field, Shortage};
pub use organise::{Met, Organised, Requirement};
pub use overview::{BasketOverview, BasketSummary, Group, GroupBy, Groups, Overview};
pub use question::{Need, PageOf, TokenFilter};
pub use take::{Keep, Take, Taken};
pub use tokens::{FoundToken, TokenPage};

/// How many tokens, and how much is in them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Figures {
    /// Tokens.
    pub tokens: u64,
    /// The sum of their amounts.
    pub amount: u128,
}

impl Figures {
    fn add(&mut self, amount: u64) {
        self.tokens = self.tokens.saturating_add(1);
        self.amount = self.amount.saturating_add(u128::from(amount));
    }
}
