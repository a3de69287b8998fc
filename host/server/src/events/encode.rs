//! An event in the words of the wire: numbers of topics and managers become names.
//!
//! What a reader may not be told is left out section by section and counted: what is not hosted any more, and topics and baskets
//! that are not open to it. Readers with different rights get different encodings, and this is the place that makes them.

use trellis_engine::domain::basket::ManagerId;
use trellis_engine::domain::event::{
    AppliedTransaction, BasketOperation, BasketReversal, Event, Placed, Taken, TopicReversal,
};
use trellis_engine::domain::name::{TopicId, TopicName};
use trellis_engine::domain::time::{Sequence, Timestamp};
use trellis_engine::hosting::Hosting;
use trellis_engine::ports::plugins::PluginId;
use trellis_spv::hash::{Outpoint, Txid};

use super::rights::{Audience, Rights};
use crate::clock;
use crate::http::body::events::{
    AppliedBody, BasketDifferenceBody, EventBody, InBlockBody, OperationBody, PlaceBody, SpentBody, TopicChangeBody,
    TopicDifferenceBody, WhatBody,
};
use crate::http::transactions::standing;

/// The body of an event for a reader with these rights, and for whom it has more.
#[must_use]
pub fn body(
    (hosting, audiences): (&Hosting, &dyn Audiences),
    rights: &Rights,
    (sequence, at): (Sequence, Timestamp),
    event: &Event,
) -> (EventBody, More) {
    let mut reader = Reader { hosting, audiences, rights, left_out: 0, more: More::default() };
    let what = match event {
        Event::Applied(transactions) => {
            WhatBody::Applied { transactions: transactions.iter().map(|applied| reader.applied(applied)).collect() }
        }
        Event::StatusChanged { txid, status: now } => {
            let (status, block_height) = standing(*now);
            WhatBody::Status { txid: txid.to_string(), status: status.to_owned(), block_height }
        }
        Event::Proven { transactions } => WhatBody::Proven { transactions: in_blocks(transactions) },
        Event::Orphaned { transactions } => WhatBody::Orphaned { transactions: in_blocks(transactions) },
        Event::Evicted { transactions, topics, baskets } => WhatBody::Evicted {
            transactions: texts(transactions),
            topics: reader.topics(topics),
            baskets: reader.baskets(baskets),
        },
        Event::Reverted { transactions, judged_again, topics, baskets, undone, batches } => WhatBody::Reverted {
            transactions: texts(transactions),
            judged_again: texts(judged_again),
            topics: reader.topics(topics),
            baskets: reader.baskets(baskets),
            undone: undone.iter().map(|sequence| sequence.0).collect(),
            batches: batches.iter().map(|sequence| sequence.0).collect(),
        },
    };
    (EventBody { sequence: sequence.0, time: clock::rfc3339(at), what, left_out: reader.left_out }, reader.more)
}

/// Whom sections are for.
pub trait Audiences {
    /// Those of a topic.
    fn of_topic(&self, topic: &TopicName) -> Audience;
    /// Those of a manager's baskets.
    fn of_manager(&self, manager: &PluginId) -> Audience;
}

/// For whom an event has sections that a reader was not told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct More {
    /// For everybody who says who it is.
    pub for_authenticated: bool,
    /// For who has a token.
    pub for_token_holders: bool,
}

/// Who reads: decides which sections there are.
struct Reader<'h> {
    hosting: &'h Hosting,
    audiences: &'h dyn Audiences,
    rights: &'h Rights,
    left_out: usize,
    more: More,
}

