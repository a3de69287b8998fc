//! The topic manager: which outputs are messages.
//!
//! An output that is no message is skipped, not refused: change and payments travel in the same transaction. Only where
//! nothing is left to say yes to does the refusal explain, output by output, what was wrong.

use trellis_plugin::push_drop::{self, LockPosition, PushDrop};
use trellis_plugin::{AdmittanceInstructions, Output, Refusal, Submission, TopicManager};

use crate::HelloWorld;

/// Fewer bytes are no message; every overlay host agrees on this.
const MESSAGE_LEAST: usize = 2;

/// A refusal explains so many outputs and counts the others.
const EXPLAINED_MOST: usize = 8;

impl TopicManager for HelloWorld {
    fn identify_admissible_outputs(submission: Submission) -> Result<AdmittanceInstructions, Refusal> {
        let mut admitted = Vec::new();
        let mut reasons = Vec::new();
        for (index, output) in submission.transaction.indexed_outputs() {
            match judge(output) {
                Ok(()) => admitted.push(index),
                Err(reason) => reasons.push(reason),
            }
        }
        // A transaction that only spends messages is welcome: it takes them out of the topic.
        if admitted.is_empty() && submission.previous_coins.is_empty() {
            return Err(explain(&reasons));
        }
        Ok(AdmittanceInstructions::admit(admitted))
    }
}

/// Why an output is no message, if it is none.
fn judge(output: &Output) -> Result<(), &'static str> {
    let token = read(&output.locking_script)?;
    token.is_signed().then_some(()).ok_or("the signature over the text is not by the key that locks the token")
}

/// The token in a locking script, in the form of a message. Checking the signature is most of a verdict's cost, so it
/// is left to [`judge`].
fn read(locking_script: &[u8]) -> Result<PushDrop<'_>, &'static str> {
    let token = push_drop::decode(locking_script)
        .filter(|token| token.lock_position == LockPosition::Before)
        .ok_or("not a PushDrop token with the lock before the data")?;
    match token.fields.as_slice() {
        [text, _signature] if text.len() >= MESSAGE_LEAST => Ok(token),
        [_, _] => Err("the text is shorter than 2 bytes"),
        _ => Err("a message has two fields, the text and a signature over it"),
    }
}

/// The text of a message the topic has admitted, for the index. The verdict is not repeated: whether the signature is
/// good was decided once, when the topic let the output in.
pub(crate) fn text(locking_script: &[u8]) -> Result<&[u8], &'static str> {
    let token = read(locking_script)?;
    token.fields.first().copied().ok_or("a message has a text")
}

fn explain(reasons: &[&str]) -> Refusal {
    let mut text = String::from("no output is a Hello World message");
    for (index, reason) in reasons.iter().take(EXPLAINED_MOST).enumerate() {
        text.push_str(&format!("; output {index}: {reason}"));
    }
    if let Some(others @ 1..) = reasons.len().checked_sub(EXPLAINED_MOST) {
        text.push_str(&format!("; and {others} more"));
    }
    text.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use trellis_plugin::{Transaction, Txid};

    /// "hello world" signed by the private key of 32 sevens, made with another implementation.
    const TOKEN: &str = "2102989c0b76cb563971fdc9bef31ec06c3560f3249d6ee9e5d83c57625596e05f6fac0b68656c6c6f20776f726c64473045022100f828344e614beb358d1e3be9db05116a0236a9c6af79eec104d0bb8e63c23f1c022073c5ec4f12e8cbc26737919f5546dbe66b07eb3a80d6a488d379c2b50cf269e46d";

    fn script() -> Vec<u8> {
        let digit = |byte: u8| (byte as char).to_digit(16).unwrap() as u8;
        TOKEN.as_bytes().chunks(2).map(|pair| digit(pair[0]) << 4 | digit(pair[1])).collect()
    }

    fn judge(scripts: &[Vec<u8>], previous_coins: Vec<u32>) -> Result<AdmittanceInstructions, Refusal> {
        let outputs = scripts.iter().map(|script| Output { satoshis: 1, locking_script: script.clone() }).collect();
        HelloWorld::identify_admissible_outputs(Submission {
            topic: "tm_helloworld".into(),
            transaction: Transaction { txid: Txid([1; 32]), version: 1, inputs: Vec::new(), outputs, lock_time: 0 },
            previous_coins,
            off_chain_values: None,
        })
    }

    #[test]
    fn messages_are_admitted_and_everything_else_skipped() {
        let verdict = judge(&[vec![0x51], script(), Vec::new(), script()], Vec::new());
        assert_eq!(verdict, Ok(AdmittanceInstructions::admit([1, 3])));
        assert_eq!(text(&script()), Ok(b"hello world".as_slice()));
    }

    #[test]
    fn spending_messages_without_a_new_one_takes_them_out() {
        assert_eq!(judge(&[vec![0x51]], vec![0]), Ok(AdmittanceInstructions::default()));
    }

    #[test]
    fn a_refusal_says_what_is_wrong_with_each_output() {
        let lock = script()[..35].to_vec();
        let one_byte = [&lock[..], b"\x01h\x01s\x6d"].concat();
        let three_fields = [&lock[..], b"\x02hi\x02hi\x01s\x6d\x75"].concat();
        let mut other_text = script();
        other_text[37] ^= 1;
        let lock_after = [b"\x02hi\x01s\x6d", &lock[..]].concat();
        let refusal = judge(&[vec![0x51], one_byte, three_fields, other_text, lock_after], Vec::new()).unwrap_err();
        assert_eq!(
            refusal.text(),
            "no output is a Hello World message; \
             output 0: not a PushDrop token with the lock before the data; \
             output 1: the text is shorter than 2 bytes; \
             output 2: a message has two fields, the text and a signature over it; \
             output 3: the signature over the text is not by the key that locks the token; \
             output 4: not a PushDrop token with the lock before the data"
        );
    }

    #[test]
    fn a_refusal_stays_short_however_many_outputs_there_are() {
        let refusal = judge(&vec![vec![0x51]; 1000], Vec::new()).unwrap_err();
        assert!(refusal.text().ends_with("; and 992 more"), "{refusal}");
        assert!(refusal.text().len() < 1000);
        let refusal = judge(&vec![vec![0x51]; 8], Vec::new()).unwrap_err();
        assert!(!refusal.text().contains("more"), "{refusal}");
    }
}
