//! The rules of the chain table: where headers come from, on which network.

use std::path::{Path, PathBuf};

use trellis_network::header_services::ServiceKind;

use super::check::{Checker, is_http};
use super::checked::{Chain, HeaderServiceSetup};
use super::file::{ChainSource, ChainTable, NetworkName, ServiceKindName, ServiceTable};
use super::problem::Problem;

/// Where the public WhatsOnChain is, for whoever has no service yet.
const A_SERVICE: &str = "add [[chain.service]] with kind = \"whatsonchain\" and url = \"https://api.whatsonchain.com/v1/bsv/main\" \
                         (or …/test), or with kind = \"block-headers-service\" and the url of one; several check one another";

impl Checker<'_> {
    pub(super) fn chain(&mut self, table: Option<ChainTable>, network: Option<NetworkName>, data_dir: &Path) -> Chain {
        let built_in = data_dir.join("local-chain.json");
        let Some(ChainTable { source, path, checkpoint, service }) = table else {
            if network == Some(NetworkName::Local) {
                return Chain::Local(built_in);
            }
            let remedy = "write source = \"services\" and [[chain.service]], or source = \"headers-file\" and path";
            self.problems.push(Problem::Missing { table: "the file", key: "chain", remedy });
            return Chain::HeadersFile(PathBuf::new());
        };
        if source != ChainSource::Services {
            self.unused(checkpoint.is_some(), "checkpoint", source, "services");
            self.unused(!service.is_empty(), "service", source, "services");
        }
        match source {
            ChainSource::Services => {
                self.unused(path.is_some(), "path", source, "headers-file");
                if network == Some(NetworkName::Local) {
                    self.problems.push(Problem::ServicesForLocal);
                }
                if service.is_empty() {
                    self.problems.push(Problem::Missing { table: "[chain]", key: "service", remedy: A_SERVICE });
                }
                let parsed =
                    checkpoint.map(|text| text.parse().map_err(|error| self.problems.push(Problem::Checkpoint(error))));
                Chain::Services(
                    parsed.and_then(Result::ok),
                    service.into_iter().map(|table| self.service(table)).collect(),
                )
            }
            ChainSource::Local => {
                if let Some(network @ (NetworkName::Main | NetworkName::Test)) = network {
                    self.problems.push(Problem::LocalChainElsewhere(network));
                }
                Chain::Local(path.map_or(built_in, |path| self.path(path)))
            }
            ChainSource::HeadersFile => {
                let remedy = "name the JSON file of heights and merkle roots";
                let path = self.required(path, "[chain]", "path", remedy);
                Chain::HeadersFile(self.path(path.unwrap_or_default()))
            }
        }
    }

    /// A key that the source of headers does not read.
    fn unused(&mut self, is_there: bool, key: &'static str, source: ChainSource, instead: &'static str) {
        if is_there {
            let written = match source {
                ChainSource::Services => "services",
                ChainSource::HeadersFile => "headers-file",
                ChainSource::Local => "local",
            };
            self.problems.push(Problem::OtherChainSource { key, written, instead });
        }
    }

    fn service(&mut self, ServiceTable { kind, url, api_key_env }: ServiceTable) -> HeaderServiceSetup {
        let name = "[[chain.service]]";
        let api_key = api_key_env.map(|variable| self.secret(name, "api-key-env", variable, "service's key"));
        let kind = match kind {
            ServiceKindName::BlockHeadersService => ServiceKind::BlockHeadersService,
            ServiceKindName::WhatsOnChain => ServiceKind::WhatsOnChain,
        };
        if !is_http(&url) {
            let remedy = "write https://… or http://… without a path to a single call";
            self.problems.push(Problem::Url { table: name, key: "url", value: url.clone(), remedy });
        }
        HeaderServiceSetup { kind, url: url.trim_end_matches('/').to_owned(), api_key: api_key.flatten() }
    }
}
