//! The rules of the `[access]` table: which paths answer only clients that say who they are,
//! or have shown a certificate.

use std::collections::BTreeSet;

use trellis_engine::domain::name::TopicName;
use trellis_engine::federation::Federations;
use utoipa::OpenApi;

use super::check::Checker;
use super::checked::AccessSetup;
use super::federation::demand;
use super::file::{AccessTable, CertifiedPathTable, CertifiedTable};
use super::problem::Problem;
use super::read::nearest;
use crate::http::access::covers;
use crate::http::events::STREAMS;
use crate::http::openapi::Document;

/// What everybody must be able to ask for, and why.
const OPEN: [(&str, &str); 6] = [
    ("/.well-known/auth", "clients say there who they are"),
    ("/health", "whoever watches this host has no identity key"),
    ("/health/live", "whoever watches this host has no identity key"),
    ("/health/ready", "whoever watches this host has no identity key"),
    ("/openapi.json", "it says how to ask"),
    ("/arc-ingest", "broadcasters call it, and have a token of their own"),
];

impl Checker<'_> {
    /// What the table says; of `closed` topics it says nothing itself.
    pub(super) fn access(
        &mut self,
        table: AccessTable,
        closed: Vec<TopicName>,
        federations: Option<&Federations>,
    ) -> AccessSetup {
        let AccessTable { authenticated, certified: tables } = table;
        let mut certified = Vec::new();
        for CertifiedPathTable { path, r#type, fields, federation } in tables {
            let wanted = demand(CertifiedTable { r#type, fields, federation }, federations);
            let wrong = |error| Problem::Certified { table: "[[access.certified]]", name: path.clone(), error };
            let wanted = wanted.map_err(wrong);
            if let Some(stream) = STREAMS.iter().find(|stream| covers(path.trim_end_matches('/'), stream)) {
                self.problems.push(Problem::CertifiedStream { path, stream });
                continue;
            }
            match (self.paths(vec![path]).pop(), wanted) {
                (_, Err(problem)) => self.problems.push(problem),
                (None, Ok(_)) => {}
                (Some(path), Ok(demand)) => certified.push((path, demand)),
            }
        }
        AccessSetup { paths: self.paths(authenticated), topics: closed, certified }
    }

    /// The paths, without a slash at the end.
    fn paths(&mut self, authenticated: Vec<String>) -> Vec<String> {
        let known = known_paths();
        let mut paths: Vec<String> = Vec::new();
        for written in authenticated {
            let path = written.trim_end_matches('/').to_owned();
            // Of several it covers, the first is reason enough; `/` covers them all.
            if let Some((open, reason)) = OPEN.iter().find(|(open, _)| covers(&path, open)) {
                self.problems.push(Problem::OpenPath { path: written, open, reason });
            } else if !known.contains(&path) {
                let nearest = nearest(&path, known.iter().map(String::as_str)).map(str::to_owned);
                self.problems.push(Problem::UnknownPath { path: written, nearest });
            } else if paths.contains(&path) {
                self.problems.push(Problem::PathTwice(written));
            } else {
                paths.push(path);
            }
        }
        paths
    }
}

/// The paths of the public listener up to where a name or a number stands in them, and all they are below of.
fn known_paths() -> BTreeSet<String> {
    let mut known = BTreeSet::new();
    for path in Document::openapi().paths.paths.keys() {
        let mut so_far = String::new();
        for part in path.split('/').skip(1).take_while(|part| !part.starts_with('{')) {
            so_far = format!("{so_far}/{part}");
            known.insert(so_far.clone());
        }
    }
    known
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_known_up_to_the_names_in_them() {
        let known = known_paths();
        for path in
            ["/submit", "/v1", "/v1/events", "/v1/topics", "/v1/baskets/organise", "/v1/reservations", "/lookup"]
        {
            assert!(known.contains(path), "{path} in {known:?}");
        }
        assert!(!known.iter().any(|path| path.contains('{') || path.is_empty()));
    }

    #[test]
    fn what_must_be_open_is_there() {
        let known = known_paths();
        assert!(OPEN.iter().all(|(open, _)| known.contains(*open)));
    }
}
