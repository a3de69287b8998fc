//! What the whole-system tests stand on: the real binary on free ports, real transactions, a scripted network.
//!
//! | module | one job |
//! |---|---|
//! | [`binary`] | where the `trellis` under test is |
//! | [`ports`] | ports nobody else will take |
//! | [`configuration`] | the host's configuration file |
//! | [`host`] | a running host: start, wait, `kill -9`, start again, audit |
//! | [`client`] | HTTP, and what the answers mean |
//! | [`door`] | refusals that leave nothing behind |
//! | [`world`] | a chain whose headers a host reads, and coins on it |
//! | [`evidence`] | who stands behind a submission, as JSON |
//! | [`hostile`] | the family of hostile plugins, and how each member is caught |
//! | [`tokens`] | transactions the first-party plugins care about |
//! | [`arc`] | an ARC that answers as scripted and remembers what it was sent |
//! | [`power`] | power cuts, replayed from recorded file-system calls |
//! | [`replay`] | what a component would have decided of what a host decided |
//! | [`soak`] | how much of everything: a CI run or a soak |
//! | [`subscriber`] | subscribers to a host's events |
//! | [`audience`] | subscribers that come back with what they got last |
//! | [`stories`] | the load of the examples, and what must be true of a host that carries it |
//! | [`authored`] | plugins as their authors make them, in every language |
//! | [`sdk`] | the unmodified `@bsv/sdk` under Node |
//! | [`promises`] | files of promises in JavaScript, kept against a host that can be killed |
//! | [`conventions`] | what every file of the workspace keeps to |

pub mod arc;
pub mod audience;
pub mod authored;
pub mod binary;
pub mod client;
pub mod configuration;
pub mod conventions;
pub mod door;
pub mod evidence;
pub mod host;
pub mod hostile;
pub mod ports;
pub mod power;
pub mod promises;
pub mod replay;
pub mod sdk;
pub mod soak;
pub mod stories;
pub mod subscriber;
pub mod tokens;
pub mod world;
