//! Running one case on a host.

use serde_json::{Value, json};
use trellis_engine::domain::name::TopicName;
use trellis_spv::testing::LockPosition;

use super::difference::difference;
use super::expectation;
use super::names::{Names, Wrong};
use super::step::{self, EXPECT, Step};
use crate::host::Host;

/// What came of a case.
pub(crate) struct Ran {
    /// The steps, each with what it came to.
    pub(crate) steps: Vec<Value>,
    /// Where that is not what was expected.
    pub(crate) differences: Vec<String>,
}

/// Runs the steps of a case, up to one that cannot be taken because an earlier one came to something else. `Err` says which step cannot
/// be meant, and why.
pub(crate) fn run(host: &mut Host, steps: &[Value]) -> Result<Ran, String> {
    let mut names = Names::default();
    let mut ran = Ran { steps: Vec::new(), differences: Vec::new() };
    for (number, value) in (1..).zip(steps) {
        let heard = host.logged().len();
        let came = Step::read(value).and_then(|step| take(host, &mut names, step));
        let came = match came {
            Ok(came) => came,
            // What went otherwise before is why: that is what there is to see.
            Err(wrong) if !ran.differences.is_empty() => {
                ran.differences
                    .push(format!("step {number}, {}\n  cannot be taken any more: {wrong}", in_words(value)));
                ran.steps.extend(steps[ran.steps.len()..].iter().cloned());
                break;
            }
            Err(wrong) => return Err(format!("step {number}: {wrong}")),
        };
        let mut members = value.as_object().cloned().unwrap_or_default();
        let expected = members.remove(EXPECT);
        if let Some(came) = &came {
            if let Some(text) = difference(expected.as_ref(), came) {
                let logged: String = host.logged()[heard..]
                    .iter()
                    .map(|line| format!("\n    {} {} {}: {}", line.level, line.namespace, line.call, line.text))
                    .collect();
                let logged = if logged.is_empty() { String::new() } else { format!("\n  the plugin logged{logged}") };
                ran.differences.push(format!("step {number}, {}\n{text}{logged}", in_words(value)));
            }
            members.insert(EXPECT.to_owned(), came.clone());
        }
        ran.steps.push(Value::Object(members));
    }
    Ok(ran)
}

/// A step in a line.
fn in_words(step: &Value) -> String {
    let shown = step.as_object().map(|members| members.iter().filter(|(name, _)| *name != EXPECT));
    let shown: Vec<String> = shown.into_iter().flatten().map(|(name, value)| format!("{name} {value}")).collect();
    shown.join(", ")
}

/// Takes a step; what it came to, if that can be expected.
fn take(host: &mut Host, names: &mut Names, step: Step) -> Result<Option<Value>, Wrong> {
    match step {
        Step::Transaction(step) => make(host, names, step)?,
        Step::Certificate(step) => issue(names, step)?,
        Step::Submit(step) => return submit(host, names, step).map(Some),
        Step::Lookup(step::Lookup { lookup, query }) => {
            let found = host.lookup(&lookup, names.resolve_value(&query)?);
            return Ok(Some(expectation::of_found(&found, names)));
        }
        Step::State(name) => {
            let rows = host.try_state(&name).map_err(|error| error.to_string())?;
            return Ok(Some(expectation::of_rows(&rows, names)));
        }
        Step::Basket(name) => {
            let basket = host.try_basket(&names.resolve(&name)?).map_err(|error| error.to_string())?;
            return Ok(Some(expectation::of_basket(&basket, names)));
        }
        Step::Mine(name) => host.try_mine(names.transaction(&name)?)?,
        Step::Evict(output) => {
            let (transaction, index) = names.output(&output)?;
            host.try_evict(transaction, index)?;
        }
        Step::NetworkRefuses(name) => host.try_network_refuses(names.transaction(&name)?, "a case")?,
        Step::Wait(seconds) => host.wait(seconds),
    }
    Ok(None)
}

