//! Webhooks as Clerk sends them, signed by Svix's own package.

use super::toolchain::{Missing, prepared, program, repository, run};
use serde_json::{Value, json};
use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::SocketAddr,
    path::PathBuf,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::OnceLock,
};

/// The endpoint's secret.
pub(crate) const SECRET: &str = "whsec_bWFkZS11cC1zaWduaW5nLWtleS1mb3ItdGVzdHM=";

/// Svix's package at work.
pub(crate) struct Svix {
    child: Child,
    asked: ChildStdin,
    answers: BufReader<ChildStdout>,
}

/// A message, ready to be sent.
#[derive(Clone, Debug)]
pub(crate) struct Webhook {
    pub(crate) id: String,
    pub(crate) timestamp: u64,
    pub(crate) signature: String,
    pub(crate) body: String,
}

fn python_with_svix() -> Result<PathBuf, Missing> {
    static PYTHON: OnceLock<Result<PathBuf, Missing>> = OnceLock::new();
    let obtain = || {
        let pinned = include_str!("svix-requirements.txt");
        let home = prepared("svix", pinned, |home| {
            run(Command::new(program(&["python3", "python"])?).args(["-m", "venv"]).arg(home))?;
            run(Command::new(home.join("bin/python"))
                .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"])
                .arg("--requirement")
                .arg(repository().join("tests/it/support/svix-requirements.txt")))
        })?;
        Ok(home.join("bin/python"))
    };
    PYTHON.get_or_init(obtain).clone()
}

impl Svix {
    /// Starts it.
    pub(crate) fn start() -> Result<Self, Missing> {
        let mut child = Command::new(python_with_svix()?)
            .arg(repository().join("tests/it/support/sign_webhooks.py"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let asked = child.stdin.take().expect("standard input is piped");
        let answers = BufReader::new(child.stdout.take().expect("standard output is piped"));
        Ok(Self { child, asked, answers })
    }

    /// Signs a message sent now.
    pub(crate) fn sign(&mut self, id: &str, body: &Value) -> Webhook {
        self.sign_at(id, body, now(), SECRET)
    }

    /// Signs a message sent at some time with some secret.
    pub(crate) fn sign_at(
        &mut self,
        id: &str,
        body: &Value,
        timestamp: u64,
        secret: &str,
    ) -> Webhook {
        let body = body.to_string();
        let line = json!({ "id": id, "timestamp": timestamp, "body": body, "secret": secret });
        writeln!(self.asked, "{line}").expect("Svix's package listens");
        let mut signature = String::new();
        self.answers.read_line(&mut signature).expect("Svix's package answers");
        let signature = signature.trim().to_owned();
        assert!(signature.starts_with("v1,"), "{signature}");
        Webhook { id: id.to_owned(), timestamp, signature, body }
    }
}

impl Drop for Svix {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An event of Clerk's.
pub(crate) fn event(kind: &str, data: &Value) -> Value {
    json!({
        "object": "event", "type": kind, "instance_id": "ins_main",
        "timestamp": now() * 1000, "data": data,
    })
}

/// Unix seconds.
pub(crate) fn now() -> u64 {
    use bailiff::core::clock::{Clock as _, SystemClock};
    u64::try_from(SystemClock.now().unix_seconds()).expect("after 1970")
}

impl Webhook {
    /// Sends it and returns the status and what the answer says.
    pub(crate) async fn send(&self, to: SocketAddr) -> (u16, String) {
        let response = super::http::client()
            .post(format!("http://{to}/"))
            .header("content-type", "application/json")
            .header("svix-id", &self.id)
            .header("svix-timestamp", self.timestamp)
            .header("svix-signature", &self.signature)
            .body(self.body.clone())
            .send()
            .await
            .expect("the webhook listener answers");
        let status = response.status().as_u16();
        (status, response.text().await.expect("a body").trim().to_owned())
    }
}
