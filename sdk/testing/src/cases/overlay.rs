//! `overlay.json`: what is hosted for the cases beside it.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use trellis_engine::domain::name::TopicName;
use trellis_engine::federation::CertificateDemand;
use trellis_engine::hosting::{BasketPattern, ManagerSetup};
use trellis_engine::ports::plugins::PluginId;
use trellis_spv::identity::certificate::FieldName;

use super::names::Names;
use crate::component::Component;
use crate::native::NativePlugin;
use crate::neighbour::Everything;
use crate::setup::{PluginSetup, Setup, SetupError, topic_names};
use crate::trust::Trust;

/// What the plugin that is tested is called in logs and faults.
const PLUGIN: &str = "plugin";

/// What the plugin beside it is called.
const BESIDE: &str = "beside";

/// The file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OverlayFile {
    #[serde(default)]
    topics: Vec<Topic>,
    #[serde(default)]
    services: Vec<Service>,
    #[serde(default)]
    baskets: Vec<Baskets>,
    #[serde(default)]
    config: BTreeMap<String, Value>,
    #[serde(default)]
    limits: BTreeMap<String, u64>,
    #[serde(default)]
    beside: Vec<String>,
    #[serde(default)]
    organisations: Vec<OrganisationEntry>,
    #[serde(default)]
    federations: Vec<FederationEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Topic {
    name: String,
    #[serde(default)]
    reads: Vec<String>,
    certified: Option<Certified>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Certified {
    #[serde(rename = "type")]
    certificate_type: String,
    fields: Vec<String>,
    federation: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Service {
    name: String,
    topics: Vec<String>,
    #[serde(default)]
    reads: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Baskets {
    names: Vec<String>,
    topics: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OrganisationEntry {
    name: String,
    certifier: String,
    #[serde(rename = "type")]
    certificate_type: String,
    fields: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct FederationEntry {
    name: String,
    organisations: Vec<String>,
    #[serde(default)]
    trusts: Vec<String>,
    revocation_topic: Option<String>,
}

impl OverlayFile {
    /// What is to be hosted, with the plugin's component.
    pub(super) fn setup(&self, component: Component) -> Result<Setup, SetupError> {
        let mut setup = Setup::default();
        let (plugin, beside) = (PluginId(PLUGIN.into()), PluginId(BESIDE.into()));
        let mut names = Names::default();
        let mut configuration = BTreeMap::new();
        for (key, value) in &self.config {
            let value = match names.resolve_value(value)? {
                Value::String(text) => text,
                other => other.to_string(),
            };
            configuration.insert(key.clone(), value);
        }
        let hosted =
            PluginSetup { native: None, component: Some(component), configuration, limits: self.limits.clone() };
        setup.plugins.insert(plugin.clone(), hosted);
        if !self.beside.is_empty() {
            let mut everything = NativePlugin::of::<Everything>();
            everything.judge_with::<Everything>();
            let hosted = PluginSetup { native: Some(everything), ..PluginSetup::default() };
            setup.plugins.insert(beside.clone(), hosted);
        }
        for name in &self.beside {
            setup.add_topic(name, beside.clone())?;
        }
        for topic in &self.topics {
            setup.add_topic(&topic.name, plugin.clone())?;
            let certified = topic.certified.as_ref().map(Certified::demand).transpose()?;
            if let Some(hosted) = setup.topic(&topic.name) {
                hosted.certified = certified;
                hosted.reads = names_of(&topic.reads)?;
            }
        }
        for service in &self.services {
            setup.add_service(&service.name, plugin.clone(), &texts(&service.topics))?;
            if let Some(hosted) = setup.services.last_mut() {
                hosted.reads = names_of(&service.reads)?;
            }
        }
        for Baskets { names, topics } in &self.baskets {
            let baskets = names.iter().map(|name| BasketPattern::new(name)).collect::<Result<_, _>>()?;
            setup.managers.push(ManagerSetup { plugin: plugin.clone(), baskets, topics: names_of(topics)? });
        }
        setup.federations = self.trust(&mut names)?.federations()?;
        Ok(setup)
    }

    fn trust(&self, names: &mut Names) -> Result<Trust, SetupError> {
        let mut trust = Trust::new();
        for OrganisationEntry { name, certifier, certificate_type, fields } in &self.organisations {
            trust = trust.try_organisation(name, &names.party(certifier)?, certificate_type, &texts(fields))?;
        }
        for FederationEntry { name, organisations, trusts, revocation_topic } in &self.federations {
            let topic = revocation_topic.as_deref().map(TopicName::new).transpose()?;
            trust = trust.with_federation(name, &texts(organisations), topic);
            for other in trusts {
                trust = trust.trusts(name, other);
            }
        }
        Ok(trust)
    }
}

impl Certified {
    fn demand(&self) -> Result<CertificateDemand, SetupError> {
        let field = |name: &String| Ok::<_, SetupError>(FieldName::new(name)?);
        Ok(CertificateDemand {
            certificate_type: self.certificate_type.parse()?,
            fields: self.fields.iter().map(field).collect::<Result<_, _>>()?,
            federation: self.federation.clone(),
        })
    }
}

fn texts(texts: &[String]) -> Vec<&str> {
    texts.iter().map(String::as_str).collect()
}

fn names_of(names: &[String]) -> Result<Vec<TopicName>, SetupError> {
    topic_names(&texts(names))
}
