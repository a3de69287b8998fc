//! An ARC that answers as scripted and remembers what it was sent. A plain listener: nothing of the host's own code.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc as Shared, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use trellis_spv::extended_format::{self, Extended};
use trellis_spv::hash::Txid;
use trellis_spv::reader::{ReadError, Reader};

use crate::ports;

/// Largest request head a test's host sends.
const MAX_HEAD: usize = 16 * 1024;

/// What ARC answers.
#[derive(Debug, Clone)]
pub enum Answer {
    /// 200 with this `txStatus`.
    Status(&'static str),
    /// 200 with `txStatus` REJECTED for this reason.
    Rejected(&'static str),
    /// An HTTP error with this `detail`.
    Error(u16, &'static str),
    /// Nothing, ever: the connection stays open until the host gives up or goes away.
    Silence,
}

/// One request that arrived.
#[derive(Debug, Clone)]
pub struct Received {
    /// Its transaction.
    pub txid: Txid,
    /// The transaction with the outputs it spends.
    pub extended: Extended,
    /// Which request for this transaction it is, from 1.
    pub attempt: usize,
    /// The token that callbacks about it are to carry.
    pub callback_token: Option<String>,
}

type Script = dyn Fn(&Received) -> Answer + Send + Sync;

/// A running ARC; it ends with the test.
pub struct ScriptedArc {
    port: u16,
    shared: Shared<State>,
}

struct State {
    script: Mutex<Box<Script>>,
    book: Mutex<Book>,
    ended: AtomicBool,
}

#[derive(Default)]
struct Book {
    received: Vec<Received>,
    requests: Vec<Vec<Txid>>,
    attempts: HashMap<Txid, usize>,
    being_sent: Vec<Txid>,
    sent_twice_at_once: Vec<Txid>,
}

impl ScriptedArc {
    /// An ARC at a free port that answers everything with `SEEN_ON_NETWORK`.
    #[must_use]
    pub fn start() -> Self {
        Self::scripted(|_| Answer::Status("SEEN_ON_NETWORK"))
    }

    /// An ARC at a free port.
    #[must_use]
    pub fn scripted(script: impl Fn(&Received) -> Answer + Send + Sync + 'static) -> Self {
        Self::at(ports::free(), script)
    }

    /// An ARC at this port.
    #[must_use]
    pub fn at(port: u16, script: impl Fn(&Received) -> Answer + Send + Sync + 'static) -> Self {
        let listener = ports::listen(port);
        let (script, book, ended) =
            (Mutex::new(Box::new(script) as Box<Script>), Mutex::default(), AtomicBool::new(false));
        let shared = Shared::new(State { script, book, ended });
        let state = Shared::clone(&shared);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if state.ended.load(Ordering::SeqCst) {
                    return;
                }
                let state = Shared::clone(&state);
                thread::spawn(move || serve(&stream, &state));
            }
        });
        Self { port, shared }
    }

    /// From now on it answers like this.
    pub fn answer_with(&self, script: impl Fn(&Received) -> Answer + Send + Sync + 'static) {
        *self.shared.script.lock().unwrap_or_else(PoisonError::into_inner) = Box::new(script);
    }

    /// Its address.
    #[must_use]
    pub fn url(&self) -> String {
        url(self.port)
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.shared.book()
    }

    /// Everything that arrived, in order.
    #[must_use]
    pub fn received(&self) -> Vec<Received> {
        self.book().received.clone()
    }

    /// The transactions of each request, in order: several of one to `/v1/txs`.
    #[must_use]
    pub fn requests(&self) -> Vec<Vec<Txid>> {
        self.book().requests.clone()
    }

    /// Whether this transaction arrived.
    #[must_use]
    pub fn has(&self, txid: &Txid) -> bool {
        self.book().attempts.contains_key(txid)
    }

