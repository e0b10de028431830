//! Lines on their way to a slow reader.
//!
//! A decision must not wait for whoever reads its line, nor pay a system call for it. Lines are
//! gathered in memory for a moment and written together, by a thread of their own; when more have
//! gathered than may wait, they are dropped and counted, or held back where that was asked for.

#[cfg(test)]
mod tests;

use std::{
    io::{self, Write},
    mem,
    sync::{
        Arc, Condvar, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};
use tokio::runtime::{Handle, RuntimeFlavor};
use tracing_subscriber::fmt::MakeWriter;

/// How lines are gathered.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    /// Bytes that may wait to be written.
    pub(super) most_bytes: usize,
    /// How many bytes are written without waiting for more.
    pub(super) enough_bytes: usize,
    /// How long the first line waits for company.
    pub(super) gathering: Duration,
}

impl Pace {
    /// For a reader on this machine.
    pub(super) const LOCAL: Self = Self {
        most_bytes: 8 * 1024 * 1024,
        enough_bytes: 4 * 1024 * 1024,
        gathering: Duration::from_millis(4),
    };
    /// For one at the other end of a network, in messages of at most a few megabytes.
    pub(super) const REMOTE: Self = Self {
        most_bytes: 8 * 1024 * 1024,
        enough_bytes: 1024 * 1024,
        gathering: Duration::from_secs(1),
    };
}

/// What becomes of a line when no more may wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhenFull {
    /// It is dropped and counted.
    Drop,
    /// Whoever has it waits.
    Block,
}

/// Lines that wait to be written, bounded.
#[derive(Debug)]
pub(super) struct Lines {
    waiting: Mutex<Waiting>,
    pace: Pace,
    /// Signalled when the first line arrives, when enough have, and at the end.
    something: Condvar,
    /// Signalled when lines have been taken.
    room: Condvar,
    dropped: AtomicU64,
    failed: AtomicU64,
}

#[derive(Debug)]
struct Waiting {
    bytes: Vec<u8>,
    ended: bool,
}

/// Where lines go in the end.
pub(super) trait Destination: Send + 'static {
    /// Writes whole lines, and returns how many of them were lost.
    fn deliver(&mut self, lines: &[u8]) -> u64;
}

impl<W: Write + Send + 'static> Destination for W {
    fn deliver(&mut self, lines: &[u8]) -> u64 {
        // One that has gone away is written to no more than it takes.
        match self.write_all(lines).and_then(|()| self.flush()) {
            Ok(()) => 0,
            Err(_) => count(lines),
        }
    }
}

/// How many lines these are.
pub(super) fn count(lines: &[u8]) -> u64 {
    lines.iter().map(|byte| u64::from(*byte == b'\n')).sum()
}

impl Lines {
    pub(super) const fn new(pace: Pace) -> Self {
        Self {
            waiting: Mutex::new(Waiting { bytes: Vec::new(), ended: false }),
            pace,
            something: Condvar::new(),
            room: Condvar::new(),
            dropped: AtomicU64::new(0),
            failed: AtomicU64::new(0),
        }
    }

