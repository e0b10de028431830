//! A child process that a test owns: its log is read as it comes, and it ends with the test.

use super::{PATIENCE, secrets};
use bailiff::core::clock::Stopwatch;
use std::{
    io::{BufRead as _, BufReader, Read},
    process::{Child, Command, Stdio},
    sync::Arc,
    time::Duration,
};
use tokio::sync::watch;

/// A running program.
pub(crate) struct Process {
    name: &'static str,
    child: Child,
    lines: watch::Receiver<Vec<String>>,
}

impl Process {
    /// Starts `command`; everything it prints becomes its log.
    pub(crate) fn start(name: &'static str, command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{name} does not start: {error}"));
        let (sender, lines) = watch::channel(Vec::new());
        let sender = Arc::new(sender);
        collect(child.stdout.take().expect("standard output is piped"), &sender);
        collect(child.stderr.take().expect("standard error is piped"), &sender);
        Self { name, child, lines }
    }

    /// Waits for a line of the log that `wanted` takes something from.
    pub(crate) async fn line<T>(&self, wanted: impl Fn(&str) -> Option<T>) -> T {
        self.lines(|lines| lines.iter().find_map(|line| wanted(line))).await
    }

    /// Waits for a log that `wanted` takes something from.
    pub(crate) async fn lines<T>(&self, wanted: impl Fn(&[String]) -> Option<T>) -> T {
        let mut lines = self.lines.clone();
        let found = async {
            loop {
                let seen = wanted(&lines.borrow_and_update());
                if let Some(found) = seen {
                    return Some(found);
                }
                if lines.changed().await.is_err() {
                    return None;
                }
            }
        };
        match tokio::time::timeout(PATIENCE, found).await {
            Ok(Some(found)) => found,
            Ok(None) => panic!("{} ended without the line awaited:\n{}", self.name, self.log()),
            Err(late) => panic!("{} is late with a line, {late}:\n{}", self.name, self.log()),
        }
    }

    /// Everything printed so far.
    pub(crate) fn log(&self) -> String {
        self.lines.borrow().join("\n")
    }

    /// Sends a signal by name, for instance `STOP`, after which nothing of it runs any more.
    pub(crate) fn signal(&self, name: &str) {
        let process = self.child.id().to_string();
        let sent = Command::new("kill").args(["-s", name, &process]).status();
        assert!(sent.is_ok_and(|status| status.success()), "{} takes {name}", self.name);
        if name == "STOP" {
            // Its threads stop one by one, and on a busy machine one may answer meanwhile.
            let begun = Stopwatch::start();
            while !self.is_stopped() {
                assert!(begun.elapsed() < PATIENCE, "{} does not stop", self.name);
                std::thread::sleep(Duration::from_millis(1));
            }
        }
    }

    fn is_stopped(&self) -> bool {
        let tasks = std::fs::read_dir(format!("/proc/{}/task", self.child.id()));
        tasks.expect("the process is there").flatten().all(|task| {
            let stat = std::fs::read_to_string(task.path().join("stat")).unwrap_or_default();
            stat.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with('T'))
        })
    }

    /// Memory in use, as the kernel tells it.
    pub(crate) fn resident_kb(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()));
        let status = status.expect("the process is there");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("VmRSS");
        line.trim().trim_end_matches(" kB").parse().expect("a number")
    }

    /// Waits for the end and returns everything printed.
    pub(crate) async fn ended(mut self) -> String {
        let ended = async {
            while self.child.try_wait().expect("the child can be waited for").is_none() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            // Both streams have been read to their ends once nobody collects any more.
            let mut lines = self.lines.clone();
            while lines.changed().await.is_ok() {}
        };
        let waited = tokio::time::timeout(PATIENCE, ended).await;
        assert!(waited.is_ok(), "{} does not end:\n{}", self.name, self.log());
        self.log()
    }

    /// Waits for the end and returns the exit code.
    pub(crate) async fn exit_code(mut self) -> Option<i32> {
        let ended = async {
            loop {
                if let Some(status) = self.child.try_wait().expect("the child can be waited for") {
                    return status.code();
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        let waited = tokio::time::timeout(PATIENCE, ended).await;
        waited.unwrap_or_else(|_| panic!("{} does not end:\n{}", self.name, self.log()))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if self.name == "bailiff" && !std::thread::panicking() {
            let found = secrets::found(&self.log());
            assert_eq!(found, None, "{} printed what looks like a secret", self.name);
        }
    }
}

fn collect(stream: impl Read + Send + 'static, into: &Arc<watch::Sender<Vec<String>>>) {
    let into = Arc::clone(into);
    std::thread::spawn(move || {
        for line in BufReader::new(stream).lines() {
            let Ok(line) = line else { return };
            into.send_modify(|lines| lines.push(line));
        }
    });
}
