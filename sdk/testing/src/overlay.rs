//! What a test hosts, and the test itself.

use std::any::type_name;
use std::path::Path;

use trellis_engine::federation::CertificateDemand;
use trellis_engine::hosting::{BasketPattern, ManagerSetup};
use trellis_engine::ports::plugins::PluginId;
use trellis_plugin::{BasketManager, LookupService, Plugin, TopicManager, TopicRelevance};
use trellis_spv::identity::certificate::FieldName;

use crate::cases;
use crate::component::Component;
use crate::host::Host;
use crate::native::NativePlugin;
use crate::setup::{Mode, PluginSetup, Setup, topic_names};
use crate::trust::Trust;

/// An overlay to be: its topics, services and baskets, each with the plugin that stands behind it.
///
/// A plugin is named by its type, as in `overlay.topic("tm_tickets", Tickets)`; one type may stand behind many topics and
/// services. The names of topics begin with `tm_`, those of services with `ls_`.
#[derive(Clone, Debug, Default)]
pub struct Overlay {
    setup: Setup,
}

impl Overlay {
    /// An overlay of nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Hosts a topic.
    #[must_use]
    #[track_caller]
    pub fn topic<T: Plugin + TopicManager>(mut self, name: &str, plugin: T) -> Self {
        let id = self.plugin(&plugin, NativePlugin::judge_with::<T>);
        self.setup.add_topic(name, id).unwrap_or_else(|error| panic!("{error}"));
        self
    }

    /// The topic's plugin says as well which transactions concern it, for submissions that name no topic.
    #[must_use]
    pub fn relevance<T: Plugin + TopicRelevance>(mut self, plugin: T) -> Self {
        self.plugin(&plugin, NativePlugin::find_with::<T>);
        self
    }

    /// Hosts a lookup service over topics.
    #[must_use]
    #[track_caller]
    pub fn service<T: Plugin + LookupService>(
        mut self,
        name: &str,
        plugin: T,
        topics: impl IntoIterator<Item = &'static str>,
    ) -> Self {
        let id = self.plugin(&plugin, NativePlugin::answer_with::<T>);
        let topics: Vec<&str> = topics.into_iter().collect();
        self.setup.add_service(name, id, &topics).unwrap_or_else(|error| panic!("{error}"));
        self
    }

    /// Hosts baskets (`shop/tickets`, or `shop/*` for all that begin so), which a plugin fills from what topics admit.
    #[must_use]
    #[track_caller]
    pub fn baskets<T: Plugin + BasketManager>(
        mut self,
        plugin: T,
        baskets: impl IntoIterator<Item = &'static str>,
        topics: impl IntoIterator<Item = &'static str>,
    ) -> Self {
        let id = self.plugin(&plugin, NativePlugin::organise_with::<T>);
        let baskets = baskets.into_iter().map(BasketPattern::new).collect::<Result<_, _>>();
        let baskets = baskets.unwrap_or_else(|error| panic!("{error}"));
        let topics: Vec<&str> = topics.into_iter().collect();
        let topics = topic_names(&topics).unwrap_or_else(|error| panic!("{error}"));
        self.setup.managers.push(ManagerSetup { plugin: id, baskets, topics });
        self
    }

    /// What an operator writes under `config` of the plugin: a text as it stands, anything else as JSON.
    #[must_use]
    pub fn config<T: Plugin>(mut self, plugin: T, key: &str, value: impl Into<serde_json::Value>) -> Self {
        let value = match value.into() {
            serde_json::Value::String(text) => text,
            other => other.to_string(),
        };
        self.entry(&plugin).configuration.insert(key.to_owned(), value);
        self
    }

    /// What an operator writes under `limits` of the plugin.
    #[must_use]
    pub fn limit<T: Plugin>(mut self, plugin: T, name: &str, value: u64) -> Self {
        self.entry(&plugin).limits.insert(name.to_owned(), value);
        self
    }

