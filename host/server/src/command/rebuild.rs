//! `rebuild`: what services and managers were built with, and building one anew.

use serde_json::json;

use super::CommandResult;
use super::operate::AdminArguments;
use crate::http::body::rebuild::{GenerationBody, ProgressBody, RebuildsBody};

/// Characters of a digest that are shown.
const SHOWN: usize = 12;

/// Arguments of `rebuild`.
#[derive(Debug, clap::Args)]
pub struct RebuildArguments {
    /// The lookup service, or the plugin of a basket manager, to rebuild; without it all are listed
    pub name: Option<String>,
    /// Where to ask
    #[command(flatten)]
    pub admin: AdminArguments,
}

/// Lists what services and managers were built with, or has one rebuilt.
///
/// # Errors
/// The host cannot be asked, or nothing has that name.
pub fn rebuild(arguments: &RebuildArguments) -> CommandResult {
    let client = arguments.admin.client();
    let answer: RebuildsBody = match &arguments.name {
        None => client.get_json("/admin/rebuild")?,
        Some(name) => client.post_json("/admin/rebuild", &json!({ "name": name }))?,
    };
    arguments.admin.print(&answer, &in_words(&answer))
}

fn in_words(answer: &RebuildsBody) -> String {
    answer.all.iter().map(line).collect()
}

fn line(of: &GenerationBody) -> String {
    let short = |digest: &Option<String>| {
        digest.as_ref().map_or_else(|| "nothing".to_owned(), |digest| digest.chars().take(SHOWN).collect())
    };
    let serving = match of.serving_since {
        Some(sequence) => {
            format!("serves since commit {sequence}, built with {}", short(&of.built_with))
        }
        None => "serves nothing yet".to_owned(),
    };
    let loaded = if of.loaded == of.built_with { String::new() } else { format!("; loaded is {}", short(&of.loaded)) };
    let unjudged = match of.unjudged {
        0 => String::new(),
        count => format!("; broke on {count} transactions or refused them"),
    };
    let state = match (of.state.as_str(), of.progress) {
        (_, Some(ProgressBody { done, all })) => format!("; rebuilding, {done} of {all} outputs"),
        ("waiting", None) => "; waits to be rebuilt".to_owned(),
        _ => String::new(),
    };
    format!("{} ({}, {}): {serving}{loaded}{unjudged}{state}\n", of.name, of.role, of.topics.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_has_a_line_that_says_what_serves_and_how_far_the_rebuild_is() {
        let complete = GenerationBody {
            name: "ls_a".into(),
            role: "lookup-service".into(),
            plugin: "a".into(),
            topics: vec!["tm_a".into(), "tm_b".into()],
            built_with: Some("11".repeat(32)),
            loaded: Some("11".repeat(32)),
            serving_since: Some(7),
            unjudged: 0,
            state: "complete".into(),
            progress: None,
        };
        let rebuilding = GenerationBody {
            name: "ls_b".into(),
            built_with: None,
            serving_since: None,
            unjudged: 0,
            state: "rebuilding".into(),
            progress: Some(ProgressBody { done: 3, all: 9 }),
            ..complete.clone()
        };
        let expected = "ls_a (lookup-service, tm_a, tm_b): serves since commit 7, built with 111111111111\n\
            ls_b (lookup-service, tm_a, tm_b): serves nothing yet; loaded is 111111111111; rebuilding, 3 of 9 outputs\n";
        assert_eq!(in_words(&RebuildsBody { all: vec![complete, rebuilding] }), expected);
    }
}
