//! What a message is.

use trellis_plugin::push_drop::{self, LockPosition, PushDrop};

/// Fewer bytes are no message.
const TEXT_LEAST: usize = 2;

/// The message in a locking script, or the reason why it is none. The signature is not checked here: that costs most, and who
/// reads what the topic has admitted need not do it again.
pub(crate) fn read(locking_script: &[u8]) -> Result<PushDrop<'_>, &'static str> {
    let token = push_drop::decode(locking_script)
        .filter(|token| token.lock_position == LockPosition::Before)
        .ok_or("not a PushDrop token with the lock before the data")?;
    match token.fields.as_slice() {
        [text, _signature] if text.len() >= TEXT_LEAST => Ok(token),
        [_, _] => Err("the text is too short to be a message"),
        _ => Err("a message has two fields, the text and a signature over it"),
    }
}

/// What the tests judge.
#[cfg(test)]
pub(crate) mod testing {
    use trellis_plugin::{Output, Transaction, Txid};

    /// "hello world", signed by the private key of 32 sevens.
    const TOKEN: &str = "2102989c0b76cb563971fdc9bef31ec06c3560f3249d6ee9e5d83c57625596e05f6fac0b68656c6c6f20776f726c64473045022100f828344e614beb358d1e3be9db05116a0236a9c6af79eec104d0bb8e63c23f1c022073c5ec4f12e8cbc26737919f5546dbe66b07eb3a80d6a488d379c2b50cf269e46d";

    pub(crate) fn token() -> Vec<u8> {
        let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
        TOKEN.as_bytes().chunks(2).map(byte).collect()
    }

    pub(crate) fn transaction(scripts: &[Vec<u8>]) -> Transaction {
        let outputs = scripts.iter().map(|script| Output { satoshis: 1, locking_script: script.clone() }).collect();
        Transaction { txid: Txid([1; 32]), version: 1, inputs: Vec::new(), outputs, lock_time: 0 }
    }
}
