//! YAML with several documents, and where things are in them.

use crate::support::toolchain::repository;
use serde_json::Value;
use std::fs;

/// A file below `deploy/`.
pub(super) fn text(path: &str) -> String {
    let file = repository().join("deploy").join(path);
    fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// Every document in a text, empty ones left out.
pub(super) fn all(text: &str) -> Vec<Value> {
    let documents: Vec<Value> = serde_saphyr::from_multiple(text).expect("YAML");
    documents.into_iter().filter(|document| !document.is_null()).collect()
}

/// The object of a kind and name.
pub(super) fn object<'d>(documents: &'d [Value], kind: &str, name: &str) -> &'d Value {
    let found = documents
        .iter()
        .find(|document| document["kind"] == kind && document["metadata"]["name"] == name);
    found.unwrap_or_else(|| panic!("no {kind} {name}"))
}

/// The first object of a kind.
pub(super) fn first<'d>(documents: &'d [Value], kind: &str) -> &'d Value {
    let found = documents.iter().find(|document| document["kind"] == kind);
    found.unwrap_or_else(|| panic!("no {kind}"))
}

/// A list, empty where there is none.
pub(super) fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// A text.
pub(super) fn str(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text"))
}
