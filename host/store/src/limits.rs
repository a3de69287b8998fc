//! Every number of the store, with its reason.

/// Longest key handed to sled, in bytes. An index node of sled holds up to 256 keys and must stay below a quarter of its
/// 512 KiB segment, or it goes to a file that sled never syncs.
pub const MAX_KEY_BYTES: usize = 256;

/// Longest value handed to sled, in bytes.
///
/// A leaf above a quarter of sled's 512 KiB segment goes to a file in `blobs/` that is never synced: such a store does not
/// open after a power cut. A leaf splits above 16 entries, and one with fewer than 4 is merged into its neighbour, so 20
/// entries can meet in one: 20 × (6,200 + a key of 256) bytes stay below 131,072.
pub const MAX_VALUE_BYTES: usize = 6_200;

/// Bytes of one chunk of whatever is too long for one value, well inside [`MAX_VALUE_BYTES`].
pub const CHUNK_BYTES: usize = 4_096;

/// Bytes of a plan, encoded: keys and rows written, keys expected, adjustments, event. Readers wait while a commit goes in:
/// measured (`cargo run --release -p trellis-store --example commit_cost`), 0.3 to 0.5 s for 15 MB of the largest state rows,
/// 0.4 s for 20,000 new spends, the most inputs the door lets through, which take about 2 MB.
pub const MAX_PLAN_BYTES: usize = 16 << 20;

/// Longest content in bytes: no transaction is longer than the largest request body (32 MiB).
pub const MAX_CONTENT_BYTES: usize = 32 << 20;

/// Longest name that can be interned, in bytes: its key must fit beside its prefix.
pub const MAX_INTERNED_NAME_BYTES: usize = 200;

/// Plans that may wait for the writer by default. sled has no back-pressure of its own: 30,000 transactions nobody waited
/// for took seconds to flush, 370,000 stalled every reader for 47 seconds.
pub const DEFAULT_QUEUE: usize = 128;

/// Commits that share one flush and one sync at most. Beyond that the gain per commit is nothing, and the first of the group
/// would wait for the last.
pub const MAX_GROUP: usize = 64;

/// Content bytes put ahead of commits after which the putting thread waits for a flush: contents too have no
/// back-pressure inside sled.
pub const CONTENT_BYTES_BEFORE_FLUSH: u64 = 8 << 20;

/// Contents put but not committed that a process remembers so as not to sweep them, 4 MB of memory. When there are more,
/// all are forgotten: a commit that names a content swept meanwhile is refused, nothing is lost.
pub const MAX_RECENT_CONTENTS: usize = 100_000;

/// Sequences whose before-images are kept by default.
pub const DEFAULT_HORIZON: u64 = 10_000;

/// Rows one pruning step may look at: the writer is busy with it for some milliseconds.
pub const PRUNE_ROWS: usize = 512;

/// Sequences that pruning lets pile up, so that a step is worth its bookkeeping, but no more than the horizon divided by
/// [`PRUNE_LAG_SHARE`].
pub const PRUNE_LAG: u64 = 32;

/// See [`PRUNE_LAG`].
pub const PRUNE_LAG_SHARE: u64 = 8;

/// Sequences pruning gives up at a time. A batch takes the time of three groups (its `oldest` is written, then synced, then
/// the rows go), so this is more than three times [`MAX_GROUP`]: pruning keeps up with commits.
pub const PRUNE_SEQUENCES: u64 = 512;

/// sled's page cache in bytes by default. Resident memory is about 2.5 times as much.
pub const DEFAULT_CACHE_BYTES: u64 = 256 << 20;

/// sled's own flush interval. It is the only caller of sled's garbage collection and must never be switched off.
pub const FLUSH_EVERY_MS: u64 = 500;

/// Size of the ballast file in bytes by default: sled cannot open on a full disk because it writes a snapshot; giving the
/// ballast up makes room for that.
pub const DEFAULT_BALLAST_BYTES: u64 = 64 << 20;

/// Free bytes below which nothing is written by default: sled's log still has to be collected and rewritten.
pub const DEFAULT_FREE_FLOOR_BYTES: u64 = 256 << 20;

/// How long another process may hold the lock before opening gives up, in milliseconds. A process that was just killed
/// still holds it while it exits.
pub const LOCK_WAIT_MS: u64 = 10_000;

/// Pause between two attempts at the lock, in milliseconds.
pub const LOCK_RETRY_MS: u64 = 100;

/// Least milliseconds between two writes of the high-water file: each costs two syncs of its own.
pub const HIGH_WATER_INTERVAL_MS: u64 = 1_000;

/// Findings a check lists; the rest are counted. A store with more is to be restored, not mended.
pub const MAX_FINDINGS: usize = 1_000;
