//! What the host offers to plugins, and what of a component's wishes it does not.

use super::parse::Import;
use super::versions::interface_of;

/// An interface the host offers, with its functions. A test compares the table with the interface's text.
pub(super) struct Offer {
    interface: &'static str,
    functions: &'static [&'static str],
}

/// Everything a component may import. `types` holds records only.
const OFFERS: [Offer; 9] = [
    Offer { interface: "types", functions: &[] },
    Offer { interface: "context", functions: &["raw-transaction"] },
    Offer { interface: "ancestry", functions: &["transaction", "atomic-beef"] },
    Offer { interface: "state", functions: &["get", "set", "remove", "scan"] },
    Offer { interface: "topics", functions: &["output", "state-get", "state-scan"] },
    Offer {
        interface: "crypto",
        functions: &[
            "sha256",
            "hash256",
            "ripemd160",
            "hash160",
            "hmac-sha256",
            "verify-ecdsa",
            "derive-public-key",
            "verify-signature",
        ],
    },
    Offer { interface: "identity", functions: &["signers", "certificates", "verify-certificate"] },
    Offer { interface: "config", functions: &["get"] },
    Offer { interface: "log", functions: &["write"] },
];

impl Offer {
    fn of(import: &Import) -> Option<&'static Self> {
        let name = interface_of(&import.name)?.name;
        OFFERS.iter().find(|offer| offer.interface == name)
    }

    /// The host functions among the imports, as `interface.function`.
    pub(super) fn called(imports: &[Import]) -> Vec<String> {
        let called = |import: &Import| {
            let interface = interface_of(&import.name).map_or("", |interface| interface.name).to_owned();
            import.functions.iter().map(move |function| format!("{interface}.{function}")).collect::<Vec<_>>()
        };
        imports.iter().flat_map(called).collect()
    }
}

/// Imports that are no interface of the package at all.
pub(super) fn foreign_imports(imports: &[Import]) -> Vec<String> {
    let foreign = imports.iter().filter(|import| !import.is_instance || interface_of(&import.name).is_none());
    foreign.map(|import| import.name.clone()).collect()
}

/// Interfaces and functions of the package that the host does not have.
pub(super) fn unknown_functions(imports: &[Import]) -> Vec<String> {
    let unknown_of = |import: &Import| match Offer::of(import) {
        None => vec![import.name.clone()],
        Some(offer) => {
            let unknown = import.functions.iter().filter(|function| !offer.functions.contains(&function.as_str()));
            unknown.map(|function| format!("{}.{function}", offer.interface)).collect()
        }
    };
    imports.iter().flat_map(unknown_of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `interface.function` of a WIT file, read line by line.
    fn functions_in(text: &str) -> Vec<String> {
        let mut interface = "";
        let mut functions = Vec::new();
        for line in text.lines().map(str::trim) {
            if let Some(rest) = line.strip_prefix("interface ") {
                interface = rest.trim_end_matches([' ', '{']);
            } else if let Some((name, _)) = line.split_once(": func(").filter(|_| !line.starts_with("//")) {
                functions.push(format!("{interface}.{name}"));
            }
        }
        functions
    }

    #[test]
    fn the_host_offers_exactly_what_the_interface_declares() {
        let declared = functions_in(include_str!("../../../../wit/0.1.0/imports.wit"));
        let offered: Vec<String> = OFFERS
            .iter()
            .flat_map(|offer| offer.functions.iter().map(|function| format!("{}.{function}", offer.interface)))
            .collect();
        assert!(!declared.is_empty());
        assert_eq!(offered, declared);
    }
}
