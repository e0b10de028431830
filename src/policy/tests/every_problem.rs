//! One broken policy for every kind of problem there is, and what a person reads.

use crate::{
    core::{host_table::HostPatternError, location::LocationError},
    policy::{
        HeaderNameError, Policy, Problem, Source, Sources, Style, TemplateError, suite::Suite,
    },
};
use std::{collections::BTreeSet, fmt::Write as _};

macro_rules! kinds {
    ($($pattern:pat => $name:literal,)*) => {
        /// Every kind that is told apart here.
        const KINDS: &[&str] = &[$($name),*];

        /// The kind of a problem. A variant that is missing here does not compile, and one that has
        /// no example below fails.
        fn kind(problem: &Problem) -> &'static str {
            match problem {
                $($pattern => $name,)*
            }
        }
    };
}

kinds! {
    Problem::TooLarge => "too large",
    Problem::Yaml(_) => "yaml",
    Problem::TooComplex => "too complex",
    Problem::MergeKey => "merge key",
    Problem::SeveralDocuments => "several documents",
    Problem::SeveralFiles(_) => "several files",
    Problem::UnknownAnchor => "unknown anchor",
    Problem::KeyNotText => "key not text",
    Problem::WrongKind { .. } => "wrong kind",
    Problem::UnknownKey { .. } => "unknown key",
    Problem::DuplicateKey(_) => "duplicate key",
    Problem::MissingKey { .. } => "missing key",
    Problem::Version => "version",
    Problem::UnknownWord { .. } => "unknown word",
    Problem::UnlistedOpen(_) => "unlisted open",
    Problem::BareList => "bare list",
    Problem::EmptyMap => "empty map",
    Problem::EmptyList => "empty list",
    Problem::OpenWord(_) => "open word",
    Problem::WordUnderNot => "word under not",
    Problem::AllOfOne(_) => "all of one",
    Problem::MixedMethods => "mixed methods",
    Problem::Method { .. } => "method",
    Problem::MisplacedMethod(_) => "misplaced method",
    Problem::DuplicateMethod(_) => "duplicate method",
    Problem::Name { .. } => "name",
    Problem::SystemPermission(_) => "system permission",
    Problem::Entitlement(_) => "entitlement",
    Problem::AfterMinutes => "after minutes",
    Problem::Age { .. } => "age",
    Problem::Template(TemplateError::NotAbsolute) => "template: not absolute",
    Problem::Template(TemplateError::TrailingSlash) => "template: trailing slash",
    Problem::Template(TemplateError::EmptySegment) => "template: empty segment",
    Problem::Template(TemplateError::RestNotLast) => "template: rest not last",
    Problem::Template(TemplateError::PartialSegment) => "template: partial segment",
    Problem::Template(TemplateError::ParameterName) => "template: parameter name",
    Problem::Template(TemplateError::ParameterTwice(_)) => "template: parameter twice",
    Problem::Template(TemplateError::ForeignWildcard) => "template: foreign wildcard",
    Problem::Template(TemplateError::Query) => "template: query",
    Problem::Template(TemplateError::Escape) => "template: escape",
    Problem::Template(TemplateError::NotAscii) => "template: not ASCII",
    Problem::Template(TemplateError::Unreachable(_)) => "template: unreachable",
    Problem::Template(TemplateError::TooLong) => "template: too long",
    Problem::TemplateTie(_) => "template tie",
    Problem::Host(HostPatternError::Wildcard) => "host: wildcard",
    Problem::Host(HostPatternError::Name) => "host: name",
    Problem::DuplicateHost(_) => "duplicate host",
    Problem::ActionName(_) => "action name",
    Problem::HeaderName(HeaderNameError::Invalid) => "header: invalid",
    Problem::HeaderName(HeaderNameError::Reserved) => "header: reserved",
    Problem::HeaderTie(_) => "header tie",
    Problem::Location(LocationError::NotAbsolute) => "address: not absolute",
    Problem::Location(LocationError::Scheme) => "address: scheme",
    Problem::Location(LocationError::Credentials) => "address: credentials",
    Problem::Misplaced(_) => "misplaced",
    Problem::NothingBeside(_) => "nothing beside",
    Problem::GuardName(_) => "guard name",
    Problem::GuardOverPublic { .. } => "guard over public",
    Problem::Condition(_) => "condition",
    Problem::Response(_) => "response",
    Problem::Suite(_) => "case",
}

