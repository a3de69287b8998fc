//! What a contract looks like: a PushDrop token with the fields `contract`, its id, the terms, the identity keys of seller and buyer in
//! hexadecimal, and how far it has come.

use trellis_plugin::identity::IdentityKey;
use trellis_plugin::push_drop;

/// Longest id of a contract, in bytes: a key of the topic's state.
const ID_MOST: usize = 100;
/// Longest terms, and longest word about how far it has come, in bytes.
const TEXT_MOST: usize = 10_000;

/// A contract, as far as it has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Contract {
    pub(crate) id: String,
    pub(crate) terms: String,
    pub(crate) seller: IdentityKey,
    pub(crate) buyer: IdentityKey,
    /// `agreed`, then whatever both say of it.
    pub(crate) step: String,
}

/// How far a contract has come that begins.
pub(crate) const AGREED: &str = "agreed";

/// The contract in a locking script, if it is one.
pub(crate) fn read(locking_script: &[u8]) -> Option<Contract> {
    let token = push_drop::decode(locking_script)?;
    let &[b"contract", id, terms, seller, buyer, step] = token.fields.as_slice() else { return None };
    let text = |bytes: &[u8]| std::str::from_utf8(bytes).ok().filter(|text| text.len() <= TEXT_MOST).map(str::to_owned);
    let key = |hexadecimal: &[u8]| Some(IdentityKey(hex::decode(hexadecimal).ok()?.try_into().ok()?));
    let id = text(id).filter(|id| (1..=ID_MOST).contains(&id.len()) && !id.contains(char::is_control))?;
    Some(Contract { id, terms: text(terms)?, seller: key(seller)?, buyer: key(buyer)?, step: text(step)? })
}

impl Contract {
    /// Whether this is what became of `before`: the same but for how far it has come.
    pub(crate) fn continues(&self, before: &Self) -> bool {
        let Self { id, terms, seller, buyer, step } = self;
        (id, terms, seller, buyer) == (&before.id, &before.terms, &before.seller, &before.buyer) && *step != before.step
    }
}

/// Scripts for tests.
#[cfg(test)]
pub(crate) mod testing {
    use trellis_plugin::identity::IdentityKey;

    pub(crate) const SELLER: IdentityKey = IdentityKey([2; 33]);
    pub(crate) const BUYER: IdentityKey = IdentityKey([3; 33]);

    /// A contract between the two.
    pub(crate) fn contract(id: &str, terms: &str, step: &str) -> Vec<u8> {
        let mut script = [&[33], [2; 33].as_slice(), &[0xac]].concat();
        let (seller, buyer) = (hex::encode(SELLER.0), hex::encode(BUYER.0));
        for field in ["contract", id, terms, &seller, &buyer, step] {
            script.push(field.len() as u8);
            script.extend_from_slice(field.as_bytes());
        }
        script.extend([0x6d, 0x6d, 0x6d]);
        script
    }
}

#[cfg(test)]
mod tests {
    use super::testing::{BUYER, SELLER, contract};
    use super::*;

    #[test]
    fn a_contract_is_read_and_goes_on_with_the_same_terms() {
        let agreed = read(&contract("flour", "10 t", AGREED)).unwrap();
        assert_eq!((agreed.seller, agreed.buyer), (SELLER, BUYER));
        let delivered = read(&contract("flour", "10 t", "delivered")).unwrap();
        assert!(delivered.continues(&agreed) && !agreed.continues(&agreed));
        assert!(!read(&contract("flour", "1 t", "delivered")).unwrap().continues(&agreed));
        assert_eq!(read(&contract("", "10 t", AGREED)), None);
        assert_eq!(read(&[0x51]), None);
    }
}
