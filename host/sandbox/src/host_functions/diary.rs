//! `config` and `log`: what the operator wrote to the plugin, and what the plugin writes to the operator.

use crate::bindings::bsv::overlay::{config, log};
use crate::call::CallState;

impl config::Host for CallState {
    fn get(&mut self, key: String) -> wasmtime::Result<Option<String>> {
        Ok(self.call.configured(&key)?)
    }
}

impl log::Host for CallState {
    fn write(&mut self, level: log::Level, message: String) -> wasmtime::Result<()> {
        let level = match level {
            log::Level::Debug => tracing::Level::DEBUG,
            log::Level::Info => tracing::Level::INFO,
            log::Level::Warn => tracing::Level::WARN,
            log::Level::Error => tracing::Level::ERROR,
        };
        Ok(self.call.log(level, &message)?)
    }
}
