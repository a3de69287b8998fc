//! What each of ARC's answers means for a transaction: one table for HTTP statuses, one for `txStatus`, one for the
//! reject reasons of the network's nodes.
//!
//! Sources: ARC's published interface (`pkg/api/arc.yaml`, `doc/errors.md`) and its handling of node messages; the
//! reject reasons are those of bitcoin-sv's `validation.cpp`. A rejection reverts a submission and all that depends on
//! it, so `Terminal` is said only where the network itself will never take the transaction; whatever only one
//! broadcaster will not do is `Policy`, and whatever is unclear is tried again.

use trellis_engine::ports::network::AnswerMeaning;

use super::answer::ArcAnswer;

/// ARC's states of a transaction (`txStatus`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TxStatus {
    /// Something went wrong inside ARC before it did anything.
    Unknown,
    /// Waiting inside ARC.
    Queued,
    /// ARC has it.
    Received,
    /// ARC has it on disk.
    Stored,
    /// Its id was announced to nodes.
    AnnouncedToNetwork,
    /// A node asked for it.
    RequestedByNetwork,
    /// It was sent to a node.
    SentToNetwork,
    /// One node took it; it may still turn out an orphan.
    AcceptedByNetwork,
    /// Nodes lack its parents.
    SeenInOrphanMempool,
    /// It went from node to node.
    SeenOnNetwork,
    /// Another transaction spends one of its inputs; undecided.
    DoubleSpendAttempted,
    /// Nodes refused it.
    Rejected,
    /// Its block is no longer in the best chain; ARC sends it again.
    MinedInStaleBlock,
    /// It is in a block.
    Mined,
}

impl TxStatus {
    /// All states, in ARC's order.
    pub const ALL: [Self; 14] = [
        Self::Unknown,
        Self::Queued,
        Self::Received,
        Self::Stored,
        Self::AnnouncedToNetwork,
        Self::RequestedByNetwork,
        Self::SentToNetwork,
        Self::AcceptedByNetwork,
        Self::SeenInOrphanMempool,
        Self::SeenOnNetwork,
        Self::DoubleSpendAttempted,
        Self::Rejected,
        Self::MinedInStaleBlock,
        Self::Mined,
    ];

    /// The name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unknown => "UNKNOWN",
            Self::Queued => "QUEUED",
            Self::Received => "RECEIVED",
            Self::Stored => "STORED",
            Self::AnnouncedToNetwork => "ANNOUNCED_TO_NETWORK",
            Self::RequestedByNetwork => "REQUESTED_BY_NETWORK",
            Self::SentToNetwork => "SENT_TO_NETWORK",
            Self::AcceptedByNetwork => "ACCEPTED_BY_NETWORK",
            Self::SeenInOrphanMempool => "SEEN_IN_ORPHAN_MEMPOOL",
            Self::SeenOnNetwork => "SEEN_ON_NETWORK",
            Self::DoubleSpendAttempted => "DOUBLE_SPEND_ATTEMPTED",
            Self::Rejected => "REJECTED",
            Self::MinedInStaleBlock => "MINED_IN_STALE_BLOCK",
            Self::Mined => "MINED",
        }
    }

    /// The state with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }
}

/// What an answer to `POST /v1/tx` means.
#[must_use]
pub fn meaning(answer: &ArcAnswer) -> AnswerMeaning {
    match answer.status() {
        200..=299 => taken_meaning(answer),
        status => status_meaning(status),
    }
}

