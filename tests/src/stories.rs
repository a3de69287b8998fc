//! The load of the four examples, carried by one host at once, and what must be true of a host that carries it.
//!
//! The plugins and their configuration are those of `examples/`; who acts are threads of the test, so that a seed tells the story.
//!
//! | module | one job |
//! |---|---|
//! | [`setup`] | a host with all four, and who is who |
//! | [`deed`] | a transaction, and what its outputs are to the examples |
//! | [`desk`] | where deeds are handed in, and what was said of them |
//! | [`network`] | what the network says of them |
//! | [`tickets`], [`marketplace`], [`supply_chain`], [`ledger`] | what people do, right and wrong, until the host is gone |
//! | [`log`] | the host's events, read for what they say is true |
//! | [`book`] | everything that was handed in, and what must come of it |
//! | [`held`] | everything the host says it holds, counted again |

pub mod book;
pub mod deed;
pub mod desk;
pub mod held;
pub mod ledger;
pub mod log;
pub mod marketplace;
pub mod network;
pub mod setup;
pub mod supply_chain;
pub mod tickets;
