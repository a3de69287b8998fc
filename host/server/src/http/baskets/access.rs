//! Who may ask what is in which basket, and of which of its tokens.

use std::collections::BTreeSet;

use axum::http::{HeaderMap, StatusCode};
use trellis_engine::domain::basket::BasketName;
use trellis_engine::domain::name::TopicName;
use trellis_engine::federation::CertificateDemand;
use trellis_engine::ports::plugins::PluginId;

use crate::config::checked::{BasketAccessSetup, BasketSetup};
use crate::events::rights::Audience;
use crate::http::access::needs_identity;
use crate::http::auth::Who;
use crate::http::bearer::{Presented, presented};
use crate::http::error::ApiError;

/// The baskets as configured, with what opens them.
#[derive(Debug, Clone, Default)]
pub struct BasketAccess(Vec<BasketSetup>);

/// Which tokens of a basket somebody may ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Share {
    /// All of them.
    Whole,
    /// Those of this owner: its identity key, in lower-case hexadecimal, as managers name owners. Tokens that are only claimed to be
    /// its own are among them, and say so.
    Owned(String),
    /// All of them, for who has shown this certificate.
    Certified(CertificateDemand),
}

impl Share {
    /// Has a question about an owner's tokens, or anybody's, ask for no others than these.
    ///
    /// # Errors
    /// 403 where it asks for those of somebody else.
    pub fn narrow(&self, basket: &str, asked: &mut Option<String>) -> Result<(), ApiError> {
        match (self, &asked) {
            (Self::Owned(own), Some(owner)) if own != owner => {
                let message = format!(
                    "basket `{basket}` shows each owner its own tokens: leave the owner out, or name your identity key, {own}"
                );
                Err(ApiError::new(StatusCode::FORBIDDEN, "ERR_NOT_THE_OWNER", message))
            }
            (Self::Owned(own), _) => {
                *asked = Some(own.clone());
                Ok(())
            }
            (Self::Whole | Self::Certified(_), _) => Ok(()),
        }
    }
}

impl BasketAccess {
    /// Of these baskets. Those that are open and hold tokens of a closed topic are for clients that say who they are.
    #[must_use]
    pub fn new(mut setups: Vec<BasketSetup>, closed: &[TopicName]) -> Self {
        for setup in &mut setups {
            let is_closed = setup.manager.topics.iter().any(|topic| closed.contains(topic));
            if is_closed && setup.access == BasketAccessSetup::Open {
                setup.access = BasketAccessSetup::Authenticated;
            }
        }
        Self(setups)
    }

    /// Of which tokens whoever sent these headers may ask. A basket nobody manages is no secret: asking says that it is unknown.
    ///
    /// # Errors
    /// 401 where a token or a session is missing, 403 where it is another token.
    pub fn check(&self, headers: &HeaderMap, who: Who, basket: &str) -> Result<Share, ApiError> {
        let Ok(name) = BasketName::new(basket) else { return Ok(Share::Whole) };
        let Some(setup) = self.of(&name) else { return Ok(Share::Whole) };
        match (&setup.access, who.0) {
            (BasketAccessSetup::Open, _) | (BasketAccessSetup::Authenticated, Some(_)) => Ok(Share::Whole),
            (BasketAccessSetup::Owner, Some(owner)) => Ok(Share::Owned(hex::encode(owner.0))),
            (BasketAccessSetup::Certified(demand), Some(_)) => Ok(Share::Certified(demand.clone())),
            (BasketAccessSetup::Authenticated | BasketAccessSetup::Certified(_), None) => {
                Err(needs_identity(&format!("basket `{name}`")))
            }
            (BasketAccessSetup::Owner, None) => {
                Err(needs_identity(&format!("basket `{name}`, which shows each owner its own tokens,")))
            }
            (BasketAccessSetup::Token(token), _) => {
                let (status, message) = match presented(headers, token) {
                    Presented::Right => return Ok(Share::Whole),
                    Presented::Missing => (
                        StatusCode::UNAUTHORIZED,
                        format!("basket `{name}` needs a token: send it as Authorization: Bearer <token>"),
                    ),
                    Presented::Wrong => (StatusCode::FORBIDDEN, format!("that is not the token of basket `{name}`")),
                };
                Err(ApiError::new(status, "ERR_UNAUTHORIZED", message))
            }
        }
    }

    /// Managers whose token whoever sent these headers presents.
    #[must_use]
    pub fn opened_managers(&self, headers: &HeaderMap) -> BTreeSet<PluginId> {
        let opened = self.0.iter().filter(|setup| match &setup.access {
            BasketAccessSetup::Token(token) => presented(headers, token) == Presented::Right,
            _ => false,
        });
        opened.map(|setup| setup.manager.plugin.clone()).collect()
    }

    /// For whom events tell of a manager's baskets.
    #[must_use]
    pub fn audience(&self, manager: &PluginId) -> Audience {
        audience(self.0.iter().find(|setup| setup.manager.plugin == *manager))
    }

    /// For whom events tell of a basket.
    #[must_use]
    pub fn audience_of(&self, basket: &BasketName) -> Audience {
        audience(self.of(basket))
    }

    fn of(&self, basket: &BasketName) -> Option<&BasketSetup> {
        self.0.iter().find(|setup| setup.means(basket))
    }
}

