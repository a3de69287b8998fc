//! `POST /submit`: BEEF in, STEAK out; `POST /v1/submit`: BEEF in, receipt out.

mod wanted;

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::LOCATION;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use trellis_engine::domain::admittance::{Admittance, Steak};
use trellis_engine::domain::event::BasketOperation;
use trellis_engine::domain::name::TopicName;
use trellis_engine::fault_point::fault_point;
use trellis_engine::submit::{Submission, SubmitError, Submitted, TopicChoice};
use trellis_spv::hash::Txid;

use super::auth::Who;
use super::body::{AdmittanceBody, BytesBody, BytesInJsonBody, ReceiptBody, SteakBody, TopicReceiptBody};
use super::call;
use super::client::ClientKey;
use super::error::{ApiError, Noted};
use super::gate::{self, Gate};
use super::openapi::{SignedNamesOfSubmission, Submitting};
use super::read_body::{MAX_BODY_BYTES, read_body};
use super::refusal::outcome_label;
use crate::clock;
use crate::events::encode::{Audiences, operation_body};
use crate::events::rights::Rights;
use crate::node::{Loaded, Node};
use wanted::Wanted;

/// What `X-Topics` holds, as a JSON text, of a submission whose topics the host is to find.
pub const AUTO: &str = "auto";

/// Handles a submission.
///
/// # Errors
/// As the wire format lists them; `refusal` maps the engine's.
#[utoipa::path(
    post,
    path = "/submit",
    tag = "overlay",
    summary = "Submits a transaction to topics",
    description = "The answer is the STEAK: for each hosted topic what it admits, keeps and lets go of. Everything of it is durable before it is \
        answered. A submission that comes again gets its first answer.",
    params(
        ("x-topics" = Option<String>, Header, description = "The topics, a JSON array of 1 to 64 names; or `\"auto\"`, and the host finds them. It must be there, under this name or as `x-bsv-topics`", example = json!("[\"tm_helloworld\"]")),
        ("x-includes-off-chain-values" = Option<bool>, Header, description = "The body is the BEEF behind its length as VarInt, then off-chain values"),
        ("x-bsv-includes-evidence" = Option<bool>, Header, description = "The body begins with who stands behind the submission: `EvidenceBody` as JSON behind its length as VarInt, before all else"),
        ("x-trellis-require" = Option<String>, Header, description = "`all`: nothing is stored unless every topic named takes it"),
        SignedNamesOfSubmission,
    ),
    request_body(content((BytesBody = "application/octet-stream"), (BytesInJsonBody = "application/json")), description = "BEEF V1, V2 or Atomic (BRC-62, 96, 95)"),
    responses(
        (status = 200, description = "The STEAK", body = BTreeMap<String, AdmittanceBody>),
        (status = 202, description = "The STEAK; the network has not said yet whether it takes the transaction (policy `gate`)", body = BTreeMap<String, AdmittanceBody>),
        Submitting,
    ),
)]
pub async fn submit(
    State(node): State<Arc<Node>>,
    client: axum::Extension<ClientKey>,
    who: Who,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let steak = |_: Hearing<'_>, submitted: Submitted, _: Option<&[TopicName]>| {
        Ok(steak_body(told_of_faults(submitted)?.steak))
    };
    let (heard, steak) = hear(&node, (client.0, who), &headers, body, steak).await?;
    answer(&node, heard, Json(steak)).await
}

/// Handles a submission whose sender wants to know all that came of it: also why topics refused.
///
/// # Errors
/// As [`submit`].
#[utoipa::path(
    post,
    path = "/v1/submit",
    tag = "overlay",
    summary = "Submits a transaction and learns all that came of it",
    description = "As `/submit`, and the answer also says why topics refused.",
    params(
        ("x-topics" = Option<String>, Header, description = "The topics, a JSON array of 1 to 64 names; or `\"auto\"`, and the host finds them. It must be there, under this name or as `x-bsv-topics`", example = json!("[\"tm_helloworld\"]")),
        ("x-includes-off-chain-values" = Option<bool>, Header, description = "The body is the BEEF behind its length as VarInt, then off-chain values"),
        ("x-bsv-includes-evidence" = Option<bool>, Header, description = "The body begins with who stands behind the submission: `EvidenceBody` as JSON behind its length as VarInt, before all else"),
        ("x-trellis-require" = Option<String>, Header, description = "`all`: nothing is stored unless every topic named takes it"),
        SignedNamesOfSubmission,
    ),
    request_body(content((BytesBody = "application/octet-stream"), (BytesInJsonBody = "application/json")), description = "BEEF V1, V2 or Atomic (BRC-62, 96, 95)"),
    responses(
        (status = 200, description = "What came of it", body = ReceiptBody),
        (status = 202, description = "What came of it; the network has not said yet whether it takes the transaction (policy `gate`)", body = ReceiptBody),
        Submitting,
    ),
)]
pub async fn submit_for_receipt(
    State(node): State<Arc<Node>>,
    client: axum::Extension<ClientKey>,
    who: Who,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let (heard, receipt) = hear(&node, (client.0, who), &headers, body, receipt_body).await?;
    answer(&node, heard, Json(receipt)).await
}

