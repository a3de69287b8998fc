//! Where deeds are handed in: what was said of each is what was to be expected, and it is noted.

use std::thread;
use std::time::Duration;

use rand::Rng;
use rand::rngs::StdRng;
use serde_json::{Value, json};
use trellis_spv::testing::{Coin, Wallet};

use super::deed::{Deed, Piece};
use super::network::Network;
use crate::client::{Client, Reply};
use crate::host::Host;
use crate::world::World;

/// Codes of refusals by topics and basket managers.
const REFUSALS: [&str; 3] = ["ERR_NOT_TAKEN_BY_ALL", "ERR_NOT_TAKEN", "ERR_ORGANISE_REFUSED"];

/// The code of a refusal because the network refused what it is about, or what that comes from.
const TAKEN_BACK: &str = "ERR_REJECTED_BY_NETWORK";

/// What is to come of a deed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meant {
    /// It is taken, unless the network has refused what it comes from.
    Right,
    /// As [`Meant::Right`], unless somebody else was faster.
    Contested,
    /// It is refused.
    Wrong,
}

/// Deeds that were handed in as one.
#[derive(Debug, Clone)]
pub struct Sent {
    /// One, or the members of an atomic batch.
    pub deeds: Vec<Deed>,
    /// What was to come of it.
    pub meant: Meant,
    /// Whether the host took it; `None` where no answer came.
    pub taken: Option<bool>,
}

/// One person's way to the host, as long as that lives. Everything here answers `None` once it does not.
#[derive(Debug)]
pub struct Desk<'l> {
    client: Client,
    world: &'l World,
    network: &'l Network,
    /// The address the host takes this person to come from.
    address: String,
    /// The person's number.
    pub who: u64,
    /// Chance.
    pub random: StdRng,
    /// Everything that was handed in.
    pub sent: Vec<Sent>,
    prefix: String,
    named: usize,
}

/// Somebody's mined coins.
#[derive(Debug)]
pub struct Purse {
    /// Who can spend them.
    pub wallet: Wallet,
    /// The coins.
    pub coins: std::vec::IntoIter<Coin>,
}

impl Purse {
    /// A coin that was not spent here yet; `None` where there is no more.
    pub fn coin(&mut self) -> Option<Piece> {
        self.coins.next().map(|coin| Piece { owner: self.wallet.clone(), coin, past: Vec::new() })
    }
}

impl<'l> Desk<'l> {
    /// A desk for person number `who`; `life` tells its names from those of other lives.
    #[must_use]
    pub fn new(
        host: &Host,
        (world, network): (&'l World, &'l Network),
        who: usize,
        life: usize,
        random: StdRng,
    ) -> Self {
        let (address, prefix) = (format!("10.0.0.{}", who + 1), format!("{who} of {life}"));
        let (client, who) = (host.client(), who as u64);
        Self { client, world, network, address, who, random, sent: Vec::new(), prefix, named: 0 }
    }

    /// A name nobody else gives.
    pub fn name(&mut self, what: &str) -> String {
        self.named += 1;
        format!("{what} {} by {}", self.named, self.prefix)
    }

    /// True once in so many times.
    pub fn one_in(&mut self, times: u32) -> bool {
        self.random.random_ratio(1, times)
    }

    /// Waits a little.
    pub fn pause(&mut self, milliseconds: u64) {
        thread::sleep(Duration::from_millis(self.random.random_range(0..=milliseconds)));
    }

    /// Hands in what was never answered. What was taken unheard is answered as it would have been then.
    pub fn again(&mut self, unanswered: Vec<Sent>) -> Option<()> {
        unanswered.into_iter().try_for_each(|sent| self.hand_in(sent.deeds, sent.meant).map(drop))
    }

    /// Hands in what is right. Answers whether it was taken.
    pub fn right(&mut self, deed: &Deed) -> Option<bool> {
        self.hand_in(vec![deed.clone()], Meant::Right)
    }

    /// Hands in what somebody else may have been faster with. Answers whether it was taken.
    pub fn contested(&mut self, deed: &Deed) -> Option<bool> {
        self.hand_in(vec![deed.clone()], Meant::Contested)
    }

    /// Hands in what is wrong.
    pub fn wrong(&mut self, deed: &Deed) -> Option<()> {
        self.hand_in(vec![deed.clone()], Meant::Wrong).map(drop)
    }

