//! Making up histories: a little of everything, mostly about what happened lately.

use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use trellis_model::derived::{Namespace, Topic};
use trellis_model::evict::Dependents;
use trellis_model::reserve::Need;

use super::history::TOPICS;
use super::operation::{Member, Name, Offered, Operation, Source, Wanted, Who};

/// Payments that are likely to be named again.
const LATELY: usize = 12;

pub struct Generator {
    random: StdRng,
    coins: usize,
    payments: Vec<Name>,
    /// Outputs that no payment spends yet.
    unspent: Vec<(Name, u32)>,
    coinbases: Vec<Name>,
    next: Name,
    broken: Vec<Who>,
    /// Number of the last reservation.
    reservations: usize,
    /// Whether the power may fail.
    power: bool,
}

impl Generator {
    pub fn new(seed: u64, power: bool) -> Self {
        let random = StdRng::seed_from_u64(seed);
        Self {
            random,
            coins: 0,
            payments: Vec::new(),
            unspent: Vec::new(),
            coinbases: Vec::new(),
            next: 0,
            broken: Vec::new(),
            reservations: 0,
            power,
        }
    }

    pub fn history(seed: u64, operations: usize, power: bool) -> Vec<Operation> {
        let mut generator = Self::new(seed, power);
        (0..operations).map(|_| generator.operation()).collect()
    }

    fn chance(&mut self, of_a_hundred: u32) -> bool {
        self.random.random_range(0..100) < of_a_hundred
    }

    fn operation(&mut self) -> Operation {
        match self.random.random_range(0..112) {
            106..=107 => {
                let who = if self.chance(50) { Namespace::Service } else { Namespace::Manager };
                Operation::AskForRebuild { who }
            }
            108.. => self.rebuild(),
            100 => Operation::Wait { seconds: self.random.random_range(1..600) },
            101 => Operation::Sweep,
            102 => {
                let (first, second) = (self.wanted(), self.wanted());
                let seconds = first.seconds.or(Some(300));
                let basket = if self.chance(70) { first.basket } else { second.basket };
                Operation::TakeBoth { first: Wanted { seconds, ..first }, second: Wanted { basket, ..second } }
            }
            103..=105 => self.take_or_release(),
            0..=3 => {
                // The outbox makes commits that are nobody else's business, so counting them does not say where it ended.
                let operation = match self.one_commit_or_more() {
                    Operation::NetworkRefuses { name } => Operation::Refuse { name },
                    other => other,
                };
                let operation = Box::new(operation);
                if self.power && self.chance(70) {
                    return Operation::PowerCut { operation };
                }
                Operation::Cut { commits: self.random.random_range(0..3), unheard: self.chance(30), operation }
            }
            4..=6 => {
                let mut either = || Box::new(if self.chance(25) { self.batch() } else { self.pay() });
                Operation::Race { first: either(), second: either() }
            }
            7..=8 => Operation::Restart,
            9 => Operation::Upgrade { who: self.who() },
            10..=11 if self.broken.is_empty() => {
                let who = self.who();
                self.broken.push(who);
                Operation::Break { who }
            }
            10..=13 => match self.broken.pop() {
                Some(who) => Operation::Mend { who },
                None => Operation::Retry,
            },
            14 => Operation::Coinbase { name: self.coinbase() },
            15..=18 => Operation::Follow,
            19 => Operation::NetworkTakesAll,
            _ => self.one_commit_or_more(),
        }
    }

    fn one_commit_or_more(&mut self) -> Operation {
        if self.payments.len() < 3 {
            return self.pay();
        }
        match self.random.random_range(0..107) {
            100..=103 => self.take_or_release(),
            104.. => self.rebuild(),
            0..=41 => self.pay(),
            42..=51 => self.batch(),
            52..=63 => Operation::Again { name: self.any(), offered: self.offered() },
            64..=73 => Operation::Mine { name: self.any() },
            74..=79 => Operation::Prove { name: self.any() },
            80..=87 => Operation::Refuse { name: self.any() },
            88..=91 => Operation::NetworkRefuses { name: self.any() },
            92..=94 => {
                let depth = if self.chance(20) { self.random.random_range(100..115) } else { 0 };
                Operation::Reorganise { depth: depth.max(self.random.random_range(1..6)) }
            }
            _ => {
                let dependents = [Dependents::Name, Dependents::Keep, Dependents::Evict];
                let dependents = *dependents.choose(&mut self.random).unwrap();
                Operation::Evict { name: self.any(), output: self.random.random_range(0..3), dependents }
            }
        }
    }

