//! The `Host` header of the second listener, against DNS rebinding: a web page may have its own name resolve to this
//! machine, but cannot make a browser send an IP address or `localhost` as `Host`.

use std::net::{Ipv4Addr, Ipv6Addr};

use axum::extract::Request;
use axum::http::{StatusCode, header};

use super::error::ApiError;

/// Refuses requests whose `Host` a foreign web page could have chosen.
///
/// # Errors
/// 403 where `Host` is missing, repeated, or a name other than `localhost`.
pub fn check(request: &Request) -> Result<(), ApiError> {
    let mut hosts = request.headers().get_all(header::HOST).iter();
    let host = hosts.next().and_then(|host| host.to_str().ok());
    match (host, hosts.next()) {
        (Some(host), None) if is_own(host) => Ok(()),
        _ => Err(ApiError::new(
            StatusCode::FORBIDDEN,
            "ERR_HOST",
            "this listener answers only under an IP address or `localhost`; call it so",
        )),
    }
}

fn is_own(host: &str) -> bool {
    let (name, port) = match host.strip_prefix('[') {
        Some(rest) => match rest.split_once(']') {
            Some((address, port)) => {
                return address.parse::<Ipv6Addr>().is_ok() && is_port(port.strip_prefix(':'), port);
            }
            None => return false,
        },
        None => host.split_once(':').map_or((host, None), |(name, port)| (name, Some(port))),
    };
    (name.eq_ignore_ascii_case("localhost") || name.parse::<Ipv4Addr>().is_ok()) && port.is_none_or(is_number)
}

fn is_port(port: Option<&str>, rest: &str) -> bool {
    port.map_or(rest.is_empty(), is_number)
}

fn is_number(port: &str) -> bool {
    port.parse::<u16>().is_ok()
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    fn asked(hosts: &[&str]) -> Result<(), ApiError> {
        let mut request = Request::builder().uri("/metrics");
        for host in hosts {
            request = request.header("host", *host);
        }
        check(&request.body(Body::empty()).unwrap())
    }

    #[test]
    fn addresses_and_localhost_are_served() {
        for host in ["127.0.0.1", "127.0.0.1:8081", "localhost:8081", "LOCALHOST", "[::1]:8081", "[::1]", "10.0.0.3:1"]
        {
            assert!(asked(&[host]).is_ok(), "{host}");
        }
    }

    #[test]
    fn names_a_foreign_page_can_have_resolve_here_are_refused() {
        for host in ["evil.example:8081", "localhost.evil.example", "127.0.0.1.nip.io", "[::1", "[::1]x", "[evil]", ""]
        {
            assert_eq!(asked(&[host]).unwrap_err().status, StatusCode::FORBIDDEN, "{host}");
        }
        assert!(asked(&[]).is_err());
        assert!(asked(&["localhost", "evil.example"]).is_err());
    }
}
