//! The topic manager: which outputs are tickets.
//!
//! A ticket that is spent may reappear once, with the same seat: it was passed on. What does not come from a spent ticket is
//! new, and only the organiser makes new ones, each seat once; the topic's state remembers which seats were made. A ticket that
//! is spent and does not reappear was torn at the door.

use std::collections::BTreeSet;

use trellis_plugin::{AdmittanceInstructions, Refusal, Submission, TopicManager, Transaction, refuse, state};

use crate::ticket::{self, Seat};
use crate::{Tickets, configured};

impl TopicManager for Tickets {
    fn identify_admissible_outputs(submission: Submission) -> Result<AdmittanceInstructions, Refusal> {
        let Submission { transaction, previous_coins, .. } = submission;
        let mut spent: BTreeSet<Seat> =
            previous_coins.iter().filter_map(|input| spent_seat(&transaction, *input)).collect();
        let mut admitted = Vec::new();
        let mut made = Vec::new();
        for (index, output) in transaction.indexed_outputs() {
            let Some(ticket) = ticket::read(&output.locking_script) else { continue };
            admitted.push(index);
            if !spent.remove(&ticket.seat) {
                made.push(ticket.seat);
            }
        }
        if admitted.is_empty() && previous_coins.is_empty() {
            return Err("no output is a ticket: a PushDrop token with the fields \"ticket\", event and seat".into());
        }
        if let Some(first) = made.first()
            && !transaction.spends_coin_of(&configured::key("organiser")?)
        {
            refuse!("{first} comes from no ticket that is spent, and only the organiser makes tickets");
        }
        made.iter().try_for_each(note)?;
        Ok(AdmittanceInstructions::admit(admitted))
    }
}

/// The seat of a spent ticket.
fn spent_seat(transaction: &Transaction, input: u32) -> Option<Seat> {
    Some(ticket::read(&transaction.spent_output(input)?.locking_script)?.seat)
}

/// Notes that a seat was made, or refuses because it was made before.
fn note(seat: &Seat) -> Result<(), Refusal> {
    if state::get(&seat.key()).is_some() {
        refuse!("{seat} exists already");
    }
    state::set(&seat.key(), &[]);
    Ok(())
}

#[cfg(test)]
mod tests {
    use trellis_plugin::{Input, Outpoint, Output, Txid, crypto, stand_in};

    use super::*;
    use crate::ticket::testing::ticket;

    const ORGANISER: [u8; 33] = [2; 33];
    const ANN: [u8; 33] = [3; 33];

    fn coin(key: &[u8; 33]) -> Vec<u8> {
        [&[0x76, 0xa9, 20][..], &crypto::hash160(key), &[0x88, 0xac]].concat()
    }

    /// Judges a transaction that spends these scripts, the tickets among them being previous coins.
    fn judge(spends: &[Vec<u8>], makes: &[Vec<u8>]) -> Result<AdmittanceInstructions, Refusal> {
        stand_in::set_config("organiser", &hex::encode(ORGANISER));
        let output = |script: &Vec<u8>| Output { satoshis: 1, locking_script: script.clone() };
        let input = |script| Input {
            source: Outpoint { txid: Txid([1; 32]), output_index: 0 },
            source_output: Some(output(script)),
            unlocking_script: Vec::new(),
            sequence: u32::MAX,
        };
        let previous_coins =
            (0..).zip(spends).filter(|(_, script)| ticket::read(script).is_some()).map(|(at, _)| at).collect();
        let transaction = Transaction {
            txid: Txid([2; 32]),
            version: 1,
            inputs: spends.iter().map(input).collect(),
            outputs: makes.iter().map(output).collect(),
            lock_time: 0,
        };
        let submission = Submission { topic: "tm_tickets".into(), transaction, previous_coins, off_chain_values: None };
        Tickets::identify_admissible_outputs(submission)
    }

    fn refusal(spends: &[Vec<u8>], makes: &[Vec<u8>]) -> String {
        judge(spends, makes).unwrap_err().to_string()
    }

    #[test]
    fn the_organiser_makes_every_seat_once() {
        stand_in::reset();
        let seats = [ticket(&ORGANISER, "A-1"), ticket(&ORGANISER, "A-2"), coin(&ORGANISER)];
        assert_eq!(judge(&[coin(&ORGANISER)], &seats), Ok(AdmittanceInstructions::admit([0, 1])));
        let text = refusal(&[coin(&ORGANISER)], &[ticket(&ORGANISER, "A-2")]);
        assert!(text.contains("seat A-2 of concert exists already"), "{text}");
        stand_in::reset();
        let text = refusal(&[coin(&ORGANISER)], &[ticket(&ORGANISER, "A-3"), ticket(&ORGANISER, "A-3")]);
        assert!(text.contains("exists already"), "{text}");
    }

    #[test]
    fn nobody_else_makes_tickets() {
        stand_in::reset();
        let text = refusal(&[coin(&ANN)], &[ticket(&ANN, "A-1")]);
        assert!(text.contains("only the organiser"), "{text}");
        assert_eq!(stand_in::state_rows(), 0);
    }

    #[test]
    fn a_ticket_is_passed_on_one_to_one() {
        stand_in::reset();
        let spends = [ticket(&ORGANISER, "A-1"), ticket(&ORGANISER, "A-2")];
        assert_eq!(
            judge(&spends, &[ticket(&ANN, "A-2"), ticket(&ANN, "A-1")]),
            Ok(AdmittanceInstructions::admit([0, 1]))
        );
        for makes in [[ticket(&ANN, "A-1"), ticket(&ANN, "A-1")], [ticket(&ANN, "A-1"), ticket(&ANN, "A-3")]] {
            let text = refusal(&spends, &makes);
            assert!(text.contains("only the organiser"), "{text}");
        }
    }

    #[test]
    fn a_torn_ticket_is_gone_and_anything_else_no_ticket() {
        stand_in::reset();
        assert_eq!(judge(&[ticket(&ANN, "A-1")], &[coin(&ANN)]), Ok(AdmittanceInstructions::default()));
        assert!(refusal(&[coin(&ANN)], &[coin(&ANN)]).contains("no output is a ticket"));
    }

    #[test]
    fn without_an_organiser_the_operator_is_named() {
        stand_in::reset();
        let is_missing = configured::key("organiser").unwrap_err();
        assert!(is_missing.text().contains("operator"), "{is_missing}");
    }
}
