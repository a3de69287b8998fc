//! Who may ask for what: paths, topics and lookup services that answer only clients that say who they are (BRC-103).
//!
//! A topic that is not open is closed as a whole: submitting to it, its state, its outputs, what `/v1/topics` says of it, its
//! sections of events, lookup services that index or read it, and baskets of managers it is granted to. What the network knows
//! stays open: where a transaction stands, and its bytes with their proofs. So do names and documentation.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use trellis_engine::domain::name::TopicName;
use trellis_engine::federation::CertificateDemand;
use trellis_engine::hosting::ServiceSetup;

use super::auth::{HANDSHAKE, Identity, Who};
use super::baskets::BasketAccess;
use super::certified;
use super::client::ClientKey;
use super::error::ApiError;
use super::events::STREAMS;
use crate::config::Config;
use crate::config::checked::AccessSetup;
use crate::node::Node;

/// Who may ask for what, as configured.
#[derive(Debug, Clone)]
pub struct AccessRules {
    /// Paths, topics and lookup services.
    pub access: Access,
    /// Certificates that paths and baskets want.
    pub demands: Vec<CertificateDemand>,
    /// What is in which basket.
    pub baskets: BasketAccess,
}

impl AccessRules {
    /// As configured.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        Self {
            access: Access::new(&config.access, &config.services),
            demands: config.demands().cloned().collect(),
            baskets: BasketAccess::new(config.baskets.clone(), &config.access.topics),
        }
    }
}

/// What is not open to everybody.
#[derive(Debug, Clone, Default)]
pub struct Access {
    paths: Vec<String>,
    /// Paths that want a certificate, the longest first.
    certified: Vec<(String, CertificateDemand)>,
    topics: BTreeSet<TopicName>,
    /// Lookup services, and the topic that each is closed for.
    services: BTreeMap<String, TopicName>,
}

impl Access {
    /// As configured. A lookup service is as strict as the strictest of the topics it hears of.
    #[must_use]
    pub fn new(setup: &AccessSetup, services: &[ServiceSetup]) -> Self {
        let topics: BTreeSet<TopicName> = setup.topics.iter().cloned().collect();
        let closed = |service: &ServiceSetup| {
            let topic = service.topics.iter().chain(&service.reads).find(|topic| topics.contains(*topic))?;
            Some((service.name.to_string(), topic.clone()))
        };
        let mut certified = setup.certified.clone();
        certified.sort_by_key(|(path, _)| std::cmp::Reverse(path.len()));
        Self { paths: setup.paths.clone(), certified, services: services.iter().filter_map(closed).collect(), topics }
    }

    /// Whether a client may ask for a path.
    ///
    /// # Errors
    /// 401 says which path is not open, and what to do.
    pub fn check_path(&self, path: &str, who: Option<&Identity>) -> Result<(), ApiError> {
        match self.paths.iter().find(|closed| covers(closed, path)) {
            Some(closed) if who.is_none() => Err(needs_identity(&format!("path `{closed}`"))),
            _ => Ok(()),
        }
    }

    /// The certificate that a path wants, and which path wants it.
    #[must_use]
    pub fn certified(&self, path: &str) -> Option<&(String, CertificateDemand)> {
        self.certified.iter().find(|(closed, _)| covers(closed, path))
    }

    /// Whether a client may submit to topics, and read them.
    ///
    /// # Errors
    /// 401 says which topic is not open, and what to do.
    pub fn check_topics(&self, topics: &[TopicName], who: Option<&Identity>) -> Result<(), ApiError> {
        match topics.iter().find(|topic| !self.may_read(topic, who.is_some())) {
            Some(closed) => Err(needs_identity(&format!("topic `{closed}`"))),
            None => Ok(()),
        }
    }

    /// Whether a client may ask a lookup service.
    ///
    /// # Errors
    /// 401 says for which topic the service is not open, and what to do.
    pub fn check_service(&self, service: &str, who: Option<&Identity>) -> Result<(), ApiError> {
        match self.services.get(service) {
            Some(topic) if who.is_none() => {
                Err(needs_identity(&format!("lookup service `{service}`, which hears of topic `{topic}`,")))
            }
            _ => Ok(()),
        }
    }

    /// Whether a topic is open, or to those with a session.
    #[must_use]
    pub fn may_read(&self, topic: &TopicName, has_session: bool) -> bool {
        has_session || !self.topics.contains(topic)
    }

    /// The topics that a client may not submit to.
    #[must_use]
    pub fn closed_to(&self, who: Option<&Identity>) -> Vec<TopicName> {
        if who.is_some() { Vec::new() } else { self.topics.iter().cloned().collect() }
    }
}

