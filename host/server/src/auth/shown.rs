//! Certificates that clients showed in handshakes, as far as this host believed and asked for them.
//!
//! They say something of an identity key, so they stand for every session of that key, until the session they were shown in is over.
//! What is held is bounded in number and bytes; beyond that the client that was asked about, or showed something, longest ago is
//! forgotten, and shakes hands again. Only certificates of certifiers that the operator named are held at all: whoever wants to push
//! others out needs as many identities that those certifiers vouch for.

use std::num::NonZeroUsize;

use lru::LruCache;
use trellis_engine::domain::evidence::KnownCertificate;

use super::IdentityKey;

/// Clients whose certificates are held: as many as may well be active within an hour.
pub const MAX_CLIENTS: NonZeroUsize = NonZeroUsize::MIN.saturating_add(16_383);

/// Bytes of all that is held. With some 500 for a certificate of a few short fields, the number of clients is what counts.
pub const MAX_BYTES: usize = 32 << 20;

/// Certificates of one client: one for each organisation it belongs to.
pub const MAX_CERTIFICATES: usize = 16;

/// Bytes held of one client. With all at this limit there is room for 512 of them.
pub const MAX_CLIENT_BYTES: usize = 64 << 10;

/// Bytes that a client takes besides its certificates, a certificate besides its fields, and a field besides its texts: keys, lengths
/// and links, measured generously.
const OVERHEAD: usize = 192;

/// Bytes a certificate takes, roughly.
fn bytes_of(certificate: &KnownCertificate) -> usize {
    let field = |(name, value): &(String, String)| OVERHEAD + name.len() + value.len();
    2 * OVERHEAD + certificate.revealed.iter().map(field).sum::<usize>()
}

/// What a client showed.
#[derive(Debug)]
struct Client {
    /// The last second of the last session in which it showed something.
    until: u64,
    certificates: Vec<KnownCertificate>,
}

impl Client {
    fn bytes(&self) -> usize {
        OVERHEAD + self.certificates.iter().map(bytes_of).sum::<usize>()
    }
}

/// All that is held.
#[derive(Debug)]
pub struct ShownCertificates {
    clients: LruCache<IdentityKey, Client>,
    bytes: usize,
}

/// A client shows more than is held of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "this host holds at most {MAX_CERTIFICATES} certificates of a client, with {MAX_CLIENT_BYTES} bytes of revealed fields: show fewer"
)]
pub struct TooMuch;

impl Default for ShownCertificates {
    fn default() -> Self {
        Self { clients: LruCache::new(MAX_CLIENTS), bytes: 0 }
    }
}

impl ShownCertificates {
    /// Holds a client's certificates until a time; those of the same certifier and number are replaced. `now` is seconds.
    ///
    /// # Errors
    /// [`TooMuch`]; then what was held is as before.
    pub fn hold(
        &mut self,
        client: &IdentityKey,
        certificates: Vec<KnownCertificate>,
        until: u64,
        now: u64,
    ) -> Result<(), TooMuch> {
        let held = self.of(client, now).to_vec();
        let is_new = |held: &KnownCertificate| {
            !certificates.iter().any(|new| new.certifier == held.certifier && new.serial_number == held.serial_number)
        };
        let mut all: Vec<KnownCertificate> = held.into_iter().filter(is_new).collect();
        all.extend(certificates);
        let until = self.clients.peek(client).map_or(until, |before| before.until.max(until));
        let new = Client { until, certificates: all };
        let bytes = new.bytes();
        if new.certificates.len() > MAX_CERTIFICATES || bytes > MAX_CLIENT_BYTES {
            return Err(TooMuch);
        }
        self.bytes = self.bytes.saturating_add(bytes);
        // Of the same client, or the one that gave way to it.
        if let Some((_, gone)) = self.clients.push(*client, new) {
            self.bytes = self.bytes.saturating_sub(gone.bytes());
        }
        while self.bytes > MAX_BYTES
            && let Some((_, gone)) = self.clients.pop_lru()
        {
            self.bytes = self.bytes.saturating_sub(gone.bytes());
        }
        Ok(())
    }

