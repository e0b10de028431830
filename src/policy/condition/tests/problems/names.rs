//! Names and fields that do not exist, or not there.

use super::{only, refused};
use crate::policy::condition::{Condition, Scope};

#[test]
fn names_and_fields_that_do_not_exist_are_refused() {
    refused(&[
        ("requets.method == \"\"", "requets", "`requets` is unknown", "did you mean `request`?"),
        ("foo", "foo", "`foo` is unknown", "write one of `request`, `params`, `identity`"),
        ("claims.sub == \"\"", "claims", "`claims` is unknown", "write one of"),
        ("identity.usr.id == \"\"", "usr", "`identity` has no field `usr`", "did you mean `user`?"),
        (
            "identity.organization.rol == \"\"",
            "rol",
            "`identity.organization` has no field `rol`",
            "did you mean `role`?",
        ),
        (
            "identity . organization . nothing == \"\"",
            "nothing",
            "`identity.organization` has no field `nothing`",
            "write one of `id`, `slug`, `role`, `permissions`",
        ),
        ("request.body == \"\"", "body", "`request` has no field `body`", "write one of `method`"),
        ("has(request.body)", "body", "`request` has no field `body`", "write one of"),
        ("has( identity.usr )", "usr", "`identity` has no field `usr`", "did you mean"),
        (
            "params.ogr == \"\"",
            "ogr",
            "there is no path parameter `ogr` here",
            "did you mean `org`?",
        ),
        (
            "params[\"x\"] == \"\"",
            "\"x\"",
            "there is no path parameter `x` here",
            "write one of `org`, `id`",
        ),
        ("request[\"body\"] == \"\"", "\"body\"", "`request` has no field `body`", "write one of"),
        (
            "identity.organization == \"acme\"",
            "identity.organization",
            "`identity.organization` is no value but a group of them",
            "write one of `id`, `slug`",
        ),
        (
            "identity",
            "identity",
            "`identity` is no value but a group of them",
            "write one of `kind`, `user`",
        ),
        (
            "\"org\" in params",
            "params",
            "`params` is no value but a group of them",
            "write one of `org`",
        ),
        (
            "request[params.id] == \"\"",
            "request",
            "`request` is no value but a group of them",
            "write one of",
        ),
        (
            "identity.user.id.x == \"\"",
            "identity.user.id",
            "`.` needs a map, not text",
            "write something",
        ),
    ]);
}

#[test]
fn names_exist_only_where_they_mean_something() {
    let route = Scope { request: true, parameters: &[], resource: false };
    let action = Scope { request: false, parameters: &[], resource: true };
    for (text, scope, part, message, help) in [
        (
            "resource.a == 1",
            route,
            "resource",
            "`resource` does not exist here",
            "`resource` and `context` exist in actions only",
        ),
        (
            "context.a == 1",
            route,
            "context",
            "`context` does not exist here",
            "`resource` and `context` exist",
        ),
        (
            "request.method == \"\"",
            action,
            "request",
            "`request` does not exist here",
            "`request` and `params` exist in routes",
        ),
        (
            "params.a == \"\"",
            action,
            "params",
            "`params` does not exist here",
            "`request` and `params` exist",
        ),
        (
            "params.a == \"\"",
            route,
            "a",
            "there is no path parameter `a` here",
            "name it in the path",
        ),
        (
            "reqest.a == \"\"",
            action,
            "reqest",
            "`reqest` is unknown",
            "write one of `identity`, `peer`, `resource`, `context`, `now`",
        ),
    ] {
        let [found, said, helped] = only(text, &scope);
        assert_eq!((&*found, &*said), (part, message), "{text}");
        assert!(helped.starts_with(help), "{text}: {helped}");
    }
    assert!(Condition::compile("identity.user.id != \"\" && now > 0", &action).is_ok());
}
