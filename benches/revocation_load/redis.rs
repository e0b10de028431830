//! A Redis that is killed and started again, with what it had or without.

use crate::Failure;
use std::{
    fs,
    io::{BufRead as _, BufReader},
    net::TcpListener,
    process::{Child, Command, Stdio},
};
use tempfile::TempDir;

/// A Redis on loopback that writes every command to a folder of its own, and stops when dropped.
pub(crate) struct Redis {
    folder: TempDir,
    port: u16,
    process: Option<Child>,
}

impl Redis {
    pub(crate) fn start() -> Result<Self, Failure> {
        // Taken for a moment, to learn of a port that is free.
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let mut redis = Self { folder: tempfile::tempdir()?, port, process: None };
        redis.start_again()?;
        Ok(redis)
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Ends it at once, whatever it is doing.
    pub(crate) fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            let _ = process.kill();
            let _ = process.wait();
        }
    }

    /// Starts it with what it had written.
    pub(crate) fn start_again(&mut self) -> Result<(), Failure> {
        let mut process = Command::new("redis-server")
            .args(["--bind", "127.0.0.1", "--port", &self.port.to_string(), "--save", ""])
            .args(["--appendonly", "yes", "--appendfsync", "always", "--dir"])
            .arg(self.folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("redis-server does not start: {error}"))?;
        let stdout = process.stdout.take().ok_or("no standard output")?;
        self.process = Some(process);
        let mut lines = BufReader::new(stdout).lines();
        while !lines.next().ok_or("Redis ended")??.contains("Ready to accept connections") {}
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
        Ok(())
    }

    /// Starts it with nothing.
    pub(crate) fn start_empty(&mut self) -> Result<(), Failure> {
        fs::remove_dir_all(self.folder.path().join("appendonlydir"))?;
        self.start_again()
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.kill();
    }
}
