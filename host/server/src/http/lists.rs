//! What is hosted: the two lists, their documentation, and the public part of the host's configuration.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use trellis_engine::domain::name::TopicName;
use trellis_engine::ports::plugins::{PluginDescription, PluginId};

use super::body::{AdminConfigBody, ErrorBody, ManagerBody};
use super::error::ApiError;
use super::openapi::Starting;
use crate::node::{Loaded, Node};

/// `GET /listTopicManagers`
///
/// # Errors
/// 503 while starting.
#[utoipa::path(
    get,
    path = "/listTopicManagers",
    tag = "overlay",
    summary = "Lists the topics hosted here",
    description = "By name, with what their plugins say of themselves.",
    responses((status = 200, description = "The list", body = BTreeMap<String, ManagerBody>), Starting),
)]
pub async fn topic_managers(State(node): State<Arc<Node>>) -> Result<Response, ApiError> {
    let loaded = node.ready()?;
    let entry = |name: String, plugin: &PluginId| description(loaded, plugin).map(|found| (name, manager(&found)));
    let engine = loaded.engine();
    let topics = engine.hosting().topics();
    let list: BTreeMap<_, _> = topics.filter_map(|topic| entry(topic.name.to_string(), &topic.plugin)).collect();
    Ok(Json(list).into_response())
}

/// `GET /listLookupServiceProviders`
///
/// # Errors
/// 503 while starting.
#[utoipa::path(
    get,
    path = "/listLookupServiceProviders",
    tag = "overlay",
    summary = "Lists the lookup services hosted here",
    description = "By name, with what their plugins say of themselves.",
    responses((status = 200, description = "The list", body = BTreeMap<String, ManagerBody>), Starting),
)]
pub async fn lookup_services(State(node): State<Arc<Node>>) -> Result<Response, ApiError> {
    let loaded = node.ready()?;
    let entry = |name: String, plugin: &PluginId| description(loaded, plugin).map(|found| (name, manager(&found)));
    let engine = loaded.engine();
    let services = engine.hosting().services();
    let list: BTreeMap<_, _> =
        services.filter_map(|service| entry(service.name.to_string(), &service.plugin)).collect();
    Ok(Json(list).into_response())
}

/// `GET /getDocumentationForTopicManager?manager=tm_…`
///
/// # Errors
/// 400 without the parameter, 404 where it is not hosted, 503 while starting.
#[utoipa::path(
    get,
    path = "/getDocumentationForTopicManager",
    tag = "overlay",
    summary = "Documentation of a topic",
    description = "As its plugin's author wrote it.",
    params(("manager" = String, Query, description = "Its name")),
    responses(
        (status = 200, description = "Markdown", body = String, content_type = "text/markdown"),
        (status = 400, description = "It is not named", body = ErrorBody),
        (status = 404, description = "It is not hosted here", body = ErrorBody),
        Starting,
    ),
)]
pub async fn topic_manager_documentation(
    State(node): State<Arc<Node>>,
    query: Query<BTreeMap<String, String>>,
) -> Result<Response, ApiError> {
    let loaded = node.ready()?;
    let name = parameter(&query, "manager")?;
    let engine = loaded.engine();
    let topic = TopicName::new(name).ok().and_then(|name| engine.hosting().topic(&name));
    documentation(loaded, topic.map(|topic| &topic.plugin), "topic", name, "/listTopicManagers")
}

/// `GET /getDocumentationForLookupServiceProvider?lookupService=ls_…`
///
/// # Errors
/// 400 without the parameter, 404 where it is not hosted, 503 while starting.
#[utoipa::path(
    get,
    path = "/getDocumentationForLookupServiceProvider",
    tag = "overlay",
    summary = "Documentation of a lookup service",
    description = "As its plugin's author wrote it.",
    params(("lookupService" = String, Query, description = "Its name")),
    responses(
        (status = 200, description = "Markdown", body = String, content_type = "text/markdown"),
        (status = 400, description = "It is not named", body = ErrorBody),
        (status = 404, description = "It is not hosted here", body = ErrorBody),
        Starting,
    ),
)]
pub async fn lookup_service_documentation(
    State(node): State<Arc<Node>>,
    query: Query<BTreeMap<String, String>>,
) -> Result<Response, ApiError> {
    let loaded = node.ready()?;
    let name = parameter(&query, "lookupService")?;
    let engine = loaded.engine();
    let service = engine.hosting().service(name);
    documentation(loaded, service.map(|service| &service.plugin), "lookup service", name, "/listLookupServiceProviders")
}

/// `GET /admin/config`: the part of it that is public.
#[utoipa::path(
    get,
    path = "/admin/config",
    tag = "host",
    summary = "The public part of the configuration",
    description = "",
    responses((status = 200, description = "The host's name", body = AdminConfigBody)),
)]
pub async fn admin_config(State(node): State<Arc<Node>>) -> Response {
    Json(AdminConfigBody { node_name: &node.name }).into_response()
}

fn parameter<'q>(query: &'q BTreeMap<String, String>, name: &'static str) -> Result<&'q str, ApiError> {
    let value = query.get(name).map(String::as_str).filter(|value| !value.is_empty());
    value.ok_or_else(|| ApiError::bad_request("ERR_PARAMETER", format!("the query parameter `{name}` is missing")))
}

fn documentation(
    loaded: &Loaded,
    plugin: Option<&PluginId>,
    what: &str,
    name: &str,
    list: &str,
) -> Result<Response, ApiError> {
    let Some(found) = plugin.and_then(|plugin| description(loaded, plugin)) else {
        let name: String = name.chars().take(60).collect();
        let message = format!("{what} {name:?} is not hosted here; GET {list} lists those that are");
        return Err(ApiError::new(StatusCode::NOT_FOUND, "ERR_NOT_HOSTED", message));
    };
    let markdown = [(header::CONTENT_TYPE, "text/markdown; charset=utf-8")];
    Ok((markdown, found.documentation.clone()).into_response())
}

fn description(loaded: &Loaded, plugin: &PluginId) -> Option<Arc<PluginDescription>> {
    loaded.engine().plugins().description(plugin)
}

fn manager(description: &PluginDescription) -> ManagerBody {
    let PluginDescription { name, short_description, version, icon_url, information_url, .. } = description.clone();
    ManagerBody { name, short_description, icon_url, version, information_url }
}
