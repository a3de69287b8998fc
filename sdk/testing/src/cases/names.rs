//! What the texts of a case stand for: transactions, parties, certificates and bytes.

use std::collections::BTreeMap;

use serde_json::Value;
use trellis_spv::hash::Outpoint;
use trellis_spv::transaction::Transaction;

use crate::certificate::Certificate;
use crate::party::Party;

/// What is wrong with a step, in words.
pub(super) type Wrong = String;

/// How bytes begin that are no text.
const HEXADECIMAL: &str = "hex:";

/// What a case has named so far.
#[derive(Default)]
pub(super) struct Names {
    pub(super) transactions: BTreeMap<String, Transaction>,
    pub(super) certificates: BTreeMap<String, Certificate>,
    /// Parties whose keys were asked for.
    parties: BTreeMap<String, Party>,
}

impl Names {
    pub(super) fn transaction(&self, name: &str) -> Result<&Transaction, Wrong> {
        self.transactions.get(name).ok_or_else(|| format!("no step before this one makes a transaction {name:?}"))
    }

    pub(super) fn certificate(&self, name: &str) -> Result<&Certificate, Wrong> {
        self.certificates.get(name).ok_or_else(|| format!("no step before this one makes a certificate {name:?}"))
    }

    /// The output that `name.0` names.
    pub(super) fn output(&self, text: &str) -> Result<(&Transaction, u32), Wrong> {
        let form = || format!("{text:?} names no output: it would be \"<transaction>.<output index>\"");
        let (name, index) = text.rsplit_once('.').ok_or_else(form)?;
        let index = index.parse().map_err(|_| form())?;
        let transaction = self.transaction(name)?;
        match transaction.outputs().len() {
            count if (index as usize) < count => Ok((transaction, index)),
            count => Err(format!("transaction {name:?} has {count} outputs, and no output {index}")),
        }
    }

    /// The party of this name, or a child of it: `alice/1-identity-1`.
    pub(super) fn party(&mut self, name: &str) -> Result<Party, Wrong> {
        let party = match name.split_once('/') {
            None => Party::named(name),
            Some((parent, invoice_number)) => Party::named(parent)
                .try_child(invoice_number)
                .map_err(|error| format!("{name:?} names no child: {error}"))?,
        };
        self.parties.insert(name.to_owned(), party.clone());
        Ok(party)
    }

    /// Puts what it stands for in place of everything in braces.
    pub(super) fn resolve(&mut self, text: &str) -> Result<String, Wrong> {
        let mut resolved = String::new();
        let mut rest = text;
        while let Some((before, behind)) = rest.split_once('{') {
            resolved.push_str(before);
            let named = behind.split_once('}').and_then(|(inside, behind)| {
                let (kind, name) = inside.split_once(':')?;
                ["txid", "key", "certificate"].contains(&kind).then_some((kind, name, behind))
            });
            match named {
                None => {
                    resolved.push('{');
                    rest = behind;
                }
                Some((kind, name, behind)) => {
                    resolved.push_str(&match kind {
                        "txid" => self.transaction(name)?.txid().to_string(),
                        "key" => self.party(name)?.key_hex(),
                        _ => self.certificate(name)?.json().to_string(),
                    });
                    rest = behind;
                }
            }
        }
        resolved.push_str(rest);
        Ok(resolved)
    }

    /// The same in every text of a value, and in its members' names.
    pub(super) fn resolve_value(&mut self, value: &Value) -> Result<Value, Wrong> {
        Ok(match value {
            Value::String(text) => Value::String(self.resolve(text)?),
            Value::Array(values) => values.iter().map(|value| self.resolve_value(value)).collect::<Result<_, _>>()?,
            Value::Object(members) => {
                let mut resolved = serde_json::Map::new();
                for (name, value) in members {
                    resolved.insert(self.resolve(name)?, self.resolve_value(value)?);
                }
                Value::Object(resolved)
            }
            other => other.clone(),
        })
    }

    /// The bytes of a text, or of `hex:…`.
    pub(super) fn bytes(&mut self, text: &str) -> Result<Vec<u8>, Wrong> {
        let resolved = self.resolve(text)?;
        match resolved.strip_prefix(HEXADECIMAL) {
            None => Ok(resolved.into_bytes()),
            Some(digits) => hex::decode(digits).map_err(|error| format!("{text:?} is no hexadecimal: {error}")),
        }
    }

    /// The reverse of [`Names::resolve`], of identifiers and keys.
    pub(super) fn name(&self, text: &str) -> String {
        let mut named = text.to_owned();
        for (name, transaction) in &self.transactions {
            named = named.replace(&transaction.txid().to_string(), &format!("{{txid:{name}}}"));
        }
        for (name, party) in &self.parties {
            named = named.replace(&party.key_hex(), &format!("{{key:{name}}}"));
        }
        named
    }

    /// The same in every text of a value, and in its members' names.
    pub(super) fn name_value(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.name(text)),
            Value::Array(values) => values.iter().map(|value| self.name_value(value)).collect(),
            Value::Object(members) => {
                members.iter().map(|(name, value)| (self.name(name), self.name_value(value))).collect()
            }
            other => other.clone(),
        }
    }

    /// Bytes as a case writes them.
    pub(super) fn bytes_in_words(&self, bytes: &[u8]) -> String {
        match std::str::from_utf8(bytes) {
            Ok(text) if !text.chars().any(char::is_control) && !text.starts_with(HEXADECIMAL) => self.name(text),
            _ => self.name(&format!("{HEXADECIMAL}{}", hex::encode(bytes))),
        }
    }

    /// An output as a case writes it: by the transaction's name, where it has one.
    pub(super) fn output_in_words(&self, outpoint: &Outpoint) -> String {
        let named = self.transactions.iter().find(|(_, transaction)| transaction.txid() == outpoint.txid);
        named.map_or_else(|| outpoint.to_string(), |(name, _)| format!("{name}.{}", outpoint.vout))
    }
}
