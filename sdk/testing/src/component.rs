//! Components: where they come from, and the host's sandbox around them.

use std::path::{Path, PathBuf};

#[cfg(feature = "component")]
mod build;
#[cfg(feature = "component")]
mod sandbox;

#[cfg(feature = "component")]
pub(crate) use sandbox::in_sandbox;

/// A plugin's component. Nothing is read or built before a test wants to run it, and nothing without the feature
/// `component`. At most 24 MiB.
///
/// ```no_run
/// use trellis_testing::{Component, Everything, Overlay, Party};
///
/// let component = Component::from_file("target/wasm32-unknown-unknown/release/everything.wasm");
/// Overlay::new().topic("tm_all", Everything).component(Everything, component).test(|host| {
///     let paid = host.transaction().pay(&Party::named("alice"), 500).sign();
///     host.submit(&paid, ["tm_all"]).admits("tm_all", [0]);
/// });
/// ```
#[derive(Clone, Debug)]
pub struct Component(#[cfg_attr(not(feature = "component"), allow(dead_code))] Source);

#[derive(Clone, Debug)]
#[cfg_attr(not(feature = "component"), allow(dead_code, reason = "there is no sandbox without the feature"))]
enum Source {
    Bytes(Vec<u8>),
    File(PathBuf),
    Package { folder: PathBuf, profile: &'static str },
}

impl Component {
    /// These bytes.
    #[must_use]
    pub fn from_bytes(bytes: impl Into<Vec<u8>>) -> Self {
        Self(Source::Bytes(bytes.into()))
    }

    /// A `.wasm` file.
    #[must_use]
    pub fn from_file(path: impl Into<PathBuf>) -> Self {
        Self(Source::File(path.into()))
    }

    /// What cargo builds of the package in this folder, with a profile, once in a process.
    /// [`component!`](crate::component) is the package of the test itself.
    ///
    /// ```
    /// use trellis_testing::Component;
    ///
    /// let hello = Component::of_package("plugins/helloworld", "plugin");
    /// ```
    #[must_use]
    pub fn of_package(folder: impl AsRef<Path>, profile: &'static str) -> Self {
        Self(Source::Package { folder: folder.as_ref().to_owned(), profile })
    }
}

/// The component of the package whose test this is, as `cargo build --release` makes it; or with another profile, as in
/// `component!("small")`.
///
/// ```
/// use trellis_testing::{Everything, Overlay, component};
///
/// let overlay = Overlay::new().topic("tm_all", Everything).component(Everything, component!());
/// let with_another_profile = Overlay::new().topic("tm_all", Everything).component(Everything, component!("small"));
/// ```
#[macro_export]
macro_rules! component {
    () => {
        $crate::component!("release")
    };
    ($profile:literal) => {
        $crate::Component::of_package(env!("CARGO_MANIFEST_DIR"), $profile)
    };
}
