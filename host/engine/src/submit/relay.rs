//! Relaying: transactions that no topic judges, verified as a submission is, held here and told to the network.
//!
//! A relayed transaction is to this host what an ancestor is: its spends are facts, and coins of topics that it takes are
//! spent. Several are planned one upon the other and committed as one, so that the network hears of them together.

mod together;

use std::collections::{BTreeMap, BTreeSet};

use trellis_spv::beef::{self, Beef, BeefError};
use trellis_spv::extended_format;
use trellis_spv::hash::{Outpoint, Txid};
use trellis_spv::transaction::Transaction;
use trellis_spv::verify::Verified;

use super::answer::SubmitError;
use super::carried::Brought;
use super::meter::Meter;
use super::order::parents_first;
use super::plan::Told;
use super::recognise::Known;
use super::topics::Meant;
use super::{Door, MAX_ATTEMPTS};
use crate::domain::status::Status;
use crate::domain::time::Timestamp;
use crate::engine::Engine;
use crate::outbox::MAX_BATCH;
use crate::ports::observer::Stage;
use crate::view::View;
use together::{Share, Together};

/// Most transactions relayed together: as many as the network is told at once.
pub const MAX_RELAYED: usize = MAX_BATCH;

/// Bytes of Extended Format handed out, all of an answer together: what the largest BEEF holds. The outputs a transaction
/// spends may be held here, each with a script of megabytes, and take no byte of the request.
const MAX_EXTENDED_BYTES: usize = 32 * 1024 * 1024;

/// Who judges what is relayed.
const NOBODY: Meant = Meant { hosted: Vec::new(), required: Vec::new(), left_out: BTreeMap::new() };

/// A transaction in Extended Format.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Converted {
    /// The transaction.
    pub txid: Txid,
    /// It, in Extended Format (BRC-30).
    pub extended_format: Vec<u8>,
    /// The outputs it spends, by input: which, its satoshis and its locking script.
    pub sources: Vec<(Outpoint, u64, Vec<u8>)>,
}

/// A transaction that the network is told of, or that is in a block.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Relayed {
    /// The transaction.
    pub txid: Txid,
    /// Where it stands with the network.
    pub status: Status,
    /// It, in Extended Format; `None` where what a proven transaction spends is not known here, and where the answer is too
    /// large with it.
    pub extended_format: Option<Vec<u8>>,
}

/// What became of one BEEF of several.
pub type RelayAnswer = Result<Relayed, SubmitError>;

impl Engine {
    /// Verifies a BEEF as a submission is verified and writes its subject in Extended Format. Nothing is stored, nobody told.
    ///
    /// # Errors
    /// [`SubmitError`].
    pub fn convert(&self, beef: &[u8], meter: &Meter) -> Result<Converted, SubmitError> {
        let beef = beef::parse(beef)?;
        let verified = self.verify(&View::new(self.store()), &beef, meter)?;
        let subject = subject(&verified)?;
        let sources = sources(subject, &verified)?;
        let extended_format = extended(subject, &verified)?;
        Ok(Converted { txid: verified.subject, extended_format, sources })
    }

    /// Verifies BEEFs as submissions are verified, and stores what is unproven of them, for the network to be told, in one
    /// commit; waits until it is durable. Answers each, in order: one that comes to nothing does not hinder the others, unless
    /// they rest on it. They may rest on one another in any order.
    ///
    /// # Errors
    /// [`SubmitError`] where nobody can be told, or the host could not store what it verified: what was stored by then stays,
    /// and is known when it comes again.
    pub fn relay(&self, beefs: &[&[u8]], now: Timestamp, meter: &Meter) -> Result<Vec<RelayAnswer>, SubmitError> {
        if !self.rules.broadcast.tells() {
            return Err(SubmitError::TellsNobody);
        }
        let since = self.parts.observer.mark();
        let parsed: Vec<Result<Beef, BeefError>> = beefs.iter().map(|beef| beef::parse(beef)).collect();
        self.parts.observer.stage(Stage::Parse, since);
        let members: Vec<&Beef> = parsed.iter().filter_map(|beef| beef.as_ref().ok()).collect();
        let order = parents_first(&members);
        let ordered: Vec<&Beef> = order.iter().filter_map(|place| members.get(*place).copied()).collect();
        let mut room = MAX_EXTENDED_BYTES;
        let answers = self.relay_parts(&ordered, &mut room, now, meter)?;
        let mut by_place: Vec<(usize, RelayAnswer)> = order.into_iter().zip(answers).collect();
        by_place.sort_by_key(|(place, _)| *place);
        let mut answers = by_place.into_iter().map(|(_, answer)| answer);
        let unanswered =
            || Err(SubmitError::Internal("a transaction of the batch was left without an answer".to_owned()));
        Ok(parsed
            .into_iter()
            .map(|beef| match beef {
                Ok(_) => answers.next().unwrap_or_else(unanswered),
                Err(error) => Err(error.into()),
            })
            .collect())
    }

