//! What the identity does not have makes nothing true, however it is asked for.

use super::world::{World, all};

#[test]
fn a_condition_on_what_the_identity_lacks_does_not_hold_and_neither_does_its_negation() {
    all(
        &World::alone(),
        false,
        &[
            "identity.organization.slug == \"acme\"",
            "identity.organization.slug != \"acme\"",
            "!(identity.organization.slug == \"acme\")",
            "!(identity.organization.slug != \"acme\")",
            "!!(identity.organization.slug == \"acme\")",
            "identity.organization.slug == identity.organization.slug",
            "identity.organization.slug == identity.organization.role",
            "identity.organization.slug == identity.actor.id",
            "identity.organization.slug == null",
            "identity.organization.slug != null",
            "\"a\" in identity.organization.permissions",
            "!(\"a\" in identity.organization.permissions)",
            "identity.organization.slug in [\"acme\"]",
            "!(identity.organization.slug in [\"acme\"])",
            "identity.organization.slug < \"b\"",
            "!identity.organization.slug.startsWith(\"a\")",
            "size(identity.organization.permissions) == 0",
            "(identity.organization.slug == \"a\") == (identity.organization.slug == \"a\")",
            "(identity.organization.slug == \"a\") == false",
            "(identity.organization.slug == \"a\") != true",
            "identity.organization.slug == \"a\" ? true : true",
            "[identity.organization.slug] != [\"a\"]",
            "\"x\" != identity.organization.slug + \"y\"",
            "!(\"a\" in identity.scopes)",
            "identity.machine.id != \"x\"",
            "!(lower(identity.organization.slug) == \"a\")",
            "params.id != identity.organization.slug",
            "request.headers[identity.organization.slug] != \"a\"",
        ],
    );
}

#[test]
fn what_is_absent_leaves_the_other_side_to_decide() {
    let world = World::alone();
    all(
        &world,
        true,
        &[
            "identity.organization.slug == \"acme\" || identity.user.id == \"user_1\"",
            "identity.user.id == \"user_1\" || identity.organization.slug == \"acme\"",
            "!(identity.organization.slug == \"acme\" && identity.user.id == \"user_2\")",
            "!(identity.user.id == \"user_2\" && identity.organization.slug == \"acme\")",
            "identity.user.id == \"user_1\" ? true : identity.organization.slug == \"acme\"",
        ],
    );
    all(
        &world,
        false,
        &[
            "identity.organization.slug == \"acme\" || identity.user.id == \"user_2\"",
            "!(identity.organization.slug == \"acme\" || identity.user.id == \"user_2\")",
            "identity.organization.slug == \"acme\" && identity.user.id == \"user_1\"",
            "!(identity.organization.slug == \"acme\" && identity.user.id == \"user_1\")",
            "!(identity.user.id == \"user_1\" && identity.organization.slug == \"acme\")",
            "(identity.organization.slug == \"acme\" || false) == false",
        ],
    );
}

#[test]
fn what_is_absent_never_covers_up_an_error() {
    let world = World::alone();
    for text in [
        "identity.organization.slug == \"acme\" && resource.missing == 1",
        "identity.organization.slug == \"acme\" || resource.missing == 1",
        "resource.missing == 1 || identity.organization.slug == \"acme\"",
    ] {
        assert!(world.ask(text).is_err(), "{text}");
    }
}

#[test]
fn has_tells_what_is_there() {
    all(
        &World::alone(),
        true,
        &[
            "!has(identity.organization)",
            "!has(identity.organization.slug)",
            "!has(identity.actor)",
            "!has(identity.actor.id)",
            "!has(identity.machine)",
            "!has(identity.scopes)",
            "has(identity.user) && has(identity.user.id) && has(identity.session)",
            "has(identity.claims) && !has(identity.claims.level)",
            "!has(identity.organization) || identity.organization.slug == \"acme\"",
        ],
    );
    all(
        &World::new(),
        true,
        &[
            "has(identity.organization) && has(identity.organization.slug)",
            "has(identity.claims.level) && !has(identity.claims.other)",
            "has(request.method) && has(request.ip) && has(params.org)",
        ],
    );
    all(&World::impersonated(None), true, &["has(identity.actor) && !has(identity.actor.id)"]);
}

#[test]
fn a_role_that_the_token_does_not_name_is_absent_not_empty() {
    let mut world = World::new();
    let organization = world.user.organization.as_mut().unwrap();
    (organization.slug, organization.role, organization.permissions) = (None, None, None);
    all(
        &world,
        false,
        &[
            "identity.organization.role == \"\"",
            "identity.organization.role != \"org:admin\"",
            "identity.organization.slug != \"x\"",
            "!(\"a\" in identity.organization.permissions)",
        ],
    );
    all(&world, true, &["has(identity.organization) && identity.organization.id == \"org_1\""]);
}

#[test]
fn what_certificates_tell_is_known_or_absent() {
    all(
        &World::new(),
        true,
        &[
            r#"peer.spiffe == "spiffe://shop.test/gateway" && "gateway.shop.test" in peer.san"#,
            r#"request.principal.startsWith("spiffe://shop.test/")"#,
            "has(peer.san) && has(peer.spiffe) && has(request.principal) && size(peer.san) == 2",
        ],
    );
    let unknown = World { names: None, principal: None, ..World::new() };
    all(
        &unknown,
        false,
        &[
            r#"peer.spiffe == "spiffe://shop.test/gateway""#,
            r#"peer.spiffe != "spiffe://shop.test/gateway""#,
            r#"!("gateway.shop.test" in peer.san)"#,
            r#"request.principal != "spiffe://shop.test/web""#,
            "has(peer.san) || has(peer.spiffe) || has(request.principal)",
        ],
    );
}
