//! From the generated interface to the author's traits: one adapter a role. Scripts are moved, never copied.

mod convert;
mod panics;

use std::marker::PhantomData;

use crate::bindings::{
    basket_manager_role, lookup_service_role, plugin_role, topic_manager_role, topic_relevance_role,
};
use crate::{BasketManager, LookupService, Plugin, TopicManager, TopicRelevance};
use basket_manager_role::exports::bsv::overlay::basket_manager;
use convert::{outpoint, submission, transaction, txid};
use lookup_service_role::exports::bsv::overlay::lookup_service;
use plugin_role::exports::bsv::overlay::plugin;
use topic_manager_role::exports::bsv::overlay::topic_manager;
use topic_relevance_role::exports::bsv::overlay::topic_relevance;

/// `T` as the interface's `plugin`.
pub struct PluginRole<T>(PhantomData<T>);

impl<T: Plugin> plugin::Guest for PluginRole<T> {
    fn describe() -> Result<plugin::Description, String> {
        panics::report();
        T::check_configuration()?;
        let description = T::describe();
        Ok(plugin::Description {
            name: description.name,
            short_description: description.short_description,
            version: description.version,
            icon_url: description.icon_url,
            information_url: description.information_url,
        })
    }

    fn documentation() -> Result<String, String> {
        panics::report();
        Ok(T::documentation())
    }
}

/// `T` as the interface's `topic-manager`.
pub struct TopicManagerRole<T>(PhantomData<T>);

impl<T: TopicManager> topic_manager::Guest for TopicManagerRole<T> {
    fn identify_admissible_outputs(
        offered: topic_manager::Submission,
    ) -> Result<topic_manager::AdmittanceInstructions, String> {
        panics::report();
        let instructions = T::identify_admissible_outputs(submission(offered)?)?;
        Ok(topic_manager::AdmittanceInstructions {
            outputs_to_admit: instructions.outputs_to_admit,
            coins_to_retain: instructions.coins_to_retain,
        })
    }
}

/// `T` as the interface's `basket-manager`.
pub struct BasketManagerRole<T>(PhantomData<T>);

impl<T: BasketManager> basket_manager::Guest for BasketManagerRole<T> {
    fn operations(offered: basket_manager::Organising) -> Result<Vec<basket_manager::Operation>, String> {
        panics::report();
        let operations = T::operations(convert::organising(offered)?)?;
        Ok(operations.into_iter().map(convert::operation).collect())
    }
}

/// `T` as the interface's `topic-relevance`.
pub struct TopicRelevanceRole<T>(PhantomData<T>);

impl<T: TopicRelevance> topic_relevance::Guest for TopicRelevanceRole<T> {
    fn is_relevant(topic: String, offered: topic_relevance::Transaction) -> Result<bool, String> {
        panics::report();
        Ok(T::is_relevant(topic, transaction(offered)?)?)
    }
}

/// `T` as the interface's `lookup-service`.
pub struct LookupServiceRole<T>(PhantomData<T>);

impl<T: LookupService> lookup_service::Guest for LookupServiceRole<T> {
    fn output_admitted(output: lookup_service::AdmittedOutput) -> Result<(), String> {
        panics::report();
        T::output_admitted(crate::AdmittedOutput {
            topic: output.topic,
            outpoint: outpoint(&output.outpoint)?,
            satoshis: output.satoshis,
            locking_script: output.locking_script,
            admitted_at: output.admitted_at,
            off_chain_values: output.off_chain_values,
        })?;
        Ok(())
    }

    fn output_spent(output: lookup_service::SpentOutput) -> Result<(), String> {
        panics::report();
        T::output_spent(crate::SpentOutput {
            topic: output.topic,
            outpoint: outpoint(&output.outpoint)?,
            satoshis: output.satoshis,
            locking_script: output.locking_script,
            spending_txid: txid(&output.spending_txid)?,
            input_index: output.input_index,
            unlocking_script: output.unlocking_script,
            sequence: output.sequence,
            off_chain_values: output.off_chain_values,
            retained: output.retained,
            spent_at: output.spent_at,
        })?;
        Ok(())
    }

    fn output_no_longer_retained(topic: String, which: lookup_service::Outpoint) -> Result<(), String> {
        panics::report();
        T::output_no_longer_retained(topic, outpoint(&which)?)?;
        Ok(())
    }

    fn output_evicted(topic: String, which: lookup_service::Outpoint) -> Result<(), String> {
        panics::report();
        T::output_evicted(topic, outpoint(&which)?)?;
        Ok(())
    }

    fn lookup(question: lookup_service::Question) -> Result<lookup_service::Answer, String> {
        panics::report();
        let question = crate::Question { service: question.service, query: question.query };
        Ok(match T::lookup(question)? {
            crate::Answer::OutputList(outputs) => {
                lookup_service::Answer::OutputList(outputs.into_iter().map(convert::found_output).collect())
            }
            crate::Answer::Freeform(text) => lookup_service::Answer::Freeform(text),
        })
    }
}
