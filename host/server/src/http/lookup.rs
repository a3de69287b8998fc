//! `POST /lookup`: a question to a lookup service, answered in JSON or, for clients that aggregate, in bytes.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use serde_json::value::RawValue;
use trellis_engine::lookup::{AnswerContent, AnswerShape, AnsweredOutput, Question, Standing};

use super::answer_memory::{AnswerMemory, AnswerRoom};
use super::auth::Who;
use super::body::{BytesBody, ErrorBody, FreeformBody, LookupAnswerBody, LookupBody, OutputBody, OutputListBody};
use super::client::ClientKey;
use super::error::ApiError;
use super::openapi::{SignedNamesOfLookup, WithBody};
use super::read_body::read_body;
use super::{aggregate, call, two_names};
use crate::clock;
use crate::node::Node;

/// Longest question, in bytes: a query is a few fields; a list of a thousand outpoints still fits.
pub const MAX_QUESTION_BYTES: usize = 256 * 1024;

/// A byte as a number of up to three digits and a comma.
const JSON_BYTES_PER_BYTE: usize = 4;

/// Handles a lookup.
///
/// # Errors
/// As the wire format lists them; `refusal` maps the engine's.
#[utoipa::path(
    post,
    path = "/lookup",
    tag = "overlay",
    summary = "Asks a lookup service",
    description = "Outputs come with the BEEF that proves them, or the answer is whatever JSON the service gives.",
    params(
        ("x-aggregation" = Option<String>, Header, description = "`yes`: the binary answer, all outputs with one BEEF"),
        ("x-trellis-minimum-status" = Option<String>, Header, description = "How far an output's transaction must have come: `admitted`, `broadcast`, `seen` or `mined`"),
        SignedNamesOfLookup,
    ),
    request_body(content = LookupBody),
    responses(
        (status = 200, description = "The answer", content(
            (LookupAnswerBody = "application/json"),
            (BytesBody = "application/octet-stream"),
        )),
        (status = 401, description = "The service hears of a topic that is not open; the message names it and what to bring", body = ErrorBody),
        (status = 502, description = "The service's plugin broke", body = ErrorBody),
        WithBody,
    ),
)]
pub async fn lookup(
    State(node): State<Arc<Node>>,
    client: axum::Extension<ClientKey>,
    who: Who,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    call::admit(&node, client.0)?;
    let shape = match two_names::header(&headers, "x-aggregation")?
        .map(|value| value.as_bytes().eq_ignore_ascii_case(b"yes"))
    {
        Some(true) => AnswerShape::Merged,
        _ => AnswerShape::PerOutput,
    };
    let minimum = minimum(&headers)?;
    let body = read_body(&headers, body, MAX_QUESTION_BYTES, &node.bodies).await?;
    node.budgets.charge_bytes(client.0, body.bytes.len() as u64, clock::monotonic());
    let host = Arc::clone(&node);
    // The answer is encoded in there too: arrays of numbers are work, and the client's to pay.
    call::run(&node, &node.reads, client.0, move |_| {
        let question = parse(&body.bytes)?;
        host.rules().access.check_service(&question.service, who.identity())?;
        let question = Question { service: &question.service, query: question.query.get(), shape, minimum };
        encode(host.ready()?.engine().lookup(&question)?.content, &host.answers)
    })
    .await?
}

/// `x-trellis-minimum-status`: how far an output's transaction must have come with the network.
fn minimum(headers: &HeaderMap) -> Result<Standing, ApiError> {
    match two_names::header(headers, "x-trellis-minimum-status")?.map(|value| value.to_str().unwrap_or("?").trim()) {
        None | Some("" | "admitted") => Ok(Standing::Admitted),
        Some("broadcast") => Ok(Standing::Broadcast),
        Some("seen") => Ok(Standing::Seen),
        Some("mined") => Ok(Standing::Mined),
        Some(_) => {
            let message = "x-trellis-minimum-status can be `admitted`, `broadcast`, `seen` or `mined`";
            Err(ApiError::bad_request("ERR_HEADER", message))
        }
    }
}

fn parse(body: &[u8]) -> Result<LookupBody<'_>, ApiError> {
    serde_json::from_slice(body).map_err(|error| {
        let message = format!("a lookup's body is {{\"service\": \"ls_…\", \"query\": …}}: {error}");
        ApiError::bad_request("ERR_LOOKUP_BODY", message)
    })
}

