//! One instance that gives many verdicts, to measure what a fresh one for each costs. Nothing is judged so: an instance that lives on
//! knows what came before.

use trellis_calls::{Export, Subject};
use trellis_engine::ports::plugins::{PluginError, PluginHost, PluginId, TopicSubmission};

use crate::arguments::with_submission;
use crate::run::Call;
use crate::sandbox::Sandbox;

impl Sandbox {
    /// How many outputs a plugin's topic manager admits of each submission, where one instance judges them all; 0 where it refuses. For
    /// measuring only, and for a few at a time: what the instance allocates is never given back.
    ///
    /// # Errors
    /// [`PluginError`] where it breaks.
    pub fn verdicts_of_one_instance(
        &self,
        plugin: &PluginId,
        submissions: &[TopicSubmission<'_>],
        host: &mut dyn PluginHost,
    ) -> Result<Vec<usize>, PluginError> {
        let (plugin, topic_manager) = self.role(plugin, |plugin| plugin.topic_manager.as_ref())?;
        let calls: Vec<Call<'_>> = submissions
            .iter()
            .map(|submission| Call {
                export: Export::IdentifyAdmissibleOutputs,
                subject: Subject::Verdict(submission.topic.as_str(), submission.view.transaction.txid()),
                transaction: Some(submission.view.transaction),
            })
            .collect();
        let told = self.runtime.run_in_one_instance(&plugin.program, &calls, host, |store, instance, number| {
            // There are as many calls as submissions.
            let Some(submission) = submissions.get(number) else { return Ok(Err(String::new())) };
            with_submission(submission, |record| {
                topic_manager.load(&mut *store, instance)?.call_identify_admissible_outputs(store, record)
            })
        })?;
        Ok(told.into_iter().map(|told| told.map_or(0, |told| told.outputs_to_admit.len())).collect())
    }
}
