//! `GET /v1/topics`, `/v1/topics/{topic}/state` and `/outputs`: what topics hold, at one sequence.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use trellis_engine::domain::name::TopicName;
use trellis_engine::domain::row::OutputState;
use trellis_engine::ports::store::StoreError;
use trellis_engine::topics::{MAX_ROWS, OutputsQuery, ReadError, StateEntry, StateQuery, TopicOutput, TopicSummary};

use super::auth::Who;
use super::body::ErrorBody;
use super::body::topics::{StateRowBody, TopicBody, TopicOutputBody, TopicOutputsBody, TopicStateBody, TopicsBody};
use super::call;
use super::client::ClientKey;
use super::error::ApiError;
use super::openapi::{At, Reading};
use super::parameters::Parameters;
use crate::clock;
use crate::node::{Loaded, Node};

/// Rows of a page where nobody says how many.
const DEFAULT_ROWS: u64 = 100;

type Request = (State<Arc<Node>>, axum::Extension<ClientKey>);

/// `GET /v1/topics?at=`
///
/// # Errors
/// 400 for parameters, 410 for a sequence that is kept no more, 503 while starting.
#[utoipa::path(
    get,
    path = "/v1/topics",
    tag = "topics",
    summary = "What topics hold, at a glance",
    description = "With a hash that two hosts can compare. Topics that whoever asks may not read are counted only.",
    params(At),
    responses(
        (status = 200, description = "The topics", body = TopicsBody),
        Reading,
    ),
)]
pub async fn topics(
    State(node): State<Arc<Node>>,
    client: axum::Extension<ClientKey>,
    who: Who,
    Query(query): Query<BTreeMap<String, String>>,
) -> Result<Response, ApiError> {
    let mut parameters = Parameters::new(query);
    let at = parameters.sequence("at")?;
    parameters.finish(&["at"])?;
    let host = Arc::clone(&node);
    read((State(node), client), move |loaded| {
        let (sequence, topics) = loaded.engine().topic_summaries(at)?;
        let all = topics.len();
        let told = topics.into_iter().filter(|topic| host.rules().access.may_read(&topic.name, who.0.is_some()));
        let topics: Vec<_> = told.map(summary).collect();
        let withheld = (all - topics.len()) as u64;
        Ok(Json(TopicsBody { sequence: sequence.0, topics, withheld }).into_response())
    })
    .await
}

/// `GET /v1/topics/{topic}/state?prefix=&after=&limit=&at=`
///
/// # Errors
/// 400 for parameters, 404 for a topic that is not hosted, 410 for a sequence that is kept no more, 503 while starting.
#[utoipa::path(
    get,
    path = "/v1/topics/{topic}/state",
    tag = "topics",
    summary = "A topic's state",
    description = "A page of rows, by key.",
    params(
        ("topic" = String, Path, description = "The topic"),
        ("prefix" = Option<String>, Query, description = "Keys that begin with this, hexadecimal"),
        ("after" = Option<String>, Query, description = "The `next` of the page before"),
        ("limit" = Option<u64>, Query, description = "Most rows"),
        At,
    ),
    responses(
        (status = 200, description = "The rows", body = TopicStateBody),
        (status = 401, description = "The topic is not open; the message names it and what to bring", body = ErrorBody),
        (status = 404, description = "The topic is not hosted here", body = ErrorBody),
        Reading,
    ),
)]
pub async fn state(
    State(node): State<Arc<Node>>,
    client: axum::Extension<ClientKey>,
    who: Who,
    Path(topic): Path<String>,
    Query(query): Query<BTreeMap<String, String>>,
) -> Result<Response, ApiError> {
    let topic = name(&topic)?;
    node.rules().access.check_topics(std::slice::from_ref(&topic), who.identity())?;
    let mut parameters = Parameters::new(query);
    let prefix = parameters.bytes("prefix")?.unwrap_or_default();
    let after = parameters.bytes("after")?;
    let (limit, at) = page(&mut parameters)?;
    parameters.finish(&["prefix", "after", "limit", "at"])?;
    read((State(node), client), move |loaded| {
        let query = StateQuery { prefix: &prefix, after: after.as_deref(), limit, at };
        let read = loaded.engine().topic_state(&topic, &query)?;
        let next = read.rows.last().filter(|_| read.more).map(|row| hex::encode(&row.key));
        let row = |row: StateEntry| StateRowBody { key: hex::encode(row.key), value: hex::encode(row.value) };
        let body = TopicStateBody {
            topic: topic.to_string(),
            sequence: read.sequence.0,
            hash: hex::encode(read.hash),
            rows: read.rows.into_iter().map(row).collect(),
            next,
        };
        Ok(Json(body).into_response())
    })
    .await
}

