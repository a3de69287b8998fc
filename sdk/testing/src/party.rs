//! Parties: keys from names.

use sha2::{Digest, Sha256};
use trellis_plugin::identity::IdentityKey;
use trellis_spv::identity::derivation::DerivationError;
use trellis_spv::identity::key::{Counterparty, PrivateKey};
use trellis_spv::testing::{LockPosition, Wallet, push_drop_lock};

/// Somebody with a key: coins and tokens are locked by it, and it is who they are. The same name has the same key everywhere.
///
/// ```
/// use trellis_plugin::push_drop;
/// use trellis_testing::{LockPosition, Party};
///
/// let alice = Party::named("alice");
/// assert_eq!(alice.public_key(), Party::named("alice").public_key());
/// assert_eq!(alice.key_hex(), alice.identity_key().to_string());
///
/// let script = alice.signed_push_drop(["concert", "12A"], LockPosition::Before);
/// let ticket = push_drop::decode(&script).unwrap();
/// assert_eq!(ticket.locking_public_key, alice.public_key());
/// assert!(ticket.is_signed());
/// ```
#[derive(Clone, Debug)]
pub struct Party {
    name: String,
    wallet: Wallet,
}

impl Party {
    /// The party of this name.
    #[must_use]
    pub fn named(name: &str) -> Self {
        let digest: [u8; 32] = Sha256::digest(name).into();
        let seed = digest.first_chunk().copied().map_or(0, u64::from_le_bytes);
        Self { name: name.to_owned(), wallet: Wallet::from_seed(seed) }
    }

    /// The party whose private key these 32 bytes are: a number from 1 to the order of secp256k1 without it, big-endian.
    #[must_use]
    #[track_caller]
    pub fn with_key(name: &str, private_key: [u8; 32]) -> Self {
        let wallet =
            Wallet::with_key(private_key).unwrap_or_else(|| panic!("{name}: these 32 bytes are no private key"));
        Self { name: name.to_owned(), wallet }
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The public key, compressed: 33 bytes.
    #[must_use]
    pub fn public_key(&self) -> [u8; 33] {
        self.wallet.public_key()
    }

    /// The public key in hexadecimal, as configurations and owners have it.
    #[must_use]
    pub fn key_hex(&self) -> String {
        hex::encode(self.public_key())
    }

    /// The public key as a plugin sees it among [`trellis_plugin::identity::signers`].
    #[must_use]
    pub fn identity_key(&self) -> IdentityKey {
        IdentityKey(self.public_key())
    }

    /// The private key.
    #[must_use]
    pub fn private_key(&self) -> PrivateKey {
        PrivateKey::from_bytes(self.wallet.secret_key()).expect("a wallet's key is one")
    }

    /// The party's child for counterparty `anyone` (BRC-42) under an invoice number (BRC-43), such as `1-identity-1`: what
    /// wallets lock and sign tokens with.
    ///
    /// ```
    /// use trellis_plugin::identity::{Protocol, SecurityLevel, locking_key};
    /// use trellis_testing::Party;
    ///
    /// let alice = Party::named("alice");
    /// let protocol = Protocol::new(SecurityLevel::App, "tickets")?;
    /// let expected = locking_key(&alice.identity_key(), &protocol, "42")?;
    /// assert_eq!(Some(alice.child("1-tickets-42").public_key()), expected);
    /// # Ok::<(), trellis_plugin::identity::InvalidProtocol>(())
    /// ```
    #[must_use]
    #[track_caller]
    pub fn child(&self, invoice_number: &str) -> Self {
        self.try_child(invoice_number).unwrap_or_else(|error| panic!("{invoice_number:?}: {error}"))
    }

    pub(crate) fn try_child(&self, invoice_number: &str) -> Result<Self, DerivationError> {
        let child = self.private_key().child_private_key(&Counterparty::Anyone, invoice_number)?;
        Ok(Self::with_key(&format!("{} ({invoice_number})", self.name), child.secret_bytes()))
    }

    /// ECDSA over SHA-256 of `data`, in DER.
    #[must_use]
    pub fn sign(&self, data: &[u8]) -> Vec<u8> {
        self.wallet.sign_digest(Sha256::digest(data).into())
    }

    /// A locking script that pays to the party's public key hash.
    #[must_use]
    pub fn p2pkh(&self) -> Vec<u8> {
        self.wallet.p2pkh()
    }

    /// A locking script of a PushDrop token with these fields, locked by the party.
    #[must_use]
    pub fn push_drop<F: AsRef<[u8]>>(&self, fields: impl IntoIterator<Item = F>, position: LockPosition) -> Vec<u8> {
        let fields: Vec<F> = fields.into_iter().collect();
        let fields: Vec<&[u8]> = fields.iter().map(AsRef::as_ref).collect();
        push_drop_lock(&self.public_key(), &fields, position)
    }

    /// The same with one field more: the party's signature over the others, run together.
    #[must_use]
    pub fn signed_push_drop<F: AsRef<[u8]>>(
        &self,
        fields: impl IntoIterator<Item = F>,
        position: LockPosition,
    ) -> Vec<u8> {
        let mut fields: Vec<Vec<u8>> = fields.into_iter().map(|field| field.as_ref().to_vec()).collect();
        fields.push(self.sign(&fields.concat()));
        self.push_drop(fields, position)
    }

    pub(crate) const fn wallet(&self) -> &Wallet {
        &self.wallet
    }
}
