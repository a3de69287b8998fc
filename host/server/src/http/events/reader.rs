//! Who subscribes, and what it may be told: by the tokens it shows.

use axum::http::{HeaderMap, StatusCode};
use trellis_engine::domain::basket::BasketName;
use trellis_engine::domain::name::TopicName;

use crate::events::rights::{Audience, Rights};
use crate::http::auth::{Identity, Who, seconds};
use crate::http::bearer::given;
use crate::http::error::ApiError;
use crate::node::{Loaded, Node};

/// What is said where a stream wants to know who opens it.
const REMEDY: &str = "; a stream is opened with a token: sign POST /v1/events/token, and send what it answers as ?token= or as \
    Authorization: Bearer <token>";

/// Who subscribes.
#[derive(Debug)]
pub(super) struct Reader {
    identity: Option<Identity>,
    pub(super) rights: Rights,
}

impl Reader {
    /// By a token for streams in the query, and a token for streams or of a basket in the headers.
    ///
    /// # Errors
    /// 401 for a token that opens nothing.
    pub(super) fn of(node: &Node, loaded: &Loaded, headers: &HeaderMap, token: Option<&str>) -> Result<Self, ApiError> {
        let opened = node.rules().baskets.opened_managers(headers);
        let bearer = given(headers).filter(|_| opened.is_empty());
        let mut identity = None;
        for token in token.into_iter().chain(bearer) {
            let client = loaded.auth.opens_stream(token, seconds()).map_err(|error| {
                let message = format!("{error}: ask for another one with POST /v1/events/token");
                ApiError::new(StatusCode::UNAUTHORIZED, "ERR_STREAM_TOKEN", message)
            })?;
            identity = Some(Identity(client));
        }
        Ok(Self { identity, rights: Rights { session: identity.is_some(), opened } })
    }

    /// Whether it may have what it names.
    ///
    /// # Errors
    /// 401 and 403 name the path, topic or basket that is not open to it.
    pub(super) fn check(
        &self,
        node: &Node,
        headers: &HeaderMap,
        path: &str,
        topics: &[TopicName],
        baskets: &[BasketName],
    ) -> Result<(), ApiError> {
        let who = self.identity.as_ref();
        let named =
            node.rules().access.check_path(path, who).and_then(|()| node.rules().access.check_topics(topics, who));
        named.map_err(with_remedy)?;
        for basket in baskets {
            node.rules().baskets.check(headers, Who(self.identity), basket.as_str()).map_err(with_remedy)?;
            if node.rules().baskets.audience_of(basket) == Audience::Nobody {
                let message = format!(
                    "events do not tell of basket `{basket}`, because they are told to all alike and it is not open to all alike: leave \
                     it out, and ask for its tokens when an event has sections left out"
                );
                return Err(ApiError::new(StatusCode::FORBIDDEN, "ERR_BASKET_NOT_TOLD", message));
            }
        }
        Ok(())
    }
}

fn with_remedy(refused: ApiError) -> ApiError {
    if refused.code == "ERR_AUTH_REQUIRED" {
        return ApiError { message: refused.message + REMEDY, ..refused };
    }
    refused
}
