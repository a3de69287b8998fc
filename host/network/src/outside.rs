//! How this host asks others over HTTP: within bounds, and only where the operator said.

use std::time::Duration;

use ureq::Agent;

/// Seconds to find and reach a host, TLS included.
pub(crate) const CONNECT_SECONDS: u64 = 5;

/// Largest head of an answer, in bytes.
const MAX_HEAD_BYTES: usize = 16 * 1024;

/// An agent that waits this many seconds from a request's last byte to the answer's head, and this many from there to the
/// answer's last byte.
pub(crate) fn agent(answer_seconds: u64, body_seconds: u64) -> Agent {
    let connect = Some(Duration::from_secs(CONNECT_SECONDS));
    Agent::config_builder()
        .http_status_as_error(false)
        // A redirect would carry what is sent, and the key, somewhere the operator did not name.
        .max_redirects(0)
        // Proxies of the environment are nobody's configuration of this host.
        .proxy(None)
        .user_agent(concat!("trellis/", env!("CARGO_PKG_VERSION")))
        .max_response_header_size(MAX_HEAD_BYTES)
        .timeout_resolve(connect)
        .timeout_connect(connect)
        .timeout_send_request(connect)
        .timeout_recv_response(Some(Duration::from_secs(answer_seconds)))
        .timeout_recv_body(Some(Duration::from_secs(body_seconds)))
        .build()
        .new_agent()
}
