//! `state`: the plugin's own rows.

use trellis_engine::domain::row::{MAX_STATE_KEY_BYTES, MAX_STATE_VALUE_BYTES};
use trellis_engine::ports::plugins::{PluginHost, StatePage, StateRange};

use crate::export::Export;
use crate::limits::MAX_SCAN_ROWS;
use crate::running::RunningCall;
use crate::stop::Stop;

impl RunningCall {
    /// `state.get`.
    ///
    /// # Errors
    /// [`Stop`].
    pub fn state_get(&mut self, host: &mut dyn PluginHost, key: &[u8]) -> Result<Option<Vec<u8>>, Stop> {
        self.may_read()?;
        check_key(key)?;
        let value = host.state_get(key)?;
        self.hand_over(value)
    }

    /// `state.set`.
    ///
    /// # Errors
    /// [`Stop`].
    pub fn state_set(&mut self, host: &mut dyn PluginHost, key: &[u8], value: &[u8]) -> Result<(), Stop> {
        self.may_write(key, value)?;
        Ok(host.state_set(key, Some(value))?)
    }

    /// `state.remove`.
    ///
    /// # Errors
    /// [`Stop`].
    pub fn state_remove(&mut self, host: &mut dyn PluginHost, key: &[u8]) -> Result<(), Stop> {
        self.may_write(key, &[])?;
        Ok(host.state_set(key, None)?)
    }

    /// `state.scan`.
    ///
    /// # Errors
    /// [`Stop`].
    pub fn state_scan(
        &mut self,
        host: &mut dyn PluginHost,
        start: Vec<u8>,
        end: Option<Vec<u8>>,
        limit: u32,
        reverse: bool,
    ) -> Result<StatePage, Stop> {
        self.may_read()?;
        let page = host.state_scan(&check_range(start, end, limit, reverse)?)?;
        self.hand_over_page(page)
    }

    fn may_read(&mut self) -> Result<(), Stop> {
        self.budget.host_call()?;
        let reason = match self.export {
            Export::Operations => "`state` in `operations`: a basket manager keeps nothing but the tokens it places",
            _ => "`state` while the plugin describes itself",
        };
        Self::allow(self.export.may_read_state(), reason)
    }

    fn may_write(&mut self, key: &[u8], value: &[u8]) -> Result<(), Stop> {
        self.may_read()?;
        Self::allow(self.export.may_write_state(), "writing to `state` in `lookup` or `is-relevant`, which only read")?;
        check_key(key)?;
        if value.len() > MAX_STATE_VALUE_BYTES {
            let size = value.len();
            let text = format!("a value of {size} bytes for `state`; at most {MAX_STATE_VALUE_BYTES} are allowed");
            return Err(Stop::TooMuch(text));
        }
        Ok(self.budget.write(key.len() + value.len())?)
    }

    pub(super) fn hand_over_page(&mut self, page: StatePage) -> Result<StatePage, Stop> {
        // An empty page cost the host a look-up as well.
        self.budget.scan(page.entries.len().max(1))?;
        self.budget.read(page.entries.iter().map(|(key, value)| key.len() + value.len()).sum())?;
        Ok(page)
    }
}

pub(super) fn check_key(key: &[u8]) -> Result<(), Stop> {
    match key.len() {
        1..=MAX_STATE_KEY_BYTES => Ok(()),
        0 => Err(Stop::BadArgument("an empty key for `state`".into())),
        size => {
            Err(Stop::TooMuch(format!("a key of {size} bytes for `state`; at most {MAX_STATE_KEY_BYTES} are allowed")))
        }
    }
}

/// The range of a scan.
pub(super) fn check_range(start: Vec<u8>, end: Option<Vec<u8>>, limit: u32, reverse: bool) -> Result<StateRange, Stop> {
    if !(1..=MAX_SCAN_ROWS).contains(&limit) {
        let text = format!("a scan with a limit of {limit}; it is between 1 and {MAX_SCAN_ROWS}");
        return Err(Stop::BadArgument(text));
    }
    check_bound(&start)?;
    end.as_deref().map_or(Ok(()), check_bound)?;
    Ok(StateRange { start, end, reverse, limit: limit as usize })
}

/// A bound of a scan need not be a key: the one behind the longest key has a byte more.
fn check_bound(bound: &[u8]) -> Result<(), Stop> {
    const MOST: usize = MAX_STATE_KEY_BYTES + 1;
    match bound.len() {
        0..=MOST => Ok(()),
        size => Err(Stop::TooMuch(format!("a bound of {size} bytes for `state.scan`; at most {MOST} are allowed"))),
    }
}