/// `GET /v1/topics/{topic}/outputs?after=&limit=&spent=&at=`
///
/// # Errors
/// As [`state`].
#[utoipa::path(
    get,
    path = "/v1/topics/{topic}/outputs",
    tag = "topics",
    summary = "A topic's outputs",
    description = "A page of them, unspent ones unless more is asked for.",
    params(
        ("topic" = String, Path, description = "The topic"),
        ("after" = Option<String>, Query, description = "The `next` of the page before"),
        ("limit" = Option<u64>, Query, description = "Most outputs"),
        ("spent" = Option<bool>, Query, description = "Spent ones too"),
        At,
    ),
    responses(
        (status = 200, description = "The outputs", body = TopicOutputsBody),
        (status = 401, description = "The topic is not open; the message names it and what to bring", body = ErrorBody),
        (status = 404, description = "The topic is not hosted here", body = ErrorBody),
        Reading,
    ),
)]
pub async fn outputs(
    State(node): State<Arc<Node>>,
    client: axum::Extension<ClientKey>,
    who: Who,
    Path(topic): Path<String>,
    Query(query): Query<BTreeMap<String, String>>,
) -> Result<Response, ApiError> {
    let topic = name(&topic)?;
    node.rules().access.check_topics(std::slice::from_ref(&topic), who.identity())?;
    let mut parameters = Parameters::new(query);
    let after = parameters.parsed("after", "an output, <txid>.<index>")?;
    let spent = parameters.flag("spent")?;
    let (limit, at) = page(&mut parameters)?;
    parameters.finish(&["after", "limit", "spent", "at"])?;
    read((State(node), client), move |loaded| {
        let (read, next) = loaded.engine().topic_outputs(&topic, &OutputsQuery { after, limit, spent, at })?;
        let body = TopicOutputsBody {
            topic: topic.to_string(),
            sequence: read.sequence.0,
            hash: hex::encode(read.hash),
            outputs: read.rows.into_iter().map(output).collect(),
            next: next.map(|outpoint| outpoint.to_string()),
        };
        Ok(Json(body).into_response())
    })
    .await
}

async fn read(
    (State(node), client): Request,
    answer: impl FnOnce(&Loaded) -> Result<Response, ApiError> + Send + 'static,
) -> Result<Response, ApiError> {
    call::with_loaded(&node, &node.reads, client.0, answer).await
}

fn name(topic: &str) -> Result<TopicName, ApiError> {
    TopicName::new(topic).map_err(|error| ApiError::bad_request("ERR_TOPICS", error.to_string()))
}

fn page(parameters: &mut Parameters) -> Result<(usize, Option<trellis_engine::domain::time::Sequence>), ApiError> {
    let limit = parameters.number("limit", 1..=MAX_ROWS as u64)?.unwrap_or(DEFAULT_ROWS);
    Ok((limit as usize, parameters.sequence("at")?))
}

fn summary(summary: TopicSummary) -> TopicBody {
    TopicBody {
        topic: summary.name.to_string(),
        plugin: summary.plugin.to_string(),
        live_outputs: summary.live_outputs,
        outputs: summary.outputs,
        live_satoshis: summary.live_satoshis,
        state_rows: summary.state_rows,
        hash: hex::encode(summary.hash),
    }
}

fn output(output: TopicOutput) -> TopicOutputBody {
    let (spent_by, retained) = match output.row.state {
        OutputState::Live => (None, false),
        OutputState::Spent { by, retained } => (Some(by.to_string()), retained),
    };
    TopicOutputBody {
        outpoint: output.outpoint.to_string(),
        satoshis: output.row.satoshis,
        sequence: output.admitted.0,
        admitted_at: clock::rfc3339(output.row.admitted_at),
        spent_by,
        retained,
    }
}

impl From<ReadError> for ApiError {
    fn from(error: ReadError) -> Self {
        match &error {
            ReadError::NotHosted(_) => Self::new(StatusCode::NOT_FOUND, "ERR_TOPIC_NOT_HOSTED", error.to_string()),
            ReadError::Cursor(_) => Self::bad_request("ERR_CURSOR", error.to_string()),
            ReadError::Store(error) => at_sequence(error),
        }
    }
}

/// What reading at a sequence came to.
#[must_use]
pub fn at_sequence(error: &StoreError) -> ApiError {
    match error {
        StoreError::BeyondHorizon { .. } => {
            ApiError::new(StatusCode::GONE, "ERR_SEQUENCE_GONE", format!("{error}; leave `at` out for the present"))
        }
        StoreError::NotYet { .. } => ApiError::bad_request("ERR_SEQUENCE", error.to_string()),
        StoreError::Poisoned(_) => ApiError::unavailable("ERR_UNAVAILABLE", "the store failed; the host is restarting"),
        other => ApiError::internal(other),
    }
}