    /// Relays all of it in one commit, or in as few as their size allows.
    fn relay_parts(
        &self,
        members: &[&Beef],
        room: &mut usize,
        now: Timestamp,
        meter: &Meter,
    ) -> Result<Vec<RelayAnswer>, SubmitError> {
        match self.relay_together(members, room, now, meter) {
            Err(SubmitError::TooLarge { .. }) if members.len() > 1 => {
                let (first, rest) = members.split_at(members.len() / 2);
                let mut answers = self.relay_parts(first, room, now, meter)?;
                answers.extend(self.relay_parts(rest, room, now, meter)?);
                Ok(answers)
            }
            answer => answer,
        }
    }

    fn relay_together(
        &self,
        members: &[&Beef],
        room: &mut usize,
        now: Timestamp,
        meter: &Meter,
    ) -> Result<Vec<RelayAnswer>, SubmitError> {
        // Members that something proven here stands in the way of.
        let mut given_up: Vec<(usize, SubmitError)> = Vec::new();
        for attempt in 1..=MAX_ATTEMPTS {
            let turn = self.turns.take(&BTreeSet::new(), false);
            if let Some(next) = self.successor() {
                drop(turn);
                return next.relay_together(members, room, now, meter);
            }
            let mut together = Together::new(View::new(self.store()));
            // Later than all that the view shows.
            let at = self.next_time(now);
            let mut verified = Vec::with_capacity(members.len());
            let mut rival = None;
            for (place, beef) in members.iter().enumerate() {
                if given_up.iter().any(|(given_up, _)| *given_up == place) {
                    verified.push(Ok(None));
                    continue;
                }
                match self.relay_one(&together, beef, at, meter) {
                    Err(error @ SubmitError::ProvenRival { .. }) => {
                        rival = Some((place, error));
                        break;
                    }
                    Err(error) => verified.push(Err(error)),
                    Ok((found, share)) => {
                        together.add(share)?;
                        verified.push(Ok(found));
                    }
                }
            }
            if let Some((place, error)) = rival {
                drop((together, turn));
                given_up.extend(self.give_way_in_batch(error, now).err().map(|error| (place, error)));
                continue;
            }
            if let Some(plan) = together.into_plan(at)?
                && self.commit(plan)?.is_none()
            {
                self.parts.observer.conflict(attempt);
                continue;
            }
            drop(turn);
            let mut answers = Vec::with_capacity(members.len());
            for (place, (beef, verified)) in members.iter().zip(verified).enumerate() {
                let hopeless = given_up.iter().position(|(given_up, _)| *given_up == place);
                answers.push(match (hopeless, verified) {
                    (Some(index), _) => Err(given_up.swap_remove(index).1),
                    (None, Ok(verified)) => Ok(self.relayed(beef, verified.as_ref(), room, now)?),
                    (None, Err(error)) => Err(error),
                });
            }
            return Ok(answers);
        }
        Err(SubmitError::Unavailable(format!(
            "what was to be relayed was overtaken {MAX_ATTEMPTS} times by others that touch the same coins; send it again"
        )))
    }

