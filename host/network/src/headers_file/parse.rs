//! The JSON of a headers file, read strictly: what is not understood is refused with its line.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use trellis_spv::hash::MerkleRoot;
use trellis_spv::verify::HeaderInfo;

/// Why a text is no headers file.
#[derive(Debug, thiserror::Error)]
pub enum HeadersFormatError {
    /// Not the expected JSON; the text says what and ends with line and column.
    #[error(
        "{0}; expected {{\"<height>\": \"<merkle root, 64 hex>\"}} or {{\"<height>\": {{\"root\": …, \"time\": …}}}}"
    )]
    Json(#[from] serde_json::Error),
    /// A height is given twice.
    #[error("height {0} is given twice: keep the entry of the best chain")]
    Repeated(u32),
    /// There is no header.
    #[error("it names no header: add at least one height")]
    Empty,
}

/// Headers by height, in ascending order; at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeaderSet(Vec<(u32, HeaderInfo)>);

impl HeaderSet {
    /// Reads the text of a headers file.
    ///
    /// # Errors
    /// It is not exactly one JSON object of the documented form, or repeats a height, or is empty.
    pub fn parse(text: &[u8]) -> Result<Self, HeadersFormatError> {
        let Entries(mut entries) = serde_json::from_slice(text)?;
        entries.sort_unstable_by_key(|(height, _)| *height);
        let repeated = entries.iter().zip(entries.iter().skip(1)).find(|(one, next)| one.0 == next.0);
        if let Some(((height, _), _)) = repeated {
            return Err(HeadersFormatError::Repeated(*height));
        }
        if entries.is_empty() { Err(HeadersFormatError::Empty) } else { Ok(Self(entries)) }
    }

    /// The highest height.
    #[must_use]
    pub fn tip(&self) -> Option<u32> {
        self.0.last().map(|(height, _)| *height)
    }

    /// The header at a height.
    #[must_use]
    pub fn get(&self, height: u32) -> Option<HeaderInfo> {
        let index = self.0.binary_search_by_key(&height, |(height, _)| *height).ok()?;
        self.0.get(index).map(|(_, header)| *header)
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none, which [`HeaderSet::parse`] refuses.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The file's one object.
struct Entries(Vec<(u32, HeaderInfo)>);

impl<'de> Deserialize<'de> for Entries {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(EntriesVisitor)
    }
}

struct EntriesVisitor;

impl<'de> Visitor<'de> for EntriesVisitor {
    type Value = Entries;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of heights")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries, A::Error> {
        let mut entries = Vec::new();
        while let Some(Height(height)) = map.next_key()? {
            let Header(header) = map.next_value()?;
            entries.push((height, header));
        }
        Ok(Entries(entries))
    }
}

/// A height in its one decimal form: a second way to write it would be a way to give it twice.
struct Height(u32);

impl<'de> Deserialize<'de> for Height {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct HeightVisitor;
        impl Visitor<'_> for HeightVisitor {
            type Value = Height;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a block height")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Height, E> {
                let height = text.parse::<u32>().ok().filter(|height| height.to_string() == text);
                height.map(Height).ok_or_else(|| E::custom(format_args!("`{}` is no block height", shown(text))))
            }
        }
        deserializer.deserialize_str(HeightVisitor)
    }
}

/// A root, or root and time.
struct Header(HeaderInfo);

impl<'de> Deserialize<'de> for Header {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(HeaderVisitor)
    }
}

struct HeaderVisitor;

impl<'de> Visitor<'de> for HeaderVisitor {
    type Value = Header;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a merkle root or an object with `root` and `time`")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Header, E> {
        Ok(Header(HeaderInfo { root: root(text)?, time: None }))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Header, A::Error> {
        let (mut found_root, mut found_time) = (None, None);
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "root" if found_root.is_none() => found_root = Some(root(&map.next_value::<String>()?)?),
                "time" if found_time.is_none() => found_time = Some(map.next_value::<u32>()?),
                "root" | "time" => return Err(A::Error::custom(format_args!("`{key}` is given twice"))),
                _ => {
                    map.next_value::<IgnoredAny>()?;
                    return Err(A::Error::unknown_field(&shown(&key), &["root", "time"]));
                }
            }
        }
        let root = found_root.ok_or_else(|| A::Error::missing_field("root"))?;
        Ok(Header(HeaderInfo { root, time: found_time }))
    }
}

fn root<E: Error>(text: &str) -> Result<MerkleRoot, E> {
    text.parse()
        .map_err(|_| E::custom(format_args!("`{}` is no merkle root of 64 hexadecimal characters", shown(text))))
}

/// Foreign text, short enough for one line of a log and without what could break that line.
fn shown(text: &str) -> String {
    text.chars().take(80).flat_map(char::escape_debug).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddee01";

    fn refused(text: &str) -> String {
        HeaderSet::parse(text.as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn both_forms_of_a_header_are_read_and_the_tip_is_the_highest() {
        let text =
            format!(r#"{{"7": "{ROOT}", "4294967295": {{"time": 1600000000, "root": "{ROOT}"}}, "0": "{ROOT}"}}"#);
        let set = HeaderSet::parse(text.as_bytes()).unwrap();
        let root = ROOT.parse().unwrap();
        assert_eq!(set.tip(), Some(u32::MAX));
        assert_eq!(set.len(), 3);
        assert_eq!(set.get(7), Some(HeaderInfo { root, time: None }));
        assert_eq!(set.get(u32::MAX), Some(HeaderInfo { root, time: Some(1_600_000_000) }));
        assert_eq!(set.get(8), None);
    }

    #[test]
    fn what_is_not_understood_is_named_with_its_line() {
        let cases = [
            (format!("{{\n\"7\": \"{ROOT}\",\n\"eight\": \"{ROOT}\"}}"), "`eight` is no block height", "line 3"),
            (format!("{{\n\"007\": \"{ROOT}\"}}"), "`007` is no block height", "line 2"),
            (format!("{{\"4294967296\": \"{ROOT}\"}}"), "`4294967296` is no block height", "line 1"),
            ("{\n\n\"7\": \"abc\"}".to_owned(), "`abc` is no merkle root", "line 3"),
            (format!("{{\"7\": {{\"root\": \"{ROOT}\",\n\"tme\": 1}}}}"), "unknown field `tme`", "line 2"),
            (format!("{{\"7\": {{\"root\": \"{ROOT}\", \"root\": \"{ROOT}\"}}}}"), "`root` is given twice", "line 1"),
            ("{\"7\": {\"time\": 1}}".to_owned(), "missing field `root`", "line 1"),
            (format!("{{\"7\": {{\"root\": \"{ROOT}\", \"time\": -1}}}}"), "u32", "line 1"),
            ("[1]".to_owned(), "an object of heights", "line 1"),
            (format!("{{\"7\": \"{ROOT}\"}}\n x"), "trailing characters", "line 2"),
            (format!("{{\"7\": \"{ROOT}\""), "EOF", "line 1"),
        ];
        for (text, what, line) in cases {
            let error = refused(&text);
            assert!(error.contains(what) && error.contains(line), "{text}\n{error}");
        }
    }

    #[test]
    fn a_height_given_twice_is_refused() {
        let error = refused(&format!("{{\"7\": \"{ROOT}\", \"6\": \"{ROOT}\", \"7\": \"{ROOT}\"}}"));
        assert!(error.contains("height 7 is given twice"), "{error}");
    }

    #[test]
    fn a_file_without_headers_is_refused() {
        assert!(refused("{}").contains("names no header"));
    }
}
