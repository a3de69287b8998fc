//! A submission in the making.

use trellis_spv::transaction::Transaction;

use super::{Answer, Host, Member};
use crate::certificate::Certificate;
use crate::party::Party;

/// A submission in the making.
///
/// ```
/// use trellis_testing::{Everything, Overlay, Party};
///
/// Overlay::new().topic("tm_all", Everything).topic("tm_more", Everything).test(|host| {
///     let alice = Party::named("alice");
///     let paid = host.transaction().pay(&alice, 500).sign();
///     let submission = host.submission(&paid).to(["tm_all", "tm_more"]).signed_by(&alice).require_all();
///     submission.off_chain_values("seat 12A").send().admits("tm_all", [0]).admits("tm_more", [0]);
/// });
/// ```
#[must_use = "a submission is sent with `send`"]
pub struct Submitting<'h> {
    host: &'h mut Host,
    member: Member,
}

impl<'h> Submitting<'h> {
    pub(super) fn new(host: &'h mut Host, transaction: &Transaction) -> Self {
        Self { host, member: Member::of(transaction) }
    }

    /// To these topics. Unless said, the host finds the topics that the transaction concerns.
    #[track_caller]
    pub fn to<'n>(self, topics: impl IntoIterator<Item = &'n str>) -> Self {
        Self { host: self.host, member: self.member.to(topics) }
    }

    /// With these bytes beside the BEEF.
    pub fn off_chain_values(self, bytes: impl Into<Vec<u8>>) -> Self {
        Self { host: self.host, member: self.member.off_chain_values(bytes) }
    }

    /// Every topic takes it, or nothing happens.
    pub fn require_all(self) -> Self {
        Self { host: self.host, member: self.member.require_all() }
    }

    /// Somebody signs the transaction for each of its topics (BRC-3). The first is the submitter.
    pub fn signed_by(self, party: &Party) -> Self {
        Self { host: self.host, member: self.member.signed_by(party) }
    }

    /// A certificate about one of those who signed.
    pub fn certificate(self, certificate: &Certificate) -> Self {
        Self { host: self.host, member: self.member.certificate(certificate) }
    }

    /// Submits it.
    pub fn send(self) -> Answer {
        let Self { host, member } = self;
        let prepared = member.prepare(&host.ledger);
        let now = host.tick();
        let outcome = host.engine.submit(&prepared.submission(), now);
        let step = prepared.in_words();
        let log = host.note(&step, &format!("{outcome:?}"));
        Answer { step: format!("{}: {step}", host.mode), txid: prepared.txid, outcome, log }
    }
}
