//! How much one call may ask for.

/// Most tags in one list of a filter: as many as a token can have.
pub const MAX_FILTER_TAGS: usize = crate::domain::basket::MAX_TAGS;

/// Most entries of a page. A token has up to 4 KB with its tags and data, so a page stays below 4 MB.
pub const MAX_PAGE: usize = 1_000;

/// Entries of a page where nobody says how many.
pub const DEFAULT_PAGE: usize = 100;

/// Most rows that one page looks at. Where a filter fits few of what its narrowest index lists, a page ends here, short or even
/// empty, with a cursor to go on from: some 20 milliseconds.
pub const MAX_PAGE_READS: usize = 5_000;

/// Most requirements of one call of organise: two sides of a swap with a fee, for several assets.
pub const MAX_REQUIREMENTS: usize = 16;

/// Most tokens that one call of organise or take chooses: a transaction with more inputs is rarely wanted, and its BEEF is read
/// at once.
pub const MAX_ORGANISED_TOKENS: usize = 1_000;

/// Most tokens that one call of organise or take looks at before it says that the filter is too wide. Enough for every token
/// that clients can have had kept for themselves to be passed over.
pub const MAX_ORGANISE_READS: usize = 20_000;

/// Most tokens of one reservation: they are listed in one row, which must stay below what the store takes in one value.
pub const MAX_RESERVED_TOKENS: usize = 100;

/// Longest reservation, in seconds: somebody at a counter has paid by then.
pub const MAX_RESERVATION_SECONDS: u64 = 15 * 60;

/// Most reservations of one client at the same time, so that none can keep a shop's shelf empty.
pub const MAX_RESERVATIONS: usize = 20;

/// Reservations that one commit lets go of: with all their rows far below what a commit may write.
pub const SWEPT_AT_ONCE: usize = 64;
