//! Agreements of several parties: a transaction carries the terms, and everybody whom they name has signed it and is somebody
//! whom a federation vouches for.
//!
//! Who the parties are stands in the terms, usually in the fields of a token. A topic manager reads their identity keys there
//! and asks:
//!
//! ```
//! use trellis_plugin::Refusal;
//! use trellis_plugin::identity::{CertificateType, IdentityKey};
//! use trellis_plugin::parties::Requirement;
//!
//! /// Buyer and seller must both be firms that the chamber of commerce knows by name and registration.
//! fn judge(buyer: IdentityKey, seller: IdentityKey) -> Result<(), Refusal> {
//!     let firm: CertificateType = "z40BOInXkI8m7f/wBrv4MJ09bZfzZbTj2fJqCtONqCY=".parse()?;
//!     Requirement::new("chamber-of-commerce", firm, &["name", "registration"]).consent_of(&[buyer, seller])?;
//!     Ok(())
//! }
//! ```
//!
//! The signatures are over the transaction and the topic: whoever signs agrees to all the transaction does. The terms must
//! therefore be in it, not in the off-chain values.

use crate::Refusal;
use crate::identity::{self, Certificate, CertificateType, IdentityKey};

/// What each party must show.
///
/// ```
/// use trellis_plugin::identity::{Certificate, CertificateType, Field, IdentityKey, SerialNumber, Vouching};
/// use trellis_plugin::{parties::Requirement, stand_in};
///
/// let (buyer, firm) = (IdentityKey([2; 33]), CertificateType([7; 32]));
/// let requirement = Requirement::new("chamber", firm, &["name"]);
/// stand_in::reset();
/// stand_in::set_signers([buyer]);
/// assert!(requirement.consent_of(&[buyer]).unwrap_err().text().contains("reveals \"name\""));
///
/// let certificate = Certificate {
///     revealed: vec![Field { name: "name".into(), value: "Alice Ltd".into() }],
///     // ... and who it is about, who signed it, and who vouches for it.
/// #     certificate_type: firm, serial_number: SerialNumber([1; 32]), subject: buyer, certifier: IdentityKey([3; 33]),
/// #     revocation: None, vouched_by: vec![Vouching {
/// #         federation: "chamber".into(), organisation: "registry".into(), fields: vec!["name".into()],
/// #     }],
/// };
/// stand_in::add_certificate(certificate.clone());
/// assert_eq!(requirement.consent_of(&[buyer]), Ok(vec![certificate]));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement<'a> {
    federation: &'a str,
    certificate_type: CertificateType,
    fields: &'a [&'a str],
}

