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
/// services. The names of topics begin with `tm_`, those of services with `ls_`, and have at most 50 bytes.
///
/// ```
/// use trellis_testing::{Everything, Overlay, Party};
///
/// Overlay::new().topic("tm_tickets", Everything).topic("tm_events", Everything).test(|host| {
///     let paid = host.transaction().pay(&Party::named("alice"), 500).sign();
///     host.submit(&paid, ["tm_tickets", "tm_events"]).admits("tm_tickets", [0]).admits("tm_events", [0]);
/// });
/// ```
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
    ///
    /// ```
    /// use trellis_plugin::{Refusal, TopicRelevance, Transaction};
    /// use trellis_testing::{Overlay, Party};
    /// # use trellis_plugin::{AdmittanceInstructions, Description, Plugin, Submission, TopicManager};
    ///
    /// /// Whatever is worth 500 satoshis.
    /// struct Dear;
    ///
    /// # impl Plugin for Dear {
    /// #     fn describe() -> Description {
    /// #         Description::new("Dear", "An example.")
    /// #     }
    /// #     fn documentation() -> String {
    /// #         "# Dear".into()
    /// #     }
    /// # }
    /// # impl TopicManager for Dear {
    /// #     fn identify_admissible_outputs(_: Submission) -> Result<AdmittanceInstructions, Refusal> {
    /// #         Ok(AdmittanceInstructions::admit([0]))
    /// #     }
    /// # }
    /// impl TopicRelevance for Dear {
    ///     fn is_relevant(_topic: String, transaction: Transaction) -> Result<bool, Refusal> {
    ///         Ok(transaction.outputs.iter().any(|output| output.satoshis >= 500))
    ///     }
    /// }
    ///
    /// Overlay::new().topic("tm_dear", Dear).relevance(Dear).test(|host| {
    ///     let paid = host.transaction().pay(&Party::named("alice"), 500).sign();
    ///     host.submission(&paid).send().admits("tm_dear", [0]);
    /// });
    /// ```
    #[must_use]
    pub fn relevance<T: Plugin + TopicRelevance>(mut self, plugin: T) -> Self {
        self.plugin(&plugin, NativePlugin::find_with::<T>);
        self
    }

    /// Hosts a lookup service over topics. [`Found`](crate::Found) has an example.
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
    /// [`Basket`](crate::Basket) has an example.
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
    ///
    /// ```
    /// use trellis_testing::{Everything, Overlay};
    ///
    /// let overlay = Overlay::new()
    ///     .topic("tm_tickets", Everything)
    ///     .config(Everything, "issuer", "alice")
    ///     .config(Everything, "minimum", 500);
    /// ```
    #[must_use]
    pub fn config<T: Plugin>(mut self, plugin: T, key: &str, value: impl Into<serde_json::Value>) -> Self {
        let value = match value.into() {
            serde_json::Value::String(text) => text,
            other => other.to_string(),
        };
        self.entry(&plugin).configuration.insert(key.to_owned(), value);
        self
    }

    /// What an operator writes under `limits` of the plugin, by the limit's name: `host_calls`, `read_bytes`,
    /// `written_bytes`, `scanned_rows` and so on. A limit that does not exist fails the test.
    ///
    /// ```
    /// use trellis_testing::{Everything, FaultKind, Overlay, Party};
    /// # use trellis_plugin::{AdmittanceInstructions, Description, Plugin, Refusal, Submission, TopicManager, state};
    ///
    /// /// Writes a row of eight bytes for each output.
    /// struct Counting;
    ///
    /// # impl Plugin for Counting {
    /// #     fn describe() -> Description {
    /// #         Description::new("Counting", "An example.")
    /// #     }
    /// #     fn documentation() -> String {
    /// #         "# Counting".into()
    /// #     }
    /// # }
    /// # impl TopicManager for Counting {
    /// #     fn identify_admissible_outputs(submission: Submission) -> Result<AdmittanceInstructions, Refusal> {
    /// #         submission.transaction.indexed_outputs().for_each(|(index, _)| state::set(&index.to_be_bytes(), b"sold"));
    /// #         Ok(AdmittanceInstructions::admit([0]))
    /// #     }
    /// # }
    /// Overlay::new().topic("tm_counting", Counting).limit(Counting, "written_bytes", 8).test(|host| {
    ///     let alice = Party::named("alice");
    ///     let one = host.transaction().pay(&alice, 500).sign();
    ///     host.submit(&one, ["tm_counting"]).admits("tm_counting", [0]);
    ///     let two = host.transaction().pay(&alice, 500).pay(&alice, 500).sign();
    ///     host.submit(&two, ["tm_counting"]).faults(FaultKind::Budget, "too many bytes written to `state`");
    /// });
    /// ```
    #[must_use]
    pub fn limit<T: Plugin>(mut self, plugin: T, name: &str, value: u64) -> Self {
        self.entry(&plugin).limits.insert(name.to_owned(), value);
        self
    }

    /// Grants a topic, or a service, to look into other topics. The reader is hosted before.
    ///
    /// ```
    /// use trellis_testing::{Everything, Overlay};
    ///
    /// let overlay = Overlay::new()
    ///     .topic("tm_events", Everything)
    ///     .topic("tm_tickets", Everything)
    ///     .reads("tm_tickets", ["tm_events"]);
    /// ```
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

    /// A topic that takes only what somebody signed who holds such a certificate: of a type (base64 of 32 bytes),
    /// revealing these fields, and vouched for in a federation of [`Overlay::trust`]. [`Trust`] has an example.
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

    /// The component of a plugin: with the feature `component` the test runs again with it in the host's sandbox. Plugins
    /// without one run natively beside it. [`Component`] has an example.
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

    /// Runs every case in a folder (see [`cases`](crate::cases)) as [`Overlay::test`] runs a test. What is hosted is this
    /// overlay; `overlay.json` is for those who have only the component.
    ///
    /// ```
    /// use trellis_testing::{Everything, Overlay};
    ///
    /// # let folder = std::env::temp_dir().join(format!("trellis-example-cases-{}", std::process::id()));
    /// # std::fs::create_dir_all(&folder)?;
    /// std::fs::write(
    ///     folder.join("payment.json"),
    ///     r#"{
    ///         "about": "A payment enters the topic.",
    ///         "steps": [
    ///             { "transaction": "paid", "outputs": [{ "pay": "bob", "satoshis": 500 }] },
    ///             { "submit": "paid", "to": ["tm_all"], "expect": { "tm_all": { "admits": [0] } } }
    ///         ]
    ///     }"#,
    /// )?;
    /// Overlay::new().topic("tm_all", Everything).cases(&folder);
    /// # std::fs::remove_dir_all(&folder)?;
    /// # std::io::Result::Ok(())
    /// ```
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
