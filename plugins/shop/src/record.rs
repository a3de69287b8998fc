//! What an output says it is.

use trellis_plugin::push_drop::{self, LockPosition};
use trellis_plugin::{Output, Token};

/// The token of an output; `None` where it is none of this shop's.
pub(crate) fn read(output: &Output) -> Option<Token> {
    let script = push_drop::decode(&output.locking_script)?;
    let [b"shop", basket, asset, amount, tags] = script.fields.as_slice() else { return None };
    if script.lock_position != LockPosition::Before {
        return None;
    }
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).ok();
    let mut token = Token::new(text(basket)?, text(asset)?, amount_of(amount)?);
    token.owner = Some(hexadecimal(script.locking_public_key));
    // No tags are an empty field, which a script writes as the byte 0.
    for tag in text(tags)?.split(',').filter(|tag| !tag.is_empty() && *tag != "\0") {
        token.tags.push(tag.to_owned());
    }
    Some(token)
}

/// A decimal number. One digit up to 16 can be a small number of the script instead of a text.
fn amount_of(field: &[u8]) -> Option<u64> {
    match field {
        [small @ 0..=16] => Some(u64::from(*small)),
        text => std::str::from_utf8(text).ok()?.parse().ok(),
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    const DIGITS: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
    let digit = |nibble: u8| DIGITS.get(usize::from(nibble)).copied().unwrap_or('0');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}