    fn who(&mut self) -> Who {
        match self.random.random_range(0..10) {
            0..=5 => Who::Topic(self.topic()),
            6..=7 => Who::Service,
            _ => Who::Manager,
        }
    }

    fn topic(&mut self) -> Topic {
        self.random.random_range(0..TOPICS.len() as u32)
    }

    fn any(&mut self) -> Name {
        let lately = self.payments.len().saturating_sub(LATELY);
        let some = if self.chance(75) { &self.payments[lately..] } else { &self.payments[..] };
        *some.choose(&mut self.random).unwrap()
    }

    fn coinbase(&mut self) -> Name {
        self.next += 1;
        self.coinbases.push(self.next);
        self.next
    }

    fn offered(&mut self) -> Offered {
        let all: Vec<Topic> = (0..TOPICS.len() as u32).collect();
        let count = self.random.random_range(1..=4);
        let topics = all.choose_multiple(&mut self.random, count).copied().collect();
        let values = self.chance(30).then(|| self.random.random_range(0..4));
        Offered { topics, values, bare: self.chance(8) }
    }

    /// New coins and unspent outputs mostly; now and then outputs that may be spent already, and what others spend.
    fn pay(&mut self) -> Operation {
        let count = if self.chance(60) { 1 } else { self.random.random_range(2..=3) };
        let inputs = (0..count).map(|_| self.source()).collect();
        self.next += 1;
        let (name, outputs) = (self.next, self.random.random_range(1..=3));
        self.payments.push(name);
        self.unspent.extend((0..outputs).map(|output| (name, output)));
        Operation::Pay { name, inputs, outputs, offered: self.offered() }
    }

    /// Payments that often spend each other, in any order; now and then one that was there before, or that is left out.
    fn batch(&mut self) -> Operation {
        if self.payments.is_empty() {
            return self.pay();
        }
        let count = self.random.random_range(2..=4);
        let mut members: Vec<Member> = Vec::new();
        for _ in 0..count {
            let mut operation = match self.chance(10) {
                true => Operation::Again { name: self.any(), offered: self.offered() },
                false => self.pay(),
            };
            if let (Some(before), true) = (members.last(), self.chance(60))
                && let (Operation::Pay { name, outputs, .. }, Operation::Pay { inputs, .. }) =
                    (&before.operation, &mut operation)
            {
                let (name, output) = (*name, self.random.random_range(0..*outputs));
                inputs.push(Source::Output(name, output));
                self.unspent.retain(|unspent| *unspent != (name, output));
            }
            let place = self.chance(90).then(|| self.random.random_range(0..100));
            members.push(Member { operation, place });
        }
        Operation::Batch { members }
    }

    fn rebuild(&mut self) -> Operation {
        let most = if self.chance(50) { 10 } else { 200 };
        Operation::Rebuild { steps: self.random.random_range(1..most) }
    }

    fn take_or_release(&mut self) -> Operation {
        if self.reservations > 0 && self.chance(30) {
            let lately = self.reservations.saturating_sub(LATELY / 2);
            return Operation::Release { number: self.random.random_range(lately..=self.reservations) };
        }
        Operation::Take(self.wanted())
    }

    fn wanted(&mut self) -> Wanted {
        self.reservations += 1;
        let need = match self.chance(60) {
            true => Need::Count(self.random.random_range(1..8)),
            false => Need::Amount(self.random.random_range(1..3_000_000)),
        };
        Wanted {
            number: self.reservations,
            basket: self.random.random_range(0..3),
            asset: self.chance(40).then(|| self.random.random_range(0..2)),
            tag: self.chance(30).then(|| self.random.random_range(0..4)),
            need,
            seconds: self.chance(85).then(|| self.random.random_range(1..900)),
            client: self.random.random_range(0..3),
        }
    }

    fn source(&mut self) -> Source {
        match self.random.random_range(0..100) {
            0..=3 if !self.coinbases.is_empty() => Source::Output(*self.coinbases.last().unwrap(), 0),
            4..=55 if !self.unspent.is_empty() => {
                let lately = self.unspent.len().saturating_sub(LATELY);
                let (name, output) = self.unspent.remove(self.random.random_range(lately..self.unspent.len()));
                Source::Output(name, output)
            }
            56..=58 if !self.payments.is_empty() => Source::Output(self.any(), self.random.random_range(0..3)),
            59..=64 if !self.payments.is_empty() => Source::SpentBy(self.any(), self.random.random_range(0..3)),
            _ => {
                self.coins += 1;
                Source::Coin(self.coins)
            }
        }
    }
}
