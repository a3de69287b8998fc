//! Cutting foreign text to a length, never inside a character.

/// At most `bytes` bytes of `text`.
pub(crate) fn cut(text: &str, bytes: usize) -> String {
    let mut end = text.len().min(bytes);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default().to_owned()
}
