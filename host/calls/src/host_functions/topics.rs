//! `topics`: what other topics hold.

use trellis_engine::domain::name::TopicName;
use trellis_engine::ports::plugins::{HeldOutput, PluginHost, StatePage};
use trellis_spv::hash::Outpoint;

use super::context::txid;
use super::rows::{check_key, check_range};
use crate::running::RunningCall;
use crate::stop::Stop;

impl RunningCall {
    /// `topics.output`.
    ///
    /// # Errors
    /// [`Stop`].
    pub fn topic_output(
        &mut self,
        host: &mut dyn PluginHost,
        topic: &str,
        source: (&[u8], u32),
    ) -> Result<Option<HeldOutput>, Stop> {
        let topic = self.may_read_topic(topic)?;
        let outpoint = Outpoint::new(txid(source.0)?, source.1);
        let held = host.topic_output(&topic, &outpoint)?;
        if let Some(held) = &held {
            self.budget.read(held.locking_script.len())?;
        }
        Ok(held)
    }

    /// `topics.state-get`.
    ///
    /// # Errors
    /// [`Stop`].
    pub fn topic_state_get(
        &mut self,
        host: &mut dyn PluginHost,
        topic: &str,
        key: &[u8],
    ) -> Result<Option<Vec<u8>>, Stop> {
        let topic = self.may_read_topic(topic)?;
        check_key(key)?;
        let value = host.topic_state_get(&topic, key)?;
        self.hand_over(value)
    }

    /// `topics.state-scan`.
    ///
    /// # Errors
    /// [`Stop`].
    pub fn topic_state_scan(
        &mut self,
        host: &mut dyn PluginHost,
        topic: &str,
        start: Vec<u8>,
        end: Option<Vec<u8>>,
        limit: u32,
        reverse: bool,
    ) -> Result<StatePage, Stop> {
        let topic = self.may_read_topic(topic)?;
        let page = host.topic_state_scan(&topic, &check_range(start, end, limit, reverse)?)?;
        self.hand_over_page(page)
    }

    /// The topic of a request that may be made in this call.
    fn may_read_topic(&mut self, topic: &str) -> Result<TopicName, Stop> {
        self.budget.host_call()?;
        Self::allow(
            self.export.may_read_topics(),
            "`topics` is for verdicts, `is-relevant` and `lookup`: an index is built from what its calls carry",
        )?;
        TopicName::new(topic).map_err(|error| Stop::BadArgument(format!("a topic's name that is none: {error}")))
    }
}
