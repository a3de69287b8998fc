//! The broadcaster against a real listener that behaves in every way it can.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread::JoinHandle;

use trellis_engine::domain::status::MAX_NETWORK_WORDS;
use trellis_engine::domain::time::Timestamp;
use trellis_engine::ports::network::{AnswerMeaning, BroadcastAnswer, Broadcaster, Inquiry, Outgoing};
use trellis_spv::extended_format;
use trellis_spv::hash::{Outpoint, Txid};
use trellis_spv::testing::{Wallet, coin};
use trellis_spv::transaction::Transaction;

use super::*;
use crate::arc_local::{ArcRequest, LocalArc};
use crate::local_chain::{Genesis, LocalChain};

const TXID: [u8; 32] = [7; 32];

fn outgoing() -> Outgoing {
    Outgoing { txid: Txid::from_internal(TXID), extended_format: vec![1, 0, 0, 0, 0, 0, 0, 0, 0, 0xef, 0xff] }
}

fn broadcaster(port: u16) -> ArcBroadcaster {
    ArcBroadcaster::new(&ArcSettings {
        name: "test".into(),
        url: format!("http://127.0.0.1:{port}/some/where/"),
        api_key: Some(Secret::new("key".into())),
        wait_for: Some(TxStatus::SeenOnNetwork),
        callback: Some(Callback { url: "https://node.example/arc-ingest".into(), token: Secret::new("token".into()) }),
    })
    .unwrap()
}

/// Reads one request up to the end of its body, which every request here says the length of.
fn read_request(stream: &mut TcpStream) -> (String, Vec<u8>) {
    let mut bytes = Vec::new();
    loop {
        let mut buffer = [0; 4096];
        let read = stream.read(&mut buffer).unwrap();
        bytes.extend_from_slice(&buffer[..read]);
        let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else { continue };
        let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
        let length = head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
        let body = bytes[end + 4..].to_vec();
        if body.len() >= length.unwrap_or(0) {
            return (head, body);
        }
    }
}

/// Listens for one connection and hands it, with its request, to `behave`.
fn listen<T: Send + 'static>(
    behave: impl FnOnce(TcpStream, String, Vec<u8>) -> T + Send + 'static,
) -> (u16, JoinHandle<T>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let thread = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let (head, body) = read_request(&mut stream);
        behave(stream, head, body)
    });
    (port, thread)
}

/// Broadcasts to a listener that answers with exactly these bytes and closes.
fn answered_with(bytes: impl Into<Vec<u8>>) -> BroadcastAnswer {
    let bytes = bytes.into();
    let (port, thread) = listen(move |mut stream, _, _| {
        // The reader may hang up before the end; that is its right.
        let _ = stream.write_all(&bytes);
    });
    let answer = broadcaster(port).broadcast(&outgoing());
    thread.join().unwrap();
    answer
}

