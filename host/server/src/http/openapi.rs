//! `GET /openapi.json`: what the public listener takes and answers, from the handlers and body types themselves.
//!
//! The document is kept as a file, so that a change of it is seen; a test compares it with what the code says.

use std::collections::BTreeMap;

use axum::http::header;
use axum::response::{IntoResponse, Response};
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Content, ObjectBuilder, Ref, RefOr, Required, Response as Documented, ResponseBuilder, Type};
use utoipa::{IntoParams, IntoResponses, Modify, OpenApi};

use super::body::ErrorBody;
use super::body::auth::CertificatesHeldBody;
use super::body::baskets::GroupsBody;
use super::body::batch::BatchErrorBody;
use super::two_names::signed_name;
use super::{
    arc_ingest, auth, baskets, batch, events, evidence, health, lists, lookup, openapi, relay, submit, topics,
    transactions,
};

/// The document as it is kept.
pub const KEPT: &str = include_str!("../../openapi.json");

/// The public listener.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Trellis",
        description = "A host for BSV overlay services. Every error reply is JSON with a `code` for programs and a `message` for people; \
            every reply carries `x-request-id`.",
    ),
    paths(
        submit::submit,
        submit::submit_for_receipt,
        batch::submit_batch,
        lookup::lookup,
        lists::topic_managers,
        lists::lookup_services,
        lists::topic_manager_documentation,
        lists::lookup_service_documentation,
        arc_ingest::arc_ingest,
        relay::convert,
        relay::broadcast,
        relay::batch::broadcast_batch,
        topics::topics,
        topics::state,
        topics::outputs,
        transactions::transaction,
        evidence::evidence,
        baskets::list,
        baskets::basket,
        baskets::tokens,
        baskets::balances,
        baskets::taking::organise,
        baskets::taking::take,
        baskets::taking::release,
        events::stream,
        events::socket,
        events::token::token,
        lists::admin_config,
        auth::handshake,
        health::health,
        health::live,
        health::ready,
        openapi::document,
    ),
    modifiers(&Tokens),
    components(schemas(ErrorBody, BatchErrorBody, CertificatesHeldBody, GroupsBody)),
    tags(
        (name = "overlay", description = "Topics and lookup services (BRC-22, BRC-24)"),
        (name = "topics", description = "What topics hold, at a sequence"),
        (name = "transactions", description = "What became of a transaction"),
        (name = "baskets", description = "What is in baskets, chosen to spend and kept for somebody"),
        (name = "events", description = "What every commit changed, as it happens and again later"),
        (name = "relaying", description = "Extended Format, and the network, for what no topic here wants; where the operator lets clients"),
        (name = "host", description = "The host itself"),
    ),
)]
pub struct Document;

/// Answers the document.
#[utoipa::path(
    get,
    path = "/openapi.json",
    tag = "host",
    summary = "This document",
    description = "",
    responses((status = 200, description = "OpenAPI 3.1", body = Object)),
)]
pub async fn document() -> Response {
    ([(header::CONTENT_TYPE, "application/json")], KEPT).into_response()
}

/// The sequence to read at.
pub struct At;

/// A page of what baskets hold, at a sequence.
pub struct PageOfBaskets;

/// The headers of a submission under the names that a client can sign.
pub struct SignedNamesOfSubmission;

/// The headers of a lookup under the names that a client can sign.
pub struct SignedNamesOfLookup;

/// Error replies of routes that need the store and the plugins.
pub struct Starting;

/// Error replies of what reads at a sequence.
pub struct Reading;

/// Error replies of what concerns a basket.
pub struct OfBasket;

/// Error replies of what reads a basket at a sequence.
pub struct ReadingBasket;

/// Error replies of routes that take a body.
pub struct WithBody;

/// Error replies of a submission.
pub struct Submitting;

/// Error replies of what relays.
pub struct Relaying;

const TOKENS: &[(&str, &str)] = &[
    ("basket", "The token of a basket that is not open"),
    ("stream", "A token from `POST /v1/events/token`"),
    ("relay", "The token, where relaying is `authenticated`"),
    ("callback", "The token this host gave a broadcaster with the transaction"),
];

const STARTING: &[(&str, &str)] = &[
    ("500", "This host failed; its log says why, under the id in `x-request-id`"),
    ("503", "This host is starting, or busy; try again after `Retry-After` seconds"),
];

const READING: &[(&str, &str)] = &[
    ("400", "A parameter is wrong; the message names it"),
    ("410", "That sequence is kept no more"),
    ("429", "This client's budget is used up"),
];

const OF_BASKET: &[(&str, &str)] = &[
    ("401", "The basket is not open; the message names it and what to bring"),
    ("403", "That is not its token, or somebody else's part of it"),
    ("404", "No such basket"),
];

const WITH_BODY: &[(&str, &str)] = &[
    ("400", "The request cannot be understood, or what it carries is not valid"),
    ("408", "The body came too slowly"),
    ("413", "The body, or what it would come to, is too large"),
    ("429", "This client's budget is used up; try again after `Retry-After` seconds"),
];

