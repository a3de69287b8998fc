//! Transactions out of a request's body: binary, hexadecimal text or JSON; EF or raw; one or several.

use serde_json::Value;
use trellis_spv::extended_format;
use trellis_spv::reader::{ReadError, Reader};
use trellis_spv::transaction::Transaction;

use super::ArcRequest;
use super::response::{ArcResponse, Problem};

/// What follows the version in EF and nowhere else (BRC-30).
const EF_MARKER: &[u8] = &[0, 0, 0, 0, 0, 0xef];

/// The first bytes of BEEF V1, V2 and Atomic.
const BEEF_STARTS: [&[u8]; 3] = [&[1, 0, 0xbe, 0xef], &[2, 0, 0xbe, 0xef], &[1, 1, 1, 1]];

/// A transaction as it came.
#[derive(Debug, Clone)]
pub(super) struct Sent {
    pub(super) transaction: Transaction,
    /// The outputs its inputs spend, as an EF claims them: satoshis and locking scripts.
    pub(super) sources: Option<Vec<(u64, Vec<u8>)>>,
    pub(super) bytes: Vec<u8>,
}

/// Who finds fault with a body: the answers have different shapes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fault {
    /// The check against ARC's interface, before ARC's own code.
    Interface(String),
    /// ARC's own code.
    Content(String),
}

impl Fault {
    pub(super) fn response(&self) -> ArcResponse {
        match self {
            Self::Interface(reason) => ArcResponse::message(400, &format!("request body has an error: {reason}")),
            Self::Content(reason) => Problem::bad_request(reason).response(),
        }
    }
}

impl From<String> for Fault {
    fn from(reason: String) -> Self {
        Self::Content(reason)
    }
}

/// The body of `POST /v1/tx`.
pub(super) fn read_one(request: &ArcRequest<'_>) -> Result<Vec<Sent>, Fault> {
    let content_type = content_type(request)?;
    if request.body.is_empty() {
        return Err(Fault::Interface("value is required but missing".to_owned()));
    }
    let bytes = match content_type {
        ContentType::Binary => request.body.to_vec(),
        ContentType::Text => decode_hex(request.body)?,
        ContentType::Json => json_transaction(&json(request.body)?)?,
    };
    Ok(split(&bytes)?)
}

/// The body of `POST /v1/txs`: transactions one after the other, one hexadecimal line each, or a JSON array.
pub(super) fn read_many(request: &ArcRequest<'_>) -> Result<Vec<Sent>, Fault> {
    let bytes = match content_type(request)? {
        ContentType::Binary => request.body.to_vec(),
        ContentType::Text => {
            let lines = request.body.split(|byte| *byte == b'\n').map(|line| decode_hex(line.trim_ascii_end()));
            lines.collect::<Result<Vec<_>, _>>()?.concat()
        }
        // Nothing at all is no list either, but the interface does not ask for a body here.
        ContentType::Json if request.body.is_empty() => return Err(Fault::Content("EOF".to_owned())),
        ContentType::Json => {
            let value = json(request.body)?;
            let transactions = value.as_array().ok_or_else(|| Fault::Interface("value must be an array".to_owned()))?;
            transactions.iter().map(json_transaction).collect::<Result<Vec<_>, _>>()?.concat()
        }
    };
    Ok(split(&bytes)?)
}

enum ContentType {
    Binary,
    Text,
    Json,
}

fn content_type(request: &ArcRequest<'_>) -> Result<ContentType, Fault> {
    let given = request.content_type.split(';').next().unwrap_or_default().trim();
    match given {
        "text/plain" => Ok(ContentType::Text),
        "application/json" => Ok(ContentType::Json),
        "application/octet-stream" => Ok(ContentType::Binary),
        _ => Err(Fault::Interface(format!("header Content-Type has unexpected value \"{}\"", request.content_type))),
    }
}

fn decode_hex(text: &[u8]) -> Result<Vec<u8>, String> {
    hex::decode(text).map_err(|error| error.to_string())
}

fn json(body: &[u8]) -> Result<Value, Fault> {
    let read = serde_json::from_slice(body);
    read.map_err(|error| Fault::Interface(format!("failed to decode request body: {error}")))
}

fn json_transaction(value: &Value) -> Result<Vec<u8>, Fault> {
    let text = value.get("rawTx").and_then(Value::as_str);
    let text = text.ok_or_else(|| Fault::Interface("property \"rawTx\" is missing or no text".to_owned()))?;
    Ok(decode_hex(text.as_bytes())?)
}

/// Takes concatenated transactions apart.
fn split(mut bytes: &[u8]) -> Result<Vec<Sent>, String> {
    if bytes.is_empty() {
        return Err("no transaction found - empty request body".to_owned());
    }
    let mut all = Vec::new();
    while !bytes.is_empty() {
        if BEEF_STARTS.iter().any(|start| bytes.starts_with(start)) {
            return Err("this local stand-in takes no BEEF: send Extended Format (BRC-30) or raw transactions".into());
        }
        let is_extended = bytes.get(4..10) == Some(EF_MARKER);
        let length = length(bytes, is_extended).map_err(|error| error.to_string())?;
        let (own, rest) = bytes.split_at_checked(length).unwrap_or((bytes, &[]));
        all.push(if is_extended {
            let extended = extended_format::decode(own).map_err(|error| error.to_string())?;
            Sent { transaction: extended.transaction, sources: Some(extended.sources), bytes: own.to_vec() }
        } else {
            let transaction = Transaction::parse(own).map_err(|error| error.to_string())?;
            Sent { transaction, sources: None, bytes: own.to_vec() }
        });
        bytes = rest;
    }
    Ok(all)
}

/// Bytes of the transaction that starts here.
fn length(bytes: &[u8], is_extended: bool) -> Result<usize, ReadError> {
    let mut reader = Reader::new(bytes);
    reader.u32("version")?;
    if is_extended {
        reader.take(EF_MARKER.len() as u64, "EF marker")?;
    }
    for _ in 0..reader.count(41, "input count")? {
        reader.take(36, "input outpoint")?;
        reader.var_bytes("unlocking script")?;
        reader.u32("input sequence")?;
        if is_extended {
            reader.u64("satoshis spent")?;
            reader.var_bytes("locking script spent")?;
        }
    }
    for _ in 0..reader.count(9, "output count")? {
        reader.u64("output satoshis")?;
        reader.var_bytes("locking script")?;
    }
    reader.u32("lock time")?;
    Ok(reader.position())
}