/// Kinds whose place is a point: where the parser stopped, or where a list or a map begins.
const POINTS: [&str; 12] = [
    "too large",
    "yaml",
    "too complex",
    "merge key",
    "several documents",
    "unknown anchor",
    "key not text",
    "wrong kind",
    "missing key",
    "bare list",
    "empty map",
    "empty list",
];

/// Policies that are wrong in one way each, by the kind of problem.
fn examples() -> Vec<(&'static str, String)> {
    let route = |requirement: &str| format!("version: 1\nroutes:\n  /a: {requirement}\n");
    let path = |path: &str| format!("version: 1\nroutes:\n  \"{path}\": signed_in\n");
    let top = |text: &str| format!("version: 1\n{text}\n");
    vec![
        ("too large", format!("version: 1\n# {}", "x".repeat(16 << 20))),
        ("yaml", top("routes: [")),
        ("yaml", top("routes:\n  /a: public\n /b: public")),
        ("too complex", top(&format!("routes: {}{}", "[".repeat(60), "]".repeat(60)))),
        ("merge key", top("base: &base { plan: pro }\nroutes:\n  /a: { <<: *base }")),
        ("several documents", top("---\nversion: 1")),
        ("unknown anchor", top("hosts:\n  *.shop.test: { routes: {} }")),
        ("key not text", top("? [a, b]\n: c")),
        ("wrong kind", top("routes: [/a]")),
        ("wrong kind", route("7")),
        ("wrong kind", route("{ role: 7 }")),
        ("wrong kind", route("{ reverification: [strict] }")),
        ("wrong kind", top("lints: { similar-name: 7 }")),
        ("wrong kind", top("lints: { similar-name: { allow: /a } }")),
        ("unknown key", top("rutes: {}")),
        ("unknown key", route("{ roles: org:admin }")),
        ("unknown key", top("lints: { similar-name: { alow: [/a] } }")),
        ("duplicate key", route("{ plan: pro, plan: team }")),
        ("missing key", "routes: {}\n".to_owned()),
        ("missing key", top("hosts: { a.test: {} }")),
        ("missing key", top("lints: { similar-name: {} }")),
        ("version", "version: 2\n".to_owned()),
        ("unknown word", route("pubic")),
        ("unknown word", route("authenticated")),
        ("unknown word", top("unlisted: signedin")),
        ("unknown word", top("lints: { similar-nam: allow }")),
        ("unknown word", top("lints: { naming: allow }")),
        ("unknown word", top("lints: { similar-name: deny }")),
        ("unlisted open", top("unlisted: public")),
        ("bare list", route("[signed_in]")),
        ("empty map", route("{}")),
        ("empty list", route("{ any: [] }")),
        ("empty list", top("lints: { similar-name: { allow: [] } }")),
        ("open word", route("{ any: [public] }")),
        ("word under not", route("{ not: signed_in }")),
        ("all of one", route("{ role: { all: [admin, owner] } }")),
        ("mixed methods", route("{ GET: public, role: admin }")),
        ("method", route("{ GTE: public }")),
        ("method", route("{ \"PUT,\": public }")),
        ("misplaced method", route("{ get: public }")),
        ("duplicate method", route("{ \"GET, PUT\": signed_in, PUT: denied }")),
        ("name", route("{ permission: \"org:a:read, org:b:read\" }")),
        ("system permission", route("{ permission: org:sys_memberships:manage }")),
        ("entitlement", route("{ feature: team:reports }")),
        ("after minutes", route("{ reverification: { level: first_factor, after_minutes: 0 } }")),
        ("age", route("{ session_max_age: 12 }")),
        ("age", route("{ first_factor_within: 30 minutes }")),
        ("template: not absolute", path("a")),
        ("template: trailing slash", path("/a/")),
        ("template: empty segment", path("/a//b")),
        ("template: rest not last", path("/{**}/a")),
        ("template: partial segment", path("/{id}.json")),
        ("template: parameter name", path("/{Id}")),
        ("template: parameter twice", path("/{a}/{a}")),
        ("template: foreign wildcard", path("/a(.*)")),
        ("template: query", path("/a?b=c")),
        ("template: escape", path("/a%20b")),
        ("template: not ASCII", path("/caf\u{e9}")),
        ("template: unreachable", path("/a/../b")),
        ("template: too long", path(&"/a".repeat(65))),
        ("template tie", top("routes:\n  /a/{x}: public\n  /A/{y}: denied")),
        ("host: wildcard", top("hosts: { a.*.test: { routes: {} } }")),
        ("host: name", top("hosts: { \"a.test:443\": { routes: {} } }")),
        ("duplicate host", top("hosts:\n  a.test: { routes: {} }\n  A.test: { routes: {} }")),
        ("action name", top("actions:\n  invoice refund: signed_in")),
        ("header: invalid", top("upstream: { headers: { x user: identity.user.id } }")),
        ("header: reserved", top("upstream: { headers: { host: identity.user.id } }")),
        (
            "header tie",
            top("upstream:\n  headers:\n    x-id: identity.user.id\n    X_Id: identity.user.id"),
        ),
        ("address: not absolute", top("responses: { sign_in: /sign-in }")),
        ("address: scheme", top("responses: { sign_in: \"javascript:alert(1)\" }")),
        ("address: credentials", top("responses: { sign_in: \"https://a:b@shop.test/\" }")),
        ("several files", top("unlisted: denied")),
        ("misplaced", route("{ any: [{ plan: pro, mode: shadow }] }")),
        ("nothing beside", route("{ mode: shadow }")),
        ("nothing beside", route("{ preflight: allow }")),
        ("guard name", top("guards: { \"a b\": { require: { plan: pro } } }")),
        (
            "guard over public",
            top("routes:\n  /a: public\nguards:\n  x: { paths: [/a], require: { plan: pro } }"),
        ),
        ("condition", route("{ if: request.hots == 'a' }")),
        ("case", top("tests: { people: { nobody: {} } }")),
        ("response", top("responses: { forbidden: { status: 200 } }")),
    ]
}

