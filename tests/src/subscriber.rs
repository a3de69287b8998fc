//! Subscribers to a host's events, over event streams and WebSockets. Plain sockets: nothing of the host's own code, and nothing
//! is read before the test asks for it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

/// Longest wait for an event before the test gives up on the host; above the time between two signs of life.
const PATIENCE: Duration = Duration::from_secs(60);

/// One event.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    /// Its sequence.
    pub sequence: u64,
    /// What it is.
    pub event: String,
    /// The JSON as it came.
    pub json: String,
}

impl Told {
    /// The JSON.
    #[must_use]
    pub fn body(&self) -> Value {
        serde_json::from_str(&self.json).unwrap_or_else(|error| panic!("{error}: {}", self.json))
    }
}

/// A subscriber. Its connection ends when it is dropped.
#[derive(Debug)]
pub struct Subscriber {
    reader: BufReader<TcpStream>,
    socket: bool,
    /// Bytes of the chunk that is being read.
    left: usize,
}

impl Subscriber {
    /// Asks for an event stream with this query, such as `?topics=tm_a`. Answers the status and the error where it is refused.
    ///
    /// # Errors
    /// Status and body.
    pub fn ask(port: u16, query: &str, last_event_id: Option<&str>) -> Result<Self, (u16, Value)> {
        let id = last_event_id.map(|id| format!("last-event-id: {id}\r\n")).unwrap_or_default();
        Self::open(port, &format!("GET /v1/events{query} HTTP/1.1\r\nhost: localhost\r\n{id}\r\n"), false)
    }

    /// An event stream.
    #[must_use]
    pub fn stream(port: u16, query: &str) -> Self {
        Self::ask(port, query, None).unwrap_or_else(|refusal| panic!("GET /v1/events{query}: {refusal:?}"))
    }

    /// A WebSocket.
    #[must_use]
    pub fn socket(port: u16, query: &str) -> Self {
        Self::try_socket(port, query).unwrap_or_else(|refusal| panic!("GET /v1/events/ws{query}: {refusal:?}"))
    }

    /// A WebSocket. Answers the status and the error where it is refused.
    ///
    /// # Errors
    /// Status and body.
    pub fn try_socket(port: u16, query: &str) -> Result<Self, (u16, Value)> {
        let request = format!(
            "GET /v1/events/ws{query} HTTP/1.1\r\nhost: localhost\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\
             sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        );
        Self::open(port, &request, true)
    }

    fn open(port: u16, request: &str, socket: bool) -> Result<Self, (u16, Value)> {
        let gone = |error: std::io::Error| (0, Value::String(error.to_string()));
        let mut stream = TcpStream::connect(("127.0.0.1", port)).map_err(gone)?;
        stream.set_read_timeout(Some(PATIENCE)).map_err(gone)?;
        stream.write_all(request.as_bytes()).map_err(gone)?;
        let mut subscriber = Self { reader: BufReader::new(stream), socket, left: 0 };
        let status = subscriber.line().ok_or((0, Value::Null))?;
        let status: u16 = status.split(' ').nth(1).and_then(|text| text.parse().ok()).expect("an HTTP status");
        let mut length = 0;
        loop {
            let line = subscriber.line().ok_or((0, Value::Null))?.to_ascii_lowercase();
            if let Some(text) = line.strip_prefix("content-length: ") {
                length = text.parse().expect("a length");
            }
            if line.is_empty() {
                break;
            }
        }
        if status == if socket { 101 } else { 200 } {
            return Ok(subscriber);
        }
        let mut body = vec![0; length];
        subscriber.reader.read_exact(&mut body).map_err(gone)?;
        Err((status, serde_json::from_slice(&body).expect("a JSON error")))
    }

    /// The next event; `None` at the end of the connection. Signs of life are passed over.
    pub fn next_event(&mut self) -> Option<Told> {
        if self.socket { self.next_message() } else { self.next_frame() }
    }

    /// The next events.
    ///
    /// # Panics
    /// The connection ends before.
    #[must_use]
    pub fn take(&mut self, count: usize) -> Vec<Told> {
        (0..count)
            .map(|taken| self.next_event().unwrap_or_else(|| panic!("the end after {taken} of {count}")))
            .collect()
    }

    fn next_frame(&mut self) -> Option<Told> {
        let (mut id, mut event, mut json) = (None, String::new(), None);
        loop {
            let line = self.stream_line()?;
            match line.split_once(": ") {
                _ if line.is_empty() => match json.take() {
                    Some(json) => return Some(Told { sequence: id.expect("every event has an id"), event, json }),
                    None => id = None,
                },
                Some(("id", text)) => id = Some(text.parse().expect("a number")),
                Some(("event", text)) => event = text.to_owned(),
                Some(("data", text)) => json = Some(text.to_owned()),
                _ => assert!(line.starts_with(':'), "not a line of an event stream: {line}"),
            }
        }
    }

    fn next_message(&mut self) -> Option<Told> {
        loop {
            let [kind, length] = self.bytes()?;
            assert!(length < 128, "a host's frames are not masked");
            let length = match length {
                126 => usize::from(u16::from_be_bytes(self.bytes()?)),
                127 => usize::try_from(u64::from_be_bytes(self.bytes()?)).expect("a length"),
                short => usize::from(short),
            };
            let mut payload = vec![0; length];
            self.reader.read_exact(&mut payload).ok()?;
            match kind {
                0x81 => {
                    let json = String::from_utf8(payload).expect("UTF-8");
                    let body: Value = serde_json::from_str(&json).expect("JSON");
                    let sequence = body["sequence"].as_u64().expect("a sequence");
                    return Some(Told { sequence, event: body["event"].as_str().expect("a name").to_owned(), json });
                }
                // A ping; the host does not insist on an answer.
                0x89 => {}
                0x88 => return None,
                other => panic!("a frame of kind {other:x}"),
            }
        }
    }

    fn bytes<const N: usize>(&mut self) -> Option<[u8; N]> {
        let mut bytes = [0; N];
        self.reader.read_exact(&mut bytes).ok().map(|()| bytes)
    }

    fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        self.reader.read_line(&mut line).ok()?;
        line.ends_with('\n').then(|| line.trim_end_matches(['\r', '\n']).to_owned())
    }

    /// A line of the stream, out of its chunks.
    fn stream_line(&mut self) -> Option<String> {
        let mut line = Vec::new();
        loop {
            if self.left == 0 {
                self.left = usize::from_str_radix(&self.line()?, 16).expect("a chunk's length");
                if self.left == 0 {
                    return None;
                }
            }
            let found = self.reader.fill_buf().ok()?;
            let found = &found[..found.len().min(self.left)];
            if found.is_empty() {
                return None;
            }
            let end = found.iter().position(|byte| *byte == b'\n');
            let taken = end.map_or(found.len(), |end| end + 1);
            line.extend_from_slice(&found[..taken]);
            self.reader.consume(taken);
            self.left -= taken;
            if self.left == 0 {
                assert_eq!(self.line()?, "", "a chunk ends with its line");
            }
            if end.is_some() {
                line.pop();
                return Some(String::from_utf8(line).expect("UTF-8"));
            }
        }
    }
}
