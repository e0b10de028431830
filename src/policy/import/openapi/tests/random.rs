//! Random documents, their policies, and random requests: nobody gets in whom the document keeps out.

use super::openapi;
use crate::{
    core::{host::Host, path::CanonicalPath},
    policy::{Access, Policy, Routed, Source},
};
use fancy_regex::Regex;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

const SEGMENTS: [&str; 9] = ["a", "b", "A", "{x}", "{y}", "{x}.json", "a-{x}", "caf\u{e9}", "%41"];
const METHODS: [&str; 3] = ["get", "post", "head"];

/// How open an operation is: to everyone, to whoever is signed in, or not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Open {
    ToAll,
    ToSignedIn,
    Unknown,
}

/// What stands under `security`, and what it means; `None` where nothing stands there.
fn security() -> impl Strategy<Value = (Option<Value>, Option<Open>)> {
    prop_oneof![
        Just((None, None)),
        Just((Some(json!([])), Some(Open::ToAll))),
        Just((Some(json!([{}, { "session": [] }])), Some(Open::ToAll))),
        Just((Some(json!([{ "session": [] }])), Some(Open::ToSignedIn))),
        Just((Some(json!([{ "session": [] }, { "key": [] }])), Some(Open::ToSignedIn))),
        Just((Some(json!([{ "session": [], "key": [] }])), Some(Open::Unknown))),
        Just((Some(json!([{ "grant": ["a"] }])), Some(Open::Unknown))),
        Just((Some(json!([{ "key": [] }])), Some(Open::Unknown))),
    ]
}

type Operation = (&'static str, (Option<Value>, Option<Open>));

#[derive(Clone, Debug)]
struct Item {
    path: String,
    operations: Vec<Operation>,
}

fn below_root(segments: &[&str]) -> String {
    segments.iter().flat_map(|segment| ["/", segment]).collect()
}

fn item() -> impl Strategy<Value = Item> {
    let path =
        (prop::collection::vec(prop::sample::select(SEGMENTS.to_vec()), 0..4), any::<bool>());
    let operation = (prop::sample::select(METHODS.to_vec()), security());
    (path, prop::collection::vec(operation, 0..3)).prop_map(|((segments, slash), operations)| {
        let path = below_root(&segments);
        let slash = if slash || path.is_empty() { "/" } else { "" };
        Item { path: path + slash, operations }
    })
}

/// `servers`, and the paths they stand for.
fn servers() -> impl Strategy<Value = (Option<Value>, Vec<&'static str>)> {
    prop_oneof![
        Just((None, vec![""])),
        Just((Some(json!([{ "url": "https://x.test/a/" }])), vec!["/a"])),
        Just((Some(json!([{ "url": "/b" }, { "url": "https://x.test" }])), vec!["/b", ""])),
        Just((
            Some(json!([{ "url": "/{v}", "variables": { "v": { "enum": ["a", "b"] } } }])),
            vec!["/a", "/b"]
        )),
    ]
}

/// What a path of a document matches. A slash at the end does not count, as for a policy.
fn regex(path: &str) -> Regex {
    let mut regex = String::new();
    let mut rest = path.trim_end_matches('/');
    while let Some((before, after)) = rest.split_once('{') {
        regex.push_str(&fancy_regex::escape(before));
        regex.push_str("[^/]+");
        rest = after.split_once('}').map_or("", |(_, rest)| rest);
    }
    regex.push_str(&fancy_regex::escape(rest));
    Regex::new(&format!("^{regex}/?$")).unwrap()
}

fn request() -> impl Strategy<Value = (&'static str, String)> {
    let segments = vec!["a", "b", "A", "c", "a.json", "a-b", "caf%C3%A9"];
    let path = prop::collection::vec(prop::sample::select(segments), 0..5).prop_map(|segments| {
        let path = below_root(&segments);
        if path.is_empty() { "/".to_owned() } else { path }
    });
    (prop::sample::select(vec!["GET", "POST", "HEAD", "PUT"]), path)
}

/// How open the policy is; `None` where it lets nobody in.
fn policy_opens(policy: &Policy, method: &str, path: &str) -> Option<Open> {
    let canonical = CanonicalPath::parse(path).unwrap();
    match policy.route(&Host::parse("x.test").unwrap(), &canonical, method) {
        Routed::Rule(matched) => match matched.rule.access {
            Access::Public | Access::Optional => Some(Open::ToAll),
            Access::Required(_) => Some(Open::ToSignedIn),
            Access::Denied => None,
        },
        Routed::Ambiguous | Routed::NoRoute => None,
    }
}

/// How open the document is: as open as the least open operation that may be meant.
fn document_opens(
    known: &[(Regex, bool, &Item)],
    general: Option<Open>,
    method: &str,
    path: &str,
) -> Option<Open> {
    let method = method.to_ascii_lowercase();
    let operation = |item: &Item| {
        // The last of two with the same key is the one that is written.
        let find =
            |name: &str| item.operations.iter().rev().find(|(known, _)| *known == name).cloned();
        find(&method).or_else(|| if method == "head" { find("get") } else { None })
    };
    let matching: Vec<_> = known
        .iter()
        .filter(|(regex, _, item)| regex.is_match(path).unwrap() && operation(item).is_some())
        .collect();
    let concrete: Vec<_> = matching.iter().copied().filter(|(_, concrete, _)| *concrete).collect();
    let meant = if concrete.is_empty() { matching } else { concrete };
    meant
        .into_iter()
        .filter_map(|(_, _, item)| operation(item))
        .map(|(_, (_, open))| open.or(general).unwrap_or(Open::Unknown))
        .max()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn a_policy_lets_nobody_in_whom_its_document_keeps_out(
        items in prop::collection::vec(item(), 1..6),
        (general, general_open) in security(),
        (servers, bases) in servers(),
        requests in prop::collection::vec(request(), 24),
    ) {
        let mut paths = Map::new();
        let mut kept: Vec<Item> = Vec::new();
        for item in items {
            if paths.contains_key(&item.path) {
                continue;
            }
            let mut described = Map::new();
            for (method, (security, _)) in &item.operations {
                let operation = security.clone().map_or(json!({}), |list| json!({ "security": list }));
                described.insert((*method).to_owned(), operation);
            }
            paths.insert(item.path.clone(), described.into());
            kept.push(item);
        }
        let mut document = json!({
            "openapi": "3.0.3",
            "paths": paths,
            "components": { "securitySchemes": {
                "session": { "type": "http", "scheme": "bearer" },
                "key": { "type": "apiKey", "in": "header", "name": "x-key" },
                "grant": { "type": "oauth2" },
            } },
        });
        if let Some(general) = general {
            document["security"] = general;
        }
        if let Some(servers) = servers {
            document["servers"] = servers;
        }
        let text = openapi(&document.to_string()).unwrap();
        let policy = Policy::load(Source::new("policy.yaml", &text)).unwrap();
        let known: Vec<_> = bases
            .iter()
            .flat_map(|base| kept.iter().map(move |item| {
                let path = format!("{base}{}", item.path).replace('\u{e9}', "%C3%A9");
                (regex(&path), !item.path.contains('{'), item)
            }))
            .collect();
        for (method, path) in &requests {
            let Some(opened) = policy_opens(&policy, method, path) else { continue };
            let meant = document_opens(&known, general_open, method, path);
            prop_assert!(
                meant.is_some_and(|meant| meant <= opened),
                "{method} {path}: {meant:?}, not {opened:?}\n{document:#}\n{text}"
            );
        }
    }
}