fn make(host: &mut Host, names: &mut Names, step: step::Transaction) -> Result<(), Wrong> {
    let mut draft = host.transaction().lock_time(step.lock_time);
    for spend in step.spends {
        draft = match (spend.output, spend.fund, spend.by, spend.script) {
            (Some(output), None, Some(by), None) => {
                let by = names.party(&by)?;
                let (transaction, index) = names.output(&output)?;
                draft.spend(transaction, index, &by)
            }
            (Some(output), None, None, Some(script)) => {
                let script = names.bytes(&script)?;
                let (transaction, index) = names.output(&output)?;
                draft.unlock(transaction, index, &script)
            }
            (None, Some(satoshis), Some(by), None) => draft.fund(&names.party(&by)?, satoshis),
            _ => {
                return Err(
                    "what is spent is {\"output\", \"by\"}, {\"output\", \"script\"} or {\"fund\", \"by\"}".into()
                );
            }
        };
    }
    for output in step.outputs {
        let (script, satoshis) = locked(names, &output)?;
        draft = draft.output(satoshis, script);
    }
    let transaction = draft.sign();
    names.transactions.insert(step.transaction, transaction);
    Ok(())
}

/// The locking script and satoshis of an output.
fn locked(names: &mut Names, output: &step::Output) -> Result<(Vec<u8>, u64), Wrong> {
    let bytes = |names: &mut Names, fields: &[String]| {
        fields.iter().map(|field| names.bytes(field)).collect::<Result<Vec<_>, _>>()
    };
    match (&output.token, &output.of, &output.pay, &output.data, &output.script) {
        (Some(fields), Some(of), None, None, None) => {
            let (fields, of) = (bytes(names, fields)?, names.party(of)?);
            let position = match output.lock {
                None | Some(step::Lock::Before) => LockPosition::Before,
                Some(step::Lock::After) => LockPosition::After,
            };
            let script =
                if output.signed { of.signed_push_drop(fields, position) } else { of.push_drop(fields, position) };
            Ok((script, output.satoshis.unwrap_or(1)))
        }
        (None, None, Some(to), None, None) => Ok((names.party(to)?.p2pkh(), output.satoshis.unwrap_or(1))),
        (None, None, None, Some(fields), None) => {
            Ok((crate::draft::data_script(bytes(names, fields)?), output.satoshis.unwrap_or(0)))
        }
        (None, None, None, None, Some(script)) => Ok((names.bytes(script)?, output.satoshis.unwrap_or(1))),
        _ => Err("an output is {\"token\", \"of\"}, {\"pay\"}, {\"data\"} or {\"script\"}".into()),
    }
}

fn issue(names: &mut Names, step: step::Certificate) -> Result<(), Wrong> {
    let (certifier, subject) = (names.party(&step.certifier)?, names.party(&step.subject)?);
    let mut certifying = certifier
        .try_certifies(&subject, &step.certificate_type)
        .map_err(|error| format!("{:?} is no type of a certificate: {error}", step.certificate_type))?;
    for (name, value) in &step.fields {
        certifying = certifying.field(name, value);
    }
    for (name, value) in &step.kept_fields {
        certifying = certifying.kept_field(name, value);
    }
    if let Some(serial) = step.serial {
        certifying = certifying.serial(serial);
    }
    if let Some(output) = &step.revoked_by {
        let (transaction, index) = names.output(output)?;
        certifying = certifying.revoked_by_spending(transaction, index);
    }
    names.certificates.insert(step.certificate, certifying.issue());
    Ok(())
}

fn submit(host: &mut Host, names: &mut Names, step: step::Submit) -> Result<Value, Wrong> {
    let transaction = names.transaction(&step.submit)?.clone();
    let off_chain_values = step.off_chain_values.map(|text| names.bytes(&text)).transpose()?;
    let mut submission = host.submission(&transaction);
    if let Some(topics) = &step.to {
        for topic in topics {
            TopicName::new(topic).map_err(|error| error.to_string())?;
        }
        submission = submission.to(topics.iter().map(String::as_str));
    }
    if let Some(bytes) = off_chain_values {
        submission = submission.off_chain_values(bytes);
    }
    for party in &step.signed_by {
        submission = submission.signed_by(&names.party(party)?);
    }
    for certificate in &step.certificates {
        submission = submission.certificate(names.certificate(certificate)?);
    }
    if step.require_all {
        submission = submission.require_all();
    }
    let answer = submission.send();
    Ok(match expectation::of_answer(&answer, names) {
        // Nothing was said by anybody.
        Value::Object(members) if members.is_empty() => json!({}),
        came => came,
    })
}
