//! Answers the SDK's types cannot express. Exports two roles by hand: what is not raw goes on to the SDK's adapters.

use trellis_plugin::bindings::lookup_service_role::{
    export_lookup_service_role, exports::bsv::overlay::lookup_service::*,
};
use trellis_plugin::bindings::plugin_role::{export_plugin_role, exports::bsv::overlay::plugin};
use trellis_plugin::config;
use trellis_plugin::export::{LookupServiceRole, PluginRole};

use crate::Hostile;

type Adapter = LookupServiceRole<Hostile>;
struct Raw;

/// A plugin that would rather not say what it is: `refuse` under the config key of the call.
fn refused(call: &str) -> Result<(), String> {
    match config::get(call).as_deref() {
        Some("refuse") => Err("a hostile refusal".into()),
        _ => Ok(()),
    }
}

impl plugin::Guest for Raw {
    fn describe() -> Result<plugin::Description, String> {
        refused("behave-describe")?;
        PluginRole::<Hostile>::describe()
    }

    fn documentation() -> Result<String, String> {
        refused("behave-documentation")?;
        PluginRole::<Hostile>::documentation()
    }
}

impl Guest for Raw {
    fn output_admitted(output: AdmittedOutput) -> Result<(), String> {
        Adapter::output_admitted(output)
    }

    fn output_spent(output: SpentOutput) -> Result<(), String> {
        Adapter::output_spent(output)
    }

    fn output_no_longer_retained(topic: String, outpoint: Outpoint) -> Result<(), String> {
        Adapter::output_no_longer_retained(topic, outpoint)
    }

    fn output_evicted(topic: String, outpoint: Outpoint) -> Result<(), String> {
        Adapter::output_evicted(topic, outpoint)
    }

    fn lookup(question: Question) -> Result<Answer, String> {
        match question.query.as_str() {
            "\"short-txid\"" => Ok(found(vec![1; 31])),
            "\"long-txid\"" => Ok(found(vec![1; 33])),
            "\"empty-txid\"" => Ok(found(Vec::new())),
            _ => Adapter::lookup(question),
        }
    }
}

fn found(txid: Vec<u8>) -> Answer {
    Answer::OutputList(vec![FoundOutput {
        outpoint: Outpoint { txid, output_index: 0 },
        history_depth: 0,
        context: None,
    }])
}

export_plugin_role!(Raw with_types_in trellis_plugin::bindings::plugin_role);
export_lookup_service_role!(Raw with_types_in trellis_plugin::bindings::lookup_service_role);
