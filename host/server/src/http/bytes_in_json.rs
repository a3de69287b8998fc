//! Bytes in JSON: for clients that cannot send bytes as they are. `AuthFetch` of `@bsv/sdk` writes a body that is an array of numbers
//! as JSON, and takes no other body that is no text.

use std::borrow::Cow;

use axum::http::HeaderMap;

use super::error::ApiError;
use super::read_body::{BINARY, media_type};

/// The media type of bytes in JSON.
const JSON: &str = "application/json";

/// What is said where it is neither.
const FORMS: &str = "in JSON the body's bytes are an array of numbers from 0 to 255, such as tx.toBEEF() of @bsv/sdk, or one text in \
    hexadecimal";

/// How a body's bytes are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// As they are.
    Plain,
    /// A JSON array of numbers, or a JSON text in hexadecimal.
    Json,
}

impl Form {
    /// What the headers say; `None` where they say something else.
    #[must_use]
    pub fn of(headers: &HeaderMap) -> Option<Self> {
        let media_type = media_type(headers);
        if media_type.eq_ignore_ascii_case(BINARY) {
            Some(Self::Plain)
        } else {
            media_type.eq_ignore_ascii_case(JSON).then_some(Self::Json)
        }
    }

    /// The bytes of a body. They are fewer than those that say them in JSON.
    ///
    /// # Errors
    /// 400 where it is no such JSON; also where the body is JSON and was to be bytes.
    pub fn bytes(self, body: &[u8]) -> Result<Cow<'_, [u8]>, ApiError> {
        let refuse = |text: String| ApiError::bad_request("ERR_BODY_FORM", text);
        match self {
            // Nothing else that is sent here begins so: a BEEF does not, nor does the length of one that is followed by `0,` or `"0"`.
            Self::Plain if is_json(body) => {
                let message = "the body is the JSON text of an array of bytes, as AuthFetch of @bsv/sdk writes one: say so with \
                     Content-Type: application/json, and give AuthFetch an array of numbers, such as tx.toBEEF()";
                Err(refuse(message.to_owned()))
            }
            Self::Plain => Ok(Cow::Borrowed(body)),
            // Told apart by their first byte: whatever could be either would be held in pieces many times as large.
            Self::Json if body.trim_ascii_start().starts_with(b"\"") => {
                let text: String = serde_json::from_slice(body).map_err(|_| refuse(FORMS.to_owned()))?;
                let bytes = hex::decode(text);
                bytes.map(Cow::Owned).map_err(|error| refuse(format!("the body's text is not hexadecimal: {error}")))
            }
            Self::Json => {
                let bytes: Vec<u8> = serde_json::from_slice(body).map_err(|_| refuse(FORMS.to_owned()))?;
                Ok(Cow::Owned(bytes))
            }
        }
    }
}

/// Whether bytes are how JavaScript writes an array of bytes as JSON.
fn is_json(body: &[u8]) -> bool {
    let is_list = body.starts_with(b"[")
        && body.iter().skip(1).take(4).any(|byte| *byte == b',')
        && body.ends_with(b"]")
        && body.iter().skip(1).take(3).take_while(|byte| **byte != b',').all(u8::is_ascii_digit);
    is_list || body.starts_with(b"{\"0\":")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_the_same_in_every_form() {
        for (form, body) in [
            (Form::Plain, &b"\x01\x00\xbe\xef"[..]),
            (Form::Json, b"[1,0,190,239]"),
            (Form::Json, b" [1, 0, 190, 239] "),
            (Form::Json, b"\"0100beef\""),
        ] {
            assert_eq!(form.bytes(body).unwrap().as_ref(), b"\x01\x00\xbe\xef", "{form:?}");
        }
        assert!(Form::Plain.bytes(b"").unwrap().is_empty());
        assert!(Form::Json.bytes(b"[]").unwrap().is_empty());
    }

    #[test]
    fn what_is_no_bytes_is_refused_with_what_would_be() {
        for (form, body, part) in [
            (Form::Json, &b"[1,256]"[..], "0 to 255"),
            (Form::Json, b"[1,-1]", "0 to 255"),
            (Form::Json, b"{\"0\":1}", "array of numbers"),
            (Form::Json, b"\x01\x00\xbe\xef", "array of numbers"),
            (Form::Json, b"\"0x\"", "not hexadecimal"),
            (Form::Plain, b"[1,0,190,239]", "application/json"),
            (Form::Plain, b"{\"0\":1,\"1\":0}", "application/json"),
        ] {
            let refused = form.bytes(body).unwrap_err();
            assert_eq!((refused.status.as_u16(), refused.code), (400, "ERR_BODY_FORM"));
            assert!(refused.message.contains(part), "{}", refused.message);
        }
    }
}
