//! The model's rules as the host's plugins.

use std::sync::{Arc, Mutex};

use trellis_engine::domain::name::{ServiceName, TopicName};
use trellis_engine::ports::plugins::{
    CallCost, FaultKind, IndexNotice, Judgement, LookupFindings, Operation, Organising, PluginDescription, PluginError,
    PluginFault, PluginHost, PluginId, Plugins, StateRange, TopicSubmission, TransactionView,
};
use trellis_model::derived::Topic;
use trellis_model::manager::{self, Manager};
use trellis_model::model::Running;
use trellis_model::rule::{Asked, Notice, Said, State, index};
use trellis_model::transaction::Outpoint;
use trellis_spv::hash::Txid;

use super::baskets::{model_token, operation};
use super::store::Meanwhile;
use super::world::{in_short, outpoint};

/// Most rows of a page.
const PAGE: usize = 1_000;

pub struct RulePlugins {
    pub running: Mutex<Vec<Running>>,
    pub service_broken: Mutex<bool>,
    pub manager: Mutex<Manager>,
    pub manager_broken: Mutex<bool>,
    /// Done once, when the next topic is asked.
    pub meanwhile: Mutex<Option<Meanwhile>>,
}

/// The name of a topic, and of its plugin.
pub fn topic_name(topic: Topic) -> TopicName {
    TopicName::new(&format!("tm_{}", char::from(b'a' + topic as u8))).unwrap()
}

/// The topic of a name.
pub fn topic_of(name: &TopicName) -> Topic {
    u32::from(name.as_str().as_bytes()[3] - b'a')
}

/// A plugin's state as a rule sees it.
struct HostState<'h>(&'h mut dyn PluginHost);

impl State for HostState<'_> {
    fn get(&mut self, key: &[u8]) -> Option<Vec<u8>> {
        self.0.state_get(key).unwrap()
    }
    fn set(&mut self, key: &[u8], value: Option<&[u8]>) {
        self.0.state_set(key, value).unwrap();
    }
    fn all(&mut self, start: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
        let range = StateRange { start: start.to_vec(), end: None, reverse: false, limit: PAGE };
        let page = self.0.state_scan(&range).unwrap();
        assert!(!page.more, "more rows than a page has");
        page.entries
    }
    fn get_of(&mut self, topic: Topic, key: &[u8]) -> Option<Vec<u8>> {
        self.0.topic_state_get(&topic_name(topic), key).unwrap()
    }
    fn all_of(&mut self, topic: Topic, start: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
        let range = StateRange { start: start.to_vec(), end: None, reverse: false, limit: PAGE };
        let page = self.0.topic_state_scan(&topic_name(topic), &range).unwrap();
        assert!(!page.more, "more rows than a page has");
        page.entries
    }
    fn output_of(&mut self, topic: Topic, of: &Outpoint) -> Option<bool> {
        let of = trellis_spv::hash::Outpoint::new(Txid::from_internal(of.id.0), of.output);
        self.0.topic_output(&topic_name(topic), &of).unwrap().map(|held| held.spent)
    }
}

fn fault(plugin: &PluginId) -> PluginError {
    PluginError::Fault(Box::new(PluginFault {
        plugin: plugin.clone(),
        call: "call",
        about: None,
        kind: FaultKind::Panic,
        text: "it broke".into(),
        remedy: "Mend it".into(),
    }))
}

impl Plugins for RulePlugins {
    fn description(&self, _: &PluginId) -> Option<Arc<PluginDescription>> {
        Some(Arc::new(PluginDescription {
            name: "rule".into(),
            short_description: String::new(),
            version: None,
            icon_url: None,
            information_url: None,
            documentation: String::new(),
            sha256: [1; 32],
            configuration_digest: [2; 32],
            state_quota: u64::MAX,
            topic_manager: true,
            topic_relevance: false,
            lookup_service: true,
            basket_manager: true,
        }))
    }

    fn promote(&self, _: &PluginId) -> bool {
        false
    }

    fn identify_admissible_outputs(
        &self,
        plugin: &PluginId,
        submission: &TopicSubmission<'_>,
        host: &mut dyn PluginHost,
    ) -> Result<Judgement, PluginError> {
        let Running { rule, broken } = self.running.lock().unwrap()[topic_of(submission.topic) as usize];
        let transaction = in_short(submission.view.transaction);
        let asked = Asked { transaction: &transaction, previous_coins: submission.previous_coins };
        let said = if broken { None } else { Some(rule.judge(asked, &mut HostState(host))) };
        // Between what the rule read and what the host makes of its answer.
        let meanwhile = self.meanwhile.lock().unwrap().take();
        meanwhile.into_iter().for_each(|meanwhile| meanwhile());
        match said {
            None => Err(fault(plugin)),
            Some(Said::Refuses) => Err(PluginError::Refusal("no".into())),
            Some(Said::Takes { admit, retain }) => {
                Ok(Judgement { outputs_to_admit: admit, coins_to_retain: retain, cost: CallCost::default() })
            }
        }
    }

    fn is_relevant(
        &self,
        _: &PluginId,
        _: &TopicName,
        _: TransactionView<'_>,
        _: &mut dyn PluginHost,
    ) -> Result<bool, PluginError> {
        Ok(false)
    }

    fn index(
        &self,
        plugin: &PluginId,
        _: &ServiceName,
        notice: &IndexNotice<'_>,
        host: &mut dyn PluginHost,
    ) -> Result<(), PluginError> {
        if *self.service_broken.lock().unwrap() {
            return Err(fault(plugin));
        }
        let (topic, of, told) = match notice {
            IndexNotice::Admitted { topic, outpoint, off_chain_values, .. } => {
                (topic, outpoint, Notice::Admitted(*off_chain_values))
            }
            IndexNotice::Spent { topic, outpoint, retained, .. } => (topic, outpoint, Notice::Spent(*retained)),
            IndexNotice::NoLongerRetained { topic, outpoint, .. } => (topic, outpoint, Notice::NoLongerRetained),
            IndexNotice::Evicted { topic, outpoint } => (topic, outpoint, Notice::Evicted),
        };
        index(topic_of(topic), &outpoint(of), told, &mut HostState(host));
        Ok(())
    }

    fn operations(
        &self,
        plugin: &PluginId,
        organising: &Organising<'_>,
        _: &mut dyn PluginHost,
    ) -> Result<Vec<Operation>, PluginError> {
        if *self.manager_broken.lock().unwrap() {
            return Err(fault(plugin));
        }
        let transaction = in_short(organising.view.transaction);
        let admitted: Vec<_> = organising.admitted.iter().map(|(topic, output)| (topic_of(topic), *output)).collect();
        let held: Vec<_> = organising.held.iter().map(|(input, token)| (*input, model_token(token))).collect();
        let values = organising.off_chain_values;
        let asked = manager::Organising { transaction: &transaction, admitted: &admitted, held: &held, values };
        let said = self.manager.lock().unwrap().organise(asked);
        let operations = said.ok_or_else(|| PluginError::Refusal("no".into()))?;
        Ok(operations.into_iter().map(operation).collect())
    }

    fn lookup(
        &self,
        _: &PluginId,
        _: &ServiceName,
        _: &str,
        _: &mut dyn PluginHost,
    ) -> Result<LookupFindings, PluginError> {
        Ok(LookupFindings::Outputs(Vec::new()))
    }
}
