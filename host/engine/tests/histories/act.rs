//! What both can do, and what comes of it.

use std::sync::Arc;

use trellis_engine::baskets::BasketError;
use trellis_engine::domain::row::ReservationId;
use trellis_engine::domain::status::NetworkWord;
use trellis_engine::engine::Engine;
use trellis_engine::evict::{EvictError, Eviction};
use trellis_engine::ports::network::AnswerMeaning;
use trellis_engine::proofs::{ProveError, Proven};
use trellis_engine::revert::RevertError;
use trellis_engine::submit::{BatchError, SubmitError};
use trellis_model::Model;
use trellis_model::batch::NotTogether;
use trellis_model::evict::{Dependents, NotEvicted};
use trellis_model::model::Undone;
use trellis_model::network;
use trellis_model::reserve::{self, NotTaken, Take};
use trellis_model::revert::Kept;
use trellis_model::submit::{Answer, Offer, Refusal};
use trellis_model::transaction::{Id, Outpoint, Proof};
use trellis_spv::hash::Txid;

use super::host::{Host, NOW, submit, submit_batch};
use super::keep::{self, engine_take, time};
use super::told;
use super::world::{Bundle, id, outpoint};

/// Something both can do, with all it takes.
pub enum Act {
    Submit(Bundle),
    Batch(Vec<Bundle>),
    Prove(Txid, Vec<u8>, Proof),
    Refuse(Txid),
    NetworkRefuses(Txid),
    NetworkTakesAll,
    Follow,
    Evict(trellis_spv::hash::Outpoint, Dependents),
    Take(Take, u64),
    Release(reserve::ReservationId, u64),
    Sweep(u64),
    Rebuild(usize),
}

/// What came of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Came {
    Submitted(Result<Answer, Refusal>),
    SubmittedTogether(Result<Vec<Answer>, NotTogether>),
    Proven(network::Proven),
    TakenBack(Result<(), Kept>),
    Evicted(Result<Vec<Id>, NotEvicted>),
    Taken(Result<Vec<Outpoint>, NotTaken>),
    /// How many reservations ended.
    Ended(usize),
    Done,
    /// The host ended in the middle.
    Cut,
}

impl Came {
    /// Whether something was stored that was not there before.
    pub fn stores(&self) -> bool {
        let is_new = |answer: &Answer| answer.stored && !answer.repeated;
        match self {
            Self::Submitted(answer) => answer.as_ref().is_ok_and(is_new),
            Self::SubmittedTogether(answers) => answers.as_ref().is_ok_and(|answers| answers.iter().any(is_new)),
            _ => false,
        }
    }
}

impl Act {
    /// What is submitted.
    pub fn offers(&self) -> impl Iterator<Item = &Offer> {
        let bundles = match self {
            Self::Submit(bundle) => std::slice::from_ref(bundle),
            Self::Batch(bundles) => bundles,
            _ => &[],
        };
        bundles.iter().map(|bundle| &bundle.offer)
    }

    pub fn is_submission(&self) -> bool {
        self.offers().next().is_some()
    }

    /// Submits.
    pub fn submitted(&self, engine: &Engine) -> Came {
        match self {
            Self::Submit(bundle) => match submit(engine, bundle) {
                Err(SubmitError::Unavailable(_)) => Came::Cut,
                answer => Came::Submitted(told::answer(answer)),
            },
            Self::Batch(members) => match submit_batch(engine, members) {
                Err(BatchError::Whole(error)) if matches!(*error, SubmitError::Unavailable(_)) => Came::Cut,
                Err(BatchError::Member { error, .. }) if matches!(*error, SubmitError::Unavailable(_)) => Came::Cut,
                answers => Came::SubmittedTogether(told::answers(answers)),
            },
            _ => panic!("nothing is submitted"),
        }
    }

    /// What happens to the model before a topic is asked.
    pub fn before_topics(&self, model: &mut Model, undone: &mut Undone) {
        match self {
            Self::Submit(bundle) => drop(model.approach(&bundle.offer, undone)),
            _ => self.offers().for_each(|offer| model.bring_proofs(offer)),
        }
    }

