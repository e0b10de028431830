//! Random middleware, its policy, and random paths: nobody gets in whom the middleware refuses.

use super::{matchers, middleware};
use crate::{
    core::{host::Host, path::CanonicalPath},
    policy::{Access, Policy, Requirement, Routed, Source},
};
use fancy_regex::Regex;
use proptest::prelude::*;
use std::{collections::BTreeSet, fmt::Write as _};

/// Pieces of patterns, and what `path-to-regexp` makes of them.
const PIECES: [(&str, &str); 16] = [
    ("/a", "/a"),
    ("/b", "/b"),
    ("/ab", "/ab"),
    ("/A", "/A"),
    ("/:x", "(?:/([^/#?]+?))"),
    ("/:x?", "(?:/([^/#?]+?))?"),
    ("/:x*", "(?:/((?:[^/#?]+?)(?:/(?:[^/#?]+?))*))?"),
    ("/:x+", "(?:/((?:[^/#?]+?)(?:/(?:[^/#?]+?))*))"),
    ("(.*)", "(.*)"),
    ("/(.*)", "(?:/(.*))"),
    ("/((?!a|b))(.*)", "(?:/((?!a|b)))(.*)"),
    ("/(a|b)", "(?:/(a|b))"),
    ("/a-:x", "/a-([^/#?]+?)"),
    ("/:x-b", "(?:/([^/#?]+?))-b"),
    ("/a.:x", "/a(?:\\.([^/#?]+?))"),
    ("/", "/"),
];

/// A pattern and its regular expression.
type Pattern = (String, String);

fn pattern() -> impl Strategy<Value = Pattern> {
    prop::collection::vec(prop::sample::select(PIECES.to_vec()), 1..4).prop_map(|pieces| {
        let (mut text, mut regex) = (String::new(), String::new());
        for (piece, matched) in pieces {
            // A bracket right behind a name would be the name's, and none begins a pattern.
            let named = text.ends_with(":x");
            if piece.starts_with('(') && (named || text.is_empty()) {
                continue;
            }
            text.push_str(piece);
            regex.push_str(matched);
        }
        (text, format!("(?i)^{regex}[/#?]?$"))
    })
}

/// What is asked: the names of requirements, `refused` among them.
type Asked = BTreeSet<&'static str>;

#[derive(Clone, Debug)]
enum Line {
    ExitIf(usize),
    ProtectUnless(usize),
    RoleIf(usize),
    RoleAndExitIf(usize),
    PlanIfBoth(usize, usize),
    Choose(usize),
    Protect,
    RoleIfPost,
    OpaqueIf(usize),
}

impl Line {
    fn text(&self) -> String {
        match self {
            Self::ExitIf(one) => format!("if (is{one}(req)) return;"),
            Self::ProtectUnless(one) => format!("if (!is{one}(req)) await auth.protect();"),
            Self::RoleIf(one) => {
                format!("if (is{one}(req)) {{ await auth.protect({{ role: 'org:admin' }}); }}")
            }
            Self::RoleAndExitIf(one) => {
                format!(
                    "if (is{one}(req)) return void (await auth.protect({{ role: 'org:admin' }}))\n"
                )
            }
            Self::PlanIfBoth(one, other) => {
                format!(
                    "if (is{one}(req) && !is{other}(req)) await auth.protect({{ plan: 'pro' }});"
                )
            }
            Self::Choose(one) => format!(
                "if (is{one}(req)) {{ await auth.protect({{ plan: 'pro' }}) }} else {{ return; }}"
            ),
            Self::Protect => "await auth.protect();".to_owned(),
            Self::RoleIfPost => {
                "if (req.method === 'POST') await auth.protect({ role: 'org:admin' });".to_owned()
            }
            Self::OpaqueIf(one) => format!("if (is{one}(req)) {{ await audit(req); }}"),
        }
    }

    /// Adds what it asks; whether nothing more is asked.
    fn run(&self, matches: &[bool], post: bool, asked: &mut Asked) -> bool {
        match self {
            Self::ExitIf(one) => return matches[*one],
            Self::ProtectUnless(one) if !matches[*one] => asked.extend(["signed in"]),
            Self::RoleIf(one) if matches[*one] => asked.extend(["signed in", "role"]),
            Self::RoleAndExitIf(one) if matches[*one] => {
                asked.extend(["signed in", "role"]);
                return true;
            }
            Self::PlanIfBoth(one, other) if matches[*one] && !matches[*other] => {
                asked.extend(["signed in", "plan"]);
            }
            Self::Choose(one) if matches[*one] => asked.extend(["signed in", "plan"]),
            Self::Choose(_) => return true,
            Self::Protect => asked.extend(["signed in"]),
            Self::RoleIfPost if post => asked.extend(["signed in", "role"]),
            Self::OpaqueIf(one) if matches[*one] => asked.extend(["refused"]),
            Self::ProtectUnless(_)
            | Self::RoleIf(_)
            | Self::RoleAndExitIf(_)
            | Self::PlanIfBoth(..)
            | Self::RoleIfPost
            | Self::OpaqueIf(_) => {}
        }
        false
    }
}

