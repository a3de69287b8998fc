//! Fields of a JSON body or a query, taken out one by one, so that whatever is wrong is named.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use trellis_engine::domain::basket::MAX_AMOUNT;

use crate::http::error::ApiError;

/// Longest foreign text that is repeated to whoever sent it, in characters.
const SHOWN: usize = 60;

/// The fields of one object that were not taken out yet.
#[derive(Debug)]
pub(super) struct Fields {
    /// Where the object is, with a dot behind it; empty for the body itself.
    path: String,
    /// Numbers are written as texts.
    is_query: bool,
    values: BTreeMap<String, Value>,
}

/// A field that is not what it should be.
pub(super) fn wrong(field: &str, text: impl std::fmt::Display) -> ApiError {
    ApiError::bad_request("ERR_PARAMETER", format!("`{field}` {text}"))
}

impl Fields {
    /// Of a query. What is repeated becomes a list.
    pub(super) fn of_query(parameters: Vec<(String, String)>) -> Self {
        let mut values: BTreeMap<String, Value> = BTreeMap::new();
        for (name, text) in parameters {
            let value = match values.remove(&name) {
                None => Value::String(text),
                Some(Value::Array(list)) => list.into_iter().chain([Value::String(text)]).collect(),
                Some(one) => Value::Array(vec![one, Value::String(text)]),
            };
            values.insert(name, value);
        }
        Self { path: String::new(), is_query: true, values }
    }

    /// Of a body.
    pub(super) fn of_json(body: &[u8]) -> Result<Self, ApiError> {
        match serde_json::from_slice(body) {
            Ok(Value::Object(object)) => Ok(Self::of_object(String::new(), object)),
            Ok(_) => Err(ApiError::bad_request("ERR_PARAMETER", "the body is a JSON object")),
            Err(error) => Err(ApiError::bad_request("ERR_PARAMETER", format!("the body is no JSON: {error}"))),
        }
    }

    fn of_object(path: String, object: Map<String, Value>) -> Self {
        Self { path, is_query: false, values: object.into_iter().collect() }
    }

    fn named(&self, name: &str) -> String {
        format!("{}{name}", self.path)
    }

    /// That nothing is left that nobody knows.
    pub(super) fn end(self) -> Result<(), ApiError> {
        match self.values.keys().next() {
            None => Ok(()),
            Some(unknown) => {
                let unknown: String = unknown.chars().take(SHOWN).collect();
                Err(wrong(&self.named(&unknown), "is no field that is known here"))
            }
        }
    }

    /// A single value.
    fn take(&mut self, name: &str) -> Result<Option<Value>, ApiError> {
        match self.values.remove(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Array(_)) => Err(wrong(&self.named(name), "is one value, not a list")),
            other => Ok(other),
        }
    }

    /// A text.
    pub(super) fn text(&mut self, name: &str) -> Result<Option<String>, ApiError> {
        match self.take(name)? {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(wrong(&self.named(name), "is a text")),
        }
    }

    /// A whole number. In a query it is written in decimal.
    pub(super) fn number(&mut self, name: &str) -> Result<Option<u64>, ApiError> {
        let number = match self.take(name)? {
            None => return Ok(None),
            Some(Value::Number(number)) => number.as_u64(),
            Some(Value::String(text)) if self.is_query => text.parse().ok(),
            Some(_) => None,
        };
        let fits = number.filter(|number| *number <= MAX_AMOUNT);
        fits.map(Some).ok_or_else(|| wrong(&self.named(name), format!("is a whole number from 0 to {MAX_AMOUNT}")))
    }

    /// A list of texts; one text is a list of one.
    pub(super) fn texts(&mut self, name: &str) -> Result<Vec<String>, ApiError> {
        let list = match self.values.remove(name) {
            None | Some(Value::Null) => return Ok(Vec::new()),
            Some(Value::Array(list)) => list,
            Some(other) => vec![other],
        };
        let text = |value| match value {
            Value::String(text) => Ok(text),
            _ => Err(wrong(&self.named(name), "is a list of texts")),
        };
        list.into_iter().map(text).collect()
    }

    /// An object; where it is missing, one without fields.
    pub(super) fn object(&mut self, name: &str) -> Result<Self, ApiError> {
        let path = format!("{}.", self.named(name));
        match self.values.remove(name) {
            None | Some(Value::Null) => Ok(Self::of_object(path, Map::new())),
            Some(Value::Object(object)) => Ok(Self::of_object(path, object)),
            Some(_) => Err(wrong(&self.named(name), "is an object")),
        }
    }

    /// A list of objects.
    pub(super) fn objects(&mut self, name: &str) -> Result<Vec<Self>, ApiError> {
        let Some(Value::Array(list)) = self.values.remove(name) else {
            return Err(wrong(&self.named(name), "is a list of objects"));
        };
        let object = |(number, value)| match value {
            Value::Object(object) => Ok(Self::of_object(format!("{}[{number}].", self.named(name)), object)),
            _ => Err(wrong(&format!("{}[{number}]", self.named(name)), "is an object")),
        };
        list.into_iter().enumerate().map(object).collect()
    }

    /// Something that must be there.
    pub(super) fn required<T>(&self, name: &str, value: Option<T>) -> Result<T, ApiError> {
        value.ok_or_else(|| wrong(&self.named(name), "is missing"))
    }

    /// This field is wrong.
    pub(super) fn wrong(&self, name: &str, text: impl std::fmt::Display) -> ApiError {
        wrong(&self.named(name), text)
    }
}
