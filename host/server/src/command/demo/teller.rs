//! How the story is printed and held to its word.

/// Tells chapter after chapter.
#[derive(Debug, Default)]
pub(super) struct Teller {
    chapter: usize,
}

/// Something that did not come out as told.
#[derive(Debug, thiserror::Error)]
#[error("the story broke off: {what}. Expected {expected}, but got {found}. Please report this with the text above")]
pub(super) struct Deviation {
    what: String,
    expected: String,
    found: String,
}

impl Teller {
    pub(super) fn title(&mut self, text: &str) {
        println!("{text}");
    }

    pub(super) fn chapter(&mut self, text: &str) {
        self.chapter += 1;
        println!("\n{}. {text}", self.chapter);
    }

    pub(super) fn say(&mut self, text: &str) {
        println!("   {text}");
    }
}

/// Goes on only if `found` is what the story says.
pub(super) fn expect<T: PartialEq + std::fmt::Debug>(what: &str, expected: T, found: T) -> Result<(), Deviation> {
    if expected == found {
        return Ok(());
    }
    Err(Deviation { what: what.to_owned(), expected: format!("{expected:?}"), found: format!("{found:?}") })
}

/// Something that must be there.
pub(super) fn present<T>(what: &str, found: Option<T>) -> Result<T, Deviation> {
    found.ok_or_else(|| Deviation {
        what: what.to_owned(),
        expected: "something".to_owned(),
        found: "nothing".to_owned(),
    })
}

/// A txid as people recognise it.
pub(super) fn short(txid: &dyn std::fmt::Display) -> String {
    let text = txid.to_string();
    let (head, tail) =
        (text.get(..6).unwrap_or_default(), text.get(text.len().saturating_sub(4)..).unwrap_or_default());
    format!("{head}…{tail}")
}
