//! The shape of a policy as a JSON Schema, for editors and for other tools.
//!
//! It says which keys there are, what they take and what they mean, from the tables by which the
//! compiler reads a policy: a key that the compiler knows and this does not, or the other way round,
//! does not compile. It takes every policy that the compiler takes. The compiler refuses more: what
//! two entries say together, what a condition reads, what a path that no request has.

mod cases;
mod guards;
mod keys;
mod lints;
mod people;
mod requirement;
mod responses;
mod routes;
mod shape;

use super::{
    Policy,
    compile::{self, routes::PREFLIGHT, settings::UPSTREAM_KEYS},
    upstream::Expression,
};
use keys::{Keys, key};
use serde_json::{Value, json};
use shape::{map_of, matching, reference, words};

/// The address of the dialect (JSON Schema, draft 2020-12).
const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

const POLICY: Keys = Keys::of(
    &compile::KEYS,
    &[
        key("version", "The version of the policy language: `1`.", |()| json!({ "const": 1 })),
        key(
            "unlisted",
            "What holds for a path that no route names: `denied` (also where this key is absent) or \
             `signed_in`. Never open to everyone.",
            |()| words(&compile::UNLISTED),
        ),
        key(
            "preflight",
            "`allow` lets CORS preflights through to every route; nobody is asked who they are.",
            |()| reference("preflight"),
        ),
        key(
            "routes",
            "Who may send which requests, by path. The most specific template decides; the order \
             never matters.",
            |()| reference("routes"),
        ),
        key(
            "hosts",
            "Tables of routes for single hosts. A host that has one uses no other.",
            |()| map_of(&routes::host_name(), &routes::host()),
        ),
        key(
            "guards",
            "Requirements that cut across routes, each by a name. They only ever add to what a rule \
             asks.",
            |()| map_of(&reference("name"), &reference("guard")),
        ),
        key("actions", "Who may do what services ask about by name, through `Authorize`.", |()| {
            map_of(&reference("name"), &reference("action"))
        }),
        key("responses", "Where browsers are sent, and in whose words refusals are said.", |()| {
            responses::RESPONSES.object(())
        }),
        key("upstream", "What the service is told about who asks.", |()| UPSTREAM.object(())),
        key(
            "lints",
            "What `bailiff check` is told not to mention: `allow` for a lint as a whole, or \
             `{ allow: [...] }` with the ids of rules.",
            |()| lints::lints(),
        ),
        key("tests", "The people and cases that the policy is tested with.", |()| {
            reference("tests")
        }),
    ],
);

const UPSTREAM: Keys = Keys::of(
    &UPSTREAM_KEYS,
    &[
        key(
            "headers",
            "Headers that tell the service who asks, each with what it holds. Whatever a client \
             sends under these names is removed. A header whose part the identity does not have is \
             not set.",
            |()| {
                let expression = json!({ "anyOf": [
                    words(Expression::NAMES),
                    { "type": "string", "minLength": 1, "maxLength": requirement::LONGEST_CONDITION },
                ]});
                map_of(&matching(HEADER_NAME, &json!({})), &expression)
            },
        ),
        key(
            "keep_credentials",
            "`false`: neither `Authorization` nor Clerk's cookies reach the service. They do \
             otherwise.",
            |()| json!({ "type": "boolean" }),
        ),
    ],
);

/// A token (RFC 9110, section 5.6.2).
const HEADER_NAME: &str = "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$";
/// What an action or a guard is called.
const NAME: &str = "^[A-Za-z0-9.:_-]{1,128}$";

impl Policy {
    /// The JSON Schema (draft 2020-12) of a policy file. Every text that [`Policy::load`] takes,
    /// and whose cases can be read, is valid by it. What stands below `tests` is `#/$defs/tests`.
    #[must_use]
    pub fn schema() -> Value {
        let mut schema = POLICY.object(());
        let own = json!({
            "$schema": DIALECT,
            "title": "Bailiff policy",
            "description": "Who may do what, in Clerk's words. What no route names is denied.",
            "required": ["version"],
            "$defs": definitions(),
        });
        if let (Value::Object(schema), Value::Object(own)) = (&mut schema, own) {
            schema.extend(own);
        }
        schema
    }
}

/// What several places refer to, by name.
fn definitions() -> Value {
    let mut definitions = json!({
        "name": matching(NAME, &json!({
            "description": "Letters, digits, `.`, `:`, `_` and `-`.",
            "examples": ["invoice.refund", "fresh-deletes"],
        })),
        "preflight": words(&PREFLIGHT),
        "routes": map_of(&reference("path"), &reference("route")),
        "path": routes::path(),
        "method": routes::method(),
        "route": routes::route(),
        "rule": requirement::rule(),
        "action": requirement::action(),
        "guard": guards::guard(),
        "requirement": requirement::requirement(),
        "requirement_map": requirement::REQUIREMENT.some_of(()),
        "requirement_list": requirement::requirement_list(),
        "rule_map": requirement::rule_map(),
        "condition": requirement::condition(),
        "allowance": lints::allowance(),
        "mode": requirement::mode(),
        "tests": cases::TESTS.object(()),
    });
    if let Value::Object(definitions) = &mut definitions {
        let owned = |(name, schema): (&str, _)| (name.to_owned(), schema);
        definitions.extend(requirement::definitions().map(owned));
    }
    definitions
}

#[cfg(test)]
mod tests;
