//! `crypto`: hashes, signatures and keys, charged by bytes and by curve operations.

use crate::cryptography;
use crate::running::RunningCall;
use crate::stop::Stop;

/// Curve operations of a signature whose key is derived first.
const DERIVED_SIGNATURE_OPERATIONS: usize = 2;

impl RunningCall {
    /// `crypto.sha256`.
    ///
    /// # Errors
    /// [`Stop::Spent`].
    pub fn sha256(&mut self, data: &[u8]) -> Result<[u8; 32], Stop> {
        self.charge_hash(data.len())?;
        Ok(cryptography::sha256(data))
    }

    /// `crypto.hash256`.
    ///
    /// # Errors
    /// [`Stop::Spent`].
    pub fn hash256(&mut self, data: &[u8]) -> Result<[u8; 32], Stop> {
        self.charge_hash(data.len())?;
        Ok(trellis_spv::hash::double_sha256(data))
    }

    /// `crypto.ripemd160`.
    ///
    /// # Errors
    /// [`Stop::Spent`].
    pub fn ripemd160(&mut self, data: &[u8]) -> Result<[u8; 20], Stop> {
        self.charge_hash(data.len())?;
        Ok(cryptography::ripemd160(data))
    }

    /// `crypto.hash160`.
    ///
    /// # Errors
    /// [`Stop::Spent`].
    pub fn hash160(&mut self, data: &[u8]) -> Result<[u8; 20], Stop> {
        self.charge_hash(data.len())?;
        Ok(cryptography::ripemd160(&cryptography::sha256(data)))
    }

    /// `crypto.hmac-sha256`.
    ///
    /// # Errors
    /// [`Stop::Spent`].
    pub fn hmac_sha256(&mut self, key: &[u8], data: &[u8]) -> Result<[u8; 32], Stop> {
        self.charge_hash(key.len().saturating_add(data.len()))?;
        Ok(cryptography::hmac_sha256(key, data))
    }

    /// `crypto.verify-ecdsa`.
    ///
    /// # Errors
    /// [`Stop::Spent`].
    pub fn verify_ecdsa(&mut self, digest: &[u8], signature: &[u8], public_key: &[u8]) -> Result<bool, Stop> {
        self.budget.host_call()?;
        self.charge_curve(1)?;
        Ok(cryptography::verify_ecdsa(digest, signature, public_key))
    }

    /// `crypto.derive-public-key`.
    ///
    /// # Errors
    /// [`Stop::Spent`].
    pub fn derive_public_key(&mut self, public_key: &[u8], invoice_number: &str) -> Result<Option<[u8; 33]>, Stop> {
        self.charge_hash(invoice_number.len())?;
        self.charge_curve(1)?;
        let child = cryptography::derive_public_key(public_key, invoice_number);
        Ok(child.map(|child| child.serialize()))
    }

    /// `crypto.verify-signature`.
    ///
    /// # Errors
    /// [`Stop::Spent`].
    pub fn verify_signature(
        &mut self,
        data: &[u8],
        signature: &[u8],
        signer: &[u8],
        invoice_number: &str,
    ) -> Result<bool, Stop> {
        self.charge_hash(data.len().saturating_add(invoice_number.len()))?;
        self.charge_curve(DERIVED_SIGNATURE_OPERATIONS)?;
        Ok(cryptography::verify_signature(data, signature, signer, invoice_number))
    }

    pub(super) fn charge_curve(&mut self, operations: usize) -> Result<(), Stop> {
        for _ in 0..operations {
            self.budget.curve_operation()?;
        }
        Ok(())
    }

    fn charge_hash(&mut self, bytes: usize) -> Result<(), Stop> {
        self.budget.host_call()?;
        Ok(self.budget.hash(bytes)?)
    }
}
