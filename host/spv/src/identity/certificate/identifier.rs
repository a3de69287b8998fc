//! The type and the serial number of a certificate: 32 bytes, base64 in texts.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::error::{FormError, shown};

macro_rules! identifier {
    ($(#[$doc:meta])* $name:ident, $member:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; 32]);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&STANDARD.encode(self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = FormError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                STANDARD
                    .decode(text)
                    .ok()
                    .and_then(|bytes| bytes.try_into().ok())
                    .map(Self)
                    .ok_or_else(|| FormError::Identifier { member: $member, text: shown(text) })
            }
        }
    };
}

identifier! {
    /// What the fields of a certificate mean: certificates of one type have the same fields.
    CertificateType, "type"
}

identifier! {
    /// Which of a certifier's certificates one is.
    SerialNumber, "serial number"
}