fn taken_meaning(answer: &ArcAnswer) -> AnswerMeaning {
    // A page of a proxy is a 200 too: what has no known `txStatus` is no answer of ARC.
    let Some(body) = &answer.body else { return AnswerMeaning::Transient };
    let Some(status) = body.tx_status.as_deref().and_then(TxStatus::from_name) else { return AnswerMeaning::Transient };
    match status {
        TxStatus::Unknown => AnswerMeaning::Transient,
        TxStatus::Queued
        | TxStatus::Received
        | TxStatus::Stored
        | TxStatus::AnnouncedToNetwork
        | TxStatus::RequestedByNetwork
        | TxStatus::SentToNetwork
        | TxStatus::AcceptedByNetwork => AnswerMeaning::Taken,
        TxStatus::SeenInOrphanMempool => AnswerMeaning::ParentsUnknown,
        TxStatus::SeenOnNetwork | TxStatus::MinedInStaleBlock => AnswerMeaning::Seen,
        TxStatus::DoubleSpendAttempted => AnswerMeaning::Contested,
        TxStatus::Rejected => rejection_meaning(body.extra_info.as_deref().unwrap_or_default()),
        TxStatus::Mined => match body.block_height {
            Some(height) if height > 0 => AnswerMeaning::Mined(height),
            _ => AnswerMeaning::Seen,
        },
    }
}

/// What an HTTP status outside 200 to 299 means, or the `status` of an error in a body.
fn status_meaning(status: u16) -> AnswerMeaning {
    match status {
        // The request or the format is not what ARC's interface asks for. 460: not extended, and its parents unknown;
        // 463: too small, or an unlocking script that does more than push; 467 to 469, 475: about a BEEF, while we
        // send EF.
        400 | 415 | 460 | 463 | 467 | 468 | 469 | 475 => AnswerMeaning::OurMistake,
        // Scripts that do not unlock (461), inputs that exist nowhere or cannot be spent (462), coins frozen by all
        // miners (472): no node takes these.
        461 | 462 | 472 => AnswerMeaning::Terminal,
        // A competing spend was seen first. ARC's text says "valid, but there is a conflicting tx in the block
        // template": who wins is open until one of them is mined, and that verdict comes as a proof or as REJECTED.
        466 => AnswerMeaning::Contested,
        // Not classified by ARC itself, such as "block height not yet available"; time-outs; too many requests.
        408 | 409 | 425 | 429 => AnswerMeaning::Transient,
        500..=599 => AnswerMeaning::Transient,
        // What remains is this broadcaster's own: redirects (not followed), no or wrong key (401, 403), no ARC at this
        // address (404, 405), size (413, 474), fees (465, 473), coins it freezes (471), outputs it dislikes (464: zero
        // satoshis outside data outputs, satoshis in data outputs; nodes differ on both).
        _ => AnswerMeaning::Policy,
    }
}

/// Reasons for which a node refuses a transaction now and may take it later.
const PASSING_REASONS: [&str; 9] = [
    "mempool full",
    "non-final-pool-full",
    "too-long-mempool-chain",
    "too-long-non-final-chain",
    "too-long-validation-time",
    "bad-txns-nonfinal",
    "non-BIP68-final",
    "discarded from mempool: expired",
    "discarded from mempool: unknown-reason",
];

/// Reasons that are a node's own choice: fees, sizes, forms it calls non-standard, coins it freezes by policy.
const POLICY_REASONS: [&str; 9] = [
    "mempool min fee not met",
    "insufficient fee",
    "absurdly-high-fee",
    "dust",
    "tx-size",
    "scriptpubkey",
    "bad-txns-inputs-too-large",
    "bad-txns-too-many-sigops",
    "bad-txns-nonstandard-inputs",
];

/// Reasons that say the node has it already.
const KNOWN_REASONS: [&str; 2] = ["txn-already-in-mempool", "txn-already-known"];

