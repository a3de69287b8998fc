//! Whom an overlay's operator trusts to say who somebody is.

use std::collections::BTreeMap;

use trellis_engine::domain::evidence::RevocationRule;
use trellis_engine::domain::name::TopicName;
use trellis_engine::federation::{Federation, FederationError, Federations, Organisation, VouchesFor};
use trellis_spv::identity::certificate::FieldName;

use crate::party::Party;
use crate::setup::SetupError;

/// Organisations with their certifiers, and federations of them.
///
/// ```
/// use trellis_testing::{Everything, Overlay, Party, Trust};
///
/// const FIRM: &str = "z40BOInXkI8m7f/wBrv4MJ09bZfzZbTj2fJqCtONqCY=";
/// let (registry, alice) = (Party::named("registry"), Party::named("alice"));
/// let trust = Trust::new().organisation("registry", &registry, FIRM, &["company"]).federation("chamber", &["registry"]);
/// let overlay = Overlay::new().topic("tm_firms", Everything).trust(&trust);
/// overlay.certified("tm_firms", FIRM, &["company"], "chamber").test(|host| {
///     let paid = host.transaction().pay(&alice, 500).sign();
///     host.submit(&paid, ["tm_firms"]).refused("tm_firms", "nobody signed");
///     let firm = registry.certifies(&alice, FIRM).field("company", "Alice Ltd").issue();
///     host.submission(&paid).to(["tm_firms"]).signed_by(&alice).certificate(&firm).send().admits("tm_firms", [0]);
/// });
/// ```
#[derive(Clone, Debug, Default)]
pub struct Trust {
    organisations: BTreeMap<String, Organisation>,
    federations: BTreeMap<String, Federation>,
}

impl Trust {
    /// Nobody.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// An organisation that vouches for these fields of its certifier's certificates of a type (base64 of 32 bytes).
    #[must_use]
    #[track_caller]
    pub fn organisation(self, name: &str, certifier: &Party, certificate_type: &str, fields: &[&str]) -> Self {
        self.try_organisation(name, certifier, certificate_type, fields)
            .unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    pub(crate) fn try_organisation(
        mut self,
        name: &str,
        certifier: &Party,
        certificate_type: &str,
        fields: &[&str],
    ) -> Result<Self, SetupError> {
        let field = |name: &&str| Ok::<_, SetupError>(FieldName::new(name)?);
        let vouches = VouchesFor {
            certificate_type: certificate_type.parse()?,
            fields: fields.iter().map(field).collect::<Result<_, _>>()?,
            expires: None,
        };
        let organisation = self.organisations.entry(name.to_owned()).or_default();
        organisation.certifiers.insert(certifier.public_key(), certifier.name().to_owned());
        organisation.vouches.push(vouches);
        Ok(self)
    }

    /// A federation of organisations. Certificates of its members hold for ever.
    #[must_use]
    pub fn federation(self, name: &str, organisations: &[&str]) -> Self {
        self.with_federation(name, organisations, None)
    }

    pub(crate) fn with_federation(mut self, name: &str, organisations: &[&str], tracked: Option<TopicName>) -> Self {
        let organisations = organisations.iter().map(|name| (*name).to_owned()).collect();
        let revocation = tracked.map_or(RevocationRule::BestEffort(None), RevocationRule::Tracked);
        self.federations.insert(name.to_owned(), Federation { organisations, trusts: Vec::new(), revocation });
        self
    }

    /// A federation of organisations whose certificates hold as long as the topic holds their revocation outpoints unspent.
    ///
    /// ```
    /// use trellis_testing::{Everything, Overlay, Party, Trust};
    ///
    /// const FIRM: &str = "z40BOInXkI8m7f/wBrv4MJ09bZfzZbTj2fJqCtONqCY=";
    /// let (registry, alice) = (Party::named("registry"), Party::named("alice"));
    /// let trust = Trust::new()
    ///     .organisation("registry", &registry, FIRM, &["company"])
    ///     .tracked_federation("chamber", &["registry"], "tm_revocations");
    /// let overlay = Overlay::new().topic("tm_firms", Everything).topic("tm_revocations", Everything).trust(&trust);
    /// overlay.certified("tm_firms", FIRM, &["company"], "chamber").test(|host| {
    ///     let issued = host.transaction().pay(&registry, 1).sign();
    ///     host.submit(&issued, ["tm_revocations"]).admits("tm_revocations", [0]);
    ///     let firm = registry.certifies(&alice, FIRM).field("company", "Alice Ltd").revoked_by_spending(&issued, 0).issue();
    ///     let paid = host.transaction().pay(&alice, 500).sign();
    ///     host.submission(&paid).to(["tm_firms"]).signed_by(&alice).certificate(&firm).send().admits("tm_firms", [0]);
    ///
    ///     let revoked = host.transaction().spend(&issued, 0, &registry).pay(&registry, 1).sign();
    ///     host.submit(&revoked, ["tm_revocations"]).retains("tm_revocations", [0]);
    ///     let late = host.transaction().pay(&alice, 400).sign();
    ///     host.submission(&late).to(["tm_firms"]).signed_by(&alice).certificate(&firm).send().refused("tm_firms", "revoked");
    /// });
    /// ```
    #[must_use]
    #[track_caller]
    pub fn tracked_federation(self, name: &str, organisations: &[&str], topic: &str) -> Self {
        let topic = TopicName::new(topic).unwrap_or_else(|error| panic!("{error}"));
        self.with_federation(name, organisations, Some(topic))
    }

    /// A federation, which is there before, trusts the members of another as its own.
    ///
    /// ```
    /// use trellis_testing::{Party, Trust};
    ///
    /// const FIRM: &str = "z40BOInXkI8m7f/wBrv4MJ09bZfzZbTj2fJqCtONqCY=";
    /// let trust = Trust::new()
    ///     .organisation("registry", &Party::named("registry"), FIRM, &["company"])
    ///     .federation("chamber", &["registry"])
    ///     .federation("traders", &["registry"])
    ///     .trusts("traders", "chamber");
    /// ```
    #[must_use]
    #[track_caller]
    pub fn trusts(mut self, federation: &str, other: &str) -> Self {
        let found = self.federations.get_mut(federation);
        found.unwrap_or_else(|| panic!("there is no federation `{federation}` yet")).trusts.push(other.to_owned());
        self
    }

    pub(crate) fn federations(&self) -> Result<Federations, FederationError> {
        Federations::new(self.organisations.clone(), self.federations.clone())
    }
}
