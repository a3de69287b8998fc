//! `config` and `log`: what the operator wrote to the plugin, and what the plugin writes to the operator.

use crate::bindings::bsv::overlay::{config, log};
use crate::call::CallState;

impl config::Host for CallState {
    fn get(&mut self, key: String) -> wasmtime::Result<Option<String>> {
        self.budget.host_call()?;
        let value = self.configuration.get(&key).cloned();
        self.budget.read(value.as_ref().map_or(0, String::len))?;
        Ok(value)
    }
}

impl log::Host for CallState {
    fn write(&mut self, level: log::Level, message: String) -> wasmtime::Result<()> {
        self.budget.host_call()?;
        let level = match level {
            log::Level::Debug => tracing::Level::DEBUG,
            log::Level::Info => tracing::Level::INFO,
            log::Level::Warn => tracing::Level::WARN,
            log::Level::Error => tracing::Level::ERROR,
        };
        self.log(level, &message);
        Ok(())
    }
}
