//! What a ticket looks like: a PushDrop token with the fields `ticket`, the event and the seat, locked by its owner's key.

use trellis_plugin::push_drop;

/// Longest name of an event, in bytes.
const EVENT_MOST: usize = 64;
/// Longest name of a seat, in bytes. With the event it still fits into a key of the topic's state.
const SEAT_MOST: usize = 32;

/// A ticket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ticket {
    pub(crate) seat: Seat,
    /// The key that locks it: who can sign with it can pass the ticket on.
    pub(crate) owner: Vec<u8>,
}

/// A seat at an event.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Seat {
    pub(crate) event: String,
    /// Row and number: `A-17`.
    pub(crate) name: String,
}

impl Seat {
    pub(crate) fn row(&self) -> &str {
        self.name.split_once('-').map_or(&self.name, |(row, _)| row)
    }

    /// The row of the topic's state that says that this seat was made.
    pub(crate) fn key(&self) -> Vec<u8> {
        [self.event.as_bytes(), &[0], self.name.as_bytes()].concat()
    }
}

impl std::fmt::Display for Seat {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "seat {} of {}", self.name, self.event)
    }
}

/// The ticket in a locking script, if it is one.
pub(crate) fn read(locking_script: &[u8]) -> Option<Ticket> {
    let token = push_drop::decode(locking_script)?;
    let &[b"ticket", event, seat] = token.fields.as_slice() else { return None };
    let seat = Seat { event: text(event, EVENT_MOST)?, name: text(seat, SEAT_MOST)? };
    Some(Ticket { seat, owner: token.locking_public_key.to_vec() })
}

fn text(bytes: &[u8], most: usize) -> Option<String> {
    let text = std::str::from_utf8(bytes).ok()?;
    let fits = !text.is_empty() && text.len() <= most && !text.contains(char::is_control);
    fits.then(|| text.to_owned())
}

/// Scripts for tests.
#[cfg(test)]
pub(crate) mod testing {
    /// Short pushes and a PushDrop around them, as `@bsv/sdk` writes it.
    pub(crate) fn script(owner: &[u8; 33], fields: &[&str]) -> Vec<u8> {
        let mut script = [&[33], owner.as_slice(), &[0xac]].concat();
        for field in fields {
            script.push(field.len() as u8);
            script.extend_from_slice(field.as_bytes());
        }
        script.extend(fields.iter().map(|_| 0x75));
        script
    }

    pub(crate) fn ticket(owner: &[u8; 33], seat: &str) -> Vec<u8> {
        script(owner, &["ticket", "concert", seat])
    }
}

#[cfg(test)]
mod tests {
    use super::testing::script;
    use super::*;

    const OWNER: [u8; 33] = [2; 33];

    #[test]
    fn a_ticket_is_read() {
        let ticket = read(&script(&OWNER, &["ticket", "concert", "A-17"])).unwrap();
        assert_eq!(ticket.owner, OWNER);
        assert_eq!(ticket.seat.to_string(), "seat A-17 of concert");
        assert_eq!(ticket.seat.row(), "A");
    }

    #[test]
    fn anything_else_is_no_ticket() {
        let long = "x".repeat(SEAT_MOST + 1);
        for fields in [
            &["ticket", "concert"][..],
            &["ticket", "concert", "A-17", "more"],
            &["tickets", "concert", "A-17"],
            &["ticket", "concert", &long],
            &["ticket", "con\ncert", "A-17"],
        ] {
            assert_eq!(read(&script(&OWNER, fields)), None, "{fields:?}");
        }
        assert_eq!(read(&[0x51]), None);
    }
}
