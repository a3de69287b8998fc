//! Transactions and their parts, as a plugin sees them.

use std::fmt;
use std::str::FromStr;

/// A transaction id: 32 bytes in display order, so that hex-encoding them gives the id people read. (Inside raw
/// transactions the same bytes stand the other way round.) As text it has 64 hexadecimal digits.
///
/// ```
/// use trellis_plugin::Txid;
///
/// let txid: Txid = "a477af6b2667c29670467e4e0728b685ee07b240235771862318e29ddbe58458".parse()?;
/// assert_eq!(txid.as_bytes()[..2], [0xa4, 0x77]);
/// assert!(txid.to_string().starts_with("a477af6b"));
/// assert_eq!(Txid::try_from(&txid.0[..]), Ok(txid));
/// # Ok::<(), trellis_plugin::MalformedIdentifier>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Txid(pub [u8; 32]);

impl Txid {
    /// The 32 bytes, in display order.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Txid {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

impl fmt::Debug for Txid {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

/// Text or bytes that are no transaction id and no outpoint, with what would be one. `?` turns it into a
/// [`Refusal`](crate::Refusal).
///
/// ```
/// use trellis_plugin::{Outpoint, Refusal};
///
/// fn asked_for(query: &str) -> Result<Outpoint, Refusal> {
///     Ok(query.parse()?)
/// }
/// assert_eq!(asked_for("a477").unwrap_err().text(), "an outpoint is \"<transaction id>.<output index>\"");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MalformedIdentifier(&'static str);

const TXID_FORM: &str = "a transaction id is 64 hexadecimal digits (32 bytes)";
const OUTPOINT_FORM: &str = "an outpoint is \"<transaction id>.<output index>\"";

impl fmt::Display for MalformedIdentifier {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0)
    }
}

impl std::error::Error for MalformedIdentifier {}

impl From<MalformedIdentifier> for crate::Refusal {
    fn from(error: MalformedIdentifier) -> Self {
        error.0.into()
    }
}

impl FromStr for Txid {
    type Err = MalformedIdentifier;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digit = |byte: u8| (byte as char).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        let (pairs, rest) = text.as_bytes().as_chunks::<2>();
        let mut bytes = [0; 32];
        if pairs.len() != bytes.len() || !rest.is_empty() {
            return Err(MalformedIdentifier(TXID_FORM));
        }
        for (byte, &[high, low]) in bytes.iter_mut().zip(pairs) {
            *byte =
                digit(high).zip(digit(low)).map(|(high, low)| high << 4 | low).ok_or(MalformedIdentifier(TXID_FORM))?;
        }
        Ok(Self(bytes))
    }
}

impl TryFrom<&[u8]> for Txid {
    type Error = MalformedIdentifier;

    fn try_from(bytes: &[u8]) -> Result<Self, Self::Error> {
        bytes.try_into().map(Self).map_err(|_| MalformedIdentifier(TXID_FORM))
    }
}

/// One output of one transaction. Written and read as `<txid>.<output index>`, the index in decimal.
///
/// ```
/// use trellis_plugin::Outpoint;
///
/// let text = "a477af6b2667c29670467e4e0728b685ee07b240235771862318e29ddbe58458.2";
/// let outpoint: Outpoint = text.parse()?;
/// assert_eq!(outpoint.output_index, 2);
/// assert_eq!(outpoint.to_string(), text);
/// # Ok::<(), trellis_plugin::MalformedIdentifier>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Outpoint {
    /// The transaction.
    pub txid: Txid,
    /// Which of its outputs; the first is 0.
    pub output_index: u32,
}

impl Outpoint {
    /// Length of [`Outpoint::to_bytes`], in bytes.
    pub const LENGTH: usize = 36;

    /// A key for [`state`](crate::state): the transaction id (32 bytes, display order) and the index (4 bytes,
    /// big-endian, so that outputs of one transaction sort).
    ///
    /// ```
    /// use trellis_plugin::{Outpoint, Txid};
    ///
    /// let outpoint = Outpoint { txid: Txid([7; 32]), output_index: 258 };
    /// let key = outpoint.to_bytes();
    /// assert_eq!(key.len(), Outpoint::LENGTH);
    /// assert_eq!(key[32..], [0, 0, 1, 2]);
    /// assert_eq!(Outpoint::from_bytes(&key), Some(outpoint));
    /// ```
    pub fn to_bytes(self) -> [u8; Self::LENGTH] {
        let mut bytes = [0; Self::LENGTH];
        let (txid, index) = bytes.split_at_mut(32);
        txid.copy_from_slice(&self.txid.0);
        index.copy_from_slice(&self.output_index.to_be_bytes());
        bytes
    }