    /// What a client showed in sessions that are not over. Who is asked about is forgotten last.
    pub fn of(&mut self, client: &IdentityKey, now: u64) -> &[KnownCertificate] {
        if self.clients.peek(client).is_some_and(|found| found.until < now)
            && let Some(gone) = self.clients.pop(client)
        {
            self.bytes = self.bytes.saturating_sub(gone.bytes());
        }
        self.clients.get(client).map(|found| found.certificates.as_slice()).unwrap_or_default()
    }

    /// How many clients' certificates are held.
    #[must_use]
    pub fn clients(&self) -> usize {
        self.clients.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_800_000_000;

    fn shown(serial: u8, bytes: usize) -> KnownCertificate {
        KnownCertificate {
            certificate_type: [1; 32],
            serial_number: [serial; 32],
            subject: [2; 33],
            certifier: [3; 33],
            revocation: None,
            revealed: vec![("role".to_owned(), "x".repeat(bytes))],
            vouched_by: Vec::new(),
        }
    }

    fn client(number: usize) -> IdentityKey {
        let mut key = [2; 33];
        key[1..9].copy_from_slice(&number.to_be_bytes());
        key
    }

    #[test]
    fn what_was_shown_is_held_until_its_session_is_over_and_replaced_by_number() {
        let mut held = ShownCertificates::default();
        held.hold(&client(1), vec![shown(1, 4)], NOW + 10, NOW).unwrap();
        held.hold(&client(1), vec![shown(1, 5), shown(2, 5)], NOW + 5, NOW).unwrap();
        assert_eq!(held.of(&client(1), NOW + 10), [shown(1, 5), shown(2, 5)]);
        assert!(held.of(&client(2), NOW).is_empty());
        assert!(held.of(&client(1), NOW + 11).is_empty());
        assert_eq!((held.clients(), held.bytes), (0, 0));
    }

    #[test]
    fn a_client_has_a_share_and_what_it_showed_before_stays_where_it_shows_too_much() {
        let mut held = ShownCertificates::default();
        held.hold(&client(1), vec![shown(1, 4)], NOW, NOW).unwrap();
        let many = (0..=MAX_CERTIFICATES as u8).map(|serial| shown(serial, 4)).collect();
        assert_eq!(held.hold(&client(1), many, NOW, NOW), Err(TooMuch));
        assert_eq!(held.hold(&client(1), vec![shown(2, MAX_CLIENT_BYTES)], NOW, NOW), Err(TooMuch));
        assert_eq!(held.of(&client(1), NOW), [shown(1, 4)]);
    }

    #[test]
    fn a_flood_pushes_out_whom_nobody_asked_about_for_longest_and_is_bounded() {
        let mut held = ShownCertificates::default();
        for number in 0..MAX_CLIENTS.get() {
            held.hold(&client(number), vec![shown(1, 4)], NOW, NOW).unwrap();
        }
        assert_eq!(held.of(&client(0), NOW).len(), 1, "the first is active");
        held.hold(&client(MAX_CLIENTS.get()), vec![shown(1, 4)], NOW, NOW).unwrap();
        assert_eq!(held.clients(), MAX_CLIENTS.get());
        assert_eq!((held.of(&client(0), NOW).len(), held.of(&client(1), NOW).len()), (1, 0));
        // Few with much come to the other bound.
        for number in 0..1_000 {
            held.hold(&client(1 << 20 | number), vec![shown(1, MAX_CLIENT_BYTES - 1_000)], NOW, NOW).unwrap();
            assert!(held.bytes <= MAX_BYTES);
        }
        assert!(held.clients() < 600, "{}", held.clients());
        assert_eq!(held.bytes, held.clients.iter().map(|(_, client)| client.bytes()).sum::<usize>());
    }
}
