//! What each of the engine's errors is on the wire: one place, so that no route words it differently.

use axum::http::StatusCode;
use trellis_engine::lookup::LookupError;
use trellis_engine::submit::SubmitError;
use trellis_spv::verify::VerifyError;

use super::access::needs_identity;
use super::error::ApiError;

impl From<SubmitError> for ApiError {
    fn from(error: SubmitError) -> Self {
        let (status, code) = match &error {
            SubmitError::NotHosted { .. } => (StatusCode::BAD_REQUEST, "ERR_TOPIC_NOT_HOSTED"),
            SubmitError::NoTopicFound(_) => (StatusCode::UNPROCESSABLE_ENTITY, "ERR_NO_TOPIC_FOUND"),
            SubmitError::NotOpen { .. } => return needs_identity(&format!("{error}: it")),
            SubmitError::RelevanceRefused { .. } => (StatusCode::UNPROCESSABLE_ENTITY, "ERR_RELEVANCE_REFUSED"),
            SubmitError::Topics(_) => (StatusCode::BAD_REQUEST, "ERR_TOPICS"),
            SubmitError::Evidence(_) => (StatusCode::BAD_REQUEST, "ERR_EVIDENCE"),
            SubmitError::Beef(_) => (StatusCode::BAD_REQUEST, "ERR_BEEF_MALFORMED"),
            SubmitError::Verify(VerifyError::Store(source)) => return Self::internal(source),
            SubmitError::Verify(_) => (StatusCode::BAD_REQUEST, "ERR_NOT_VERIFIED"),
            SubmitError::Conflict { .. } => (StatusCode::CONFLICT, "ERR_DOUBLE_SPEND"),
            SubmitError::ProvenRival { .. } => (StatusCode::CONFLICT, "ERR_PROVEN_RIVAL"),
            SubmitError::RejectedByNetwork { .. } => (StatusCode::UNPROCESSABLE_ENTITY, "ERR_REJECTED_BY_NETWORK"),
            SubmitError::Evicted { .. } => (StatusCode::UNAVAILABLE_FOR_LEGAL_REASONS, "ERR_EVICTED"),
            SubmitError::NotTakenByAll { .. } => (StatusCode::UNPROCESSABLE_ENTITY, "ERR_NOT_TAKEN_BY_ALL"),
            SubmitError::IndexRefused { .. } => (StatusCode::UNPROCESSABLE_ENTITY, "ERR_INDEX_REFUSED"),
            SubmitError::OrganiseRefused { .. } => (StatusCode::UNPROCESSABLE_ENTITY, "ERR_ORGANISE_REFUSED"),
            SubmitError::Fault(_) => (StatusCode::BAD_GATEWAY, "ERR_PLUGIN_FAULT"),
            SubmitError::TellsNobody => (StatusCode::FORBIDDEN, "ERR_TELLS_NOBODY"),
            SubmitError::NotConvertible(_) => (StatusCode::UNPROCESSABLE_ENTITY, "ERR_NOT_CONVERTIBLE"),
            SubmitError::TooLarge { .. } => (StatusCode::PAYLOAD_TOO_LARGE, "ERR_EFFECTS_TOO_LARGE"),
            SubmitError::Unavailable(text) => return Self::unavailable("ERR_UNAVAILABLE", text.as_str()),
            SubmitError::Internal(details) => return Self::internal(details),
        };
        Self::new(status, code, error.to_string())
    }
}

impl From<LookupError> for ApiError {
    fn from(error: LookupError) -> Self {
        let (status, code) = match &error {
            LookupError::NotHosted { .. } => (StatusCode::BAD_REQUEST, "ERR_SERVICE_NOT_HOSTED"),
            LookupError::BeingRebuilt { .. } => return Self::unavailable("ERR_BEING_REBUILT", error.to_string()),
            LookupError::Refused { .. } => (StatusCode::BAD_REQUEST, "ERR_QUERY_REFUSED"),
            LookupError::Fault(_) => (StatusCode::BAD_GATEWAY, "ERR_PLUGIN_FAULT"),
            LookupError::TooLarge(_) => (StatusCode::PAYLOAD_TOO_LARGE, "ERR_ANSWER_TOO_LARGE"),
            LookupError::Unavailable(text) => return Self::unavailable("ERR_UNAVAILABLE", text.as_str()),
            LookupError::Internal(details) => return Self::internal(details),
        };
        Self::new(status, code, error.to_string())
    }
}

