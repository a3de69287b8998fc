//! An HTTP answer of ARC: two bytes of status, then the body.
//!
//! Promised: its words fit a stored record and one line of a log; only an object of ARC's own, or a status that says so,
//! condemns a transaction; a failing server never does, and nothing but a `txStatus` says that the network has it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use trellis_engine::domain::status::MAX_NETWORK_WORDS;
use trellis_engine::ports::network::AnswerMeaning;
use trellis_network::arc::{ArcAnswer, TxStatus, meaning};

fuzz_target!(|input: &[u8]| {
    let [low, high, body @ ..] = input else { return };
    // What HTTP has.
    let http_status = 100 + u16::from_le_bytes([*low, *high]) % 500;
    let answer = ArcAnswer::read(http_status, body);
    let words = answer.words();
    assert!(words.len() <= MAX_NETWORK_WORDS && !words.contains(char::is_control), "{words:?}");
    assert!(answer.status() == http_status || (answer.status() >= 400 && (200..300).contains(&http_status)));

    let meaning = meaning(&answer);
    let tx_status = answer.body.as_ref().and_then(|body| body.tx_status.as_deref()).and_then(TxStatus::from_name);
    let is_success = (200..300).contains(&http_status);
    match meaning {
        AnswerMeaning::Terminal => {
            let condemned = matches!(answer.status(), 461 | 462 | 472);
            assert!(condemned || (is_success && tx_status == Some(TxStatus::Rejected)), "{answer:?}");
        }
        AnswerMeaning::Taken | AnswerMeaning::Seen | AnswerMeaning::ParentsUnknown => {
            assert!(is_success && tx_status.is_some(), "{answer:?}");
        }
        AnswerMeaning::Mined(height) => {
            assert!(is_success && height > 0 && tx_status == Some(TxStatus::Mined), "{answer:?}");
        }
        _ => {}
    }
    if http_status >= 500 || (answer.body.is_none() && is_success) {
        assert_eq!(meaning, AnswerMeaning::Transient);
    }
});
