//! Baskets: named sets of tokens that basket managers organise (DESIGN of the host's own; no BRC covers them).

use std::fmt;

use super::name::{NameId, TopicId};
use super::time::{Stamp, Timestamp};

/// Longest basket name, in bytes: room for a prefix and a compressed key or a txid in hexadecimal.
pub const MAX_BASKET_NAME_BYTES: usize = 128;

/// Longest name of an asset or an owner, in bytes: a txid with an index, or a key, in hexadecimal.
pub const MAX_ASSET_BYTES: usize = 128;

/// Longest tag, in bytes.
pub const MAX_TAG_BYTES: usize = 64;

/// Most tags of a token. Each is a row and two numbers.
pub const MAX_TAGS: usize = 16;

/// Most bytes of data a manager keeps with a token: enough for a label or a price, not for a picture.
pub const MAX_DATA_BYTES: usize = 1024;

/// Most of an asset in one token: the largest number that every JSON reader keeps exactly (2^53 - 1).
pub const MAX_AMOUNT: u64 = (1 << 53) - 1;

/// An interned basket manager: the configured plugin's name. A rebuild makes a new one and switches.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ManagerId(pub NameId);

/// Why a text cannot stand where it stands in a token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Not a basket name.
    #[error(
        "{0:?} is not a basket name: 1 to {MAX_BASKET_NAME_BYTES} lower-case letters, digits and `_ - . : /`, beginning with a letter"
    )]
    Basket(String),
    /// Empty, too long, or with control characters.
    #[error("{what} has 1 to {most} bytes and no control characters, {text:?} is not that")]
    Text {
        /// What it is.
        what: &'static str,
        /// Its most bytes.
        most: usize,
        /// The text, cut to a sensible length.
        text: String,
    },
    /// More than JSON readers keep exactly.
    #[error("an amount is at most {MAX_AMOUNT} (2^53 - 1), not {0}")]
    Amount(u64),
    /// Too many tags.
    #[error("a token has at most {MAX_TAGS} tags, not {0}")]
    Tags(usize),
    /// A tag twice.
    #[error("tag {0:?} is given twice")]
    RepeatedTag(String),
    /// Too much data.
    #[error("the data of a token has at most {MAX_DATA_BYTES} bytes, not {0}")]
    Data(usize),
}

/// Characters of a foreign text that are repeated to whoever sent it.
const SHOWN: usize = 80;

fn shown(text: &str) -> String {
    text.chars().take(SHOWN).collect()
}

fn check_text(what: &'static str, text: &str, most: usize) -> Result<(), TokenError> {
    let fits = !text.is_empty() && text.len() <= most && !text.chars().any(char::is_control);
    if fits { Ok(()) } else { Err(TokenError::Text { what, most, text: shown(text) }) }
}

/// The name of a basket.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BasketName(std::sync::Arc<str>);

impl BasketName {
    /// Checks the text.
    ///
    /// # Errors
    /// [`TokenError::Basket`] says what a name looks like.
    pub fn new(name: &str) -> Result<Self, TokenError> {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-.:/".contains(&byte);
        let fits = name.len() <= MAX_BASKET_NAME_BYTES
            && name.bytes().all(allowed)
            && name.bytes().next().is_some_and(|first| first.is_ascii_lowercase());
        if fits { Ok(Self(name.into())) } else { Err(TokenError::Basket(shown(name))) }
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What the basket's rows are keyed by.
    #[must_use]
    pub fn digest(&self) -> NameDigest {
        NameDigest::of("basket", &self.0)
    }
}

impl fmt::Display for BasketName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for BasketName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a basket, asset, owner or tag is called in keys: the first 16 bytes of a BLAKE3 over kind and text.
///
/// Plugins name as many of them as they like, so they are not numbered: a digest needs no lookup, no write of its own and no
/// memory, and is the same on every host. Who finds two texts with one digest confuses tokens of their own making; a text that
/// meets somebody else's takes 2^128 attempts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct NameDigest(pub [u8; 16]);

impl NameDigest {
    fn of(kind: &str, text: &str) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher.update(kind.as_bytes());
        hasher.update(&[0]);
        hasher.update(text.as_bytes());
        let mut digest = [0; 16];
        hasher.finalize_xof().fill(&mut digest);
        Self(digest)
    }

    /// Of an asset.
    #[must_use]
    pub fn asset(text: &str) -> Self {
        Self::of("asset", text)
    }

    /// Of an owner.
    #[must_use]
    pub fn owner(text: &str) -> Self {
        Self::of("owner", text)
    }

    /// Of a tag.
    #[must_use]
    pub fn tag(text: &str) -> Self {
        Self::of("tag", text)
    }
}

/// Tokens of one manager that are found, counted and summed together.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Part {
    /// Whose basket.
    pub manager: ManagerId,
    /// Which of its tokens.
    pub tokens: TokensOf,
}

/// Which tokens of a manager. The basket comes first, then what narrows it down.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum TokensOf {
    /// All of a basket.
    Basket(NameDigest),
    /// Those of an asset.
    Asset(NameDigest, NameDigest),
    /// Those of an owner.
    Owner(NameDigest, NameDigest),
    /// Those with a tag.
    Tag(NameDigest, NameDigest),
    /// Those of an asset and an owner: a balance.
    Balance(NameDigest, NameDigest, NameDigest),
}