    pub fn on_host(&self, host: &mut Host) -> Came {
        let engine = Arc::clone(host.engine());
        match self {
            Self::Submit(_) | Self::Batch(_) => self.submitted(&engine),
            Self::Prove(txid, bump, _) => match engine.prove(txid, bump, NOW) {
                Ok(Proven::Stitched) => Came::Proven(network::Proven::Stitched),
                Ok(Proven::NotWanted) => Came::Proven(network::Proven::NotWanted),
                Ok(Proven::BroughtBack) => Came::Proven(network::Proven::BroughtBack(Ok(Answer::default()))),
                Err(ProveError::Submit(SubmitError::Unavailable(_)) | ProveError::Store(_)) => Came::Cut,
                Err(ProveError::Submit(error)) => {
                    let answer = told::answer(Err(error)).map(|_| Answer::default());
                    Came::Proven(network::Proven::BroughtBack(answer))
                }
                Err(error) => panic!("{error}"),
            },
            Self::Refuse(txid) => {
                let word = NetworkWord { broadcaster: "arc".into(), code: 461, text: "no".into(), at: NOW };
                match engine.take_back(txid, &word, NOW) {
                    Ok(_) => Came::TakenBack(Ok(())),
                    Err(RevertError::NotHeld(_)) => Came::TakenBack(Err(Kept::NotHeld)),
                    Err(RevertError::Proven(_)) => Came::TakenBack(Err(Kept::Proven)),
                    Err(RevertError::Store(_)) => Came::Cut,
                    Err(error) => panic!("{error}"),
                }
            }
            Self::NetworkRefuses(txid) => {
                host.tell(Some(*txid), AnswerMeaning::Transient);
                Came::Done
            }
            Self::NetworkTakesAll => {
                host.tell(None, AnswerMeaning::Taken);
                Came::Done
            }
            Self::Follow => {
                host.follow();
                Came::Done
            }
            Self::Take(take, now) => {
                keep::taken(engine.take_tokens(&engine_take(take), time(*now))).map_or(Came::Cut, Came::Taken)
            }
            Self::Release(id, now) => match engine.release_tokens(ReservationId(*id), time(*now)) {
                Ok(()) => Came::Ended(1),
                Err(BasketError::UnknownReservation) => Came::Ended(0),
                Err(BasketError::Unavailable(_)) => Came::Cut,
                Err(error) => panic!("{error}"),
            },
            Self::Rebuild(steps) => {
                drop(engine);
                host.rebuild(*steps);
                Came::Done
            }
            Self::Sweep(now) => engine.sweep_reservations(time(*now)).map_or(Came::Cut, Came::Ended),
            Self::Evict(output, dependents) => {
                let dependents = match dependents {
                    Dependents::Name => trellis_engine::evict::Dependents::Name,
                    Dependents::Keep => trellis_engine::evict::Dependents::Keep,
                    Dependents::Evict => trellis_engine::evict::Dependents::Evict,
                };
                let ids = |txids: Vec<Txid>| {
                    let mut ids: Vec<Id> = txids.iter().map(id).collect();
                    ids.sort();
                    ids
                };
                match engine.evict(&Eviction { outpoint: *output, reason: "by order", dependents }, NOW) {
                    Ok(evicted) => Came::Evicted(Ok(ids(evicted.transactions))),
                    Err(EvictError::NotHeld(_)) => Came::Evicted(Err(NotEvicted::NotHeld)),
                    Err(EvictError::Depended { outputs, transactions, .. }) => {
                        let outputs = outputs.iter().map(outpoint).collect();
                        let transactions = transactions.iter().map(id).collect();
                        Came::Evicted(Err(NotEvicted::Depended(outputs, transactions)))
                    }
                    Err(EvictError::Store(_)) => Came::Cut,
                    Err(error) => panic!("{error}"),
                }
            }
        }
    }

    pub fn on_model(&self, model: &mut Model, undone: &mut Undone) -> Came {
        match self {
            Self::Submit(bundle) => Came::Submitted(model.submit(&bundle.offer, undone)),
            Self::Batch(members) => {
                let offers: Vec<Offer> = members.iter().map(|member| member.offer.clone()).collect();
                Came::SubmittedTogether(model.batch(&offers, undone))
            }
            Self::Prove(txid, _, proof) => Came::Proven(match model.prove(&id(txid), *proof, undone) {
                network::Proven::BroughtBack(answer) => network::Proven::BroughtBack(answer.map(|_| Answer::default())),
                other => other,
            }),
            Self::Refuse(txid) => Came::TakenBack(model.take_back(&id(txid), undone)),
            Self::NetworkRefuses(txid) => {
                model.network_refuses(&id(txid), undone);
                Came::Done
            }
            Self::NetworkTakesAll => {
                model.network_takes_all();
                Came::Done
            }
            Self::Follow => {
                model.follow(undone);
                Came::Done
            }
            Self::Take(take, now) => Came::Taken(model.take(take, *now)),
            Self::Release(id, now) => Came::Ended(usize::from(model.release(id, *now))),
            Self::Sweep(now) => Came::Ended(model.sweep(*now)),
            // What comes of it is heard of when it serves.
            Self::Rebuild(_) => Came::Done,
            Self::Evict(output, dependents) => {
                let Outpoint { id, output } = outpoint(output);
                let evicted = model.evict(Outpoint { id, output }, *dependents);
                Came::Evicted(evicted.map(|mut ids| {
                    ids.sort();
                    ids
                }))
            }
        }
    }
}
