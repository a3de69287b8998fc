//! Which certificates this host asks clients for in the handshake: those that paths and baskets demand, of certifiers that somebody here
//! trusts.

use std::collections::{BTreeMap, BTreeSet};

use trellis_engine::federation::{CertificateDemand, Federations};
use trellis_spv::identity::certificate::{CertificateType, FieldName};

use super::IdentityKey;

/// Certificates this host would like to see. In the words of BRC-103 any certifier may stand behind any type; who is believed about
/// what is decided where a certificate is used.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Requested {
    /// Identity keys of certifiers.
    pub certifiers: BTreeSet<IdentityKey>,
    /// Fields to be revealed, by type.
    pub types: BTreeMap<CertificateType, BTreeSet<FieldName>>,
}

impl Requested {
    /// What meets these demands as far as federations go now; nothing where nothing is demanded.
    #[must_use]
    pub fn of<'d>(demands: impl Iterator<Item = &'d CertificateDemand>, federations: &Federations) -> Self {
        let mut types: BTreeMap<CertificateType, BTreeSet<FieldName>> = BTreeMap::new();
        for CertificateDemand { certificate_type, fields, .. } in demands {
            let wanted = types.entry(*certificate_type).or_default();
            wanted.extend(fields.iter().chain(federations.expiry_fields(*certificate_type)).cloned());
        }
        let certifiers = federations.certifiers().filter(|_| !types.is_empty()).copied().collect();
        Self { certifiers, types }
    }
}
