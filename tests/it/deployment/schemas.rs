//! Schemas of what reads the files: Kubernetes, and whoever extends it.

use super::documents::{self, list, str};
use crate::support::{
    deployment_tools::{self, KUBERNETES},
    toolchain::{self, Missing},
};
use jsonschema::Validator;
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

/// Schemas by API version and kind.
pub(super) struct Schemas(BTreeMap<Names, Vec<Validator>>);

impl Schemas {
    /// Those for the kinds in `documents`: of custom resources, and of each version of Kubernetes.
    pub(super) fn of(documents: &[Value]) -> Result<Self, Missing> {
        let kinds: BTreeSet<_> = documents.iter().map(names).collect();
        let mut schemas = Self(BTreeMap::new());
        for (names, schema) in custom(&kinds)? {
            // Draft 4, as far as it goes: `exclusiveMaximum` is yes or no.
            let schema = jsonschema::draft4::new(&schema).expect("a schema");
            schemas.0.entry(names).or_default().push(schema);
        }
        for version in KUBERNETES {
            let file = deployment_tools::kubernetes_definitions(version)?;
            let mut definitions: Value = serde_json::from_slice(&fs::read(file)?).expect("JSON");
            for (api, kind) in &kinds {
                let (group, version) = api.split_once('/').unwrap_or(("", api));
                let wanted = json!({ "group": group, "kind": kind, "version": version });
                let known = definitions["$defs"].as_object().into_iter().flatten();
                let is_it = |definition: &Value| {
                    list(&definition["x-kubernetes-group-version-kind"]).contains(&wanted)
                };
                let name = known.into_iter().find_map(|(name, it)| is_it(it).then(|| name.clone()));
                if let Some(name) = name {
                    definitions["$ref"] = json!(format!("#/$defs/{name}"));
                    let schema = jsonschema::validator_for(&definitions).expect("a schema");
                    schemas.0.entry((api.clone(), kind.clone())).or_default().push(schema);
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

/// API version and kind.
type Names = (String, String);

fn names(document: &Value) -> Names {
    let text = |key: &str| str(&document[key]).to_owned();
    (text("apiVersion"), text("kind"))
}

/// The schemas of custom resources, of these kinds.
fn custom(kinds: &BTreeSet<Names>) -> Result<Vec<(Names, Value)>, Missing> {
    let mut found = Vec::new();
    for entry in fs::read_dir(deployment_tools::schemas()?)? {
        let path = entry?.path();
        if path.extension().is_none_or(|extension| extension != "yaml") {
            continue;
        }
        for definition in documents::all(&fs::read_to_string(path)?) {
            let spec = &definition["spec"];
            for version in list(&spec["versions"]) {
                let group = str(&spec["group"]);
                let api = format!("{group}/{}", str(&version["name"]));
                let names = (api, str(&spec["names"]["kind"]).to_owned());
                if kinds.contains(&names) {
                    let mut schema = version["schema"]["openAPIV3Schema"].clone();
                    made_strict(&mut schema);
                    schema["properties"]["apiVersion"] = json!({});
                    schema["properties"]["kind"] = json!({});
                    schema["properties"]["metadata"] = json!({ "type": "object" });
                    found.push((names, schema));
                }
            }
        }
    }
    Ok(found)
}

/// Kubernetes drops fields that a schema does not name, silently: here they are errors.
fn made_strict(schema: &mut Value) {
    if let Some(fields) = schema.as_object_mut() {
        let open = ["additionalProperties", "x-kubernetes-preserve-unknown-fields"];
        let open = open.iter().any(|key| fields.contains_key(*key));
        let object = fields.get("type") == Some(&json!("object"));
        if object && fields.contains_key("properties") && !open {
            fields.insert("additionalProperties".to_owned(), json!(false));
        }
        // Go's regular expressions know more than those of JSON Schema.
        if fields.get("pattern").and_then(Value::as_str).is_some_and(|it| it.contains("(?i)")) {
            fields.remove("pattern");
        }
        fields.values_mut().for_each(made_strict);
    }
    schema.as_array_mut().into_iter().flatten().for_each(made_strict);
}

#[test]
fn the_schemas_find_a_field_that_nobody_reads() {
    let kinds = [("v1", "Service"), ("security.istio.io/v1", "AuthorizationPolicy")]
        .map(|(api, kind)| json!({ "apiVersion": api, "kind": kind }));
    let Some(schemas) = toolchain::required(Schemas::of(&kinds)) else { return };
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
