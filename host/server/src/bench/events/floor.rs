//! The floor: the same bytes written to as many sockets of this machine, one after the other, and nothing else.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use tokio::io::AsyncReadExt;

use super::Spread;
use crate::bench::BenchError;
use crate::clock;

/// What bare sockets cost.
pub(super) struct Floor {
    /// CPU of the writing thread per event and socket, in microseconds.
    pub(super) cpu_us: f64,
    /// From the first write of an event to the last.
    pub(super) written: Spread,
}

impl Floor {
    /// Writes so many events of so many bytes to so many sockets.
    pub(super) fn measure(sockets: usize, bytes: usize, events: usize) -> Result<Self, BenchError> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let mut writers = Vec::with_capacity(sockets);
        for _ in 0..sockets {
            let mut reader = TcpStream::connect(listener.local_addr()?)?;
            let (mut writer, _) = listener.accept()?;
            writer.set_nodelay(true)?;
            // Known to be through before it counts.
            writer.write_all(&[0])?;
            reader.read_exact(&mut [0])?;
            reader.set_nonblocking(true)?;
            writers.push(writer);
            runtime.spawn(async move {
                let Ok(mut reader) = tokio::net::TcpStream::from_std(reader) else { return };
                let mut buffer = vec![0; 16 * 1024];
                while reader.read(&mut buffer).await.is_ok_and(|read| read > 0) {}
            });
        }
        let event = vec![b'x'; bytes];
        let mut written = Vec::with_capacity(events);
        let mut cpu = Duration::ZERO;
        for _ in 0..events {
            let (began, before) = (clock::monotonic(), clock::thread_cpu());
            for writer in &mut writers {
                writer.write_all(&event)?;
            }
            cpu += clock::thread_cpu().saturating_sub(before);
            written.push(clock::monotonic().saturating_sub(began));
        }
        let cpu_us = cpu.as_secs_f64() * 1e6 / (events * sockets).max(1) as f64;
        Ok(Self { cpu_us, written: Spread::of(written) })
    }
}
