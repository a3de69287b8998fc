//! What every plugin says about itself.

use crate::Refusal;

/// How a plugin introduces itself. Exported with [`export_plugin!`](crate::export_plugin).
///
/// ```
/// use trellis_plugin::{Description, Plugin};
///
/// struct Tickets;
///
/// impl Plugin for Tickets {
///     fn describe() -> Description {
///         Description::new("Tickets", "Admits tickets of events.").with_version(env!("CARGO_PKG_VERSION"))
///     }
///
///     fn documentation() -> String {
///         "# Tickets\nA ticket is a PushDrop token: the event, then the seat.".into()
///     }
/// }
/// assert_eq!(Tickets::describe().name, "Tickets");
/// ```
pub trait Plugin {
    /// Name and purpose, asked once when the plugin is loaded, and about no transaction.
    fn describe() -> Description;

    /// Whether what the operator wrote under `config` will do: called when the plugin is loaded, before [`Plugin::describe`]. `Err`
    /// keeps it from being loaded, and its text is for the operator: say which key is missing or wrong, and what to write. Only
    /// [`config`](crate::config) can be read here. Does nothing unless implemented.
    ///
    /// # Errors
    /// Why the plugin cannot work with that configuration.
    ///
    /// ```
    /// use trellis_plugin::{Description, Plugin, Refusal, config, refuse, stand_in};
    ///
    /// struct Tickets;
    ///
    /// impl Plugin for Tickets {
    ///     fn describe() -> Description {
    ///         Description::new("Tickets", "Seats that exist once, and who has them.")
    ///     }
    ///
    ///     fn check_configuration() -> Result<(), Refusal> {
    ///         match config::get("organiser") {
    ///             Some(_) => Ok(()),
    ///             None => refuse!("write `organiser`, a public key in hexadecimal, under `config` of the plugin"),
    ///         }
    ///     }
    ///
    ///     fn documentation() -> String {
    ///         "# Tickets".to_owned()
    ///     }
    /// }
    ///
    /// stand_in::reset();
    /// assert!(Tickets::check_configuration().is_err());
    /// ```
    fn check_configuration() -> Result<(), Refusal> {
        Ok(())
    }

    /// Markdown for whoever wants to use the topics and services this plugin stands behind: what is admitted, what can
    /// be asked. At most 64 KiB.
    fn documentation() -> String;
}

/// A plugin's visiting card.
///
/// ```
/// use trellis_plugin::Description;
///
/// let description = Description {
///     information_url: Some("https://example.com/tickets".into()),
///     ..Description::new("Tickets", "Admits tickets of events.").with_version("1.2.0")
/// };
/// assert_eq!(description.version.as_deref(), Some("1.2.0"));
/// assert_eq!(description.icon_url, None);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Description {
    /// At most 64 characters.
    pub name: String,
    /// One sentence, at most 256 characters.
    pub short_description: String,
    /// The plugin's own version, usually `env!("CARGO_PKG_VERSION")`. At most 64 characters.
    pub version: Option<String>,
    /// An image that stands for the plugin. At most 2,048 characters.
    pub icon_url: Option<String>,
    /// Where to read more. At most 2,048 characters.
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
