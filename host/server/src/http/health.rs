//! `/health`, `/health/live`, `/health/ready`: whether the process lives, whether it takes work, and what ails it.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use trellis_engine::ports::store::Health;
use trellis_network::header_services::{ServiceHealth, ServiceState, ServicesHealth};
use trellis_network::headers_file::HeadersFile;

use super::body::{CheckBody, HealthBody, ServiceBody};
use crate::clock;
use crate::node::{HeaderSource, Loaded, Node, Upkeep};

/// Waiting transactions from which the outbox counts as behind: more than a burst, and a broadcaster that is down for
/// some minutes.
const OUTBOX_BEHIND: i64 = 1_000;

/// Headers missing from which they count as behind: half a day's, more than a host that just started usually lacks.
const HEADERS_BEHIND: u32 = 72;

/// `GET /health/live`: answers from the first moment, asks nothing of store or disk.
#[utoipa::path(
    get,
    path = "/health/live",
    tag = "host",
    summary = "Whether the process lives",
    description = "Answers from the first moment, and asks nothing of store or disk.",
    responses(
        (status = 200, description = "It does, perhaps not at its best", body = HealthBody),
        (status = 503, description = "It does not", body = HealthBody),
    ),
)]
pub async fn live(State(node): State<Arc<Node>>) -> Response {
    reply(&node, Scope::Live, vec![process()])
}

/// `GET /health/ready`
#[utoipa::path(
    get,
    path = "/health/ready",
    tag = "host",
    summary = "Whether it takes submissions and lookups",
    description = "",
    responses(
        (status = 200, description = "It does, perhaps not at its best", body = HealthBody),
        (status = 503, description = "It does not", body = HealthBody),
    ),
)]
pub async fn ready(State(node): State<Arc<Node>>) -> Response {
    let checks = readiness(&node).await;
    reply(&node, Scope::Ready, checks)
}