impl Reader<'_> {
    /// Whether a section may be told.
    fn may_hear(&mut self, audience: Audience, manager: Option<&PluginId>) -> bool {
        let may = self.rights.include(audience, manager);
        match audience {
            Audience::Authenticated => self.more.for_authenticated |= !may,
            Audience::TokenHolders => self.more.for_token_holders |= !may,
            Audience::Everybody | Audience::Nobody => {}
        }
        may
    }

    /// A topic's name, if its section may be told.
    fn topic(&mut self, id: TopicId) -> Option<String> {
        let hosted = self.hosting.topic_by_id(id);
        let told = hosted.filter(|topic| self.may_hear(self.audiences.of_topic(&topic.name), None));
        let name = told.map(|topic| topic.name.to_string());
        self.left_out += usize::from(name.is_none());
        name
    }

    /// A basket manager's name, if its section may be told.
    fn manager(&mut self, id: ManagerId) -> Option<String> {
        let hosted = self.hosting.manager_by_id(id);
        let told =
            hosted.filter(|manager| self.may_hear(self.audiences.of_manager(&manager.plugin), Some(&manager.plugin)));
        let name = told.map(|manager| manager.plugin.to_string());
        self.left_out += usize::from(name.is_none());
        name
    }

    fn applied(&mut self, applied: &AppliedTransaction) -> AppliedBody {
        let AppliedTransaction { txid, topics, operations } = applied;
        let own = |vout: &u32| Outpoint::new(*txid, *vout).to_string();
        let topics = topics.iter().filter_map(|change| {
            let topic = self.topic(change.topic)?;
            let admitted = change.admitted.iter().map(own).collect();
            Some(TopicChangeBody { topic, admitted, spent: spent(&change.spent) })
        });
        let topics = topics.collect();
        let operations = operations.iter().filter_map(|operation| self.operation(txid, operation)).collect();
        AppliedBody { txid: txid.to_string(), topics, operations }
    }

    fn operation(&mut self, txid: &Txid, operation: &BasketOperation) -> Option<OperationBody> {
        let manager = self.manager(operation.manager)?;
        Some(operation_body(manager, txid, operation))
    }

    fn topics(&mut self, changes: &[TopicReversal]) -> Vec<TopicDifferenceBody> {
        let change = |change: &TopicReversal| {
            Some(TopicDifferenceBody {
                topic: self.topic(change.topic)?,
                removed: texts(&change.removed),
                unspent: texts(&change.unspent),
                admitted: texts(&change.admitted),
                spent: spent(&change.spent),
            })
        };
        changes.iter().filter_map(change).collect()
    }

    fn baskets(&mut self, changes: &[BasketReversal]) -> Vec<BasketDifferenceBody> {
        let change = |change: &BasketReversal| {
            Some(BasketDifferenceBody {
                manager: self.manager(change.manager)?,
                basket: change.basket.to_string(),
                removed: texts(&change.removed),
                placed: texts(&change.placed),
            })
        };
        changes.iter().filter_map(change).collect()
    }
}

/// A change of a manager's baskets as the wire has it.
#[must_use]
pub fn operation_body(manager: String, txid: &Txid, operation: &BasketOperation) -> OperationBody {
    let BasketOperation { manager: _, taken, placed } = operation;
    let taken = taken.as_ref().map(|Taken { basket, outpoint, asset, amount }| PlaceBody {
        basket: basket.to_string(),
        outpoint: outpoint.to_string(),
        asset: asset.clone(),
        amount: *amount,
    });
    let placed = placed.as_ref().map(|Placed { basket, vout, asset, amount }| PlaceBody {
        basket: basket.to_string(),
        outpoint: Outpoint::new(*txid, *vout).to_string(),
        asset: asset.clone(),
        amount: *amount,
    });
    OperationBody { manager, taken, placed }
}

fn texts<T: ToString>(all: &[T]) -> Vec<String> {
    all.iter().map(ToString::to_string).collect()
}

fn spent(all: &[(Outpoint, bool)]) -> Vec<SpentBody> {
    all.iter().map(|(outpoint, retained)| SpentBody { outpoint: outpoint.to_string(), retained: *retained }).collect()
}

