//! Tokens of baskets chosen to be spent, and kept for whoever asks.

use trellis_engine::baskets::{BasketError, Keep, Need, Organised, Requirement, Take, TokenFilter};
use trellis_engine::domain::row::ReservationId;
use trellis_engine::domain::time::Timestamp;
use trellis_spv::hash::Outpoint;
use trellis_spv::transaction::Transaction;

use super::Host;

/// Who asks in a test: there is one client.
const CLIENT: [u8; 32] = [0; 32];

/// What somebody needs of a basket.
///
/// ```
/// # use trellis_plugin::{BasketManager, Description, Operation, Organising, Plugin, Refusal, Token};
/// # use trellis_testing::{Everything, Overlay, Party, Wanted};
/// # struct Coins;
/// # impl Plugin for Coins {
/// #     fn describe() -> Description {
/// #         Description::new("Coins", "Every output is a coin.")
/// #     }
/// #     fn documentation() -> String {
/// #         String::new()
/// #     }
/// # }
/// impl BasketManager for Coins {
///     fn operations(organising: Organising) -> Result<Vec<Operation>, Refusal> {
///         let coin = |output_index| Operation::Create { output_index, token: Token::new("coins", "coin", 1) };
///         Ok(organising.admitted.iter().map(|admitted| coin(admitted.output_index)).collect())
///     }
/// }
///
/// let overlay = Overlay::new().topic("tm_coins", Everything).baskets(Coins, ["coins"], ["tm_coins"]);
/// overlay.test(|host| {
///     let minted = host.transaction().pay(&Party::named("alice"), 500).sign();
///     host.submit(&minted, ["tm_coins"]);
///     let one = Wanted::count("coins", 1).asset("coin").each_at_most(1);
///     host.organise([one]).tokens([(&minted, 0)]);
///     host.organise([Wanted::amount("coins", 5)]).fails("insufficient inventory");
/// });
/// ```
#[must_use = "what is wanted is asked for with `Host::organise`, `Host::take` or `Host::reserve`"]
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Wanted(Requirement);

impl Wanted {
    /// So many tokens.
    pub fn count(basket: &str, count: u64) -> Self {
        Self::of(basket, Need::Count(count))
    }

    /// Tokens whose amounts come to at least this.
    pub fn amount(basket: &str, amount: u64) -> Self {
        Self::of(basket, Need::Amount(amount))
    }

    fn of(basket: &str, need: Need) -> Self {
        Self(Requirement { basket: basket.to_owned(), filter: TokenFilter::default(), need })
    }

    /// Of this asset.
    pub fn asset(mut self, asset: &str) -> Self {
        self.0.filter.asset = Some(asset.to_owned());
        self
    }

    /// Of this owner, as the manager names owners.
    pub fn owned_by(mut self, owner: &str) -> Self {
        self.0.filter.owner = Some(owner.to_owned());
        self
    }

    /// With this tag; with several, with every one of them.
    pub fn tagged(mut self, tag: &str) -> Self {
        self.0.filter.tags_all.push(tag.to_owned());
        self
    }

    /// Only tokens of at least this amount.
    pub const fn each_at_least(mut self, amount: u64) -> Self {
        self.0.filter.minimum = Some(amount);
        self
    }

    /// Only tokens of at most this amount.
    pub const fn each_at_most(mut self, amount: u64) -> Self {
        self.0.filter.maximum = Some(amount);
        self
    }

    fn in_words(&self) -> String {
        let Requirement { basket, filter, need } = &self.0;
        let need = match need {
            Need::Count(count) => format!("{count} tokens"),
            Need::Amount(amount) => format!("an amount of {amount}"),
        };
        let of = if *filter == TokenFilter::default() { String::new() } else { format!(" that fit {filter:?}") };
        format!("{need} of basket {basket}{of}")
    }
}

/// What was handed out, or why nothing was.
///
/// ```
/// # use trellis_plugin::{BasketManager, Description, Operation, Organising, Plugin, Refusal, Token};
/// # use trellis_testing::{Everything, Overlay, Party, Wanted};
/// # struct Coins;
/// # impl Plugin for Coins {
/// #     fn describe() -> Description {
/// #         Description::new("Coins", "Every output is a coin.")
/// #     }
/// #     fn documentation() -> String {
/// #         String::new()
/// #     }
/// # }
/// impl BasketManager for Coins {
///     fn operations(organising: Organising) -> Result<Vec<Operation>, Refusal> {
///         let coin = |output_index| Operation::Create { output_index, token: Token::new("coins", "coin", 1) };
///         Ok(organising.admitted.iter().map(|admitted| coin(admitted.output_index)).collect())
///     }
/// }
///
/// let overlay = Overlay::new().topic("tm_coins", Everything).baskets(Coins, ["coins"], ["tm_coins"]);
/// overlay.test(|host| {
///     let minted = host.transaction().pay(&Party::named("alice"), 500).sign();
///     host.submit(&minted, ["tm_coins"]);
///     let kept = host.reserve(Wanted::count("coins", 1), 60);
///     kept.tokens([(&minted, 0)]);
///     host.take(Wanted::count("coins", 1)).fails("insufficient inventory");
///     host.release(&kept);
///     host.take(Wanted::count("coins", 1)).meets(0, [(&minted, 0)]);
/// });
/// ```
#[derive(Debug)]
pub struct HandedOut {
    step: String,
    outcome: Result<Organised, BasketError>,
    reservation: Option<(ReservationId, Timestamp)>,
}

