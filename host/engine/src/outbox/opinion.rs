//! What several broadcasters' answers say together.

use crate::ports::network::{AnswerMeaning, BroadcastAnswer};

/// What the network says of a transaction, as far as it was asked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Opinion {
    pub(super) meaning: AnswerMeaning,
    /// Who said it.
    pub(super) broadcaster: String,
    pub(super) code: u16,
    pub(super) text: String,
}

/// Whether nobody else needs to be asked. A refusal is not settled: it takes everything back that rests on the transaction, so
/// whoever else there is gets to speak.
pub(super) const fn is_settled(answer: &BroadcastAnswer) -> bool {
    match answer.meaning {
        AnswerMeaning::Taken
        | AnswerMeaning::Seen
        | AnswerMeaning::Mined(_)
        | AnswerMeaning::Contested
        | AnswerMeaning::ParentsUnknown => true,
        AnswerMeaning::Terminal | AnswerMeaning::Transient | AnswerMeaning::Policy | AnswerMeaning::OurMistake => false,
    }
}

/// How much an answer says of the transaction, as against of who gave it.
const fn weight(meaning: AnswerMeaning) -> u8 {
    match meaning {
        AnswerMeaning::Contested => 8,
        AnswerMeaning::Terminal => 7,
        AnswerMeaning::Mined(_) => 6,
        AnswerMeaning::Seen => 5,
        AnswerMeaning::Taken => 4,
        AnswerMeaning::ParentsUnknown => 3,
        AnswerMeaning::Policy => 2,
        AnswerMeaning::OurMistake => 1,
        AnswerMeaning::Transient => 0,
    }
}

const fn is_taken(meaning: AnswerMeaning) -> bool {
    matches!(meaning, AnswerMeaning::Mined(_) | AnswerMeaning::Seen | AnswerMeaning::Taken)
}

/// The answers taken together; `None` if there are none. Where one refuses for good what another has taken, it is undecided.
pub(super) fn combine(answers: &[(String, BroadcastAnswer)]) -> Option<Opinion> {
    // The first of those that say most.
    let (broadcaster, most) = answers.iter().rev().max_by_key(|(_, answer)| weight(answer.meaning))?;
    let taken = answers.iter().find(|(_, answer)| is_taken(answer.meaning));
    let (meaning, text) = match (most.meaning, taken) {
        (AnswerMeaning::Terminal, Some((other, taken))) => {
            (AnswerMeaning::Contested, format!("{}; but {other} says: {}", most.text, taken.text))
        }
        (meaning, _) => (meaning, most.text.clone()),
    };
    Some(Opinion { meaning, broadcaster: broadcaster.clone(), code: most.code, text })
}

#[cfg(test)]
mod tests {
    use super::*;
    use AnswerMeaning::{Contested, Mined, OurMistake, ParentsUnknown, Policy, Seen, Taken, Terminal, Transient};

    fn together(meanings: &[AnswerMeaning]) -> Option<(AnswerMeaning, String)> {
        let answers: Vec<_> = meanings
            .iter()
            .enumerate()
            .map(|(at, meaning)| {
                let answer = BroadcastAnswer { meaning: *meaning, code: 200, text: format!("{meaning:?}") };
                (at.to_string(), answer)
            })
            .collect();
        combine(&answers).map(|opinion| (opinion.meaning, opinion.broadcaster))
    }

    #[test]
    fn a_refusal_against_anothers_word_is_undecided_and_otherwise_who_says_most_is_heard() {
        let table: [(&[AnswerMeaning], AnswerMeaning, &str); 9] = [
            (&[Terminal], Terminal, "0"),
            (&[Terminal, Transient], Terminal, "0"),
            (&[Transient, Terminal, Policy], Terminal, "1"),
            (&[Terminal, Seen], Contested, "0"),
            (&[Terminal, Mined(7)], Contested, "0"),
            (&[Policy, Taken], Taken, "1"),
            (&[Transient, Policy, OurMistake], Policy, "1"),
            (&[Transient, Transient], Transient, "0"),
            (&[Policy, ParentsUnknown], ParentsUnknown, "1"),
        ];
        for (meanings, meaning, who) in table {
            assert_eq!(together(meanings), Some((meaning, who.to_owned())), "{meanings:?}");
        }
        assert_eq!(together(&[]), None);
    }
}
