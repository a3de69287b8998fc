//! From text to tables. An unknown key is answered with its line, its table and the nearest valid key.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::file::Tables;
use super::keys::{FILE, KnownTable};
use super::problem::ConfigError;

/// How alike two keys must be (Jaro-Winkler, 0 to 1) for one to be offered in place of the other: `lissten` and `listen`
/// are at 0.97, unrelated keys of this file below 0.7.
const LEAST_LIKENESS: f64 = 0.75;

/// Reads the text of a configuration file; `file` is its name for messages.
///
/// # Errors
/// [`ConfigError::Toml`] or [`ConfigError::UnknownKey`].
pub fn read(text: &str, file: &str) -> Result<Tables, ConfigError> {
    let toml = |error: toml::de::Error| ConfigError::Toml { file: file.to_owned(), text: error.to_string() };
    let document = DeTable::parse(text).map_err(toml)?;
    let place = Place { text, file };
    place.check_keys(document.get_ref(), &FILE)?;
    toml::from_str(text).map_err(toml)
}

struct Place<'a> {
    text: &'a str,
    file: &'a str,
}

impl Place<'_> {
    fn check_keys(&self, table: &DeTable<'_>, known: &KnownTable) -> Result<(), ConfigError> {
        for (key, value) in table {
            let name: &str = key.get_ref();
            let keys = (known.keys)();
            if !keys.contains(&name) {
                return Err(ConfigError::UnknownKey {
                    file: self.file.to_owned(),
                    line: self.line(key.span().start),
                    table: known.header,
                    key: name.chars().take(80).collect(),
                    nearest: nearest(name, keys.iter().copied()),
                    keys,
                });
            }
            if let Some(inner) = known.tables.iter().find(|inner| inner.key == name) {
                self.check_value(value, inner)?;
            }
        }
        Ok(())
    }

    fn check_value(&self, value: &Spanned<DeValue<'_>>, known: &KnownTable) -> Result<(), ConfigError> {
        match value.get_ref() {
            DeValue::Table(table) => self.check_keys(table, known),
            DeValue::Array(list) => list.iter().try_for_each(|entry| self.check_value(entry, known)),
            // A value of the wrong type: serde says so.
            _ => Ok(()),
        }
    }

    fn line(&self, offset: usize) -> usize {
        self.text.get(..offset).map_or(0, |before| before.matches('\n').count()) + 1
    }
}

/// The known text most like `name`, if one is like it at all.
pub(super) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    known
        .map(|key| (strsim::jaro_winkler(name, key), key))
        .filter(|(likeness, _)| *likeness >= LEAST_LIKENESS)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, key)| key)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> String {
        read(text, "trellis.toml").unwrap_err().to_string()
    }

    #[test]
    fn an_unknown_key_is_answered_with_line_table_and_the_nearest_key() {
        let text = refusal("[node]\nname = \"a\"\nlissten = \"x\"\n");
        assert!(text.contains("trellis.toml, line 3"), "{text}");
        assert!(text.contains("`lissten`") && text.contains("[node]") && text.contains("`listen`"), "{text}");
    }

    #[test]
    fn an_unknown_table_is_an_unknown_key_of_the_file() {
        let text = refusal("[[topics]]\nname = \"tm_a\"\n");
        assert!(text.contains("line 1") && text.contains("`topics`") && text.contains("`topic`"), "{text}");
    }

    #[test]
    fn keys_of_inner_tables_are_checked_too() {
        let text = refusal("[[broadcast.arc]]\nurl = \"http://a\"\napi-key = \"X\"\n");
        assert!(text.contains("[[broadcast.arc]]") && text.contains("`api-key-env`"), "{text}");
        let text = refusal("[[plugin]]\nid = \"a\"\nbuiltin = \"anytx\"\nlimits = { feul = 1 }\n");
        assert!(text.contains("limits of [[plugin]]") && text.contains("line 4"), "{text}");
    }

    #[test]
    fn a_key_like_no_other_gets_the_whole_list() {
        let text = refusal("[topic]\nzzz = 1\n");
        assert!(text.contains("known keys: `name`, `plugin`"), "{text}");
    }

    #[test]
    fn the_keys_under_a_plugins_config_are_its_own() {
        let text = "[[plugin]]\nid = \"a\"\nbuiltin = \"anytx\"\nconfig = { anything = [1, { goes = true }] }\n";
        assert_eq!(read(text, "f").unwrap().plugin[0].config.len(), 1);
    }

    #[test]
    fn wrong_types_and_broken_toml_say_where() {
        let text = refusal("[node]\nname = 5\n");
        assert!(text.contains("trellis.toml") && text.contains("line 2"), "{text}");
        let text = refusal("[node\n");
        assert!(text.contains("line 1"), "{text}");
    }
}
