//! What a reader of events may be told besides what is open to everybody.

use std::collections::BTreeSet;

use trellis_engine::ports::plugins::PluginId;

/// What a reader may be told besides what is open to everybody.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rights {
    /// It said who it is: topics and baskets for everybody who does.
    pub session: bool,
    /// Managers whose baskets' token it presents.
    pub opened: BTreeSet<PluginId>,
}

/// Whom a section is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// Everybody.
    Everybody,
    /// Everybody who says who it is.
    Authenticated,
    /// Who has the manager's token.
    TokenHolders,
    /// Nobody: baskets that show each owner its own tokens, or want a certificate. A commit is told to all alike, so whoever may asks
    /// the basket itself.
    Nobody,
}

impl Rights {
    /// Of who says who it is.
    #[must_use]
    pub const fn of_session() -> Self {
        Self { session: true, opened: BTreeSet::new() }
    }

    /// Whether a section for this audience may be told; one of baskets is `manager`'s.
    #[must_use]
    pub fn include(&self, audience: Audience, manager: Option<&PluginId>) -> bool {
        match audience {
            Audience::Everybody => true,
            Audience::Authenticated => self.session,
            Audience::TokenHolders => manager.is_some_and(|manager| self.opened.contains(manager)),
            Audience::Nobody => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_is_told_what_its_session_and_its_tokens_open() {
        let (mine, other) = (PluginId("mine".into()), PluginId("other".into()));
        let holder = Rights { session: false, opened: [mine.clone()].into() };
        for (rights, audience, told) in [
            (&Rights::default(), Audience::Everybody, true),
            (&Rights::default(), Audience::Authenticated, false),
            (&Rights::of_session(), Audience::Authenticated, true),
            (&Rights::of_session(), Audience::TokenHolders, false),
            (&holder, Audience::TokenHolders, true),
            (&holder, Audience::Authenticated, false),
            (&Rights::of_session(), Audience::Nobody, false),
        ] {
            assert_eq!(rights.include(audience, Some(&mine)), told, "{rights:?} {audience:?}");
        }
        assert!(!holder.include(Audience::TokenHolders, Some(&other)));
    }
}