fn encode(content: AnswerContent, memory: &AnswerMemory) -> Result<Response, ApiError> {
    match content {
        AnswerContent::PerOutput(outputs) => {
            let bytes: usize = outputs.iter().map(|(output, beef)| beef.len() + context_bytes(output)).sum();
            let room = memory.reserve(bytes.saturating_mul(JSON_BYTES_PER_BYTE))?;
            let outputs = outputs
                .into_iter()
                .map(|(output, beef)| OutputBody { beef, output_index: output.outpoint.vout, context: output.context })
                .collect();
            json(room, &LookupAnswerBody::Outputs(OutputListBody { kind: "output-list", outputs }))
        }
        AnswerContent::Merged(outputs, beef) => {
            let room = memory.reserve(beef.len() + outputs.iter().map(context_bytes).sum::<usize>())?;
            // Exactly this content type: a charset behind it breaks the client.
            let content_type = [(header::CONTENT_TYPE, "application/octet-stream")];
            Ok((content_type, room.body(aggregate::encode(&outputs, &beef))).into_response())
        }
        AnswerContent::Freeform(text) => {
            let room = memory.reserve(text.len())?;
            let result = RawValue::from_string(text).map_err(|error| ApiError::internal(&error))?;
            json(room, &LookupAnswerBody::Freeform(FreeformBody { kind: "freeform", result }))
        }
    }
}

fn context_bytes(output: &AnsweredOutput) -> usize {
    output.context.as_ref().map_or(0, Vec::len)
}

/// A JSON answer that keeps its room until it is sent.
pub(super) fn json(room: AnswerRoom, body: &impl serde::Serialize) -> Result<Response, ApiError> {
    let bytes = serde_json::to_vec(body).map_err(|error| ApiError::internal(&error))?;
    Ok(([(header::CONTENT_TYPE, "application/json")], room.body(bytes)).into_response())
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;
    use trellis_spv::hash::{Outpoint, Txid};

    use super::*;

    async fn text(content: AnswerContent) -> (String, String) {
        let response = encode(content, &AnswerMemory::default()).unwrap();
        let content_type = response.headers()[header::CONTENT_TYPE].to_str().unwrap().to_owned();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        (content_type, String::from_utf8_lossy(&bytes).into_owned())
    }

    fn output(context: Option<Vec<u8>>) -> AnsweredOutput {
        AnsweredOutput { outpoint: Outpoint::new(Txid::from_internal([3; 32]), 5), context }
    }

    #[test]
    fn a_question_needs_a_service_and_a_query() {
        let question = parse(br#"{"service":"ls_a","query":{"b":[1]},"more":1}"#).unwrap();
        assert_eq!((question.service.as_str(), question.query.get()), ("ls_a", r#"{"b":[1]}"#));
        assert_eq!(parse(br#"{"service":"ls_a","query":null}"#).unwrap().query.get(), "null");
        for wrong in [r#"{"service":"ls_a"}"#, r#"{"query":1}"#, "[]", "", r#"{"service":1,"query":1}"#, "{\"service\""]
        {
            let error = parse(wrong.as_bytes()).unwrap_err();
            assert_eq!((error.status.as_u16(), error.code), (400, "ERR_LOOKUP_BODY"), "{wrong}");
        }
    }

    #[test]
    fn an_unknown_minimum_status_is_refused_rather_than_ignored() {
        let asked = |value: &str| {
            minimum(&HeaderMap::from_iter([("x-trellis-minimum-status".parse().unwrap(), value.parse().unwrap())]))
        };
        assert_eq!(minimum(&HeaderMap::new()).unwrap(), Standing::Admitted);
        assert_eq!(asked("seen").unwrap(), Standing::Seen);
        assert_eq!(asked("eaten").unwrap_err().code, "ERR_HEADER");
    }

    #[tokio::test]
    async fn json_answers_carry_bytes_as_arrays_of_numbers() {
        let (content_type, json) =
            text(AnswerContent::PerOutput(vec![(output(None), vec![1, 255]), (output(Some(vec![7])), vec![])])).await;
        assert_eq!(content_type, "application/json");
        let expected = r#"{"type":"output-list","outputs":[{"beef":[1,255],"outputIndex":5},{"beef":[],"outputIndex":5,"context":[7]}]}"#;
        assert_eq!(json, expected);
    }

    #[tokio::test]
    async fn binary_answers_have_exactly_the_content_type_the_client_compares() {
        let (content_type, _) = text(AnswerContent::Merged(vec![output(None)], vec![1])).await;
        assert_eq!(content_type, "application/octet-stream");
    }

    #[tokio::test]
    async fn freeform_answers_are_the_services_own_json() {
        let (_, json) = text(AnswerContent::Freeform(r#"{"count":1}"#.to_owned())).await;
        assert_eq!(json, r#"{"type":"freeform","result":{"count":1}}"#);
    }
}
