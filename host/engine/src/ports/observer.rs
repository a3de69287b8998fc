//! The observer port: what the engine tells metrics about, and the only clock it measures durations with.

use super::plugins::PluginId;

/// A reading of the clocks durations are measured with.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Mark {
    /// Monotonic nanoseconds.
    pub wall_nanos: u64,
    /// CPU nanoseconds of the calling thread; 0 where nobody asked for them.
    pub cpu_nanos: u64,
}

/// The stages of a submission, in order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Stage {
    /// Framing and recognising what was submitted before.
    Parse,
    /// Proofs, values and scripts.
    Verify,
    /// Spends, previous coins and versions.
    Read,
    /// Topic managers.
    Judge,
    /// Basket managers.
    Organise,
    /// Lookup services.
    Index,
    /// Building the plan.
    Plan,
    /// Storing raw transactions ahead of the plan.
    Contents,
    /// The commit, durability included.
    Commit,
}

impl Stage {
    /// All, in order.
    pub const ALL: [Self; 9] = [
        Self::Parse,
        Self::Verify,
        Self::Read,
        Self::Judge,
        Self::Organise,
        Self::Index,
        Self::Plan,
        Self::Contents,
        Self::Commit,
    ];

    /// A metric label.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Parse => "parse",
            Self::Verify => "verify",
            Self::Read => "read",
            Self::Judge => "judge",
            Self::Organise => "organise",
            Self::Index => "index",
            Self::Plan => "plan",
            Self::Contents => "contents",
            Self::Commit => "commit",
        }
    }
}

/// Hears what the engine does. Must not block.
pub trait Observer: Send + Sync {
    /// The clocks now.
    fn mark(&self) -> Mark;

    /// A stage of a submission ended; it began at `since`.
    fn stage(&self, stage: Stage, since: Mark);

    /// A plan met a change and is made again; `attempt` counts from 1.
    fn conflict(&self, attempt: u32);

    /// A plugin refused.
    fn refused(&self, plugin: &PluginId);

    /// The network answered about a transaction.
    fn network_answer(&self, broadcaster: &str, meaning: super::network::AnswerMeaning);
    /// Transactions were taken back, and submissions that had rested on them were judged again.
    fn taken_back(&self, transactions: usize, judged_again: usize);
    /// Transactions lost their block.
    fn orphaned(&self, transactions: usize);
    /// A rebuild told a service or a manager of outputs.
    fn told_again(&self, outputs: u64);
    /// A service or a manager was rebuilt, and serves.
    fn rebuilt(&self);
}

/// Hears nothing; its clocks stand still. For tests and tools.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unobserved;

impl Observer for Unobserved {
    fn mark(&self) -> Mark {
        Mark::default()
    }
    fn stage(&self, _: Stage, _: Mark) {}
    fn conflict(&self, _: u32) {}
    fn refused(&self, _: &PluginId) {}
    fn network_answer(&self, _: &str, _: super::network::AnswerMeaning) {}
    fn taken_back(&self, _: usize, _: usize) {}
    fn orphaned(&self, _: usize) {}
    fn told_again(&self, _: u64) {}
    fn rebuilt(&self) {}
}