fn http(status: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

#[test]
fn the_extended_format_is_posted_with_the_configured_headers() {
    let txid = Txid::from_internal(TXID);
    let (port, thread) = listen(move |mut stream, head, body| {
        let answer = format!(r#"{{"status":200,"title":"OK","txStatus":"SEEN_ON_NETWORK","txid":"{txid}"}}"#);
        stream.write_all(http("200 OK", &answer).as_bytes()).unwrap();
        (head, body)
    });
    let answer = broadcaster(port).broadcast(&outgoing());
    let (head, body) = thread.join().unwrap();
    assert_eq!(body, outgoing().extended_format);
    assert!(head.starts_with("POST /some/where/v1/tx HTTP/1.1\r\n"), "{head}");
    let head = head.to_lowercase();
    for header in [
        "content-type: application/octet-stream",
        "authorization: bearer key",
        "x-waitfor: seen_on_network",
        "x-maxtimeout: 3",
        "x-callbackurl: https://node.example/arc-ingest",
        "x-callbacktoken: token",
    ] {
        assert!(head.lines().any(|line| line == header), "{header} is missing in\n{head}");
    }
    assert_eq!((answer.meaning, answer.code), (AnswerMeaning::Seen, 200));
    assert_eq!(answer.text, "SEEN_ON_NETWORK: OK");
}

#[test]
fn the_broadcaster_and_the_local_stand_in_understand_each_other() {
    let genesis = Genesis { seed: [1; 32], time: 1_700_000_000 };
    let chain = Arc::new(LocalChain::in_memory(&genesis).unwrap());
    let wallet = Wallet::from_seed(1);
    let grant = chain.faucet(&wallet.p2pkh(), 1_000, Timestamp(0)).unwrap();
    let funds = coin(&grant.transaction, grant.vout);
    let (spend, rival) =
        [900, 800].map(|satoshis| wallet.pay(std::slice::from_ref(&funds), &wallet.p2pkh(), satoshis)).into();
    let local = Arc::new(LocalArc::new(Arc::clone(&chain)));
    let send = |transaction: &Transaction| {
        let local = Arc::clone(&local);
        let (port, thread) = listen(move |mut stream, _, body| {
            let content_type = "application/octet-stream";
            let request = ArcRequest { method: "POST", path: "/v1/tx", content_type, headers: &[], body: &body };
            let response = local.handle(&request, Timestamp(0));
            let status = format!("{} whatever", response.status);
            stream.write_all(http(&status, &response.body.to_string()).as_bytes()).unwrap();
        });
        let source = |_: &Outpoint| Some((funds.satoshis, funds.script.clone()));
        let extended_format = extended_format::encode(transaction, source).unwrap();
        let answer = broadcaster(port).broadcast(&Outgoing { txid: transaction.txid(), extended_format });
        thread.join().unwrap();
        answer.meaning
    };
    assert_eq!(send(&spend), AnswerMeaning::Seen);
    assert_eq!(send(&rival), AnswerMeaning::Contested);
    let height = chain.mine(Timestamp(0)).unwrap().height;
    assert_eq!(send(&spend), AnswerMeaning::Mined(height));
    assert_eq!(send(&rival), AnswerMeaning::Terminal);
}

#[test]
fn several_go_in_one_request_and_each_gets_the_answer_that_names_it() {
    let ids = [1, 2, 3].map(|byte| Txid::from_internal([byte; 32]));
    let all = ids.map(|txid| Outgoing { txid, extended_format: vec![txid.internal()[0]; 4] });
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let thread = std::thread::spawn(move || {
        // What succeeded comes first, as from ARC; of the second it says nothing, so that is sent by itself.
        let list = format!(
            r#"[{{"status":200,"txStatus":"SEEN_ON_NETWORK","txid":"{}"}},{{"status":461,"title":"Malformed","txid":"{}"}}]"#,
            ids[2], ids[0]
        );
        let alone = format!(r#"{{"status":200,"txStatus":"STORED","txid":"{}"}}"#, ids[1]);
        let mut heard = Vec::new();
        for body in [list, alone] {
            let (mut stream, _) = listener.accept().unwrap();
            let (head, sent) = read_request(&mut stream);
            stream.write_all(http("200 OK", &body).as_bytes()).unwrap();
            heard.push((head.lines().next().unwrap().to_owned(), sent));
        }
        heard
    });
    let meanings: Vec<_> = broadcaster(port).broadcast_all(&all).iter().map(|answer| answer.meaning).collect();
    assert_eq!(meanings, [AnswerMeaning::Terminal, AnswerMeaning::Taken, AnswerMeaning::Seen]);
    let heard = thread.join().unwrap();
    assert_eq!(heard[0], ("POST /some/where/v1/txs HTTP/1.1".to_owned(), vec![1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3]));
    assert_eq!(heard[1], ("POST /some/where/v1/tx HTTP/1.1".to_owned(), vec![2; 4]));
}

#[test]
fn arcs_own_words_reach_the_answer() {
    let body = r#"{"detail":"Fees are insufficient","extraInfo":"arc error 465: minimum expected fee: 1, actual fee: 0",
        "instance":null,"status":465,"title":"Fee too low","txid":null,"type":"…"}"#;
    let answer = answered_with(http("465 Fee too low", body));
    assert_eq!((answer.meaning, answer.code), (AnswerMeaning::Policy, 465));
    assert!(answer.text.contains("minimum expected fee: 1, actual fee: 0"), "{}", answer.text);
}

#[test]
fn a_competing_transaction_is_named() {
    let rival = Txid::from_internal([9; 32]);
    let body = format!(r#"{{"status":200,"txStatus":"DOUBLE_SPEND_ATTEMPTED","competingTxs":["{rival}"]}}"#);
    let answer = answered_with(http("200 OK", &body));
    assert_eq!(answer.meaning, AnswerMeaning::Contested);
    assert!(answer.text.contains(&rival.to_string()), "{}", answer.text);
}

#[test]
fn an_answer_about_another_transaction_touches_nothing() {
    let other = Txid::from_internal([8; 32]);
    let body = format!(r#"{{"status":461,"title":"Malformed transaction","txid":"{other}"}}"#);
    let answer = answered_with(http("461 Malformed transaction", &body));
    assert_eq!((answer.meaning, answer.code), (AnswerMeaning::Transient, 461));
    assert!(answer.text.contains(&other.to_string()), "{}", answer.text);
}

#[test]
fn garbage_is_no_verdict() {
    for garbage in [
        "",
        "\0\0\0\0",
        "SSH-2.0-OpenSSH_9.6\r\n",
        "HTTP/1.1 200 OK\r\n",
        "HTTP/1.1 999999 ?\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{\"txStatus\":\"REJECTED\"",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ] {
        let answer = answered_with(garbage);
        assert_eq!(answer.meaning, AnswerMeaning::Transient, "{garbage:?}");
        assert!(answer.text.len() <= MAX_NETWORK_WORDS && !answer.text.contains(char::is_control));
    }
    let page = answered_with(http("200 OK", "<html>Please log in</html>"));
    assert_eq!((page.meaning, page.code), (AnswerMeaning::Transient, 200));
}

#[test]
fn a_redirect_is_not_followed_and_is_the_operators_to_mend() {
    let elsewhere = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = elsewhere.local_addr().unwrap().port();
    for status in ["301 Moved Permanently", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"] {
        let head = format!("HTTP/1.1 {status}\r\nLocation: http://127.0.0.1:{port}/\r\nContent-Length: 0\r\n\r\n");
        assert_eq!(answered_with(head).meaning, AnswerMeaning::Policy, "{status}");
    }
    elsewhere.set_nonblocking(true).unwrap();
    assert!(elsewhere.accept().is_err(), "somebody followed a redirect");
}

#[test]
fn an_answer_without_end_is_cut_off() {
    for head in ["HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nX: "] {
        let (port, thread) = listen(move |mut stream, _, _| {
            let mut sent = stream.write(head.as_bytes()).unwrap() as u64;
            while let Ok(written) = stream.write(&[b'x'; 65_536]) {
                sent += written as u64;
                assert!(sent < 64 * MAX_ANSWER_BYTES, "the reader takes everything");
            }
        });
        let answer = broadcaster(port).broadcast(&outgoing());
        thread.join().unwrap();
        assert_eq!(answer.meaning, AnswerMeaning::Transient, "{}", answer.text);
    }
}

#[test]
fn a_host_that_never_answers_is_given_up() {
    // The connection stays open until the broadcaster closes it: reading to its end is how we learn that it did.
    std::thread::scope(|scope| {
        for said in ["", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"] {
            scope.spawn(move || {
                let (port, thread) = listen(move |mut stream, _, _| {
                    stream.write_all(said.as_bytes()).unwrap();
                    let _ = stream.read_to_end(&mut Vec::new());
                });
                let answer = broadcaster(port).broadcast(&outgoing());
                thread.join().unwrap();
                assert_eq!(answer.meaning, AnswerMeaning::Transient);
                assert!(answer.text.contains("timeout"), "{}", answer.text);
            });
        }
    });
}

#[test]
fn a_host_that_is_not_there_is_transient() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let answer = broadcaster(port).broadcast(&outgoing());
    assert_eq!((answer.meaning, answer.code), (AnswerMeaning::Transient, 0));
}

/// Inquires at a listener that answers with exactly these bytes; also what was asked.
fn inquired_with(bytes: String) -> (Inquiry, String) {
    let (port, thread) = listen(move |mut stream, head, _| {
        stream.write_all(bytes.as_bytes()).unwrap();
        head
    });
    let inquiry = broadcaster(port).inquire(&Txid::from_internal(TXID));
    (inquiry, thread.join().unwrap())
}

#[test]
fn an_inquiry_asks_for_the_transaction_and_hands_on_its_merkle_path() {
    let txid = Txid::from_internal(TXID);
    let body = |of: &Txid, path: &str| {
        format!(r#"{{"txStatus":"MINED","blockHeight":7,"txid":"{of}","merklePath":"{path}","extraInfo":""}}"#)
    };
    let (inquiry, head) = inquired_with(http("200 OK", &body(&txid, "fe0a0b")));
    assert!(head.starts_with(&format!("GET /some/where/v1/tx/{txid} HTTP/1.1")), "{head}");
    assert!(head.to_lowercase().contains("authorization: bearer key"), "{head}");
    assert_eq!(inquiry.merkle_path, Some(vec![0xfe, 0x0a, 0x0b]));
    assert_eq!(inquiry.answer.unwrap().meaning, AnswerMeaning::Mined(7));
    // What is said of another transaction, and what is no path, counts for nothing.
    let other = Txid::from_internal([8; 32]);
    let (inquiry, _) = inquired_with(http("200 OK", &body(&other, "fe0a0b")));
    assert_eq!((inquiry.answer.unwrap().meaning, inquiry.merkle_path), (AnswerMeaning::Transient, None));
    let (inquiry, _) = inquired_with(http("200 OK", &body(&txid, "zz")));
    assert_eq!(inquiry.merkle_path, None);
}

#[test]
fn only_what_speaks_of_the_transaction_refuses_it() {
    let (unknown, _) = inquired_with(http("404 Not Found", r#"{"status":404,"title":"Not found"}"#));
    assert_eq!(unknown, Inquiry { answer: None, merkle_path: None });
    // These would be terminal in answer to a broadcast; here they are about the request.
    for status in ["461 Malformed", "400 Bad Request", "500 Internal Server Error"] {
        let (inquiry, _) = inquired_with(http(status, r#"{"title":"error"}"#));
        assert_eq!(inquiry.answer.unwrap().meaning, AnswerMeaning::Transient, "{status}");
    }
    let txid = Txid::from_internal(TXID);
    let body = format!(r#"{{"txStatus":"REJECTED","txid":"{txid}","extraInfo":"invalid transaction"}}"#);
    assert_eq!(inquired_with(http("200 OK", &body)).0.answer.unwrap().meaning, AnswerMeaning::Terminal);
}
