//! What is submitted: a transaction with all that goes along, by itself or as a member of a batch.

use trellis_engine::domain::name::TopicName;
use trellis_engine::evidence::{Evidence, SubmissionSignature};
use trellis_engine::submit::{Submission, TopicChoice};
use trellis_spv::hash::Txid;
use trellis_spv::identity::submission::sign;
use trellis_spv::transaction::Transaction;

use crate::certificate::Certificate;
use crate::ledger::Ledger;
use crate::party::Party;

/// A transaction and all that is submitted with it: a member of a batch.
///
/// ```
/// use trellis_testing::{Everything, Member, Overlay, Party};
///
/// Overlay::new().topic("tm_all", Everything).test(|host| {
///     let (alice, bob) = (Party::named("alice"), Party::named("bob"));
///     let [hers, his] = [&alice, &bob].map(|party| host.transaction().pay(party, 500).sign());
///     let hers = Member::of(&hers).to(["tm_all"]).signed_by(&alice).off_chain_values("for the record");
///     let answers = host.submit_each([hers, Member::of(&his).to(["tm_all", "tm_none"]).require_all()]);
///     answers[0].admits("tm_all", [0]);
///     assert!(answers[1].outcome().is_err(), "nobody hosts tm_none");
/// });
/// ```
#[must_use = "a member is submitted with `Host::submit_batch` or `Host::submit_each`"]
#[derive(Clone, Debug)]
pub struct Member {
    transaction: Transaction,
    topics: Option<Vec<TopicName>>,
    off_chain_values: Option<Vec<u8>>,
    require_all: bool,
    signers: Vec<Party>,
    certificates: Vec<Certificate>,
}

impl Member {
    /// This transaction, with the BEEF that proves it.
    pub fn of(transaction: &Transaction) -> Self {
        Self {
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

    /// What the engine is given.
    pub(super) fn prepare(self, ledger: &Ledger) -> Prepared {
        let Self { transaction, topics, off_chain_values, require_all, signers, certificates } = self;
        let txid = transaction.txid();
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
        let evidence = (evidence != Evidence::default()).then_some(evidence);
        Prepared { txid, beef: ledger.beef(&transaction), topics, off_chain_values, require_all, evidence }
    }
}

/// All that a submission borrows from.
pub(super) struct Prepared {
    pub(super) txid: Txid,
    beef: Vec<u8>,
    topics: Option<Vec<TopicName>>,
    off_chain_values: Option<Vec<u8>>,
    require_all: bool,
    evidence: Option<Evidence>,
}

impl Prepared {
    pub(super) fn submission(&self) -> Submission<'_> {
        Submission {
            beef: &self.beef,
            off_chain_values: self.off_chain_values.as_deref(),
            topics: self.topics.as_deref().map_or(TopicChoice::Auto, TopicChoice::Named),
            require_all: self.require_all,
            evidence: self.evidence.as_ref(),
        }
    }

    /// What is submitted, and to whom.
    pub(super) fn in_words(&self) -> String {
        let named = self.topics.as_deref().unwrap_or_default();
        let names = named.iter().map(TopicName::as_str).collect::<Vec<_>>().join(", ");
        format!(
            "transaction {} is submitted to {}",
            self.txid,
            if names.is_empty() { "whom it concerns" } else { &names }
        )
    }
}
