//! Who may ask what is in which basket.

use axum::http::{HeaderMap, StatusCode};
use trellis_engine::domain::basket::BasketName;

use crate::config::checked::BasketSetup;
use crate::http::bearer::{Presented, presented};
use crate::http::error::ApiError;

/// The baskets as configured, with the tokens that open them.
#[derive(Debug, Clone, Default)]
pub struct BasketAccess(Vec<BasketSetup>);

impl BasketAccess {
    /// Of these baskets.
    #[must_use]
    pub fn new(setups: Vec<BasketSetup>) -> Self {
        Self(setups)
    }

    /// Whether whoever sent these headers may ask what is in a basket. A basket nobody manages is no secret: asking says that it is
    /// unknown.
    ///
    /// # Errors
    /// 401 where a token is missing, 403 where it is another one.
    pub fn check(&self, headers: &HeaderMap, basket: &str) -> Result<(), ApiError> {
        let Ok(name) = BasketName::new(basket) else { return Ok(()) };
        let Some(setup) = self.0.iter().find(|setup| setup.means(&name)) else { return Ok(()) };
        let Some(token) = &setup.token else { return Ok(()) };
        let (status, message) = match presented(headers, token) {
            Presented::Right => return Ok(()),
            Presented::Missing => (
                StatusCode::UNAUTHORIZED,
                format!("basket `{name}` needs a token: send it as Authorization: Bearer <token>"),
            ),
            Presented::Wrong => (StatusCode::FORBIDDEN, format!("that is not the token of basket `{name}`")),
        };
        Err(ApiError::new(status, "ERR_UNAUTHORIZED", message))
    }

    /// The baskets that whoever sent these headers may ask about.
    #[must_use]
    pub fn opened_by(&self, headers: &HeaderMap) -> Self {
        Self(
            self.0
                .iter()
                .filter(|setup| setup.token.as_ref().is_none_or(|token| presented(headers, token) == Presented::Right))
                .cloned()
                .collect(),
        )
    }

    /// Whether a basket is among them.
    #[must_use]
    pub fn has(&self, basket: &str) -> bool {
        BasketName::new(basket).is_ok_and(|name| self.0.iter().any(|setup| setup.means(&name)))
    }
}

#[cfg(test)]
mod tests {
    use axum::http::header;
    use trellis_engine::hosting::{BasketPattern, ManagerSetup};
    use trellis_engine::ports::plugins::PluginId;

    use super::*;
    use crate::config::checked::Secret;

    fn access() -> BasketAccess {
        let setup = |pattern, token: Option<&str>| BasketSetup {
            manager: ManagerSetup {
                plugin: PluginId("shop".into()),
                baskets: vec![BasketPattern::new(pattern).unwrap()],
                topics: Vec::new(),
            },
            token: token.map(|token| Secret::new(token.to_owned())),
        };
        BasketAccess::new(vec![setup("open/*", None), setup("closed/*", Some("right"))])
    }

    fn with(token: &str) -> HeaderMap {
        HeaderMap::from_iter([(header::AUTHORIZATION, format!("Bearer {token}").parse().unwrap())])
    }

    #[test]
    fn a_closed_basket_opens_to_its_token_only_and_is_named_in_the_refusal() {
        let access = access();
        for (headers, basket, status) in [
            (HeaderMap::new(), "open/a", None),
            (HeaderMap::new(), "nobodys", None),
            (HeaderMap::new(), "closed/a", Some(StatusCode::UNAUTHORIZED)),
            (with("wrong"), "closed/a", Some(StatusCode::FORBIDDEN)),
            (with("righ"), "closed/a", Some(StatusCode::FORBIDDEN)),
            (with("right"), "closed/a", None),
            (with("wrong"), "open/a", None),
        ] {
            let refused = access.check(&headers, basket).err();
            assert_eq!(refused.as_ref().map(|refused| refused.status), status, "{basket}");
            assert!(refused.is_none_or(|refused| refused.message.contains("`closed/a`")));
        }
    }

    #[test]
    fn a_list_shows_what_is_open_to_whoever_asks() {
        let access = access();
        let (nobody, knows) = (access.opened_by(&HeaderMap::new()), access.opened_by(&with("right")));
        assert_eq!((nobody.has("open/a"), nobody.has("closed/a")), (true, false));
        assert_eq!((knows.has("open/a"), knows.has("closed/a")), (true, true));
    }
}
