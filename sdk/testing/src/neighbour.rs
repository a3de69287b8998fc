//! A plugin for the topics beside the one that is tested.

use trellis_plugin::{AdmittanceInstructions, Description, Plugin, Refusal, Submission, TopicManager};

/// Admits every output and retains every coin: a topic that another one reads, or where revocation outputs lie. It has no
/// component, and runs natively beside one.
///
/// ```
/// use trellis_testing::{Everything, Overlay, Party};
///
/// Overlay::new().topic("tm_events", Everything).test(|host| {
///     let announced = host.transaction().token(&Party::named("venue"), ["concert"]).sign();
///     host.submit(&announced, ["tm_events"]).admits("tm_events", [0]);
/// });
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Everything;

impl Plugin for Everything {
    fn describe() -> Description {
        Description::new("Everything", "Admits every output and retains every coin.")
    }

    fn documentation() -> String {
        "# Everything".to_owned()
    }
}

impl TopicManager for Everything {
    fn identify_admissible_outputs(submission: Submission) -> Result<AdmittanceInstructions, Refusal> {
        let outputs = (0u32..).zip(&submission.transaction.outputs).map(|(index, _)| index);
        Ok(AdmittanceInstructions::admit(outputs).retaining(submission.previous_coins))
    }
}
