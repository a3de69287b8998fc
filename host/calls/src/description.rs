//! What a plugin says about itself, made safe to show, and the digest of what it was configured with.

use sha2::{Digest, Sha256};
use trellis_engine::ports::plugins::PluginConfiguration;

use crate::limits::{
    MAX_DOCUMENTATION_BYTES, MAX_NAME_CHARACTERS, MAX_SHORT_DESCRIPTION_CHARACTERS, MAX_URL_CHARACTERS,
    MAX_VERSION_CHARACTERS,
};
use crate::text;

/// What a plugin says about itself.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SelfDescription {
    /// Its name.
    pub name: String,
    /// One sentence.
    pub short_description: String,
    /// The author's version.
    pub version: Option<String>,
    /// Where an icon is.
    pub icon_url: Option<String>,
    /// Where more is said.
    pub information_url: Option<String>,
    /// Markdown.
    pub documentation: String,
}

impl SelfDescription {
    /// The same, capped and escaped.
    #[must_use]
    pub fn made_safe(self) -> Self {
        let optional = |text: Option<String>, most| text.map(|text| text::line(&text, most));
        Self {
            name: text::line(&self.name, MAX_NAME_CHARACTERS),
            short_description: text::line(&self.short_description, MAX_SHORT_DESCRIPTION_CHARACTERS),
            version: optional(self.version, MAX_VERSION_CHARACTERS),
            icon_url: optional(self.icon_url, MAX_URL_CHARACTERS),
            information_url: optional(self.information_url, MAX_URL_CHARACTERS),
            documentation: text::document(&self.documentation, MAX_DOCUMENTATION_BYTES),
        }
    }
}

/// SHA-256 over the component's digest and its configuration: keys ascending, each text preceded by its length in bytes
/// (64 bits, little-endian), so that no two configurations read the same.
#[must_use]
pub fn configuration_digest(component: &[u8; 32], configuration: &PluginConfiguration) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update(component);
    for text in configuration.iter().flat_map(|(key, value)| [key, value]) {
        hasher.update((text.len() as u64).to_le_bytes());
        hasher.update(text);
    }
    hasher.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_configuration_digest_separates_what_differs() {
        let digest = |pairs: &[(&str, &str)]| {
            let configuration = pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
            configuration_digest(&[1; 32], &configuration)
        };
        assert_eq!(digest(&[("a", "1"), ("b", "2")]), digest(&[("b", "2"), ("a", "1")]), "order is no difference");
        assert_ne!(digest(&[("a", "1b"), ("c", "")]), digest(&[("a", "1"), ("bc", "")]));
        assert_ne!(digest(&[("ab", "")]), digest(&[("a", "b")]));
        assert_ne!(digest(&[]), digest(&[("", "")]));
        assert_ne!(
            configuration_digest(&[1; 32], &PluginConfiguration::new()),
            configuration_digest(&[2; 32], &PluginConfiguration::new())
        );
    }
}
