//! Responses.

use super::{
    super::{
        compile::responses::{ANSWER_KEYS, CATEGORY_KEYS, GRPC_KEYS, KEYS},
        response::{
            LONGEST_BODY, LONGEST_MESSAGE,
            check::{RESERVED, RESERVED_SERVER},
        },
    },
    keys::{Keys, key},
    shape::{extend, words},
};
use crate::core::{presentation::ContentType, reason::Category};
use http::StatusCode;
use serde_json::{Value, json};

pub(super) const RESPONSES: Keys = Keys::of(
    &KEYS,
    &[
        key("sign_in", "Where browsers sign in, in place of the instance's own page.", |()| {
            address()
        }),
        key("organization_selection", "Where browsers choose an organization.", |()| address()),
        key("signed_out", "Refusals for want of a credential, 401 otherwise.", |()| {
            CATEGORY.object(Category::Unauthenticated)
        }),
        key(
            "forbidden",
            "Refusals of somebody who is signed in, 403 otherwise. `{ status: 404 }` hides what is \
             there.",
            |()| CATEGORY.object(Category::Forbidden),
        ),
        key(
            "ambiguous",
            "Refusals of requests that have more than one reading, 400 otherwise.",
            |()| CATEGORY.object(Category::Ambiguous),
        ),
        key("unavailable", "Refusals because Bailiff cannot tell, 503 otherwise.", |()| {
            CATEGORY.object(Category::Unavailable)
        }),
    ],
);

const CATEGORY: Keys<Category> = Keys::of(
    &CATEGORY_KEYS,
    &[
        key("status", "The HTTP status, whoever asks.", status),
        key("browser", "For browsers that load a page.", answer),
        key("api", "For other programs.", answer),
        key("grpc", "For gRPC clients.", |category| GRPC.object(category)),
    ],
);

const ANSWER: Keys<Category> = Keys::of(
    &ANSWER_KEYS,
    &[
        key("status", "The HTTP status.", status),
        key(
            "content_type",
            "What the body is, and so what values are escaped for. HTML for browsers and \
             `application/problem+json` for programs where this key is absent.",
            |_| words(ContentType::NAMES),
        ),
        key(
            "body",
            "The body, with `{reason}`, `{message}`, `{rule}`, `{revision}`, `{request_id}` and \
             `{status}`. Braces are written `{{` and `}}`.",
            |_| json!({ "type": "string", "maxLength": LONGEST_BODY }),
        ),
        key("message", "The sentence, with the same placeholders as a body.", |_| message()),
    ],
);

const GRPC: Keys<Category> = Keys::of(
    &GRPC_KEYS,
    &[
        key("status", "The HTTP status, from which the gRPC status follows.", status),
        key("message", "The message, with the same placeholders as a body.", |_| message()),
    ],
);

fn address() -> Value {
    json!({
        "type": "string",
        "format": "uri",
        "pattern": r"^\s*[Hh][Tt][Tt][Pp][Ss]?:",
        "examples": ["https://shop.test/sign-in"],
    })
}

fn answer(category: Category) -> Value {
    let mut answer = ANSWER.object(category);
    extend(&mut answer, &json!({ "dependentRequired": { "content_type": ["body"] } }));
    answer
}

fn message() -> Value {
    json!({ "type": "string", "maxLength": LONGEST_MESSAGE })
}

/// A status that says what refusals of a category say.
fn status(category: Category) -> Value {
    let challenge = StatusCode::UNAUTHORIZED.as_u16();
    let (least, most, unfit) = match category {
        Category::Unavailable => (500, 599, RESERVED_SERVER.to_vec()),
        Category::Unauthenticated => (400, 499, RESERVED.to_vec()),
        Category::Allowed | Category::Forbidden | Category::Ambiguous => {
            (400, 499, [&[challenge], &RESERVED[..]].concat())
        }
    };
    json!({ "type": "integer", "minimum": least, "maximum": most, "not": { "enum": unfit } })
}
