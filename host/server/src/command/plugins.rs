//! `plugins`: looking at the plugins of a running host, and changing them without stopping it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::json;
use trellis_sandbox::limits::MAX_FILE_BYTES;

use super::CommandResult;
use super::operate::AdminArguments;
use crate::client::{Client, ClientError};
use crate::http::body::plugins::{ChangedBody, PluginBody, ShadowBody};
use crate::plugins::kept;

/// How often a promotion is asked about.
const ASK_EVERY: Duration = Duration::from_millis(200);

/// Characters of a digest that are shown.
const SHOWN: usize = 12;

/// Arguments of `plugins`.
#[derive(Debug, clap::Args)]
pub struct PluginsArguments {
    /// What to do; without it all plugins are listed
    #[command(subcommand)]
    pub command: Option<PluginsCommand>,
    /// Where to ask
    #[command(flatten)]
    pub admin: AdminArguments,
}

/// What to do with the plugins of a running host.
#[derive(Debug, clap::Subcommand)]
pub enum PluginsCommand {
    /// Put another component in a plugin's place, while the host runs
    Upgrade(UpgradeArguments),
    /// Have the candidate that judges beside a plugin take its place
    Promote(OfPlugin),
    /// Drop a plugin's candidate
    Drop(OfPlugin),
    /// Give up an upload: the configured component serves again
    Restore(OfPlugin),
    /// Call a paused plugin again
    Resume(OfPlugin),
}

/// Which plugin.
#[derive(Debug, clap::Args)]
pub struct OfPlugin {
    /// Its id in the configuration
    pub id: String,
}

/// Arguments of `plugins upgrade`.
#[derive(Debug, clap::Args)]
pub struct UpgradeArguments {
    /// The plugin's id in the configuration
    pub id: String,
    /// The component, a .wasm file; the signature of its publisher is read from <file>.sig, if that is there
    pub file: PathBuf,
    /// Have it judge beside the plugin first; `trellis plugins` shows what they disagree about
    #[arg(long, conflicts_with = "check")]
    pub shadow: bool,
    /// Only say whether it could take the plugin's place
    #[arg(long)]
    pub check: bool,
}

/// Runs it.
///
/// # Errors
/// The host cannot be asked, or refuses.
pub fn plugins(arguments: &PluginsArguments) -> CommandResult {
    let admin = &arguments.admin;
    let client = admin.client();
    let path = |of: &OfPlugin, what: &str| format!("/admin/plugins/{}{what}", of.id);
    let changed: ChangedBody = match &arguments.command {
        None => {
            let all: Vec<PluginBody> = client.get_json("/admin/plugins")?;
            let words: Vec<String> = all.iter().map(in_words).collect();
            return admin.print(&all, &words.concat());
        }
        Some(PluginsCommand::Upgrade(upgrade)) => self::upgrade(&client, upgrade)?,
        Some(PluginsCommand::Promote(of)) => client.post_json(&path(of, "/promote"), &json!({}))?,
        Some(PluginsCommand::Drop(of)) => client.delete_json(&path(of, "/candidate"))?,
        Some(PluginsCommand::Restore(of)) => client.delete_json(&path(of, ""))?,
        Some(PluginsCommand::Resume(of)) => client.post_json(&path(of, "/resume"), &json!({}))?,
    };
    let changed = decided(&client, changed)?;
    admin.print(&changed, &outcome(&changed))?;
    match changed.plugin.last_change.as_ref().filter(|_| changed.outcome == "failed").and_then(|last| last.why.clone())
    {
        Some(why) => Err(why.into()),
        None => Ok(()),
    }
}

fn upgrade(client: &Client, arguments: &UpgradeArguments) -> Result<ChangedBody, Box<dyn std::error::Error>> {
    let UpgradeArguments { id, file, shadow, check } = arguments;
    let component =
        kept::read(file, MAX_FILE_BYTES).map_err(|error| format!("cannot read {}: {error}", Path::display(file)))?;
    let mode = match (shadow, check) {
        (true, _) => "shadow",
        (_, true) => "check",
        _ => "replace",
    };
    Ok(client.upload_plugin(id, mode, &component)?)
}

/// Waits until a promotion is decided.
fn decided(client: &Client, mut changed: ChangedBody) -> Result<ChangedBody, ClientError> {
    if changed.outcome != "promoting" {
        return Ok(changed);
    }
    let wanted = changed.plugin.candidate.as_ref().map(|candidate| candidate.sha256.clone());
    loop {
        let all: Vec<PluginBody> = client.get_json("/admin/plugins")?;
        let Some(now) = all.into_iter().find(|plugin| plugin.id == changed.plugin.id) else { return Ok(changed) };
        let decided = now.candidate.as_ref().map(|candidate| &candidate.sha256) != wanted.as_ref();
        changed.plugin = now;
        if decided {
            let last = changed.plugin.last_change.as_ref();
            changed.outcome = last.map_or("dropped", |last| last.outcome.as_str()).to_owned();
            return Ok(changed);
        }
        std::thread::sleep(ASK_EVERY);
    }
}

