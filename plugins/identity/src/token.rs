//! Identity tokens: a certificate in a locking script, with the keys of the fields its subject reveals to anyone.
//!
//! ```text
//! <subject's key> OP_CHECKSIG <JSON of the certificate> <signature> OP_2DROP
//! ```
//!
//! The key is the one the subject derives for protocol `[1, "identity"]`, key id `1` and counterparty `anyone`; the same key
//! signs. So the subject, and nobody else, publishes a certificate and takes it back.

use trellis_plugin::identity::{self, Certificate, IdentityKey, Protocol, SecurityLevel, VerifiableCertificate};
use trellis_plugin::push_drop::{self, LockPosition};
use trellis_plugin::{Refusal, refuse};

const PROTOCOL: (SecurityLevel, &str) = (SecurityLevel::App, "identity");
const KEY_ID: &str = "1";

/// Curve operations of one judgement, below the 2,000 that a host allows a call unless its operator says otherwise.
const OPERATIONS_MOST: usize = 1_900;

/// Curve operations of a token: its subject's key, two signatures, a key derived for one of them.
const OPERATIONS_PER_TOKEN: usize = 4;

/// Curve operations of each field it reveals.
const OPERATIONS_PER_FIELD: usize = 4;

/// What may still be verified in one judgement.
pub(crate) struct Budget(Option<usize>);

impl Budget {
    pub(crate) fn new() -> Self {
        Self(Some(OPERATIONS_MOST))
    }

    fn charge(&mut self, revealed: usize) -> Result<(), Refusal> {
        let cost = revealed.saturating_mul(OPERATIONS_PER_FIELD).saturating_add(OPERATIONS_PER_TOKEN);
        self.0 = self.0.and_then(|left| left.checked_sub(cost));
        self.check()
    }

    /// That there was enough for everything.
    pub(crate) fn check(&self) -> Result<(), Refusal> {
        match self.0 {
            Some(_) => Ok(()),
            None => Err("the transaction has more identity tokens, or they reveal more fields, than can be verified at once; publish them in several transactions".into()),
        }
    }
}

/// Checks a token, and answers what it says. What is cheap to check comes first.
pub(crate) fn verify(locking_script: &[u8], budget: &mut Budget) -> Result<Certificate, Refusal> {
    let token = push_drop::decode(locking_script)
        .filter(|token| token.lock_position == LockPosition::Before)
        .ok_or("not a PushDrop token with the lock before the data")?;
    let [json, .., _signature] = token.fields.as_slice() else {
        return Err("an identity token has at least two fields, a certificate and a signature over it".into());
    };
    let offered = VerifiableCertificate::from_json(json)?;
    if offered.keyring.is_empty() {
        return Err("the certificate reveals no field: its keyring is empty".into());
    }
    budget.charge(offered.keyring.len())?;
    let subject: IdentityKey = offered.subject.parse()?;
    let protocol = Protocol::new(PROTOCOL.0, PROTOCOL.1)?;
    if !identity::is_locked_by(&token, &subject, &protocol, KEY_ID)? {
        refuse!("the token is not locked by the certificate's subject {subject}, who alone may reveal it");
    }
    if !token.is_signed() {
        return Err("the signature over the certificate is not by the key that locks the token".into());
    }
    identity::verify_certificate(&offered)
}

/// What a token the topic has admitted says, for the index. Who made it was decided once, when the topic let the output in; the
/// certificate is verified again, because decrypting its fields comes with it.
pub(crate) fn read(locking_script: &[u8]) -> Result<Certificate, Refusal> {
    let token = push_drop::decode(locking_script).ok_or("not a PushDrop token")?;
    let json = token.fields.first().ok_or("a token has fields")?;
    identity::verify_certificate(&VerifiableCertificate::from_json(json)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Token, alice, bob};

    fn judge(locking_script: &[u8]) -> Result<Certificate, Refusal> {
        verify(locking_script, &mut Budget::new())
    }

    fn reason(token: &Token) -> String {
        judge(&token.script()).unwrap_err().text().to_owned()
    }

    #[test]
    fn what_the_clients_library_publishes_is_believed_and_read() {
        let token = Token::vector();
        let certificate = judge(&token.script()).unwrap();
        assert_eq!(certificate.subject.to_string(), token.json["subject"]);
        assert_eq!(certificate.certifier.to_string(), token.json["certifier"]);
        assert_eq!(certificate.revealed("firstName"), Some("Alice"));
        assert_eq!(read(&token.script()), Ok(certificate));
    }

    #[test]
    fn what_somebody_says_of_himself_is_believed_to_be_his_word() {
        let certificate = judge(&Token::self_signed().script()).unwrap();
        assert_eq!(certificate.subject, certificate.certifier);
    }

    #[test]
    fn fields_may_stand_between_certificate_and_signature() {
        let mut token = Token::vector();
        token.more = vec![b"more".to_vec()];
        assert!(judge(&token.script()).is_ok());
    }

    #[test]
    fn nobody_reveals_the_certificate_of_another() {
        let token = Token { holder: bob(), ..Token::vector() };
        assert!(reason(&token).contains("is not locked by the certificate's subject"));
        let mut token = Token::vector();
        token.json["subject"] = token.json["certifier"].clone();
        assert!(reason(&token).contains("is not locked by the certificate's subject"));
    }

    #[test]
    fn a_forged_certificate_is_refused() {
        let mut token = Token::vector();
        token.json["serialNumber"] = format!("{}=", "A".repeat(43)).into();
        assert!(reason(&token).contains("not the one of its certifier"), "{}", reason(&token));
    }

    #[test]
    fn a_signature_of_another_key_or_over_something_else_is_refused() {
        let token = Token { signer: bob(), ..Token::vector() };
        assert!(reason(&token).contains("not by the key that locks the token"));
        assert!(judge(&Token { signer: alice(), ..Token::vector() }.script()).is_ok());
    }

    #[test]
    fn what_reveals_nothing_to_anyone_is_refused() {
        let mut token = Token::vector();
        token.json["keyring"] = serde_json::json!({});
        assert!(reason(&token).contains("reveals no field"));
        let mut token = Token::vector();
        token.json["keyring"]["email"] = token.json["keyring"]["firstName"].clone();
        assert!(reason(&token).contains("`email` does not decrypt"), "{}", reason(&token));
    }

    #[test]
    fn other_scripts_are_no_tokens() {
        let script = Token::vector().script();
        assert!(judge(&[0x51]).unwrap_err().text().contains("not a PushDrop token"));
        for length in 0..script.len() {
            assert!(judge(&script[..length]).is_err(), "cut at {length}");
        }
    }
}
