//! Every number of this crate, with its reason.
//!
//! A limit that is exactly met works; exceeded by one it is refused. The limits an operator may change are the
//! defaults of [`Policy`](crate::verify::Policy); the others are properties of a format or of the network.

/// Satoshis that can ever exist, 21 million coins: the network refuses an output, a sum of outputs or a sum of inputs
/// above it (`MAX_MONEY` of the node), and so every sum of values fits in 64 bits.
pub const MAX_SATOSHIS: u64 = 2_100_000_000_000_000;

/// Lock times below this are block heights, from it on they are Unix seconds (the node's `LOCKTIME_THRESHOLD`).
pub const LOCK_TIME_IS_A_TIME_FROM: u32 = 500_000_000;

/// The sequence number that makes an input final. A transaction whose inputs all carry it ignores its lock time.
pub const FINAL_SEQUENCE: u32 = u32::MAX;

/// Headers whose median time is the clock of time locks (the node's `nMedianTimeSpan`).
pub const MEDIAN_TIME_SPAN: u32 = 11;

/// Blocks a coinbase output must rest before it may be spent (the node's `COINBASE_MATURITY`), counting the block that
/// spends it.
pub const COINBASE_MATURITY: u32 = 100;

/// Levels of a merkle tree a BUMP may have (BRC-74: "max 64").
pub const MAX_TREE_HEIGHT: u8 = 64;

/// Entries of one BEEF: the unproven ancestors, one proven parent for each of the inputs, and room for a client that
/// sends history along. Without it, 32 MiB of smallest transactions would take ten times their size in memory.
pub const MAX_BEEF_TRANSACTIONS: u64 = 25_000;

/// BUMPs of one BEEF: at most one for each of its transactions is of any use.
pub const MAX_BEEF_BUMPS: u64 = MAX_BEEF_TRANSACTIONS;

/// Bytes of one raw transaction: the host's bound for a whole request body; positions inside fit in 32 bits.
pub const MAX_TRANSACTION_BYTES: usize = 32 * 1024 * 1024;

/// Bytes of one BEEF written by [`assemble`](crate::assemble::assemble): what the host itself accepts as a body, so
/// that every answer can be submitted to another host.
pub const MAX_ASSEMBLED_BYTES: usize = 32 * 1024 * 1024;

/// Satoshis per 1,000 bytes an unproven transaction must pay: the usual policy of ARC, so that what is admitted here is
/// not refused there for its fee.
pub const DEFAULT_MIN_FEE_RATE: u64 = 1;

/// Unproven ancestors behind one subject. Each costs at least one signature check; the network's own default limit for
/// chains in its mempool is of the same order.
pub const DEFAULT_MAX_UNPROVEN_ANCESTORS: usize = 1_000;

/// Inputs over all transactions that have to be judged: at 50 µs for one standard input, a second of CPU.
pub const DEFAULT_MAX_INPUTS: usize = 20_000;

/// Signature checks over all transactions that have to be judged: at 40 to 100 µs for one, 0.2 s of CPU.
pub const DEFAULT_MAX_SIGNATURE_CHECKS: u64 = 2_000;

/// Bytes of one script that is executed. A signature check in the interpreter hashes its script anew, so cost grows
/// with the square of the size: 1,000 checks in 109 kB took 1.7 s.
pub const DEFAULT_MAX_SCRIPT_BYTES: usize = 10_000;

/// Depth to which IFs may be nested in one script. The interpreter walks the open IFs at every opcode: 10,000 took
/// 0.33 s, 30,000 between 2 and 7 s.
pub const DEFAULT_MAX_IF_DEPTH: usize = 2_000;

/// Work the interpreter may do for one BEEF: one unit for each byte hashed, [`OPCODE_WORK`] for each opcode that is no
/// push, and more for the costly ones: [`NUMBER_OPCODE_WORK`], [`SIGNATURE_BYTE_WORK`]. A second or two of CPU at worst.
pub const DEFAULT_MAX_WORK: u64 = 100_000_000;

/// Bytes both stacks of one script may take, 32 of them for each element: bounds the operands of one opcode, which
/// cannot be interrupted. 10,000 bytes of script can push 320,000 bytes of empty elements, and that must work.
pub const DEFAULT_MAX_STACK_BYTES: usize = 400_000;

/// Work charged in advance for every opcode that is no push: it may copy an operand of half the stack's bytes, which
/// the interpreter itself counts as one unit.
pub const OPCODE_WORK: u64 = 1_000;

/// Work charged in advance for each signature check and each byte of its scripts, which the interpreter takes apart and
/// puts together anew for every check: 1,000 checks in 109 kB took 1.7 s, as long as hashing ten times those bytes.
pub const SIGNATURE_BYTE_WORK: u64 = 10;

/// Work charged in advance for an opcode that multiplies, divides or shifts numbers, up to 10,000 bytes long by the
/// network's policy, because the interpreter counts it as one unit whatever its operands.
pub const NUMBER_OPCODE_WORK: u64 = 100_000;

/// Names of missing transactions an error carries; the rest are counted.
pub const MAX_NAMED_MISSING: usize = 32;

/// Characters of a key id, counted in UTF-16 units (BRC-43 by way of `@bsv/sdk`): a longer one derives a key that no
/// client can derive.
pub const MAX_KEY_ID_LENGTH: usize = 800;

/// Characters a protocol's name has at least (BRC-43).
pub const MIN_PROTOCOL_NAME_LENGTH: usize = 5;

/// Characters of a protocol's name (BRC-43 by way of `@bsv/sdk`).
pub const MAX_PROTOCOL_NAME_LENGTH: usize = 400;

/// Characters of the name `specific linkage revelation <level> <name>`, which holds another protocol's name.
pub const MAX_LINKAGE_PROTOCOL_NAME_LENGTH: usize = 430;

/// Bytes of the name of a certificate's field (BRC-52: "1 to 50 UTF-8 bytes").
pub const MAX_CERTIFICATE_FIELD_NAME_BYTES: usize = 50;

/// Fields of one certificate: each revealed one costs two multiplications on the curve and two decryptions. A
/// description of a person or a firm has about a dozen.
pub const MAX_CERTIFICATE_FIELDS: u64 = 64;

/// Bytes of base64 in one value of a certificate or of its keyring: a portrait of 48 kB; with every field at its limit
/// a certificate has 4 MiB.
pub const MAX_CERTIFICATE_VALUE_BYTES: usize = 64 * 1024;