/// Reads a submission and has the engine hear it. `reply` makes the body of the answer: in the same call, so that nobody waits
/// for another turn once it is stored. It is told which topics were named.
async fn hear<T: Send + 'static>(
    node: &Arc<Node>,
    (client, who): (ClientKey, Who),
    headers: &HeaderMap,
    body: Body,
    reply: impl FnOnce(Hearing<'_>, Submitted, Option<&[TopicName]>) -> Result<T, ApiError> + Send + 'static,
) -> Result<(Heard, T), ApiError> {
    call::admit(node, client)?;
    let wanted = Wanted::read(headers)?;
    let closed = node.rules().access.closed_to(who.identity());
    node.rules().access.check_topics(wanted.topics.as_deref().unwrap_or_default(), who.identity())?;
    let body = read_body(headers, body, MAX_BODY_BYTES, &node.bodies).await?;
    node.budgets.charge_bytes(client, body.bytes.len() as u64, clock::monotonic());
    let host = Arc::clone(node);
    let rights = rights(node, who, headers);
    let heard = call::run(node, &node.submissions, client, move |meter| {
        let bytes = wanted.form.bytes(&body.bytes)?;
        let (evidence, beef, off_chain_values) = wanted.split(&bytes)?;
        let topics = choice(wanted.topics.as_deref(), &closed);
        let evidence = evidence.as_ref();
        let submission = Submission { beef, off_chain_values, topics, require_all: wanted.require_all, evidence };
        let loaded = host.ready()?;
        let result = loaded.engine().submit_metered(&submission, clock::now(), meter);
        host.metrics.submission(result.as_ref().map_or_else(outcome_label, outcome));
        let submitted = result?;
        let heard = Heard::of(&submitted);
        Ok::<_, ApiError>((
            heard,
            reply(Hearing { node: &host, loaded, rights: &rights }, submitted, wanted.topics.as_deref())?,
        ))
    });
    let heard = heard.await??;
    fault_point("answered-by-the-engine");
    Ok(heard)
}

/// Who hears an answer to whom.
#[derive(Clone, Copy)]
pub struct Hearing<'h> {
    /// The host.
    pub node: &'h Node,
    /// What of it is loaded.
    pub loaded: &'h Loaded,
    /// What whoever asks may be told of baskets.
    pub rights: &'h Rights,
}

/// What whoever submits may be told of baskets.
pub fn rights(node: &Node, who: Who, headers: &HeaderMap) -> Rights {
    Rights { session: who.identity().is_some(), opened: node.rules().baskets.opened_managers(headers) }
}

/// The topics a submission is for, by whoever may not submit to those that are `closed`.
#[must_use]
pub const fn choice<'a>(named: Option<&'a [TopicName]>, closed: &'a [TopicName]) -> TopicChoice<'a> {
    match named {
        Some(named) => TopicChoice::Named(named),
        None if closed.is_empty() => TopicChoice::Auto,
        None => TopicChoice::AutoExcept(closed),
    }
}

/// What an answer needs to know besides its body.
struct Heard {
    txid: Txid,
    /// Whether something of it is stored, or was.
    stored: bool,
    noted: Noted,
}

impl Heard {
    fn of(submitted: &Submitted) -> Self {
        Self { txid: submitted.txid, stored: submitted.sequence.is_some(), noted: note(submitted) }
    }
}

/// Answers with `body`, once the network has been heard where it must be.
async fn answer(node: &Arc<Node>, heard: Heard, body: impl IntoResponse) -> Result<Response, ApiError> {
    let gate = if node.gate && heard.stored { gate::wait(node, heard.txid).await? } else { Gate::Open };
    let place = format!("/v1/transactions/{}", heard.txid);
    let mut response = match gate {
        Gate::Open => body.into_response(),
        Gate::Undecided => (StatusCode::ACCEPTED, [(LOCATION, place)], body).into_response(),
    };
    response.extensions_mut().insert(heard.noted);
    Ok(response)
}

/// A proven transaction's spends stand although a plugin broke on it; but where no topic has anything to say, a 200 would look
/// as if they had admitted nothing.
fn told_of_faults(mut submitted: Submitted) -> Result<Submitted, SubmitError> {
    if submitted.steak.values().all(Admittance::is_empty)
        && let Some((_, fault)) = submitted.unjudged.pop_first()
    {
        return Err(SubmitError::Fault(Box::new(fault)));
    }
    Ok(submitted)
}