impl Host {
    /// Chooses tokens that meet all of this, none of them twice, and keeps nothing for anybody.
    pub fn organise(&mut self, wanted: impl IntoIterator<Item = Wanted>) -> HandedOut {
        let wanted: Vec<Wanted> = wanted.into_iter().collect();
        let words = wanted.iter().map(Wanted::in_words).collect::<Vec<_>>().join(", ");
        let requirements: Vec<Requirement> = wanted.into_iter().map(|wanted| wanted.0).collect();
        let outcome = self.engine.organise_tokens(&requirements, self.now);
        self.handed_out(&format!("{words} are organised"), outcome, None)
    }

    /// Takes tokens of a basket, and keeps nothing for anybody.
    pub fn take(&mut self, wanted: Wanted) -> HandedOut {
        self.take_and_keep(wanted, None)
    }

    /// Takes tokens of a basket, which are handed out to nobody else for so many seconds. Whoever can spend them may, as ever.
    pub fn reserve(&mut self, wanted: Wanted, seconds: u64) -> HandedOut {
        self.take_and_keep(wanted, Some(seconds))
    }

    fn take_and_keep(&mut self, wanted: Wanted, seconds: Option<u64>) -> HandedOut {
        let words = wanted.in_words();
        let step = match seconds {
            None => format!("{words} are taken"),
            Some(seconds) => format!("{words} are taken and kept for {seconds} s"),
        };
        let keep = seconds.map(|seconds| {
            self.reservations += 1;
            Keep { seconds, id: ReservationId(self.reservations.to_be_bytes()), client: CLIENT }
        });
        match self.engine.take_tokens(&Take { requirement: wanted.0, keep }, self.now) {
            Ok(taken) => self.handed_out(&step, Ok(taken.organised), taken.reservation),
            Err(error) => self.handed_out(&step, Err(error), None),
        }
    }

    /// Lets go of what [`Host::reserve`] keeps.
    #[track_caller]
    pub fn release(&mut self, handed_out: &HandedOut) {
        let (id, _) = handed_out.reservation.unwrap_or_else(|| panic!("{}: nothing is kept", handed_out.step));
        let released = self.engine.release_tokens(id, self.now);
        self.note("tokens are let go of", &format!("{released:?}"));
        released.unwrap_or_else(|error| panic!("{}: {error}", handed_out.step));
    }

    fn handed_out(
        &mut self,
        step: &str,
        outcome: Result<Organised, BasketError>,
        reservation: Option<(ReservationId, Timestamp)>,
    ) -> HandedOut {
        let came = match &outcome {
            Ok(Organised { met, beef, .. }) => {
                format!("{met:?}, to be spent from {}, {reservation:?}", hex::encode(beef))
            }
            Err(error) => error.to_string(),
        };
        self.note(step, &came);
        HandedOut { step: format!("{}: {step}", self.mode), outcome, reservation }
    }
}

impl HandedOut {
    /// What the engine answered.
    ///
    /// # Errors
    /// Why there are no tokens.
    pub const fn outcome(&self) -> Result<&Organised, &BasketError> {
        self.outcome.as_ref()
    }

    /// Exactly these outputs were handed out, in any order.
    #[track_caller]
    pub fn tokens<'t>(&self, tokens: impl IntoIterator<Item = (&'t Transaction, u32)>) -> &Self {
        let Ok(organised) = &self.outcome else { self.fail("tokens") };
        self.compare(organised.met.iter().flat_map(|met| &met.tokens).map(|token| token.outpoint), tokens)
    }

    /// Exactly these outputs meet a requirement, counted from 0, in any order.
    #[track_caller]
    pub fn meets<'t>(&self, requirement: usize, tokens: impl IntoIterator<Item = (&'t Transaction, u32)>) -> &Self {
        let met = self.outcome.as_ref().ok().and_then(|organised| organised.met.get(requirement));
        let met = met.unwrap_or_else(|| self.fail(&format!("a requirement {requirement} that is met")));
        self.compare(met.tokens.iter().map(|token| token.outpoint), tokens)
    }

    /// There was not enough, or what was asked makes no sense: nothing was handed out, for a reason that has this text in it.
    #[track_caller]
    pub fn fails(&self, words: &str) -> &Self {
        match &self.outcome {
            Err(error) if error.to_string().contains(words) => self,
            _ => self.fail(&format!("it to fail with {words:?}")),
        }
    }

    #[track_caller]
    fn compare<'t>(
        &self,
        found: impl Iterator<Item = Outpoint>,
        expected: impl IntoIterator<Item = (&'t Transaction, u32)>,
    ) -> &Self {
        let mut found: Vec<Outpoint> = found.collect();
        let expected = expected.into_iter().map(|(transaction, output)| Outpoint::new(transaction.txid(), output));
        let mut expected: Vec<Outpoint> = expected.collect();
        found.sort();
        expected.sort();
        if found == expected { self } else { self.fail(&format!("{expected:#?}")) }
    }

    #[track_caller]
    fn fail(&self, expected: &str) -> ! {
        let came = match &self.outcome {
            Err(error) => format!("nothing: {error}"),
            Ok(organised) => format!("{:#?}", organised.met),
        };
        panic!("{}\n  expected {expected}\n  it came to {came}", self.step)
    }
}