fn outcome(changed: &ChangedBody) -> String {
    let PluginBody { id, sha256, .. } = &changed.plugin;
    let sha256: String = sha256.chars().take(SHOWN).collect();
    match changed.outcome.as_str() {
        "same" => format!("{id}: that component serves already\n"),
        "passes" => format!("{id}: the component could take the plugin's place\n"),
        "watching" => format!(
            "{id}: the component judges beside the plugin; `trellis plugins` shows what they disagree about, `trellis plugins promote {id}` has it take the plugin's place, `trellis plugins drop {id}` drops it\n"
        ),
        "promoted" => format!("{id}: {sha256} serves now\n"),
        "failed" => format!("{id}: {sha256} goes on serving\n"),
        "dropped" => format!("{id}: the candidate is gone; {sha256} goes on serving\n"),
        "resumed" => format!("{id}: is called again\n"),
        other => format!("{id}: {other}\n"),
    }
}

fn in_words(plugin: &PluginBody) -> String {
    let short = |digest: &str| digest.chars().take(SHOWN).collect::<String>();
    let version = plugin.version.as_deref().map(|version| format!(" {version}")).unwrap_or_default();
    let mut text = format!("{}: {}{version}, {} ({})\n", plugin.id, plugin.name, short(&plugin.sha256), plugin.source);
    let serves: Vec<_> =
        [&plugin.topics, &plugin.lookup_services, &plugin.baskets].into_iter().flatten().cloned().collect();
    if !serves.is_empty() {
        text.push_str(&format!("  serves {}\n", serves.join(", ")));
    }
    let record = &plugin.record;
    let faults: Vec<_> = record.faults.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
    let faults = if faults.is_empty() { "none".to_owned() } else { faults.join(", ") };
    text.push_str(&format!(
        "  {} calls, {} refused, faults: {faults}; fuel {}, {} ms, memory at most {} KiB\n",
        record.calls,
        record.refused,
        record.fuel,
        record.microseconds / 1_000,
        record.memory_high_water / 1_024,
    ));
    for (name, bytes) in plugin.state_bytes.iter().filter(|(_, bytes)| **bytes > 0) {
        text.push_str(&format!("  state of {name}: {bytes} bytes\n"));
    }
    if let Some(why) = &plugin.paused {
        let id = &plugin.id;
        text.push_str(&format!("  PAUSED: {why} (`trellis plugins resume {id}` calls it again)\n"));
    }
    if let Some(candidate) = &plugin.candidate {
        text.push_str(&format!("  candidate {}: {}\n", short(&candidate.sha256), candidate.state));
        text.push_str(&candidate.shadow.as_ref().map(shadow).unwrap_or_default());
    }
    if let Some(last) = &plugin.last_change {
        let why = last.why.as_deref().map(|why| format!(": {why}")).unwrap_or_default();
        text.push_str(&format!("  last change: {} {}{why}\n", short(&last.sha256), last.outcome));
    }
    if let Some(problem) = &plugin.file_problem {
        text.push_str(&format!("  its file changed and cannot be used: {problem}\n"));
    }
    text
}

fn shadow(shadow: &ShadowBody) -> String {
    let mut text = format!("    {} verdicts of both, they differed in {}\n", shadow.judged, shadow.disagreed);
    for found in &shadow.last {
        text.push_str(&format!(
            "    {} {}: the plugin {}; the candidate {}\n",
            found.topic, found.txid, found.plugin, found.candidate
        ));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::body::plugins::{CandidateBody, DisagreementBody, LastChangeBody, RecordBody};

    #[test]
    fn a_plugin_in_trouble_is_shown_with_what_is_wrong_and_what_to_do() {
        let plugin = PluginBody {
            id: "shop".into(),
            name: "Shop".into(),
            version: Some("2.0".into()),
            sha256: "ab".repeat(32),
            source: "uploaded".into(),
            roles: vec!["topic-manager".into()],
            topics: vec!["tm_shop".into()],
            lookup_services: vec![],
            baskets: vec!["shop/*".into()],
            limits: Default::default(),
            record: RecordBody {
                calls: 9,
                refused: 2,
                faults: [("panic".to_owned(), 3)].into(),
                fuel: 77,
                microseconds: 5_000,
                memory_high_water: 2_048,
                ..RecordBody::default()
            },
            state_bytes: [("tm_shop".to_owned(), 5), ("ls_shop".to_owned(), 0)].into(),
            paused: Some("3 calls in a row broke".into()),
            candidate: Some(CandidateBody {
                sha256: "cd".repeat(32),
                version: None,
                origin: "upload".into(),
                state: "watching".into(),
                shadow: Some(ShadowBody {
                    judged: 4,
                    disagreed: 1,
                    last: vec![DisagreementBody {
                        topic: "tm_shop".into(),
                        txid: "ef".into(),
                        plugin: "refuses: no".into(),
                        candidate: "admits outputs [0]".into(),
                    }],
                }),
            }),
            last_change: Some(LastChangeBody {
                sha256: "ee".repeat(32),
                outcome: "failed".into(),
                why: Some("it broke".into()),
            }),
            file_problem: None,
        };
        let expected = "shop: Shop 2.0, abababababab (uploaded)\n  serves tm_shop, shop/*\n  9 calls, 2 refused, faults: 3 panic; fuel 77, 5 ms, memory at most 2 KiB\n  \
            state of tm_shop: 5 bytes\n  PAUSED: 3 calls in a row broke (`trellis plugins resume shop` calls it again)\n  \
            candidate cdcdcdcdcdcd: watching\n    4 verdicts of both, they differed in 1\n    \
            tm_shop ef: the plugin refuses: no; the candidate admits outputs [0]\n  last change: eeeeeeeeeeee failed: it broke\n";
        assert_eq!(in_words(&plugin), expected);
    }
}
