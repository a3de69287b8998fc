//! Mutual authentication over HTTP (BRC-104): the handshake (certificates in it are heard in `certificates`), and what every request and reply of the public listener goes through.
//!
//! A request that says who sent it is believed or refused; one that does not is anonymous. Replies to those that were believed are
//! signed, so they are put together before they are sent: what has no end cannot be asked for with a signature.

mod certificates;

use std::convert::Infallible;
use std::sync::Arc;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http_body_util::BodyExt;

use super::answer_memory::MAX_ANSWER_MEMORY;
use super::body::ErrorBody;
use super::body::auth::{CertificateResponseBody, InitialRequestBody, InitialResponseBody, MessageBody};
use super::call;
use super::client::ClientKey;
use super::error::ApiError;
use super::openapi::WithBody;
use super::read_body::{MAX_BODY_BYTES, read_body};
use crate::auth::credentials::{self, Credentials, identity_key};
use crate::auth::requested::Requested;
use crate::auth::seal::Session;
use crate::auth::{Auth, IdentityKey, MAX_NONCE_BYTES, NotAuthentic, VERSION, signed};
use crate::clock;
use crate::node::Node;

/// Longest message of a handshake, in bytes: sixteen certificates with a dozen fields each, or a few with portraits.
const MAX_HANDSHAKE_BYTES: usize = 256 * 1024;

/// Where handshakes are made (BRC-104).
pub const HANDSHAKE: &str = "/.well-known/auth";

/// Who sent a request, proven; on every request that says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity(pub IdentityKey);

/// Who asks, as far as it says so: what handlers are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Who(pub Option<Identity>);

impl Who {
    /// Its identity; `None` where it does not say.
    #[must_use]
    pub const fn identity(&self) -> Option<&Identity> {
        self.0.as_ref()
    }
}

impl<S: Sync> FromRequestParts<S> for Who {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(parts.extensions.get().copied()))
    }
}

/// `POST /.well-known/auth`: the handshake.
///
/// # Errors
/// 400 for a message that is none, 503 while starting.
#[utoipa::path(
    post,
    path = "/.well-known/auth",
    tag = "host",
    summary = "The handshake of mutual authentication",
    description = "BRC-103: a client shows its identity key, this host answers with its own and a nonce that both sign under, and with the \
        certificates it asks for; in a second message the client shows those it has. They stand for all its sessions until this one \
        is over. `AuthFetch` of `@bsv/sdk` does it by itself.",
    request_body(content((InitialRequestBody = "application/json"), (CertificateResponseBody<'static> = "application/json")), description = "The first message, or certificates"),
    responses(
        (status = 200, description = "The answer to the first message; `CertificatesHeldBody` to certificates", body = InitialResponseBody),
        (status = 401, description = "The identity key is none, or the message is not signed by it in a session that is not over", body = ErrorBody),
        WithBody,
    ),
)]
pub async fn handshake(
    State(node): State<Arc<Node>>,
    client: Extension<ClientKey>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let body = read_body(&headers, body, MAX_HANDSHAKE_BYTES, &node.bodies).await?;
    let wrong = wrong_message;
    let no_message = |error| wrong(format!("the body is no message of a handshake of BRC-103: {error}"));
    let message: MessageBody = serde_json::from_slice(&body.bytes).map_err(no_message)?;
    match (message.version.as_str(), message.message_type.as_str()) {
        (VERSION, "initialRequest") => {}
        (VERSION, "certificateResponse") => return certificates::hear(&node, client.0, body).await,
        _ => {
            let text = format!(
                "this host takes messages `initialRequest` and `certificateResponse` of version {VERSION} here"
            );
            return Err(wrong(text));
        }
    }
    let asked: InitialRequestBody = serde_json::from_slice(&body.bytes).map_err(no_message)?;
    let key = identity_key(&asked.identity_key)
        .ok_or_else(|| wrong("`identityKey` is no compressed public key in hexadecimal".to_owned()))?;
    let client_nonce = asked.initial_nonce;
    if client_nonce.is_empty() || client_nonce.len() > MAX_NONCE_BYTES || STANDARD.decode(&client_nonce).is_err() {
        return Err(wrong(format!("`initialNonce` is no nonce in base64 of at most {MAX_NONCE_BYTES} characters")));
    }
    let host = Arc::clone(&node);
    call::with_loaded(&node, &node.reads, client.0, move |loaded| {
        let requested = Requested::of(host.rules().demands.iter(), &loaded.engine().federations());
        let session = Session { made: seconds(), client_nonce };
        let (nonce, signature) = loaded.auth.answer(&key, &session, rand::random()).map_err(refused)?;
        let answer = InitialResponseBody {
            version: VERSION,
            message_type: "initialResponse",
            identity_key: hex::encode(loaded.auth.identity_key()),
            initial_nonce: nonce,
            your_nonce: session.client_nonce,
            requested_certificates: certificates::requested_body(&requested),
            signature,
        };
        Ok(Json(answer).into_response())
    })
    .await
}

/// Believes or refuses who says who it is, and signs the reply.
pub async fn authenticate(State(node): State<Arc<Node>>, request: Request, next: Next) -> Response {
    match Credentials::read(request.headers()) {
        Ok(None) => next.run(request).await,
        Ok(Some(said)) => authenticated(&node, said, request, next).await.unwrap_or_else(IntoResponse::into_response),
        Err(error) => ApiError::new(StatusCode::UNAUTHORIZED, "ERR_AUTH_HEADER", error.to_string()).into_response(),
    }
}

async fn authenticated(
    node: &Arc<Node>,
    said: Credentials,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let client = request.extensions().get::<ClientKey>().copied();
    let client = client.ok_or_else(|| ApiError::internal(&"a request without a client"))?;
    let (parts, body) = request.into_parts();
    let held = read_body(&parts.headers, body, MAX_BODY_BYTES, &node.bodies).await?;
    let (said, session, parts, held) = call::with_loaded(node, &node.reads, client, move |loaded| {
        let digest = signed::request(&said.request_id, &parts, &held.bytes);
        let session = loaded.auth.admit(&said, digest, seconds()).map_err(refused)?;
        Ok::<_, ApiError>((said, session, parts, held))
    })
    .await?;
    let mut request = Request::from_parts(parts, held.into_body());
    request.extensions_mut().insert(Identity(said.client));
    let (mut head, body) = next.run(request).await.into_parts();
    if head.headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind == "text/event-stream")
        || head.status == StatusCode::SWITCHING_PROTOCOLS
    {
        let message = "what has no end cannot be signed: ask for events without the headers of BRC-104, and show who you are with \
             a token from POST /v1/events/token";
        return Err(ApiError::bad_request("ERR_AUTH_STREAM", message));
    }
    // Room of its own: putting it together makes a copy, and what is copied gives its room back.
    let size = body.size_hint().exact().and_then(|size| usize::try_from(size).ok());
    let room = node.answers.reserve(size.unwrap_or(MAX_ANSWER_MEMORY))?;
    let body = body.collect().await.map_err(|error| ApiError::internal(&error))?.to_bytes();
    let auth = Arc::clone(&node.ready()?.auth);
    let reply = call::run(node, &node.reads, client, move |_| {
        sign(&auth, &said, &session, &mut head, &body).map(|()| Response::from_parts(head, room.body(body)))
    });
    reply.await?
}

