//! Schemas of what reads the files: Kubernetes, and whoever extends it.

use super::documents;
use crate::support::{
    deployment_tools::{self, KUBERNETES},
    toolchain::Missing,
};
use jsonschema::Validator;
use serde_json::{Value, json};
use std::{collections::BTreeMap, fs};

/// Schemas by API version and kind.
pub(super) struct Schemas(BTreeMap<(String, String), Vec<Validator>>);

impl Schemas {
    /// Those of Kubernetes, one for each version, for the kinds in `documents`; and of every custom
    /// resource.
    pub(super) fn of(documents: &[Value]) -> Result<Self, Missing> {
        let mut schemas = Self(custom()?);
        for version in KUBERNETES {
            let file = deployment_tools::kubernetes_definitions(version)?;
            let definitions: Value = serde_json::from_slice(&fs::read(file)?).expect("JSON");
            for document in documents {
                let (api, kind) = names(document);
                let (group, version) = api.split_once('/').unwrap_or(("", &api));
                let wanted = json!({ "group": group, "kind": kind, "version": version });
                let definition =
                    definitions["$defs"].as_object().into_iter().flatten().find(|(_, it)| {
                        documents::list(&it["x-kubernetes-group-version-kind"]).contains(&wanted)
                    });
                if let Some((name, _)) = definition {
                    let mut schema = definitions.clone();
                    schema["$ref"] = json!(format!("#/$defs/{name}"));
                    let schema = jsonschema::validator_for(&schema).expect("a schema");
                    schemas.0.entry((api, kind)).or_default().push(schema);
                }
            }
        }
        Ok(schemas)
    }

    /// What is wrong with the documents, a line each.
    pub(super) fn mistakes(&self, documents: &[Value]) -> Vec<String> {
        documents.iter().flat_map(|document| self.mistakes_of(document)).collect()
    }

    fn mistakes_of(&self, document: &Value) -> Vec<String> {
        let key = names(document);
        let Some(schemas) = self.0.get(&key) else { return vec![format!("no schema of {key:?}")] };
        let name = &document["metadata"]["name"];
        let of = |schema: &Validator| -> Vec<String> {
            let told = schema.iter_errors(document);
            told.map(|error| format!("{} {name} at {}: {error}", key.1, error.instance_path()))
                .collect()
        };
        schemas.iter().flat_map(of).collect()
    }
}

fn names(document: &Value) -> (String, String) {
    let text = |key: &str| documents::str(&document[key]).to_owned();
    (text("apiVersion"), text("kind"))
}

/// The schemas of custom resources.
fn custom() -> Result<BTreeMap<(String, String), Vec<Validator>>, Missing> {
    let mut found = BTreeMap::<_, Vec<Validator>>::new();
    for entry in fs::read_dir(deployment_tools::schemas()?)? {
        let path = entry?.path();
        if path.extension().is_none_or(|extension| extension != "yaml") {
            continue;
        }
        for definition in documents::all(&fs::read_to_string(path)?) {
            let spec = &definition["spec"];
            if definition["kind"] != "CustomResourceDefinition" {
                continue;
            }
            for version in documents::list(&spec["versions"]) {
                let group = documents::str(&spec["group"]);
                let api = format!("{group}/{}", documents::str(&version["name"]));
                let kind = documents::str(&spec["names"]["kind"]).to_owned();
                let mut schema = version["schema"]["openAPIV3Schema"].clone();
                made_strict(&mut schema);
                for key in ["apiVersion", "kind", "metadata"] {
                    if schema["properties"][key].is_null() {
                        schema["properties"][key] = json!({});
                    }
                }
                schema["properties"]["metadata"] = json!({ "type": "object" });
                let schema = jsonschema::draft4::new(&schema).expect("a schema");
                found.entry((api, kind)).or_default().push(schema);
            }
        }
    }
    Ok(found)
}

/// Kubernetes drops fields that a schema does not name, silently: here they are errors.
fn made_strict(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            let open = fields.contains_key("additionalProperties")
                || fields.contains_key("x-kubernetes-preserve-unknown-fields");
            if fields.get("type") == Some(&json!("object"))
                && fields.contains_key("properties")
                && !open
            {
                fields.insert("additionalProperties".to_owned(), json!(false));
            }
            fields.values_mut().for_each(made_strict);
        }
        Value::Array(items) => items.iter_mut().for_each(made_strict),
        _ => {}
    }
}

#[test]
fn the_schemas_find_a_field_that_nobody_reads() {
    let Some(schemas) = crate::support::toolchain::required(Schemas::of(&[json!({
        "apiVersion": "v1", "kind": "Service"
    })])) else {
        return;
    };
    let service = |spec: Value| json!({ "apiVersion": "v1", "kind": "Service", "metadata": { "name": "a" }, "spec": spec });
    assert_eq!(schemas.mistakes(&[service(json!({ "clusterIP": "None" }))]), [""; 0]);
    let mistakes = schemas.mistakes(&[service(json!({ "clusterIp": "None" }))]);
    assert_eq!(mistakes.len(), KUBERNETES.len(), "{mistakes:?}");
    assert!(mistakes[0].contains("clusterIp"), "{mistakes:?}");

    let policy = |spec: Value| {
        json!({
            "apiVersion": "security.istio.io/v1", "kind": "AuthorizationPolicy",
            "metadata": { "name": "a" }, "spec": spec,
        })
    };
    let provider = json!({ "action": "CUSTOM", "provider": { "name": "bailiff" }, "rules": [{}] });
    assert_eq!(schemas.mistakes(&[policy(provider)]), [""; 0]);
    let mistaken = schemas.mistakes(&[policy(json!({ "action": "CUSTOMS", "providers": {} }))]);
    assert_eq!(mistaken.len(), 2, "{mistaken:?}");
}
