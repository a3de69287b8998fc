//! Types as values of rows.

use crate::{Outpoint, Txid};

/// Something a row can hold: at most 6,144 bytes. Numbers are big-endian.
///
/// ```
/// use trellis_plugin::state::Value;
///
/// /// Whether a ticket is still good.
/// #[derive(Debug, PartialEq)]
/// enum Ticket {
///     Valid,
///     Used,
/// }
///
/// impl Value for Ticket {
///     fn to_row(&self) -> Vec<u8> {
///         vec![u8::from(*self == Self::Used)]
///     }
///
///     fn from_row(bytes: &[u8]) -> Option<Self> {
///         match bytes {
///             [0] => Some(Self::Valid),
///             [1] => Some(Self::Used),
///             _ => None,
///         }
///     }
/// }
/// assert_eq!(Ticket::from_row(&Ticket::Used.to_row()), Some(Ticket::Used));
/// assert_eq!(Ticket::from_row(b"?"), None);
/// ```
pub trait Value: Sized {
    /// The row's bytes.
    fn to_row(&self) -> Vec<u8>;

    /// The value in a row; `None` where the bytes are none.
    fn from_row(bytes: &[u8]) -> Option<Self>;
}

macro_rules! numbers {
    ($($number:ty),*) => {
        $(impl Value for $number {
            fn to_row(&self) -> Vec<u8> {
                self.to_be_bytes().to_vec()
            }

            fn from_row(bytes: &[u8]) -> Option<Self> {
                bytes.try_into().ok().map(Self::from_be_bytes)
            }
        })*
    };
}

numbers!(u8, u16, u32, u64, u128, i64, i128);

impl Value for () {
    fn to_row(&self) -> Vec<u8> {
        Vec::new()
    }

    fn from_row(bytes: &[u8]) -> Option<Self> {
        bytes.is_empty().then_some(())
    }
}

impl Value for String {
    fn to_row(&self) -> Vec<u8> {
        self.as_bytes().to_vec()
    }

    fn from_row(bytes: &[u8]) -> Option<Self> {
        Self::from_utf8(bytes.to_vec()).ok()
    }
}

impl Value for Vec<u8> {
    fn to_row(&self) -> Vec<u8> {
        self.clone()
    }

    fn from_row(bytes: &[u8]) -> Option<Self> {
        Some(bytes.to_vec())
    }
}

impl Value for Txid {
    fn to_row(&self) -> Vec<u8> {
        self.0.to_vec()
    }

    fn from_row(bytes: &[u8]) -> Option<Self> {
        Self::try_from(bytes).ok()
    }
}

impl Value for Outpoint {
    fn to_row(&self) -> Vec<u8> {
        self.to_bytes().to_vec()
    }

    fn from_row(bytes: &[u8]) -> Option<Self> {
        Self::from_bytes(bytes)
    }
}

/// A value of any type that serde knows, as JSON: longer than need be, and readable where somebody looks at the state. A
/// member that a later version of the type adds wants `#[serde(default)]`, because rows outlive versions. With the
/// feature `json`.
///
/// ```
/// use std::collections::BTreeMap;
/// use trellis_plugin::state::{Json, Only};
/// # trellis_plugin::stand_in::reset();
///
/// /// Seats still free, by the name of the block.
/// const FREE: Only<Json<BTreeMap<String, u32>>> = Only::new("free");
///
/// FREE.set(&Json(BTreeMap::from([("A".to_owned(), 12)])));
/// assert_eq!(trellis_plugin::state::get(b"free"), Some(br#"{"A":12}"#.to_vec()));
/// assert_eq!(FREE.get().map(|Json(free)| free["A"]), Some(12));
/// ```
#[cfg(feature = "json")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Json<T>(pub T);

#[cfg(feature = "json")]
impl<T: serde::Serialize + serde::de::DeserializeOwned> Value for Json<T> {
    #[allow(clippy::expect_used, reason = "a type that cannot be JSON is a mistake in the plugin: a fault")]
    fn to_row(&self) -> Vec<u8> {
        serde_json::to_vec(&self.0).expect("a value of a row can be written as JSON")
    }

    fn from_row(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok().map(Self)
    }
}
