//! The rules of the relay table: for whom this host relays what it does not index.

use super::check::Checker;
use super::checked::{RelayAccess, Secret};
use super::file::{RelayAccessName, RelayTable};
use super::problem::Problem;

impl Checker<'_> {
    pub(super) fn relay(&mut self, RelayTable { access, token_env }: RelayTable) -> RelayAccess {
        let (table, key) = ("[relay]", "token-env");
        match access.unwrap_or(RelayAccessName::Off) {
            RelayAccessName::Authenticated => {
                let remedy = "name the environment variable that holds the token clients present";
                let variable = self.required(token_env, table, key, remedy);
                let token = variable.and_then(|variable| self.secret(table, key, variable, "bearer token"));
                RelayAccess::Authenticated(token.unwrap_or_else(|| Secret::new(String::new())))
            }
            other => {
                if token_env.is_some() {
                    self.problems.push(Problem::RelayToken);
                }
                if other == RelayAccessName::Open { RelayAccess::Open } else { RelayAccess::Off }
            }
        }
    }
}
