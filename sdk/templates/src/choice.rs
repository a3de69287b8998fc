//! What can be chosen: languages and roles.

/// A language a plugin can be written in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Language {
    /// Rust, compiled.
    Rust,
    /// JavaScript, with QuickJS inside the component.
    JavaScript,
    /// Python, with CPython inside the component.
    Python,
}

impl Language {
    /// All of them, by what they are called on a command line.
    pub const ALL: [(&'static str, Self); 3] =
        [("rust", Self::Rust), ("javascript", Self::JavaScript), ("python", Self::Python)];

    /// The folder of its template.
    pub(crate) fn folder(self) -> &'static str {
        match self {
            Self::Rust => "rust",
            Self::JavaScript => "javascript",
            Self::Python => "python",
        }
    }
}

/// A role a plugin can have.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// Decides which outputs enter a topic.
    TopicManager,
    /// Says which transactions concern a topic.
    TopicRelevance,
    /// Answers questions about the outputs of topics.
    LookupService,
    /// Organises tokens in baskets.
    BasketManager,
}

/// Roles that do not go together.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum RoleError {
    /// None at all.
    #[error("a plugin has at least one role: topic-manager, lookup-service or basket-manager")]
    None,
    /// Relevance of nothing.
    #[error(
        "the role topic-relevance says which transactions a topic manager is to judge: choose topic-manager as well"
    )]
    RelevanceAlone,
}

impl Role {
    /// All of them, by the names of their interfaces.
    pub const ALL: [(&'static str, Self); 4] = [
        ("topic-manager", Self::TopicManager),
        ("topic-relevance", Self::TopicRelevance),
        ("lookup-service", Self::LookupService),
        ("basket-manager", Self::BasketManager),
    ];

    /// The role of this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(known, _)| *known == name).map(|(_, role)| *role)
    }

    /// Whether a component with these roles is of any use.
    ///
    /// # Errors
    /// [`RoleError`] says which role is missing.
    pub(crate) fn check(roles: &[Self]) -> Result<(), RoleError> {
        match roles {
            [] => Err(RoleError::None),
            _ if roles.contains(&Self::TopicRelevance) && !roles.contains(&Self::TopicManager) => {
                Err(RoleError::RelevanceAlone)
            }
            _ => Ok(()),
        }
    }
}
