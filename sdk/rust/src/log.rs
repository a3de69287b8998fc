//! Lines for the operator's log. The host escapes them and names plugin and topic. It cuts a line to 1,024 bytes, and leaves
//! out what goes beyond 16 KiB in one call, unless the operator says otherwise.

/// How much a line matters, least first.
///
/// ```
/// use trellis_plugin::log::{self, Level};
/// use trellis_plugin::stand_in;
///
/// stand_in::reset();
/// log::info("the index is built anew");
/// log::warn("a ticket without a seat");
/// let worth_a_look = stand_in::logged().into_iter().filter(|(level, _)| *level >= Level::Warn);
/// assert_eq!(worth_a_look.count(), 1);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// For the plugin's author.
    Debug,
    /// Worth knowing.
    Info,
    /// Worth a look.
    Warn,
    /// Something is wrong. Where a call gives up, the last such line that begins with `panicked at` is the fault's text, which
    /// submitters and clients see as well; the SDK writes it for a panic.
    Error,
}

/// For the plugin's author.
///
/// ```
/// use trellis_plugin::log::{self, Level};
/// use trellis_plugin::stand_in;
///
/// stand_in::reset();
/// log::debug("the transaction has 3 outputs");
/// assert_eq!(stand_in::logged(), [(Level::Debug, "the transaction has 3 outputs".to_owned())]);
/// ```
pub fn debug(message: impl AsRef<str>) {
    crate::host::write_log(Level::Debug, message.as_ref());
}

/// Worth knowing.
///
/// ```
/// use trellis_plugin::log::{self, Level};
/// use trellis_plugin::stand_in;
///
/// stand_in::reset();
/// log::info("admitted 2 tickets");
/// assert_eq!(stand_in::logged(), [(Level::Info, "admitted 2 tickets".to_owned())]);
/// ```
pub fn info(message: impl AsRef<str>) {
    crate::host::write_log(Level::Info, message.as_ref());
}

/// Worth a look.
///
/// ```
/// use trellis_plugin::log::{self, Level};
/// use trellis_plugin::stand_in;
///
/// stand_in::reset();
/// log::warn("a ticket without a seat");
/// assert_eq!(stand_in::logged(), [(Level::Warn, "a ticket without a seat".to_owned())]);
/// ```
pub fn warn(message: impl AsRef<str>) {
    crate::host::write_log(Level::Warn, message.as_ref());
}

/// Something is wrong. No line of the log is shown to anybody but the operator, but for what a panic says.
///
/// ```
/// use trellis_plugin::log::{self, Level};
/// use trellis_plugin::stand_in;
///
/// stand_in::reset();
/// log::error("the index holds a row that nothing explains");
/// assert_eq!(stand_in::logged(), [(Level::Error, "the index holds a row that nothing explains".to_owned())]);
/// ```
pub fn error(message: impl AsRef<str>) {
    crate::host::write_log(Level::Error, message.as_ref());
}
