//! Rows about the network: what it is to be told and what it said.

use trellis_engine::domain::row::{OutboxRow, OutboxState, StatusRow};
use trellis_engine::domain::status::{NetworkWord, Status};

use super::RecordError;
use super::codec::{Reader, put_bytes, put_list, put_number, put_option, put_stamp};

pub(super) fn put_outbox(out: &mut Vec<u8>, row: &OutboxRow) {
    out.push(match row.state {
        OutboxState::Pending => 0,
        OutboxState::Refused => 1,
    });
    put_stamp(out, row.queued);
    put_number(out, row.position);
    put_number(out, row.attempts);
    put_number(out, row.next_attempt.0);
    put_list(out, &row.parents, |out, parent| out.extend_from_slice(parent.internal()));
}

pub(super) fn outbox(reader: &mut Reader<'_>) -> Result<OutboxRow, RecordError> {
    Ok(OutboxRow {
        state: match reader.byte("outbox state")? {
            0 => OutboxState::Pending,
            1 => OutboxState::Refused,
            tag => return Err(RecordError::UnknownTag { what: "outbox state", tag }),
        },
        queued: reader.stamp("queued")?,
        position: reader.number("position")?,
        attempts: reader.number("attempts")?,
        next_attempt: reader.timestamp("next attempt")?,
        parents: reader.list("parents", |reader| reader.txid("parent"))?,
    })
}

/// Appends a transaction's state with the network.
pub(super) fn put_state(out: &mut Vec<u8>, status: Status) {
    match status {
        Status::Admitted => out.push(0),
        Status::Broadcast => out.push(1),
        Status::Seen => out.push(2),
        Status::Mined(height) => {
            out.push(3);
            put_number(out, height);
        }
        Status::Rejected => out.push(4),
        Status::Contested => out.push(5),
    }
}

pub(super) fn state(reader: &mut Reader<'_>) -> Result<Status, RecordError> {
    Ok(match reader.byte("status")? {
        0 => Status::Admitted,
        1 => Status::Broadcast,
        2 => Status::Seen,
        3 => Status::Mined(reader.number("height")?),
        4 => Status::Rejected,
        5 => Status::Contested,
        tag => return Err(RecordError::UnknownTag { what: "status", tag }),
    })
}

pub(super) fn put_status(out: &mut Vec<u8>, row: &StatusRow) {
    put_state(out, row.status);
    put_stamp(out, row.since);
    put_option(out, row.word.as_ref(), |out, word| {
        put_bytes(out, word.broadcaster.as_bytes());
        put_number(out, word.code);
        put_bytes(out, word.text.as_bytes());
        put_number(out, word.at.0);
    });
}

pub(super) fn status(reader: &mut Reader<'_>) -> Result<StatusRow, RecordError> {
    Ok(StatusRow {
        status: state(reader)?,
        since: reader.stamp("since")?,
        word: reader.option("network's word", |reader| {
            Ok(NetworkWord {
                broadcaster: reader.text("broadcaster")?,
                code: reader.number("code")?,
                text: reader.text("network's words")?,
                at: reader.timestamp("at")?,
            })
        })?,
    })
}
