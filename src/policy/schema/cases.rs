//! The tests of a policy, and the cases in them.

use super::{
    super::suite::{
        self,
        case::{
            KEYS,
            ask::{ASKED, OF_ACTIONS, OF_REQUESTS},
        },
    },
    HEADER_NAME,
    keys::{Keys, key},
    people::people,
    shape::{extend, list, map_of, matching},
};
use crate::core::reason::Reason;
use serde_json::{Value, json};

/// What stands below `tests`, and in `*.test.yaml`.
pub(super) const TESTS: Keys = Keys::of(
    &suite::KEYS,
    &[
        key(
            "people",
            "Who asks, by a name of your own. `nobody` is always there, and presents nothing.",
            |()| people(),
        ),
        key(
            "cases",
            "What is asked, and what is to come of it.",
            |()| json!({ "type": "array", "items": case() }),
        ),
    ],
);

const CASE: Keys = Keys::of(
    &KEYS,
    &[
        key("as", "Who asks: a name, or a list of names to play the case once for each.", |()| {
            let name = json!({ "type": "string" });
            json!({ "anyOf": [name, list(&name)] })
        }),
        key("request", "A request of a program: `GET /invoices/7`.", |()| {
            matching(REQUEST, &json!({ "examples": ["GET /invoices/7"] }))
        }),
        key("browser", "A page that a browser loads: `GET /dashboard`.", |()| {
            matching(REQUEST, &json!({ "examples": ["GET /dashboard"] }))
        }),
        key("grpc", "A call of a gRPC client: `/shop.v1.Invoices/Get`.", |()| {
            matching(r"^/[^/ ?]+/[^ ?]+$", &json!({ "examples": ["/shop.v1.Invoices/Get"] }))
        }),
        key("action", "An action by its name.", |()| json!({ "type": "string" })),
        key(
            "expect",
            "What is to come of it: `allow`, `deny <reason>` or `redirect <address>`.",
            |()| expectation(),
        ),
        key("rule", "The id of the rule that is to decide.", |()| json!({ "type": "string" })),
        key(
            "upstream",
            "Headers that the service is to be told; nothing for one that is not to be set.",
            |()| headers(&json!({ "type": ["string", "null"] })),
        ),
        key("name", "What the case is called in reports.", |()| json!({ "type": "string" })),
        key(
            "host",
            "The host of the request, `app.test` where it is absent.",
            |()| json!({ "type": "string" }),
        ),
        key("headers", "Headers of the request, each with a value or a list of values.", |()| {
            let text = json!({ "type": "string" });
            headers(&json!({ "anyOf": [text, { "type": "array", "items": text }] }))
        }),
        key("ip", "The address of the peer.", |()| json!({ "type": "string" })),
        key(
            "principal",
            "Whom the proxy names as its client, by the certificate shown there.",
            |()| json!({ "type": "string" }),
        ),
        key(
            "peer",
            "A name, or a list of names, in the certificate of the program that asks Bailiff.",
            |()| {
                let name = json!({ "type": "string" });
                json!({ "anyOf": [name, list(&name)] })
            },
        ),
        key("resource", "What the action is done to: `type`, `id` and attributes.", |()| {
            let text = json!({ "type": "string" });
            json!({ "type": "object", "properties": { "type": text, "id": text } })
        }),
        key("context", "What else is said of the action.", |()| json!({ "type": "object" })),
        key(
            "at",
            "When, as RFC 3339 has it or in Unix seconds. The same moment every time where it is \
             absent.",
            |()| {
                let moment = json!({ "type": "string", "format": "date-time" });
                json!({ "anyOf": [moment, { "type": "integer", "minimum": 0 }] })
            },
        ),
    ],
);

/// A method and a path.
const REQUEST: &str = r"^[^ ]+ /[^ ]*$";

fn case() -> Value {
    let one_asked = ASKED.map(|key| {
        let others = if key == "action" { &OF_REQUESTS[..] } else { &OF_ACTIONS[..] };
        let others: Vec<Value> =
            others.iter().map(|other| json!({ "required": [other] })).collect();
        json!({ "required": [key], "not": { "anyOf": others } })
    });
    let mut case = CASE.object(());
    extend(&mut case, &json!({ "required": ["as", "expect"], "oneOf": one_asked }));
    case
}

/// The words first, for editors to offer.
fn expectation() -> Value {
    let reasons: Vec<&str> = (Reason::ALL.iter())
        .filter(|reason| **reason != Reason::Allowed)
        .map(|reason| reason.code())
        .collect();
    let denials = reasons.iter().map(|reason| format!("deny {reason}"));
    let words: Vec<String> =
        ["allow".to_owned(), "redirect".to_owned()].into_iter().chain(denials).collect();
    let pattern =
        format!(r"^(?:allow(?: \s*)?|deny \s*(?:{})\s*|redirect(?: .*)?)$", reasons.join("|"));
    json!({ "anyOf": [{ "enum": words }, matching(&pattern, &json!({}))] })
}

fn headers(values: &Value) -> Value {
    map_of(&matching(HEADER_NAME, &json!({})), values)
}
