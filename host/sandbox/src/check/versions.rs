//! Names and versions of the interfaces: `bsv:overlay/state@0.1.0`.

/// The version of `bsv:overlay` this host offers.
pub const INTERFACE_VERSION: &str = "0.1.0";

/// The package all interfaces belong to.
const PACKAGE: &str = "bsv:overlay/";

/// An interface of the package, as a component names it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Interface<'a> {
    pub(super) name: &'a str,
    pub(super) version: &'a str,
}

/// Reads a component's import or export name; `None` where it is no interface of the package.
pub(super) fn interface_of(name: &str) -> Option<Interface<'_>> {
    let (name, version) = name.strip_prefix(PACKAGE)?.split_once('@')?;
    Some(Interface { name, version })
}

impl Interface<'_> {
    /// Whether it links: within 0.1 only functions are added, so any 0.1.x goes with any other as far as its functions exist.
    pub(super) fn is_compatible(&self) -> bool {
        minor_series(self.version).is_some_and(|series| Some(series) == minor_series(INTERFACE_VERSION))
    }
}

/// `0.1` of `0.1.7`. Pre-releases belong to no series: they promise nothing.
fn minor_series(version: &str) -> Option<&str> {
    let (series, patch) = version.rsplit_once('.')?;
    let number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    (number(patch) && series.split('.').count() == 2 && series.split('.').all(number)).then_some(series)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_patch_versions_may_differ() {
        let compatible = |version| Interface { name: "state", version }.is_compatible();
        assert!(compatible("0.1.0") && compatible("0.1.17"));
        for other in ["0.2.0", "1.1.0", "0.1", "0.1.0-draft", "0.1.", "", "0.10.0"] {
            assert!(!compatible(other), "{other}");
        }
    }

    #[test]
    fn only_names_of_the_package_are_interfaces() {
        assert_eq!(interface_of("bsv:overlay/log@0.1.0"), Some(Interface { name: "log", version: "0.1.0" }));
        assert_eq!(interface_of("wasi:io/poll@0.2.6"), None);
        assert_eq!(interface_of("bsv:overlay/log"), None);
    }
}
