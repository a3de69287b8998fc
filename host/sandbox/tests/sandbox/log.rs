//! What a plugin writes to the operator's log.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use crate::support::{Bench, Rows};

/// Keeps events of the target `plugin` as text.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<String>>>);

impl Subscriber for Lines {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "plugin"
    }
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, event: &Event<'_>) {
        struct Fields(String);
        impl Visit for Fields {
            fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
                write!(self.0, " {field}={value:?}").unwrap();
            }
            fn record_str(&mut self, field: &Field, value: &str) {
                write!(self.0, " {field}={value}").unwrap();
            }
        }
        let mut fields = Fields(event.metadata().level().to_string());
        event.record(&mut fields);
        self.0.lock().unwrap().push(fields.0);
    }
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

fn lines_of(behaviour: &str, limits: &[(&str, u64)]) -> Vec<String> {
    let bench = Bench::hostile(&[], limits);
    let lines = Lines::default();
    tracing::subscriber::with_default(lines.clone(), || {
        let _ = bench.judge(behaviour, &mut Rows::default());
    });
    let lines = lines.0.lock().unwrap();
    lines.clone()
}

#[test]
fn a_line_carries_plugin_topic_and_call_and_cannot_be_forged() {
    assert_eq!(
        lines_of("log-control", &[]),
        ["WARN plugin=hostile namespace=tm_test call=identify-admissible-outputs \
          line=red \\u{1b}[31m alert\\r\\nfaked line\\u{0}\\u{202e}"]
    );
}

#[test]
fn a_long_line_is_cut() {
    let lines = lines_of("log-line:100000", &[]);
    assert_eq!(lines.len(), 1);
    assert!(lines[0].len() < 1200 && lines[0].ends_with('…'));
}

#[test]
fn a_talkative_plugin_is_cut_short_and_still_judged() {
    let bench = Bench::hostile(&[], &[]);
    assert!(bench.judge("log-lines:1000", &mut Rows::default()).is_ok());
    let lines = lines_of("log-lines:1000", &[]);
    assert!(lines.len() < 100, "{}", lines.len());
    assert!(lines.last().unwrap().ends_with("line=further lines of this call are left out"));
}

#[test]
fn a_panic_is_told_even_when_the_log_is_full() {
    let bench = Bench::hostile(&[], &[("logged_bytes", 1)]);
    assert!(bench.fault("panic").text.contains("a hostile panic"));
}
