//! `/dev/net`: what the network of a development host does wrong on demand.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::de::DeserializeOwned;
use trellis_network::arc_local::{Failure, Misbehaviour, MisbehaviourError, Outcome};
use trellis_network::local_chain::{BlockSummary, LocalChainError, Orphaned, Reorg, Reorganised};
use trellis_spv::hash::Txid;
use trellis_spv::transaction::Transaction;
use trellis_spv::verify::Headers;

use super::{blocking, dev};
use crate::clock;
use crate::http::body::net::{
    BlockBody, CallbacksBody, DelayBody, DoubleSpendBody, DoubleSpendPlanBody, DropCallbacksBody, FailPlanBody,
    NetBody, OutcomeBody, RejectBody, RejectPlanBody, ReorgBody, ReorganisedBody, SettleBody,
};
use crate::http::error::ApiError;
use crate::http::read_body::read_body;
use crate::node::{Dev, Node};

/// Longest request, in bytes: a rival of a megabyte in hexadecimal is more than any test has needed.
const MAX_NET_BYTES: usize = 2 * 1024 * 1024;

/// A node's words where none are given. Any words the host does not know mean that no node takes the transaction.
pub const DEFAULT_WORDS: &str = "invalid transaction: refused on demand";

/// The routes.
pub(super) fn router() -> Router<Arc<Node>> {
    Router::new()
        .route("/dev/net", get(status))
        .route("/dev/net/reject", post(reject))
        .route("/dev/net/delay", post(delay))
        .route("/dev/net/double-spend", post(double_spend))
        .route("/dev/net/settle", post(settle))
        .route("/dev/net/drop-callbacks", post(drop_callbacks))
        .route("/dev/net/clear", post(clear))
        .route("/dev/net/reorg", post(reorg))
}

type Answer = Result<Json<NetBody>, ApiError>;

async fn status(State(node): State<Arc<Node>>) -> Answer {
    Ok(Json(net(&dev(&node)?)))
}

async fn reject(State(node): State<Arc<Node>>, request: Request) -> Answer {
    let (dev, body) = read::<RejectBody>(&node, request).await?;
    let words = body.words.unwrap_or_else(|| DEFAULT_WORDS.to_owned());
    let what = match (body.next, body.txid) {
        (Some(count), None) => Misbehaviour::RejectNext { count, words },
        (None, Some(text)) => Misbehaviour::Reject { txid: txid(&text)?, words },
        _ => return Err(refuse("send one of {\"next\": 1} and {\"txid\": \"…\"}, and the node's `words` if you like")),
    };
    misbehave(dev, vec![what]).await
}

async fn delay(State(node): State<Arc<Node>>, request: Request) -> Answer {
    let (dev, body) = read::<DelayBody>(&node, request).await?;
    let fail = body.fail.map(|count| {
        let failure = body.status.map_or(Failure::TooLate, Failure::Status);
        Misbehaviour::FailNext { count, failure }
    });
    if fail.is_none() && (body.status.is_some() || body.milliseconds.is_none()) {
        return Err(refuse(
            "send {\"milliseconds\": 500}, or {\"fail\": 1} with a `status` such as 503 or without one",
        ));
    }
    let delay = body.milliseconds.map(|milliseconds| Misbehaviour::Delay { milliseconds });
    misbehave(dev, delay.into_iter().chain(fail).collect()).await
}

async fn double_spend(State(node): State<Arc<Node>>, request: Request) -> Answer {
    let (dev, body) = read::<DoubleSpendBody>(&node, request).await?;
    let competing = body.competing.as_deref().map(txid).transpose()?;
    let what = match body.txid.as_deref().map(txid).transpose()? {
        Some(txid) => Misbehaviour::DoubleSpend { txid, competing },
        None => Misbehaviour::DoubleSpendNext { competing },
    };
    misbehave(dev, vec![what]).await
}

async fn settle(State(node): State<Arc<Node>>, request: Request) -> Answer {
    let (dev, body) = read::<SettleBody>(&node, request).await?;
    let outcome = match body.outcome {
        OutcomeBody::Seen => Outcome::Seen,
        OutcomeBody::Rejected => Outcome::Rejected,
    };
    misbehave(dev, vec![Misbehaviour::Settle { txid: txid(&body.txid)?, outcome }]).await
}

async fn drop_callbacks(State(node): State<Arc<Node>>, request: Request) -> Answer {
    let (dev, body) = read::<DropCallbacksBody>(&node, request).await?;
    misbehave(dev, vec![Misbehaviour::DropCallbacks(body.on)]).await
}

async fn clear(State(node): State<Arc<Node>>) -> Answer {
    misbehave(dev(&node)?, vec![Misbehaviour::Clear]).await
}

