//! Assets: tokens with the fields `asset`, the asset's id and its price. A price of 0 means that it is not for sale.

use trellis_plugin::Transaction;

use crate::token;

/// Longest id of an asset, in bytes: a key of the topic's state.
const ID_MOST: usize = 100;

/// An asset token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Asset {
    /// The key that locks it.
    pub(crate) owner: Vec<u8>,
    pub(crate) id: String,
    /// What the owner wants for it.
    pub(crate) price: Option<u64>,
}

/// The asset in a locking script, if it is one.
pub(crate) fn read(locking_script: &[u8]) -> Option<Asset> {
    let (owner, fields) = token::read(locking_script, "asset")?;
    let &[id, price] = fields.as_slice() else { return None };
    let fits = (1..=ID_MOST).contains(&id.len()) && !id.contains(char::is_control);
    let price = Some(token::number(price)?).filter(|price| *price > 0);
    fits.then(|| Asset { owner, id: id.to_owned(), price })
}

/// The asset that an input spends.
pub(crate) fn spent(transaction: &Transaction, input: u32) -> Option<Asset> {
    read(&transaction.spent_output(input)?.locking_script)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::testing::{asset, money, script};

    #[test]
    fn an_asset_is_read_with_its_price() {
        let listed = Asset { owner: vec![2; 33], id: "painting".into(), price: Some(250) };
        assert_eq!(read(&asset(&[2; 33], "painting", "250")), Some(listed.clone()));
        assert_eq!(read(&asset(&[2; 33], "painting", "0")), Some(Asset { price: None, ..listed }));
        assert_eq!(read(&asset(&[2; 33], "painting", "cheap")), None);
        assert_eq!(read(&script(&[2; 33], &["asset", "painting"])), None);
        assert_eq!(read(&money(&[2; 33], "250")), None);
    }
}
