//! Plugin text made safe to show: control and direction characters escaped, length capped.
//!
//! What a plugin writes ends in logs, terminals and error bodies. Unescaped, a line break forges a log line, an escape
//! sequence drives the terminal and a direction override makes text read differently from what it says.

use std::fmt::Write;

/// Appended where text was cut.
const CUT: &str = "…";

/// One line of at most `most` characters; every control character, line breaks included, is escaped.
#[must_use]
pub fn line(text: &str, most: usize) -> String {
    escape(text, Cap::Characters(most), |_| false)
}

/// One line of at most `most` bytes.
#[must_use]
pub fn line_of_bytes(text: &str, most: usize) -> String {
    escape(text, Cap::Bytes(most), |_| false)
}

/// Text of at most `most` bytes that keeps its line breaks and tabs: Markdown.
#[must_use]
pub fn document(text: &str, most: usize) -> String {
    escape(text, Cap::Bytes(most), |character| matches!(character, '\n' | '\t' | '\r'))
}

#[derive(Clone, Copy)]
enum Cap {
    Characters(usize),
    Bytes(usize),
}

fn escape(text: &str, cap: Cap, keep: impl Fn(char) -> bool) -> String {
    let mut shown = String::new();
    for (count, character) in text.chars().enumerate() {
        let full = match cap {
            Cap::Characters(most) => count >= most,
            Cap::Bytes(most) => shown.len() + character.len_utf8() > most,
        };
        if full {
            shown.push_str(CUT);
            break;
        }
        match character {
            kept if keep(kept) => shown.push(kept),
            '\n' => shown.push_str("\\n"),
            '\r' => shown.push_str("\\r"),
            '\t' => shown.push_str("\\t"),
            hidden if hidden.is_control() || is_directional(hidden) => {
                // Writing to a String cannot fail.
                let _ = write!(shown, "\\u{{{:x}}}", u32::from(hidden));
            }
            plain => shown.push(plain),
        }
    }
    shown
}

/// Characters that change how the rest of a line is laid out, and the two Unicode line ends.
const fn is_directional(character: char) -> bool {
    matches!(character, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{61c}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_line_cannot_be_forged() {
        assert_eq!(line("a\nERROR b\u{1b}[31m\u{202e}c", 100), "a\\nERROR b\\u{1b}[31m\\u{202e}c");
    }

    #[test]
    fn text_is_cut_at_the_cap_and_says_so() {
        assert_eq!(line("äöüß", 2), "äö…");
        assert_eq!(line("äö", 2), "äö");
        assert_eq!(line_of_bytes("äöü", 5), "äö…");
        assert_eq!(line_of_bytes("", 0), "");
    }

    #[test]
    fn documents_keep_their_lines_and_nothing_else() {
        assert_eq!(document("# a\n\tb\u{7}", 100), "# a\n\tb\\u{7}");
    }
}
