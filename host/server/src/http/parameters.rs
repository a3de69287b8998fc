//! Query parameters: read one by one, refused where they are of the wrong type or nobody knows them.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::str::FromStr;

use trellis_engine::domain::time::Sequence;

use super::error::ApiError;

/// Longest text of a parameter that is repeated to whoever sent it, in characters.
const SHOWN: usize = 60;

/// The parameters of a request. Each is taken once; what is left at the end was a mistake.
#[derive(Debug)]
pub struct Parameters(BTreeMap<String, String>);

impl Parameters {
    /// The parameters as the framework found them.
    #[must_use]
    pub const fn new(query: BTreeMap<String, String>) -> Self {
        Self(query)
    }

    /// A text; `None` where it is absent or empty.
    pub fn text(&mut self, name: &str) -> Option<String> {
        self.0.remove(name).filter(|value| !value.is_empty())
    }

    /// A value that can be read from text. `form` says what one looks like.
    ///
    /// # Errors
    /// 400 names the parameter.
    pub fn parsed<T: FromStr>(&mut self, name: &str, form: &str) -> Result<Option<T>, ApiError> {
        let Some(text) = self.text(name) else { return Ok(None) };
        text.parse().map(Some).map_err(|_| wrong(name, &text, form))
    }

    /// Bytes in hexadecimal.
    ///
    /// # Errors
    /// 400 names the parameter.
    pub fn bytes(&mut self, name: &str) -> Result<Option<Vec<u8>>, ApiError> {
        let Some(text) = self.text(name) else { return Ok(None) };
        hex::decode(&text).map(Some).map_err(|_| wrong(name, &text, "bytes in hexadecimal, two digits each"))
    }

    /// A whole number within a range.
    ///
    /// # Errors
    /// 400 names the parameter.
    pub fn number(&mut self, name: &str, range: RangeInclusive<u64>) -> Result<Option<u64>, ApiError> {
        let form = format!("a whole number from {} to {}", range.start(), range.end());
        match self.parsed::<u64>(name, &form)? {
            Some(number) if !range.contains(&number) => Err(wrong(name, &number.to_string(), &form)),
            number => Ok(number),
        }
    }

    /// `true` or `false`.
    ///
    /// # Errors
    /// 400 names the parameter.
    pub fn flag(&mut self, name: &str) -> Result<bool, ApiError> {
        Ok(self.parsed(name, "`true` or `false`")?.unwrap_or(false))
    }

    /// A sequence number.
    ///
    /// # Errors
    /// 400 names the parameter.
    pub fn sequence(&mut self, name: &str) -> Result<Option<Sequence>, ApiError> {
        Ok(self.number(name, 0..=u64::MAX - 1)?.map(Sequence))
    }

    /// Nothing may be left.
    ///
    /// # Errors
    /// 400 names what nobody knows, and what there is.
    pub fn finish(self, known: &[&str]) -> Result<(), ApiError> {
        let Some(name) = self.0.keys().next() else { return Ok(()) };
        let name: String = name.chars().take(SHOWN).collect();
        let message = match known {
            [] => format!("there is no query parameter `{name}` here, nor any other"),
            known => format!("there is no query parameter `{name}` here; there are {}", known.join(", ")),
        };
        Err(ApiError::bad_request("ERR_PARAMETER", message))
    }
}

fn wrong(name: &str, value: &str, form: &str) -> ApiError {
    let value: String = value.chars().take(SHOWN).collect();
    ApiError::bad_request("ERR_PARAMETER", format!("query parameter `{name}` is {form}, not {value:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_of_the_wrong_type_is_named() {
        let parameters = |pairs: &[(&str, &str)]| {
            Parameters::new(pairs.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect())
        };
        for (name, value) in [("limit", "0"), ("limit", "-1"), ("limit", "1.5"), ("limit", "1001"), ("limit", "x")] {
            let error = parameters(&[(name, value)]).number("limit", 1..=1000).unwrap_err();
            assert!(error.message.contains("`limit`") && error.message.contains("1 to 1000"), "{error:?}");
        }
        assert!(parameters(&[("prefix", "abc")]).bytes("prefix").is_err());
        assert!(parameters(&[("spent", "yes")]).flag("spent").is_err());
        let mut some = parameters(&[("at", "7"), ("limt", "3")]);
        assert_eq!(some.sequence("at").unwrap(), Some(Sequence(7)));
        assert!(some.finish(&["at", "limit"]).unwrap_err().message.contains("at, limit"));
    }
}