const SUBMITTING: &[(&str, &str)] = &[
    ("401", "A topic is not open; the message names it and what to bring"),
    ("409", "Another transaction spends the same output; the message names it"),
    ("422", "The network, a lookup service or a topic that had to take it refused it"),
    ("451", "It, or what it rests on, was evicted from this host"),
    ("502", "A plugin broke; the message names it and what to do"),
];

const RELAYING: &[(&str, &str)] = &[
    ("401", "The token is missing, or the path is not open"),
    ("403", "This host does not relay, or not for this token"),
];

impl IntoParams for At {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        vec![query("at", Type::Integer, "The sequence to read at; the last one where it is left out")]
    }
}

impl IntoParams for PageOfBaskets {
    fn into_params(place: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let page = vec![
            query("cursor", Type::String, "The `cursor` of the page before"),
            query("limit", Type::Integer, "Most entries, 1 to 1,000"),
        ];
        [page, At::into_params(&place)].concat()
    }
}

impl IntoParams for SignedNamesOfSubmission {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        ["x-topics", "x-includes-off-chain-values", "x-trellis-require"].map(signed).to_vec()
    }
}

impl IntoParams for SignedNamesOfLookup {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        ["x-aggregation", "x-trellis-minimum-status"].map(signed).to_vec()
    }
}

/// A header under its other name.
fn signed(name: &str) -> Parameter {
    let parameter = ParameterBuilder::new().name(signed_name(name)).parameter_in(ParameterIn::Header);
    let description = format!("`{name}`, for clients that sign what they send (BRC-104)");
    let schema = ObjectBuilder::new().schema_type(Type::String).build();
    parameter.required(Required::False).description(Some(description)).schema(Some(schema)).build()
}

/// A parameter that may be left out. No number is negative.
fn query(name: &str, of: Type, description: &str) -> Parameter {
    let least = matches!(of, Type::Integer).then_some(0);
    let schema = ObjectBuilder::new().schema_type(of).minimum(least).build();
    let parameter = ParameterBuilder::new().name(name).parameter_in(ParameterIn::Query).required(Required::False);
    parameter.description(Some(description)).schema(Some(schema)).build()
}

/// The tokens some routes take.
struct Tokens;

impl Modify for Tokens {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let components = document.components.get_or_insert_default();
        for (name, description) in TOKENS {
            let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some(*description)).build();
            components.add_security_scheme(*name, SecurityScheme::Http(bearer));
        }
    }
}

impl IntoResponses for Starting {
    fn responses() -> BTreeMap<String, RefOr<Documented>> {
        replies(&[STARTING])
    }
}

impl IntoResponses for Reading {
    fn responses() -> BTreeMap<String, RefOr<Documented>> {
        replies(&[STARTING, READING])
    }
}

impl IntoResponses for OfBasket {
    fn responses() -> BTreeMap<String, RefOr<Documented>> {
        replies(&[OF_BASKET])
    }
}

impl IntoResponses for ReadingBasket {
    fn responses() -> BTreeMap<String, RefOr<Documented>> {
        replies(&[STARTING, READING, OF_BASKET])
    }
}

impl IntoResponses for WithBody {
    fn responses() -> BTreeMap<String, RefOr<Documented>> {
        replies(&[STARTING, WITH_BODY])
    }
}

impl IntoResponses for Submitting {
    fn responses() -> BTreeMap<String, RefOr<Documented>> {
        replies(&[STARTING, WITH_BODY, SUBMITTING])
    }
}

impl IntoResponses for Relaying {
    fn responses() -> BTreeMap<String, RefOr<Documented>> {
        replies(&[STARTING, WITH_BODY, SUBMITTING, RELAYING])
    }
}

fn replies(lists: &[&[(&str, &str)]]) -> BTreeMap<String, RefOr<Documented>> {
    let reply = |(status, description): &(&str, &str)| {
        let content = Content::new(Some(Ref::from_schema_name("ErrorBody")));
        let reply = ResponseBuilder::new().description(*description).content("application/json", content).build();
        ((*status).to_owned(), RefOr::T(reply))
    };
    lists.iter().copied().flatten().map(reply).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_that_is_kept_and_served_is_what_the_code_says() {
        let generated = Document::openapi().to_pretty_json().unwrap() + "\n";
        if std::env::var_os("TRELLIS_RENEW_OPENAPI").is_some() {
            std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json"), &generated).unwrap();
            return;
        }
        assert!(
            KEPT == generated,
            "host/server/openapi.json is not what the code says any more. Renew it with `TRELLIS_RENEW_OPENAPI=1 cargo test \
             -p trellis-server openapi`, and look at the difference: it is what clients will see"
        );
        assert!(KEPT.contains("\"openapi\": \"3.1."), "it is no OpenAPI 3.1");
    }
}
