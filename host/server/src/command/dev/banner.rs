//! What a development host says of itself when it is ready.

use std::net::SocketAddr;
use std::path::PathBuf;

use crate::config::Config;
use crate::config::checked::DEFAULT_PORT;
use crate::host::Bound;
use crate::worker::MINE_EVERY;

/// What is known before the host runs.
pub(super) struct Banner {
    /// Topics, lookup services and baskets.
    hosted: String,
    data_dir: PathBuf,
    /// Whether the built-in topics are there to be tried.
    is_builtin: bool,
}

impl Banner {
    pub(super) fn of(config: &Config, is_builtin: bool) -> Self {
        let baskets = config.baskets.iter().flat_map(|setup| &setup.manager.baskets);
        let hosted: [(&str, Vec<String>); 3] = [
            ("topics", config.topics.iter().map(|topic| topic.name.to_string()).collect()),
            ("lookup services", config.services.iter().map(|service| service.name.to_string()).collect()),
            ("baskets", baskets.map(ToString::to_string).collect()),
        ];
        let hosted = hosted.iter().filter(|(_, names)| !names.is_empty());
        let hosted: Vec<String> = hosted.map(|(what, names)| format!("{what} {}", names.join(", "))).collect();
        Self { hosted: hosted.join("; "), data_dir: config.data_dir.clone(), is_builtin }
    }

    /// The whole text, now that the ports are known.
    pub(super) fn text(&self, bound: &Bound) -> String {
        let port = bound.public.first().map_or(DEFAULT_PORT, SocketAddr::port);
        let admin = bound.admin.port();
        let seconds = MINE_EVERY.as_secs();
        let Self { hosted, data_dir, is_builtin } = self;
        let data_dir = data_dir.display();
        let to_try = if *is_builtin { to_try(port, admin) } else { String::new() };
        format!(
            r#"
Trellis development host

  overlay      http://localhost:{port}        {hosted}
  second port  http://localhost:{admin}        faucet, mining, stand-in for ARC (/dev), metrics, plugins (/admin)
  network      `trellis dev net --help` has it misbehave: refusals, double spends, reorganisations, delays
  data         {data_dir}        a chain of its own, a block every {seconds} s when something waits; no real money anywhere
{to_try}
Ctrl-C stops it. `trellis demo` shows the whole job once, without leaving anything behind.
"#
        )
    }
}

fn to_try(port: u16, admin: u16) -> String {
    format!(
        r#"
Try it:
  curl http://localhost:{port}/listTopicManagers
  curl -X POST http://localhost:{admin}/dev/faucet -H 'content-type: application/json' \
       -d '{{"address":"1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH","satoshis":1000}}'
  curl -X POST http://localhost:{port}/lookup -H 'content-type: application/json' \
       -d '{{"service":"ls_helloworld","query":{{"findAll":true}}}}'

In an application (preset `local` of @bsv/sdk looks at port 8080):
  import {{ Transaction, TopicBroadcaster, LookupResolver }} from '@bsv/sdk'
  const coin = await (await fetch('http://localhost:{admin}/dev/faucet', {{ method: 'POST',
    body: JSON.stringify({{ publicKey: key.toPublicKey().toString(), satoshis: 1000 }}) }})).json()
  const source = Transaction.fromHexBEEF(coin.beef)       // spend source.outputs[coin.outputIndex] with your key
  await tx.broadcast(new TopicBroadcaster(['tm_anytx'], {{ networkPreset: 'local' }}))
  await new LookupResolver({{ networkPreset: 'local' }}).query({{ service: 'ls_anytx', query: {{ findAll: true }} }})
"#
    )
}