    /// The reverse of [`Outpoint::to_bytes`]; `None` where there are not exactly [`Outpoint::LENGTH`] bytes.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (txid, index) = bytes.split_first_chunk::<32>()?;
        Some(Self { txid: Txid(*txid), output_index: u32::from_be_bytes(index.try_into().ok()?) })
    }
}

impl fmt::Display for Outpoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}", self.txid, self.output_index)
    }
}

impl FromStr for Outpoint {
    type Err = MalformedIdentifier;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (txid, index) = text.split_once('.').ok_or(MalformedIdentifier(OUTPOINT_FORM))?;
        let plain = !index.is_empty() && index.bytes().all(|byte| byte.is_ascii_digit());
        let output_index = index.parse().ok().filter(|_| plain).ok_or(MalformedIdentifier(OUTPOINT_FORM))?;
        Ok(Self { txid: txid.parse()?, output_index })
    }
}

/// What an output holds.
///
/// ```
/// use trellis_plugin::{Output, push_drop};
///
/// /// Whether an output is a token: one satoshi, locked by a PushDrop script.
/// fn is_token(output: &Output) -> bool {
///     output.satoshis == 1 && push_drop::decode(&output.locking_script).is_some()
/// }
/// assert!(!is_token(&Output { satoshis: 1, locking_script: vec![0x51] }));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Output {
    /// Its value, in satoshis: at most 2,100,000,000,000,000 (all there will ever be).
    pub satoshis: u64,
    /// The script that locks it: raw bytes, to be read with [`push_drop`](crate::push_drop) and [`script`](crate::script).
    pub locking_script: Vec<u8>,
}

/// One input, with the output it spends.
///
/// ```
/// use trellis_plugin::{Input, Outpoint, Output, Txid};
///
/// let input = Input {
///     source: Outpoint { txid: Txid([7; 32]), output_index: 0 },
///     source_output: Some(Output { satoshis: 500, locking_script: vec![0x51] }),
///     unlocking_script: vec![],
///     sequence: 0xffff_ffff,
/// };
/// assert_eq!(input.source_output.as_ref().map(|spent| spent.satoshis), Some(500));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// The outpoint it spends.
    pub source: Outpoint,
    /// The output it spends. Always there for previous coins and for every input of an unproven transaction; absent
    /// only where a proven transaction spends something this host has never seen.
    pub source_output: Option<Output>,
    /// The script that unlocks it, raw bytes.
    pub unlocking_script: Vec<u8>,
    /// The sequence number; 0xffff_ffff is final.
    pub sequence: u32,
}

/// A transaction the host has verified: scripts, signatures and fees of what nobody has mined yet, and the proofs of what
/// somebody has. Its raw bytes, at most 32 MiB, come from [`context::raw_transaction`](crate::context::raw_transaction).
///
/// ```
/// use trellis_plugin::{Input, Outpoint, Output, Transaction, Txid};
///
/// let ticket = Output { satoshis: 1, locking_script: vec![0x51] };
/// let source = Outpoint { txid: Txid([1; 32]), output_index: 0 };
/// let input = Input { source, source_output: Some(ticket.clone()), unlocking_script: vec![], sequence: 0xffff_ffff };
/// let outputs = vec![ticket.clone(), Output::default()];
/// let transaction = Transaction { txid: Txid([2; 32]), version: 1, inputs: vec![input], outputs, lock_time: 0 };
///
/// assert_eq!(transaction.output(0), Some(&ticket));
/// assert_eq!(transaction.input(0).map(|input| input.source), Some(source));
/// assert_eq!(transaction.spent_output(0), Some(&ticket));
/// assert_eq!((transaction.output(2), transaction.spent_output(1)), (None, None));
/// let worth_something = transaction.indexed_outputs().filter(|(_, output)| output.satoshis > 0);
/// assert_eq!(worth_something.map(|(index, _)| index).collect::<Vec<_>>(), [0]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transaction {
    /// Its id.
    pub txid: Txid,
    /// The version field; 1 or 2, usually.
    pub version: u32,
    /// The inputs, in order.
    pub inputs: Vec<Input>,
    /// The outputs, in order.
    pub outputs: Vec<Output>,
    /// The lock-time field: 0 for none, a block height below 500,000,000, else seconds since 1970-01-01 UTC.
    pub lock_time: u32,
}