impl<'a> Requirement<'a> {
    /// A certificate of this type that reveals these fields, for which this federation (by the operator's name for it)
    /// vouches. Without fields the federation vouches for the certificate as such.
    pub fn new(federation: &'a str, certificate_type: CertificateType, fields: &'a [&'a str]) -> Self {
        Self { federation, certificate_type, fields }
    }

    /// Whether every party signed the submission and shows such a certificate. Answers the certificates in the order of the
    /// parties. Somebody who is named twice is one party: where terms need two different ones, compare them first. For
    /// `identify_admissible_outputs` only, elsewhere a fault.
    ///
    /// # Errors
    /// Names every party of which something is missing, and what: its signature, a certificate, the federation's word. Or there are no
    /// parties: then nobody agreed.
    pub fn consent_of(&self, parties: &[IdentityKey]) -> Result<Vec<Certificate>, Refusal> {
        if parties.is_empty() {
            return Err("the terms name no party, so nobody agreed to them".into());
        }
        let signers = identity::signers();
        let shown = identity::certificates();
        let mut certificates = Vec::new();
        let mut missing = Vec::new();
        for party in parties {
            let mut lacks = Vec::new();
            if !signers.contains(party) {
                lacks.push("its signature".to_owned());
            }
            match self.certificate_of(party, &shown) {
                Ok(certificate) => certificates.push(certificate.clone()),
                Err(lack) => lacks.push(lack),
            }
            if !lacks.is_empty() {
                missing.push(format!("of {party} {}", lacks.join(" and ")));
            }
        }
        if missing.is_empty() {
            return Ok(certificates);
        }
        Err(format!("not every party agreed as it must: missing is {}", missing.join("; ")).into())
    }

    /// The certificate of a party that fits, or what is missing.
    fn certificate_of<'c>(&self, party: &IdentityKey, shown: &'c [Certificate]) -> Result<&'c Certificate, String> {
        let fits = |certificate: &&Certificate| {
            certificate.subject == *party
                && certificate.certificate_type == self.certificate_type
                && self.fields.iter().all(|field| certificate.revealed(field).is_some())
        };
        let fields = || self.fields.iter().map(|field| format!("\"{field}\"")).collect::<Vec<_>>().join(", ");
        let mut fitting = shown.iter().filter(fits).peekable();
        if fitting.peek().is_none() {
            return Err(format!("a certificate of type {} that reveals {}", self.certificate_type, fields()));
        }
        fitting
            .find(|certificate| self.is_vouched_for(certificate))
            .ok_or_else(|| format!("the word of the federation \"{}\" for {}", self.federation, fields()))
    }

    /// Whether the federation vouches for all the fields; for the certificate at all, where none is asked for.
    fn is_vouched_for(&self, certificate: &Certificate) -> bool {
        certificate.vouched_by.iter().any(|by| by.federation == self.federation)
            && self.fields.iter().all(|field| certificate.is_vouched_for(self.federation, field))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::{Field, SerialNumber, Vouching};
    use crate::stand_in;

    const BUYER: IdentityKey = IdentityKey([2; 33]);
    const SELLER: IdentityKey = IdentityKey([3; 33]);
    const FIRM: CertificateType = CertificateType([7; 32]);
    const REQUIREMENT: Requirement<'_> =
        Requirement { federation: "chamber", certificate_type: FIRM, fields: &["name", "registration"] };

    /// A certificate about somebody: the fields it reveals, and those for which the chamber vouches.
    fn certificate(subject: IdentityKey, revealed: &[&str], vouched: &[&str]) -> Certificate {
        let field = |name: &&str| Field { name: (*name).into(), value: "value".into() };
        let by = Vouching {
            federation: "chamber".into(),
            organisation: "registry".into(),
            fields: vouched.iter().map(|name| (*name).into()).collect(),
        };
        Certificate {
            certificate_type: FIRM,
            serial_number: SerialNumber([1; 32]),
            subject,
            certifier: IdentityKey([2; 33]),
            revocation: None,
            revealed: revealed.iter().map(field).collect(),
            vouched_by: if vouched.is_empty() { Vec::new() } else { vec![by] },
        }
    }

    fn submission(signers: &[IdentityKey], certificates: &[Certificate]) {
        stand_in::reset();
        stand_in::set_signers(signers.iter().copied());
        certificates.iter().cloned().for_each(stand_in::add_certificate);
    }

    fn refusal() -> String {
        REQUIREMENT.consent_of(&[BUYER, SELLER]).unwrap_err().text().to_owned()
    }

    const BOTH: [&str; 2] = ["name", "registration"];

    #[test]
    fn all_who_sign_and_are_vouched_for_agree() {
        let (buyer, seller) = (certificate(BUYER, &BOTH, &BOTH), certificate(SELLER, &BOTH, &BOTH));
        let weaker = certificate(BUYER, &BOTH, &[]);
        submission(&[SELLER, BUYER], &[seller.clone(), weaker, buyer.clone()]);
        assert_eq!(REQUIREMENT.consent_of(&[BUYER, SELLER]), Ok(vec![buyer, seller]));
    }

    #[test]
    fn a_refusal_names_every_party_and_what_is_missing_of_it() {
        submission(&[BUYER], &[certificate(BUYER, &BOTH, &["name"])]);
        let (buyer, seller) = ("02".repeat(33), "03".repeat(33));
        assert_eq!(
            refusal(),
            format!(
                "not every party agreed as it must: missing is of {buyer} the word of the federation \"chamber\" for \"name\", \
                 \"registration\"; of {seller} its signature and a certificate of type {FIRM} that reveals \"name\", \
                 \"registration\""
            )
        );
    }

    #[test]
    fn the_certificate_of_another_of_another_type_or_with_less_does_not_do() {
        let buyer = certificate(BUYER, &BOTH, &BOTH);
        for other in [
            certificate(BUYER, &BOTH, &BOTH),
            Certificate { certificate_type: CertificateType([8; 32]), ..certificate(SELLER, &BOTH, &BOTH) },
            certificate(SELLER, &["name"], &BOTH),
        ] {
            submission(&[BUYER, SELLER], &[buyer.clone(), other]);
            assert!(refusal().contains(&format!("missing is of {SELLER} a certificate of type")), "{}", refusal());
        }
    }

    #[test]
    fn the_word_of_another_federation_does_not_do() {
        let mut seller = certificate(SELLER, &BOTH, &BOTH);
        seller.vouched_by[0].federation = "club".into();
        submission(&[BUYER, SELLER], &[certificate(BUYER, &BOTH, &BOTH), seller.clone()]);
        assert!(refusal().contains(&format!("missing is of {SELLER} the word of the federation \"chamber\"")));
        let nothing_asked = Requirement::new("chamber", FIRM, &[]);
        assert!(nothing_asked.consent_of(&[SELLER]).is_err());
        assert!(nothing_asked.consent_of(&[BUYER]).is_ok());
    }

    #[test]
    fn terms_that_name_nobody_are_agreed_to_by_nobody() {
        submission(&[BUYER], &[]);
        assert!(REQUIREMENT.consent_of(&[]).unwrap_err().text().contains("no party"));
    }
}