/// Puts the headers on a reply that say whose it is.
fn sign(
    auth: &Auth,
    said: &Credentials,
    session: &Session,
    head: &mut axum::http::response::Parts,
    body: &Bytes,
) -> Result<(), ApiError> {
    let nonce = STANDARD.encode(rand::random::<[u8; 32]>());
    let digest = signed::reply(&said.request_id, head.status, &head.headers, body);
    let signature = auth.sign(&said.client, session, &nonce, digest).map_err(refused)?;
    for (name, value) in [
        (credentials::AUTH_VERSION, VERSION.to_owned()),
        (credentials::IDENTITY_KEY, hex::encode(auth.identity_key())),
        (credentials::NONCE, nonce),
        (credentials::YOUR_NONCE, session.client_nonce.clone()),
        (credentials::SIGNATURE, hex::encode(signature)),
        (credentials::REQUEST_ID, STANDARD.encode(said.request_id)),
    ] {
        let value = HeaderValue::try_from(value).map_err(|error| ApiError::internal(&error))?;
        head.headers.insert(HeaderName::from_static(name), value);
    }
    Ok(())
}

/// A message that is none.
fn wrong_message(text: String) -> ApiError {
    ApiError::bad_request("ERR_AUTH_MESSAGE", text)
}

/// Now, in seconds.
pub(super) fn seconds() -> u64 {
    clock::now().milliseconds() / 1000
}

/// Without a signature of this host: `AuthFetch` shakes hands again then.
fn refused(error: NotAuthentic) -> ApiError {
    let code = match error {
        NotAuthentic::UnknownSession | NotAuthentic::NotAnswered(_) => "ERR_AUTH_SESSION",
        NotAuthentic::Signature => "ERR_AUTH_SIGNATURE",
        NotAuthentic::NotAKey => "ERR_AUTH_IDENTITY",
    };
    let message = format!(
        "{error}; shake hands at {HANDSHAKE} and send the request anew, or send it without the headers of BRC-104"
    );
    ApiError::new(StatusCode::UNAUTHORIZED, code, message)
}