    /// Transactions whose first request came before the first one of a transaction they spend from. Those that never
    /// arrived do not count: they are mined.
    #[must_use]
    pub fn children_before_parents(&self) -> Vec<Txid> {
        let received = self.received();
        let mut first = HashMap::new();
        for (at, one) in received.iter().enumerate() {
            first.entry(one.txid).or_insert(at);
        }
        let spends_later = |one: &Received| {
            let parents = one.extended.transaction.inputs().iter().map(|input| input.source.txid);
            parents.filter_map(|parent| first.get(&parent)).any(|parent| *parent > first[&one.txid])
        };
        received.iter().filter(|one| one.attempt == 1 && spends_later(one)).map(|one| one.txid).collect()
    }

    /// Whether no request is open.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.book().being_sent.is_empty()
    }

    /// Transactions that arrived while an earlier request for them was still open, which must never be.
    #[must_use]
    pub fn sent_twice_at_once(&self) -> Vec<Txid> {
        self.book().sent_twice_at_once.clone()
    }
}

impl Drop for ScriptedArc {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::SeqCst);
        // Wakes the listener so that it sees it.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

/// The address of an ARC at this port of 127.0.0.1.
#[must_use]
pub fn url(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}

impl State {
    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn arrived(&self, extended: Extended, callback_token: &Option<String>) -> Received {
        let txid = extended.transaction.txid();
        let mut book = self.book();
        if book.being_sent.contains(&txid) {
            book.sent_twice_at_once.push(txid);
        }
        book.being_sent.push(txid);
        let attempt = book.attempts.entry(txid).or_default();
        *attempt += 1;
        let received = Received { txid, extended, attempt: *attempt, callback_token: callback_token.clone() };
        book.received.push(received.clone());
        received
    }

    fn left(&self, txid: &Txid) {
        let mut book = self.book();
        if let Some(at) = book.being_sent.iter().position(|held| held == txid) {
            book.being_sent.swap_remove(at);
        }
    }
}

/// Serves one connection until the host closes it.
fn serve(stream: &TcpStream, state: &State) {
    let mut reader = BufReader::new(stream);
    while let Some(request) = read_request(&mut reader) {
        if let Some(txid) = &request.asks_after {
            if respond_to_question(stream, state, txid).is_err() {
                return;
            }
            continue;
        }
        let extended: Result<Vec<Extended>, String> = split(&request.body)
            .iter()
            .map(|one| extended_format::decode(one).map_err(|error| error.to_string()))
            .collect();
        let extended = match extended {
            Ok(extended) if !extended.is_empty() => extended,
            other => {
                // What is no EF fails the test that looks for its transaction; the host gets to know why.
                let detail = other.err().unwrap_or_else(|| "no transaction".to_owned());
                let body = json!({ "status": 400, "title": "Bad Request", "detail": detail }).to_string();
                if respond(stream, 400, &body).is_err() {
                    return;
                }
                continue;
            }
        };
        let received: Vec<Received> =
            extended.into_iter().map(|extended| state.arrived(extended, &request.callback_token)).collect();
        state.book().requests.push(received.iter().map(|received| received.txid).collect());
        let answers: Vec<Answer> = {
            let script = state.script.lock().unwrap_or_else(PoisonError::into_inner);
            received.iter().map(&**script).collect()
        };
        let bodies: Vec<Option<(u16, Value)>> =
            received.iter().zip(&answers).map(|(received, answer)| body(received, answer)).collect();
        let ended = match bodies.into_iter().collect::<Option<Vec<_>>>() {
            None => {
                wait_for_hang_up(stream);
                true
            }
            Some(bodies) if request.is_batch => {
                let list: Vec<Value> = bodies.into_iter().map(|(_, body)| body).collect();
                respond(stream, 200, &Value::Array(list).to_string()).is_err()
            }
            Some(bodies) => bodies.iter().all(|(status, body)| respond(stream, *status, &body.to_string()).is_err()),
        };
        for received in &received {
            state.left(&received.txid);
        }
        if ended {
            return;
        }
    }
}