    /// What one BEEF adds to those planned before it; nothing verified where it was submitted before.
    fn relay_one(
        &self,
        together: &Together<'_>,
        beef: &Beef,
        at: Timestamp,
        meter: &Meter,
    ) -> Result<(Option<Verified>, Option<Share>), SubmitError> {
        let view = &together.view;
        if let Known::Answered(_) = self.recognise(Door::Public, view, beef, &NOBODY)? {
            return Ok((None, None));
        }
        let verified = self.verify(view, beef, meter)?;
        let mut facts = self.gather_facts(view, &verified, &[], Brought::default())?;
        facts.told_before = together.told;
        // What is in a block needs no telling; it is of interest where it takes a topic's coin, and where it was refused before.
        let unproven = facts.new.iter().any(|new| new.proof.is_none());
        let was_refused = view.status(&beef.subject)?.is_some_and(|status| status.row.status == Status::Rejected);
        if !unproven && !was_refused && facts.coins.is_empty() {
            drop(facts);
            return Ok((Some(verified), None));
        }
        let taken = self.judge(view, &facts, meter)?.settle(&facts, &[])?;
        let organised = self.organise(view, &facts, &[], at, meter)?;
        let indexed = self.index(view, &facts, &taken, &[], at, meter)?;
        let draft = self.draft(view, &facts, &taken, &[], Told { organised, indexed }, at)?;
        // At once: others of the batch may spend from it.
        self.put_new_contents(&facts)?;
        let share = Share::of(draft, &facts);
        drop(facts);
        Ok((Some(verified), Some(share)))
    }

    /// The answer for a BEEF whose rows are durable, and its proofs with them.
    fn relayed(
        &self,
        beef: &Beef,
        verified: Option<&Verified>,
        room: &mut usize,
        now: Timestamp,
    ) -> Result<Relayed, SubmitError> {
        let txid = beef.subject;
        let extended_format = match verified {
            None => self.extended_format(&txid)?,
            Some(verified) => {
                self.stitch_proofs(&View::new(self.store()), beef, verified, now)?;
                subject(verified).and_then(|subject| extended(subject, verified)).ok()
            }
        };
        let extended_format = extended_format.filter(|bytes| bytes.len() <= *room);
        *room = room.saturating_sub(extended_format.as_ref().map_or(0, Vec::len));
        let proof = verified.and_then(|verified| verified.get(&txid)?.proof.as_ref());
        let status = match (self.standing(&txid)?, proof) {
            (Some((status, _)), _) => status,
            (None, Some(proof)) => Status::Mined(proof.height),
            (None, None) => Status::Admitted,
        };
        Ok(Relayed { txid, status, extended_format })
    }
}

fn subject(verified: &Verified) -> Result<&Transaction, SubmitError> {
    let subject = verified.get(&verified.subject).map(|known| &known.transaction);
    subject.ok_or_else(|| SubmitError::Internal("verification answered without its subject".to_owned()))
}

/// The outputs a transaction spends.
fn sources(subject: &Transaction, verified: &Verified) -> Result<Vec<(Outpoint, u64, Vec<u8>)>, SubmitError> {
    is_small(subject, verified)?;
    let source = |outpoint: Outpoint| {
        let (satoshis, script) = verified.source(&outpoint).ok_or_else(|| unknown_source(outpoint))?;
        Ok((outpoint, satoshis, script.to_vec()))
    };
    subject.inputs().iter().map(|input| source(input.source)).collect()
}

fn extended(subject: &Transaction, verified: &Verified) -> Result<Vec<u8>, SubmitError> {
    is_small(subject, verified)?;
    let source = |outpoint: &Outpoint| verified.source(outpoint).map(|(satoshis, script)| (satoshis, script.to_vec()));
    extended_format::encode(subject, source).map_err(|error| SubmitError::NotConvertible(error.to_string()))
}

fn unknown_source(outpoint: Outpoint) -> SubmitError {
    SubmitError::NotConvertible(extended_format::EfError::UnknownSource(outpoint).to_string())
}

/// Whether a transaction can be handed out with the outputs it spends.
fn is_small(subject: &Transaction, verified: &Verified) -> Result<(), SubmitError> {
    let script = |outpoint: &Outpoint| verified.source(outpoint).map_or(0, |(_, script)| script.len());
    let scripts: usize = subject.inputs().iter().map(|input| script(&input.source)).sum();
    let bytes = scripts.saturating_add(subject.raw().len());
    if bytes > MAX_EXTENDED_BYTES {
        return Err(SubmitError::NotConvertible(format!(
            "with the outputs it spends it has {bytes} bytes, and at most {MAX_EXTENDED_BYTES} are handed out"
        )));
    }
    Ok(())
}
