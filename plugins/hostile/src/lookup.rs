//! A lookup service whose index functions and answers go wrong.

use trellis_plugin::{
    AdmittedOutput, Answer, FoundOutput, LookupService, Outpoint, Question, Refusal, SpentOutput, Txid, config, state,
};

use crate::{Hostile, behaviour};

fn act(call: &str) -> Result<(), Refusal> {
    behaviour::act(&config::get(&format!("behave-{call}")).unwrap_or_default())
}

/// One row for each output: what became of it last, readable with the behaviour `refuse-state`.
fn note(outpoint: &Outpoint, what: &str) {
    state::set(&outpoint.to_bytes(), what.as_bytes());
}

impl LookupService for Hostile {
    fn output_admitted(output: AdmittedOutput) -> Result<(), Refusal> {
        note(&output.outpoint, "admitted");
        act("output-admitted")
    }

    fn output_spent(output: SpentOutput) -> Result<(), Refusal> {
        note(&output.outpoint, if output.retained { "spent and retained" } else { "spent" });
        act("output-spent")
    }

    fn output_no_longer_retained(_topic: String, outpoint: Outpoint) -> Result<(), Refusal> {
        note(&outpoint, "no longer retained");
        act("output-no-longer-retained")
    }

    fn output_evicted(_topic: String, outpoint: Outpoint) -> Result<(), Refusal> {
        state::remove(&outpoint.to_bytes());
        act("output-evicted")
    }

    /// Besides the behaviours of [`behaviour`](crate::behaviour): answers of the wrong form or size. Without one, the
    /// outputs noted.
    fn lookup(question: Question) -> Result<Answer, Refusal> {
        let told = question.query.trim_matches('"');
        let (name, argument) = behaviour::split(told);
        let unknown = |history_depth| FoundOutput {
            outpoint: Outpoint { txid: Txid([0xee; 32]), output_index: 3 },
            history_depth,
            context: None,
        };
        Ok(match name {
            "" | "behave" => noted(),
            "echo" => Answer::Freeform(format!("[{:?},{}]", question.service, question.query)),
            "statuses" => Answer::Freeform(statuses()),
            "freeform-not-json" => Answer::Freeform("{".into()),
            "freeform-bytes" => {
                Answer::Freeform(format!("\"{}\"", "x".repeat(behaviour::number(argument, 20 << 20) as usize)))
            }
            "unknown-output" => Answer::OutputList(vec![unknown(0)]),
            "unknown-depth" => Answer::OutputList(vec![unknown(u32::MAX)]),
            "many-outputs" => Answer::OutputList(vec![unknown(0); behaviour::number(argument, 1 << 20) as usize]),
            "big-context" => {
                let context = vec![1; behaviour::number(argument, 1 << 20) as usize];
                Answer::OutputList(vec![FoundOutput { context: Some(context), ..unknown(0) }])
            }
            "gigabyte" => Answer::OutputList(gigabyte(&unknown(0))),
            _ => {
                behaviour::act(told)?;
                noted()
            }
        })
    }
}

fn rows() -> impl Iterator<Item = (Outpoint, String)> {
    let status = |row: state::Entry| Some((Outpoint::from_bytes(&row.key)?, String::from_utf8(row.value).ok()?));
    state::scan(state::Range::all()).filter_map(status)
}

fn noted() -> Answer {
    rows().filter(|(_, status)| status == "admitted").map(|(outpoint, _)| outpoint).collect()
}

fn statuses() -> String {
    let rows: Vec<String> = rows().map(|(outpoint, status)| format!("\"{outpoint}\":\"{status}\"")).collect();
    format!("{{{}}}", rows.join(","))
}

/// A thousand contexts that are all the same MiB of memory: next to nothing for the guest, a gigabyte for a host that
/// copies them out one by one.
fn gigabyte(output: &FoundOutput) -> Vec<FoundOutput> {
    const MEBIBYTE: usize = 1 << 20;
    let shared = Vec::leak(vec![1u8; MEBIBYTE]).as_mut_ptr();
    let alias = |_| {
        // SAFETY: none; a thousand vectors own the same memory. The host is to notice before any of them is freed.
        let context = unsafe { Vec::from_raw_parts(shared, MEBIBYTE, MEBIBYTE) };
        FoundOutput { context: Some(context), ..output.clone() }
    };
    (0..1024).map(alias).collect()
}

#[cfg(not(target_arch = "wasm32"))]
trellis_plugin::export_lookup_service!(Hostile);
