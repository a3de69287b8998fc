//! Which transactions concern an organisation: those that bring it a good. Those that spend one of its goods are its concern
//! anyway, as the host knows without asking.

use trellis_plugin::{Refusal, TopicRelevance, Transaction};

use crate::SupplyChain;
use crate::good;
use crate::organisation::Organisations;

impl TopicRelevance for SupplyChain {
    fn is_relevant(topic: String, transaction: Transaction) -> Result<bool, Refusal> {
        let organisations = Organisations::configured()?;
        let own = organisations.behind(&topic)?;
        Ok(good::made(&transaction).any(|(_, good)| good.holder == own.key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::good::testing::{good, transaction};
    use crate::organisation::testing::{CARRIER, PRODUCER, configure};

    #[test]
    fn a_good_concerns_who_is_to_get_it() {
        configure();
        let fetched = transaction(&[good(&PRODUCER, "crate 7")], &[good(&CARRIER, "crate 7")]);
        assert_eq!(SupplyChain::is_relevant("tm_carrier".into(), fetched.clone()), Ok(true));
        assert_eq!(SupplyChain::is_relevant("tm_producer".into(), fetched), Ok(false));
    }
}
