//! What a basket manager makes of an output, and under what that is found, counted and summed.

/// What is to be called what.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Kind {
    /// A basket.
    Basket,
    /// An asset.
    Asset,
    /// An owner.
    Owner,
    /// A tag.
    Tag,
}

/// A name, of one of few: see [`crate::manager::names`].
pub type Name = &'static str;

/// A token.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Token {
    /// The basket it is in.
    pub basket: Name,
    /// What it is.
    pub asset: Name,
    /// How much of it.
    pub amount: u64,
    /// Whose it is.
    pub owner: Option<Name>,
    /// Ascending.
    pub tags: Vec<Name>,
    /// The manager's own.
    pub data: Vec<u8>,
}

/// A token in its basket.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Placed {
    /// The token.
    pub token: Token,
    /// The topic that admitted the output.
    pub topic: u32,
    /// The output's value.
    pub satoshis: u64,
}

/// Tokens that are found, counted and summed together.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Part {
    /// All of a basket.
    Basket(Name),
    /// Those of an asset.
    Asset(Name, Name),
    /// Those of an owner.
    Owner(Name, Name),
    /// Those with a tag.
    Tag(Name, Name),
    /// Those of an asset and an owner.
    Balance(Name, Name, Name),
}

impl Token {
    /// Everything it belongs to.
    #[must_use]
    pub fn parts(&self) -> Vec<Part> {
        let mut parts = vec![Part::Basket(self.basket), Part::Asset(self.basket, self.asset)];
        if let Some(owner) = self.owner {
            parts.push(Part::Owner(self.basket, owner));
            parts.push(Part::Balance(self.basket, self.asset, owner));
        }
        parts.extend(self.tags.iter().map(|tag| Part::Tag(self.basket, tag)));
        parts
    }

    /// Every name it has.
    #[must_use]
    pub fn names(&self) -> Vec<(Kind, Name)> {
        let mut names = vec![(Kind::Basket, self.basket), (Kind::Asset, self.asset)];
        names.extend(self.owner.map(|owner| (Kind::Owner, owner)));
        names.extend(self.tags.iter().map(|tag| (Kind::Tag, *tag)));
        names
    }
}