/// Of what it was told it says what it said, of anything else that it does not know it.
fn respond_to_question(stream: &TcpStream, state: &State, txid: &str) -> std::io::Result<()> {
    let told = state.book().received.iter().rev().find(|received| received.txid.to_string() == txid).cloned();
    let answer = told.and_then(|received| {
        let script = state.script.lock().unwrap_or_else(PoisonError::into_inner);
        body(&received, &script(&received))
    });
    let unknown = || (404, json!({ "status": 404, "title": "Not found", "txid": txid }));
    let (status, body) = answer.unwrap_or_else(unknown);
    respond(stream, status, &body.to_string())
}

/// Status and body of an answer; `None` for silence.
fn body(received: &Received, answer: &Answer) -> Option<(u16, Value)> {
    let txid = received.txid.to_string();
    Some(match answer {
        Answer::Status(status) => (200, json!({ "status": 200, "title": "OK", "txStatus": status, "txid": txid })),
        Answer::Rejected(reason) => {
            (200, json!({ "status": 200, "title": "OK", "txStatus": "REJECTED", "txid": txid, "extraInfo": reason }))
        }
        Answer::Error(status, detail) => {
            (*status, json!({ "status": status, "title": "error", "detail": detail, "txid": txid }))
        }
        Answer::Silence => return None,
    })
}

/// Takes concatenated Extended Formats apart; what is none stays whole.
fn split(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    let mut reader = Reader::new(bytes);
    while reader.position() < bytes.len() {
        let start = reader.position();
        if skip_extended(&mut reader).is_err() {
            return vec![bytes.to_vec()];
        }
        all.push(bytes[start..reader.position()].to_vec());
    }
    all
}

fn skip_extended(reader: &mut Reader<'_>) -> Result<(), ReadError> {
    reader.take(10, "version and marker")?;
    for _ in 0..reader.var_int("inputs")? {
        reader.take(36, "outpoint")?;
        reader.var_bytes("unlocking script")?;
        reader.take(12, "sequence and satoshis")?;
        reader.var_bytes("locking script")?;
    }
    for _ in 0..reader.var_int("outputs")? {
        reader.take(8, "satoshis")?;
        reader.var_bytes("locking script")?;
    }
    reader.take(4, "lock time")?;
    Ok(())
}

/// A request that arrived.
struct Request {
    /// Whether it carries several transactions.
    is_batch: bool,
    /// The transaction it asks after, instead of bringing any.
    asks_after: Option<String>,
    /// `X-CallbackToken`.
    callback_token: Option<String>,
    body: Vec<u8>,
}

/// The next request; `None` once the host has closed the connection.
fn read_request(reader: &mut BufReader<&TcpStream>) -> Option<Request> {
    let (mut length, mut chunked, mut head) = (0, false, 0);
    let (mut is_batch, mut callback_token, mut asks_after) = (false, None, None);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        head += line.len();
        assert!(head < MAX_HEAD, "a head without end");
        is_batch |= line.starts_with("POST ") && line.contains("/v1/txs ");
        if let Some(path) = line.strip_prefix("GET /v1/tx/") {
            asks_after = path.split(' ').next().map(str::to_owned);
        }
        let line = line.trim_end().to_ascii_lowercase();
        // The host's tokens are hexadecimal, so lower case is theirs.
        if let Some(value) = line.strip_prefix("x-callbacktoken:") {
            callback_token = Some(value.trim().to_owned());
        }
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        chunked |= line.strip_prefix("transfer-encoding:").is_some_and(|value| value.trim() == "chunked");
        if line.is_empty() {
            break;
        }
    }
    assert!(!chunked, "the length of an EF is known before it is sent");
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Request { is_batch, asks_after, callback_token, body })
}

fn respond(mut stream: &TcpStream, status: u16, body: &str) -> std::io::Result<()> {
    let length = body.len();
    let head =
        format!("HTTP/1.1 {status} Scripted\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n");
    stream.write_all(format!("{head}{body}").as_bytes())
}

/// Returns when the other side has closed the connection.
fn wait_for_hang_up(mut stream: &TcpStream) {
    let _ = stream.set_read_timeout(Some(Duration::from_secs(600)));
    let mut byte = [0];
    while matches!(stream.read(&mut byte), Ok(1)) {}
    let _ = stream.shutdown(Shutdown::Both);
}
