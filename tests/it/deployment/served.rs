//! Settings and policies as they are shipped, mounted as an orchestrator mounts them, served by the
//! real binary: only addresses and the folder are changed, and a key is pinned since Clerk is not here.

use super::documents;
use crate::support::{http, process::Process, sidecar::bailiff, tokens::Instance};
use serde_json::Value;
use std::{collections::BTreeMap, fs, os::unix::fs::symlink, path::Path, process::Command};
use tempfile::TempDir;

/// What the containers of a pod, or of a Compose service, find below `/etc/bailiff`.
pub(super) struct Mounted {
    folder: TempDir,
}

/// A Bailiff that serves what is mounted.
pub(super) struct Served {
    process: Process,
    folder: TempDir,
    admin: String,
    grpc: String,
}

impl Mounted {
    /// A folder as a `ConfigMap` or a `Secret` is mounted: files are links into a folder that is swapped.
    pub(super) fn new(folders: &[(&str, &BTreeMap<String, String>)]) -> Self {
        let folder = TempDir::new().expect("a folder");
        fs::create_dir_all(folder.path().join("run/bailiff")).expect("a folder");
        for (name, files) in folders {
            let mount = folder.path().join("etc/bailiff").join(name);
            let held = mount.join("..2026_01_01_00_00_00.1");
            fs::create_dir_all(&held).expect("a folder");
            symlink(held.file_name().expect("a name"), mount.join("..data")).expect("a link");
            for (file, text) in *files {
                fs::write(held.join(file), moved(text, folder.path())).expect("a file");
                symlink(Path::new("..data").join(file), mount.join(file)).expect("a link");
            }
        }
        Self { folder }
    }

    /// Starts Bailiff with the arguments of a container, and waits until it is ready.
    pub(super) async fn serve(self, arguments: &[&str], environment: &[(&str, String)]) -> Served {
        let key = Instance::new().key().public_pem().clone();
        let mut command = bailiff();
        for argument in arguments {
            command.arg(moved(argument, self.folder.path()));
        }
        for (name, value) in environment {
            command.env(name, moved(value, self.folder.path()));
        }
        command.env("CLERK_JWT_KEY", key);
        let process = Process::start("bailiff", &mut command);
        let grpc = process.line(|line| listening(line, "grpc")).await;
        let admin = process.line(|line| listening(line, "admin")).await;
        process.line(|line| line.contains("\"message\":\"ready\"").then_some(())).await;
        Served { process, folder: self.folder, admin, grpc }
    }
}

impl Served {
    /// What a probe of a container comes to.
    pub(super) async fn probed(&self, probe: &Value) -> bool {
        if let Some(path) = probe["httpGet"]["path"].as_str() {
            assert_eq!(probe["httpGet"]["port"], "admin");
            return http::send("GET", &format!("http://{}{path}", self.admin), &[]).await.status
                == 200;
        }
        let mut command = bailiff();
        if probe["grpc"]["port"] == 9191 {
            command.args(["healthcheck", "--address", &self.grpc]);
        } else {
            let words = documents::list(&probe["exec"]["command"]);
            assert_eq!(words[0], "/usr/local/bin/bailiff", "{probe}");
            let words =
                words[1..].iter().map(|word| moved(documents::str(word), self.folder.path()));
            command.args(words);
        }
        let output = tokio::task::spawn_blocking(move || command.output()).await;
        output.expect("it ends").expect("it starts").status.success()
    }

    /// The page of metrics.
    pub(super) async fn metrics(&self) -> String {
        http::send("GET", &format!("http://{}/metrics", self.admin), &[]).await.body
    }

    /// Ends it as an orchestrator does, and returns the exit code.
    pub(super) async fn ended(self) -> Option<i32> {
        self.process.signal("TERM");
        self.process.exit_code().await
    }
}

/// What `bailiff test` says about a policy.
pub(super) fn policy_is_good(text: &str) {
    let folder = TempDir::new().expect("a folder");
    let file = folder.path().join("policy.yaml");
    fs::write(&file, text).expect("a policy");
    for command in ["check", "test"] {
        let output = Command::new(env!("CARGO_BIN_EXE_bailiff"))
            .arg(command)
            .arg(&file)
            .env_clear()
            .output()
            .expect("it starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

/// A text with its folders under `root`, and its addresses on any free port of loopback.
fn moved(text: &str, root: &Path) -> String {
    let root = root.display();
    text.replace("/etc/bailiff", &format!("{root}/etc/bailiff"))
        .replace("/run/bailiff", &format!("{root}/run/bailiff"))
        .replace("/run/secrets", &format!("{root}/etc/bailiff/secrets"))
        .replace("0.0.0.0:9191", "127.0.0.1:0")
        .replace("0.0.0.0:9194", "127.0.0.1:0")
}

fn listening(line: &str, listener: &str) -> Option<String> {
    let fields: Value = serde_json::from_str(line).ok()?;
    let found = fields["message"] == "listening" && fields["listener"] == listener;
    found.then(|| documents::str(&fields["address"]).to_owned())
}
