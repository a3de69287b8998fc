//! `crypto`: hashes, signatures and keys.

use crate::bindings::bsv::overlay::crypto;
use crate::call::CallState;

impl crypto::Host for CallState {
    fn sha256(&mut self, data: Vec<u8>) -> wasmtime::Result<Vec<u8>> {
        Ok(self.call.sha256(&data)?.into())
    }

    fn hash256(&mut self, data: Vec<u8>) -> wasmtime::Result<Vec<u8>> {
        Ok(self.call.hash256(&data)?.into())
    }

    fn ripemd160(&mut self, data: Vec<u8>) -> wasmtime::Result<Vec<u8>> {
        Ok(self.call.ripemd160(&data)?.into())
    }

    fn hash160(&mut self, data: Vec<u8>) -> wasmtime::Result<Vec<u8>> {
        Ok(self.call.hash160(&data)?.into())
    }

    fn hmac_sha256(&mut self, key: Vec<u8>, data: Vec<u8>) -> wasmtime::Result<Vec<u8>> {
        Ok(self.call.hmac_sha256(&key, &data)?.into())
    }

    fn verify_ecdsa(&mut self, digest: Vec<u8>, signature: Vec<u8>, public_key: Vec<u8>) -> wasmtime::Result<bool> {
        Ok(self.call.verify_ecdsa(&digest, &signature, &public_key)?)
    }

    fn derive_public_key(&mut self, public_key: Vec<u8>, invoice_number: String) -> wasmtime::Result<Option<Vec<u8>>> {
        Ok(self.call.derive_public_key(&public_key, &invoice_number)?.map(Into::into))
    }

    fn verify_signature(
        &mut self,
        data: Vec<u8>,
        signature: Vec<u8>,
        signer: Vec<u8>,
        invoice_number: String,
    ) -> wasmtime::Result<bool> {
        Ok(self.call.verify_signature(&data, &signature, &signer, &invoice_number)?)
    }
}
