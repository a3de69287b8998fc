//! The commented example that `trellis config example` prints.

/// The example: complete, commented, and accepted by the same reader as any other file.
pub const EXAMPLE: &str = include_str!("example.toml");

/// An example of the file that `[identity] federations` names.
pub const FEDERATIONS_EXAMPLE: &str = include_str!("federations.example.toml");

#[cfg(test)]
mod tests {
    use trellis_sandbox::{Language, Limits};

    use super::super::keys::{FILE, KnownTable};
    use super::*;
    use crate::config::checked::{ClientLimits, EventLimits};

    /// The example with its commented-out keys and tables put in force.
    fn everything_in_force() -> String {
        let prose = |line: &str| {
            let key = line.split(" = ").next().unwrap_or_default();
            !line.starts_with('[') && (!line.contains(" = ") || key.contains(' '))
        };
        let uncomment = |line: &str| match line.strip_prefix("# ") {
            Some(rest) if !prose(rest) => rest.to_owned(),
            _ => line.to_owned(),
        };
        EXAMPLE.lines().map(uncomment).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn the_example_is_read_by_the_reader_of_every_file() {
        crate::config::read::read(EXAMPLE, "example").unwrap();
        crate::config::read::read(&everything_in_force(), "example").unwrap();
    }

    #[test]
    fn the_example_of_federations_is_read_as_every_such_file() {
        let federations = crate::config::federation::read(FEDERATIONS_EXAMPLE).unwrap();
        assert_eq!(federations.names().collect::<Vec<_>>(), ["trade"]);
    }

    #[test]
    fn every_key_of_every_table_occurs_in_the_example() {
        fn has_everywhere(value: &toml::Value, known: &KnownTable, missing: &mut Vec<String>) {
            let tables: Vec<&toml::Table> = match value {
                toml::Value::Table(table) => vec![table],
                toml::Value::Array(list) => list.iter().filter_map(toml::Value::as_table).collect(),
                _ => Vec::new(),
            };
            for key in (known.keys)() {
                if !tables.iter().any(|table| table.contains_key(*key)) {
                    missing.push(format!("`{key}` in {}", known.header));
                }
            }
            for inner in known.tables {
                for value in tables.iter().filter_map(|table| table.get(inner.key)) {
                    // Of several entries of one table, one that shows all keys is enough.
                    let mut here = Vec::new();
                    has_everywhere(value, inner, &mut here);
                    let shown_elsewhere = tables.iter().filter_map(|table| table.get(inner.key)).any(|other| {
                        let mut there = Vec::new();
                        has_everywhere(other, inner, &mut there);
                        there.is_empty()
                    });
                    if !shown_elsewhere {
                        missing.extend(here);
                    }
                }
            }
        }
        let example: toml::Table = everything_in_force().parse().unwrap();
        let mut missing = Vec::new();
        has_everywhere(&toml::Value::Table(example), &FILE, &mut missing);
        assert!(missing.is_empty(), "not shown in the example: {missing:?}");
    }

    #[test]
    fn the_defaults_shown_are_the_defaults() {
        let tables = crate::config::read::read(&everything_in_force(), "example").unwrap();
        let shown = &tables.plugin.iter().find(|plugin| !plugin.limits.is_empty()).unwrap().limits;
        let overrides = shown.iter().map(|(name, value)| (name.replace('-', "_"), *value)).collect();
        let defaults = Limits::of(Language::Compiled);
        assert_eq!(defaults.with(&overrides).unwrap(), defaults);
        let default = ClientLimits::default();
        let limits = &tables.limits;
        assert_eq!(limits.client_cpu_per_second, Some(default.client_cpu_per_second));
        assert_eq!(limits.client_cpu_burst, Some(default.client_cpu_burst));
        assert_eq!(limits.body_memory, Some(default.body_memory));
        assert_eq!(limits.calls_at_once, Some(default.calls_at_once));
        assert_eq!(limits.connections, Some(default.connections));
        assert_eq!(tables.events.subscribers, Some(EventLimits::default().subscribers));
        assert_eq!(tables.policy.min_fee_rate, Some(trellis_spv::limits::DEFAULT_MIN_FEE_RATE));
    }
}