impl Transaction {
    /// The output at an index; the first is 0.
    pub fn output(&self, index: u32) -> Option<&Output> {
        self.outputs.get(usize::try_from(index).ok()?)
    }

    /// The input at an index; the first is 0.
    pub fn input(&self, index: u32) -> Option<&Input> {
        self.inputs.get(usize::try_from(index).ok()?)
    }

    /// The output that an input spends, where this host has it.
    pub fn spent_output(&self, input: u32) -> Option<&Output> {
        self.input(input)?.source_output.as_ref()
    }

    /// The outputs with their indices.
    pub fn indexed_outputs(&self) -> impl Iterator<Item = (u32, &Output)> {
        (0u32..).zip(&self.outputs)
    }

    /// Whether it spends a plain coin (P2PKH) of this public key, and so was signed by it: the host has verified the
    /// signature. The key in the form in which it is hashed: usually its 33 bytes. One host call.
    ///
    /// The cheapest way for somebody to stand behind a transaction: they add a coin of theirs.
    ///
    /// ```
    /// use trellis_plugin::{Refusal, Transaction, refuse};
    ///
    /// /// An issuer stands behind what it issues.
    /// fn is_issued(transaction: &Transaction, issuer: &[u8; 33]) -> Result<(), Refusal> {
    ///     if !transaction.spends_coin_of(issuer) {
    ///         refuse!("the issuer must spend a coin of its own in the same transaction");
    ///     }
    ///     Ok(())
    /// }
    /// # use trellis_plugin::{Input, Outpoint, Output, Txid, crypto};
    /// # let locking_script = [&[0x76, 0xa9, 20][..], &crypto::hash160(&[2; 33]), &[0x88, 0xac]].concat();
    /// # let source = Outpoint { txid: Txid([1; 32]), output_index: 0 };
    /// # let source_output = Some(Output { satoshis: 500, locking_script });
    /// # let inputs = vec![Input { source, source_output, unlocking_script: vec![], sequence: 0xffff_ffff }];
    /// # let transaction = Transaction { txid: Txid([2; 32]), version: 1, inputs, outputs: vec![], lock_time: 0 };
    /// assert!(is_issued(&transaction, &[2; 33]).is_ok());
    /// assert!(is_issued(&transaction, &[3; 33]).is_err());
    /// ```
    pub fn spends_coin_of(&self, public_key: &[u8]) -> bool {
        let hash = crate::crypto::hash160(public_key);
        let mut sources = self.inputs.iter().filter_map(|input| input.source_output.as_ref());
        sources.any(|output| crate::script::paid_key_hash(&output.locking_script) == Some(hash))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outpoint_survives_text_and_bytes() {
        let outpoint = Outpoint { txid: Txid([0xab; 32]), output_index: 7 };
        assert_eq!(outpoint.to_string(), format!("{}.7", "ab".repeat(32)));
        assert_eq!(outpoint.to_string().parse(), Ok(outpoint));
        assert_eq!(Outpoint::from_bytes(&outpoint.to_bytes()), Some(outpoint));
        assert_eq!(Outpoint::from_bytes(&outpoint.to_bytes()[1..]), None);
    }

    #[test]
    fn malformed_identifiers_are_refused_in_words() {
        for text in ["", "ab", "zz", &"ab".repeat(33), &format!("{}g", "a".repeat(63)), "€".repeat(32).as_str()] {
            assert_eq!(text.parse::<Txid>(), Err(MalformedIdentifier(TXID_FORM)), "{text}");
        }
        let txid = "ab".repeat(32);
        for text in
            [txid.clone(), format!("{txid}."), format!("{txid}.-1"), format!("{txid}.+1"), format!("{txid}.4294967296")]
        {
            assert_eq!(text.parse::<Outpoint>(), Err(MalformedIdentifier(OUTPOINT_FORM)), "{text}");
        }
    }
}
