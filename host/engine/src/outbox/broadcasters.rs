//! The broadcasters, asked in their order: who does not answer is left alone for a while, and a refusal needs a second opinion
//! where there is somebody to give one.

use std::sync::Arc;

use trellis_spv::hash::Txid;

use super::opinion::{Opinion, combine, is_settled};
use crate::domain::time::Timestamp;
use crate::ports::network::{AnswerMeaning, BroadcastAnswer, Broadcaster, Inquiry, Outgoing};
use crate::ports::observer::Observer;

/// Calls in a row that came to nothing before a broadcaster is left alone.
const FAILURES_BEFORE_REST: u32 = 3;

/// How long it is left alone first, in milliseconds; doubles each time it fails again.
const FIRST_REST_MILLISECONDS: u64 = 5_000;

/// Longest rest, in milliseconds: an outage of an hour should not cost another hour.
const LONGEST_REST_MILLISECONDS: u64 = 5 * 60 * 1_000;

/// A broadcaster that is left alone.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Resting {
    /// Which one.
    pub broadcaster: String,
    /// Until when.
    pub until: Timestamp,
    /// Its last words.
    pub words: String,
}

struct Line {
    broadcaster: Arc<dyn Broadcaster>,
    failures: u32,
    rests_until: Timestamp,
    words: String,
}

impl Line {
    fn heard(&mut self, answers: &[&BroadcastAnswer], now: Timestamp) {
        let Some(last) = answers.last() else { return };
        if answers.iter().any(|answer| answer.meaning != AnswerMeaning::Transient) {
            self.failures = 0;
            return;
        }
        self.failures = self.failures.saturating_add(1);
        if let Some(again) = self.failures.checked_sub(FAILURES_BEFORE_REST) {
            let rest = FIRST_REST_MILLISECONDS.saturating_mul(1 << again.min(16)).min(LONGEST_REST_MILLISECONDS);
            self.rests_until = now.plus_milliseconds(rest);
            self.words.clone_from(&last.text);
            tracing::warn!(
                broadcaster = self.broadcaster.name(),
                milliseconds = rest,
                words = last.text,
                "left alone for a while"
            );
        }
    }
}

pub(super) struct Broadcasters {
    all: Vec<Line>,
    observer: Arc<dyn Observer>,
}

impl Broadcasters {
    pub(super) fn new(all: Vec<Arc<dyn Broadcaster>>, observer: Arc<dyn Observer>) -> Self {
        let line =
            |broadcaster| Line { broadcaster, failures: 0, rests_until: Timestamp::default(), words: String::new() };
        Self { all: all.into_iter().map(line).collect(), observer }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// When somebody can be asked: `now`, or the end of the shortest rest.
    pub(super) fn available(&self, now: Timestamp) -> Option<Timestamp> {
        self.all.iter().map(|line| line.rests_until.max(now)).min()
    }

    pub(super) fn resting(&self, now: Timestamp) -> Vec<Resting> {
        let resting = self.all.iter().filter(|line| line.rests_until > now);
        resting
            .map(|line| Resting {
                broadcaster: line.broadcaster.name().to_owned(),
                until: line.rests_until,
                words: line.words.clone(),
            })
            .collect()
    }

    /// Tells as many as it takes to settle each transaction. Answers in the same order.
    pub(super) fn tell(&mut self, transactions: &[Outgoing], now: Timestamp) -> Vec<Option<Opinion>> {
        let mut answers: Vec<Vec<(String, BroadcastAnswer)>> = vec![Vec::new(); transactions.len()];
        for line in self.all.iter_mut().filter(|line| line.rests_until <= now) {
            let unsettled =
                |answers: &Vec<(String, BroadcastAnswer)>| !answers.last().is_some_and(|(_, last)| is_settled(last));
            let open: Vec<usize> =
                answers.iter().enumerate().filter(|(_, given)| unsettled(given)).map(|(at, _)| at).collect();
            let outgoing: Vec<Outgoing> = open.iter().filter_map(|at| transactions.get(*at).cloned()).collect();
            let heard = match outgoing.as_slice() {
                [] => break,
                [one] => vec![line.broadcaster.broadcast(one)],
                several => line.broadcaster.broadcast_all(several),
            };
            line.heard(&heard.iter().collect::<Vec<_>>(), now);
            for (at, answer) in open.into_iter().zip(heard) {
                self.observer.network_answer(line.broadcaster.name(), answer.meaning);
                if let Some(given) = answers.get_mut(at) {
                    given.push((line.broadcaster.name().to_owned(), answer));
                }
            }
        }
        answers.iter().map(|given| combine(given)).collect()
    }

    /// Asks everybody about a transaction. What comes of a merkle path is `prove`'s to say: `true` ends the round.
    pub(super) fn ask(&mut self, txid: &Txid, now: Timestamp, mut prove: impl FnMut(&[u8]) -> bool) -> Asked {
        let mut answers = Vec::new();
        for line in self.all.iter_mut().filter(|line| line.rests_until <= now) {
            let Inquiry { answer, merkle_path } = line.broadcaster.inquire(txid);
            let Some(answer) = answer else { continue };
            self.observer.network_answer(line.broadcaster.name(), answer.meaning);
            line.heard(&[&answer], now);
            answers.push((line.broadcaster.name().to_owned(), answer));
            if merkle_path.is_some_and(|path| prove(&path)) {
                return Asked::Proven;
            }
        }
        match combine(&answers) {
            Some(opinion) => Asked::Heard(opinion),
            None if self.available(now) == Some(now) => Asked::Unknown,
            None => Asked::Nobody,
        }
    }
}

/// What asking about a transaction came to.
pub(super) enum Asked {
    /// Somebody's proof was taken.
    Proven,
    /// What those who know it say together.
    Heard(Opinion),
    /// Nobody who was asked knows it.
    Unknown,
    /// Nobody could be asked.
    Nobody,
}
