//! Certificates outside a component: really verified and decrypted, in less code and with fewer words than the host has for it.

use aes_gcm::aead::Aead;
use aes_gcm::aead::consts::U32;
use aes_gcm::aes::Aes256;
use aes_gcm::{AesGcm, KeyInit};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secp256k1::{PublicKey, SECP256K1, Scalar};

use super::{hmac_sha256, verify_signature};
use crate::Outpoint;
use crate::identity::{Certificate, Field, IdentityKey, VerifiableCertificate};

/// Why a certificate proves or reveals nothing.
type Reason = String;

pub(crate) fn verify_certificate(offered: &VerifiableCertificate) -> Result<Certificate, Reason> {
    let certificate = read(offered)?;
    let signature = hexadecimal(&offered.signature).ok_or("the certificate's signature is not hexadecimal")?;
    let invoice_number = format!("2-certificate signature-{} {}", offered.certificate_type, offered.serial_number);
    let is_signed = |fields: &[&Field]| {
        let signed = signed_bytes(&certificate, fields);
        verify_signature(&signed, &signature, certificate.certifier.as_bytes(), &invoice_number)
    };
    let mut fields: Vec<&Field> = offered.fields.iter().collect();
    // The order of `@bsv/sdk`, then the one other libraries sign in.
    fields.sort_by_cached_key(|field| order(&field.name));
    if !is_signed(&fields) {
        fields.sort_by_key(|field| &field.name);
        if !is_signed(&fields) {
            return Err(format!(
                "the certificate's signature is not the one of its certifier {} over these values",
                certificate.certifier
            ));
        }
    }
    let mut revealed = Vec::new();
    for key in &offered.keyring {
        let name = &key.name;
        let field = offered.fields.iter().find(|field| field.name == *name);
        let field = field.ok_or_else(|| format!("the keyring has a key for the field `{name}`, which is not there"))?;
        let value = reveal(&certificate, key, field)
            .ok_or_else(|| format!("the field `{name}` does not decrypt with the keyring's key for it"))?;
        revealed.push(Field { name: name.clone(), value });
    }
    revealed.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(Certificate { revealed, ..certificate })
}

/// The certificate without its fields.
fn read(offered: &VerifiableCertificate) -> Result<Certificate, Reason> {
    let key = |text: &str| text.parse::<IdentityKey>().map_err(|error| error.to_string());
    let revocation = offered.revocation_outpoint.parse::<Outpoint>().map_err(|error| error.to_string())?;
    let is_outpoint = revocation.txid.0 != [0; 32] || revocation.output_index != 0;
    Ok(Certificate {
        certificate_type: offered.certificate_type.parse().map_err(|error| format!("type: {error}"))?,
        serial_number: offered.serial_number.parse().map_err(|error| format!("serial number: {error}"))?,
        subject: key(&offered.subject)?,
        certifier: key(&offered.certifier)?,
        revocation: is_outpoint.then_some(revocation),
        revealed: Vec::new(),
        vouched_by: Vec::new(),
    })
}

fn signed_bytes(certificate: &Certificate, fields: &[&Field]) -> Vec<u8> {
    let mut bytes = [certificate.certificate_type.0, certificate.serial_number.0].concat();
    bytes.extend_from_slice(certificate.subject.as_bytes());
    bytes.extend_from_slice(certificate.certifier.as_bytes());
    match certificate.revocation {
        Some(outpoint) => {
            bytes.extend_from_slice(outpoint.txid.as_bytes());
            write_number(&mut bytes, outpoint.output_index as usize);
        }
        None => bytes.extend_from_slice(&[0; 33]),
    }
    write_number(&mut bytes, fields.len());
    for field in fields {
        for text in [&field.name, &field.value] {
            write_number(&mut bytes, text.len());
            bytes.extend_from_slice(text.as_bytes());
        }
    }
    bytes
}

fn write_number(bytes: &mut Vec<u8>, number: usize) {
    match number {
        0..=0xfc => bytes.push(number as u8),
        0xfd..=0xffff => {
            bytes.push(0xfd);
            bytes.extend_from_slice(&(number as u16).to_le_bytes());
        }
        _ => {
            bytes.push(0xfe);
            bytes.extend_from_slice(&(number as u32).to_le_bytes());
        }
    }
}

/// Names as `@bsv/sdk` orders them: by their letters first, then small before capital.
fn order(name: &str) -> (Vec<Option<usize>>, Vec<bool>) {
    const COLLATION: &[u8] = b" _-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$0123456789abcdefghijklmnopqrstuvwxyz";
    let letter = |byte: u8| COLLATION.iter().position(|known| *known == byte.to_ascii_lowercase());
    (name.bytes().map(letter).collect(), name.bytes().map(|byte| byte.is_ascii_uppercase()).collect())
}

/// The value of a field, by its key in a keyring for anyone (BRC-2).
fn reveal(certificate: &Certificate, key: &Field, field: &Field) -> Option<String> {
    let invoice_number = format!("2-certificate field encryption-{} {}", certificate.serial_number, key.name);
    let subject = PublicKey::from_slice(certificate.subject.as_bytes()).ok()?;
    // The secret shared with "anyone", whose private key is 1, is the public key itself.
    let tweak = hmac_sha256(certificate.subject.as_bytes(), invoice_number.as_bytes());
    let tweak = Scalar::from_be_bytes(tweak.try_into().ok()?).ok()?;
    let child = subject.add_exp_tweak(SECP256K1, &tweak).ok()?;
    let own = secp256k1::SecretKey::from_byte_array(secp256k1::constants::ONE).ok()?.add_tweak(&tweak).ok()?;
    let [_, shared @ ..] = child.mul_tweak(SECP256K1, &own.into()).ok()?.serialize();
    let field_key = decrypt(&shared, &STANDARD.decode(&key.value).ok()?)?;
    // The SDK hands keys over as numbers, without leading zeros.
    let mut whole = [0; 32];
    whole.get_mut(32usize.checked_sub(field_key.len())?..)?.copy_from_slice(&field_key);
    String::from_utf8(decrypt(&whole, &STANDARD.decode(&field.value).ok()?)?).ok()
}

fn decrypt(key: &[u8; 32], message: &[u8]) -> Option<Vec<u8>> {
    let (vector, encrypted) = message.split_first_chunk::<32>()?;
    AesGcm::<Aes256, U32>::new(key.into()).decrypt(vector.into(), encrypted).ok()
}

fn hexadecimal(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: &u8| (*byte as char).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let bytes = pairs.iter().map(|[high, low]| Some(digit(high)? << 4 | digit(low)?));
    bytes.collect::<Option<Vec<u8>>>().filter(|_| rest.is_empty())
}
