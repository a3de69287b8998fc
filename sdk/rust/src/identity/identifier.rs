//! What tells certificates apart: 32 bytes, base64 in texts.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// A text that is not base64 of 32 bytes.
///
/// ```
/// use trellis_plugin::identity::{CertificateType, MalformedBase64};
///
/// assert_eq!("firm".parse::<CertificateType>(), Err(MalformedBase64));
/// assert!(MalformedBase64.to_string().ends_with("base64 of 32 bytes (44 characters)"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MalformedBase64;

impl fmt::Display for MalformedBase64 {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("types and serial numbers of certificates are base64 of 32 bytes (44 characters)")
    }
}

impl std::error::Error for MalformedBase64 {}

impl From<MalformedBase64> for crate::Refusal {
    fn from(error: MalformedBase64) -> Self {
        error.to_string().into()
    }
}

macro_rules! identifier {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; 32]);

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&STANDARD.encode(self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, formatter)
            }
        }

        impl FromStr for $name {
            type Err = MalformedBase64;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let bytes = STANDARD.decode(text).map_err(|_| MalformedBase64)?;
                bytes.try_into().map(Self).map_err(|_| MalformedBase64)
            }
        }
    };
}

identifier!(
    /// What the fields of a certificate mean: 32 bytes, base64 in texts (44 characters).
    ///
    /// ```
    /// use trellis_plugin::identity::CertificateType;
    ///
    /// let firm: CertificateType = "z40BOInXkI8m7f/wBrv4MJ09bZfzZbTj2fJqCtONqCY=".parse()?;
    /// assert_eq!(firm.0[..2], [0xcf, 0x8d]);
    /// assert_eq!(firm.to_string(), "z40BOInXkI8m7f/wBrv4MJ09bZfzZbTj2fJqCtONqCY=");
    /// # Ok::<(), trellis_plugin::identity::MalformedBase64>(())
    /// ```
    CertificateType
);
identifier!(
    /// Which of the certifier's certificates one is: 32 bytes, base64 in texts (44 characters).
    ///
    /// ```
    /// use trellis_plugin::identity::SerialNumber;
    ///
    /// let serial: SerialNumber = "AGfk/WrT1eBDXpz3mcw386Zww2HmqcIn3uY6x4Af1eo=".parse()?;
    /// assert_eq!(serial.0[..2], [0, 0x67]);
    /// # Ok::<(), trellis_plugin::identity::MalformedBase64>(())
    /// ```
    SerialNumber
);
