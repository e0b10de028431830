//! People in the tests of a policy.

use super::{
    super::suite::person::{
        KEYS, RESERVED_CLAIMS, STATUSES, machine, organization::KEYS as ORGANIZATION_KEYS,
    },
    keys::{Key, Keys, key},
    requirement::{age, name},
    shape::{extend, map_of, matching, words},
};
use crate::core::machine::MachineKind;
use serde_json::{Value, json};

const PERSON: Keys = Keys::of(
    &KEYS,
    &[
        key("id", "The user's id. `user_` and the person's name where it is absent.", |()| name()),
        key(
            "session",
            "The session's id. `sess_` and the person's name where it is absent.",
            |()| name(),
        ),
        key(
            "session_age",
            "How long ago the session began, such as `3h`. The session's id does not say where this \
             key is absent.",
            |()| age("3h"),
        ),
        key(
            "organization",
            "The active organization: a map, or its id or slug alone.",
            |()| json!({ "anyOf": [name(), ORGANIZATION.object(())] }),
        ),
        key(
            "features",
            "Features, such as `o:reports` or `u:reports`. Those that the permissions need where \
             this key is absent.",
            |()| entitlements(),
        ),
        key("plans", "Plans, such as `o:pro` or `u:pro`.", |()| entitlements()),
        key(
            "factors",
            "Minutes since the first and the second factor were verified; `never` for one that was \
             not.",
            |()| {
                let age = json!({ "anyOf": [{ "const": "never" }, minutes()] });
                json!({ "type": "array", "items": age, "minItems": 2, "maxItems": 2 })
            },
        ),
        key("actor", "The id of whoever acts as the user.", |()| name()),
        key("pending", "`true`: the session has tasks left.", |()| json!({ "type": "boolean" })),
        key("status", "The status of the session.", |()| words(&STATUSES)),
        key("claims", "Custom claims of the session token.", |()| {
            let own = json!({ "not": { "enum": RESERVED_CLAIMS } });
            map_of(&own, &json!({}))
        }),
        key("expired", "`true`: the token has expired.", |()| json!({ "type": "boolean" })),
        key("issued", "Minutes since the token was issued.", |()| minutes()),
        key("api_key", "Somebody who presents an API key.", |()| API_KEY.object(())),
        key("m2m_token", "Somebody who presents a machine-to-machine token.", |()| {
            M2M_TOKEN.object(())
        }),
        key("oauth_token", "Somebody who presents an OAuth access token.", |()| {
            OAUTH_TOKEN.object(())
        }),
    ],
);

const ORGANIZATION: Keys = Keys::of(
    &ORGANIZATION_KEYS,
    &[
        key("id", "Its id. `org_` and the slug where it is absent.", |()| name()),
        key("slug", "Its slug.", |()| name()),
        key("name", "Its name, for whoever reads the tests.", |()| json!({ "type": "string" })),
        key("role", "The user's role there, `org:member` where it is absent.", |()| name()),
        key(
            "permissions",
            "The user's custom permissions there, in full: `org:invoices:read`.",
            |()| {
                let besides = json!({ "examples": ["org:invoices:read"] });
                json!({ "type": "array", "items": matching(PERMISSION, &besides) })
            },
        ),
    ],
);

const ID: Key = key("id", "The credential's id.", |()| name());
const SUBJECT: Key = key("subject", "Whom it acts for.", |()| name());
const SCOPES: Key =
    key("scopes", "What it was granted.", |()| json!({ "type": "array", "items": name() }));
const ACTOR: Key = key("actor", "The id of whoever acts as the subject.", |()| name());
const CLAIMS: Key = key("claims", "Custom claims.", |()| json!({ "type": "object" }));
const KEY_NAME: Key = key("name", "The name of the key.", |()| json!({ "type": "string" }));
const CLIENT: Key = key("client", "The application it was issued to.", |()| name());
const FOR: Key = key("organization", "The id of the organization it is for.", |()| name());

const API_KEY: Keys =
    Keys::of(machine::keys(MachineKind::ApiKey), &[ID, SUBJECT, SCOPES, KEY_NAME, ACTOR, CLAIMS]);
const M2M_TOKEN: Keys =
    Keys::of(machine::keys(MachineKind::M2mToken), &[ID, SUBJECT, SCOPES, CLAIMS]);
const OAUTH_TOKEN: Keys = Keys::of(
    machine::keys(MachineKind::OauthToken),
    &[ID, SUBJECT, SCOPES, CLIENT, FOR, ACTOR, CLAIMS],
);

/// A feature and what may be done with it.
const PERMISSION: &str = r"^(?:org:)*[!-+\--9;-_a-~]+:[!-+\--_a-~]*[!-+\--9;-_a-~]$";
/// A slug, perhaps with whose it is.
const ENTITLEMENT: &str = r"^(?:(?:ou|uo|o|org|organization|u|user):)?[!-+\--9;-_a-~]+$";

/// Everybody, by name.
pub(super) fn people() -> Value {
    let anybody_else = json!({ "not": { "const": "nobody" } });
    let mut person = PERSON.object(());
    // Whoever is a machine is nothing else.
    let alone = || json!({ "maxProperties": 1 });
    let machines = ["api_key", "m2m_token", "oauth_token"].map(|key| (key.to_owned(), alone()));
    let machines = Value::Object(machines.into_iter().collect());
    let either = json!({ "not": { "required": ["session", "session_age"] } });
    extend(&mut person, &json!({ "dependentSchemas": machines }));
    extend(&mut person, &either);
    map_of(&anybody_else, &person)
}

fn entitlements() -> Value {
    json!({ "type": "array", "items": matching(ENTITLEMENT, &json!({})) })
}

fn minutes() -> Value {
    json!({ "type": "integer", "minimum": 0, "maximum": u32::MAX })
}
