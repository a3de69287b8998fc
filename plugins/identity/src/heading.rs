//! What a certificate can be found by: headings, under each of which the index lists certificates by time.
//!
//! Whoever asks usually says whose word he takes. So a certificate stands under each of its headings twice: among all, and
//! among those of its certifier. Strangers who publish look-alikes then take no place in the answer.

use trellis_plugin::crypto;
use trellis_plugin::identity::Certificate;

/// Words of one certificate that it can be found by; more are left out of the index. A description of a person has a few
/// dozen, and each costs rows.
const WORDS_MOST: usize = 64;
/// Letters of a word that count; longer ones are texts for machines.
const WORD_LETTERS_MOST: usize = 64;

/// Fields with pictures, whose words nobody searches for among those of any field; what the reference service leaves out.
const PICTURES: [&str; 2] = ["profilePhoto", "icon"];
/// The field that is found by its whole text only, capitals included, as in the reference service.
const USER_NAME: &str = "userName";

/// The digest of what is looked for: the index's keys have one length, however long names and words are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Heading(pub(crate) [u8; 32]);

impl Heading {
    /// Each part is preceded by its length, so that no two lists of parts make the same text.
    fn of(kind: u8, parts: &[&[u8]]) -> Self {
        let mut text = vec![kind];
        for part in parts {
            text.extend_from_slice(&(part.len() as u32).to_be_bytes());
            text.extend_from_slice(part);
        }
        Self(crypto::sha256(&text))
    }

    pub(crate) fn serial_number(base64: &str) -> Self {
        Self::of(b'n', &[base64.as_bytes()])
    }

    pub(crate) fn subject(hexadecimal: &str) -> Self {
        Self::of(b's', &[hexadecimal.to_ascii_lowercase().as_bytes()])
    }

    /// Certificates of a type about somebody.
    pub(crate) fn subject_and_type(hexadecimal: &str, base64: &str) -> Self {
        Self::of(b't', &[hexadecimal.to_ascii_lowercase().as_bytes(), base64.as_bytes()])
    }

    /// Every certificate.
    pub(crate) fn everything() -> Self {
        Self::of(b'e', &[])
    }

    /// The same, of one certifier only.
    #[must_use]
    pub(crate) fn by(self, certifier: &str) -> Self {
        Self::of(b'c', &[&self.0, certifier.to_ascii_lowercase().as_bytes()])
    }

    /// What a certificate must stand under, all of it, to have this text in a field. None where the text has no words.
    pub(crate) fn in_field(field: &str, text: &str) -> Vec<Self> {
        if field == USER_NAME {
            let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
            return if text.is_empty() { Vec::new() } else { vec![Self::of(b'u', &[text.as_bytes()])] };
        }
        words(text).iter().map(|word| Self::of(b'f', &[field.as_bytes(), word.as_bytes()])).collect()
    }

    /// What a certificate must stand under, all of it, to have these words in any field.
    pub(crate) fn in_any_field(text: &str) -> Vec<Self> {
        words(text).iter().map(|word| Self::of(b'a', &[word.as_bytes()])).collect()
    }
}

/// Every heading of a certificate, each once.
pub(crate) fn headings(certificate: &Certificate) -> Vec<Heading> {
    let subject = certificate.subject.to_string();
    let mut headings = vec![
        Heading::everything(),
        Heading::serial_number(&certificate.serial_number.to_string()),
        Heading::subject(&subject),
        Heading::subject_and_type(&subject, &certificate.certificate_type.to_string()),
    ];
    let most = headings.len() + WORDS_MOST;
    for field in &certificate.revealed {
        let mut found = Heading::in_field(&field.name, &field.value);
        if !PICTURES.contains(&field.name.as_str()) {
            found.extend(Heading::in_any_field(&field.value));
        }
        for heading in found {
            if headings.len() < most && !headings.contains(&heading) {
                headings.push(heading);
            }
        }
    }
    headings
}

/// The words of a text: letters and digits that stand together, in lower case, each once. The longest comes first: it is
/// likely the rarest, and a search starts from the first.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = text
        .split(|character: char| !character.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(|word| word.to_lowercase().chars().take(WORD_LETTERS_MOST).collect())
        .collect();
    words.sort_unstable_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
    words.dedup();
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_what_letters_and_digits_make() {
        assert_eq!(words(" Ünal  O'Neil, bob@Example.com bob"), ["example", "ünal", "neil", "bob", "com", "o"]);
        assert_eq!(words(" .-"), Vec::<String>::new());
    }

    #[test]
    fn a_user_name_is_found_whole_and_with_its_capitals() {
        assert_eq!(Heading::in_field("userName", " Alice  B "), Heading::in_field("userName", "Alice B"));
        assert_ne!(Heading::in_field("userName", "alice b"), Heading::in_field("userName", "Alice B"));
        assert_eq!(Heading::in_field("userName", " "), []);
    }

    #[test]
    fn headings_are_told_apart_by_kind_field_and_certifier() {
        let mut all = vec![
            Heading::serial_number("x"),
            Heading::subject("x"),
            Heading::subject("x").by("y"),
            Heading::subject_and_type("x", ""),
            Heading::everything(),
            Heading::everything().by("x"),
        ];
        all.extend(Heading::in_field("x", "y"));
        all.extend(Heading::in_field("xy", "y"));
        all.extend(Heading::in_any_field("x"));
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
    }
}
