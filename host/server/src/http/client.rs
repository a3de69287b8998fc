//! Who is asking: the address a client's budget is kept under.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use axum::http::HeaderMap;
use sha2::{Digest, Sha256};

/// The other end of the connection; put on every request by the listener.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer(pub SocketAddr);

/// Whom a budget belongs to: an IPv4 address, or an IPv6 network of 64 bits, the least one subscriber gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ClientKey(IpAddr);

impl ClientKey {
    /// The key of an address.
    #[must_use]
    pub fn new(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V6(address) => {
                let network = u128::from(address) & !u128::from(u64::MAX);
                Self(IpAddr::V6(Ipv6Addr::from(network)))
            }
            v4 @ IpAddr::V4(_) => Self(v4),
        }
    }

    /// A digest that stands for the client where something is kept for it.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.0.to_string()).into()
    }
}

/// The client behind a request: the peer, or, where the peer is one of `trusted` proxies, the last address of
/// `X-Forwarded-For` that is not a trusted proxy itself. What a client wrote there before the proxy is never believed.
#[must_use]
pub fn client_address(peer: IpAddr, headers: &HeaderMap, trusted: &[IpAddr]) -> IpAddr {
    let trusted = |address: &IpAddr| trusted.contains(&address.to_canonical());
    if !trusted(&peer) {
        return peer;
    }
    let mut client = peer;
    let lists = headers.get_all("x-forwarded-for").iter().rev();
    for text in lists.flat_map(|list| list.to_str().unwrap_or_default().rsplit(',')) {
        match text.trim().parse::<IpAddr>() {
            Ok(address) => client = address,
            Err(_) => break,
        }
        if !trusted(&client) {
            break;
        }
    }
    client
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn forwarded(values: &[&str]) -> HeaderMap {
        values.iter().map(|value| ("x-forwarded-for".parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn forwarded_addresses_count_only_from_configured_proxies() {
        let headers = forwarded(&["203.0.113.7"]);
        assert_eq!(client_address(ip("198.51.100.1"), &headers, &[]), ip("198.51.100.1"));
        assert_eq!(client_address(ip("10.0.0.1"), &headers, &[ip("10.0.0.1")]), ip("203.0.113.7"));
    }

    #[test]
    fn what_a_client_claims_before_the_proxy_is_not_believed() {
        let proxies = [ip("10.0.0.1"), ip("10.0.0.2")];
        let headers = forwarded(&["1.2.3.4, 203.0.113.7, 10.0.0.2"]);
        assert_eq!(client_address(ip("10.0.0.1"), &headers, &proxies), ip("203.0.113.7"));
        let headers = forwarded(&["1.2.3.4", "203.0.113.7"]);
        assert_eq!(client_address(ip("10.0.0.1"), &headers, &proxies), ip("203.0.113.7"));
        let headers = forwarded(&["1.2.3.4, rubbish"]);
        assert_eq!(client_address(ip("10.0.0.1"), &headers, &proxies), ip("10.0.0.1"));
    }

    #[test]
    fn an_ipv6_client_is_its_network() {
        assert_eq!(ClientKey::new(ip("2001:db8::1")), ClientKey::new(ip("2001:db8::ffff:1")));
        assert_ne!(ClientKey::new(ip("2001:db8::1")), ClientKey::new(ip("2001:db8:0:1::1")));
        assert_eq!(ClientKey::new(ip("::ffff:192.0.2.1")), ClientKey::new(ip("192.0.2.1")));
        assert_ne!(ClientKey::new(ip("192.0.2.1")), ClientKey::new(ip("192.0.2.2")));
    }
}
