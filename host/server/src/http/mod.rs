//! HTTP: two listeners, their routes, and what every request and reply goes through.
//!
//! | module | one job |
//! |---|---|
//! | [`listener`] | addresses, connections, and their orderly end |
//! | [`public`] | the public listener's routes |
//! | [`admin`] | the second listener's routes and who may use them |
//! | [`dev`] | faucet, mining, the stand-in for ARC and its misbehaviour, on the built-in chain only |
//! | [`observe`] | request ids, the request log, request metrics |
//! | [`cors`] | the headers browsers ask for |
//! | [`host_name`] | the `Host` header, against DNS rebinding |
//! | [`client`] | who is asking |
//! | [`bearer`] | tokens, and who presents the right one |
//! | [`access`] | who may ask for which path, topic and lookup service |
//! | [`certified`] | paths and baskets that want a certificate |
//! | [`auth`] | mutual authentication: who says who it is |
//! | [`budget`] | what each client may take |
//! | [`read_body`] | bounded reading of request bodies |
//! | [`two_names`] | headers of this host under both of their names |
//! | [`bytes_in_json`] | bytes for clients that send none |
//! | [`answer_memory`] | bounded memory for large answers |
//! | [`patience`] | giving up on who takes no answer |
//! | [`drain`] | what happens to bodies nobody reads |
//! | [`parameters`] | query parameters |
//! | [`call`] | blocking calls, bounded and charged to the client |
//! | [`submit`], [`batch`], [`relay`], [`lookup`], [`lists`], [`topics`], [`transactions`], [`arc_ingest`], [`health`] | the public routes' handlers |
//! | [`baskets`] | the routes about baskets |
//! | [`events`] | subscriptions, over event streams and WebSockets |
//! | [`gate`] | waiting for the network before answering |
//! | [`openapi`] | the OpenAPI document of the public routes |
//! | [`operator`] | evicting, and trying again |
//! | [`rebuild`] | building services and managers anew |
//! | [`aggregate`] | the binary answer of a lookup |
//! | [`body`] | request and reply bodies |
//! | [`error`] | the error reply |
//! | [`refusal`] | what each of the engine's errors is on the wire |

pub mod access;
pub mod admin;
pub mod aggregate;
pub mod answer_memory;
pub mod arc_ingest;
pub mod auth;
pub mod baskets;
pub mod batch;
pub mod bearer;
pub mod body;
pub mod budget;
pub mod bytes_in_json;
pub mod call;
pub mod certified;
pub mod client;
pub mod cors;
pub mod dev;
pub mod drain;
pub mod error;
pub mod events;
pub mod evidence;
pub mod gate;
pub mod health;
pub mod host_name;
pub mod identity;
pub mod listener;
pub mod lists;
pub mod lookup;
pub mod observe;
pub mod openapi;
pub mod operator;
pub mod parameters;
pub mod patience;
pub mod plugins;
pub mod public;
pub mod read_body;
pub mod rebuild;
pub mod refusal;
pub mod relay;
pub mod submit;
pub mod topics;
pub mod transactions;
pub mod two_names;