/// How a submission ended, as a metric label.
#[must_use]
pub fn outcome_label(error: &SubmitError) -> &'static str {
    match error {
        SubmitError::NotHosted { .. } | SubmitError::Topics(_) | SubmitError::Evidence(_) | SubmitError::Beef(_) => {
            "bad_request"
        }
        SubmitError::Verify(VerifyError::Store(_)) | SubmitError::Internal(_) => "internal",
        SubmitError::Verify(_) => "not_verified",
        SubmitError::Conflict { .. } | SubmitError::ProvenRival { .. } => "conflict",
        SubmitError::RejectedByNetwork { .. } => "rejected_by_network",
        SubmitError::Evicted { .. } => "evicted",
        SubmitError::NoTopicFound(_) => "not_wanted",
        SubmitError::NotTakenByAll { .. }
        | SubmitError::IndexRefused { .. }
        | SubmitError::OrganiseRefused { .. }
        | SubmitError::RelevanceRefused { .. } => "refused",
        SubmitError::NotOpen { .. } | SubmitError::TellsNobody => "refused",
        SubmitError::NotConvertible(_) => "not_convertible",
        SubmitError::Fault(_) => "fault",
        SubmitError::TooLarge { .. } => "too_large",
        SubmitError::Unavailable(_) => "unavailable",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use trellis_engine::domain::name::TopicName;
    use trellis_engine::ports::plugins::{FaultKind, PluginFault, PluginId};
    use trellis_spv::beef::BeefError;
    use trellis_spv::hash::{Outpoint, Txid};

    use super::*;

    fn txid(byte: u8) -> Txid {
        Txid::from_internal([byte; 32])
    }

    fn fault() -> Box<PluginFault> {
        Box::new(PluginFault {
            plugin: PluginId("tickets".into()),
            call: "identify-admissible-outputs",
            about: Some("tm_tickets".to_owned()),
            kind: FaultKind::Panic,
            text: "index out of bounds".to_owned(),
            remedy: "Ask its author".to_owned(),
        })
    }

    #[test]
    fn every_end_of_a_submission_has_its_status_and_its_own_code() {
        let topic = TopicName::new("tm_a").unwrap();
        let outpoint = Outpoint::new(txid(1), 0);
        let cases: Vec<(SubmitError, u16)> = vec![
            (SubmitError::NotHosted { named: vec![topic.clone()] }, 400),
            (SubmitError::Topics("no topic is named".to_owned()), 400),
            (SubmitError::NoTopicFound(txid(1)), 422),
            (SubmitError::NotOpen { topic: topic.clone(), txid: txid(1) }, 401),
            (
                SubmitError::RelevanceRefused {
                    plugin: PluginId("tickets".into()),
                    topic: topic.clone(),
                    txid: txid(1),
                    text: "no".to_owned(),
                },
                422,
            ),
            (SubmitError::Beef(BeefError::Empty), 400),
            (SubmitError::Verify(VerifyError::UnknownSubject(txid(1))), 400),
            (SubmitError::Conflict { outpoint, winner: txid(2), spender: txid(3) }, 409),
            (SubmitError::ProvenRival { outpoint, rival: txid(2), spender: txid(3) }, 409),
            (SubmitError::RejectedByNetwork { txid: txid(1), words: "no".to_owned() }, 422),
            (SubmitError::Evicted { txid: txid(1), reason: "court order".to_owned() }, 451),
            (
                SubmitError::NotTakenByAll {
                    txid: txid(1),
                    reasons_by_topic: BTreeMap::from([(topic, "too short".to_owned())]),
                },
                422,
            ),
            (SubmitError::IndexRefused { service: "ls_a".to_owned(), txid: txid(1), text: "no".to_owned() }, 422),
            (SubmitError::OrganiseRefused { manager: "shop".to_owned(), txid: txid(1), text: "no".to_owned() }, 422),
            (SubmitError::Fault(fault()), 502),
            (SubmitError::TellsNobody, 403),
            (SubmitError::NotConvertible("output 1 is not known".to_owned()), 422),
            (SubmitError::TooLarge { what: "writes", limit: 1, actual: 2 }, 413),
            (SubmitError::Unavailable("the store has 128 commits waiting".to_owned()), 503),
            (SubmitError::Internal("row 7 is damaged".to_owned()), 500),
        ];
        let mut codes = Vec::new();
        for (error, status) in cases {
            let text = error.to_string();
            let reply = ApiError::from(error);
            assert_eq!(reply.status.as_u16(), status, "{text}");
            assert!(reply.code.starts_with("ERR_"));
            assert!(!codes.contains(&reply.code), "{} is used twice", reply.code);
            codes.push(reply.code);
        }
    }

    #[test]
    fn a_conflict_names_the_winner_and_a_fault_its_plugin() {
        let outpoint = Outpoint::new(txid(1), 0);
        let conflict = ApiError::from(SubmitError::Conflict { outpoint, winner: txid(2), spender: txid(3) });
        assert!(conflict.message.contains(&txid(2).to_string()), "{}", conflict.message);
        let fault = ApiError::from(SubmitError::Fault(fault()));
        for part in ["tickets", "tm_tickets", "index out of bounds", "Ask its author"] {
            assert!(fault.message.contains(part), "{}", fault.message);
        }
    }

    #[test]
    fn nothing_of_the_inside_is_told_to_strangers() {
        for reply in [
            ApiError::from(SubmitError::Internal("/var/data/db: bad page".to_owned())),
            ApiError::from(SubmitError::Verify(VerifyError::Store("/var/data/db: bad page".into()))),
            ApiError::from(LookupError::Internal("/var/data/db: bad page".to_owned())),
        ] {
            assert_eq!(reply.status, StatusCode::INTERNAL_SERVER_ERROR);
            assert!(!reply.message.contains("/var"), "{}", reply.message);
        }
    }

    #[test]
    fn every_end_of_a_lookup_has_its_status() {
        let text = || "no".to_owned();
        for (error, status) in [
            (LookupError::NotHosted { service: text() }, 400),
            (LookupError::Refused { service: text(), text: text() }, 400),
            (LookupError::BeingRebuilt { service: text(), done: 1, all: 2 }, 503),
            (LookupError::Fault(fault()), 502),
            (LookupError::TooLarge(text()), 413),
            (LookupError::Unavailable(text()), 503),
            (LookupError::Internal(text()), 500),
        ] {
            assert_eq!(ApiError::from(error).status.as_u16(), status);
        }
    }
}
