//! The programs under `examples/`, each with the gRPC library of its language, against the real
//! binary. They are copied into `target/tools` and built there as their own head comments say.

mod services;
mod verdicts;

use crate::support::toolchain::{self, Missing, prepared, program, repository, run, tools};
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

/// What the examples speak: where it lies, and what it is imported as.
const PROTOS: [(&str, &str); 2] =
    [("proto", "bailiff/v1/authorization.proto"), ("examples/proto", "shop/v1/invoices.proto")];

/// An example that is ready to run.
struct Example {
    /// What runs its programs; nothing where they run by themselves.
    command: Vec<PathBuf>,
    suffix: &'static str,
    folder: PathBuf,
}

impl Example {
    /// Runs `client` or `service`.
    fn program(&self, name: &str) -> Command {
        let file = self.folder.join(format!("{name}{}", self.suffix));
        let words: Vec<_> = self.command.iter().chain([&file]).collect();
        let mut command = Command::new(words[0]);
        command.args(&words[1..]).current_dir(&self.folder);
        command
    }
}

fn python() -> Result<Example, Missing> {
    let python = toolchain::python_with_grpc()?;
    let folder = laid_out("python", |folder| {
        run(Command::new(&python)
            .args(["-m", "grpc_tools.protoc", "-I", "../../proto", "-I", "../proto"])
            .args(["--python_out=.", "--grpc_python_out=."])
            .args(PROTOS.map(|(_, proto)| proto))
            .current_dir(folder))
    })?;
    Ok(Example { command: vec![python], suffix: ".py", folder })
}

fn node() -> Result<Example, Missing> {
    let node = program(&["node"])?;
    let npm = program(&["npm"])?;
    let folder = laid_out("node", |folder| {
        run(Command::new(npm)
            .args(["ci", "--no-audit", "--no-fund", "--ignore-scripts"])
            .current_dir(folder))
    })?;
    Ok(Example { command: vec![node.into()], suffix: ".js", folder })
}

fn go() -> Result<Example, Missing> {
    run(Command::new("go").arg("version"))?;
    let python = toolchain::python_with_grpc()?;
    let folder = laid_out("go", |folder| {
        // The compiler for protos comes with the Python library; the plugins with the Go module.
        let programs = folder.join("bin");
        let protoc = programs.join("protoc");
        let script =
            format!("#!/bin/sh\nexec '{}' -m grpc_tools.protoc \"$@\"\n", python.display());
        fs::create_dir_all(&programs)?;
        fs::write(&protoc, script)?;
        toolchain::make_executable(&protoc)?;
        let inherited = env::var_os("PATH").unwrap_or_default();
        let path = [programs.clone()].into_iter().chain(env::split_paths(&inherited));
        let path = env::join_paths(path).map_err(std::io::Error::other)?;
        let command = |arguments: &[&str]| {
            let mut command = Command::new("go");
            command.args(arguments).current_dir(folder).env("PATH", &path);
            command.env("GOBIN", &programs).env("GOTOOLCHAIN", "local");
            command
        };
        run(&mut command(&["generate"]))?;
        run(&mut command(&["build", "-o", "bin/", "./client", "./service"]))
    })?;
    Ok(Example { command: Vec::new(), suffix: "", folder: folder.join("bin") })
}

fn java() -> Result<Command, Missing> {
    run(Command::new("javac").arg("--version"))?;
    let maven = program(&["mvn"])?;
    let folder = laid_out("java", |folder| {
        run(Command::new(maven)
            .args(["-q", "-B", "package", "dependency:copy-dependencies"])
            .args(["-DincludeScope=runtime", "-DoutputDirectory=target/lib"])
            .current_dir(folder))
    })?;
    let mut command = Command::new("java");
    command.args(["-cp", "target/classes:target/lib/*", "shop.Service"]).current_dir(folder);
    Ok(command)
}

/// Cargo builds it with the tests, unless it is told to build one test alone.
fn rust() -> Result<Command, Missing> {
    let example = env::current_exe()?.parent().and_then(Path::parent).map(|built| {
        let name = format!("service{}", env::consts::EXE_SUFFIX);
        built.join("examples").join(name)
    });
    let built = example.filter(|example| example.is_file());
    built.map(Command::new).ok_or_else(|| Missing::new("`cargo build --examples` was not run"))
}

/// Copies `examples/{name}` to a folder of its own in `target/tools`, with the protos beside it as in
/// the repository, and builds it there; once for each state of the example and of the protos.
fn laid_out(
    name: &str,
    build: impl FnOnce(&Path) -> Result<(), Missing>,
) -> Result<PathBuf, Missing> {
    let mut files = Vec::new();
    below(&repository().join("examples").join(name), &mut files)?;
    files.extend(PROTOS.map(|(folder, proto)| repository().join(folder).join(proto)));
    files.sort();
    let state: String = files.iter().map(fs::read_to_string).collect::<Result<_, _>>()?;
    let home = tools().join(format!("examples-{name}"));
    prepared(&format!("examples-{name}/examples/{name}"), &state, |folder| {
        for file in &files {
            let copy = home.join(file.strip_prefix(repository()).unwrap_or(file));
            fs::create_dir_all(copy.parent().unwrap_or(&home))?;
            fs::copy(file, copy)?;
        }
        build(folder)
    })
}

/// The files of an example, but what was generated or installed.
fn below(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), Missing> {
    const MADE: [&str; 7] =
        ["bailiff", "invoices", "node_modules", "target", "__pycache__", "bin", "v1"];
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let made = path.file_name().is_some_and(|name| MADE.iter().any(|made| name == *made));
        if path.is_file() {
            files.push(path);
        } else if !made {
            below(&path, files)?;
        }
    }
    Ok(())
}
