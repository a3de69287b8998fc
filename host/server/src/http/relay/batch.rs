//! `POST /v1/broadcast/batch`: several transactions at once, each with an answer of its own.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use trellis_engine::submit::{MAX_RELAYED, Relayed};
use trellis_spv::reader::Reader;

use super::{JSON_BYTES, admit, encode, read, relay, relayed_body, wait};
use crate::clock;
use crate::http::body::BytesBody;
use crate::http::body::relay::{BroadcastAnswerBody, BroadcastAnswersBody, BroadcastBatchBody, RefusedMemberBody};
use crate::http::call;
use crate::http::client::ClientKey;
use crate::http::error::{ApiError, Noted};
use crate::http::gate::GATE_WAIT;
use crate::http::openapi::Relaying;
use crate::http::read_body::{BINARY, media_type};
use crate::node::Node;

/// How a batch is written.
#[derive(Clone, Copy)]
enum Form {
    /// `{"transactions": ["<BEEF, hexadecimal>", …]}`
    Json,
    /// BEEFs one after another, each behind its length as VarInt.
    Binary,
}

/// Relays several transactions, which may rest on one another in any order: one commit, and one request to the network for
/// those of them that rest on nothing unproven.
///
/// # Errors
/// Where nothing of it can be relayed. What is wrong with one of them stands in its answer.
#[utoipa::path(
    post,
    path = "/v1/broadcast/batch",
    tag = "relaying",
    summary = "Tells the network of several transactions",
    description = "Verified and committed together, and told together as far as they rest on nothing unproven. They may rest on one another in any \
        order. One that is refused does not hinder others that do not rest on it.",
    security((), ("relay" = [])),
    request_body(content((BroadcastBatchBody = "application/json"), (BytesBody = "application/octet-stream")), description = "BEEFs, 1 to 64: in JSON, or in binary each behind its length as VarInt"),
    responses(
        (status = 200, description = "An answer for each, in order", body = BroadcastAnswersBody),
        Relaying,
    ),
)]
pub async fn broadcast_batch(
    State(node): State<Arc<Node>>,
    client: axum::Extension<ClientKey>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    admit(&node, client.0, &headers)?;
    let form = form(&headers)?;
    let body = read(&node, client.0, &headers, body).await?;
    let host = Arc::clone(&node);
    let answers = call::run(&node, &node.submissions, client.0, move |meter| {
        let members = members(form, &body.bytes)?;
        let beefs: Vec<&[u8]> = members.iter().filter_map(|member| member.as_deref().ok()).collect();
        let mut answers = relay(&host, &beefs, meter)?.into_iter();
        let unanswered = || Err(ApiError::internal(&"a transaction of a batch was left without an answer"));
        let answer = |member: Result<_, _>| member.and_then(|_| answers.next().unwrap_or_else(unanswered));
        Ok::<_, ApiError>(members.into_iter().map(answer).collect::<Vec<Result<Relayed, ApiError>>>())
    });
    let mut answers = answers.await??;
    // They came together, so they wait together.
    let deadline = clock::monotonic() + GATE_WAIT;
    for answer in &mut answers {
        if let Ok(relayed) = answer
            && let Err(refusal) = wait(&node, relayed, deadline).await
        {
            *answer = Err(refusal);
        }
    }
    let relayed = answers.iter().filter(|answer| answer.is_ok()).count();
    let details = format!("{relayed} of {} transactions relayed", answers.len());
    let bytes = answers.iter().fold(JSON_BYTES, |bytes, answer| {
        let extended = answer.as_ref().ok().and_then(|relayed| relayed.extended_format.as_ref());
        bytes.saturating_add(JSON_BYTES + 2 * extended.map_or(0, Vec::len))
    });
    let mut response = encode(&node, bytes, move || answer_body(&answers)).await?;
    response.extensions_mut().insert(Noted { outcome: "relayed", details });
    Ok(response)
}

fn form(headers: &HeaderMap) -> Result<Form, ApiError> {
    let media_type = media_type(headers);
    if media_type.eq_ignore_ascii_case("application/json") {
        Ok(Form::Json)
    } else if media_type.eq_ignore_ascii_case(BINARY) {
        Ok(Form::Binary)
    } else {
        let message = "send a batch as application/json, {\"transactions\": [\"<BEEF, hexadecimal>\", …]}, or as application/octet-stream, each BEEF behind its length as VarInt";
        Err(ApiError::bad_request("ERR_CONTENT_TYPE", message))
    }
}

