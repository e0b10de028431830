//! What a rule asks.

use super::{
    super::{
        compile::{
            names::{MAX_MINUTES, MAX_NAME_BYTES},
            requirement::{
                CREDENTIALS, IMPERSONATION, KEYS, LIST_KEYS, MODES, REQUIRED_WORDS, RULE_KEYS,
                WORDS,
            },
            reverification::{LEVELS, PRESETS, WINDOW_KEYS},
        },
        condition::LONGEST,
    },
    keys::{Key, Keys, key},
    shape::{extend, list, matching, reference, words},
};
use serde_json::{Value, json};

/// The longest condition. Counted in characters, of which it has no more than bytes.
pub(super) const LONGEST_CONDITION: usize = LONGEST;

const ROWS: [Key; 16] = [
    key(
        "credential",
        "What the caller presents: one kind, or `{ any: [...] }` of several. Where it is not said, a \
         session token. A machine is let in only where its kind is named.",
        |()| reference("credential"),
    ),
    key(
        "organization",
        "The active organization: `required` for whichever, or an id or a slug. A text that begins \
         with `org_` is an id.",
        |()| reference("organization"),
    ),
    key("role", "A role in the active organization. `org:` may be left out.", |()| {
        reference("role")
    }),
    key(
        "permission",
        "A custom permission in the active organization. `org:` may be left out. System permissions, \
         `org:sys_...`, are in no token.",
        |()| reference("permission"),
    ),
    key(
        "feature",
        "A feature of the active organization or the user; `org:name` or `user:name` for one of the \
         two.",
        |()| reference("entitlement"),
    ),
    key(
        "plan",
        "A plan of the active organization or the user; `org:name` or `user:name` for one of the two.",
        |()| reference("entitlement"),
    ),
    key("scope", "A scope that the machine's credential was granted. A session has none.", |()| {
        reference("scope")
    }),
    key("impersonation", "`forbidden`: refused where somebody else acts as the caller.", |()| {
        words(&IMPERSONATION)
    }),
    key("all", "Requirements of which all must hold.", |()| reference("requirement_list")),
    key("any", "Requirements of which one must hold.", |()| reference("requirement_list")),
    key(
        "not",
        "A requirement that must not hold. That somebody is signed in is asked all the same.",
        |()| reference("requirement_map"),
    ),
    key("if", "A condition in CEL, worked out only where everything else holds.", |()| {
        reference("condition")
    }),
    key(
        "session_max_age",
        "How long ago the session may have begun, such as `12h`. Whoever signed in earlier must sign \
         in anew.",
        |()| age("12h"),
    ),
    key(
        "first_factor_within",
        "How lately the first factor must have been verified, such as `30m`, whatever the user's \
         second factor is.",
        |()| age("30m"),
    ),
    key(
        "reverification",
        "How lately the user must have proven who they are, as in Clerk's `has()`: a preset, or \
         `{ level, after_minutes }`.",
        |()| reference("reverification"),
    ),
    key(
        "mode",
        "`shadow` tries the requirement and reports what would be refused; enforced is only that \
         somebody presents a credential of a kind that the rule takes.",
        |()| reference("mode"),
    ),
];

/// What stands in a requirement.
pub(super) const REQUIREMENT: Keys = Keys::of(&KEYS, ROWS_OF_REQUIREMENTS);
const ROWS_OF_REQUIREMENTS: &[Key] = ROWS.split_at(KEYS.len()).0;
/// What stands on a rule.
pub(super) const RULE: Keys = Keys::of(&RULE_KEYS, &ROWS);

const WINDOW: Keys = Keys::of(
    &WINDOW_KEYS,
    &[
        key("level", "Which factors count.", |()| words(&LEVELS)),
        key(
            "after_minutes",
            "For how many minutes a verification counts.",
            |()| json!({ "type": "integer", "minimum": 1, "maximum": MAX_MINUTES }),
        ),
    ],
);

/// Visible ASCII without commas and backticks, and something behind every colon.
const NAME: &str = r"^[!-+\--_a-~]*[!-+\--9;-_a-~]$";
/// A slug, perhaps with whose it is.
const ENTITLEMENT: &str = r"^(?:(?:o|org|organization|u|user):)?[!-+\--9;-_a-~]+$";
/// Visible ASCII without quotes, backslashes and backticks.
const SCOPE: &str = r"^[!#-\[\]-_a-~]+$";

