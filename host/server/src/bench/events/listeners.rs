//! Subscribers that count what they are told, and when the last of them was.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;

use crate::bench::BenchError;
use crate::clock;

/// What stands once in every event, and nowhere else in it: JSON has no line ends.
const MARK: &[u8] = b"\ndata: ";

/// Longest wait for what was committed.
const PATIENCE: Duration = Duration::from_secs(120);

/// Most events of one run that are counted.
const MOST_EVENTS: usize = 100_000;

/// Connected subscribers.
pub(super) struct Listeners {
    _runtime: Runtime,
    shared: Arc<Shared>,
    count: usize,
}

struct Shared {
    /// For each event: how many were told, and when the last of them was, in nanoseconds.
    told: Vec<(AtomicUsize, AtomicU64)>,
    bytes: AtomicUsize,
    ready: AtomicUsize,
}

impl Listeners {
    /// Subscribes so many times, to everything from now on.
    pub(super) fn connect(url: &str, count: usize) -> Result<Self, BenchError> {
        let address: SocketAddr = url
            .trim_start_matches("http://")
            .parse()
            .map_err(|_| BenchError::Io(std::io::Error::other("the host's address is no address")))?;
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let told = (0..MOST_EVENTS).map(|_| (AtomicUsize::new(0), AtomicU64::new(0))).collect();
        let shared = Arc::new(Shared { told, bytes: AtomicUsize::new(0), ready: AtomicUsize::new(0) });
        for _ in 0..count {
            let shared = Arc::clone(&shared);
            runtime.spawn(async move {
                // A subscriber that fails is missed when everybody is waited for.
                let _ = listen(address, &shared).await;
            });
        }
        let listeners = Self { _runtime: runtime, shared, count };
        listeners.wait(|shared| shared.ready.load(Ordering::SeqCst))?;
        Ok(listeners)
    }

    /// Waits until everybody was told so many events.
    pub(super) fn wait_for(&self, events: usize) -> Result<(), BenchError> {
        let last = events.saturating_sub(1);
        self.wait(|shared| shared.told.get(last).map_or(0, |(count, _)| count.load(Ordering::SeqCst)))
    }

    fn wait(&self, there: impl Fn(&Shared) -> usize) -> Result<(), BenchError> {
        let began = clock::monotonic();
        while there(&self.shared) < self.count {
            if clock::monotonic().saturating_sub(began) > PATIENCE {
                let text = format!("{} of {} subscribers were told", there(&self.shared), self.count);
                return Err(BenchError::Refused(text));
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        Ok(())
    }

    /// When the last subscriber was told, of every event from this one on.
    pub(super) fn last_told(&self, from: usize) -> Vec<Duration> {
        let told = self.shared.told.iter().skip(from);
        let told = told.take_while(|(count, _)| count.load(Ordering::SeqCst) > 0);
        told.map(|(_, at)| Duration::from_nanos(at.load(Ordering::SeqCst))).collect()
    }

    /// Bytes that all of them got, without the heads of the replies.
    pub(super) fn bytes(&self) -> usize {
        self.shared.bytes.load(Ordering::SeqCst)
    }
}

async fn listen(address: SocketAddr, shared: &Shared) -> std::io::Result<()> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(b"GET /v1/events HTTP/1.1\r\nhost: localhost\r\n\r\n").await?;
    let mut buffer = vec![0; 16 * 1024];
    let (mut event, mut matched) = (0, 0);
    // The head comes alone: nothing is told before the first submission.
    if stream.read(&mut buffer).await? == 0 {
        return Ok(());
    }
    shared.ready.fetch_add(1, Ordering::SeqCst);
    loop {
        let read = stream.read(&mut buffer).await?;
        if read == 0 {
            return Ok(());
        }
        shared.bytes.fetch_add(read, Ordering::Relaxed);
        for byte in buffer.iter().take(read) {
            matched = match MARK.get(matched) {
                Some(wanted) if wanted == byte => matched + 1,
                _ => usize::from(*byte == b'\n'),
            };
            if matched == MARK.len() {
                matched = 0;
                let now = u64::try_from(clock::monotonic().as_nanos()).unwrap_or(u64::MAX);
                if let Some((count, at)) = shared.told.get(event) {
                    at.fetch_max(now, Ordering::SeqCst);
                    count.fetch_add(1, Ordering::SeqCst);
                }
                event += 1;
            }
        }
    }
}
