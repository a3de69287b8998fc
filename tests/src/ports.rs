//! Ports nobody else will take.

use std::io::ErrorKind;
use std::net::TcpListener;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

/// First port handed out. Below the range from which systems take the ports of outgoing connections (32768 on Linux,
/// 49152 elsewhere): while a host is down, a client's own connection must not sit on the port it is to come back on.
const FIRST: u16 = 20_000;

/// Ports to choose from.
const COUNT: u16 = 12_000;

/// How long a port of ours may be in somebody's way: a process that is being started holds what this one had open for a moment.
const PATIENCE: Duration = Duration::from_secs(10);

/// Listens at a port that [`free`] handed out.
#[must_use]
pub fn listen(port: u16) -> TcpListener {
    let until = Instant::now() + PATIENCE;
    loop {
        match TcpListener::bind(("127.0.0.1", port)) {
            Ok(listener) => return listener,
            Err(error) if error.kind() == ErrorKind::AddrInUse && Instant::now() < until => {
                std::thread::sleep(Duration::from_millis(10));
            }
            Err(error) => panic!("port {port} of 127.0.0.1: {error}"),
        }
    }
}

/// A port of 127.0.0.1 that is free now and is handed out once per process.
#[must_use]
pub fn free() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    // Test processes that run side by side start at different places.
    let start = u64::from(std::process::id()) * 97;
    for _ in 0..COUNT {
        let next = u64::from(NEXT.fetch_add(1, Ordering::Relaxed));
        let port = FIRST + u16::try_from((start + next) % u64::from(COUNT)).expect("below the count");
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
    panic!("no port from {FIRST} on is free on 127.0.0.1");
}
