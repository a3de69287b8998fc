//! Callbacks on their way: who may be called, in which order, how often.
//!
//! Like ARC's: the next about a transaction goes to an address only when the one before is done; an answer other than a
//! success brings it again, [`MAX_ATTEMPTS`] times in all; an address that cannot be reached is not tried again.

use std::collections::{BTreeSet, VecDeque};
use std::net::{IpAddr, SocketAddr};

use serde_json::{Value, json};
use trellis_engine::domain::time::Timestamp;
use trellis_spv::hash::Txid;
use ureq::http::Uri;

use super::headers::Registration;

/// How often ARC sends a callback that is answered by an error.
pub(super) const MAX_ATTEMPTS: u32 = 10;

/// Milliseconds between two attempts: how often ARC looks for callbacks to send.
pub(super) const RETRY_MILLISECONDS: u64 = 2_000;

/// Callbacks that wait; the oldest make room. A development session has few, and what is missed can be asked for.
pub(super) const MAX_WAITING: usize = 10_000;

/// A callback to send.
#[derive(Debug, Clone, PartialEq)]
pub struct Callback {
    /// Where to, by `POST`.
    pub url: String,
    /// For `Authorization: Bearer`.
    pub token: Option<String>,
    /// JSON.
    pub body: Value,
    txid: Txid,
    attempts: u32,
    due: Timestamp,
}

/// How sending a callback ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// The answer was a success.
    Taken,
    /// The answer was another.
    Refused,
    /// There was none.
    Unreachable,
}

/// What became of callbacks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CallbackCounts {
    /// Still to be sent.
    pub waiting: usize,
    /// Taken.
    pub taken: u64,
    /// Given up: unreachable, refused too often, or too many waiting.
    pub lost: u64,
    /// Dropped on demand.
    pub dropped: u64,
}

#[derive(Debug, Default)]
pub(super) struct Callbacks {
    queue: VecDeque<Callback>,
    counts: CallbackCounts,
}

impl Callbacks {
    /// Queues one, or drops it on demand.
    pub(super) fn queue(&mut self, to: &Registration, txid: Txid, body: &Value, now: Timestamp, is_dropped: bool) {
        if is_dropped {
            self.counts.dropped += 1;
            return;
        }
        if self.queue.len() >= MAX_WAITING {
            self.queue.pop_front();
            self.counts.lost += 1;
        }
        let body = if to.in_batches { json!({ "count": 1, "callbacks": [body] }) } else { body.clone() };
        let (url, token) = (to.url.clone(), to.token.clone());
        self.queue.push_back(Callback { url, token, body, txid, attempts: 0, due: now });
    }

    /// Takes the next one that is due. Whoever takes it says how it ended.
    pub(super) fn next(&mut self, now: Timestamp) -> Option<Callback> {
        let mut earlier = BTreeSet::new();
        let index = self.queue.iter().position(|callback| {
            let is_first = earlier.insert((callback.txid, callback.url.as_str()));
            is_first && callback.due <= now
        })?;
        self.queue.remove(index)
    }

    pub(super) fn ended(&mut self, mut callback: Callback, how: Delivery, now: Timestamp) {
        callback.attempts += 1;
        match how {
            Delivery::Taken => self.counts.taken += 1,
            Delivery::Refused if callback.attempts < MAX_ATTEMPTS => {
                callback.due = Timestamp(now.0.saturating_add(RETRY_MILLISECONDS * 1_000));
                self.queue.push_front(callback);
            }
            Delivery::Refused | Delivery::Unreachable => self.counts.lost += 1,
        }
    }

    /// Drops what waits.
    pub(super) fn drop_all(&mut self) {
        self.counts.dropped += self.queue.len() as u64;
        self.queue.clear();
    }

    pub(super) fn counts(&self) -> CallbackCounts {
        CallbackCounts { waiting: self.queue.len(), ..self.counts }
    }
}

