//! Lines for the operator's log. The host escapes and caps them and names plugin and topic.

/// How much a line matters.
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
pub fn debug(message: impl AsRef<str>) {
    crate::host::write_log(Level::Debug, message.as_ref());
}

/// Worth knowing.
pub fn info(message: impl AsRef<str>) {
    crate::host::write_log(Level::Info, message.as_ref());
}

/// Worth a look.
pub fn warn(message: impl AsRef<str>) {
    crate::host::write_log(Level::Warn, message.as_ref());
}

/// Something is wrong. No line of the log is shown to anybody but the operator, but for what a panic says.
pub fn error(message: impl AsRef<str>) {
    crate::host::write_log(Level::Error, message.as_ref());
}