async fn reorg(State(node): State<Arc<Node>>, request: Request) -> Result<Json<ReorganisedBody>, ApiError> {
    let (dev, body) = read::<ReorgBody>(&node, request).await?;
    if !body.except.is_empty() && !body.mine_again {
        return Err(refuse("`except` goes with \"mineAgain\": true; without it every transaction waits"));
    }
    let except = body.except.iter().map(|text| txid(text)).collect::<Result<Vec<_>, _>>()?;
    let rival = body.rival.as_deref().map(transaction).transpose()?;
    let done = blocking(move || {
        let orphaned = if body.mine_again { Orphaned::MineAgain { except: &except } } else { Orphaned::Wait };
        let reorg = Reorg { depth: body.depth, orphaned, rival: rival.as_ref() };
        dev.chain.reorg_with(&reorg, clock::now())
    });
    let done = done.await?.map_err(|error| chain_failed(&error))?;
    tracing::info!(depth = done.gone.len(), lost = done.lost.len(), "the built-in chain was reorganised on demand");
    Ok(Json(reorganised(&done)))
}

async fn misbehave(dev: Dev, what: Vec<Misbehaviour>) -> Answer {
    let done = blocking(move || {
        what.into_iter().try_for_each(|what| {
            tracing::info!(?what, "the network misbehaves on demand");
            dev.arc.misbehave(what, clock::now())
        })?;
        Ok(net(&dev))
    });
    done.await?.map(Json).map_err(|error: MisbehaviourError| match error {
        MisbehaviourError::Chain(error) => chain_failed(&error),
        error => refuse(&error.to_string()),
    })
}

async fn read<T: DeserializeOwned>(node: &Node, request: Request) -> Result<(Dev, T), ApiError> {
    let dev = dev(node)?;
    let (parts, body) = request.into_parts();
    let body = read_body(&parts.headers, body, MAX_NET_BYTES, &node.bodies).await?;
    let read =
        serde_json::from_slice(&body.bytes).map_err(|error| refuse(&format!("that body does not fit: {error}")))?;
    Ok((dev, read))
}

fn refuse(message: &str) -> ApiError {
    ApiError::bad_request("ERR_DEV_NET", message)
}

fn chain_failed(error: &LocalChainError) -> ApiError {
    match error {
        LocalChainError::Journal(_) | LocalChainError::Malformed(_) => ApiError::internal(error),
        _ => refuse(&error.to_string()),
    }
}

fn txid(text: &str) -> Result<Txid, ApiError> {
    text.parse().map_err(|_| refuse("a txid has 64 hexadecimal digits"))
}

fn transaction(text: &str) -> Result<Transaction, ApiError> {
    let raw = hex::decode(text).map_err(|_| refuse("`rival` is not hexadecimal"))?;
    Transaction::parse(raw).map_err(|error| refuse(&format!("`rival` is no raw transaction: {error}")))
}

fn texts<'a>(txids: impl IntoIterator<Item = &'a Txid>) -> Vec<String> {
    txids.into_iter().map(Txid::to_string).collect()
}

fn reorganised(done: &Reorganised) -> ReorganisedBody {
    let block = |block: &BlockSummary| BlockBody {
        height: block.height,
        hash: block.hash.to_string(),
        transactions: texts(block.txids.iter().skip(1)),
    };
    ReorganisedBody {
        gone: done.gone.iter().map(block).collect(),
        blocks: done.blocks.iter().map(block).collect(),
        waiting: texts(&done.waiting),
        lost: texts(&done.lost),
    }
}

fn net(dev: &Dev) -> NetBody {
    let plans = dev.arc.misbehaviour();
    let counts = dev.arc.callback_counts();
    let status = match plans.failure {
        Some(Failure::Status(status)) => Some(status),
        Some(Failure::TooLate) | None => None,
    };
    NetBody {
        height: dev.chain.tip().unwrap_or_default(),
        replaceable_blocks: dev.chain.replaceable_blocks(),
        waiting: dev.chain.mempool_count(),
        reject: RejectPlanBody {
            next: plans.reject_next,
            words: if plans.reject_next > 0 { plans.reject_words } else { String::new() },
            txids: plans.reject.iter().map(|(txid, words)| (txid.to_string(), words.clone())).collect(),
        },
        delay_milliseconds: plans.delay_milliseconds,
        fail: FailPlanBody { next: plans.fail_next, status },
        double_spend: DoubleSpendPlanBody {
            next: plans.double_spend_next.is_some(),
            planned: texts(plans.double_spend.keys()),
            contested: plans.contested.iter().map(|(txid, rival)| (txid.to_string(), rival.to_string())).collect(),
        },
        callbacks: CallbacksBody {
            drop: plans.drop_callbacks,
            waiting: counts.waiting,
            taken: counts.taken,
            lost: counts.lost,
            dropped: counts.dropped,
        },
    }
}

#[cfg(test)]
mod tests;
