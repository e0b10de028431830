//! Guards.

use super::{
    super::compile::guards::KEYS,
    keys::{Keys, key},
    routes::host_name,
    shape::{extend, list, reference},
};
use serde_json::{Value, json};

const GUARD: Keys = Keys::of(
    &KEYS,
    &[
        key("paths", "The paths it stands over; every one where this key is absent.", |()| {
            list(&reference("path"))
        }),
        key(
            "methods",
            "The methods it stands over, `GET` with `HEAD`; every one where this key is absent.",
            |()| list(&reference("method")),
        ),
        key("hosts", "The hosts it stands over; every one where this key is absent.", |()| {
            list(&host_name())
        }),
        key("require", "What must hold besides what the rule asks.", |()| reference("requirement")),
        key("mode", "`shadow`: it is tried and reported, and nothing of it is enforced.", |()| {
            reference("mode")
        }),
        key(
            "even_public",
            "`true`: it stands over public routes as well, which then need a caller there.",
            |()| json!({ "type": "boolean" }),
        ),
    ],
);

/// What stands below the name of a guard.
pub(super) fn guard() -> Value {
    let mut guard = GUARD.object(());
    extend(&mut guard, &json!({ "required": ["require"] }));
    guard
}
