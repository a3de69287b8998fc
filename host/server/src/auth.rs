//! Mutual authentication of clients (BRC-103 over HTTP, BRC-104): who asks, by its identity key, and answers that it can verify.
//!
//! Sessions are kept nowhere. The nonce that this host hands out in a handshake carries what it must know of the session, sealed
//! with a key that lives as long as the process; so handshakes that nobody completes hold no memory, however many they are. What is
//! kept are digests of requests that were answered, so that none is answered twice.
//!
//! | module | one job |
//! |---|---|
//! | [`seal`] | the nonces this host hands out, and what it finds in them again |
//! | [`answered`] | which requests were answered |
//! | [`credentials`] | what a request says of its sender |
//! | [`signed`] | what signatures of requests and replies are over |
//! | [`requested`] | which certificates this host asks for |
//! | [`certificates`] | certificates of a client, verified |
//! | [`shown`] | certificates that clients showed, held for a while |
//! | [`stream_token`] | tokens that stand for a client where it cannot sign |
//! | [`party`] | this host as a party: its key, what it signs and verifies |

pub mod answered;
pub mod certificates;
pub mod credentials;
pub mod party;
pub mod requested;
pub mod seal;
pub mod shown;
pub mod signed;
pub mod stream_token;

use std::sync::{Mutex, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use trellis_engine::domain::evidence::KnownCertificate;
use trellis_spv::identity::certificate::VerifiableCertificate;
use trellis_spv::identity::key::{PrivateKey, compressed_public_key};

use answered::{Answered, NotAnswered};
use certificates::{MAX_AT_ONCE, NotBelieved, believe};
use credentials::Credentials;
use party::Party;
use requested::Requested;
use seal::{Seal, Session};
use shown::{ShownCertificates, TooMuch};
use stream_token::NoStreamToken;

/// The version of BRC-103 spoken here, as every message names it.
pub const VERSION: &str = "0.1";

/// Longest time between a handshake and a request under it, in seconds. Clients of `@bsv/sdk` shake hands again by themselves when
/// they are told that a session is over.
pub const SESSION_SECONDS: u64 = 60 * 60;

/// Longest nonce of a client, as text, in bytes. Those of `@bsv/sdk` have 64, the specification asks for 44.
pub const MAX_NONCE_BYTES: usize = 128;

/// An identity key: a compressed public key.
pub type IdentityKey = [u8; 33];

/// What authenticates clients.
#[derive(Debug)]
pub struct Auth {
    party: Party,
    seal: Seal,
    answered: Mutex<Answered>,
    shown: Mutex<ShownCertificates>,
}

/// A message that is signed under two nonces: the sender's own of the message, and the receiver's.
#[must_use]
pub fn key_id(nonce: &str, other: &str) -> String {
    format!("{nonce} {other}")
}

/// Why a client is not believed to be who it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAuthentic {
    /// The nonce of the session is none of this host's, or none for this client.
    #[error("this session is not known here: it was made with another identity key, or before this host started")]
    UnknownSession,
    /// The session is over, or the request was answered before.
    #[error(transparent)]
    NotAnswered(#[from] NotAnswered),
    /// The signature is not by the identity key, or over something else.
    #[error("the signature does not fit the request and the identity key")]
    Signature,
    /// The identity key is not on the curve.
    #[error("the identity key is not a point of the curve")]
    NotAKey,
}

/// Why certificates are not held.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotShown {
    /// Too many in one message.
    #[error("a message shows at most {MAX_AT_ONCE} certificates, not {0}")]
    TooMany(usize),
    /// One that is not believed.
    #[error("certificate {name} is not believed: {reason}")]
    NotBelieved {
        /// Its number and type, as they were sent.
        name: String,
        /// Why.
        reason: NotBelieved,
    },
    /// More than is held of a client.
    #[error(transparent)]
    TooMuch(#[from] TooMuch),
    /// The identity key is not on the curve.
    #[error("the identity key is not a point of the curve")]
    NotAKey,
}

impl Auth {
    /// `seal` is random.
    #[must_use]
    pub fn new(key: PrivateKey, seal: [u8; 32]) -> Self {
        Self { party: Party::new(key), seal: Seal::new(seal), answered: Mutex::default(), shown: Mutex::default() }
    }

    /// This host's identity key.
    #[must_use]
    pub const fn identity_key(&self) -> &IdentityKey {
        self.party.identity_key()
    }

    /// A nonce for a session, and the signature that answers a handshake.
    ///
    /// # Errors
    /// [`NotAuthentic::NotAKey`].
    pub fn answer(
        &self,
        client: &IdentityKey,
        session: &Session,
        random: [u8; 16],
    ) -> Result<(String, Vec<u8>), NotAuthentic> {
        let nonce = self.seal.make(random, session, client);
        // Decoded one by one: a client's nonce may end in padding.
        let decoded = |text: &str| STANDARD.decode(text).unwrap_or_default();
        let digest =
            Sha256::new().chain_update(decoded(&session.client_nonce)).chain_update(decoded(&nonce)).finalize();
        let signature = self.party.sign(client, &key_id(&session.client_nonce, &nonce), digest.into());
        Ok((nonce, signature.ok_or(NotAuthentic::NotAKey)?))
    }

    /// A token with which a client may open streams of events. `now` in seconds.
    #[must_use]
    pub fn stream_token(&self, client: &IdentityKey, random: [u8; 16], now: u64) -> String {
        stream_token::make(&self.seal, random, now, client)
    }

    /// Who opens a stream of events with a token. `now` in seconds.
    ///
    /// # Errors
    /// [`NoStreamToken`].
    pub fn opens_stream(&self, token: &str, now: u64) -> Result<IdentityKey, NoStreamToken> {
        stream_token::open(&self.seal, token, now)
    }

    /// Whether a request with this digest is by whom it says, and is not answered yet. `now` in seconds.
    ///
    /// # Errors
    /// [`NotAuthentic`].
    pub fn admit(&self, said: &Credentials, digest: [u8; 32], now: u64) -> Result<Session, NotAuthentic> {
        let Credentials { client, nonce, session_nonce, signature, .. } = said;
        self.admit_message((client, session_nonce), nonce, (digest, signature), now)
    }

    /// As [`Self::admit`], of any message: by whom and under which nonce of a session, its own nonce, and what is signed how.
    ///
    /// # Errors
    /// [`NotAuthentic`].
    pub fn admit_message(
        &self,
        (client, session_nonce): (&IdentityKey, &str),
        nonce: &str,
        (digest, signature): ([u8; 32], &[u8]),
        now: u64,
    ) -> Result<Session, NotAuthentic> {
        let session = self.seal.open(session_nonce, client).ok_or(NotAuthentic::UnknownSession)?;
        if !self.party.verify(client, &key_id(nonce, session_nonce), digest, signature) {
            return Err(NotAuthentic::Signature);
        }
        let mut answered = self.answered.lock().unwrap_or_else(PoisonError::into_inner);
        answered.note(session.made, now, session_nonce, nonce)?;
        Ok(session)
    }

    /// Believes certificates that a client shows in a message of a session, and holds them until that is over. Answers how many.
    ///
    /// # Errors
    /// [`NotShown`] names the first that is not believed; the others are held all the same.
    pub fn show(
        &self,
        client: &IdentityKey,
        session: &Session,
        sent: &[VerifiableCertificate],
        requested: &Requested,
        now: u64,
    ) -> Result<usize, NotShown> {
        if sent.len() > MAX_AT_ONCE {
            return Err(NotShown::TooMany(sent.len()));
        }
        let subject = compressed_public_key(client).map_err(|_| NotShown::NotAKey)?;
        let (mut believed, mut refused) = (Vec::new(), None);
        for sent in sent {
            let certificate = sent.certificate();
            let name = format!("{} of type {}", certificate.serial_number, certificate.certificate_type);
            match believe(sent, &subject, requested, self.party.key()) {
                Ok(known) => believed.push(known),
                Err(reason) => refused = refused.or(Some(NotShown::NotBelieved { name, reason })),
            }
        }
        let count = believed.len();
        let until = session.made.saturating_add(SESSION_SECONDS);
        self.shown.lock().unwrap_or_else(PoisonError::into_inner).hold(client, believed, until, now)?;
        refused.map_or(Ok(count), Err)
    }

    /// The certificates that a client showed in sessions that are not over.
    #[must_use]
    pub fn shown_by(&self, client: &IdentityKey, now: u64) -> Vec<KnownCertificate> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner).of(client, now).to_vec()
    }

    /// Signs a reply with this digest under a nonce of its own.
    ///
    /// # Errors
    /// [`NotAuthentic::NotAKey`].
    pub fn sign(
        &self,
        client: &IdentityKey,
        session: &Session,
        nonce: &str,
        digest: [u8; 32],
    ) -> Result<Vec<u8>, NotAuthentic> {
        self.party.sign(client, &key_id(nonce, &session.client_nonce), digest).ok_or(NotAuthentic::NotAKey)
    }
}
