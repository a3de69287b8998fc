//! Why bytes or texts are no certificate, and why a certificate proves or reveals nothing.

use super::super::derivation::DerivationError;
use super::super::encryption::EncryptionError;
use super::super::key::{KeyError, PublicKey};
use super::FieldName;
use crate::limits::{MAX_CERTIFICATE_FIELD_NAME_BYTES, MAX_CERTIFICATE_FIELDS, MAX_CERTIFICATE_VALUE_BYTES};
use crate::reader::ReadError;

/// Why bytes or texts are no certificate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FormError {
    /// The bytes end early, or a count cannot be right.
    #[error("the bytes are no complete certificate: {0}")]
    Read(#[from] ReadError),
    /// Type or serial number is not base64 of 32 bytes.
    #[error("the {member} `{text}` of the certificate is not base64 of 32 bytes: expected 44 characters")]
    Identifier {
        /// `type` or `serial number`.
        member: &'static str,
        /// The beginning of what stands there.
        text: String,
    },
    /// Subject or certifier is not hexadecimal.
    #[error("the {member} `{text}` of the certificate is not hexadecimal")]
    NotHexadecimal {
        /// `subject` or `certifier`.
        member: &'static str,
        /// The beginning of what stands there.
        text: String,
    },
    /// Subject or certifier is no key.
    #[error("the {member} of the certificate is no identity key: {source}")]
    Key {
        /// `subject` or `certifier`.
        member: &'static str,
        /// What is wrong with it.
        source: KeyError,
    },
    /// The revocation outpoint is none.
    #[error("the revocation outpoint `{0}` of the certificate is none: expected `<txid>.<output index>`")]
    Revocation(String),
    /// Too many fields.
    #[error("the certificate has {0} fields; at most {MAX_CERTIFICATE_FIELDS} are accepted")]
    TooManyFields(u64),
    /// The name of a field is empty or too long.
    #[error("a field's name has {0} bytes: expected 1 to {MAX_CERTIFICATE_FIELD_NAME_BYTES}")]
    FieldNameLength(usize),
    /// The name of a field has other characters than printable ASCII ones.
    #[error("the field's name `{0}` has other characters than printable ASCII ones, in which certificates are signed")]
    FieldNameCharacters(String),
    /// Two fields of one name.
    #[error("the field `{0}` appears twice")]
    FieldRepeated(FieldName),
    /// A value is too long.
    #[error("the field `{field}` has {bytes} bytes; at most {MAX_CERTIFICATE_VALUE_BYTES} are accepted")]
    FieldTooLong {
        /// The field.
        field: FieldName,
        /// Its bytes.
        bytes: usize,
    },
    /// A value is not base64.
    #[error("the value of the field `{0}` is not base64 with padding")]
    FieldNotBase64(FieldName),
    /// The signature is not DER, or bytes follow it.
    #[error("the certificate's signature is not DER-encoded")]
    Signature,
    /// The keyring has a key for a field that is not there.
    #[error("the keyring has a key for the field `{0}`, which the certificate does not have")]
    KeyWithoutField(FieldName),
}

/// Why a certificate proves or reveals nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// It is malformed.
    #[error(transparent)]
    Form(#[from] FormError),
    /// It has no signature.
    #[error("the certificate is not signed")]
    Unsigned,
    /// The signature is not the certifier's over these values.
    #[error("the certificate's signature is not the one of its certifier {certifier} over these values")]
    Forged {
        /// The certifier it names.
        certifier: Box<PublicKey>,
    },
    /// It is about somebody else.
    #[error("the certificate is about {found}, not about {expected}")]
    WrongSubject {
        /// Whom it should be about.
        expected: Box<PublicKey>,
        /// Whom it is about.
        found: Box<PublicKey>,
    },
    /// Another than its certifier is about to sign it.
    #[error("the certificate names the certifier {expected}; {found} cannot sign it")]
    WrongCertifier {
        /// The certifier it names.
        expected: Box<PublicKey>,
        /// Whose key was to sign.
        found: Box<PublicKey>,
    },
    /// The key of a field is not for this verifier, or altered.
    #[error("the keyring's key of the field `{field}` does not decrypt for this verifier: {source}")]
    FieldKey {
        /// The field.
        field: FieldName,
        /// Why.
        source: EncryptionError,
    },
    /// A field does not decrypt with its key.
    #[error("the field `{field}` does not decrypt with its key: {source}")]
    Field {
        /// The field.
        field: FieldName,
        /// Why.
        source: EncryptionError,
    },
    /// A field decrypts to something that is no text.
    #[error("the field `{0}` decrypts to bytes that are no UTF-8")]
    FieldNotText(FieldName),
    /// There is no key to check it with.
    #[error(transparent)]
    Derivation(#[from] DerivationError),
    /// A key that should exist does not.
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// The beginning of a foreign text, for an error.
pub(super) fn shown(text: &str) -> String {
    text.chars().take(90).collect()
}