    /// Takes a line. Where too much is waiting, drops it or waits for room.
    pub(super) fn add(&self, line: &[u8], when_full: WhenFull) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if self.is_full(&waiting, line) {
            waiting = match when_full {
                WhenFull::Block => {
                    drop(waiting);
                    let Some(waiting) = aside(|| self.wait_for_room(line)) else {
                        self.dropped.fetch_add(1, Ordering::Relaxed);
                        return;
                    };
                    waiting
                }
                WhenFull::Drop => {
                    self.dropped.fetch_add(1, Ordering::Relaxed);
                    return;
                }
            };
        }
        let before = waiting.bytes.len();
        waiting.bytes.extend_from_slice(line);
        let enough = self.pace.enough_bytes;
        let tell = before == 0 || (before < enough && waiting.bytes.len() >= enough);
        drop(waiting);
        if tell {
            self.something.notify_one();
        }
    }

    const fn is_full(&self, waiting: &Waiting, line: &[u8]) -> bool {
        waiting.bytes.len() + line.len() > self.pace.most_bytes
    }

    /// `None` where there will never be room.
    fn wait_for_room(&self, line: &[u8]) -> Option<std::sync::MutexGuard<'_, Waiting>> {
        if line.len() > self.pace.most_bytes {
            return None;
        }
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let full = |waiting: &mut Waiting| self.is_full(waiting, line) && !waiting.ended;
        let waiting = self.room.wait_while(waiting, full);
        let waiting = waiting.unwrap_or_else(PoisonError::into_inner);
        (!self.is_full(&waiting, line)).then_some(waiting)
    }

    /// Lines that were dropped because too many were waiting.
    pub(super) fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    /// Lines that were taken and could not be written.
    pub(super) fn failed(&self) -> u64 {
        self.failed.load(Ordering::Relaxed)
    }

    /// Waits for lines and swaps them with `empty`. False once the end has come and all is written.
    fn take(&self, empty: &mut Vec<u8>) -> bool {
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let nothing = |waiting: &mut Waiting| waiting.bytes.is_empty() && !waiting.ended;
        let waiting = self.something.wait_while(waiting, nothing);
        let waiting = waiting.unwrap_or_else(PoisonError::into_inner);
        let more =
            |waiting: &mut Waiting| waiting.bytes.len() < self.pace.enough_bytes && !waiting.ended;
        let waited = self.something.wait_timeout_while(waiting, self.pace.gathering, more);
        let (mut waiting, _) = waited.unwrap_or_else(PoisonError::into_inner);
        mem::swap(&mut waiting.bytes, empty);
        drop(waiting);
        self.room.notify_all();
        !empty.is_empty()
    }

    fn end(&self) {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).ended = true;
        self.something.notify_one();
        self.room.notify_all();
    }
}

/// Waits without keeping the other tasks of this thread from going on.
fn aside<T>(wait: impl FnOnce() -> T) -> T {
    let shared = Handle::try_current()
        .is_ok_and(|handle| handle.runtime_flavor() == RuntimeFlavor::MultiThread);
    if shared { tokio::task::block_in_place(wait) } else { wait() }
}

/// One line on its way in.
#[derive(Debug)]
pub(super) struct Line<'l>(&'l [Arc<Lines>]);

impl Write for Line<'_> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        for lines in self.0 {
            lines.add(line, WhenFull::Drop);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Where lines come in that `tracing` formats.
#[derive(Debug)]
pub(super) struct Entrance(pub(super) Vec<Arc<Lines>>);

impl<'e> MakeWriter<'e> for Entrance {
    type Writer = Line<'e>;

    fn make_writer(&'e self) -> Line<'e> {
        Line(&self.0)
    }
}

/// The thread that writes. What has gathered is written when this is dropped.
#[derive(Debug)]
pub(super) struct Writing {
    lines: Arc<Lines>,
    thread: Option<JoinHandle<()>>,
}

impl Writing {
    /// Starts writing to `destination`.
    pub(super) fn start(lines: Arc<Lines>, mut destination: impl Destination) -> io::Result<Self> {
        let gathered = Arc::clone(&lines);
        let write = move || {
            let mut bytes = Vec::new();
            while gathered.take(&mut bytes) {
                let lost = destination.deliver(&bytes);
                gathered.failed.fetch_add(lost, Ordering::Relaxed);
                bytes.clear();
            }
        };
        let thread = thread::Builder::new().name("bailiff-log".to_owned()).spawn(write)?;
        Ok(Self { lines, thread: Some(thread) })
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        self.lines.end();
        if let Some(thread) = self.thread.take() {
            // A writer that panicked has nothing more to say.
            let _ = thread.join();
        }
    }
}
