//! A submission in the making.

use trellis_engine::domain::name::TopicName;
use trellis_engine::evidence::{Evidence, SubmissionSignature};
use trellis_engine::submit::{Submission, TopicChoice};
use trellis_spv::identity::submission::sign;
use trellis_spv::transaction::Transaction;

use super::{Answer, Host};
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
    transaction: Transaction,
    topics: Option<Vec<TopicName>>,
    off_chain_values: Option<Vec<u8>>,
    require_all: bool,
    signers: Vec<Party>,
    certificates: Vec<Certificate>,
}

impl<'h> Submitting<'h> {
    pub(super) fn new(host: &'h mut Host, transaction: &Transaction) -> Self {
        Self {
            host,
            transaction: transaction.clone(),
            topics: None,
            off_chain_values: None,
            require_all: false,
            signers: Vec::new(),
            certificates: Vec::new(),
        }
    }

    /// To these topics. Unless said, the host finds the topics that the transaction concerns.
    #[track_caller]
    pub fn to<'n>(mut self, topics: impl IntoIterator<Item = &'n str>) -> Self {
        let name = |name| TopicName::new(name).unwrap_or_else(|error| panic!("{error}"));
        self.topics = Some(topics.into_iter().map(name).collect());
        self
    }

    /// With these bytes beside the BEEF.
    pub fn off_chain_values(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.off_chain_values = Some(bytes.into());
        self
    }

    /// Every topic takes it, or nothing happens.
    pub const fn require_all(mut self) -> Self {
        self.require_all = true;
        self
    }

    /// Somebody signs the transaction for each of its topics (BRC-3). The first is the submitter.
    pub fn signed_by(mut self, party: &Party) -> Self {
        self.signers.push(party.clone());
        self
    }

    /// A certificate about one of those who signed.
    pub fn certificate(mut self, certificate: &Certificate) -> Self {
        self.certificates.push(certificate.clone());
        self
    }

    /// Submits it.
    pub fn send(self) -> Answer {
        let Self { host, transaction, topics, off_chain_values, require_all, signers, certificates } = self;
        let txid = transaction.txid();
        let beef = host.ledger.beef(&transaction);
        let named = topics.as_deref().unwrap_or_default();
        let signature = |party: &Party, topic: &TopicName| SubmissionSignature {
            signer: party.private_key().public_key(),
            topic: topic.clone(),
            signature: sign(&party.private_key(), &txid, topic.as_str()).expect("every key signs"),
        };
        let evidence = Evidence {
            signatures: signers.iter().flat_map(|party| named.iter().map(|topic| signature(party, topic))).collect(),
            certificates: certificates.into_iter().map(|certificate| certificate.0).collect(),
        };
        let submission = Submission {
            beef: &beef,
            off_chain_values: off_chain_values.as_deref(),
            topics: topics.as_deref().map_or(TopicChoice::Auto, TopicChoice::Named),
            require_all,
            evidence: (evidence != Evidence::default()).then_some(&evidence),
        };
        let now = host.tick();
        let outcome = host.engine.submit(&submission, now);
        let names = named.iter().map(TopicName::as_str).collect::<Vec<_>>().join(", ");
        let step = format!(
            "transaction {txid} is submitted to {}",
            if names.is_empty() { "whom it concerns" } else { &names }
        );
        let log = host.note(&step, &format!("{outcome:?}"));
        Answer { step: format!("{}: {step}", host.mode), txid, outcome, log }
    }
}