/// What a node's reject reason means.
fn rejection_meaning(reason: &str) -> AnswerMeaning {
    let says = |reasons: &[&str]| reasons.iter().any(|known| reason.contains(known));
    if says(&KNOWN_REASONS) {
        AnswerMeaning::Seen
    } else if says(&PASSING_REASONS) {
        AnswerMeaning::Transient
    } else if says(&POLICY_REASONS) || reason.contains("non-mandatory-script-verify-flag") {
        AnswerMeaning::Policy
    } else {
        AnswerMeaning::Terminal
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use AnswerMeaning::{Contested, Mined, OurMistake, ParentsUnknown, Policy, Seen, Taken, Terminal, Transient};

    #[test]
    fn every_http_status_has_its_meaning() {
        let table = [
            (&[400, 415, 460, 463, 467, 468, 469, 475][..], OurMistake),
            (&[461, 462, 472], Terminal),
            (&[466], Contested),
            (&[408, 409, 425, 429, 500, 502, 503, 504, 599], Transient),
            (&[300, 301, 302, 307, 308, 401, 402, 403, 404, 405, 413, 422, 464, 465, 471, 473, 474, 499], Policy),
            (&[200, 201, 202], Transient),
        ];
        for (statuses, expected) in table {
            for status in statuses {
                assert_eq!(meaning(&ArcAnswer::read(*status, b"no JSON")), expected, "{status}");
                let body = serde_json::json!({ "status": status, "title": "t" }).to_string();
                assert_eq!(meaning(&ArcAnswer::read(*status, body.as_bytes())), expected, "{status}");
                let inside_success = meaning(&ArcAnswer::read(200, body.as_bytes()));
                assert_eq!(inside_success, if *status < 400 { Transient } else { expected }, "{status} inside 200");
            }
        }
    }

    #[test]
    fn every_tx_status_has_its_meaning() {
        let table = [
            ("UNKNOWN", Transient),
            ("QUEUED", Taken),
            ("RECEIVED", Taken),
            ("STORED", Taken),
            ("ANNOUNCED_TO_NETWORK", Taken),
            ("REQUESTED_BY_NETWORK", Taken),
            ("SENT_TO_NETWORK", Taken),
            ("ACCEPTED_BY_NETWORK", Taken),
            ("SEEN_IN_ORPHAN_MEMPOOL", ParentsUnknown),
            ("SEEN_ON_NETWORK", Seen),
            ("DOUBLE_SPEND_ATTEMPTED", Contested),
            ("REJECTED", Terminal),
            ("MINED_IN_STALE_BLOCK", Seen),
            ("MINED", Mined(814_435)),
        ];
        assert_eq!(table.map(|(name, _)| name), TxStatus::ALL.map(TxStatus::name));
        for (name, expected) in table {
            let body = serde_json::json!({ "status": 200, "txStatus": name, "blockHeight": 814_435 }).to_string();
            assert_eq!(meaning(&ArcAnswer::read(200, body.as_bytes())), expected, "{name}");
            assert_eq!(meaning(&ArcAnswer::read(503, body.as_bytes())), Transient, "{name} under 503");
        }
        for body in [r#"{"txStatus":"MINED"}"#, r#"{"txStatus":"MINED","blockHeight":0}"#] {
            assert_eq!(meaning(&ArcAnswer::read(200, body.as_bytes())), Seen, "{body}");
        }
        for body in [r#"{"txStatus":"EATEN"}"#, r#"{"txStatus":""}"#, "{}"] {
            assert_eq!(meaning(&ArcAnswer::read(200, body.as_bytes())), Transient, "{body}");
        }
    }

    #[test]
    fn a_success_that_carries_a_rejection_is_a_rejection_for_its_reason() {
        let table = [
            ("", Terminal),
            ("double spend attempted", Terminal),
            ("discarded from mempool: double spend attempted", Terminal),
            ("invalid transaction: bad-txns-in-belowout", Terminal),
            ("invalid transaction: mandatory-script-verify-flag-failed (Signature must be zero)", Terminal),
            ("invalid transaction: bad-txns-inputs-frozen", Terminal),
            ("invalid transaction: non-mandatory-script-verify-flag (…)", Policy),
            ("invalid transaction: mempool min fee not met", Policy),
            ("invalid transaction: dust", Policy),
            ("invalid transaction: mempool full", Transient),
            ("invalid transaction: too-long-mempool-chain", Transient),
            ("invalid transaction: bad-txns-nonfinal", Transient),
            ("discarded from mempool: expired", Transient),
            ("invalid transaction: txn-already-known", Seen),
        ];
        for (reason, expected) in table {
            let body = serde_json::json!({ "status": 200, "txStatus": "REJECTED", "extraInfo": reason }).to_string();
            assert_eq!(meaning(&ArcAnswer::read(200, body.as_bytes())), expected, "{reason}");
        }
    }
}