/// Whether somebody has more than one of what is asked for.
#[derive(Clone, Copy)]
enum Several {
    /// Yes: `all` may list several.
    Any,
    /// No.
    OneOf,
}

/// What the keys of a requirement take, by the names that [`ROWS`] refer to.
pub(super) fn definitions() -> [(&'static str, Value); 7] {
    let examples = |examples: &[&str]| json!({ "examples": examples });
    let custom = json!({
        "not": { "pattern": "^(?:org:)*sys_" },
        "examples": ["org:invoices:read"],
    });
    let (organization, role) = (examples(&["required", "acme"]), examples(&["org:admin"]));
    let entitlement = examples(&["reports", "org:reports"]);
    [
        ("credential", credential()),
        ("organization", names(NAME, &organization, Several::OneOf)),
        ("role", names(NAME, &role, Several::OneOf)),
        ("permission", names(NAME, &custom, Several::Any)),
        ("entitlement", names(ENTITLEMENT, &entitlement, Several::Any)),
        ("scope", names(SCOPE, &examples(&["events:write"]), Several::Any)),
        ("reverification", json!({ "anyOf": [words(&PRESETS), window()] })),
    ]
}

/// One number and one unit.
pub(super) fn age(example: &str) -> Value {
    matching("^[1-9][0-9]*[mhd]$", &json!({ "examples": [example] }))
}

/// A name that a token can hold.
pub(super) fn name() -> Value {
    matching(NAME, &json!({ "maxLength": MAX_NAME_BYTES }))
}

/// A condition.
pub(super) fn condition() -> Value {
    json!({
        "type": "string",
        "minLength": 1,
        "maxLength": LONGEST_CONDITION,
        "examples": ["params.org == identity.organization.slug"],
    })
}

fn credential() -> Value {
    let kind = words(&CREDENTIALS);
    let some = json!({
        "type": "object",
        "properties": { "any": list(&kind) },
        "required": ["any"],
        "additionalProperties": false,
    });
    json!({ "anyOf": [kind, some] })
}

/// A name, or `{ any: [...] }` or `{ all: [...] }` of names.
fn names(pattern: &str, besides: &Value, several: Several) -> Value {
    let mut name = matching(pattern, &json!({ "maxLength": MAX_NAME_BYTES }));
    extend(&mut name, besides);
    let lists = LIST_KEYS.map(|key| {
        let mut names = list(&name);
        if let (Several::OneOf, "all") = (several, key) {
            extend(&mut names, &json!({ "maxItems": 1 }));
        }
        (key.to_owned(), names)
    });
    let many = json!({
        "type": "object",
        "properties": Value::Object(lists.into_iter().collect()),
        "minProperties": 1,
        "additionalProperties": false,
    });
    json!({ "anyOf": [name, many] })
}

fn window() -> Value {
    let mut window = WINDOW.object(());
    extend(&mut window, &json!({ "required": WINDOW_KEYS }));
    window
}

pub(super) fn mode() -> Value {
    words(&MODES)
}

/// Who is asked for, below `require`, `all`, `any` and `not`.
pub(super) fn requirement() -> Value {
    json!({ "anyOf": [words(&REQUIRED_WORDS), reference("requirement_map")] })
}

pub(super) fn requirement_list() -> Value {
    list(&reference("requirement"))
}

/// What stands below a method.
pub(super) fn rule() -> Value {
    json!({ "description": MEANING, "anyOf": [words(&WORDS), reference("rule_map")] })
}

/// What stands below the name of an action.
pub(super) fn action() -> Value {
    json!({ "anyOf": [words(&REQUIRED_WORDS), reference("rule_map")] })
}

/// A requirement and what stands beside it on a rule.
pub(super) fn rule_map() -> Value {
    let mut rule = RULE.object(());
    extend(&mut rule, &beside(&["mode"]));
    rule
}

/// Says that more than these keys must be there.
pub(super) fn beside(keys: &[&str]) -> Value {
    json!({ "not": { "propertyNames": { "enum": keys } } })
}

/// What the words mean.
pub(super) const MEANING: &str = "\
`public`: nobody is asked who they are. `optional`: the identity is passed on if there is a valid one. \
`signed_in`: somebody is signed in. `denied`: nobody is let in. Or a map, all of whose keys must hold.";
