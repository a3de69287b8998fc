//! Real listeners on 127.0.0.1 that serve a chain as the Block Headers Service and as WhatsOnChain do.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use bsv_rs::block::BlockHeader;
use serde_json::{Value, json};

use crate::arc::Secret;
use crate::header_chain::Header;
use crate::header_services::{HeaderService, ServiceKind, ServiceSettings, service};

/// What a service has, and how it behaves.
pub(super) struct Served {
    /// Height of the first of its headers.
    pub(super) first: u32,
    /// Its best chain.
    pub(super) best: Vec<Header>,
    /// Headers of side branches, with their heights.
    pub(super) side: Vec<(u32, Header)>,
    /// Headers in each of WhatsOnChain's files; the last, incomplete one is `latest`.
    pub(super) in_a_file: u32,
    /// Most headers `latest` has.
    pub(super) in_latest: usize,
    /// Answers every request like this instead.
    pub(super) instead: Option<String>,
    /// Changes every JSON body of headers before it goes out.
    pub(super) spoil: fn(&mut Value),
}

/// A running service.
pub(super) struct Service {
    pub(super) served: Arc<Mutex<Served>>,
    /// First line and head of every request.
    pub(super) requests: Arc<Mutex<Vec<String>>>,
    port: u16,
}

impl Service {
    /// A service with this chain.
    pub(super) fn with(best: &[Header], first: u32) -> Self {
        let served = Served {
            first,
            best: best.to_vec(),
            side: Vec::new(),
            in_a_file: 1_000,
            in_latest: 2_000,
            instead: None,
            spoil: |_| {},
        };
        let (served, requests) = (Arc::new(Mutex::new(served)), Arc::new(Mutex::new(Vec::new())));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (shared, seen) = (Arc::clone(&served), Arc::clone(&requests));
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                answer(stream, &shared, &seen);
            }
        });
        Self { served, requests, port }
    }

    pub(super) fn asked(&self, kind: ServiceKind) -> Box<dyn HeaderService> {
        let (name, path) = match kind {
            ServiceKind::BlockHeadersService => ("bhs", ""),
            ServiceKind::WhatsOnChain => ("woc", "/v1/bsv/main"),
        };
        let url = format!("http://127.0.0.1:{}{path}", self.port);
        let name = format!("{name}-{}", self.port);
        service(&ServiceSettings { name, kind, url, api_key: Some(Secret::new("key".into())) }).unwrap()
    }

    pub(super) fn set(&self, change: impl FnOnce(&mut Served)) {
        change(&mut self.served.lock().unwrap());
    }

    /// The paths asked for since the last call.
    pub(super) fn paths(&self) -> Vec<String> {
        let requests = std::mem::take(&mut *self.requests.lock().unwrap());
        requests.iter().map(|request| request.split(' ').nth(1).unwrap().to_owned()).collect()
    }
}

fn answer(mut stream: TcpStream, served: &Mutex<Served>, requests: &Mutex<Vec<String>>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        if stream.read(&mut byte).unwrap_or(0) == 0 {
            return;
        }
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap();
    let path = head.split(' ').nth(1).unwrap().to_owned();
    requests.lock().unwrap().push(head);
    let served = served.lock().unwrap();
    let bytes = match &served.instead {
        Some(instead) => instead.clone().into_bytes(),
        None => match served.body(&path) {
            Some(body) => http("200 OK", &body),
            None => http("404 Not Found", b"{}"),
        },
    };
    // The reader may hang up before the end; that is its right.
    let _ = stream.write_all(&bytes);
}

