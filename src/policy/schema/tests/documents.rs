//! Random policies, most of them nearly right.

use proptest::{
    collection::{btree_map, vec},
    prelude::*,
    sample::select,
    string::string_regex,
};
use serde_json::{Map, Value, json};

/// A policy of few entries: sound, or with something in the wrong place.
pub(super) fn document() -> impl Strategy<Value = Value> {
    let version = prop_oneof![19 => Just(json!(1)), 1 => stray()];
    let entry = prop_oneof![
        1 => (Just("unlisted"), words(&["denied", "signed_in", "public"])),
        1 => (Just("preflight"), words(&["allow", "deny"])),
        8 => (Just("routes"), routes()),
        2 => (Just("hosts"), hosts()),
        3 => (Just("guards"), guards()),
        3 => (Just("actions"), map(word("[a-z.]{1,3}"), route())),
        3 => (Just("responses"), responses()),
        2 => (Just("upstream"), upstream()),
    ];
    (version, entries(entry)).prop_map(|(version, mut document)| {
        if let Value::Object(document) = &mut document {
            document.insert("version".to_owned(), version);
        }
        document
    })
}

/// Keys that are there.
fn object<const N: usize>(entries: [(&str, Option<Value>); N]) -> Value {
    let there = entries.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?)));
    Value::Object(there.collect())
}

fn some(value: impl Strategy<Value = Value>) -> impl Strategy<Value = Option<Value>> {
    prop::option::weighted(0.4, value)
}

/// Something that hardly belongs anywhere.
fn stray() -> impl Strategy<Value = Value> {
    select(vec![
        json!(null),
        json!(true),
        json!(7),
        json!(1.5),
        json!(""),
        json!([]),
        json!({}),
        json!("a"),
    ])
}

fn words(words: &[&str]) -> impl Strategy<Value = Value> + use<> {
    select(words.iter().map(|word| json!(word)).collect::<Vec<_>>())
}

fn word(pattern: &str) -> impl Strategy<Value = String> + use<> {
    string_regex(pattern).expect("a pattern")
}

/// Any text that could be a name, and some that could not.
fn name() -> impl Strategy<Value = Value> {
    prop_oneof![
        1 => word("[ -~]{0,6}").prop_map(Value::from),
        2 => word("(org:|user:|o:|u:|sys_)?[a-z_:]{0,3}[a-z]").prop_map(Value::from),
        12 => word("[!-+.-9;-_a-z]{0,3}[a-z]").prop_map(Value::from),
    ]
}

fn list(element: impl Strategy<Value = Value>) -> impl Strategy<Value = Value> {
    prop_oneof![9 => vec(element, 1..3), 1 => Just(Vec::new())].prop_map(Value::from)
}

fn map(
    keys: impl Strategy<Value = String>,
    values: impl Strategy<Value = Value>,
) -> impl Strategy<Value = Value> {
    btree_map(keys, values, 1..3).prop_map(|map| Value::Object(map.into_iter().collect()))
}

