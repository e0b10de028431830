//! The commands that the README and the pages show are run as they are written, beside the files that
//! they name; what cannot be run to its end within a test is checked as far as it goes.

use crate::support::{
    check::Asked,
    process::Process,
    sidecar::{self, Sidecar},
    tokens::{Instance, Person::Boss},
    toolchain::{self, repository},
};
use serde_json::{Value, json};
use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
};
use tempfile::TempDir;

const PAGES: [&str; 5] =
    ["README.md", "docs/policy.md", "docs/testing.md", "docs/operations.md", "docs/migration.md"];

/// People for the policy in the README, whom its commands name.
const PEOPLE: &str = "
tests:
  people:
    reader: { organization: { slug: acme, permissions: [org:invoices:read] } }
    boss:   { organization: { slug: acme, role: org:admin, permissions: [org:invoices:manage] } }
";

/// A command, where it is shown, and what its comment says.
#[derive(Debug)]
struct Shown {
    page: &'static str,
    command: String,
    comment: String,
}

/// Every line of the shell, and every command of ours within a sentence that has arguments.
fn shown() -> Vec<Shown> {
    let mut all = Vec::new();
    for page in PAGES {
        let text = fs::read_to_string(repository().join(page)).expect("the page");
        let mut fence = None;
        for line in text.lines() {
            match line.strip_prefix("```") {
                Some(kind) => fence = if fence.is_some() { None } else { Some(kind) },
                None if fence == Some("sh") => {
                    let (command, comment) = line.split_once("  #").unwrap_or((line, ""));
                    let command = command.trim().trim_end_matches('&').trim_end().to_owned();
                    let comment = comment.trim().to_owned();
                    if !command.is_empty() && !command.starts_with('#') {
                        all.push(Shown { page, command, comment });
                    }
                }
                None if fence.is_none() => {
                    let words = line.split('`').skip(1).step_by(2);
                    let ours = words
                        .filter(|word| word.starts_with("bailiff ") && word.split(' ').count() > 2);
                    all.extend(ours.map(|word| Shown {
                        page,
                        command: word.to_owned(),
                        comment: String::new(),
                    }));
                }
                None => {}
            }
        }
    }
    all
}

/// The first block in that language on a page, or the first behind `after`.
fn block(page: &str, after: &str, language: &str) -> String {
    let text = fs::read_to_string(repository().join(page)).expect("the page");
    let (_, text) = text.split_once(after).expect("the place");
    let (_, rest) = text.split_once(&format!("```{language}\n")).expect("a block");
    rest.split("```").next().unwrap_or_default().to_owned()
}

/// The files that the commands name.
async fn world(folder: &Path, instance: &Instance) -> Sidecar {
    let policy = block("README.md", "## The policy in one screen", "yaml") + PEOPLE;
    let write = |name: &str, text: &str| fs::write(folder.join(name), text).expect(name);
    write("policy.yaml", &policy);
    write("middleware.ts", &block("docs/migration.md", "", "ts"));
    write("openapi.yaml", &block("docs/migration.md", "", "json"));
    write("clerk.pem", &instance.key().public_pem());
    write("token", &instance.token(Boss));
    write("operator", "made-up-operator-credential");
    std::os::unix::fs::symlink(repository().join("deploy"), folder.join("deploy")).expect("deploy");

    let directory = TempDir::new().expect("a temporary directory");
    fs::write(directory.path().join("operator"), "made-up-operator-credential").expect("a file");
    let mut settings = sidecar::settings(directory.path(), &[("main", instance)]);
    settings["operator_token_file"] = json!("operator");
    settings["log"]["replayable"] = json!(true);
    let sidecar = Sidecar::start_in(directory, &policy, &settings).await;
    let bearer = format!("Bearer {}", instance.token(Boss));
    for target in ["/admin/users", "/orgs/acme/invoices/7", "/docs/intro"] {
        Asked::get(target).header("authorization", &bearer).of(&sidecar).await;
    }
    let decision = |line: &Value| line["target"] == "bailiff::decision";
    sidecar.logged_times(3, decision).await;
    let log = sidecar.log();
    let lines: Vec<&str> = log.lines().filter(|line| line.contains("bailiff::decision")).collect();
    write("line.json", lines[0]);
    write("decisions.log", &lines.join("\n"));
    sidecar
}

/// Runs it in a shell, with our binary found first.
fn run(folder: &Path, command: &str) -> Result<(), String> {
    let mut shell = in_shell(folder, command);
    let output = shell.stdin(Stdio::null()).output().expect("a shell");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() { Ok(()) } else { Err(format!("{:?}: {said}", output.status)) }
}

fn in_shell(folder: &Path, command: &str) -> Command {
    let binary = Path::new(env!("CARGO_BIN_EXE_bailiff"));
    let home = binary.parent().expect("a folder").display();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = path.to_string_lossy();
    let mut shell = Command::new("sh");
    shell
        .current_dir(folder)
        .env("PATH", format!("{home}:{path}"))
        .env("BAILIFF_POLICY", "policy.yaml");
    shell.env("CLERK_PUBLISHABLE_KEY", Instance::new().publishable_key());
    shell.args(["-c", command]);
    shell
}

#[tokio::test(flavor = "multi_thread")]
async fn every_command_that_is_shown_does_what_is_said() {
    let instance = Instance::new();
    let folder = TempDir::new().expect("a temporary directory");
    let sidecar = world(folder.path(), &instance).await;
    let sample = fs::read_to_string(repository().join("deploy/policy.yaml")).expect("the sample");
    let behind_envoy = Sidecar::start(&instance, &sample).await;
    let key = instance.publishable_key();
    let mut ran = 0;
    for shown in shown() {
        let Shown { page, command, comment } = &shown;
        let place = format!("{page}: {command}");
        let said = if command.starts_with("cargo ") || command.starts_with("python3 -m http.server")
        {
            // The first are how this is run, the second is somebody's service.
            continue;
        } else if command.contains("bailiff serve") {
            let with_key = command.replace("pk_live_...", &key).replace("pk_test_...", &key);
            let somewhere =
                "BAILIFF_GRPC=127.0.0.1:0 BAILIFF_ADMIN=127.0.0.1:0 BAILIFF_LOG_FORMAT=json";
            let command = format!("exec env {somewhere} {with_key}");
            let process = Process::start("bailiff", &mut in_shell(folder.path(), &command));
            process.line(|line| line.contains("\"listening\"").then_some(())).await;
            Ok(())
        } else if let Some(arguments) = command.strip_prefix("envoy ") {
            let Some(envoy) = toolchain::required(toolchain::envoy()) else { continue };
            run(folder.path(), &format!("{} --mode validate {arguments}", envoy.display()))
        } else if let Some(address) = command.strip_prefix("curl -i http://127.0.0.1:10000") {
            let status = behind_envoy_status(&behind_envoy, address).await;
            let wanted = comment.split([' ', ':']).next().unwrap_or_default();
            if status == wanted { Ok(()) } else { Err(format!("{status} instead of {comment}")) }
        } else if command.starts_with("bailiff revoke") {
            let known = command.replace("user_...", Boss.id());
            run(folder.path(), &format!("{known} --address {}", sidecar.grpc()))
        } else {
            run(folder.path(), command)
        };
        said.unwrap_or_else(|error| panic!("{place}\n{error}"));
        ran += 1;
    }
    assert!(ran > 15, "{ran}");
}

async fn behind_envoy_status(sidecar: &Sidecar, target: &str) -> String {
    Asked::get(target).of(sidecar).await.status.to_string()
}
