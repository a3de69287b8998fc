//! `config`: what the operator wrote to the plugin.

use crate::running::RunningCall;
use crate::stop::Stop;

impl RunningCall {
    /// `config.get`.
    ///
    /// # Errors
    /// [`Stop`].
    pub fn configured(&mut self, key: &str) -> Result<Option<String>, Stop> {
        self.budget.host_call()?;
        let value = self.configuration.get(key).cloned();
        self.budget.read(value.as_ref().map_or(0, String::len))?;
        Ok(value)
    }
}