fn audience(setup: Option<&BasketSetup>) -> Audience {
    match setup.map(|setup| &setup.access) {
        // What nobody manages any more is not told in any case.
        None | Some(BasketAccessSetup::Open) => Audience::Everybody,
        Some(BasketAccessSetup::Token(_)) => Audience::TokenHolders,
        Some(BasketAccessSetup::Authenticated) => Audience::Authenticated,
        Some(BasketAccessSetup::Owner | BasketAccessSetup::Certified(_)) => Audience::Nobody,
    }
}

#[cfg(test)]
mod tests {
    use axum::http::header;
    use trellis_engine::hosting::{BasketPattern, ManagerSetup};

    use super::*;
    use crate::config::checked::Secret;
    use crate::http::auth::Identity;

    const SOMEBODY: Who = Who(Some(Identity([2; 33])));
    const NOBODY: Who = Who(None);

    fn access() -> BasketAccess {
        let topic = |name: &str| TopicName::new(name).unwrap();
        let setup = |plugin: &str, granted: &str, access| BasketSetup {
            manager: ManagerSetup {
                plugin: PluginId(plugin.into()),
                baskets: vec![BasketPattern::new(&format!("{plugin}/*")).unwrap()],
                topics: vec![topic(granted)],
            },
            access,
        };
        let setups = vec![
            setup("open", "tm_open", BasketAccessSetup::Open),
            setup("hidden", "tm_closed", BasketAccessSetup::Open),
            setup("closed", "tm_open", BasketAccessSetup::Token(Secret::new("right".to_owned()))),
            setup("members", "tm_open", BasketAccessSetup::Authenticated),
            setup("mine", "tm_open", BasketAccessSetup::Owner),
        ];
        BasketAccess::new(setups, &[topic("tm_closed")])
    }

    fn with(token: &str) -> HeaderMap {
        HeaderMap::from_iter([(header::AUTHORIZATION, format!("Bearer {token}").parse().unwrap())])
    }

    #[test]
    fn a_basket_opens_to_what_it_wants_only_and_is_named_in_the_refusal() {
        let (access, none) = (access(), HeaderMap::new());
        let owned = Share::Owned("02".repeat(33));
        let unauthorized = StatusCode::UNAUTHORIZED;
        for (headers, who, basket, expected) in [
            (&none, NOBODY, "open/a", Ok(Share::Whole)),
            (&none, NOBODY, "nobodys", Ok(Share::Whole)),
            (&none, NOBODY, "closed/a", Err((unauthorized, "Bearer"))),
            (&none, SOMEBODY, "closed/a", Err((unauthorized, "Bearer"))),
            (&with("wrong"), NOBODY, "closed/a", Err((StatusCode::FORBIDDEN, "not the token"))),
            (&with("righ"), NOBODY, "closed/a", Err((StatusCode::FORBIDDEN, "not the token"))),
            (&with("right"), NOBODY, "closed/a", Ok(Share::Whole)),
            (&with("wrong"), NOBODY, "open/a", Ok(Share::Whole)),
            (&with("right"), NOBODY, "members/a", Err((unauthorized, "AuthFetch"))),
            (&none, SOMEBODY, "members/a", Ok(Share::Whole)),
            (&none, NOBODY, "hidden/a", Err((unauthorized, "AuthFetch"))),
            (&none, SOMEBODY, "hidden/a", Ok(Share::Whole)),
            (&none, NOBODY, "mine/a", Err((unauthorized, "each owner its own"))),
            (&none, SOMEBODY, "mine/a", Ok(owned)),
        ] {
            let found = access.check(headers, who, basket);
            match (found, expected) {
                (Ok(share), expected) => assert_eq!(Ok(share), expected, "{basket}"),
                (Err(refused), expected) => {
                    let (status, part) = expected.expect_err(basket);
                    assert_eq!(refused.status, status, "{basket}");
                    assert!(refused.message.contains(&format!("`{basket}`")), "{}", refused.message);
                    assert!(refused.message.contains(part), "{}", refused.message);
                }
            }
        }
    }

    #[test]
    fn an_owner_asks_for_its_own_tokens_whether_it_says_so_or_not() {
        let own = Share::Owned("02aa".to_owned());
        let mut asked = None;
        own.narrow("mine/a", &mut asked).unwrap();
        assert_eq!(asked.as_deref(), Some("02aa"));
        own.narrow("mine/a", &mut asked).unwrap();
        let refused = own.narrow("mine/a", &mut Some("03bb".to_owned())).unwrap_err();
        assert_eq!((refused.status, refused.code), (StatusCode::FORBIDDEN, "ERR_NOT_THE_OWNER"));
        assert!(refused.message.contains("`mine/a`") && refused.message.contains("02aa"), "{}", refused.message);
        let mut anybodys = Some("03bb".to_owned());
        Share::Whole.narrow("open/a", &mut anybodys).unwrap();
        assert_eq!(anybodys.as_deref(), Some("03bb"));
    }

    #[test]
    fn events_tell_of_baskets_to_whom_they_are_open() {
        let access = access();
        let audience = |plugin: &str| access.audience(&PluginId(plugin.into()));
        assert_eq!(audience("open"), Audience::Everybody);
        assert_eq!(audience("hidden"), Audience::Authenticated);
        assert_eq!(audience("closed"), Audience::TokenHolders);
        assert_eq!(audience("members"), Audience::Authenticated);
        assert_eq!(audience("mine"), Audience::Nobody);
        assert_eq!(access.opened_managers(&with("right")), [PluginId("closed".into())].into());
        assert!(access.opened_managers(&with("wrong")).is_empty());
    }
}
