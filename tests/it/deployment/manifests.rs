//! `deploy/kubernetes`: built by Kustomize, held to the schemas of Kubernetes, at one with itself, and
//! served.

use super::{
    documents::{all, first, list, object, str, text},
    schemas::Schemas,
    served::{Mounted, policy_is_good},
};
use crate::support::{
    deployment_tools,
    toolchain::{self, Missing, repository},
};
use bailiff::config::{env, file::SettingsFile};
use serde_json::{Value, json};
use std::{collections::BTreeMap, process::Command};

const KINDS: [&str; 2] = ["central", "sidecar"];

/// What Kustomize makes of a folder.
fn built(name: &str) -> Result<Vec<Value>, Missing> {
    let output = Command::new(deployment_tools::kustomize()?)
        .arg("build")
        .arg(repository().join("deploy/kubernetes").join(name))
        .output()?;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(all(&String::from_utf8_lossy(&output.stdout)))
}

#[test]
fn the_manifests_fit_what_kubernetes_reads() {
    for name in KINDS {
        let Some(documents) = toolchain::required(built(name)) else { return };
        let Some(schemas) = toolchain::required(Schemas::of(&documents)) else { return };
        let mistakes = schemas.mistakes(&documents);
        assert!(mistakes.is_empty(), "{name}: {mistakes:#?}");
    }
}

#[test]
fn the_manifests_are_at_one_with_themselves() {
    for name in KINDS {
        let Some(documents) = toolchain::required(built(name)) else { return };
        at_one(&documents);
    }
}

#[test]
fn every_container_runs_without_rights() {
    for name in KINDS {
        let Some(documents) = toolchain::required(built(name)) else { return };
        without_rights(first(&documents, "Deployment"));
    }
}

#[test]
fn the_settings_shipped_fit_the_schema_and_the_policies_are_good() {
    let schema = jsonschema::draft202012::new(&SettingsFile::schema()).expect("a schema");
    for name in KINDS {
        let settings: Value = all(&text(&format!("kubernetes/{name}/bailiff.yaml"))).remove(0);
        let mistakes: Vec<_> = schema.iter_errors(&settings).map(|it| it.to_string()).collect();
        assert!(mistakes.is_empty(), "{name}: {mistakes:#?}");
        policy_is_good(&text(&format!("kubernetes/{name}/policy/policy.yaml")));
    }
}

