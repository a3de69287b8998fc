//! What each client may take: a token bucket of CPU time per client address.
//!
//! Requests are not counted, work is: a client pays for the bytes it sends and for the CPU time its calls used, on whatever
//! thread. A bucket may fall below zero, since what a call costs is known only after it; until it is filled again, the client
//! waits.

use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use axum::http::StatusCode;
use lru::LruCache;
use trellis_engine::submit::SubmissionCost;
use trellis_sandbox::limits::FUEL_PER_MICROSECOND;

use super::client::ClientKey;
use super::error::ApiError;

/// Client addresses remembered. 24 bytes each with their keys' 17 and the list's links: some 8 MiB when full. The one
/// unheard of for longest is forgotten first, and starts with a full bucket when it comes back.
pub const MAX_CLIENTS: NonZeroUsize = NonZeroUsize::MIN.saturating_add(65_535);

/// Body bytes that cost a microsecond: hashing and parsing go through some 200 MB a second.
pub const BODY_BYTES_PER_MICROSECOND: u64 = 200;

/// Microseconds of a signature check: libsecp256k1 takes 39 to 75 on the machines measured, and a client never pays less than
/// the slowest of them.
pub const SIGNATURE_CHECK_MICROSECONDS: u64 = 75;

/// Bytes of executed scripts that cost a microsecond, signature checks aside: measured are 17, where every second opcode copies
/// 4 kB, and 24 to 34 for standard inputs. Opcodes that do far more show in the measured time of the thread that runs them.
pub const SCRIPT_BYTES_PER_MICROSECOND: u64 = 10;

/// The CPU time of a submission by what the engine counted.
#[must_use]
pub const fn estimate(cost: &SubmissionCost) -> Duration {
    let SubmissionCost { signature_checks, script_bytes, fuel } = *cost;
    let micros = signature_checks
        .saturating_mul(SIGNATURE_CHECK_MICROSECONDS)
        .saturating_add(script_bytes.div_ceil(SCRIPT_BYTES_PER_MICROSECOND))
        .saturating_add(fuel.div_ceil(FUEL_PER_MICROSECOND));
    Duration::from_micros(micros)
}

/// All clients' buckets.
#[derive(Debug)]
pub struct Budgets {
    /// Microseconds of CPU per second.
    rate: u64,
    /// Microseconds in a full bucket.
    burst: i64,
    buckets: Mutex<LruCache<ClientKey, Bucket>>,
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    /// Microseconds left; below zero is debt.
    left: i64,
    /// When that was true.
    at: Duration,
}

impl Budgets {
    /// Buckets that hold `burst` milliseconds and gain `per_second` milliseconds each second.
    #[must_use]
    pub fn new(per_second: u64, burst: u64) -> Self {
        Self {
            rate: per_second.saturating_mul(1000),
            burst: i64::try_from(burst.saturating_mul(1000)).unwrap_or(i64::MAX),
            buckets: Mutex::new(LruCache::new(MAX_CLIENTS)),
        }
    }

    /// Whether a client may ask for more work at `now` (any clock that never steps).
    ///
    /// # Errors
    /// 429 with the seconds until the client is out of debt.
    pub fn admit(&self, client: ClientKey, now: Duration) -> Result<(), ApiError> {
        let left = self.change(client, now, 0);
        if left > 0 {
            return Ok(());
        }
        let debt = left.unsigned_abs().saturating_add(1);
        let seconds = debt.div_ceil(self.rate.max(1));
        let message = format!(
            "this address has used more of this host's time than one client may; try again in {seconds} seconds, or ask the operator for more"
        );
        let error = ApiError::new(StatusCode::TOO_MANY_REQUESTS, "ERR_BUDGET", message);
        Err(ApiError { retry_after: Some(seconds), ..error })
    }

    /// Charges a client for the bytes of a body.
    pub fn charge_bytes(&self, client: ClientKey, bytes: u64, now: Duration) {
        self.charge(client, Duration::from_micros(bytes.div_ceil(BODY_BYTES_PER_MICROSECOND)), now);
    }

