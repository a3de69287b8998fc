//! The log: lines for people or JSON for machines, on standard error, filtered by `RUST_LOG`.

use std::io::{IsTerminal, stderr};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt;

/// What is logged where `RUST_LOG` says nothing. sled reports its inner life at `info`.
const DEFAULT_FILTER: &str = "info,sled=warn";

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// One line of text each.
    Text,
    /// One JSON object each.
    Json,
}

/// Starts logging for the rest of the process. `default_filter` counts where `RUST_LOG` is not set.
pub fn start(format: LogFormat, default_filter: Option<&str>) {
    let filter =
        EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(default_filter.unwrap_or(DEFAULT_FILTER)));
    let lines = fmt().with_env_filter(filter).with_writer(stderr);
    // Only a second call in one process can fail; the first one's log is in force then.
    let _ = match format {
        LogFormat::Text => lines.with_ansi(stderr().is_terminal()).try_init(),
        LogFormat::Json => lines.json().flatten_event(true).with_current_span(true).with_span_list(false).try_init(),
    };
}
