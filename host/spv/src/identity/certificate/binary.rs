//! A certificate as bytes, the form it is signed in.

use super::error::{FormError, shown};
use super::field::check_count;
use super::text::checked_signature;
use super::{Certificate, CertificateType, FieldName, FieldValue, Fields, Revocation, SerialNumber};
use crate::identity::key::{PublicKey, compressed_public_key};
use crate::reader::Reader;
use crate::writer::{write_var_bytes, write_var_int};

/// Bytes of the smallest field: a name of one byte and its length, the length of an empty value.
const LEAST_FIELD_BYTES: u64 = 3;

impl Certificate {
    /// The certificate, with its signature if it has one.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.unsigned_bytes();
        bytes.extend_from_slice(self.signature.as_deref().unwrap_or_default());
        bytes
    }

    /// The bytes the certifier signs.
    #[must_use]
    pub fn unsigned_bytes(&self) -> Vec<u8> {
        self.unsigned_bytes_by(self.fields.iter())
    }

    /// The bytes the certifier signs, with the fields in a given order.
    pub(super) fn unsigned_bytes_by<'a>(
        &self,
        fields: impl ExactSizeIterator<Item = (&'a FieldName, &'a FieldValue)>,
    ) -> Vec<u8> {
        let mut bytes = [self.certificate_type.0, self.serial_number.0].concat();
        bytes.extend_from_slice(&self.subject.serialize());
        bytes.extend_from_slice(&self.certifier.serialize());
        self.revocation.write(&mut bytes);
        write_var_int(&mut bytes, fields.len() as u64);
        for (name, value) in fields {
            write_var_bytes(&mut bytes, name.as_str().as_bytes());
            write_var_bytes(&mut bytes, value.base64().as_bytes());
        }
        bytes
    }

    /// Parses bytes that are exactly one certificate. The fields may have any order, in which it is not kept.
    ///
    /// # Errors
    /// The bytes are no certificate. Memory stays within a small multiple of `bytes`, whatever they say.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, FormError> {
        let mut reader = Reader::new(bytes);
        let certificate_type = CertificateType(reader.array("certificate's type")?);
        let serial_number = SerialNumber(reader.array("serial number")?);
        let subject = key(&mut reader, "subject")?;
        let certifier = key(&mut reader, "certifier")?;
        let revocation = Revocation::read(&mut reader)?;
        let fields = read_fields(&mut reader)?;
        let signature = Some(reader.rest().to_vec()).filter(|rest| !rest.is_empty());
        let signature = signature.map(checked_signature).transpose()?;
        Ok(Self { certificate_type, serial_number, subject, certifier, revocation, fields, signature })
    }
}

fn key(reader: &mut Reader<'_>, member: &'static str) -> Result<PublicKey, FormError> {
    compressed_public_key(reader.take(33, member)?).map_err(|source| FormError::Key { member, source })
}

fn read_fields(reader: &mut Reader<'_>) -> Result<Fields, FormError> {
    let count = reader.count(LEAST_FIELD_BYTES, "number of fields")?;
    check_count(count)?;
    let mut fields = Fields::default();
    for _ in 0..count {
        let name = reader.var_bytes("field's name")?;
        let value = reader.var_bytes("field's value")?;
        // A name or value that is no UTF-8 is refused for the character that stands for the wrong bytes.
        let name = std::str::from_utf8(name)
            .map_err(|_| FormError::FieldNameCharacters(shown(&String::from_utf8_lossy(name))))?;
        fields.insert(name, &String::from_utf8_lossy(value))?;
    }
    Ok(fields)
}
