//! What conditions see of a caller.

use super::world::{World, all};
use crate::{
    core::identity::SignedClaims,
    policy::{ValueKind, condition::ConditionFault},
};

#[test]
fn a_user_is_seen_with_everything_the_token_says() {
    all(
        &World::new(),
        true,
        &[
            "identity.kind == \"session_token\"",
            "identity.user.id == \"user_1\"",
            "identity.subject == \"user_1\"",
            "identity.session.id == \"sess_1\"",
            "identity.organization.id == \"org_1\"",
            "identity.organization.slug == \"acme\"",
            "identity.organization.role == \"org:admin\"",
            "identity.organization.permissions == [\"org:invoices:read\", \"org:invoices:manage\"]",
            "\"org:invoices:read\" in identity.organization.permissions",
            "!(\"org:invoices:delete\" in identity.organization.permissions)",
            "identity.organization.permissions[1] == \"org:invoices:manage\"",
            "identity.plans == [\"o:pro\"]",
            "!identity.impersonated",
        ],
    );
    all(&World::new(), false, &["\"a\" in identity.scopes", "has(identity.machine)"]);
}

#[test]
fn features_in_scopes_that_clerk_does_not_know_are_not_seen() {
    all(
        &World::new(),
        true,
        &[
            "\"o:reports\" in identity.features && \"u:beta\" in identity.features",
            "!(\"x:odd\" in identity.features)",
            "size(identity.features) == 2",
            "identity.features[1] == \"u:beta\"",
            "identity.features == [\"o:reports\", \"u:beta\"]",
        ],
    );
}

#[test]
fn a_machine_is_seen_with_everything_its_credential_says() {
    all(
        &World::machine(),
        true,
        &[
            "identity.kind == \"api_key\"",
            "identity.subject == \"org_1\"",
            "identity.organization.id == \"org_1\"",
            "identity.machine.id == \"ak_1\" && identity.machine.name == \"nightly\"",
            "\"events:write\" in identity.scopes",
            "identity.claims.region == \"eu\"",
            "!has(identity.user) && !has(identity.session) && !has(identity.machine.client)",
            "!identity.impersonated",
        ],
    );
    all(
        &World::machine(),
        false,
        &[
            "identity.user.id != \"\"",
            "identity.session.id != \"\"",
            "identity.organization.slug != \"\"",
            "!(\"a\" in identity.features)",
            "identity.machine.client != \"x\"",
        ],
    );
}

#[test]
fn an_impersonator_is_seen() {
    all(
        &World::impersonated(Some("user_9")),
        true,
        &["identity.impersonated", "identity.actor.id == \"user_9\"", "has(identity.actor)"],
    );
    all(&World::impersonated(None), true, &["identity.impersonated"]);
    all(&World::impersonated(None), false, &["identity.actor.id != \"user_9\""]);
}

#[test]
fn claims_are_seen_as_they_were_signed() {
    let world = World::new();
    all(
        &world,
        true,
        &[
            "identity.claims.level == 3 && identity.claims[\"level\"] > 2.5",
            "\"a\" in identity.claims.tags && identity.claims.tags[1] == \"b\"",
            "identity.claims.deep.er",
            "identity.claims.none == null && has(identity.claims.none)",
            "\"sub\" in identity.claims",
        ],
    );
    assert!(matches!(
        world.fault("identity.claims.level.er"),
        ConditionFault::WrongKind { found: ValueKind::Number, .. }
    ));
}

#[test]
fn a_claim_that_the_token_does_not_make_is_absent_like_any_part_of_an_identity() {
    all(
        &World::new(),
        false,
        &[
            "identity.claims.other == 1",
            "identity.claims.other != 1",
            "!(identity.claims[\"other\"] == 1)",
            "identity.claims.deep.other != 1",
            "identity.claims.other.er != 1",
            "identity.claims.tags[2] != \"c\"",
            "identity.claims.other == null",
            "has(identity.claims.other.er)",
        ],
    );
}

#[test]
fn claims_that_are_no_map_are_an_error_only_where_they_are_asked_for() {
    for claims in ["", "[]", "null", "{", "\"x\"", "1"] {
        let mut world = World::new();
        world.user.claims = SignedClaims::new(claims);
        assert_eq!(world.fault("identity.claims.a == 1"), ConditionFault::NotClaims, "{claims}");
        all(&world, true, &["identity.user.id == \"user_1\""]);
    }
}

#[test]
fn claims_nested_beyond_measure_are_an_error() {
    let mut world = World::new();
    let deep = format!("{{\"a\":{}1{}}}", "[".repeat(20_000), "]".repeat(20_000));
    world.user.claims = SignedClaims::new(&deep);
    assert_eq!(world.fault("identity.claims.a == 1"), ConditionFault::NotClaims);
}
