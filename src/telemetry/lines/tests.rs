use super::{Destination, Entrance, Lines, Pace, WhenFull, Writing};
use std::{
    io::{self, Write},
    sync::{Arc, Mutex, mpsc},
    time::Duration,
};
use tracing_subscriber::fmt::MakeWriter as _;

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

/// Takes lines only when it is told to.
struct Slow(mpsc::Receiver<()>, Reader);

impl Destination for Slow {
    fn deliver(&mut self, lines: &[u8]) -> u64 {
        let _ = self.0.recv();
        self.1.write_all(lines).unwrap();
        0
    }
}

const TINY: Pace = Pace { most_bytes: 16, enough_bytes: 8, gathering: Duration::from_millis(1) };

#[test]
fn every_line_is_written_in_its_order_before_the_end() {
    let (lines, reader) = (Arc::new(Lines::new(Pace::LOCAL)), Reader::default());
    let writing = Writing::start(Arc::clone(&lines), reader.clone()).unwrap();
    let entrance = Entrance(vec![Arc::clone(&lines)]);
    for number in 0..1000 {
        entrance.make_writer().write_all(format!("{number}\n").as_bytes()).unwrap();
    }
    drop(writing);
    let text = String::from_utf8(reader.0.lock().unwrap().clone()).unwrap();
    assert!(text.lines().map(|line| line.parse::<u32>().unwrap()).eq(0..1000));
    assert_eq!(lines.dropped(), 0);
}

#[test]
fn lines_that_find_no_room_are_dropped_and_counted() {
    let lines = Lines::new(TINY);
    lines.add(&[b'x'; 16], WhenFull::Drop);
    lines.add(b"one too many\n", WhenFull::Drop);
    assert_eq!(lines.dropped(), 1);
}

#[test]
fn whoever_must_not_lose_a_line_waits_for_room() {
    let (lines, reader) = (Arc::new(Lines::new(TINY)), Reader::default());
    let (go_on, stopped) = mpsc::channel();
    let writing = Writing::start(Arc::clone(&lines), Slow(stopped, reader.clone())).unwrap();
    let adding = Arc::clone(&lines);
    let adder = std::thread::spawn(move || {
        for number in 0..100 {
            adding.add(format!("line {number:02}\n").as_bytes(), WhenFull::Block);
        }
    });
    while !adder.is_finished() {
        // Whether there is somebody to be told is of no interest.
        let _ = go_on.send(());
        std::thread::yield_now();
    }
    drop(go_on);
    adder.join().unwrap();
    drop(writing);
    let text = String::from_utf8(reader.0.lock().unwrap().clone()).unwrap();
    assert_eq!(text.lines().count(), 100);
    assert_eq!(lines.dropped(), 0);
}

#[test]
fn a_line_that_never_fits_holds_nobody() {
    let lines = Lines::new(TINY);
    lines.add(&[b'x'; 17], WhenFull::Block);
    assert_eq!(lines.dropped(), 1);
}

#[test]
fn lines_that_cannot_be_written_are_counted() {
    struct Full;
    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::StorageFull.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let lines = Arc::new(Lines::new(Pace::LOCAL));
    let writing = Writing::start(Arc::clone(&lines), Full).unwrap();
    lines.add(b"a\n", WhenFull::Drop);
    lines.add(b"b\n", WhenFull::Drop);
    drop(writing);
    assert_eq!((lines.failed(), lines.dropped()), (2, 0));
}

#[test]
fn an_end_without_lines_ends() {
    drop(Writing::start(Arc::new(Lines::new(Pace::LOCAL)), Reader::default()).unwrap());
}
