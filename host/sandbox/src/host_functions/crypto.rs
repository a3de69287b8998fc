//! `crypto`: hashes, signatures and keys, charged by bytes and by curve operations.

use crate::bindings::bsv::overlay::crypto;
use crate::call::CallState;
use crate::cryptography;

impl CallState {
    fn charge_hash(&mut self, bytes: usize) -> wasmtime::Result<()> {
        self.budget.host_call()?;
        Ok(self.budget.hash(bytes)?)
    }
}

impl crypto::Host for CallState {
    fn sha256(&mut self, data: Vec<u8>) -> wasmtime::Result<Vec<u8>> {
        self.charge_hash(data.len())?;
        Ok(cryptography::sha256(&data).into())
    }

    fn hash256(&mut self, data: Vec<u8>) -> wasmtime::Result<Vec<u8>> {
        self.charge_hash(data.len())?;
        Ok(trellis_spv::hash::double_sha256(&data).into())
    }

    fn ripemd160(&mut self, data: Vec<u8>) -> wasmtime::Result<Vec<u8>> {
        self.charge_hash(data.len())?;
        Ok(cryptography::ripemd160(&data).into())
    }

    fn hash160(&mut self, data: Vec<u8>) -> wasmtime::Result<Vec<u8>> {
        self.charge_hash(data.len())?;
        Ok(cryptography::ripemd160(&cryptography::sha256(&data)).into())
    }

    fn hmac_sha256(&mut self, key: Vec<u8>, data: Vec<u8>) -> wasmtime::Result<Vec<u8>> {
        self.charge_hash(key.len().saturating_add(data.len()))?;
        Ok(cryptography::hmac_sha256(&key, &data).into())
    }

    fn verify_ecdsa(&mut self, digest: Vec<u8>, signature: Vec<u8>, public_key: Vec<u8>) -> wasmtime::Result<bool> {
        self.budget.host_call()?;
        self.budget.curve_operation()?;
        Ok(cryptography::verify_ecdsa(&digest, &signature, &public_key))
    }

    fn derive_public_key(&mut self, public_key: Vec<u8>, invoice_number: String) -> wasmtime::Result<Option<Vec<u8>>> {
        self.charge_hash(invoice_number.len())?;
        self.budget.curve_operation()?;
        let child = cryptography::derive_public_key(&public_key, &invoice_number);
        Ok(child.map(|child| child.serialize().into()))
    }

    fn verify_signature(
        &mut self,
        data: Vec<u8>,
        signature: Vec<u8>,
        signer: Vec<u8>,
        invoice_number: String,
    ) -> wasmtime::Result<bool> {
        self.charge_hash(data.len().saturating_add(invoice_number.len()))?;
        // Derives a key, then verifies.
        self.budget.curve_operation()?;
        self.budget.curve_operation()?;
        Ok(cryptography::verify_signature(&data, &signature, &signer, &invoice_number))
    }
}
