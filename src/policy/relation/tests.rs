use super::{covers, precedence};
use crate::{
    core::path::CanonicalPath,
    policy::{
        router::{Found, Router},
        template::Template,
    },
};
use proptest::prelude::*;

fn template(text: &str) -> Template {
    Template::parse(text).unwrap()
}

#[test]
fn a_template_covers_what_it_stands_for_and_no_more() {
    for (wide, narrow, covered) in [
        ("/{**}", "/", true),
        ("/{**}", "/a/{b}/{**}", true),
        ("/docs/{**}", "/docs", true),
        ("/docs/{**}", "/DOCS/{x}", true),
        ("/docs", "/docs/{**}", false),
        ("/{a}", "/b", true),
        ("/b", "/{a}", false),
        ("/{a}", "/{**}", false),
        ("/{a}/b", "/a/{b}", false),
        ("/a/b", "/a/c", false),
        ("/a", "/a/b", false),
        ("/a/b/{**}", "/a", false),
    ] {
        assert_eq!(covers(&template(wide), &template(narrow)), covered, "{wide} {narrow}");
    }
}

/// A template and a path over a small alphabet.
fn small() -> impl Strategy<Value = (Vec<String>, Vec<String>)> {
    let segment = prop_oneof![Just("/a"), Just("/b"), Just("/{x}")];
    let end = prop_oneof![Just(""), Just("/{**}")];
    let template = (prop::collection::vec(segment, 0..4), end).prop_map(|(segments, end)| {
        let numbered = segments.iter().enumerate();
        let text: String =
            numbered.map(|(at, segment)| segment.replace('x', &format!("x{at}"))).collect();
        match text + end {
            text if text.is_empty() => "/".to_owned(),
            text => text,
        }
    });
    let path = prop::collection::vec(prop_oneof![Just("/a"), Just("/b"), Just("/c")], 0..5)
        .prop_map(|segments| if segments.is_empty() { "/".to_owned() } else { segments.concat() });
    (prop::collection::vec(template, 2), prop::collection::vec(path, 12))
}

fn matches(template: &Template, path: &str) -> bool {
    let mut router = Router::new();
    router.insert(template.clone(), ()).unwrap();
    matches!(router.find(&CanonicalPath::parse(path).unwrap()), Found::Entry(..))
}

proptest! {
    #[test]
    fn the_relations_agree_with_routing((templates, paths) in small()) {
        let [left, right] = [template(&templates[0]), template(&templates[1])];
        let mut router = Router::new();
        router.insert(left.clone(), "left").unwrap();
        let tie = router.insert(right.clone(), "right").is_err();
        for path in &paths {
            let both = (matches(&left, path), matches(&right, path));
            if both == (false, true) {
                prop_assert!(!covers(&left, &right), "{left} {right} {path}");
            }
            if both == (true, true) {
                let Found::Entry(_, found) = router.find(&CanonicalPath::parse(path).unwrap()) else {
                    unreachable!("one of them matches")
                };
                let first = precedence(&left) < precedence(&right);
                prop_assert!(tie || (*found == "left") == first, "{left} {right} {path}");
            }
        }
    }
}
