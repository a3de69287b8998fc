//! `POST /v1/submit/batch`: several submissions, one by one or all of them as one.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use trellis_engine::domain::name::TopicName;
use trellis_engine::evidence::Evidence;
use trellis_engine::submit::{Batch, BatchError, Meter, Submission, Submitted};

use super::auth::Who;
use super::body::batch::{
    BatchBody, BatchErrorBody, BatchReceiptBody, MemberBody, MemberErrorBody, MemberReceiptBody, TopicsOfMember,
};
use super::call;
use super::client::ClientKey;
use super::error::{ApiError, Noted};
use super::evidence;
use super::gate::{self, Gate};
use super::openapi::Submitting;
use super::parameters::Parameters;
use super::read_body::{MAX_BODY_BYTES, read_body};
use super::submit::{AUTO, Hearing, choice, outcome, receipt_body, rights};
use crate::clock;
use crate::http::refusal::outcome_label;
use crate::node::Node;

/// Handles a batch.
///
/// # Errors
/// 400 for what cannot be read; of an atomic batch the status of the error that its bad member is to blame for.
#[utoipa::path(
    post,
    path = "/v1/submit/batch",
    tag = "overlay",
    summary = "Submits several transactions, as one or each by itself",
    description = "Members may spend each other, in any order; a parent that is a member can be left out of a BEEF. With `atomic=true` all \
        members take effect in one commit, or none does and the error names the member to blame. The network may still refuse \
        one: then it and what spends it are taken back, and the event names the batch.",
    params(("atomic" = bool, Query, description = "Whether all members take effect as one")),
    request_body(content = BatchBody),
    responses(
        (status = 200, description = "What came of each member", body = BatchReceiptBody),
        (status = 202, description = "What came of each member; the network has not said yet whether it takes them all (policy `gate`)", body = BatchReceiptBody),
        Submitting,
    ),
)]
pub async fn submit_batch(
    State(node): State<Arc<Node>>,
    client: axum::Extension<ClientKey>,
    who: Who,
    Query(query): Query<BTreeMap<String, String>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    call::admit(&node, client.0)?;
    let mut parameters = Parameters::new(query);
    let atomic = parameters.parsed("atomic", "`true` or `false`")?.ok_or_else(|| {
        let message = "say ?atomic=true (all members take effect as one, or none) or ?atomic=false (each by itself)";
        ApiError::bad_request("ERR_PARAMETER", message)
    })?;
    parameters.finish(&["atomic"])?;
    let body = read_body(&headers, body, MAX_BODY_BYTES, &node.bodies).await?;
    node.budgets.charge_bytes(client.0, body.bytes.len() as u64, clock::monotonic());
    let (host, rights) = (Arc::clone(&node), rights(&node, who, &headers));
    let heard = call::run(&node, &node.submissions, client.0, move |meter| {
        let members = members(&body.bytes)?;
        for (place, member) in members.iter().enumerate() {
            let topics = member.topics.as_deref().unwrap_or_default();
            host.rules().access.check_topics(topics, who.identity()).map_err(|refused| of_member(place, refused))?;
        }
        let closed = host.rules().access.closed_to(who.identity());
        let submissions = submissions(&members, &closed);
        let hear = if atomic { together } else { one_by_one };
        let hearing = Hearing { node: &host, loaded: host.ready()?, rights: &rights };
        let heard = hear(hearing, &members, &submissions, meter);
        for label in heard.labels() {
            host.metrics.submission(label);
        }
        Ok::<_, ApiError>(heard)
    });
    match heard.await?? {
        Heard::Failed(reply) => Ok(*reply),
        Heard::Done(receipt, answered) => answer(&node, receipt, &answered).await,
    }
}

/// A member as it was read.
struct Member {
    beef: Vec<u8>,
    off_chain_values: Option<Vec<u8>>,
    topics: Option<Vec<TopicName>>,
    require_all: bool,
    evidence: Option<Evidence>,
}

/// What came of it.
enum Heard {
    /// Nothing of an atomic batch is stored.
    Failed(Box<Response>),
    /// Each member was heard, or was not.
    Done(BatchReceiptBody, Vec<Submitted>),
}

impl Heard {
    fn labels(&self) -> Vec<&'static str> {
        match self {
            Self::Failed(_) => vec!["batch_failed"],
            Self::Done(_, answered) => answered.iter().map(outcome).collect(),
        }
    }
}

fn members(bytes: &[u8]) -> Result<Vec<Member>, ApiError> {
    let refuse = |member: usize, text: String| {
        ApiError::bad_request("ERR_BATCH_BODY", format!("member {member} of the batch: {text}"))
    };
    let body: BatchBody = serde_json::from_slice(bytes).map_err(|error| {
        let form =
            "a batch is {\"submissions\": [{\"beef\": \"<hexadecimal>\", \"topics\": [\"tm_…\"] or \"auto\"}, …]}";
        ApiError::bad_request("ERR_BATCH_BODY", format!("{form}: {error}"))
    })?;
    let read = |(place, member): (usize, MemberBody)| {
        let bytes = |what: &str, text: &str| {
            hex::decode(text).map_err(|error| refuse(place, format!("its {what} is not hexadecimal: {error}")))
        };
        let topics = match member.topics {
            TopicsOfMember::Found(text) if text == AUTO => None,
            TopicsOfMember::Found(text) => {
                let text: String = text.chars().take(60).collect();
                return Err(refuse(place, format!("its topics are a list or \"auto\", not {text:?}")));
            }
            TopicsOfMember::Named(names) => {
                let name = |name: &String| TopicName::new(name).map_err(|error| refuse(place, error.to_string()));
                Some(names.iter().map(name).collect::<Result<_, _>>()?)
            }
        };
        Ok(Member {
            beef: bytes("BEEF", &member.beef)?,
            off_chain_values: member.off_chain_values.map(|text| bytes("off-chain values", &text)).transpose()?,
            topics,
            require_all: member.require_all,
            evidence: match member.evidence {
                Some(body) => Some(evidence::read(body).map_err(|error| refuse(place, error.message))?),
                None => None,
            },
        })
    };
    body.submissions.into_iter().enumerate().map(read).collect()
}

