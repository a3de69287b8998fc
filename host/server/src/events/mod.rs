//! Subscriptions: every durable commit told to whoever listens, whole and in order.
//!
//! One thread follows the log and encodes each event once; the last ones lie in a ring that all subscribers read from. Each
//! subscriber is a cursor and nothing more: it takes from the ring when its socket takes from it, and where it has fallen
//! behind the ring it reads pages of the log, at its own cost. So a subscriber that reads nothing holds no more than
//! [`subscription::BATCH_BYTES`] and what its connection buffers, until the connection is given up; its cursor is the last
//! event it got, and there it can go on.
//!
//! | module | one job |
//! |---|---|
//! | [`rights`] | what a reader may be told besides what is open to everybody |
//! | [`encode`] | an event in the words of the wire |
//! | [`told`] | an encoded event, its bytes shared by all who are told |
//! | [`ring`] | the last events |
//! | [`feed`] | the ring, how far it is, and how many listen |
//! | [`follow`] | the thread that follows the log |
//! | [`subscription`] | one subscriber's cursor |

pub mod encode;
pub mod feed;
pub mod follow;
pub mod rights;
pub mod ring;
pub mod subscription;
pub mod told;
