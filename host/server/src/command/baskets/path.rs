//! Paths with names and parameters in them, percent-encoded.

use std::fmt::Write as _;

/// A path, being put together.
#[derive(Debug)]
pub(super) struct PathOf {
    text: String,
    has_parameters: bool,
}

impl PathOf {
    pub(super) fn new(path: &str) -> Self {
        Self { text: path.to_owned(), has_parameters: false }
    }

    /// Something of a basket.
    pub(super) fn basket(name: &str, of_it: &str) -> Self {
        Self::under("/v1/baskets/", name, of_it)
    }

    pub(super) fn under(folder: &str, name: &str, of_it: &str) -> Self {
        Self::new(&format!("{folder}{}{of_it}", encoded(name)))
    }

    /// With a parameter, if it has a value.
    pub(super) fn maybe(mut self, name: &str, value: Option<impl ToString>) -> Self {
        if let Some(value) = value {
            let before = if self.has_parameters { '&' } else { '?' };
            self.text.push_str(&format!("{before}{name}={}", encoded(&value.to_string())));
            self.has_parameters = true;
        }
        self
    }

    pub(super) fn text(self) -> String {
        self.text
    }
}

/// What is neither a letter, a digit nor one of `-._~` as `%` and two digits (RFC 3986).
fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a text cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_values_are_encoded_and_absent_parameters_left_out() {
        let path = PathOf::basket("shop/tickets", "/tokens").maybe("asset", Some("a&b")).maybe("at", None::<u64>);
        assert_eq!(path.maybe("limit", Some(5)).text(), "/v1/baskets/shop%2Ftickets/tokens?asset=a%26b&limit=5");
    }
}