/// What a basket manager makes of an output.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Token {
    /// The basket it is in.
    pub basket: BasketName,
    /// What it is.
    pub asset: String,
    /// How much of it.
    pub amount: u64,
    /// Whose it is; nobody's in particular if `None`.
    pub owner: Option<String>,
    /// To be found by. Ascending, no repeats.
    pub tags: Vec<String>,
    /// The manager's own.
    pub data: Vec<u8>,
}

impl Token {
    /// Checks what a manager returned, and sorts the tags.
    ///
    /// # Errors
    /// [`TokenError`] says what is wrong.
    pub fn checked(mut self) -> Result<Self, TokenError> {
        check_asset(&self.asset)?;
        if let Some(owner) = &self.owner {
            check_owner(owner)?;
        }
        if self.amount > MAX_AMOUNT {
            return Err(TokenError::Amount(self.amount));
        }
        if self.tags.len() > MAX_TAGS {
            return Err(TokenError::Tags(self.tags.len()));
        }
        for tag in &self.tags {
            check_tag(tag)?;
        }
        self.tags.sort_unstable();
        if let Some([repeated, _]) = self.tags.array_windows().find(|[one, next]| one == next) {
            return Err(TokenError::RepeatedTag(shown(repeated)));
        }
        if self.data.len() > MAX_DATA_BYTES {
            return Err(TokenError::Data(self.data.len()));
        }
        Ok(self)
    }

    /// Everything the token is found, counted and summed under.
    pub fn parts(&self, manager: ManagerId) -> impl Iterator<Item = Part> + '_ {
        let basket = self.basket.digest();
        let asset = NameDigest::asset(&self.asset);
        let owner = self.owner.as_deref().map(NameDigest::owner);
        let whole = [TokensOf::Basket(basket), TokensOf::Asset(basket, asset)];
        let owned = owner.map(|owner| [TokensOf::Owner(basket, owner), TokensOf::Balance(basket, asset, owner)]);
        let tags = self.tags.iter().map(move |tag| TokensOf::Tag(basket, NameDigest::tag(tag)));
        whole.into_iter().chain(owned.into_iter().flatten()).chain(tags).map(move |tokens| Part { manager, tokens })
    }

    /// The texts behind the digests of its parts.
    pub fn names(&self) -> impl Iterator<Item = (NameDigest, &str)> {
        let basket = (self.basket.digest(), self.basket.as_str());
        let asset = (NameDigest::asset(&self.asset), self.asset.as_str());
        let owner = self.owner.as_deref().map(|owner| (NameDigest::owner(owner), owner));
        let tags = self.tags.iter().map(|tag| (NameDigest::tag(tag), tag.as_str()));
        [basket, asset].into_iter().chain(owner).chain(tags)
    }
}

/// # Errors
/// [`TokenError::Text`].
pub fn check_asset(asset: &str) -> Result<(), TokenError> {
    check_text("an asset", asset, MAX_ASSET_BYTES)
}

/// # Errors
/// [`TokenError::Text`].
pub fn check_owner(owner: &str) -> Result<(), TokenError> {
    check_text("an owner", owner, MAX_ASSET_BYTES)
}

/// # Errors
/// [`TokenError::Text`].
pub fn check_tag(tag: &str) -> Result<(), TokenError> {
    check_text("a tag", tag, MAX_TAG_BYTES)
}

/// A token in its basket.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TokenRow {
    /// What the manager says it is.
    pub token: Token,
    /// The topic that admitted the output.
    pub topic: TopicId,
    /// The output's value.
    pub satoshis: u64,
    /// The owner is what the manager says, but not who the locking script asks for.
    pub claimed: bool,
    /// The commit that placed it.
    pub placed: Stamp,
    /// [`super::row::AppliedRow::admitted_at`] of the submission that placed it.
    pub placed_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token() -> Token {
        let basket = BasketName::new("shop/tickets").unwrap();
        Token { basket, asset: "seat".into(), amount: 1, owner: None, tags: vec![], data: vec![] }
    }

    #[test]
    fn a_token_out_of_bounds_is_refused_with_what_is_wrong_about_it() {
        let manager = ManagerId(NameId(1));
        assert_eq!(token().checked().unwrap().parts(manager).count(), 2);
        let tagged = Token { tags: vec!["b".into(), "a".into()], owner: Some("me".into()), ..token() };
        let tagged = tagged.checked().unwrap();
        assert_eq!((tagged.tags.join(""), tagged.parts(manager).count()), ("ab".to_owned(), 6));
        assert_eq!(tagged.names().count(), 5);
        for wrong in [
            Token { amount: 1 << 53, ..token() },
            Token { asset: String::new(), ..token() },
            Token { asset: "a\n".into(), ..token() },
            Token { owner: Some("x".repeat(129)), ..token() },
            Token { tags: vec!["a".into(), "a".into()], ..token() },
            Token { tags: (0..17).map(|tag| tag.to_string()).collect(), ..token() },
            Token { data: vec![0; 1025], ..token() },
        ] {
            assert!(wrong.clone().checked().is_err(), "{wrong:?}");
        }
        for wrong in ["", "Shop", "1shop", "a b", "/a", &"a".repeat(129)] {
            assert!(BasketName::new(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn one_text_as_asset_owner_and_tag_is_three_names() {
        let digests = [NameDigest::asset("a"), NameDigest::owner("a"), NameDigest::tag("a")];
        assert!(digests[0] != digests[1] && digests[1] != digests[2] && digests[0] != digests[2]);
    }
}
