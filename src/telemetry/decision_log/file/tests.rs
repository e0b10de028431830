use super::{LogFile, Open};
use crate::telemetry::lines::Destination as _;
use std::{
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};
use tempfile::TempDir;

struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }
}

fn open(path: PathBuf) -> (LogFile, Arc<AtomicBool>) {
    let reopen = Arc::new(AtomicBool::new(false));
    (LogFile::open(path, Arc::clone(&reopen)).unwrap(), reopen)
}

#[test]
fn lines_are_appended_to_what_is_there() {
    let folder = Folder::new();
    fs::write(folder.path("log"), "before\n").unwrap();
    let (mut file, _) = open(folder.path("log"));
    assert_eq!(file.deliver(b"a\nb\n"), 0);
    assert_eq!(folder.read("log"), "before\na\nb\n");
}

#[test]
fn the_word_to_reopen_makes_a_new_file_where_the_old_one_was_moved_away() {
    let folder = Folder::new();
    let (mut file, reopen) = open(folder.path("log"));
    assert_eq!(file.deliver(b"a\n"), 0);
    fs::rename(folder.path("log"), folder.path("log.1")).unwrap();
    assert_eq!(file.deliver(b"b\n"), 0);
    reopen.store(true, Ordering::Relaxed);
    assert_eq!(file.deliver(b"c\n"), 0);
    assert_eq!((folder.read("log.1"), folder.read("log")), ("a\nb\n".into(), "c\n".into()));
}

#[test]
fn a_file_that_was_moved_away_is_noticed() {
    let folder = Folder::new();
    let (mut file, _) = open(folder.path("log"));
    assert_eq!(file.deliver(b"a\n"), 0);
    fs::rename(folder.path("log"), folder.path("log.1")).unwrap();
    std::thread::sleep(super::LOOK_EVERY);
    assert_eq!(file.deliver(b"b\n"), 0);
    assert_eq!((folder.read("log.1"), folder.read("log")), ("a\n".into(), "b\n".into()));
}

#[test]
fn a_file_that_was_copied_and_cut_goes_on_from_its_new_end() {
    let folder = Folder::new();
    let (mut file, _) = open(folder.path("log"));
    assert_eq!(file.deliver(b"a\n"), 0);
    fs::copy(folder.path("log"), folder.path("log.1")).unwrap();
    fs::OpenOptions::new().write(true).open(folder.path("log")).unwrap().set_len(0).unwrap();
    assert_eq!(file.deliver(b"b\n"), 0);
    assert_eq!((folder.read("log.1"), folder.read("log")), ("a\n".into(), "b\n".into()));
}

#[test]
fn a_full_disk_loses_lines_and_counts_them() {
    let (mut file, _) = open(PathBuf::from("/dev/full"));
    assert_eq!(file.deliver(b"a\nb\n"), 2);
    assert!(file.failing);
}

#[test]
fn a_folder_that_is_gone_loses_lines_until_it_is_back() {
    let folder = Folder::new();
    let inner = folder.path("inner");
    fs::create_dir(&inner).unwrap();
    let (mut file, reopen) = open(inner.join("log"));
    fs::remove_dir_all(&inner).unwrap();
    reopen.store(true, Ordering::Relaxed);
    assert_eq!(file.deliver(b"a\n"), 1);
    fs::create_dir(&inner).unwrap();
    assert_eq!(file.deliver(b"b\n"), 0);
    assert_eq!(fs::read_to_string(inner.join("log")).unwrap(), "b\n");
    assert!(!file.failing);
}

#[test]
fn a_line_that_was_torn_is_ended_before_the_next() {
    let folder = Folder::new();
    let mut open = Open::new(&folder.path("log"), false).unwrap();
    open.append(b"half a li").unwrap();
    assert!(open.torn);
    open.append(b"whole\n").unwrap();
    assert_eq!(folder.read("log"), "half a li\nwhole\n");
}

#[test]
fn others_may_not_read_the_file() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = Folder::new();
    drop(open(folder.path("log")));
    let mode = fs::metadata(folder.path("log")).unwrap().permissions().mode();
    assert_eq!(mode & 0o007, 0);
}

#[test]
fn a_path_that_cannot_be_opened_is_told_at_once() {
    let nowhere = Path::new("/dev/null/log").to_owned();
    assert!(LogFile::open(nowhere, Arc::default()).is_err());
}
