//! Small schemas that others are put together from.

use serde_json::{Value, json};

/// What is defined under this name.
pub(super) fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/$defs/{name}") })
}

/// One of these words.
pub(super) fn words(words: &[&str]) -> Value {
    json!({ "enum": words })
}

/// A text that matches a pattern, and what else is said of it.
///
/// Patterns keep to what every dialect of regular expressions reads alike: classes, groups, anchors
/// and repetition.
pub(super) fn matching(pattern: &str, besides: &Value) -> Value {
    let mut schema = json!({ "type": "string", "pattern": pattern });
    extend(&mut schema, besides);
    schema
}

/// A list with at least one element.
pub(super) fn list(element: &Value) -> Value {
    json!({ "type": "array", "items": element, "minItems": 1 })
}

/// A map whose keys are not ours to name.
pub(super) fn map_of(names: &Value, values: &Value) -> Value {
    json!({ "type": "object", "propertyNames": names, "additionalProperties": values })
}

/// Adds the entries of one object to another.
pub(super) fn extend(schema: &mut Value, besides: &Value) {
    if let (Value::Object(schema), Value::Object(besides)) = (schema, besides) {
        schema.extend(besides.clone());
    }
}