#[test]
fn every_kind_of_problem_says_where_it_is_and_what_to_write_instead() {
    let mut shown = String::new();
    let mut seen = BTreeSet::new();
    for (expected, text) in examples() {
        let head: String = text.chars().take(200).collect();
        let source = Source::new("policy.yaml", &text);
        let mut sources = vec![source.clone()];
        if expected == "several files" {
            sources.push(Source::new("second.yaml", &text));
        }
        if expected == "case" {
            let errors = Suite::load(&[source], &[]).expect_err(&head);
            assert!(errors.diagnostics().iter().all(|diagnostic| diagnostic.code == "case"));
            seen.insert(expected);
            writeln!(shown, "# {expected}\n{}\n", errors.render(Style::Plain)).unwrap();
            continue;
        }
        let errors = Policy::load(Sources::new(sources).unwrap()).expect_err(&head);
        let kinds: Vec<_> = errors.iter().map(|error| kind(error.problem())).collect();
        assert_eq!(kinds, [expected], "{head}");
        for diagnostic in errors.diagnostics() {
            let point = POINTS.contains(&expected);
            assert!(!diagnostic.text.is_empty() || point, "no text is underlined: {head}");
            assert!(diagnostic.help.is_some() || expected == "yaml", "no help: {head}");
            assert!(Problem::CODES.contains(&diagnostic.code));
        }
        seen.insert(expected);
        writeln!(shown, "# {expected}\n{}\n", errors.render(Style::Plain)).unwrap();
    }
    let missing: Vec<_> = KINDS.iter().filter(|kind| !seen.contains(*kind)).collect();
    assert!(missing.is_empty(), "without an example: {missing:?}");
    insta::assert_snapshot!(shown);
}

#[test]
fn no_two_kinds_of_problem_share_a_code() {
    let codes: BTreeSet<_> = Problem::CODES.iter().collect();
    assert_eq!(codes.len(), Problem::CODES.len());
    let sound = |code: &&str| code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
    assert!(Problem::CODES.iter().all(sound));
}