/// Whether an address is on this machine: whoever may broadcast here must not make this host call others.
pub(super) fn is_own(address: &Uri, listeners: &[SocketAddr]) -> bool {
    let Some(scheme) = address.scheme_str().filter(|scheme| ["http", "https"].contains(scheme)) else { return false };
    let host = address.host().unwrap_or_default();
    if host.eq_ignore_ascii_case("localhost") {
        return true;
    }
    let port = address.port_u16().unwrap_or(if scheme == "http" { 80 } else { 443 });
    match host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>() {
        Ok(ip) => ip.to_canonical().is_loopback() || listeners.contains(&SocketAddr::new(ip, port)),
        Err(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "http://127.0.0.1:1/";

    fn to(url: &str) -> Registration {
        Registration { url: url.to_owned(), token: None, in_batches: false }
    }

    fn txid(n: u8) -> Txid {
        Txid::from_internal([n; 32])
    }

    fn second(n: u64) -> Timestamp {
        Timestamp(n * 1_000_000)
    }

    #[test]
    fn callbacks_about_a_transaction_come_in_their_order_and_do_not_hold_up_others() {
        let mut callbacks = Callbacks::default();
        for (n, body) in [(1, 1), (1, 2), (2, 3)] {
            callbacks.queue(&to(URL), txid(n), &json!(body), second(0), false);
        }
        let first = callbacks.next(second(0)).unwrap();
        assert_eq!(first.body, json!(1));
        callbacks.ended(first, Delivery::Refused, second(0));
        let other = callbacks.next(second(1)).unwrap();
        assert_eq!(other.body, json!(3));
        callbacks.ended(other, Delivery::Taken, second(1));
        assert_eq!(callbacks.next(second(1)), None, "the second waits for the first");
        let again = callbacks.next(second(2)).unwrap();
        assert_eq!(again.body, json!(1));
        callbacks.ended(again, Delivery::Taken, second(2));
        assert_eq!(callbacks.next(second(2)).unwrap().body, json!(2));
        assert_eq!(callbacks.counts(), CallbackCounts { taken: 2, ..CallbackCounts::default() });
    }

    #[test]
    fn what_is_refused_is_sent_ten_times_and_what_reaches_nobody_once() {
        let mut callbacks = Callbacks::default();
        callbacks.queue(&to(URL), txid(1), &json!(1), second(0), false);
        let mut sent = 0;
        for tick in 0..100 {
            if let Some(callback) = callbacks.next(second(tick * 2)) {
                sent += 1;
                callbacks.ended(callback, Delivery::Refused, second(tick * 2));
            }
        }
        assert_eq!((sent, callbacks.counts().lost), (MAX_ATTEMPTS, 1));
        callbacks.queue(&to(URL), txid(1), &json!(1), second(0), false);
        let callback = callbacks.next(second(0)).unwrap();
        callbacks.ended(callback, Delivery::Unreachable, second(0));
        assert_eq!(callbacks.counts(), CallbackCounts { lost: 2, ..CallbackCounts::default() });
    }

    #[test]
    fn what_waits_is_bounded_and_can_be_dropped() {
        let mut callbacks = Callbacks::default();
        for n in 0..=MAX_WAITING {
            callbacks.queue(&to(URL), txid(1), &json!(n), second(0), false);
        }
        assert_eq!(callbacks.counts(), CallbackCounts { waiting: MAX_WAITING, lost: 1, ..CallbackCounts::default() });
        assert_eq!(callbacks.next(second(0)).unwrap().body, json!(1), "the oldest made room");
        callbacks.drop_all();
        callbacks.queue(&to(URL), txid(1), &json!(0), second(0), true);
        assert_eq!(callbacks.counts().dropped, MAX_WAITING as u64);
    }

    #[test]
    fn only_this_machine_is_called() {
        let own: [SocketAddr; 1] = ["192.0.2.7:8080".parse().unwrap()];
        let judge = |url: &str| url.parse().is_ok_and(|address| is_own(&address, &own));
        for url in [
            "http://localhost:8080/arc-ingest",
            "http://LOCALHOST/",
            "http://127.0.0.1:9/",
            "http://127.8.9.1/",
            "https://[::1]:9/x",
            "http://[::ffff:127.0.0.1]/",
            "http://192.0.2.7:8080/arc-ingest",
        ] {
            assert!(judge(url), "{url}");
        }
        for url in [
            "http://192.0.2.7/",
            "http://192.0.2.8:8080/",
            "http://example.com/",
            "http://localhost.example.com/",
            "http://127.0.0.1.example.com/",
            "http://localhost@example.com/",
            "http://0.0.0.0/",
            "ftp://127.0.0.1/",
            "/arc-ingest",
            "127.0.0.1:80",
        ] {
            assert!(!judge(url), "{url}");
        }
    }
}
