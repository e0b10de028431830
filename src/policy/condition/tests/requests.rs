//! What conditions see of a request, a resource and a context.

use super::world::{NOW, World, all, compile};
use crate::{
    core::{clock::Timestamp, identity::Caller},
    policy::{condition::ConditionFault, facts::Facts, tests::people::somebody},
};

#[test]
fn a_request_is_seen_in_one_spelling() {
    all(
        &World::new(),
        true,
        &[
            "request.method == \"GET\" && request.method in [\"GET\", \"HEAD\"]",
            "request.host == \"shop.test\"",
            "request.scheme == \"https\"",
            "request.path == \"/orgs/acme/invoices/7\"",
            "request.ip == \"10.1.2.3\"",
            "params.org == \"acme\" && params[\"id\"] == \"7\"",
            "params.org == identity.organization.slug",
        ],
    );
}

#[test]
fn the_path_is_decoded() {
    let world = World { target: "/orgs/a%20b/invoices/%C3%A9", ..World::new() };
    all(&world, true, &["request.path == \"/orgs/a b/invoices/\u{e9}\"", "params.org == \"a b\""]);
}

#[test]
fn a_query_parameter_is_decoded_once() {
    let world = World::new();
    all(
        &world,
        true,
        &[
            "request.query.page == \"2\" && int(request.query.page) == 2",
            "request.query[\"q\"] == \"a b c\"",
            "request.query.empty == \"\"",
            "\"empty\" in request.query && has(request.query.empty)",
            "!(\"other\" in request.query) && !has(request.query.other)",
            "\"twice\" in request.query && has(request.query.twice)",
            "size(request.query) == 5",
        ],
    );
    assert_eq!(world.fault("request.query.other == \"\""), ConditionFault::Missing);
    let world = World { target: "/orgs/a/invoices/7?%70age=%2532", ..world };
    all(&world, true, &["request.query.page == \"%32\""]);
    let world = World { target: "/orgs/a/invoices/7", ..world };
    all(&world, true, &["!has(request.query.page) && size(request.query) == 0"]);
}

#[test]
fn a_query_that_services_read_in_several_ways_cannot_be_read() {
    for (target, text) in [
        ("/orgs/a/invoices/7?a=1&a=2", "request.query.a != \"3\""),
        ("/orgs/a/invoices/7?a=1&%61=2", "request.query.a == \"1\""),
        ("/orgs/a/invoices/7?a=1&a", "request.query.a == \"1\""),
        ("/orgs/a/invoices/7?a=%ff", "request.query.a != \"1\""),
        ("/orgs/a/invoices/7?b=1;a=2&a=1", "request.query.a == \"1\""),
        ("/orgs/a/invoices/7?b=1;a=2", "!(\"a\" in request.query)"),
        ("/orgs/a/invoices/7?b=1;a=2", "!has(request.query.a)"),
        ("/orgs/a/invoices/7?b=1;a=2", "size(request.query) == 1"),
    ] {
        let world = World { target, ..World::new() };
        assert_eq!(world.fault(text), ConditionFault::Ambiguous, "{target} {text}");
    }
    let world = World { target: "/orgs/a/invoices/7?a=1%3Bb", ..World::new() };
    all(&world, true, &["request.query.a == \"1;b\""]);
}

#[test]
fn a_header_that_stands_alone_can_be_read() {
    let world = World::new();
    all(
        &world,
        true,
        &[
            "request.headers[\"x-team\"] == \"blue\"",
            "request.headers.accept == \"text/html\"",
            "request.headers[\"x-\" + \"team\"] == \"blue\"",
            "\"x-team\" in request.headers && !(\"x-other\" in request.headers)",
            "has(request.headers.accept) && !has(request.headers.cookie)",
            "\"x-twice\" in request.headers && \"x-binary\" in request.headers",
        ],
    );
    for (text, fault) in [
        ("request.headers[\"x-twice\"] != \"3\"", ConditionFault::Ambiguous),
        ("request.headers[\"x-binary\"] != \"3\"", ConditionFault::Ambiguous),
        ("request.headers[\"x-other\"] != \"3\"", ConditionFault::Missing),
        ("request.headers.cookie == \"\"", ConditionFault::Missing),
    ] {
        assert_eq!(world.fault(text), fault, "{text}");
    }
}

#[test]
fn an_address_that_the_proxy_did_not_tell_is_an_error() {
    let world = World { peer: None, ..World::new() };
    assert_eq!(world.fault("request.ip != \"10.0.0.1\""), ConditionFault::Missing);
    assert_eq!(world.fault("!in_network(request.ip, \"10.0.0.0/8\")"), ConditionFault::Missing);
    all(&world, true, &["!has(request.ip)"]);
}

#[test]
fn a_resource_is_seen_with_its_own_type_and_id() {
    let world = World::new();
    all(
        &world,
        true,
        &[
            "resource.type == \"invoice\" && resource.id == \"in_1\"",
            "resource.owner == identity.user.id",
            "resource[\"owner\"] == \"user_1\"",
            "resource.nested.list[1] == 2 && resource.nested.flag",
            "has(resource.amount) && !has(resource.other) && \"amount\" in resource",
            "context.reason == \"refund\" && has(context.other) && !has(context.more)",
            "size(resource) == 7",
        ],
    );
    for text in [
        "resource.other == 1",
        "context.more == 1",
        "resource.nested.other",
        "resource.tags[3] == 1",
    ] {
        assert_eq!(world.fault(text), ConditionFault::Missing, "{text}");
    }
}

#[test]
fn an_attribute_never_poses_as_the_type_that_was_left_out() {
    let world = World { kind: "", id: "", ..World::new() };
    assert_eq!(world.fault("resource.type == \"never seen\""), ConditionFault::Missing);
    assert_eq!(world.fault("resource.id == \"\""), ConditionFault::Missing);
    all(&world, true, &["!has(resource.type) && !(\"id\" in resource)"]);
}

#[test]
fn null_is_no_value_that_could_be_the_same_as_another() {
    let world = World::new();
    all(
        &world,
        true,
        &[
            "resource.nothing == null && !(resource.nothing != null)",
            "resource.owner != null && null != resource.owner",
            "null == null",
        ],
    );
    for text in [
        "resource.nothing == context.other",
        "resource.nothing != context.other",
        "resource.nothing == resource.nothing",
        "resource.nothing in [null]",
        "resource.nothing == \"x\"",
        "resource.nothing != \"x\"",
    ] {
        assert!(matches!(world.fault(text), ConditionFault::Incomparable { .. }), "{text}");
    }
}

#[test]
fn what_was_not_asked_with_is_missing() {
    let user = somebody();
    let facts = Facts::of_caller(Caller::User(&user), Timestamp::from_unix_seconds(NOW));
    for text in [
        "request.method != \"\"",
        "request.headers.a != \"\"",
        "params.org != \"\"",
        "resource.a != 1",
    ] {
        let error = compile(text).unwrap().holds(&facts).unwrap_err();
        assert_eq!(error.fault(), ConditionFault::Missing, "{text}");
    }
    for text in ["!has(request.method)", "!has(resource.a)", "!has(context.a)", "now > 0"] {
        assert_eq!(compile(text).unwrap().holds(&facts), Ok(true), "{text}");
    }
}
