//! What holds for every public route, whatever is behind it.

use std::collections::BTreeSet;

use axum::body::Body;
use axum::http::{Request, Response, StatusCode};
use http_body_util::BodyExt;
use serde_json::Value;
use tower::ServiceExt;

use super::*;
use crate::config::checked::ClientLimits;
use crate::testing;

async fn ask_node(node: &Arc<Node>, method: &str, path: &str, headers: &[(&str, &str)]) -> (Response<()>, Value) {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = router(Arc::clone(node)).oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let (parts, body) = response.into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    (Response::from_parts(parts, ()), serde_json::from_slice(&bytes).unwrap_or(Value::Null))
}

async fn ask(method: &str, path: &str) -> (Response<()>, Value) {
    ask_node(&testing::starting_node(ClientLimits::default()), method, path, &[]).await
}

#[tokio::test]
async fn every_reply_carries_the_headers_browsers_ask_for_errors_included() {
    for (method, path) in [("GET", "/health/live"), ("GET", "/nowhere"), ("PUT", "/submit"), ("POST", "/lookup")] {
        let (response, _) = ask(method, path).await;
        for name in ["origin", "methods"] {
            assert_eq!(response.headers()[format!("access-control-allow-{name}")], "*", "{method} {path}");
        }
        assert_eq!(response.headers()["access-control-expose-headers"], "*");
        assert_eq!(response.headers()["access-control-allow-headers"], "*, authorization");
        assert_eq!(response.headers()["access-control-allow-private-network"], "true");
        assert!(response.headers().contains_key("x-request-id"));
    }
}

#[tokio::test]
async fn options_is_answered_on_every_path() {
    for path in ["/submit", "/lookup", "/nowhere"] {
        let (response, _) = ask("OPTIONS", path).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
    }
}

#[tokio::test]
async fn errors_are_always_json_with_a_code() {
    for (method, path, status, code) in [
        ("GET", "/nowhere", 404, "ERR_ROUTE_NOT_FOUND"),
        ("DELETE", "/submit", 405, "ERR_METHOD_NOT_ALLOWED"),
        ("GET", "/submit", 405, "ERR_METHOD_NOT_ALLOWED"),
        ("POST", "/health", 405, "ERR_METHOD_NOT_ALLOWED"),
        ("GET", "/v1/transactions/00", 503, "ERR_STARTING"),
        ("GET", "/v1/transactions/%ff", 400, "ERR_REQUEST"),
    ] {
        let (response, body) = ask(method, path).await;
        assert_eq!(response.status().as_u16(), status, "{method} {path}");
        assert_eq!((body["status"].as_str(), body["code"].as_str()), (Some("error"), Some(code)), "{method} {path}");
        assert!(body["message"].as_str().is_some_and(|text| !text.is_empty()));
    }
}

#[tokio::test]
async fn while_loading_the_host_is_live_but_not_ready_and_says_when_to_come_back() {
    let (response, body) = ask("GET", "/health/live").await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!((body["live"].as_bool(), body["ready"].as_bool()), (Some(true), Some(false)));
    for path in ["/health", "/health/ready"] {
        let (response, body) = ask("GET", path).await;
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!((body["status"].as_str(), body["ready"].as_bool()), (Some("error"), Some(false)));
    }
    for (method, path) in [("POST", "/submit"), ("POST", "/lookup"), ("GET", "/listTopicManagers")] {
        let (response, body) = ask(method, path).await;
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(response.headers()["retry-after"], "1");
        assert_eq!(body["code"], "ERR_STARTING");
    }
}

#[tokio::test]
async fn health_has_the_shape_other_hosts_read() {
    let (_, body) = ask("GET", "/health").await;
    let service = &body["service"];
    for key in [
        "name",
        "advertisableFQDN",
        "port",
        "network",
        "startedAt",
        "uptimeMs",
        "topicManagerCount",
        "lookupServiceCount",
    ] {
        assert!(service.get(key).is_some(), "no {key} in {service}");
    }
    for check in body["checks"].as_array().unwrap() {
        for key in ["name", "scope", "critical", "status", "durationMs"] {
            assert!(check.get(key).is_some(), "no {key} in {check}");
        }
    }
}

#[tokio::test]
async fn the_public_part_of_the_configuration_names_the_node() {
    let (_, body) = ask("GET", "/admin/config").await;
    assert_eq!(body["nodeName"], "test node");
}

#[tokio::test]
async fn a_sane_request_id_comes_back() {
    let node = testing::starting_node(ClientLimits::default());
    let (response, _) = ask_node(&node, "GET", "/health/live", &[("x-request-id", "abc-1")]).await;
    assert_eq!(response.headers()["x-request-id"], "abc-1");
}

#[tokio::test]
async fn requests_are_counted_by_declared_route_never_by_what_was_typed() {
    let node = testing::starting_node(ClientLimits::default());
    ask_node(&node, "GET", "/v1/transactions/ffff", &[]).await;
    ask_node(&node, "GET", "/secret/../path", &[]).await;
    let text = node.metrics.encode(0).unwrap();
    assert!(text.contains(r#"route="/v1/transactions/{txid}",status="503"} 1"#), "{text}");
    assert!(text.contains(r#"route="unmatched",status="404"} 1"#), "{text}");
    assert!(!text.contains("ffff") && !text.contains("secret"), "{text}");
}

/// The routes as this listener declares them, with their methods.
fn declared() -> BTreeSet<(String, String)> {
    let source = include_str!("../public.rs");
    let routes = source.split(".route(\"").skip(1).map(|route| {
        let (path, rest) = route.split_once("\", ").unwrap();
        let (method, _) = rest.split_once('(').unwrap();
        (path.to_owned(), method.to_owned())
    });
    routes.collect()
}

#[tokio::test]
async fn every_route_is_in_the_document_and_the_document_has_no_other() {
    let document: Value = serde_json::from_str(openapi::KEPT).unwrap();
    let mut documented = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            documented.insert((path.clone(), method.clone()));
        }
    }
    assert_eq!(declared(), documented);
    for (path, method) in documented {
        let path = path
            .replace("{txid}", &"0".repeat(64))
            .replace("{topic}", "tm_helloworld")
            .replace("{basket}", "shelf")
            .replace("{id}", "0");
        let (response, body) = ask(&method.to_uppercase(), &path).await;
        assert!(![404, 405].contains(&response.status().as_u16()), "{method} {path}: {body}");
    }
    let (response, served) = ask("GET", "/openapi.json").await;
    assert_eq!((response.status(), served), (StatusCode::OK, document));
}
