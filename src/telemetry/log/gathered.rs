//! Lines on their way to a slow reader.

use std::{
    io::{self, Write},
    mem,
    sync::{
        Arc, Condvar, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};
use tracing_subscriber::fmt::MakeWriter;

/// Bytes that may wait to be written.
const MOST_BYTES: usize = 8 * 1024 * 1024;

/// How long the first line waits for company.
const GATHERING: Duration = Duration::from_millis(4);

/// Lines that wait to be written, bounded.
#[derive(Debug)]
pub(super) struct Gathered {
    waiting: Mutex<Waiting>,
    /// Signalled when the first line arrives, and at the end.
    something: Condvar,
    dropped: AtomicUsize,
}

#[derive(Debug)]
struct Waiting {
    bytes: Vec<u8>,
    ended: bool,
}

impl Gathered {
    pub(super) const fn new() -> Self {
        Self {
            waiting: Mutex::new(Waiting { bytes: Vec::new(), ended: false }),
            something: Condvar::new(),
            dropped: AtomicUsize::new(0),
        }
    }

    /// Takes a line, or drops it where too much is waiting.
    fn add(&self, line: &[u8]) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.bytes.len() + line.len() > MOST_BYTES {
            self.dropped.fetch_add(1, Ordering::Relaxed);
            return;
        }
        let first = waiting.bytes.is_empty();
        waiting.bytes.extend_from_slice(line);
        drop(waiting);
        if first {
            self.something.notify_one();
        }
    }

    pub(super) fn dropped(&self) -> usize {
        self.dropped.load(Ordering::Relaxed)
    }

    /// Waits for lines and swaps them with `empty`. False once the end has come and all is written.
    fn take(&self, empty: &mut Vec<u8>) -> bool {
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let nothing = |waiting: &mut Waiting| waiting.bytes.is_empty() && !waiting.ended;
        let waiting = self.something.wait_while(waiting, nothing);
        let ended = waiting.unwrap_or_else(PoisonError::into_inner).ended;
        if !ended {
            thread::sleep(GATHERING);
        }
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        mem::swap(&mut waiting.bytes, empty);
        !empty.is_empty()
    }

    fn end(&self) {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).ended = true;
        self.something.notify_one();
    }
}

/// One line on its way in.
#[derive(Debug)]
pub(super) struct Line<'g>(&'g Gathered);

impl Write for Line<'_> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.add(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Where lines come in.
#[derive(Debug)]
pub(super) struct Entrance(pub(super) Arc<Gathered>);

impl<'e> MakeWriter<'e> for Entrance {
    type Writer = Line<'e>;

    fn make_writer(&'e self) -> Line<'e> {
        Line(&self.0)
    }
}

/// The thread that writes.
#[derive(Debug)]
pub(super) struct Writing {
    lines: Arc<Gathered>,
    thread: Option<JoinHandle<()>>,
}

impl Writing {
    /// Starts writing to `reader`. One that has gone away is written to no more than it takes.
    pub(super) fn start(
        lines: Arc<Gathered>,
        mut reader: impl Write + Send + 'static,
    ) -> io::Result<Self> {
        let gathered = Arc::clone(&lines);
        let write = move || {
            let mut bytes = Vec::new();
            while gathered.take(&mut bytes) {
                // Nobody is left to be told of a failure to write.
                let _ = reader.write_all(&bytes).and_then(|()| reader.flush());
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

#[cfg(test)]
mod tests {
    use super::{Gathered, Line, MOST_BYTES, Writing};
    use std::{
        io::{self, Write},
        sync::{Arc, Mutex},
    };

    #[derive(Clone, Default)]
    struct Reader(Arc<Mutex<Vec<u8>>>);

    impl Write for Reader {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn every_line_is_written_in_its_order_before_the_end() {
        let (lines, reader) = (Arc::new(Gathered::new()), Reader::default());
        let writing = Writing::start(Arc::clone(&lines), reader.clone()).unwrap();
        for number in 0..1000 {
            Line(&lines).write_all(format!("{number}\n").as_bytes()).unwrap();
        }
        drop(writing);
        let text = String::from_utf8(reader.0.lock().unwrap().clone()).unwrap();
        assert!(text.lines().map(|line| line.parse::<u32>().unwrap()).eq(0..1000));
        assert_eq!(lines.dropped(), 0);
    }

    #[test]
    fn lines_that_find_no_room_are_dropped_and_counted() {
        let lines = Gathered::new();
        lines.add(&vec![b'x'; MOST_BYTES]);
        lines.add(b"one too many\n");
        assert_eq!(lines.dropped(), 1);
    }

    #[test]
    fn an_end_without_lines_ends() {
        drop(Writing::start(Arc::new(Gathered::new()), Reader::default()).unwrap());
    }
}