#[test]
fn the_sample_policy_is_the_same_everywhere() {
    let sample = text("compose/policy/policy.yaml");
    for name in KINDS {
        assert_eq!(text(&format!("kubernetes/{name}/policy/policy.yaml")), sample, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_manifests_mount_is_served_and_the_probes_see_it() {
    for name in KINDS {
        let Some(documents) = toolchain::required(built(name)) else { return };
        serves(&documents).await;
    }
}

/// Serves what the container named `bailiff` mounts, with its arguments, and asks its probes.
pub(super) async fn serves(documents: &[Value]) {
    let pod = &first(documents, "Deployment")["spec"]["template"]["spec"];
    let containers = list(&pod["containers"]).iter().chain(list(&pod["initContainers"]));
    let container = containers.clone().find(|it| it["name"] == "bailiff").expect("Bailiff");
    let mut folders = Vec::new();
    for mount in list(&container["volumeMounts"]) {
        let Some(folder) = str(&mount["mountPath"]).strip_prefix("/etc/bailiff/") else { continue };
        let volume = volume(pod, str(&mount["name"]));
        let files: BTreeMap<String, String> = match volume["configMap"]["name"].as_str() {
            Some(map) => {
                serde_json::from_value(object(documents, "ConfigMap", map)["data"].clone())
                    .expect("texts")
            }
            None => {
                [("secret-key".to_owned(), "sk_test_0123456789abcdefghijklmnop".to_owned())].into()
            }
        };
        folders.push((folder.to_owned(), files));
    }
    let folders: Vec<_> = folders.iter().map(|(name, files)| (name.as_str(), files)).collect();
    let arguments: Vec<_> = list(&container["args"]).iter().map(str).collect();
    let served = Mounted::new(&folders).serve(&arguments, &[]).await;
    let mut probes = 0;
    for probe in ["startupProbe", "readinessProbe", "livenessProbe"] {
        if !container[probe].is_null() {
            assert!(served.probed(&container[probe]).await, "{probe}");
            probes += 1;
        }
    }
    assert!(probes >= 2);
    assert!(served.metrics().await.contains(r#"bailiff_policy_info{policy="live""#));
    assert_eq!(served.ended().await, Some(0));
    let patience = pod["terminationGracePeriodSeconds"].as_u64().expect("a number");
    let before = container["lifecycle"]["preStop"]["sleep"]["seconds"].as_u64().unwrap_or(10);
    assert!(patience > before + 12, "leaving takes two seconds, finishing calls up to ten");
}

fn volume<'d>(pod: &'d Value, name: &str) -> &'d Value {
    let found = list(&pod["volumes"]).iter().find(|volume| volume["name"] == name);
    found.unwrap_or_else(|| panic!("no volume {name}"))
}

/// Whatever names something names what is there: selectors, ports, volumes, maps, variables.
pub(super) fn at_one(documents: &[Value]) {
    let deployment = first(documents, "Deployment");
    let (name, template) = (&deployment["metadata"]["name"], &deployment["spec"]["template"]);
    let labels = template["metadata"]["labels"].as_object().expect("labels");
    let selects = |selector: &Value| {
        let wanted = selector.as_object().expect("a selector");
        !wanted.is_empty() && wanted.iter().all(|(key, value)| labels.get(key) == Some(value))
    };
    let pod = &template["spec"];
    let containers: Vec<_> =
        list(&pod["containers"]).iter().chain(list(&pod["initContainers"])).collect();
    let ports: Vec<_> = containers.iter().flat_map(|it| list(&it["ports"])).collect();
    let is_port = |port: &Value| {
        ports.iter().any(|known| known["name"] == *port || known["containerPort"] == *port)
    };

    assert!(selects(&deployment["spec"]["selector"]["matchLabels"]));
    for document in documents {
        let spec = &document["spec"];
        match str(&document["kind"]) {
            "Service" => {
                assert!(selects(&spec["selector"]), "{document}");
                assert!(
                    list(&spec["ports"]).iter().all(|port| is_port(&port["targetPort"])),
                    "{document}"
                );
            }
            "NetworkPolicy" => {
                assert!(selects(&spec["podSelector"]["matchLabels"]), "{document}");
                let open = list(&spec["ingress"]).iter().flat_map(|rule| list(&rule["ports"]));
                for port in open {
                    assert!(is_port(&port["port"]), "{port}");
                }
            }
            "PodDisruptionBudget" => assert!(selects(&spec["selector"]["matchLabels"])),
            "HorizontalPodAutoscaler" => {
                assert_eq!(&spec["scaleTargetRef"]["name"], name);
                assert!(deployment["spec"]["replicas"].is_null(), "two would count the replicas");
            }
            _ => {}
        }
    }
    for container in containers {
        for mount in list(&container["volumeMounts"]) {
            assert!(mount["subPath"].is_null(), "such a file never changes again: {mount}");
            let volume = volume(pod, str(&mount["name"]));
            if let Some(map) = volume["configMap"]["name"].as_str() {
                object(documents, "ConfigMap", map);
            }
        }
        for probe in ["startupProbe", "readinessProbe", "livenessProbe"] {
            for by in ["httpGet", "tcpSocket", "grpc"] {
                let port = &container[probe][by]["port"];
                assert!(port.is_null() || is_port(port), "{probe}: {port}");
            }
        }
        for variable in list(&container["env"]) {
            assert!(is_known(str(&variable["name"])), "{variable}");
        }
    }
}

/// Whether the program reads a variable of this name, or something below it does.
pub(super) fn is_known(name: &str) -> bool {
    let ours = env::ALL.iter().any(|variable| {
        let from_file = name.strip_suffix("_FILE").is_some_and(|name| name == variable.name);
        variable.name == name || (variable.from_file && from_file)
    });
    ours || name == "TOKIO_WORKER_THREADS"
}

/// Pod Security's level `restricted`, and a root file system that nobody writes to.
pub(super) fn without_rights(deployment: &Value) {
    let pod = &deployment["spec"]["template"]["spec"];
    assert_eq!(pod["automountServiceAccountToken"], false);
    assert_eq!(pod["enableServiceLinks"], false);
    assert_eq!(pod["securityContext"]["runAsNonRoot"], true);
    assert_eq!(pod["securityContext"]["runAsUser"], 65532);
    assert_eq!(pod["securityContext"]["seccompProfile"]["type"], "RuntimeDefault");
    for container in list(&pod["containers"]).iter().chain(list(&pod["initContainers"])) {
        let expected = json!({
            "allowPrivilegeEscalation": false,
            "readOnlyRootFilesystem": true,
            "capabilities": { "drop": ["ALL"] },
        });
        assert_eq!(container["securityContext"], expected, "{}", container["name"]);
        assert!(!container["resources"]["requests"]["cpu"].is_null(), "{}", container["name"]);
        assert!(!container["resources"]["limits"]["memory"].is_null(), "{}", container["name"]);
        // A throttled answer is late, and a late answer is a refusal.
        assert!(container["resources"]["limits"]["cpu"].is_null(), "{}", container["name"]);
    }
}