fn in_blocks(all: &[(Txid, u32)]) -> Vec<InBlockBody> {
    all.iter().map(|(txid, height)| InBlockBody { txid: txid.to_string(), block_height: *height }).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use trellis_engine::domain::basket::BasketName;
    use trellis_engine::domain::event::TopicChange;
    use trellis_engine::hosting::{BasketPattern, ManagerSetup, TopicSetup};
    use trellis_store::MemoryStore;

    use super::*;

    fn hosting(store: &MemoryStore) -> Hosting {
        let name = TopicName::new("tm_tickets").unwrap();
        let topic =
            TopicSetup { name: name.clone(), plugin: PluginId("tickets".into()), reads: Vec::new(), certified: None };
        let baskets = vec![BasketPattern::new("shop/*").unwrap()];
        let manager = ManagerSetup { plugin: PluginId("shop".into()), baskets, topics: vec![name] };
        Hosting::new(store, &[topic], &[]).unwrap().with_managers(store, &[manager]).unwrap()
    }

    /// All topics are for the first, all baskets for the second.
    struct Are(Audience, Audience);

    impl Audiences for Are {
        fn of_topic(&self, _: &TopicName) -> Audience {
            self.0
        }

        fn of_manager(&self, _: &PluginId) -> Audience {
            self.1
        }
    }

    const OPEN: Are = Are(Audience::Everybody, Audience::Everybody);

    fn told(hosting: &Hosting, audiences: &Are, rights: &Rights, event: &Event) -> (EventBody, More) {
        body((hosting, audiences), rights, (Sequence(7), Timestamp(0)), event)
    }

    fn shown(hosting: &Hosting, event: &Event) -> serde_json::Value {
        serde_json::to_value(told(hosting, &OPEN, &Rights::default(), event).0).unwrap()
    }

    #[test]
    fn sections_that_are_not_open_to_a_reader_are_left_out_and_counted() {
        let hosting = hosting(&MemoryStore::new());
        let (topic, manager) = (hosting.topics().next().unwrap().id, hosting.managers().next().unwrap().id);
        let basket = BasketName::new("shop/tickets").unwrap();
        let placed = Placed { basket, vout: 0, asset: "seat".into(), amount: 2 };
        let change = TopicChange { topic, admitted: vec![0], spent: vec![] };
        let operations = vec![BasketOperation { manager, taken: None, placed: Some(placed) }];
        let event = Event::Applied(vec![AppliedTransaction {
            txid: Txid::from_internal([1; 32]),
            topics: vec![change],
            operations,
        }]);
        let (nobody, session) = (Rights::default(), Rights::of_session());
        let holder = Rights { session: false, opened: [PluginId("shop".into())].into() };
        use Audience::{Authenticated, Everybody, Nobody, TokenHolders};
        for (topics, baskets, rights, left_out, for_authenticated, for_token_holders) in [
            (Everybody, Everybody, &nobody, 0, false, false),
            (Authenticated, Everybody, &nobody, 1, true, false),
            (Authenticated, Authenticated, &nobody, 2, true, false),
            (Authenticated, Authenticated, &session, 0, false, false),
            (Everybody, TokenHolders, &session, 1, false, true),
            (Authenticated, TokenHolders, &holder, 1, true, false),
            (Everybody, Nobody, &session, 1, false, false),
        ] {
            let (body, more) = told(&hosting, &Are(topics, baskets), rights, &event);
            assert_eq!(
                (body.left_out, more),
                (left_out, More { for_authenticated, for_token_holders }),
                "{topics:?} {baskets:?}"
            );
            let told = serde_json::to_string(&body).unwrap();
            let may = |audience| rights.include(audience, Some(&PluginId("shop".into())));
            assert_eq!(told.contains("tm_tickets"), may(topics), "{told}");
            assert_eq!(told.contains("shop/tickets"), may(baskets), "{told}");
        }
    }

    #[test]
    fn a_submission_is_told_whole_with_names_and_what_is_not_hosted_is_counted() {
        let hosting = hosting(&MemoryStore::new());
        let (topic, manager) = (hosting.topics().next().unwrap().id, hosting.managers().next().unwrap().id);
        let (txid, coin) = (Txid::from_internal([1; 32]), Outpoint::new(Txid::from_internal([2; 32]), 3));
        let gone = TopicId(trellis_engine::domain::name::NameId(99));
        let change = |topic| TopicChange { topic, admitted: vec![0], spent: vec![(coin, true)] };
        let basket = BasketName::new("shop/tickets").unwrap();
        let taken = Taken { basket: basket.clone(), outpoint: coin, asset: "seat".into(), amount: 2 };
        let placed = Placed { basket, vout: 0, asset: "seat".into(), amount: 2 };
        let operations = vec![BasketOperation { manager, taken: Some(taken), placed: Some(placed) }];
        let event =
            Event::Applied(vec![AppliedTransaction { txid, topics: vec![change(topic), change(gone)], operations }]);
        let place =
            |outpoint: String| json!({"basket": "shop/tickets", "outpoint": outpoint, "asset": "seat", "amount": 2});
        let expected = json!({
            "sequence": 7,
            "time": "1970-01-01T00:00:00.000Z",
            "event": "applied",
            "transactions": [{
                "txid": txid.to_string(),
                "topics": [{
                    "topic": "tm_tickets",
                    "admitted": [format!("{txid}.0")],
                    "spent": [{"outpoint": coin.to_string(), "retained": true}],
                }],
                "operations": [{
                    "manager": "shop",
                    "taken": place(coin.to_string()),
                    "placed": place(format!("{txid}.0")),
                }],
            }],
            "leftOut": 1,
        });
        assert_eq!(shown(&hosting, &event), expected);
        let read: EventBody = serde_json::from_value(expected).unwrap();
        assert_eq!(read, told(&hosting, &OPEN, &Rights::default(), &event).0);
    }

    #[test]
    fn what_is_taken_back_names_the_commits_and_batches_that_are_undone() {
        let hosting = hosting(&MemoryStore::new());
        let event = Event::Reverted {
            transactions: vec![Txid::from_internal([1; 32])],
            judged_again: vec![],
            topics: vec![],
            baskets: vec![],
            undone: vec![Sequence(3), Sequence(5)],
            batches: vec![Sequence(5)],
        };
        let shown = shown(&hosting, &event);
        assert_eq!(
            (&shown["event"], &shown["undone"], &shown["batches"]),
            (&json!("reverted"), &json!([3, 5]), &json!([5]))
        );
    }
}
