//! Who vouches for a certificate now, and why or why not: for an operator who asks.

use trellis_spv::hash::Outpoint;
use trellis_spv::identity::certificate::{CertificateError, Standing as Signed, VerifiableCertificate};

use super::standing::lost;
use crate::domain::evidence::{KnownCertificate, Vouching};
use crate::domain::name::TopicName;
use crate::domain::time::Timestamp;
use crate::engine::Engine;
use crate::federation::Finding;
use crate::ports::store::StoreError;
use crate::view::View;

/// A federation, and who in it vouches, or why nobody does.
pub type Word = (String, Result<Vouching, String>);

/// What is known of a certificate.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Explanation {
    /// What may be believed of it.
    pub known: KnownCertificate,
    /// Whether its certifier is its subject.
    pub is_self_signed: bool,
    /// Each federation, and who in it vouches, or why nobody does.
    pub federations: Vec<Word>,
}

/// Why nothing is known of it.
#[derive(Debug, thiserror::Error)]
pub enum ExplainError {
    /// It proves nothing.
    #[error("the certificate proves nothing: {0}")]
    Certificate(#[from] CertificateError),
    /// The store could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Engine {
    /// Who vouches for a certificate now.
    ///
    /// # Errors
    /// [`ExplainError`].
    pub fn explain(&self, verifiable: &VerifiableCertificate, now: Timestamp) -> Result<Explanation, ExplainError> {
        let revealed = verifiable.reveal_to_anyone()?;
        let known = KnownCertificate::new(verifiable.certificate(), &revealed);
        let federations = self.words(&known, now)?;
        Ok(Explanation { known, is_self_signed: revealed.standing == Signed::SelfSigned, federations })
    }

    /// A certificate with those who vouch for it now, because nothing revoked it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn vouched(&self, known: KnownCertificate, now: Timestamp) -> Result<KnownCertificate, StoreError> {
        let words = self.words(&known, now)?;
        Ok(KnownCertificate { vouched_by: words.into_iter().filter_map(|(_, word)| word.ok()).collect(), ..known })
    }

    /// Each federation, and who in it vouches for a certificate, or why nobody does.
    fn words(&self, known: &KnownCertificate, now: Timestamp) -> Result<Vec<Word>, StoreError> {
        let view = View::new(self.store());
        let mut federations = Vec::new();
        for Finding { federation, word } in self.federations().explain(known, now) {
            let word = match word {
                Err(why_not) => Err(why_not.to_string()),
                Ok((vouching, rule)) => {
                    let mut held = |topic: &TopicName, outpoint: &Outpoint| self.says_of(&view, topic, outpoint);
                    match lost(&rule, known.revocation, &mut held)? {
                        Some(lost) => Err(lost.to_string()),
                        None => Ok(vouching),
                    }
                }
            };
            federations.push((federation, word));
        }
        Ok(federations)
    }

    /// What a topic says of a revocation outpoint.
    fn says_of(&self, view: &View<'_>, topic: &TopicName, outpoint: &Outpoint) -> Result<Option<bool>, StoreError> {
        let Some(topic) = self.hosting.topic(topic) else { return Ok(None) };
        Ok(view.output(topic.id, outpoint)?.map(|found| found.row.state.is_spent()))
    }
}
