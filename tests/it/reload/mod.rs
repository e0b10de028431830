//! Policies that change while questions are asked: every way in which files come to be changed, what
//! is seen of it, and that no question ever notices.

mod comparison;
mod files;
mod full_size;

use crate::support::{
    check::Asked,
    http,
    sidecar::{self, Sidecar},
    tokens::Instance,
};
use bailiff::policy::{Policy, Source};
use serde_json::{Value, json};
use std::{
    fs,
    path::{Path, PathBuf},
};
use tempfile::TempDir;

/// Policies that tell themselves apart by what they say of `/a`.
pub(crate) const OPEN: &str = "version: 1\nroutes: { /a: public }\n";
pub(crate) const CLOSED: &str = "version: 1\nroutes: { /a: denied }\n";
pub(crate) const SIGNED_IN: &str = "version: 1\nroutes: { /a: signed_in }\n";

/// The revision of a policy.
fn revision(text: &str) -> String {
    Policy::load(Source::new("policy.yaml", text)).expect("a policy").revision().to_string()
}

/// What is told of `/a`, which nobody in particular asks for.
async fn told(sidecar: &Sidecar) -> String {
    Asked::get("/a").of(sidecar).await.told()
}

fn loaded<'a>(policy: &'a str, revision: &'a str) -> impl Fn(&Value) -> bool + 'a {
    move |line| {
        line["message"] == "policy loaded"
            && line["policy"] == policy
            && line["revision"] == revision
    }
}

fn refused<'a>(policy: &'a str, result: &'a str) -> impl Fn(&Value) -> bool + 'a {
    move |line| {
        line["message"] == "policy refused, what is in force stays in force"
            && line["policy"] == policy
            && line["result"] == result
    }
}

/// A running sidecar and its policy on disk.
struct Changing {
    sidecar: Sidecar,
    policy: PathBuf,
}

impl Changing {
    /// With the policy in a file, opening `/a`.
    async fn file() -> Self {
        Self::prepared(|directory| {
            let policy = directory.join("rules").join("policy.yaml");
            fs::create_dir(directory.join("rules")).expect("a folder");
            fs::write(&policy, OPEN).expect("the policy is written");
            policy
        })
        .await
    }

    /// With a policy that `prepare` puts somewhere below a directory and returns the path of.
    async fn prepared(prepare: impl FnOnce(&Path) -> PathBuf) -> Self {
        Self::with_settings(prepare, |_, _| {}).await
    }

    /// The same with settings changed, which may name files in the directory.
    async fn with_settings(
        prepare: impl FnOnce(&Path) -> PathBuf,
        change: impl FnOnce(&mut Value, &Path),
    ) -> Self {
        let directory = TempDir::new().expect("a temporary directory");
        let policy = prepare(directory.path());
        let mut settings = sidecar::settings(directory.path(), &[("main", &Instance::new())]);
        settings["policy"] = json!(policy);
        change(&mut settings, directory.path());
        // The file beside the settings, which these do not name.
        let sidecar = Sidecar::start_in(directory, OPEN, &settings).await;
        Self { sidecar, policy }
    }

    /// Waits until a policy has been loaded so often, and asks it.
    async fn in_force(&self, text: &str, times: usize) -> String {
        let revision = revision(text);
        self.sidecar.logged_times(times, loaded("live", &revision)).await;
        let verdict = Asked::get("/a").of(&self.sidecar).await;
        assert_eq!(verdict.revision, revision);
        verdict.told()
    }

    /// Waits until the files have been refused so often.
    async fn refused(&self, result: &str, times: usize) {
        self.sidecar.logged_times(times, refused("live", result)).await;
    }

    /// The page of readiness, which is good.
    async fn health(&self) -> String {
        let page = http::get(&self.sidecar.admin("/readyz"), &[]).await;
        assert_eq!(page.status, 200, "{}", page.body);
        page.body
    }

    /// Asserts that a line is on the page of metrics.
    async fn counted(&self, line: &str) {
        let page = http::get(&self.sidecar.admin("/metrics"), &[]).await.body;
        assert!(page.lines().any(|shown| shown == line), "{line} is missing from\n{page}");
    }
}
