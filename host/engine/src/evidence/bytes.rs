//! Kept evidence as bytes: what the store keeps, by its SHA-256, beside the applied record that names it.
//!
//! Numbers are variable-length integers of the transaction format; texts and bytes have their length before them.

use trellis_spv::identity::certificate::{Certificate, Fields, FormError, VerifiableCertificate};
use trellis_spv::reader::{ReadError, Reader};
use trellis_spv::writer::{write_var_bytes, write_var_int};

use super::{KeptCertificate, KeptEvidence};
use crate::domain::evidence::{KnownCertificate, RevocationRule, Vouching};
use crate::domain::name::{NameError, TopicName};

/// The form written here; another one would have another number.
const FORM: u8 = 1;

/// Bytes of the smallest member of any list: a length or a number each.
const LEAST_BYTES: u64 = 1;

const TRACKED: u8 = 1;
const BEST_EFFORT: u8 = 2;
const BEST_EFFORT_WITHOUT_TOPIC: u8 = 3;

/// Why bytes are no evidence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EvidenceBytesError {
    /// They end early.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A certificate is none.
    #[error(transparent)]
    Certificate(#[from] FormError),
    /// A topic's name is none.
    #[error(transparent)]
    Name(#[from] NameError),
    /// A text is none, a mark is unknown, or bytes follow.
    #[error("the {0} cannot be read")]
    Malformed(&'static str),
}

impl KeptEvidence {
    /// As it is kept.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = vec![FORM];
        write_var_int(&mut out, self.signatures.len() as u64);
        for (signer, topic, signature) in &self.signatures {
            out.extend_from_slice(signer);
            write_text(&mut out, topic.as_str());
            write_var_bytes(&mut out, signature);
        }
        write_var_int(&mut out, self.certificates.len() as u64);
        for kept in &self.certificates {
            write_certificate(&mut out, kept);
        }
        out
    }

    /// Reads what [`Self::to_bytes`] wrote.
    ///
    /// # Errors
    /// [`EvidenceBytesError`]; memory stays within a small multiple of the bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, EvidenceBytesError> {
        let mut reader = Reader::new(bytes);
        if reader.u8("form of the evidence")? != FORM {
            return Err(EvidenceBytesError::Malformed("form of the evidence"));
        }
        let mut evidence = Self::default();
        for _ in 0..reader.count(LEAST_BYTES, "number of signatures")? {
            let signer = reader.array("signer")?;
            let topic = topic(&mut reader)?;
            evidence.signatures.push((signer, topic, reader.var_bytes("signature")?.to_vec()));
        }
        for _ in 0..reader.count(LEAST_BYTES, "number of certificates")? {
            evidence.certificates.push(certificate(&mut reader)?);
        }
        match reader.remaining() {
            0 => Ok(evidence),
            _ => Err(EvidenceBytesError::Malformed("end of the evidence")),
        }
    }
}

fn write_text(out: &mut Vec<u8>, text: &str) {
    write_var_bytes(out, text.as_bytes());
}

fn write_certificate(out: &mut Vec<u8>, KeptCertificate { certificate, known, vouched }: &KeptCertificate) {
    write_var_bytes(out, &certificate.certificate().to_bytes());
    write_var_int(out, certificate.keyring().iter().len() as u64);
    for (name, key) in certificate.keyring().iter() {
        write_text(out, name.as_str());
        write_text(out, key.base64());
    }
    write_var_int(out, known.revealed.len() as u64);
    for (name, value) in &known.revealed {
        write_text(out, name);
        write_text(out, value);
    }
    write_var_int(out, vouched.len() as u64);
    for (Vouching { federation, organisation, fields }, rule) in vouched {
        write_text(out, federation);
        write_text(out, organisation);
        write_var_int(out, fields.len() as u64);
        for field in fields {
            write_text(out, field);
        }
        out.push(match rule {
            RevocationRule::Tracked(_) => TRACKED,
            RevocationRule::BestEffort(Some(_)) => BEST_EFFORT,
            RevocationRule::BestEffort(None) => BEST_EFFORT_WITHOUT_TOPIC,
        });
        if let Some(topic) = rule.topic() {
            write_text(out, topic.as_str());
        }
    }
}

fn text(reader: &mut Reader<'_>, what: &'static str) -> Result<String, EvidenceBytesError> {
    let bytes = reader.var_bytes(what)?;
    String::from_utf8(bytes.to_vec()).map_err(|_| EvidenceBytesError::Malformed(what))
}

fn topic(reader: &mut Reader<'_>) -> Result<TopicName, EvidenceBytesError> {
    Ok(TopicName::new(&text(reader, "topic")?)?)
}

fn certificate(reader: &mut Reader<'_>) -> Result<KeptCertificate, EvidenceBytesError> {
    let certificate = Certificate::from_bytes(reader.var_bytes("certificate")?)?;
    let mut keyring = Fields::default();
    for _ in 0..reader.count(LEAST_BYTES, "number of keys")? {
        let name = text(reader, "key's name")?;
        keyring.insert(&name, &text(reader, "key")?)?;
    }
    let mut known = KnownCertificate::unread(&certificate);
    for _ in 0..reader.count(LEAST_BYTES, "number of revealed fields")? {
        let name = text(reader, "field's name")?;
        known.revealed.push((name, text(reader, "field's value")?));
    }
    let mut vouched = Vec::new();
    for _ in 0..reader.count(LEAST_BYTES, "number of vouchings")? {
        vouched.push(vouching(reader)?);
    }
    Ok(KeptCertificate { certificate: VerifiableCertificate::new(certificate, keyring)?, known, vouched })
}

fn vouching(reader: &mut Reader<'_>) -> Result<(Vouching, RevocationRule), EvidenceBytesError> {
    let federation = text(reader, "federation")?;
    let organisation = text(reader, "organisation")?;
    let mut fields = Vec::new();
    for _ in 0..reader.count(LEAST_BYTES, "number of vouched fields")? {
        fields.push(text(reader, "vouched field")?);
    }
    let rule = match reader.u8("revocation rule")? {
        TRACKED => RevocationRule::Tracked(topic(reader)?),
        BEST_EFFORT => RevocationRule::BestEffort(Some(topic(reader)?)),
        BEST_EFFORT_WITHOUT_TOPIC => RevocationRule::BestEffort(None),
        _ => return Err(EvidenceBytesError::Malformed("revocation rule")),
    };
    Ok((Vouching { federation, organisation, fields }, rule))
}
