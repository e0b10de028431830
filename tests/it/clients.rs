//! The programs under `examples/`, each with the gRPC library of its language, against the real
//! binary. They are copied into `target/tools` and built there as their own head comments say.

use crate::support::{
    sidecar::Sidecar,
    stack::SHOP,
    tokens::{
        Instance,
        Person::{Boss, Reader},
    },
    toolchain::{self, Missing, prepared, program, repository, run, tools},
};
use serde_json::Value;
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

#[tokio::test(flavor = "multi_thread")]
async fn python_gets_verdicts_and_claims() {
    answers_rightly(toolchain::required(python())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn node_gets_verdicts_and_claims() {
    answers_rightly(toolchain::required(node())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn go_gets_verdicts_and_claims() {
    answers_rightly(toolchain::required(go())).await;
}

/// Runs an example as somebody who may, somebody who may not and nobody.
async fn answers_rightly(example: Option<Example>) {
    let Some(example) = example else { return };
    let instance = Instance::new();
    let sidecar = Sidecar::start(&instance, SHOP).await;
    let ask = |token: &str| example.ask(&sidecar, token);

    let boss = ask(&instance.token(Boss));
    assert_eq!(boss["http"]["effect"], "EFFECT_ALLOW", "{boss}");
    assert_eq!(boss["http"]["rule"], "GET /orgs/{org}/invoices/{id}");
    assert_eq!(boss["requirement"]["effect"], "EFFECT_ALLOW");
    assert_eq!(boss["who"]["user"], Boss.id());
    assert_eq!(boss["who"]["claims"]["sub"], Boss.id());

    let reader = ask(&instance.token(Reader));
    assert_eq!(reader["http"]["effect"], "EFFECT_ALLOW", "{reader}");
    assert_eq!(reader["requirement"]["effect"], "EFFECT_DENY");
    assert_eq!(reader["requirement"]["reason"], "permission");
    assert_eq!(reader["requirement"]["status"], 403);

    let nobody = ask("garbage");
    assert_eq!(nobody["http"]["effect"], "EFFECT_DENY", "{nobody}");
    assert_eq!(nobody["http"]["status"], 401);
    assert_eq!(nobody["who"].get("user"), None);
    let code = nobody["who"]["code"].as_str().unwrap_or_default();
    assert_eq!(code.to_ascii_uppercase(), "UNAUTHENTICATED");
}

/// An example that is ready to run.
struct Example {
    program: PathBuf,
    arguments: Vec<&'static str>,
    folder: PathBuf,
}

impl Example {
    /// The JSON line that it prints for a token.
    fn ask(&self, sidecar: &Sidecar, token: &str) -> Value {
        let output = Command::new(&self.program)
            .args(&self.arguments)
            .arg(token)
            .current_dir(&self.folder)
            .env("BAILIFF_ADDRESS", sidecar.grpc().to_string())
            .output()
            .expect("the example starts");
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}: {told}", self.folder.display());
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {told}"))
    }
}

fn python() -> Result<Example, Missing> {
    let python = toolchain::python_with_grpc()?;
    let folder = laid_out("python", |folder| {
        run(Command::new(&python)
            .args(["-m", "grpc_tools.protoc", "-I", "../../proto"])
            .args(["--python_out=.", "--grpc_python_out=.", "bailiff/v1/authorization.proto"])
            .current_dir(folder))
    })?;
    Ok(Example { program: python, arguments: vec!["client.py"], folder })
}

fn node() -> Result<Example, Missing> {
    let node = program(&["node"])?;
    let npm = program(&["npm"])?;
    let folder = laid_out("node", |folder| {
        run(Command::new(npm)
            .args(["ci", "--no-audit", "--no-fund", "--ignore-scripts"])
            .current_dir(folder))
    })?;
    Ok(Example { program: node.into(), arguments: vec!["client.js"], folder })
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
        fs::create_dir_all(folder.join("bailiff"))?;
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
        run(&mut command(&["build", "-o", "client", "."]))
    })?;
    Ok(Example { program: folder.join("client"), arguments: Vec::new(), folder })
}

/// Copies `examples/{name}` to a folder of its own in `target/tools`, beside a `proto` folder as in the
/// repository, and builds it there; once for each state of the example and of the protos.
fn laid_out(
    name: &str,
    build: impl FnOnce(&Path) -> Result<(), Missing>,
) -> Result<PathBuf, Missing> {
    let source = repository().join("examples").join(name);
    let proto = "bailiff/v1/authorization.proto";
    let mut state = fs::read_to_string(repository().join("proto").join(proto))?;
    let mut files = Vec::new();
    for entry in fs::read_dir(&source)? {
        let path = entry?.path();
        if path.is_file() {
            state.push_str(&fs::read_to_string(&path)?);
            files.push(path);
        }
    }
    prepared(&format!("examples-{name}/examples/{name}"), &state, |folder| {
        let protos = tools().join(format!("examples-{name}/proto/bailiff/v1"));
        fs::create_dir_all(&protos)?;
        fs::create_dir_all(folder)?;
        fs::copy(repository().join("proto").join(proto), protos.join("authorization.proto"))?;
        for file in files {
            fs::copy(&file, folder.join(file.file_name().unwrap_or_default()))?;
        }
        build(folder)
    })
}
