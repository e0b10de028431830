//! How routes are found: the explanation beside the router.

use super::{of_nobody, policy, request};
use crate::{
    core::{host::Host, path::CanonicalPath},
    policy::{
        Routed,
        explain::{Candidate, Lost, RouteSearch},
    },
};
use proptest::{prelude::*, sample::subsequence};

fn search(method: &str, target: &str) -> RouteSearch {
    of_nobody(&request(method, target, &[])).route.unwrap()
}

fn lost(method: &str, target: &str) -> Vec<(String, Option<Lost>)> {
    let here = |candidate: &Candidate| candidate.host.is_none();
    let candidates = search(method, target).candidates.into_iter().filter(here);
    candidates.map(|candidate| (candidate.template, candidate.lost)).collect()
}

#[test]
fn every_template_that_covers_the_path_is_told_with_why_it_lost() {
    let less = Lost::LessSpecific { segment: 2, written: "{**}".into(), rather: "{org}".into() };
    assert_eq!(
        lost("GET", "/orgs/acme/invoices/7"),
        [
            ("/orgs/{org}/invoices/{id}".to_owned(), None),
            ("/orgs/{**}".to_owned(), Some(less.clone())),
        ]
    );
    assert_eq!(
        lost("DELETE", "/orgs/acme/invoices/7"),
        [
            (
                "/orgs/{org}/invoices/{id}".to_owned(),
                Some(Lost::MethodNotListed { listed: vec!["GET".into(), "PUT".into()] })
            ),
            ("/orgs/{**}".to_owned(), Some(less)),
        ]
    );
    assert_eq!(lost("GET", "/Docs/a"), [("/docs/{**}".to_owned(), Some(Lost::LetterCase))]);
    assert_eq!(lost("GET", "/nowhere"), []);
}

#[test]
fn templates_of_other_hosts_are_told_as_well() {
    let other = search("GET", "/docs/a").candidates.pop().unwrap();
    assert_eq!(other.host.as_deref(), Some("admin.shop.test"));
    assert_eq!(other.lost, Some(Lost::OtherTable));
}

#[test]
fn a_path_with_two_readings_has_no_search() {
    for target in ["/docs/../admin", "//docs", "/docs/%2e"] {
        let explanation = of_nobody(&request("GET", target, &[]));
        assert_eq!(explanation.route, None, "{target}");
        assert_eq!(explanation.verdict.reason, "ambiguous_path", "{target}");
    }
}

const SEGMENTS: [&str; 5] = ["a", "B", "b", "{x}", "{y}"];

fn templates() -> impl Strategy<Value = Vec<String>> {
    let segment = prop::sample::select(&SEGMENTS[..4]);
    let template =
        (prop::collection::vec(segment, 0..4), any::<bool>()).prop_map(|(parts, rest)| {
            let mut text = String::new();
            for (number, part) in parts.iter().enumerate() {
                text.push('/');
                // Names may not repeat in one template.
                text.push_str(&part.replace('x', &format!("x{number}")));
            }
            if rest {
                text.push_str("/{**}");
            } else if text.is_empty() {
                text.push('/');
            }
            text
        });
    prop::collection::vec(template, 1..8)
}

fn paths() -> impl Strategy<Value = String> {
    let segments = subsequence(vec!["a", "b", "A", "c", "b"], 0..4);
    segments.prop_map(|segments| format!("/{}", segments.join("/")))
}

proptest! {
    /// The candidate that did not lose is the one the router finds.
    #[test]
    fn the_chosen_candidate_is_the_one_that_decides(templates in templates(), path in paths()) {
        // Those that tie, or differ in letter case alone, are no policy.
        let mut kept: Vec<&String> = Vec::new();
        let shape = |text: &str| {
            let bare = text.to_ascii_lowercase();
            let bare: Vec<_> = bare.split('/').map(|part| if part.starts_with("{x") { "{x}" } else { part }.to_owned()).collect();
            bare.join("/")
        };
        for template in &templates {
            if kept.iter().all(|other| shape(other) != shape(template)) {
                kept.push(template);
            }
        }
        let routes: Vec<_> =
            kept.iter().map(|template| format!("  {template}: {{ GET: public }}")).collect();
        let routes = routes.join("\n");
        let policy = policy(&format!("version: 1\nroutes:\n{routes}"));
        let wanted = request("GET", &path, &[]);
        let who = crate::policy::Who::Nobody(crate::core::reason::Reason::SignedOut);
        let search = super::explain(&policy, &wanted, who).route.unwrap();
        let chosen = search.candidates.iter().find(|candidate| candidate.lost.is_none());
        let host = Host::parse("shop.test").unwrap();
        let canonical = CanonicalPath::parse(&path).unwrap();
        match policy.route(&host, &canonical, "GET") {
            Routed::Rule(matched) => {
                let template = chosen.map(|candidate| format!("GET {}", candidate.template));
                prop_assert_eq!(template.as_deref(), Some(matched.rule.id.as_str()));
                prop_assert!(search.candidates[0].lost.is_none());
            }
            Routed::Ambiguous => {
                prop_assert_eq!(chosen, None);
                prop_assert_eq!(search.candidates[0].lost.clone(), Some(Lost::LetterCase));
            }
            Routed::NoRoute => prop_assert!(search.candidates.is_empty()),
        }
    }
}
