//! What a host holds of clients that say who they are, filled up to its bounds in this process. Sessions themselves are held nowhere.

use trellis_engine::domain::evidence::KnownCertificate;

use super::super::BenchError;
use crate::auth::IdentityKey;
use crate::auth::answered::{Answered, MAX_REMEMBERED};
use crate::auth::shown::{MAX_CLIENTS, ShownCertificates};

/// Now: any time will do.
const NOW: u64 = 1_800_000_000;

/// Memory that is held of something.
pub(super) struct Held {
    pub(super) what: &'static str,
    /// How many there are at most.
    pub(super) most: usize,
    /// Resident memory of all of them.
    pub(super) bytes: u64,
}

impl Held {
    pub(super) fn each(&self) -> f64 {
        self.bytes as f64 / self.most.max(1) as f64
    }
}

/// Fills everything, and measures what that takes of resident memory.
pub(super) fn measure() -> Result<[Held; 2], BenchError> {
    // The smaller first: what a growing table leaves behind would be room for whatever comes next.
    let before = resident()?;
    let mut shown = ShownCertificates::default();
    for number in 0..MAX_CLIENTS.get() {
        shown
            .hold(&client(number), vec![certificate(number)], NOW, NOW)
            .map_err(|error| BenchError::Refused(error.to_string()))?;
    }
    let with_shown = resident()?;
    let mut answered = Answered::default();
    for number in 0..MAX_REMEMBERED {
        // Without refusals: they are all of the same minute and no two alike.
        let _ = answered.note(NOW, NOW, "session", &number.to_string());
    }
    let with_answered = resident()?;
    // Held until here.
    std::hint::black_box((&answered, &shown));
    Ok([
        Held {
            what: "request answered within the hour",
            most: MAX_REMEMBERED,
            bytes: with_answered.saturating_sub(with_shown),
        },
        Held {
            what: "client that showed a certificate of two fields",
            most: MAX_CLIENTS.get(),
            bytes: with_shown.saturating_sub(before),
        },
    ])
}

fn client(number: usize) -> IdentityKey {
    let mut key = [2; 33];
    for (to, from) in key.iter_mut().skip(1).zip(number.to_be_bytes()) {
        *to = from;
    }
    key
}

fn certificate(number: usize) -> KnownCertificate {
    let revealed = [("name", format!("Member number {number}")), ("role", "trader".to_owned())];
    KnownCertificate {
        certificate_type: [1; 32],
        serial_number: [4; 32],
        subject: client(number),
        certifier: [3; 33],
        revocation: None,
        revealed: revealed.map(|(name, value)| (name.to_owned(), value)).to_vec(),
        vouched_by: Vec::new(),
    }
}

/// Bytes of this process in memory.
fn resident() -> Result<u64, BenchError> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok());
    kilobytes.map(|kilobytes| kilobytes * 1024).ok_or_else(|| BenchError::Io(std::io::ErrorKind::Unsupported.into()))
}