    /// Grants a topic, or a service, to look into other topics.
    #[must_use]
    #[track_caller]
    pub fn reads(mut self, reader: &str, topics: impl IntoIterator<Item = &'static str>) -> Self {
        let topics: Vec<&str> = topics.into_iter().collect();
        let topics = topic_names(&topics).unwrap_or_else(|error| panic!("{error}"));
        let service = self.setup.services.iter_mut().find(|service| service.name.as_str() == reader);
        match (service.map(|service| &mut service.reads), self.setup.topics.iter_mut()) {
            (Some(reads), _) => reads.extend(topics),
            (None, mut all) => {
                let topic = all.find(|topic| topic.name.as_str() == reader);
                let topic =
                    topic.unwrap_or_else(|| panic!("`{reader}` is not hosted yet: host it before what it reads"));
                topic.reads.extend(topics);
            }
        }
        self
    }

    /// A topic that takes only what somebody signed who holds such a certificate: of a type (base64), revealing these fields, and
    /// vouched for in a federation of [`Overlay::trust`].
    #[must_use]
    #[track_caller]
    pub fn certified(mut self, topic: &str, certificate_type: &str, fields: &[&str], federation: &str) -> Self {
        let field = |name: &&str| FieldName::new(name).unwrap_or_else(|error| panic!("{error}"));
        let demand = CertificateDemand {
            certificate_type: certificate_type.parse().unwrap_or_else(|error| panic!("{certificate_type}: {error}")),
            fields: fields.iter().map(field).collect(),
            federation: federation.to_owned(),
        };
        let hosted = self.setup.topic(topic).unwrap_or_else(|| panic!("topic `{topic}` is not hosted yet"));
        hosted.certified = Some(demand);
        self
    }

    /// Whom the operator trusts to say who somebody is.
    #[must_use]
    #[track_caller]
    pub fn trust(mut self, trust: &Trust) -> Self {
        self.setup.federations = trust.federations().unwrap_or_else(|error| panic!("{error}"));
        self
    }

    /// The component of a plugin: with the feature `component` the test runs again with it in the host's sandbox. Plugins without
    /// one run natively beside it.
    #[must_use]
    pub fn component<T: Plugin>(mut self, plugin: T, component: Component) -> Self {
        self.entry(&plugin).component = Some(component);
        self
    }

    /// Runs a test: natively, and where there are components, with them as well. Whatever differs between the two fails it.
    #[track_caller]
    pub fn test(&self, body: impl Fn(&mut Host)) {
        let native = self.run(Mode::Native, &body);
        let has_components = self.setup.plugins.values().any(|plugin| plugin.component.is_some());
        if cfg!(feature = "component") && has_components {
            let component = self.run(Mode::Component, &body);
            if let Some(difference) = native.differs_from(&component) {
                panic!("{difference}");
            }
        }
    }

    /// Runs every case in a folder (see [`cases`](crate::cases)) as [`Overlay::test`] runs a test. What is hosted is this overlay;
    /// `overlay.json` is for those who have only the component.
    #[track_caller]
    pub fn cases(&self, folder: impl AsRef<Path>) {
        let files = cases::found(folder.as_ref()).unwrap_or_else(|error| panic!("{error}"));
        for file in files {
            let (about, steps) = cases::read_case(&file).unwrap_or_else(|error| panic!("{error}"));
            self.test(|host| {
                let shown = format!("{}: {about}", file.display());
                let ran = cases::run_case(host, &steps).unwrap_or_else(|text| panic!("{shown}\n{text}"));
                assert!(ran.differences.is_empty(), "{host:?}\n{shown}\n{}", ran.differences.join("\n"));
            });
        }
    }

    #[track_caller]
    fn run(&self, mode: Mode, body: &impl Fn(&mut Host)) -> crate::diary::Transcript {
        let mut host = Host::start(&self.setup, mode).unwrap_or_else(|error| panic!("{mode}: {error}"));
        body(&mut host);
        host.finish()
    }

    /// Takes note of a plugin and one of its roles.
    fn plugin<T: Plugin>(&mut self, plugin: &T, role: impl FnOnce(&mut NativePlugin)) -> PluginId {
        role(self.entry(plugin).native.get_or_insert_with(NativePlugin::of::<T>));
        id_of::<T>()
    }

    fn entry<T: Plugin>(&mut self, _: &T) -> &mut PluginSetup {
        self.setup.plugins.entry(id_of::<T>()).or_default()
    }
}

/// What a plugin is called in logs and faults: its type's name.
fn id_of<T>() -> PluginId {
    let name = type_name::<T>();
    PluginId(name.rsplit("::").next().unwrap_or(name).into())
}
