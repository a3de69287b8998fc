//! What signatures of requests and replies are over (BRC-104): SHA-256 of these bytes.
//!
//! Numbers are variable-length integers of the transaction format; what is not there is written as -1, nine bytes `ff`. Headers
//! stand in the order of their names: those that begin with `x-bsv-` but not with `x-bsv-auth`, `authorization`, and of a request
//! `content-type` without its parameters.

use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use sha2::{Digest, Sha256};
use trellis_spv::writer::{write_var_bytes, write_var_int};

/// How what is not there is written.
const ABSENT: u64 = u64::MAX;

/// What a request's signature is over.
#[must_use]
pub fn request(id: &[u8; 32], parts: &Parts, body: &[u8]) -> [u8; 32] {
    digest(&request_head(id, parts, body.len()), body)
}

/// What a reply's signature is over.
#[must_use]
pub fn reply(id: &[u8; 32], status: StatusCode, headers: &HeaderMap, body: &[u8]) -> [u8; 32] {
    digest(&reply_head(id, status, headers, body.len()), body)
}

/// Without putting the two together: bodies are large.
fn digest(head: &[u8], body: &[u8]) -> [u8; 32] {
    Sha256::new().chain_update(head).chain_update(body).finalize().into()
}

fn request_head(id: &[u8; 32], parts: &Parts, body: usize) -> Vec<u8> {
    let Parts { method, uri, headers, .. } = parts;
    let mut bytes = id.to_vec();
    write_var_bytes(&mut bytes, method.as_str().as_bytes());
    write_present(&mut bytes, uri.path().as_bytes());
    let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    write_present(&mut bytes, query.as_bytes());
    let content_type = headers.get(header::CONTENT_TYPE).map(|value| {
        let kind = value.as_bytes().split(|byte| *byte == b';').next().unwrap_or_default();
        ("content-type", kind.trim_ascii())
    });
    write_headers(&mut bytes, headers, content_type);
    write_var_int(&mut bytes, if body == 0 { ABSENT } else { body as u64 });
    bytes
}

fn reply_head(id: &[u8; 32], status: StatusCode, headers: &HeaderMap, body: usize) -> Vec<u8> {
    let mut bytes = id.to_vec();
    write_var_int(&mut bytes, u64::from(status.as_u16()));
    write_headers(&mut bytes, headers, None);
    // Unlike in a request, an empty body has a length.
    write_var_int(&mut bytes, body as u64);
    bytes
}

fn write_present(bytes: &mut Vec<u8>, what: &[u8]) {
    if what.is_empty() {
        write_var_int(bytes, ABSENT);
    } else {
        write_var_bytes(bytes, what);
    }
}

fn write_headers(bytes: &mut Vec<u8>, headers: &HeaderMap, also: Option<(&str, &[u8])>) {
    let is_signed =
        |name: &str| name == "authorization" || (name.starts_with("x-bsv-") && !name.starts_with("x-bsv-auth"));
    let signed = headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
    let mut signed: Vec<_> = signed.filter(|(name, _)| is_signed(name)).chain(also).collect();
    signed.sort_by_key(|(name, _)| *name);
    write_var_int(bytes, signed.len() as u64);
    for (name, value) in signed {
        write_var_bytes(bytes, name.as_bytes());
        write_var_bytes(bytes, value);
    }
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    fn headers(all: &[(&str, &str)]) -> HeaderMap {
        all.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    fn parts(method: &str, uri: &str, all: &[(&str, &str)]) -> Parts {
        let (mut parts, ()) = Request::builder().method(method).uri(uri).body(()).unwrap().into_parts();
        parts.headers = headers(all);
        parts
    }

    #[test]
    fn a_request_is_signed_with_its_way_its_headers_and_its_body() {
        let sent = [
            ("x-bsv-topics", "a"),
            ("authorization", "b"),
            ("content-type", "text/plain; charset=utf-8"),
            ("x-bsv-auth-nonce", "c"),
            ("accept", "d"),
        ];
        let parts = parts("POST", "/v1/submit?x=1", &sent);
        let expected: Vec<u8> = [
            &[7; 32][..],
            b"\x04POST\x0a/v1/submit\x04?x=1\x03",
            b"\x0dauthorization\x01b\x0ccontent-type\x0atext/plain\x0cx-bsv-topics\x01a",
            b"\x04",
        ]
        .concat();
        assert_eq!(request_head(&[7; 32], &parts, 4), expected);
        let whole = [&expected[..], b"body"].concat();
        assert_eq!(request(&[7; 32], &parts, b"body"), <[u8; 32]>::from(Sha256::digest(whole)));
    }

    #[test]
    fn what_is_not_there_is_written_as_minus_one() {
        let head = request_head(&[7; 32], &parts("GET", "/", &[]), 0);
        assert_eq!(head[32..], [&b"\x03GET\x01/"[..], &[0xff; 9], &[0], &[0xff; 9]].concat());
    }

    #[test]
    fn a_reply_is_signed_with_its_status_its_headers_and_its_body() {
        let headers = headers(&[("x-bsv-a", "1"), ("content-type", "x")]);
        let head = reply_head(&[7; 32], StatusCode::NOT_FOUND, &headers, 0);
        assert_eq!(head[32..], *b"\xfd\x94\x01\x01\x07x-bsv-a\x011\x00");
    }
}
