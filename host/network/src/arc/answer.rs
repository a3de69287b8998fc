//! What ARC answered, read without trusting it.

use serde_json::Value;
use trellis_engine::domain::status::MAX_NETWORK_WORDS;
use trellis_spv::hash::Txid;

/// Competing txids shown in the words of an answer; each takes 64 of the 1,024 bytes there are.
const MAX_SHOWN_COMPETITORS: usize = 4;

/// An HTTP answer of ARC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArcAnswer {
    /// HTTP status.
    pub http_status: u16,
    /// The body, where it is a JSON object.
    pub body: Option<ArcBody>,
}

/// The fields of ARC's `TransactionResponse` and `ErrorFields` that matter here. Fields of another type than expected
/// count as absent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ArcBody {
    /// `status`: the status code the body speaks of.
    pub status: Option<u16>,
    /// `title` of an error.
    pub title: Option<String>,
    /// `detail` of an error.
    pub detail: Option<String>,
    /// `extraInfo`: the network's own words.
    pub extra_info: Option<String>,
    /// `txStatus`: where ARC saw the transaction last.
    pub tx_status: Option<String>,
    /// `txid`: what the answer is about.
    pub txid: Option<Txid>,
    /// `blockHeight`, where it is the height of a block.
    pub block_height: Option<u32>,
    /// `competingTxs`.
    pub competing: Vec<Txid>,
    /// `merklePath`, where it is hexadecimal.
    pub merkle_path: Option<Vec<u8>>,
}

impl ArcAnswer {
    /// Reads the bytes of an answer's body; bytes that are no JSON object leave the status alone to speak.
    #[must_use]
    pub fn read(http_status: u16, body: &[u8]) -> Self {
        let body =
            serde_json::from_slice::<Value>(body).ok().filter(Value::is_object).map(|value| ArcBody::read(&value));
        Self { http_status, body }
    }

    /// Reads the answer to several transactions: one answer for each element of its list, or one for all where it is none.
    #[must_use]
    pub fn read_all(http_status: u16, body: &[u8]) -> Vec<Self> {
        match serde_json::from_slice::<Vec<Value>>(body) {
            Ok(list) => list.iter().map(|value| Self { http_status, body: Some(ArcBody::read(value)) }).collect(),
            Err(_) => vec![Self::read(http_status, body)],
        }
    }

    /// The status that counts: a body that is an error keeps its own status even under HTTP 200, as the published
    /// interface shows it.
    #[must_use]
    pub fn status(&self) -> u16 {
        let own = self.body.as_ref().filter(|body| body.tx_status.is_none()).and_then(|body| body.status);
        match own {
            Some(status) if status >= 400 && (200..300).contains(&self.http_status) => status,
            _ => self.http_status,
        }
    }

    /// The answer in words, for logs and the applied record: at most [`MAX_NETWORK_WORDS`] bytes, without control
    /// characters.
    #[must_use]
    pub fn words(&self) -> String {
        let Some(body) = &self.body else {
            return format!("HTTP status {} without an ARC answer in it", self.http_status);
        };
        let mut words = String::new();
        for part in [&body.tx_status, &body.title, &body.detail, &body.extra_info].into_iter().flatten() {
            if !part.is_empty() {
                words.push_str(if words.is_empty() { "" } else { ": " });
                words.push_str(part);
            }
        }
        if !body.competing.is_empty() {
            let shown = body.competing.iter().take(MAX_SHOWN_COMPETITORS);
            let shown: Vec<String> = shown.map(Txid::to_string).collect();
            words.push_str(&format!("; competing with {}", shown.join(", ")));
        }
        one_line(&words)
    }
}

impl ArcBody {
    fn read(value: &Value) -> Self {
        let text = |key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
        let number = |key: &str| value.get(key).and_then(Value::as_u64);
        let txids = value.get("competingTxs").and_then(Value::as_array);
        Self {
            status: number("status").and_then(|status| u16::try_from(status).ok()),
            title: text("title"),
            detail: text("detail"),
            extra_info: text("extraInfo"),
            tx_status: text("txStatus").filter(|status| !status.is_empty()),
            txid: text("txid").and_then(|txid| txid.parse().ok()),
            block_height: number("blockHeight").and_then(|height| u32::try_from(height).ok()),
            merkle_path: text("merklePath").and_then(|path| hex::decode(path).ok()).filter(|path| !path.is_empty()),
            competing: txids.into_iter().flatten().filter_map(|txid| txid.as_str()?.parse().ok()).collect(),
        }
    }
}

/// Foreign text cut to [`MAX_NETWORK_WORDS`] bytes, its control characters replaced by spaces.
#[must_use]
pub(crate) fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len().min(MAX_NETWORK_WORDS));
    for character in text.chars().map(|character| if character.is_control() { ' ' } else { character }) {
        if line.len() + character.len_utf8() > MAX_NETWORK_WORDS {
            break;
        }
        line.push(character);
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_of_the_wrong_type_count_as_absent() {
        let answer = ArcAnswer::read(
            200,
            br#"{"status":"200","txStatus":7,"blockHeight":-1,"txid":"zz","competingTxs":[1,"q"],"extraInfo":null}"#,
        );
        assert_eq!(answer.body, Some(ArcBody::default()));
        for garbage in [&b""[..], b"<html>", b"[1]", b"\"text\"", &[0xff; 9], &[b'['; 100_000]] {
            assert_eq!(ArcAnswer::read(502, garbage).body, None);
        }
    }

    #[test]
    fn an_error_inside_a_success_keeps_its_own_status() {
        let error = ArcAnswer::read(200, br#"{"status":464,"title":"Invalid outputs","txid":null}"#);
        assert_eq!(error.status(), 464);
        let taken = ArcAnswer::read(200, br#"{"status":464,"txStatus":"STORED"}"#);
        assert_eq!(taken.status(), 200);
        let gateway = ArcAnswer::read(503, br#"{"status":200}"#);
        assert_eq!(gateway.status(), 503);
    }

    #[test]
    fn words_fit_a_stored_record_and_one_line_of_a_log() {
        let body = serde_json::json!({ "title": "Fee too low\n\u{1b}[2J", "detail": "€".repeat(4000) });
        let words = ArcAnswer::read(465, body.to_string().as_bytes()).words();
        assert!(words.starts_with("Fee too low  [2J: €"), "{words}");
        assert!(words.len() <= MAX_NETWORK_WORDS && words.len() > MAX_NETWORK_WORDS - 4);
        assert!(!words.contains(char::is_control));
    }
}