/// The BEEFs of a batch; what is no hexadecimal text hinders nobody else.
fn members(form: Form, body: &[u8]) -> Result<Vec<Result<Vec<u8>, ApiError>>, ApiError> {
    let refuse = |message: String| ApiError::bad_request("ERR_BATCH", message);
    let members: Vec<_> = match form {
        Form::Json => {
            let batch: BroadcastBatchBody<'_> = serde_json::from_slice(body).map_err(|error| {
                refuse(format!("a batch is {{\"transactions\": [\"<BEEF, hexadecimal>\", …]}}: {error}"))
            })?;
            batch.transactions.0.into_iter().map(decode).collect()
        }
        Form::Binary => {
            let (mut reader, mut members) = (Reader::new(body), Vec::new());
            while !reader.rest().is_empty() && members.len() <= MAX_RELAYED {
                let beef = reader.var_bytes("BEEF of the batch").map_err(|error| {
                    refuse(format!("a batch in binary has each BEEF behind its length as VarInt: {error}"))
                })?;
                members.push(Ok(beef.to_vec()));
            }
            members
        }
    };
    if members.is_empty() || members.len() > MAX_RELAYED {
        return Err(refuse(format!("a batch has 1 to {MAX_RELAYED} transactions")));
    }
    Ok(members)
}

fn decode(text: &str) -> Result<Vec<u8>, ApiError> {
    hex::decode(text)
        .map_err(|error| ApiError::bad_request("ERR_HEXADECIMAL", format!("the BEEF is not hexadecimal: {error}")))
}

fn answer_body(answers: &[Result<Relayed, ApiError>]) -> BroadcastAnswersBody {
    let member = |(index, answer): (usize, &Result<Relayed, ApiError>)| match answer {
        Ok(relayed) => BroadcastAnswerBody::Relayed(relayed_body(relayed)),
        Err(refusal) => BroadcastAnswerBody::Refused(RefusedMemberBody {
            index,
            status: "error".to_owned(),
            http_status: refusal.status.as_u16(),
            code: refusal.code.to_owned(),
            message: refusal.message.clone(),
        }),
    };
    BroadcastAnswersBody { transactions: answers.iter().enumerate().map(member).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(form: Form, body: &[u8]) -> Vec<Result<Vec<u8>, &'static str>> {
        members(form, body).unwrap().into_iter().map(|member| member.map_err(|error| error.code)).collect()
    }

    #[test]
    fn batch_is_read_as_json_and_as_bytes() {
        let read = bytes(Form::Json, br#"{"transactions":["0100","xx","abc",""]}"#);
        assert_eq!(read, [Ok(vec![1, 0]), Err("ERR_HEXADECIMAL"), Err("ERR_HEXADECIMAL"), Ok(vec![])]);
        assert_eq!(bytes(Form::Binary, b"\x02ab\x00\x01c"), [Ok(b"ab".to_vec()), Ok(vec![]), Ok(b"c".to_vec())]);
    }

    #[test]
    fn batch_that_is_none_or_too_large_is_refused_whole() {
        let many = |count: usize| format!("{{\"transactions\":[{}]}}", vec!["\"\""; count].join(","));
        assert_eq!(bytes(Form::Json, many(MAX_RELAYED).as_bytes()).len(), MAX_RELAYED);
        assert_eq!(bytes(Form::Binary, &[0; MAX_RELAYED]).len(), MAX_RELAYED);
        for wrong in [&many(MAX_RELAYED + 1), &many(0), "[]", "{}", "", r#"{"transactions":["00"],"more":1}"#] {
            assert_eq!(members(Form::Json, wrong.as_bytes()).unwrap_err().code, "ERR_BATCH", "{wrong}");
        }
        for wrong in [&[0; MAX_RELAYED + 1][..], b"", b"\x05abc", b"\xfe\xff\xff\xff\xff"] {
            assert_eq!(members(Form::Binary, wrong).unwrap_err().code, "ERR_BATCH", "{wrong:?}");
        }
    }
}