    /// Hands in an atomic batch.
    pub fn together(&mut self, deeds: &[Deed], meant: Meant) -> Option<bool> {
        self.hand_in(deeds.to_vec(), meant)
    }

    /// Hands in a batch of which each member stands by itself, all of them right. Answers whether all were taken.
    pub fn one_by_one(&mut self, deeds: &[Deed]) -> Option<bool> {
        let reply = self.batch(deeds, false).map(|reply| reply.expect(200).json());
        let members = reply.as_ref().map(|reply| reply["members"].as_array().expect("members").as_slice());
        let mut all = members.map(|_| true);
        for (at, deed) in deeds.iter().enumerate() {
            let taken = members.map(|members| {
                let code = members[at]["code"].as_str();
                assert!(code.is_none_or(|code| code == TAKEN_BACK && self.network.refuses(deed)), "{}", members[at]);
                code.is_none().then(|| assert_receipt(deed, &members[at])).is_some()
            });
            all = all.zip(taken).map(|(all, taken)| all && taken);
            self.sent.push(Sent { deeds: vec![deed.clone()], meant: Meant::Right, taken });
        }
        all
    }

    fn hand_in(&mut self, deeds: Vec<Deed>, meant: Meant) -> Option<bool> {
        let reply = match deeds.as_slice() {
            [deed] => self.alone(deed),
            several => self.batch(several, true),
        };
        let taken = reply.map(|reply| self.was_taken(&reply, &deeds, meant));
        self.sent.push(Sent { deeds, meant, taken });
        taken
    }

    fn alone(&self, deed: &Deed) -> Option<Reply> {
        let topics = topics(deed).to_string();
        let headers = [
            ("content-type", "application/octet-stream"),
            ("x-topics", topics.as_str()),
            ("x-trellis-require", "all"),
            ("x-forwarded-for", self.address.as_str()),
        ];
        self.client.try_post("/v1/submit", &headers, &deed.beef(self.world)).ok()
    }

    fn batch(&self, deeds: &[Deed], atomic: bool) -> Option<Reply> {
        let member = |deed: &Deed| {
            let beef = hex::encode(deed.beef(self.world));
            json!({ "beef": beef, "topics": topics(deed), "requireAll": true })
        };
        let members: Vec<Value> = deeds.iter().map(member).collect();
        self.post(&format!("/v1/submit/batch?atomic={atomic}"), &json!({ "submissions": members }))
    }

    fn was_taken(&self, reply: &Reply, deeds: &[Deed], meant: Meant) -> bool {
        let body = reply.json();
        if reply.status == 200 {
            assert_ne!(meant, Meant::Wrong, "taken although it is wrong: {body}");
            match deeds {
                [deed] => assert_receipt(deed, &body),
                several => {
                    let members = body["members"].as_array().expect("members");
                    several.iter().zip(members).for_each(|(deed, member)| assert_receipt(deed, member));
                }
            }
            return true;
        }
        let code = body["code"].as_str().expect("a code");
        // What the network has refused is free for others to spend.
        let is_lost = deeds.iter().any(|deed| self.network.refuses(deed));
        let expected = match (reply.status, code) {
            (422, TAKEN_BACK) => is_lost,
            (409, "ERR_DOUBLE_SPEND") => is_lost || meant == Meant::Contested,
            (422, code) => meant == Meant::Wrong && REFUSALS.contains(&code),
            _ => false,
        };
        assert!(expected, "{meant:?}: {} {body}", reply.status);
        false
    }

    /// POST of JSON.
    #[must_use]
    pub fn post(&self, path: &str, body: &Value) -> Option<Reply> {
        let headers = [("content-type", "application/json"), ("x-forwarded-for", self.address.as_str())];
        self.client.try_post(path, &headers, body.to_string().as_bytes()).ok()
    }
}

fn topics(deed: &Deed) -> Value {
    if deed.is_found { json!("auto") } else { json!(deed.topics) }
}

/// Every topic has taken what it was to take.
fn assert_receipt(deed: &Deed, receipt: &Value) {
    let topics = receipt["topics"].as_object().unwrap_or_else(|| panic!("no receipt: {receipt}"));
    assert_eq!(topics.len(), deed.topics.len(), "{receipt}");
    for topic in &deed.topics {
        assert_eq!(topics[*topic]["outputsToAdmit"], json!(deed.admitted(topic)), "{topic}: {receipt}");
    }
}
