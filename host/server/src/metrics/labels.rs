//! The label sets. Their values come from small fixed sets or from the configuration.

use prometheus_client::encoding::EncodeLabelSet;

/// How a submission ended.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct OutcomeLabel {
    /// `admitted`, `repeated`, `not_wanted`, `relayed`, `converted`, or the kind of error.
    pub outcome: &'static str,
}

/// A stage of a submission.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct StageLabel {
    /// Its name.
    pub stage: &'static str,
}

/// A plugin.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct PluginLabel {
    /// Its configured id.
    pub plugin: String,
}

/// The state of a plugin's topic or service.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct StateLabels {
    /// Its configured id.
    pub plugin: String,
    /// The topic or service.
    pub of: String,
}

/// Calls into a plugin.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct CallLabels {
    /// Its configured id.
    pub plugin: String,
    /// The exported function.
    pub call: &'static str,
}

/// A plugin's faults.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct FaultLabels {
    /// Its configured id.
    pub plugin: String,
    /// What kind.
    pub kind: &'static str,
}

/// A broadcaster's answers.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct AnswerLabels {
    /// Its name.
    pub broadcaster: String,
    /// What the answer means.
    pub meaning: &'static str,
}

/// Requests of a route.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct RequestLabels {
    /// `public` or `admin`.
    pub listener: &'static str,
    /// The route as declared; `unmatched` for all others.
    pub route: String,
    /// HTTP status; 0 where the client went away before the answer.
    pub status: u16,
}

/// A route.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct RouteLabel {
    /// As declared.
    pub route: String,
}