/// One entry, or two.
fn entries(entry: impl Strategy<Value = (&'static str, Value)>) -> impl Strategy<Value = Value> {
    vec(entry, 1..3).prop_map(|entries| {
        let owned = entries.into_iter().map(|(key, value)| (key.to_owned(), value));
        Value::Object(owned.collect::<Map<_, _>>())
    })
}

fn names() -> impl Strategy<Value = Value> {
    let some = list(name());
    let one = |key: &'static str| move |list: Value| json!({ key: list });
    prop_oneof![
        20 => name(),
        5 => some.prop_map(one("any")),
        5 => list(name()).prop_map(one("all")),
        1 => stray(),
    ]
}

fn leaf() -> impl Strategy<Value = (&'static str, Value)> {
    let named = select(vec!["organization", "role", "permission", "feature", "plan", "scope"]);
    let kind = || {
        words(&["api_key", "m2m_token", "oauth_token", "session_token", "session_token", "cookie"])
    };
    let level = words(&["first_factor", "second_factor", "third_factor"]);
    let window = (level, 0_u32..100_000)
        .prop_map(|(level, minutes)| json!({ "level": level, "after_minutes": minutes }));
    prop_oneof![
        6 => (named, names()),
        1 => (Just("impersonation"), words(&["forbidden", "forbidden", "forbidden", "allowed"])),
        1 => (Just("credential"), kind()),
        1 => (Just("credential"), list(kind()).prop_map(|list| json!({ "any": list }))),
        1 => (Just("reverification"), words(&["strict", "lax", "moderate", "loose"])),
        1 => (Just("reverification"), window),
        1 => (
            select(vec!["session_max_age", "first_factor_within"]),
            words(&["30m", "12h", "7d", "70d", "1m", "3650d", "0m", "5s", "010m"]),
        ),
        1 => (Just("if"), words(&["request.method == 'GET'", "resource.a == 1", "now"])),
    ]
}

fn requirement() -> impl Strategy<Value = Value> {
    let word = || words(&["signed_in", "denied", "signed_in", "denied", "public"]);
    let flat = prop_oneof![1 => word(), 6 => entries(leaf())];
    flat.prop_recursive(3, 12, 3, move |inner| {
        let nested = prop_oneof![
            (Just("any"), list(inner.clone())),
            (Just("all"), list(inner.clone())),
            (Just("not"), inner),
            leaf(),
        ];
        entries(nested)
    })
}

fn rule() -> impl Strategy<Value = Value> {
    let with_mode =
        (requirement(), words(&["shadow", "enforce", "on"])).prop_map(|(rule, mode)| {
            let mut rule = rule;
            if let Value::Object(rule) = &mut rule {
                rule.insert("mode".to_owned(), mode);
            }
            rule
        });
    prop_oneof![
        4 => words(&["public", "optional", "signed_in", "denied"]),
        12 => requirement(),
        2 => with_mode,
        1 => stray(),
    ]
}

fn route() -> impl Strategy<Value = Value> {
    let methods =
        prop_oneof![9 => word("(GET|PUT|DELETE|X-A)(, ?(POST|PATCH))?"), 1 => word("get|GET,| ")];
    let with_preflight = |mut value: Value, preflight: bool| {
        if let (Value::Object(map), true) = (&mut value, preflight) {
            map.insert("preflight".to_owned(), json!("allow"));
        }
        value
    };
    let value = prop_oneof![2 => rule(), 1 => map(methods, rule())];
    (value, prop::bool::weighted(0.2)).prop_map(move |(value, some)| with_preflight(value, some))
}

/// Paths of every printable character, some of which no template has.
fn path() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => word("(/[a-z0-9_@-]{1,3}){1,3}(/\\{[a-z]{1,2}\\})?(/\\{\\*\\*\\})?"),
        1 => word("(/[a-z0-9._:@-]{1,3}|/\\{[a-z]{1,2}\\}){0,3}(/|/\\{\\*\\*\\})?"),
        1 => word("(/[!-~]{1,2}){1,2}"),
    ]
}

fn routes() -> impl Strategy<Value = Value> {
    map(path(), route())
}

fn host() -> impl Strategy<Value = String> {
    word("(\\*\\.)?([a-z0-9_-]{1,3}\\.){0,2}[a-zA-Z0-9\\[\\]:.-]{1,3}")
}

fn hosts() -> impl Strategy<Value = Value> {
    map(host(), routes().prop_map(|routes| json!({ "routes": routes })))
}

fn guards() -> impl Strategy<Value = Value> {
    let guard = (
        some(list(path().prop_map(Value::from))),
        some(list(words(&["GET", "DELETE", "PURGE", "PUT", "delete"]))),
        some(list(host().prop_map(Value::from))),
        some(words(&["shadow", "enforce"])),
        some(Just(json!(true))),
        requirement(),
    );
    let guard = guard.prop_map(|(paths, methods, hosts, mode, even_public, require)| {
        object([
            ("paths", paths),
            ("methods", methods),
            ("hosts", hosts),
            ("mode", mode),
            ("even_public", even_public),
            ("require", Some(require)),
        ])
    });
    map(word("[a-z-]{1,3}"), guard)
}

fn responses() -> impl Strategy<Value = Value> {
    let status = || some((395_u16..605).prop_map(Value::from));
    let text = || prop_oneof![Just(json!("{reason}")), Just(json!("{{}}")), Just(json!("{"))];
    let kinds = words(&["text/html", "text/plain", "application/json", "text/css"]);
    let answer = (status(), some(kinds), some(text()), some(text()));
    let answer = answer.prop_map(|(status, content_type, body, message)| {
        object([
            ("status", status),
            ("content_type", content_type),
            ("body", body),
            ("message", message),
        ])
    });
    let asker = (select(vec!["browser", "api", "grpc"]), answer);
    let category = (status(), entries(asker)).prop_map(|(status, mut map)| {
        if let (Value::Object(map), Some(status)) = (&mut map, status) {
            map.insert("status".to_owned(), status);
        }
        map
    });
    let categories = select(vec!["signed_out", "forbidden", "ambiguous", "unavailable"]);
    let address = word("(https?|HTTP|ftp)://[a-z.]{1,4}/?").prop_map(Value::from);
    entries(prop_oneof![4 => (categories, category), 1 => (Just("sign_in"), address)])
}

fn upstream() -> impl Strategy<Value = Value> {
    let expression = words(&["identity.user.id", "identity.features", "identity.user.name"]);
    let headers = map(word("[xX][!-~]{1,4}"), expression);
    let keep = some(words(&["true"]).prop_map(|_| json!(false)));
    (some(headers), keep)
        .prop_map(|(headers, keep)| object([("headers", headers), ("keep_credentials", keep)]))
}