/// Whether one path is another one, or the other one is below it.
#[must_use]
pub fn covers(path: &str, other: &str) -> bool {
    other.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// 401 for a client that does not say who it is.
#[must_use]
pub fn needs_identity(what: &str) -> ApiError {
    let message = format!(
        "{what} is only for clients that say who they are: shake hands at {HANDSHAKE} and sign the request (BRC-103 and BRC-104; \
         `AuthFetch` of @bsv/sdk does it by itself)"
    );
    ApiError::new(StatusCode::UNAUTHORIZED, "ERR_AUTH_REQUIRED", message)
}

/// Lets through what is open, and who says who it is. Streams of events are asked for with a token in place of a signature: their
/// handlers look at it.
pub async fn guard(State(node): State<Arc<Node>>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let who = Who(request.extensions().get::<Identity>().copied());
    if STREAMS.contains(&path) {
        return next.run(request).await;
    }
    let rules = node.rules();
    if let Err(refused) = rules.access.check_path(path, who.identity()) {
        return refused.into_response();
    }
    let client = request.extensions().get::<ClientKey>().copied();
    if let (Some((closed, demand)), Some(client)) = (rules.access.certified(path), client)
        && let Err(refused) = certified::check(&node, client, who, format!("path `{closed}`"), demand.clone()).await
    {
        return refused.into_response();
    }
    next.run(request).await
}

#[cfg(test)]
mod tests {
    use trellis_engine::domain::name::ServiceName;
    use trellis_engine::ports::plugins::PluginId;

    use super::*;

    const SOMEBODY: Identity = Identity([2; 33]);

    fn topic(name: &str) -> TopicName {
        TopicName::new(name).unwrap()
    }

    fn access() -> Access {
        let service = |name: &str, topics: &[&str], reads: &[&str]| ServiceSetup {
            name: ServiceName::new(name).unwrap(),
            plugin: PluginId("any".into()),
            topics: topics.iter().map(|name| topic(name)).collect(),
            reads: reads.iter().map(|name| topic(name)).collect(),
        };
        let setup = AccessSetup {
            paths: vec!["/v1/events".to_owned()],
            topics: vec![topic("tm_closed")],
            ..AccessSetup::default()
        };
        let services = [
            service("ls_open", &["tm_open"], &[]),
            service("ls_both", &["tm_open", "tm_closed"], &[]),
            service("ls_reader", &["tm_open"], &["tm_closed"]),
        ];
        Access::new(&setup, &services)
    }

    fn refusal(refused: Result<(), ApiError>) -> Option<String> {
        let refused = refused.err()?;
        assert_eq!((refused.status.as_u16(), refused.code), (401, "ERR_AUTH_REQUIRED"));
        assert!(refused.message.contains("/.well-known/auth") && refused.message.contains("AuthFetch"));
        Some(refused.message)
    }

    #[test]
    fn a_path_is_closed_with_everything_below_it_and_nothing_beside_it() {
        let access = access();
        for (path, closed) in
            [("/v1/events", true), ("/v1/events/ws", true), ("/v1/eventsx", false), ("/v1", false), ("/", false)]
        {
            let refused = refusal(access.check_path(path, None));
            assert_eq!(refused.is_some(), closed, "{path}");
            assert!(refused.is_none_or(|text| text.contains("path `/v1/events`")));
            assert_eq!(access.check_path(path, Some(&SOMEBODY)), Ok(()), "{path}");
        }
    }

    #[test]
    fn a_closed_topic_is_named_to_who_does_not_say_who_it_is() {
        let access = access();
        let both = [topic("tm_open"), topic("tm_closed")];
        assert_eq!(access.check_topics(&both[..1], None), Ok(()));
        assert!(refusal(access.check_topics(&both, None)).unwrap().contains("topic `tm_closed`"));
        assert_eq!(access.check_topics(&both, Some(&SOMEBODY)), Ok(()));
        assert_eq!(access.closed_to(None), [topic("tm_closed")]);
        assert!(access.closed_to(Some(&SOMEBODY)).is_empty());
    }

    #[test]
    fn a_lookup_service_is_as_strict_as_its_strictest_topic() {
        let access = access();
        assert_eq!(access.check_service("ls_open", None), Ok(()));
        assert_eq!(access.check_service("ls_nobodys", None), Ok(()));
        for service in ["ls_both", "ls_reader"] {
            let text = refusal(access.check_service(service, None)).unwrap();
            assert!(text.contains(service) && text.contains("`tm_closed`"), "{text}");
            assert_eq!(access.check_service(service, Some(&SOMEBODY)), Ok(()));
        }
    }
}
