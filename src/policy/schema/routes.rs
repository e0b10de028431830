//! Routes, their paths and methods, and hosts.

use super::{
    super::{
        compile::{requirement::WORDS, routes::HOST_KEYS},
        methods::COMMON,
    },
    keys::{Keys, key},
    requirement::{MEANING, RULE, beside},
    shape::{extend, matching, reference, words},
};
use serde_json::{Value, json};

/// What stands below a host.
const HOST_TABLE: Keys = Keys::of(
    &HOST_KEYS,
    &[
        key("routes", "Who may send which requests to this host.", |()| reference("routes")),
        key(
            "preflight",
            "`allow` lets CORS preflights through to every route of this host.",
            |()| reference("preflight"),
        ),
    ],
);

/// A host, or `*.` before one.
pub(super) const HOST_PATTERN: &str =
    r"^(?:(?:\*\.)?[0-9A-Za-z_-]+(?:\.[0-9A-Za-z_-]+)*|(?:\*\.)?\[[0-9A-Za-z.:_\[\]-]*\])$";

/// Segments: a literal, or a name in braces; `{**}` at the end. A literal is visible ASCII but for what
/// has a meaning elsewhere, in templates or in URLs.
const PATH: &str = concat!(
    r"^(?:/|(?:/(?:",
    r#"[!"$&-)+-.0-9<->@-\[\]-z|~][!"$&-)+-.0-:<->@-\[\]-z|~]*"#,
    r"|\{[a-z_][0-9a-z_]*\}))+(?:/\{\*\*\})?|/\{\*\*\})$"
);
/// One method.
const METHOD: &str = "^[A-Z-]+$";
/// One method or several.
const METHODS: &str = "^ *[A-Z-]+ *(?:, *[A-Z-]+ *)*$";

/// What stands below a host's name.
pub(super) fn host() -> Value {
    let mut host = HOST_TABLE.object(());
    extend(&mut host, &json!({ "required": ["routes"] }));
    host
}

/// The name of a host.
pub(super) fn host_name() -> Value {
    let besides = json!({
        "description": "A host, or `*.` before one for every host below it.",
        "examples": ["admin.shop.test", "*.shop.test"],
    });
    matching(HOST_PATTERN, &besides)
}

/// A path template.
pub(super) fn path() -> Value {
    let besides = json!({
        "description":
            "A path. `{name}` is one segment, `{**}` at the end is any number of segments, also none.",
        "examples": ["/invoices/{id}", "/docs/{**}"],
    });
    matching(PATH, &besides)
}

/// The name of a method.
pub(super) fn method() -> Value {
    matching(METHOD, &json!({ "examples": COMMON }))
}

/// What stands below a path.
pub(super) fn route() -> Value {
    let preflight = || {
        let meaning = "`allow` lets CORS preflights through to this route.";
        json!({ "$ref": "#/$defs/preflight", "description": meaning })
    };
    let mut properties = RULE.properties(());
    properties.insert("preflight".to_owned(), preflight());
    let mut requirement = json!({
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
    });
    extend(&mut requirement, &beside(&["mode", "preflight"]));
    let mut methods = json!({
        "type": "object",
        "properties": { "preflight": preflight() },
        "patternProperties": { METHODS: reference("rule") },
        "additionalProperties": false,
    });
    extend(&mut methods, &beside(&["preflight"]));
    let meaning = format!(
        "{MEANING} Or a map from methods to these, such as `GET` or `PUT, PATCH`: methods that are \
         not listed are refused."
    );
    json!({ "description": meaning, "anyOf": [words(&WORDS), requirement, methods] })
}
