//! What every plugin says about itself.

/// How a plugin introduces itself. Exported with [`export_plugin!`](crate::export_plugin).
pub trait Plugin {
    /// Name and purpose, asked once when the plugin is loaded.
    fn describe() -> Description;

    /// Markdown for whoever wants to use the topics and services this plugin stands behind: what is admitted, what can
    /// be asked. At most 64 KiB.
    fn documentation() -> String;
}

/// A plugin's visiting card.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Description {
    /// At most 64 characters.
    pub name: String,
    /// One sentence, at most 256 characters.
    pub short_description: String,
    /// The plugin's own version, usually `env!("CARGO_PKG_VERSION")`.
    pub version: Option<String>,
    /// An image that stands for the plugin.
    pub icon_url: Option<String>,
    /// Where to read more.
    pub information_url: Option<String>,
}

impl Description {
    /// A description with the two things that must be there.
    pub fn new(name: impl Into<String>, short_description: impl Into<String>) -> Self {
        Self { name: name.into(), short_description: short_description.into(), ..Self::default() }
    }

    /// The same with a version.
    #[must_use]
    pub fn with_version(mut self, version: impl Into<String>) -> Self {
        self.version = Some(version.into());
        self
    }
}
