//! The rules of the `[[basket]]` tables.

use trellis_engine::domain::name::TopicName;
use trellis_engine::federation::{CertificateDemand, Federations};
use trellis_engine::hosting::{BasketPattern, ManagerSetup};

use super::check::Checker;
use super::checked::{BasketAccessSetup, BasketSetup, Secret};
use super::federation::demand;
use super::file::{BasketAccessName, BasketTable};
use super::plugin::{known_plugin, nearest, report_repeats};
use super::problem::Problem;

const TABLE: &str = "[[basket]]";

impl Checker<'_> {
    /// Checks them against the ids of plugins and the names of topics.
    pub(super) fn baskets(
        &mut self,
        tables: Vec<BasketTable>,
        plugins: &[String],
        topics: &[String],
        federations: Option<&Federations>,
    ) -> Vec<BasketSetup> {
        let plugins: Vec<&str> = plugins.iter().map(String::as_str).collect();
        let topics: Vec<&str> = topics.iter().map(String::as_str).collect();
        let managers: Vec<String> = tables.iter().map(|table| table.manager.clone()).collect();
        let managers: Vec<&str> = managers.iter().map(String::as_str).collect();
        report_repeats(&managers, TABLE, "basket manager", &mut self.problems);
        let setups: Vec<_> =
            tables.into_iter().map(|table| self.basket(table, &plugins, &topics, federations)).collect();
        let patterns: Vec<_> = setups.iter().flat_map(|setup| &setup.manager.baskets).collect();
        for (position, one) in patterns.iter().enumerate() {
            for two in patterns.iter().skip(position + 1).filter(|two| one.overlaps(two)) {
                self.problems.push(Problem::BasketsOverlap { one: (*one).clone(), two: (*two).clone() });
            }
        }
        setups
    }

    fn basket(
        &mut self,
        table: BasketTable,
        plugins: &[&str],
        hosted: &[&str],
        federations: Option<&Federations>,
    ) -> BasketSetup {
        let BasketTable { names, manager, topics, access, token_env, certified } = table;
        let access = access.unwrap_or(BasketAccessName::Open);
        if certified.is_some() != (access == BasketAccessName::Certified) {
            self.problems.push(Problem::BasketCertified(manager.clone()));
        }
        let certified = certified.and_then(|certified| {
            let wrong = |error| Problem::Certified { table: TABLE, name: manager.clone(), error };
            demand(certified, federations).map_err(|error| self.problems.push(wrong(error))).ok()
        });
        for (empty, key, remedy) in [
            (names.is_empty(), "names", "name the baskets that are its, such as \"shop/*\""),
            (topics.is_empty(), "topics", "name the topics whose outputs it may place; it would never have any"),
        ] {
            if empty {
                self.problems.push(Problem::EmptyBasket { manager: manager.clone(), key, remedy });
            }
        }
        let mut baskets = Vec::new();
        for name in names {
            match BasketPattern::new(&name) {
                Ok(pattern) => baskets.push(pattern),
                Err(error) => self.problems.push(Problem::BasketName { manager: manager.clone(), error }),
            }
        }
        let mut granted = Vec::new();
        for topic in topics {
            if !hosted.contains(&topic.as_str()) {
                let nearest = nearest(&topic, hosted);
                self.problems.push(Problem::UnknownTopic { table: TABLE, name: manager.clone(), topic, nearest });
            } else if let Ok(topic) = TopicName::new(&topic) {
                granted.push(topic);
            }
        }
        let access = self.basket_access(&manager, access, token_env, certified);
        let plugin = known_plugin(TABLE, &manager.clone(), manager, plugins, &mut self.problems);
        BasketSetup { manager: ManagerSetup { plugin, baskets, topics: granted }, access }
    }

    fn basket_access(
        &mut self,
        manager: &str,
        access: BasketAccessName,
        variable: Option<String>,
        certified: Option<CertificateDemand>,
    ) -> BasketAccessSetup {
        if access != BasketAccessName::Token && variable.is_some() {
            self.problems.push(Problem::BasketTokenUnused(manager.to_owned()));
        }
        match access {
            BasketAccessName::Open => BasketAccessSetup::Open,
            BasketAccessName::Authenticated => BasketAccessSetup::Authenticated,
            BasketAccessName::Owner => BasketAccessSetup::Owner,
            // Without a demand there is a problem already.
            BasketAccessName::Certified => certified.map_or(BasketAccessSetup::Owner, BasketAccessSetup::Certified),
            BasketAccessName::Token => {
                if variable.is_none() {
                    self.problems.push(Problem::BasketTokenMissing(manager.to_owned()));
                }
                let token = variable.and_then(|variable| self.secret(TABLE, "token-env", variable, "bearer token"));
                BasketAccessSetup::Token(token.unwrap_or_else(|| Secret::new(String::new())))
            }
        }
    }
}