fn line() -> impl Strategy<Value = Line> {
    let one = 0..3_usize;
    prop_oneof![
        one.clone().prop_map(Line::ExitIf),
        one.clone().prop_map(Line::ProtectUnless),
        one.clone().prop_map(Line::RoleIf),
        one.clone().prop_map(Line::RoleAndExitIf),
        (one.clone(), one.clone()).prop_map(|(one, other)| Line::PlanIfBoth(one, other)),
        one.clone().prop_map(Line::Choose),
        Just(Line::Protect),
        Just(Line::RoleIfPost),
        one.prop_map(Line::OpaqueIf),
    ]
}

fn path() -> impl Strategy<Value = String> {
    let segment = prop::sample::select(vec!["a", "b", "ab", "abc", "a-1", "1-b", "a.c", "A", "c"]);
    (prop::collection::vec(segment, 0..4), any::<bool>()).prop_map(|(segments, slash)| {
        let slash = if slash || segments.is_empty() { "/" } else { "" };
        segments.iter().fold(String::new(), |path, segment| format!("{path}/{segment}")) + slash
    })
}

/// What the policy asks; `None` where it lets nobody in.
fn asks(policy: &Policy, path: &str) -> Option<Asked> {
    let canonical = CanonicalPath::parse(path).unwrap();
    let host = Host::parse("shop.test").unwrap();
    match policy.route(&host, &canonical, "POST") {
        Routed::Rule(matched) => match &matched.rule.access {
            Access::Public | Access::Optional => Some(Asked::new()),
            Access::Denied => None,
            Access::Required(requirement) => {
                let mut asked = Asked::from(["signed in"]);
                collect(requirement, &mut asked);
                Some(asked)
            }
        },
        Routed::Ambiguous | Routed::NoRoute => None,
    }
}

fn collect(requirement: &Requirement, asked: &mut Asked) {
    if let Requirement::All(parts) = requirement {
        parts.iter().for_each(|part| collect(part, asked));
    } else if let Requirement::Role(_) = requirement {
        asked.extend(["role"]);
    } else if let Requirement::Plan(_) = requirement {
        asked.extend(["plan"]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn a_policy_lets_nobody_in_whom_its_source_refuses(
        lists in prop::collection::vec(prop::collection::vec(pattern(), 1..3), 3),
        lines in prop::collection::vec(line(), 0..5),
        paths in prop::collection::vec(path(), 24),
    ) {
        let mut declarations = String::new();
        for (at, list) in lists.iter().enumerate() {
            let texts: Vec<_> = list.iter().map(|(text, _)| text).collect();
            writeln!(declarations, "const is{at} = createRouteMatcher({texts:?});").unwrap();
        }
        let body: Vec<String> = lines.iter().map(Line::text).collect();
        let script = middleware(&declarations, &body.join("\n"));
        let text = matchers(&script, None).unwrap();
        let policy = Policy::load(Source::new("policy.yaml", &text)).unwrap();
        let regexes: Vec<Vec<Regex>> = lists
            .iter()
            .map(|list| list.iter().map(|(_, regex)| Regex::new(regex).unwrap()).collect())
            .collect();
        for path in &paths {
            let Some(policy) = asks(&policy, path) else { continue };
            let matches: Vec<bool> = regexes
                .iter()
                .map(|list| list.iter().any(|regex| regex.is_match(path).unwrap()))
                .collect();
            for post in [false, true] {
                let mut asked = Asked::new();
                let _ = lines.iter().any(|line| line.run(&matches, post, &mut asked));
                prop_assert!(asked.is_subset(&policy), "{path}: {asked:?}\n{script}\n{text}");
            }
        }
    }

    #[test]
    fn whatever_text_is_given_what_comes_out_loads(text in "[ -~\n]{0,200}") {
        let script = middleware(&format!("const isA = createRouteMatcher(['/a']);\n{text}"), &text);
        prop_assert!(matchers(&script, None).is_ok());
        let patterns = serde_json::json!([text]).to_string();
        for meaning in [super::Meaning::Public, super::Meaning::Protected] {
            prop_assert!(matchers(&patterns, Some(meaning)).is_ok());
        }
    }
}