    /// Charges a client for CPU time.
    pub fn charge(&self, client: ClientKey, cpu: Duration, now: Duration) {
        self.change(client, now, i64::try_from(cpu.as_micros()).unwrap_or(i64::MAX));
    }

    /// Fills the bucket up to `now`, takes `cost` out, answers what is left.
    fn change(&self, client: ClientKey, now: Duration, cost: i64) -> i64 {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = buckets.get_or_insert_mut(client, || Bucket { left: self.burst, at: now });
        let gained = now.saturating_sub(bucket.at).as_micros().saturating_mul(u128::from(self.rate)) / 1_000_000;
        // A gain too small for a whole microsecond stays in the clock instead of being rounded away.
        if gained > 0 {
            bucket.left = bucket.left.saturating_add(i64::try_from(gained).unwrap_or(i64::MAX)).min(self.burst);
            bucket.at = now;
        }
        bucket.left = bucket.left.saturating_sub(cost);
        bucket.left
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(last: u8) -> ClientKey {
        ClientKey::new([192, 0, 2, last].into())
    }

    const fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_client_pays_for_work_and_waits_until_its_debt_is_paid() {
        let budgets = Budgets::new(100, 1000);
        assert!(budgets.admit(client(1), at(0)).is_ok());
        budgets.charge(client(1), Duration::from_millis(1500), at(0));
        let refused = budgets.admit(client(1), at(0)).unwrap_err();
        assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(refused.retry_after, Some(6));
        assert!(budgets.admit(client(1), at(4)).is_err());
        assert!(budgets.admit(client(1), at(6)).is_ok());
    }

    #[test]
    fn one_clients_debt_is_not_anothers() {
        let budgets = Budgets::new(100, 1000);
        budgets.charge(client(1), at(60), at(0));
        assert!(budgets.admit(client(1), at(1)).is_err());
        assert!(budgets.admit(client(2), at(1)).is_ok());
    }

    #[test]
    fn a_bucket_never_holds_more_than_its_burst() {
        let budgets = Budgets::new(100, 1000);
        assert!(budgets.admit(client(1), at(0)).is_ok());
        budgets.charge(client(1), Duration::from_millis(1001), at(1_000_000));
        assert!(budgets.admit(client(1), at(1_000_000)).is_err());
    }

    #[test]
    fn slow_gains_are_not_rounded_away() {
        let budgets = Budgets::new(1, 1);
        budgets.charge(client(1), Duration::from_millis(2), at(0));
        for tick in 0..=20_000u64 {
            budgets.change(client(1), Duration::from_micros(tick * 100), 0);
        }
        assert!(budgets.admit(client(1), at(2)).is_ok());
    }

    #[test]
    fn signatures_scripts_and_fuel_cost_time() {
        let micros = |signature_checks, script_bytes, fuel| {
            estimate(&SubmissionCost { signature_checks, script_bytes, fuel }).as_micros()
        };
        assert_eq!(micros(0, 0, 0), 0);
        assert_eq!(micros(2, 0, 0), 150);
        assert_eq!(micros(0, 11, 0), 2);
        assert_eq!(micros(0, 0, 1 + FUEL_PER_MICROSECOND), 2);
        assert_eq!(micros(2, 11, 1), 153);
        assert_eq!(micros(u64::MAX, u64::MAX, u64::MAX), u128::from(u64::MAX));
    }

    #[test]
    fn bytes_cost_time() {
        let budgets = Budgets::new(1, 1);
        budgets.charge_bytes(client(1), BODY_BYTES_PER_MICROSECOND * 1000, at(0));
        assert!(budgets.admit(client(1), at(0)).is_err());
    }

    #[test]
    fn the_number_of_remembered_clients_is_bounded() {
        let budgets = Budgets::new(1, 1);
        for number in 0..70_000u32 {
            budgets.charge(ClientKey::new(number.to_be_bytes().into()), at(1), at(0));
        }
        assert_eq!(budgets.buckets.lock().unwrap().len(), MAX_CLIENTS.get());
    }
}
