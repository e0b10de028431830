//! The image: what goes into it, and that the program runs on nothing else.

use super::documents;
use crate::support::{
    deployment_tools,
    process::Process,
    tokens::Instance,
    toolchain::{self, Missing, repository, run},
};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};
use tempfile::TempDir;

fn dockerfile() -> String {
    fs::read_to_string(repository().join("Dockerfile")).expect("a Dockerfile")
}

/// What `COPY` takes from the context.
fn copied() -> Vec<String> {
    let of = |line: &str| -> Vec<String> {
        let mut words: Vec<_> = line.split_whitespace().skip(1).map(str::to_owned).collect();
        words.pop();
        words
    };
    let text = dockerfile();
    let lines = text.lines().filter(|line| line.starts_with("COPY ") && !line.contains("--from"));
    lines.flat_map(of).collect()
}

#[test]
fn the_dockerfile_has_nothing_to_complain_about() {
    let Some(linter) = toolchain::required(deployment_tools::hadolint()) else { return };
    let output = Command::new(linter)
        .args(["--no-color", "--failure-threshold", "info"])
        .arg(repository().join("Dockerfile"))
        .output()
        .expect("the linter starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

#[test]
fn the_image_holds_no_shell_and_runs_without_rights() {
    let text = dockerfile();
    let last = text.rfind("\nFROM ").expect("a last stage");
    assert!(text[last..].starts_with("\nFROM scratch\n"));
    assert!(text[last..].contains("\nUSER 65532:65532\n"));
    assert!(text.contains("--locked --profile dist"));
}

#[test]
fn the_build_is_given_what_it_reads() {
    let folder = TempDir::new().expect("a folder");
    for path in copied() {
        copy(&repository().join(&path), &folder.path().join(path.trim_end_matches("./")));
    }
    let known = run(Command::new(env!("CARGO"))
        .args(["metadata", "--offline", "--locked", "--no-deps", "--format-version", "1"])
        .current_dir(folder.path()));
    assert!(known.is_ok(), "{known:?}");

    // Files that the source includes, unit tests' aside.
    let mut missing = Vec::new();
    for file in sources(&repository().join("src")) {
        if file
            .components()
            .any(|part| matches!(part.as_os_str().to_str(), Some("tests" | "tests.rs")))
        {
            continue;
        }
        let text = fs::read_to_string(&file).expect("source");
        for line in text.lines().filter(|line| line.contains("include_str!(\"../")) {
            let name = line.split('"').nth(1).unwrap_or_default();
            let included = file.parent().unwrap_or(&file).join(name);
            let included = included.canonicalize();
            let included =
                included.unwrap_or_else(|error| panic!("{}: {name}: {error}", file.display()));
            let inside = included.strip_prefix(repository()).expect("it is inside");
            let of_tests = inside.starts_with("conformance") || inside.starts_with("docs");
            if !of_tests && !folder.path().join(inside).exists() {
                missing.push(format!("{}: {}", file.display(), inside.display()));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn the_context_holds_what_is_copied_and_nothing_else() {
    let ignored = fs::read_to_string(repository().join(".dockerignore")).expect("a file");
    let mut lines = ignored.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    assert_eq!(lines.next(), Some("*"));
    let let_in: Vec<_> = lines.map(|line| line.strip_prefix('!').expect("an exception")).collect();
    let mut copied: Vec<_> =
        copied().iter().map(|path| path.trim_end_matches('/').to_owned()).collect();
    copied.sort();
    let mut let_in: Vec<_> = let_in.into_iter().map(str::to_owned).collect();
    let_in.sort();
    assert_eq!(copied, let_in);
}

/// Changing the root of a process needs rights; where they are missing the test is skipped.
fn as_root() -> Result<(), Missing> {
    let output = Command::new("id").arg("-u").output()?;
    if output.stdout == b"0\n" { Ok(()) } else { Err(Missing::new("`chroot` needs root")) }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_runs_on_what_the_image_holds_and_as_nobody() {
    let Some(()) = toolchain::required(as_root()) else { return };
    let folder = TempDir::new().expect("a folder");
    let root = folder.path().join("image");
    let laid_out = run(Command::new("sh")
        .arg(repository().join("deploy/image/rootfs.sh"))
        .arg(env!("CARGO_BIN_EXE_bailiff"))
        .arg(&root));
    assert!(laid_out.is_ok(), "{laid_out:?}");
    let opened = run(Command::new("chmod").arg("755").arg(folder.path()));
    assert!(opened.is_ok(), "{opened:?}");
    fs::write(root.join("etc/bailiff/policy.yaml"), documents::text("compose/policy/policy.yaml"))
        .expect("a policy");

    let told = |arguments: &[&str]| inside(&root, arguments).output().expect("it starts");
    assert!(told(&["--version"]).status.success());
    let played = told(&["test", "/etc/bailiff/policy.yaml"]);
    assert!(played.status.success(), "{}", String::from_utf8_lossy(&played.stderr));
    // Nobody listens, which it must be able to tell.
    assert_eq!(told(&["healthcheck", "--address", "127.0.0.1:1"]).status.code(), Some(1));

    holds_little(&root);
    serves(&root).await;
}

/// It listens, is ready and ends, with what is there to name hosts and to trust certificates.
async fn serves(root: &Path) {
    let instance = Instance::new();
    let mut command = inside(root, &["serve", "--policy", "/etc/bailiff/policy.yaml"]);
    command.args(["--grpc", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--publishable-key"]);
    command.arg(instance.publishable_key()).env("CLERK_JWT_KEY", instance.key().public_pem());
    let process = Process::start("bailiff", &mut command);
    process.line(|line| line.contains("\"message\":\"ready\"").then_some(())).await;
    process.signal("TERM");
    assert_eq!(process.exit_code().await, Some(0));
}

/// The program as the image's user, with the image's files alone.
fn inside(root: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new("chroot");
    command.arg("--userspec=65532:65532").arg(root).arg("/usr/local/bin/bailiff");
    command.args(arguments).env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
    command
}

fn holds_little(root: &Path) {
    let files: Vec<_> = sources(root).into_iter().filter(|file| file.is_file()).collect();
    let libraries = files.iter().filter(|file| file.to_string_lossy().contains(".so"));
    assert!(libraries.count() <= 6 && files.len() <= 14, "{files:#?}");
    let besides: u64 = files
        .iter()
        .filter(|file| !file.ends_with("usr/local/bin/bailiff"))
        .filter_map(|file| fs::metadata(file).ok())
        .map(|metadata| metadata.len())
        .sum();
    assert!(besides < 5_000_000, "{besides} bytes besides the program");
}

fn copy(from: &Path, to: &Path) {
    if from.is_dir() {
        for entry in fs::read_dir(from).expect("a folder").flatten() {
            copy(&entry.path(), &to.join(entry.file_name()));
        }
    } else {
        fs::create_dir_all(to.parent().expect("a folder")).expect("a folder");
        fs::copy(from, to).expect("a file");
    }
}

/// Every file below a folder.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    entries.flat_map(|path| if path.is_dir() { sources(&path) } else { vec![path] }).collect()
}