/// How a submission ended, as a metric label.
#[must_use]
pub fn outcome(submitted: &Submitted) -> &'static str {
    match submitted {
        Submitted { repeated: true, .. } => "repeated",
        Submitted { sequence: None, .. } => "not_wanted",
        _ => "admitted",
    }
}

fn note(submitted: &Submitted) -> Noted {
    let mut details = submitted.txid.to_string();
    if let Some(sequence) = submitted.sequence {
        details.push_str(&format!(" at sequence {sequence}"));
    }
    for (topic, reason) in &submitted.refusals {
        details.push_str(&format!("; {topic} refused: {reason}"));
    }
    for (topic, reason) in &submitted.left_out {
        details.push_str(&format!("; {topic} left out: {reason}"));
    }
    Noted { outcome: outcome(submitted), details }
}

/// The STEAK as the wire has it.
#[must_use]
pub fn steak_body(steak: Steak) -> SteakBody {
    steak.into_iter().map(|(topic, admittance)| (topic.to_string(), admittance_body(admittance))).collect()
}

fn admittance_body(admittance: Admittance) -> AdmittanceBody {
    let Admittance { outputs_to_admit, coins_to_retain, coins_removed } = admittance;
    AdmittanceBody { outputs_to_admit, coins_to_retain, coins_removed }
}

/// All that came of a submission, as the wire has it. `named` are the topics it named; of baskets, whoever asks hears what its rights
/// open: anybody can submit a transaction again that is public.
///
/// # Errors
/// 500 where the log cannot be read.
pub fn receipt_body(
    Hearing { node, loaded, rights }: Hearing<'_>,
    submitted: Submitted,
    named: Option<&[TopicName]>,
) -> Result<ReceiptBody, ApiError> {
    let Submitted { txid, steak, mut refusals, unjudged, left_out, sequence, repeated } = submitted;
    let engine = loaded.engine();
    let hosting = engine.hosting();
    let entry = |(topic, admittance): (TopicName, Admittance)| {
        let refusal = refusals.remove(&topic);
        (topic.to_string(), TopicReceiptBody { admittance: admittance_body(admittance), refusal })
    };
    let operations = match sequence {
        Some(sequence) => loaded.engine().operations(&txid, sequence).map_err(|error| ApiError::internal(&error))?,
        None => Vec::new(),
    };
    let operation = |operation: &BasketOperation| {
        let manager = &hosting.manager_by_id(operation.manager)?.plugin;
        let is_told = rights.include(node.of_manager(manager), Some(manager));
        is_told.then(|| operation_body(manager.to_string(), &txid, operation))
    };
    let is_elsewhere = |topic: &&TopicName| hosting.topic(topic).is_none();
    Ok(ReceiptBody {
        txid: txid.to_string(),
        sequence: sequence.map(|sequence| sequence.0),
        repeated,
        topics: steak.into_iter().map(entry).collect(),
        operations: operations.iter().filter_map(operation).collect(),
        not_hosted: named.unwrap_or_default().iter().filter(is_elsewhere).map(ToString::to_string).collect(),
        unjudged: unjudged.into_iter().map(|(topic, fault)| (topic.to_string(), fault.to_string())).collect(),
        left_out: left_out.into_iter().map(|(topic, reason)| (topic.to_string(), reason)).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_does_not_look_like_a_topic_that_admitted_nothing() {
        use trellis_engine::ports::plugins::{FaultKind, PluginFault, PluginId};
        let topic = TopicName::new("tm_broken").unwrap();
        let fault = PluginFault {
            plugin: PluginId("broken".into()),
            call: "identify-admissible-outputs",
            about: None,
            kind: FaultKind::Panic,
            text: "it panicked".to_owned(),
            remedy: String::new(),
        };
        let mut submitted = Submitted {
            txid: trellis_spv::hash::Txid::from_internal([1; 32]),
            steak: Steak::new(),
            refusals: Default::default(),
            unjudged: [(topic, fault)].into(),
            left_out: Default::default(),
            sequence: None,
            repeated: false,
        };
        assert!(matches!(told_of_faults(submitted.clone()), Err(SubmitError::Fault(_))));
        let admittance = Admittance { outputs_to_admit: vec![0], ..Admittance::default() };
        submitted.steak.insert(TopicName::new("tm_works").unwrap(), admittance);
        assert_eq!(told_of_faults(submitted.clone()).unwrap(), submitted);
    }

    #[test]
    fn a_steak_is_a_bare_map_of_topics() {
        let admittance = Admittance { outputs_to_admit: vec![0], coins_to_retain: vec![], coins_removed: vec![1] };
        let steak = Steak::from([(TopicName::new("tm_a").unwrap(), admittance)]);
        let json = serde_json::to_string(&steak_body(steak)).unwrap();
        assert_eq!(json, r#"{"tm_a":{"outputsToAdmit":[0],"coinsToRetain":[],"coinsRemoved":[1]}}"#);
    }
}
