//! Rows of a plugin's state.

use trellis_engine::domain::row::{Namespace, Row, RowKey};
use trellis_engine::engine::Engine;
use trellis_engine::ports::store::{Scan, Store};

use crate::setup::SetupError;

/// Rows that are fetched at once.
const PAGE: usize = 1_000;

/// A key and its value.
pub(super) type StateRow = (Vec<u8>, Vec<u8>);

/// The rows of a topic or a service, ascending by key.
///
/// ```
/// use trellis_plugin::state;
/// use trellis_testing::{Overlay, Party};
/// # use trellis_plugin::{AdmittanceInstructions, Description, Plugin, Refusal, Submission, TopicManager};
/// # struct Counting;
/// # impl Plugin for Counting {
/// #     fn describe() -> Description {
/// #         Description::new("Counting", "An example.")
/// #     }
/// #     fn documentation() -> String {
/// #         "# Counting".into()
/// #     }
/// # }
///
/// impl TopicManager for Counting {
///     fn identify_admissible_outputs(_: Submission) -> Result<AdmittanceInstructions, Refusal> {
///         state::set(b"sold", &1u64.to_be_bytes());
///         Ok(AdmittanceInstructions::admit([0]))
///     }
/// }
///
/// Overlay::new().topic("tm_counting", Counting).test(|host| {
///     let paid = host.transaction().pay(&Party::named("alice"), 500).sign();
///     host.submit(&paid, ["tm_counting"]);
///     host.state("tm_counting").has("sold", 1u64.to_be_bytes()).count(1);
///     assert_eq!(host.state("tm_counting").get("refunded"), None);
/// });
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rows {
    pub(super) step: String,
    pub(super) rows: Vec<StateRow>,
}

impl Rows {
    /// Keys and values.
    #[must_use]
    pub fn rows(&self) -> &[(Vec<u8>, Vec<u8>)] {
        &self.rows
    }

    /// The value under a key.
    #[must_use]
    pub fn get(&self, key: impl AsRef<[u8]>) -> Option<&[u8]> {
        self.rows.iter().find(|(found, _)| found == key.as_ref()).map(|(_, value)| value.as_slice())
    }

    /// There are exactly so many.
    #[track_caller]
    pub fn count(&self, expected: usize) -> &Self {
        assert!(
            self.rows.len() == expected,
            "{} has {} rows, expected {expected}: {}",
            self.step,
            self.rows.len(),
            self.in_words()
        );
        self
    }

    /// There is a row with this value.
    #[track_caller]
    pub fn has(&self, key: impl AsRef<[u8]>, value: impl AsRef<[u8]>) -> &Self {
        let (key, value) = (key.as_ref(), value.as_ref());
        let (shown_key, shown_value) = (key.escape_ascii(), value.escape_ascii());
        assert!(
            self.get(key) == Some(value),
            "{} has no row {shown_key} = {shown_value}: {}",
            self.step,
            self.in_words()
        );
        self
    }

    fn in_words(&self) -> String {
        let row =
            |(key, value): &(Vec<u8>, Vec<u8>)| format!("\n    {} = {}", key.escape_ascii(), value.escape_ascii());
        self.rows.iter().map(row).collect()
    }
}

/// The rows of the topic or service of this name.
pub(super) fn of(engine: &Engine, store: &dyn Store, name: &str) -> Result<Vec<StateRow>, SetupError> {
    let hosting = engine.hosting();
    let topic = hosting.topics().find(|topic| topic.name.as_str() == name).map(|topic| Namespace::Topic(topic.id));
    let namespace = topic.or_else(|| hosting.service(name).map(|service| Namespace::Service(service.id)));
    let namespace = namespace.ok_or_else(|| format!("`{name}` is not hosted here"))?;
    let mut rows: Vec<StateRow> = Vec::new();
    loop {
        // The key right behind a key is that key and a zero byte.
        let start = rows.last().map(|(key, _)| [key.as_slice(), &[0]].concat()).unwrap_or_default();
        let scan = Scan::State { namespace, start, end: None, reverse: false, limit: PAGE };
        let page = store.scan(&scan, store.durable())?;
        rows.extend(page.rows.into_iter().filter_map(|(key, found)| match (key, found.row) {
            (RowKey::State(_, key), Row::State(value)) => Some((key, value)),
            _ => None,
        }));
        if !page.more {
            return Ok(rows);
        }
    }
}
