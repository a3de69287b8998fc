//! What the headers of a submission ask for, and the parts of its body.

use std::collections::BTreeSet;

use axum::http::HeaderMap;
use trellis_engine::domain::name::TopicName;
use trellis_engine::evidence::Evidence;
use trellis_engine::submit::MAX_TOPICS;
use trellis_spv::beef::split_off_chain_values;

use super::AUTO;
use crate::http::bytes_in_json::Form;
use crate::http::error::ApiError;
use crate::http::evidence;
use crate::http::two_names::header;

/// What the headers of a submission ask for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    /// How the body is written.
    pub(super) form: Form,
    /// `None` where the host is to find them.
    pub(super) topics: Option<Vec<TopicName>>,
    has_off_chain_values: bool,
    has_evidence: bool,
    pub(super) require_all: bool,
}

/// The parts of a submission's body.
pub(super) type Parts<'b> = (Option<Evidence>, &'b [u8], Option<&'b [u8]>);

impl Wanted {
    pub(super) fn read(headers: &HeaderMap) -> Result<Self, ApiError> {
        let form = Form::of(headers).ok_or_else(|| {
            let message = "a submission's body is BEEF: send it with Content-Type: application/octet-stream, or in JSON as an array of \
                 numbers or a text in hexadecimal with application/json";
            ApiError::bad_request("ERR_CONTENT_TYPE", message)
        })?;
        Ok(Self {
            form,
            topics: topics(headers)?,
            has_off_chain_values: flag(headers, "x-includes-off-chain-values", "true")?,
            has_evidence: flag(headers, "x-bsv-includes-evidence", "true")?,
            require_all: flag(headers, "x-trellis-require", "all")?,
        })
    }

    /// The evidence, the BEEF and the off-chain values of a body.
    pub(super) fn split<'b>(&self, body: &'b [u8]) -> Result<Parts<'b>, ApiError> {
        let (evidence, body) = match self.has_evidence {
            false => (None, body),
            true => {
                let (json, body) = split_off_chain_values(body).map_err(|error| {
                    let form = "with x-bsv-includes-evidence the body begins with the evidence behind its length";
                    ApiError::bad_request("ERR_EVIDENCE", format!("{form}: {error}"))
                })?;
                (Some(evidence::parse(json)?), body)
            }
        };
        if !self.has_off_chain_values {
            return Ok((evidence, body, None));
        }
        let (beef, values) = split_off_chain_values(body)
            .map_err(|error| ApiError::bad_request("ERR_OFF_CHAIN_VALUES", error.to_string()))?;
        Ok((evidence, beef, Some(values)))
    }
}

/// The topics named; `None` for `"auto"`.
fn topics(headers: &HeaderMap) -> Result<Option<Vec<TopicName>>, ApiError> {
    let refuse = |message: String| ApiError::bad_request("ERR_TOPICS", message);
    let form = "name the topics in X-Topics (or x-bsv-topics), as a JSON array of texts such as [\"tm_helloworld\"], \
                or write \"auto\", with the quotation marks, to have the host find them";
    let Some(text) = header(headers, "x-topics")? else { return Err(refuse(form.to_owned())) };
    if serde_json::from_slice::<String>(text.as_bytes()).is_ok_and(|text| text == AUTO) {
        return Ok(None);
    }
    let names: Vec<String> = serde_json::from_slice(text.as_bytes()).map_err(|_| refuse(form.to_owned()))?;
    if names.is_empty() || names.len() > MAX_TOPICS {
        return Err(refuse(format!("X-Topics has {} topics: name 1 to {MAX_TOPICS}", names.len())));
    }
    let mut seen = BTreeSet::new();
    let mut topics = Vec::with_capacity(names.len());
    for name in &names {
        if !seen.insert(name) {
            return Err(refuse(format!("X-Topics names {name:?} twice")));
        }
        topics.push(TopicName::new(name).map_err(|error| refuse(error.to_string()))?);
    }
    Ok(Some(topics))
}

/// A header that is either absent, empty, `false`, or `on`.
fn flag(headers: &HeaderMap, name: &'static str, on: &'static str) -> Result<bool, ApiError> {
    match header(headers, name)?.map(|value| value.to_str().unwrap_or("?").trim()) {
        None | Some("" | "false") => Ok(false),
        Some(value) if value.eq_ignore_ascii_case(on) => Ok(true),
        Some(_) => Err(ApiError::bad_request("ERR_HEADER", format!("{name} can only be `{on}`"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(list: &[(&'static str, &str)]) -> HeaderMap {
        list.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    const BYTES: (&str, &str) = ("content-type", "application/octet-stream");

    #[test]
    fn topics_are_a_json_array_of_names_without_repeats() {
        let wanted = Wanted::read(&headers(&[BYTES, ("x-topics", r#"["tm_a","tm___proto__"]"#)])).unwrap();
        let topics = wanted.topics.unwrap();
        assert_eq!(topics.iter().map(TopicName::as_str).collect::<Vec<_>>(), ["tm_a", "tm___proto__"]);
        assert!(!wanted.has_off_chain_values && !wanted.require_all);
        let many: Vec<String> = (0..=MAX_TOPICS).map(|number| format!("tm_{number}")).collect();
        let many = serde_json::to_string(&many).unwrap();
        for wrong in
            ["tm_a", "[]", "[1]", "{}", r#"["tm_a","tm_a"]"#, r#"["ls_a"]"#, r#""tm_a""#, "auto", r#"["auto"]"#, &many]
        {
            let error = Wanted::read(&headers(&[BYTES, ("x-topics", wrong)])).unwrap_err();
            assert_eq!((error.status.as_u16(), error.code), (400, "ERR_TOPICS"), "{wrong}");
        }
        assert!(Wanted::read(&headers(&[BYTES])).is_err());
        let exactly: Vec<String> = (0..MAX_TOPICS).map(|number| format!("tm_{number}")).collect();
        let exactly = serde_json::to_string(&exactly).unwrap();
        let wanted = Wanted::read(&headers(&[BYTES, ("x-topics", &exactly)])).unwrap();
        assert_eq!(wanted.topics.unwrap().len(), MAX_TOPICS);
        assert_eq!(Wanted::read(&headers(&[BYTES, ("x-topics", r#""auto""#)])).unwrap().topics, None);
    }

    #[test]
    fn a_wrong_content_type_is_a_bad_request() {
        for wrong in ["", "text/plain", "application/octet-streams"] {
            let error = Wanted::read(&headers(&[("content-type", wrong), ("x-topics", r#"["tm_a"]"#)])).unwrap_err();
            assert_eq!((error.status.as_u16(), error.code), (400, "ERR_CONTENT_TYPE"));
        }
    }

    #[test]
    fn off_chain_values_follow_the_beef_behind_its_length() {
        let list = headers(&[BYTES, ("x-topics", r#"["tm_a"]"#), ("x-includes-off-chain-values", "true")]);
        let wanted = Wanted::read(&list).unwrap();
        assert_eq!(wanted.split(b"\x04beefvalues").unwrap(), (None, &b"beef"[..], Some(&b"values"[..])));
        assert_eq!(wanted.split(b"\x09beef").unwrap_err().code, "ERR_OFF_CHAIN_VALUES");
    }

    #[test]
    fn a_flag_with_an_unknown_value_is_refused_rather_than_ignored() {
        let list = |value: &str| headers(&[BYTES, ("x-topics", r#"["tm_a"]"#), ("x-trellis-require", value)]);
        assert!(Wanted::read(&list("all")).unwrap().require_all);
        assert_eq!(Wanted::read(&list("any")).unwrap_err().code, "ERR_HEADER");
    }
}