/// A refusal that concerns one of the members.
fn of_member(place: usize, refused: ApiError) -> ApiError {
    ApiError { message: format!("member {place} of the batch: {}", refused.message), ..refused }
}

fn submissions<'m>(members: &'m [Member], closed: &'m [TopicName]) -> Vec<Submission<'m>> {
    let submission = |member| {
        let Member { beef, off_chain_values, topics, require_all, evidence }: &'m Member = member;
        Submission {
            beef,
            off_chain_values: off_chain_values.as_deref(),
            topics: choice(topics.as_deref(), closed),
            require_all: *require_all,
            evidence: evidence.as_ref(),
        }
    };
    members.iter().map(submission).collect()
}

fn receipt(hearing: Hearing<'_>, member: &Member, submitted: Submitted) -> MemberReceiptBody {
    match receipt_body(hearing, submitted, member.topics.as_deref()) {
        Ok(receipt) => MemberReceiptBody::Heard(receipt),
        Err(error) => member_error(error),
    }
}

fn member_error(ApiError { code, message, .. }: ApiError) -> MemberReceiptBody {
    MemberReceiptBody::Failed(MemberErrorBody { status: "error".to_owned(), message, code: code.to_owned() })
}

fn together(hearing: Hearing<'_>, members: &[Member], submissions: &[Submission<'_>], meter: &Meter) -> Heard {
    match hearing.loaded.engine().submit_batch(&Batch { members: submissions }, clock::now(), meter) {
        Err(error) => Heard::Failed(Box::new(failed(error))),
        Ok(batch) => {
            let answered = batch.members.clone();
            let heard = members.iter().zip(batch.members);
            let members = heard.map(|(member, submitted)| receipt(hearing, member, submitted)).collect();
            let sequence = batch.sequence.map(|sequence| sequence.0);
            Heard::Done(BatchReceiptBody { atomic: true, sequence, members }, answered)
        }
    }
}

fn one_by_one(hearing: Hearing<'_>, members: &[Member], submissions: &[Submission<'_>], meter: &Meter) -> Heard {
    let heard = match hearing.loaded.engine().submit_each(&Batch { members: submissions }, clock::now(), meter) {
        Err(error) => return Heard::Failed(Box::new(failed(error))),
        Ok(heard) => heard,
    };
    let answered = heard.iter().filter_map(|heard| heard.as_ref().ok()).cloned().collect();
    let of_member = |(member, heard): (&Member, _)| match heard {
        Ok(submitted) => receipt(hearing, member, submitted),
        Err(error) => {
            tracing::debug!(outcome = outcome_label(&error), "a member of a batch came to nothing");
            member_error(error.into())
        }
    };
    let members = members.iter().zip(heard).map(of_member).collect();
    Heard::Done(BatchReceiptBody { atomic: false, sequence: None, members }, answered)
}

/// Nothing of the batch is stored: which member is to blame, and why.
fn failed(error: BatchError) -> Response {
    let message = error.to_string();
    let (member, txid, reply) = match error {
        BatchError::Members(_) => (None, None, ApiError::bad_request("ERR_BATCH", message)),
        BatchError::Twice { txid, second, .. } => {
            (Some(second), Some(txid), ApiError::bad_request("ERR_BATCH", message))
        }
        BatchError::NotWanted { member, txid, .. } => {
            let reply = ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "ERR_NOT_TAKEN", message);
            (Some(member), Some(txid), reply)
        }
        BatchError::Member { member, txid, error } => {
            let reply = ApiError::from(*error);
            // What the inside says is not for strangers; and who must say who it is, is told how.
            let is_said = reply.status.is_server_error() || reply.status == StatusCode::UNAUTHORIZED;
            let message = if is_said { reply.message.clone() } else { message };
            (Some(member), txid, ApiError { message, ..reply })
        }
        BatchError::Whole(error) => (None, None, ApiError::from(*error)),
    };
    let body = BatchErrorBody {
        status: "error".to_owned(),
        message: reply.message.clone(),
        code: reply.code.to_owned(),
        member,
        txid: txid.map(|txid| txid.to_string()),
    };
    let noted = Noted { outcome: reply.code, details: reply.message.clone() };
    let headers = reply.clone().into_response().headers().clone();
    let mut response = (reply.status, Json(body)).into_response();
    response.headers_mut().extend(
        headers
            .into_iter()
            .filter(|(name, _)| name.as_ref().is_some_and(|name| *name == axum::http::header::RETRY_AFTER)),
    );
    response.extensions_mut().insert(noted);
    response
}

async fn answer(node: &Arc<Node>, receipt: BatchReceiptBody, answered: &[Submitted]) -> Result<Response, ApiError> {
    let mut status = StatusCode::OK;
    if node.gate {
        for submitted in answered.iter().filter(|submitted| submitted.sequence.is_some()) {
            if gate::wait(node, submitted.txid).await? == Gate::Undecided {
                status = StatusCode::ACCEPTED;
            }
        }
    }
    let details = match receipt.sequence {
        Some(sequence) => format!("{} members at sequence {sequence}", receipt.members.len()),
        None => format!("{} members", receipt.members.len()),
    };
    let mut response = (status, Json(receipt)).into_response();
    response.extensions_mut().insert(Noted { outcome: "batch", details });
    Ok(response)
}