fn http(status: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

impl Served {
    fn tip(&self) -> u32 {
        self.first + self.best.len() as u32 - 1
    }

    /// The best chain's headers of these heights.
    fn between(&self, first: u32, last: u32) -> Vec<Header> {
        let all = (self.first..).zip(&self.best);
        all.filter(|(height, _)| (first..=last).contains(height)).map(|(_, header)| *header).collect()
    }

    fn body(&self, path: &str) -> Option<Vec<u8>> {
        if let Some(path) = path.strip_prefix("/v1/bsv/main") {
            return self.whats_on_chain(path);
        }
        let path = path.strip_prefix("/api/v1/chain/")?;
        if path == "tip/longest" {
            let mut header = block_headers_service(self.best.last().unwrap());
            header["work"] = json!(4_295_032_833_u64);
            return Some(self.json(json!({
                "header": header, "state": "LONGEST_CHAIN", "chainWork": 4_295_032_833_u64, "height": self.tip()
            })));
        }
        let (height, count) = path.strip_prefix("header/byHeight?height=")?.split_once("&count=")?;
        let (height, count): (u32, u32) = (height.parse().unwrap(), count.parse().unwrap());
        let mut headers = self.between(height, height + count - 1);
        let is_asked_for = |height_of: u32| (height..height + count).contains(&height_of);
        headers.extend(self.side.iter().filter(|(height, _)| is_asked_for(*height)).map(|(_, header)| *header));
        // The order is not promised.
        headers.reverse();
        Some(self.json(headers.iter().map(block_headers_service).collect()))
    }

    fn whats_on_chain(&self, path: &str) -> Option<Vec<u8>> {
        let tip = self.tip();
        let bundled = tip / self.in_a_file * self.in_a_file;
        if path == "/chain/info" {
            let best = self.best.last().unwrap().hash().to_string();
            return Some(json!({ "chain": "main", "blocks": tip, "bestblockhash": best }).to_string().into_bytes());
        }
        if path == "/block/headers" {
            let last = self.between(tip.saturating_sub(9), tip);
            return Some(self.json(last.iter().rev().map(whats_on_chain).collect()));
        }
        if path == "/block/headers/resources" {
            let files = (0..bundled / self.in_a_file).map(|file| {
                let first = file * self.in_a_file;
                format!("https://elsewhere.example/headers/{}_{}_headers.bin", first, first + self.in_a_file - 1)
            });
            let files: Vec<String> = files.chain(["https://elsewhere.example/headers/latest".to_owned()]).collect();
            return Some(json!({ "files": files }).to_string().into_bytes());
        }
        let raw = |headers: Vec<Header>| headers.iter().flat_map(Header::raw).collect::<Vec<u8>>();
        if path == "/block/headers/latest" {
            let latest = self.between(bundled, tip);
            return Some(raw(latest[latest.len().saturating_sub(self.in_latest)..].to_vec()));
        }
        if let Some(range) = path.strip_prefix("/block/headers/") {
            let (first, last) = range.strip_suffix("_headers.bin")?.split_once('_')?;
            return Some(raw(self.between(first.parse().unwrap(), last.parse().unwrap())));
        }
        let height: u32 = path.strip_prefix("/block/")?.strip_suffix("/header")?.parse().ok()?;
        self.between(height, height).first().map(|header| self.json(whats_on_chain(header)))
    }

    fn json(&self, mut value: Value) -> Vec<u8> {
        (self.spoil)(&mut value);
        value.to_string().into_bytes()
    }
}

fn fields(header: &Header) -> BlockHeader {
    BlockHeader::from_binary(&header.raw()).unwrap()
}

fn block_headers_service(header: &Header) -> Value {
    let fields = fields(header);
    json!({
        "hash": header.hash().to_string(),
        "version": fields.version,
        "prevBlockHash": fields.prev_id(),
        "merkleRoot": fields.merkle_root_hex(),
        "creationTimestamp": fields.time,
        "difficultyTarget": fields.bits,
        "nonce": fields.nonce,
        "work": "4295032833",
    })
}

fn whats_on_chain(header: &Header) -> Value {
    let fields = fields(header);
    json!({
        "hash": header.hash().to_string(),
        "version": fields.version.cast_unsigned(),
        "versionHex": format!("{:08x}", fields.version),
        "merkleroot": fields.merkle_root_hex(),
        "time": fields.time,
        "nonce": fields.nonce,
        "bits": format!("{:08x}", fields.bits),
        "previousblockhash": fields.prev_id(),
        "confirmations": 1,
        "difficulty": 0.5,
    })
}