/// `GET /health`: everything. Other hosts' janitors call it; 200 as long as the host is of use.
#[utoipa::path(
    get,
    path = "/health",
    tag = "host",
    summary = "Everything health looks at",
    description = "200 as long as the host is of use.",
    responses(
        (status = 200, description = "It does, perhaps not at its best", body = HealthBody),
        (status = 503, description = "It does not", body = HealthBody),
    ),
)]
pub async fn health(State(node): State<Arc<Node>>) -> Response {
    let mut checks = vec![process()];
    checks.extend(readiness(&node).await);
    reply(&node, Scope::Ready, checks)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Scope {
    Live,
    Ready,
}

/// How a check came out.
enum Finding {
    Fine,
    Degraded(String),
    Broken(String),
}

fn process() -> CheckBody {
    check("process", "live", true, || Finding::Fine)
}

fn check(name: &str, scope: &str, critical: bool, look: impl FnOnce() -> Finding) -> CheckBody {
    let before = clock::monotonic();
    let (status, message) = match look() {
        Finding::Fine => ("ok", None),
        Finding::Degraded(text) => ("degraded", Some(text)),
        Finding::Broken(text) => ("error", Some(text)),
    };
    CheckBody {
        name: name.to_owned(),
        scope: scope.to_owned(),
        critical,
        status: status.to_owned(),
        message,
        duration_ms: milliseconds(clock::monotonic().saturating_sub(before)),
    }
}

async fn readiness(node: &Arc<Node>) -> Vec<CheckBody> {
    if node.loaded().is_none() {
        let text = "the store and the plugins are being loaded".to_owned();
        return vec![check("loaded", "ready", true, || Finding::Broken(text))];
    }
    let host = Arc::clone(node);
    // Some of the checks read the store.
    let checks = tokio::task::spawn_blocking(move || host.loaded().map(|loaded| look(&host, loaded)));
    checks.await.ok().flatten().unwrap_or_else(|| {
        vec![check("checks", "ready", true, || Finding::Broken("the checks themselves failed".to_owned()))]
    })
}

fn look(node: &Node, loaded: &Loaded) -> Vec<CheckBody> {
    let upkeep = node.upkeep();
    vec![
        check("loaded", "ready", true, || Finding::Fine),
        check("store", "ready", true, || match loaded.engine().store().health() {
            Health::Ok => Finding::Fine,
            // Lookups work: degraded, not broken.
            Health::ReadOnly(text) => Finding::Degraded(format!("{text}: submissions are refused until there is room")),
            Health::Poisoned(_) => Finding::Broken("the store failed; this process is about to end".to_owned()),
        }),
        check("headers", "ready", true, || headers(&loaded.headers)),
        check("plugins", "ready", false, || match upkeep.paused_plugins.as_slice() {
            [] => Finding::Fine,
            paused => Finding::Degraded(format!(
                "paused, because they broke again and again: {}; `trellis plugins` says why",
                paused.join(", ")
            )),
        }),
        check("outbox", "ready", false, || match (upkeep.outbox_error.clone(), loaded.outbox_depth()) {
            (Some(error), _) => Finding::Degraded(error),
            (None, Err(_)) => Finding::Broken("the outbox cannot be read".to_owned()),
            (None, Ok(depth)) if depth >= OUTBOX_BEHIND => {
                Finding::Degraded(format!("{depth} transactions wait to be told to the network"))
            }
            (None, Ok(_)) => Finding::Fine,
        }),
        check("network", "ready", false, || network(&upkeep)),
        check("federations", "ready", false, || {
            match upkeep.federations_failed {
            false => Finding::Fine,
            true => Finding::Degraded(
                "the federations file as it is now cannot be used; what was read before stays in force, the log says why"
                    .to_owned(),
            ),
        }
        }),
        check("judged", "ready", false, || match upkeep.unjudged {
            0 => Finding::Fine,
            count => Finding::Degraded(format!(
                "plugins broke on {count} transactions whose spends stand, which are tried again; the log names plugins and faults"
            )),
        }),
    ]
}

/// Names only: what broadcasters answered is for the log and `/admin/outbox`.
fn network(upkeep: &Upkeep) -> Finding {
    let mut troubles = Vec::new();
    if upkeep.network.storm_until.is_some() {
        troubles.push("it refuses most of what it is told, so refusals are not acted upon for now".to_owned());
    }
    let resting: Vec<_> = upkeep.network.resting.iter().map(|resting| resting.broadcaster.as_str()).collect();
    if !resting.is_empty() {
        troubles.push(format!("{} gives no answer and is left alone for a while", resting.join(", ")));
    }
    if upkeep.dead_letters > 0 {
        troubles.push(format!("{} transactions are taken by nobody; /admin/outbox lists them", upkeep.dead_letters));
    }
    if troubles.is_empty() { Finding::Fine } else { Finding::Degraded(troubles.join("; ")) }
}

fn headers(source: &HeaderSource) -> Finding {
    match source {
        HeaderSource::File(file) => headers_file(file),
        HeaderSource::Services(services) => header_services(&services.health()),
        HeaderSource::Local => Finding::Fine,
    }
}

/// Names and states only: what services answered, and where they are, is for the log.
fn header_services(health: &ServicesHealth) -> Finding {
    let said = |service: &ServiceHealth| {
        let what = match service.state {
            ServiceState::NotAsked | ServiceState::CatchingUp | ServiceState::Following => return None,
            ServiceState::StandsStill => "stands still",
            ServiceState::Failing => "gives no usable answer",
            ServiceState::Refused => "said what cannot be true and is left alone",
        };
        Some(format!("{} {what}", service.name))
    };
    let ailing: Vec<String> = health.services.iter().filter_map(said).collect();
    let ailing = if ailing.is_empty() { String::new() } else { format!("{}; the log says more", ailing.join(", ")) };
    let behind = health
        .services
        .iter()
        .filter_map(|service| service.tip)
        .max()
        .filter(|best| health.tip.is_some_and(|tip| tip.saturating_add(HEADERS_BEHIND) <= *best));
    match (health.tip, behind) {
        (None, _) if ailing.is_empty() => Finding::Broken("the first block headers are being fetched".to_owned()),
        (None, _) => Finding::Broken(format!("no block header is known, so no proof can be judged: {ailing}")),
        (Some(tip), Some(best)) => {
            Finding::Degraded(format!("block headers are known up to {tip} of {best}, the others are being fetched"))
        }
        (Some(_), None) if !ailing.is_empty() => Finding::Degraded(ailing),
        (Some(_), None) => match health.archive_error {
            Some(_) => Finding::Degraded("block headers are not kept on disk; the log says why".to_owned()),
            None => Finding::Fine,
        },
    }
}

fn headers_file(file: &HeadersFile) -> Finding {
    let health = file.health();
    match (health.tip, health.error) {
        (None, _) => Finding::Broken("no block header is known, so no proof can be judged".to_owned()),
        (Some(_), Some(_)) => Finding::Degraded(
            "the headers file as it is now cannot be used; the headers read before stay in force, the log says why"
                .to_owned(),
        ),
        (Some(_), None) => Finding::Fine,
    }
}

fn reply(node: &Node, scope: Scope, checks: Vec<CheckBody>) -> Response {
    let broken = checks.iter().any(|check| check.critical && check.status == "error");
    let degraded = checks.iter().any(|check| check.status != "ok");
    let ready = match scope {
        Scope::Live => node.loaded().is_some(),
        Scope::Ready => !broken,
    };
    let status = if broken {
        "error"
    } else if degraded {
        "degraded"
    } else {
        "ok"
    };
    let engine = node.loaded().map(Loaded::engine);
    let hosting = engine.as_ref().map(|engine| engine.hosting());
    let body = HealthBody {
        status: status.to_owned(),
        live: true,
        ready,
        service: ServiceBody {
            name: node.name.clone(),
            advertisable_fqdn: node.advertised_url.as_deref().map(host_name),
            port: node.port.get().copied().unwrap_or_default(),
            network: node.network.to_owned(),
            started_at: clock::rfc3339(node.started_at),
            uptime_ms: milliseconds(clock::monotonic().saturating_sub(node.started)),
            topic_manager_count: hosting.map_or(0, |hosting| hosting.topics().count()),
            lookup_service_count: hosting.map_or(0, |hosting| hosting.services().count()),
        },
        checks,
    };
    let code = if broken { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
    (code, Json(body)).into_response()
}

fn host_name(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split('/').next().unwrap_or_default().to_owned()
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(tip: Option<u32>, services: &[(ServiceState, Option<u32>)]) -> (&'static str, String) {
        let services = services.iter().map(|(state, tip)| ServiceHealth {
            name: "headers.example".to_owned(),
            state: *state,
            tip: *tip,
            error: Some("http://internal/".to_owned()),
        });
        match header_services(&ServicesHealth { tip, services: services.collect(), archive_error: None }) {
            Finding::Fine => ("ok", String::new()),
            Finding::Degraded(text) => ("degraded", text),
            Finding::Broken(text) => ("error", text),
        }
    }

    #[test]
    fn header_services_are_named_when_they_ail_and_their_words_stay_in_the_log() {
        use ServiceState::{CatchingUp, Failing, Following, NotAsked, Refused, StandsStill};
        assert_eq!(found(None, &[(NotAsked, None)]).0, "error");
        assert_eq!(found(Some(9), &[(Following, Some(9)), (CatchingUp, Some(10))]).0, "ok");
        for state in [Failing, Refused, StandsStill] {
            let (status, text) = found(Some(9), &[(Following, Some(9)), (state, Some(9))]);
            assert_eq!(status, "degraded");
            assert!(text.contains("headers.example") && !text.contains("internal"), "{text}");
            assert_eq!(found(None, &[(state, None)]).0, "error");
        }
        let (status, text) = found(Some(9), &[(CatchingUp, Some(9_000))]);
        assert_eq!(status, "degraded");
        assert!(text.contains("9 of 9000"), "{text}");
    }
}
