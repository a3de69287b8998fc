//! The file of organisations and federations, and what topics demand of them.
//!
//! A file of its own, because it changes while a host runs: it is read again then.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use trellis_engine::domain::evidence::RevocationRule;
use trellis_engine::domain::name::{NameError, TopicName};
use trellis_engine::federation::{
    CertificateDemand, Federation, FederationError, Federations, Organisation, VouchesFor,
};
use trellis_spv::identity::certificate::{CertificateType, FieldName, FormError};
use trellis_spv::identity::key::{KeyError, compressed_public_key};

use super::file::CertifiedTable;
use super::read::nearest;

/// Largest file that is read, in bytes: thousands of organisations.
pub const MAX_FILE_BYTES: u64 = 1024 * 1024;

/// The file's tables.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
struct FederationTables {
    /// `[certifier.<name>]`
    certifier: BTreeMap<String, CertifierTable>,
    /// `[organisation.<name>]`
    organisation: BTreeMap<String, OrganisationTable>,
    /// `[federation.<name>]`
    federation: BTreeMap<String, FederationTable>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct CertifierTable {
    /// Its identity key: compressed, hexadecimal.
    key: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct OrganisationTable {
    /// Names of `[certifier.<name>]`.
    certifiers: Vec<String>,
    /// `[[organisation.<name>.vouches]]`
    #[serde(default)]
    vouches: Vec<VouchesTable>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct VouchesTable {
    /// The certificate type: base64.
    r#type: String,
    /// The fields it vouches for.
    fields: Vec<String>,
    /// The field that says until when.
    #[serde(default)]
    expires: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct FederationTable {
    /// Names of `[organisation.<name>]`.
    organisations: Vec<String>,
    /// Names of other `[federation.<name>]`.
    #[serde(default)]
    trusts: Vec<String>,
    /// `tracked` or `best-effort`.
    revocation: RevocationName,
    /// The topic that tells what is revoked.
    #[serde(default)]
    revocation_topic: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum RevocationName {
    Tracked,
    BestEffort,
}

/// Why a file of federations cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FederationsFileError {
    /// It cannot be read.
    #[error("the federations file {} cannot be read: {source}; check `[identity] federations` and its permissions", file.display())]
    Read {
        /// The file.
        file: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It is too large.
    #[error("the federations file {} has more than {MAX_FILE_BYTES} bytes", .0.display())]
    TooLarge(PathBuf),
    /// What it says cannot be.
    #[error("the federations file {} cannot be used: {source}", file.display())]
    Wrong {
        /// The file.
        file: PathBuf,
        /// What is wrong.
        source: Box<WrongFederations>,
    },
}

/// What is wrong in a file of federations.
#[derive(Debug, thiserror::Error)]
pub enum WrongFederations {
    /// Its text is not understood.
    #[error("{0}")]
    Toml(#[from] toml::de::Error),
    /// A certifier's key is none.
    #[error("the key of certifier `{certifier}` is no identity key: {reason}; write 66 hexadecimal digits")]
    Key {
        /// The certifier.
        certifier: String,
        /// Why.
        reason: String,
    },
    /// A certifier that there is not.
    #[error(
        "organisation `{organisation}` names certifier `{certifier}`, which is not defined: write [certifier.{certifier}] with its key"
    )]
    UnknownCertifier {
        /// The organisation.
        organisation: String,
        /// The certifier.
        certifier: String,
    },
    /// A type or a field is none.
    #[error("organisation `{organisation}` vouches for what is none: {source}")]
    Vouches {
        /// The organisation.
        organisation: String,
        /// What is wrong.
        source: FormError,
    },
    /// A revocation topic's name is none.
    #[error("the revocation-topic of federation `{federation}`: {source}")]
    Topic {
        /// The federation.
        federation: String,
        /// What is wrong.
        source: NameError,
    },
    /// Tracked, and nobody says where.
    #[error(
        "federation `{0}` tracks revocations, but names no revocation-topic: name the topic that certifiers submit revocation outpoints to"
    )]
    NoRevocationTopic(String),
    /// They do not fit together.
    #[error(transparent)]
    Federations(#[from] FederationError),
}

/// Reads a file of federations. Answers its bytes too, to see when it changes.
///
/// # Errors
/// [`FederationsFileError`].
pub fn load(file: &Path) -> Result<(Federations, Vec<u8>), FederationsFileError> {
    let failed = |source| FederationsFileError::Read { file: file.to_owned(), source };
    let mut bytes = Vec::new();
    let opened = std::fs::File::open(file).map_err(failed)?;
    std::io::Read::read_to_end(&mut std::io::Read::take(opened, MAX_FILE_BYTES + 1), &mut bytes).map_err(failed)?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(FederationsFileError::TooLarge(file.to_owned()));
    }
    let wrong = |source| FederationsFileError::Wrong { file: file.to_owned(), source: Box::new(source) };
    let text = String::from_utf8_lossy(&bytes);
    let federations = read(&text).map_err(wrong)?;
    Ok((federations, bytes))
}

/// What the text of such a file says.
///
/// # Errors
/// [`WrongFederations`].
pub fn read(text: &str) -> Result<Federations, WrongFederations> {
    let FederationTables { certifier, organisation, federation } = toml::from_str(text)?;
    let mut keys = BTreeMap::new();
    for (name, CertifierTable { key }) in certifier {
        let wrong = |reason: String| WrongFederations::Key { certifier: name.clone(), reason };
        let bytes = hex::decode(&key).map_err(|_| wrong("it is not hexadecimal".to_owned()))?;
        let key = compressed_public_key(&bytes).map_err(|error: KeyError| wrong(error.to_string()))?;
        keys.insert(name, key.serialize());
    }
    let mut organisations = BTreeMap::new();
    for (name, OrganisationTable { certifiers, vouches }) in organisation {
        let mut own = BTreeMap::new();
        for certifier in certifiers {
            let Some(key) = keys.get(&certifier) else {
                return Err(WrongFederations::UnknownCertifier { organisation: name, certifier });
            };
            own.insert(*key, certifier);
        }
        let vouches = vouches.into_iter().map(vouches_for).collect::<Result<_, _>>();
        let vouches = vouches.map_err(|source| WrongFederations::Vouches { organisation: name.clone(), source })?;
        organisations.insert(name, Organisation { certifiers: own, vouches });
    }
    let mut federations = BTreeMap::new();
    for (name, table) in federation {
        let topic = table.revocation_topic.as_deref().map(TopicName::new).transpose();
        let topic = topic.map_err(|source| WrongFederations::Topic { federation: name.clone(), source })?;
        let revocation = match (table.revocation, topic) {
            (RevocationName::Tracked, Some(topic)) => RevocationRule::Tracked(topic),
            (RevocationName::Tracked, None) => return Err(WrongFederations::NoRevocationTopic(name)),
            (RevocationName::BestEffort, topic) => RevocationRule::BestEffort(topic),
        };
        let FederationTable { organisations, trusts, .. } = table;
        federations.insert(name, Federation { organisations, trusts, revocation });
    }
    Ok(Federations::new(organisations, federations)?)
}

fn vouches_for(VouchesTable { r#type, fields, expires }: VouchesTable) -> Result<VouchesFor, FormError> {
    Ok(VouchesFor {
        certificate_type: r#type.parse()?,
        fields: fields.iter().map(|field| FieldName::new(field)).collect::<Result<_, _>>()?,
        expires: expires.as_deref().map(FieldName::new).transpose()?,
    })
}

/// Why what a topic or basket demands cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DemandError {
    /// No file of federations.
    #[error("there is no [identity] federations, so nobody vouches for anything")]
    NoFederations,
    /// A federation that there is not.
    #[error("there is no federation `{federation}` in the federations file{}", nearest.as_deref().map(|name| format!(": did you mean `{name}`?")).unwrap_or_default())]
    UnknownFederation {
        /// The federation.
        federation: String,
        /// The one most like it.
        nearest: Option<String>,
    },
    /// The type or a field is none.
    #[error("{0}")]
    Form(#[from] FormError),
}

/// What a `certified` table demands.
///
/// # Errors
/// [`DemandError`].
pub fn demand(table: CertifiedTable, federations: Option<&Federations>) -> Result<CertificateDemand, DemandError> {
    let CertifiedTable { r#type, fields, federation } = table;
    let certificate_type: CertificateType = r#type.parse()?;
    let fields = fields.iter().map(|field| FieldName::new(field)).collect::<Result<_, _>>()?;
    let known = federations.ok_or(DemandError::NoFederations)?;
    if !known.names().any(|name| name == federation) {
        let nearest = nearest(&federation, known.names()).map(str::to_owned);
        return Err(DemandError::UnknownFederation { federation, nearest });
    }
    Ok(CertificateDemand { certificate_type, fields, federation })
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798";

    fn file(key: &str, more: &str) -> String {
        format!(
            "[certifier.registry]\nkey = \"{key}\"\n\
             [organisation.acme]\ncertifiers = [\"registry\"]\n\
             [[organisation.acme.vouches]]\ntype = \"{}\"\nfields = [\"role\"]\nexpires = \"until\"\n{more}",
            CertificateType([7; 32])
        )
    }

    const TRADE: &str =
        "[federation.trade]\norganisations = [\"acme\"]\nrevocation = \"tracked\"\nrevocation-topic = \"tm_revoked\"\n";

    #[test]
    fn a_federation_is_read_with_its_members_and_how_they_revoke() {
        let federations = read(&file(KEY, TRADE)).unwrap();
        assert_eq!(federations.names().collect::<Vec<_>>(), ["trade"]);
        assert_eq!(federations.revocation_topics().map(TopicName::as_str).collect::<Vec<_>>(), ["tm_revoked"]);
        let certifier = federations.certifiers().next().unwrap();
        let expected = [("trade".to_owned(), "acme".to_owned(), "registry".to_owned())];
        assert_eq!(federations.certifies_for(certifier), expected);
    }

    #[test]
    fn what_is_wrong_is_named_with_its_remedy() {
        let off_the_curve = "020000000000000000000000000000000000000000000000000000000000000005";
        let circle = "[federation.a]\norganisations = []\ntrusts = [\"b\"]\nrevocation = \"best-effort\"\n\
                      [federation.b]\norganisations = []\ntrusts = [\"a\"]\nrevocation = \"best-effort\"\n";
        for (text, expected) in [
            (file("xyz", ""), "the key of certifier `registry` is no identity key: it is not hexadecimal; write 66"),
            (file(off_the_curve, ""), "the key of certifier `registry` is no identity key"),
            (
                file(KEY, "[organisation.globex]\ncertifiers = [\"notary\"]\n"),
                "names certifier `notary`, which is not defined",
            ),
            (file(KEY, circle), "trust one another in a circle (a → b → a)"),
            (
                file(KEY, "[organisation.globex]\ncertifiers = [\"registry\"]\n"),
                "belongs to the organisations `acme` and `globex`",
            ),
            (
                file(KEY, "[federation.x]\norganisations = [\"nobody\"]\nrevocation = \"best-effort\"\n"),
                "organisation `nobody`, which is not defined",
            ),
            (file(KEY, "[federation.x]\norganisations = []\nrevocation = \"tracked\"\n"), "names no revocation-topic"),
            (
                file(KEY, "[federation.x]\norganisations = []\nrevocation = \"tracked\"\nrevocation-topic = \"x\"\n"),
                "it must start with `tm_`",
            ),
            (file(KEY, "").replace("role", ""), "vouches for what is none"),
            (file(KEY, "[federaton.x]\n"), "unknown field `federaton`"),
        ] {
            let error = read(&text).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }

    #[test]
    fn a_demand_names_a_federation_that_is_there() {
        let federations = read(&file(KEY, TRADE)).unwrap();
        let table = |federation: &str| CertifiedTable {
            r#type: CertificateType([7; 32]).to_string(),
            fields: vec!["role".to_owned()],
            federation: federation.to_owned(),
        };
        assert!(demand(table("trade"), Some(&federations)).is_ok());
        let unknown = demand(table("trads"), Some(&federations)).unwrap_err().to_string();
        assert_eq!(unknown, "there is no federation `trads` in the federations file: did you mean `trade`?");
        assert_eq!(demand(table("trade"), None), Err(DemandError::NoFederations));
        let wrong = CertifiedTable { r#type: "x".to_owned(), ..table("trade") };
        assert!(matches!(demand(wrong, Some(&federations)), Err(DemandError::Form(_))));
    }
}
