//! `plugin inspect`: what a component is, wants and offers, read from the file without running any of it.

use std::path::Path;

use serde_json::{Value, json};
use trellis_sandbox::{Inspection, Language, Limits, inspect};

use super::{CommandResult, NotPassed, PluginArguments, print, read};

/// Inspects a component.
///
/// # Errors
/// The file cannot be read, or is no component for this host.
pub(super) fn run(arguments: &PluginArguments) -> CommandResult {
    let inspection = inspect(&read(arguments)?, &most_allowed())
        .map_err(|error| NotPassed { file: arguments.file.clone(), why: error.to_string() })?;
    print(arguments.json, &as_json(&inspection), &in_words(&arguments.file, &inspection))
}

/// The limits of whichever language has the larger ones: which it is, is known only after reading.
const fn most_allowed() -> Limits {
    Limits::of(Language::Interpreted)
}

const fn language(inspection: &Inspection) -> &'static str {
    match inspection.language {
        Language::Compiled => "compiled language",
        Language::Interpreted => "language runtime inside",
    }
}

/// Roles of a component, by the names of their interfaces.
fn roles(inspection: &Inspection) -> Vec<&'static str> {
    let roles = [
        (inspection.topic_manager, "topic-manager"),
        (inspection.topic_relevance, "topic-relevance"),
        (inspection.basket_manager, "basket-manager"),
        (inspection.lookup_service, "lookup-service"),
    ];
    roles.into_iter().filter(|(has, _)| *has).map(|(_, role)| role).collect()
}

/// What an operator has to write for it besides naming it, because of what it imports.
fn grants(inspection: &Inspection) -> Vec<&'static str> {
    let imports = |interface: &str| inspection.imports.iter().any(|import| import.split('.').next() == Some(interface));
    let grants = [
        (imports("topics"), "reads = [\"tm_…\"] under [[topic]] or [[lookup]]: it looks into other topics"),
        (imports("config"), "config under [[plugin]]: it reads a configuration; its documentation says which keys"),
        (inspection.basket_manager, "[[basket]]: it manages baskets"),
    ];
    grants.into_iter().filter(|(needed, _)| *needed).map(|(_, grant)| grant).collect()
}

pub(super) fn as_json(inspection: &Inspection) -> Value {
    json!({
        "sha256": hex::encode(inspection.sha256),
        "bytes": inspection.size,
        "interfaceVersion": inspection.interface_version,
        "language": language(inspection),
        "roles": roles(inspection),
        "imports": inspection.imports,
        "mayNeed": grants(inspection),
    })
}

pub(super) fn in_words(file: &Path, inspection: &Inspection) -> String {
    let mut text = format!("{}\n", file.display());
    text.push_str(&format!("sha256        {}\n", hex::encode(inspection.sha256)));
    text.push_str(&format!("size          {} bytes, {}\n", inspection.size, language(inspection)));
    text.push_str(&format!("interface     bsv:overlay@{}\n", inspection.interface_version));
    text.push_str(&format!("roles         {}\n", roles(inspection).join(", ")));
    let imports = if inspection.imports.is_empty() { "nothing".to_owned() } else { inspection.imports.join(", ") };
    text.push_str(&format!("may call      {imports}\n"));
    for grant in grants(inspection) {
        text.push_str(&format!("may need      {grant}\n"));
    }
    text
}
