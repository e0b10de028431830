use super::{PathPattern, PatternError};
use proptest::prelude::*;

/// The values of `id` and `slug`, or `None` where the path does not match.
fn captured(pattern: &str, path: &str) -> Option<(Option<String>, Option<String>)> {
    let pattern = PathPattern::compile(pattern).unwrap();
    let captured = pattern.matches(path)?;
    let value = |name| captured.get(name).map(ToOwned::to_owned);
    Some((value("id"), value("slug")))
}

fn slug(pattern: &str, path: &str) -> Option<String> {
    captured(pattern, path).and_then(|(_, slug)| slug)
}

#[test]
fn a_parameter_takes_one_segment() {
    for (path, expected) in [
        ("/orgs/acme", Some("acme")),
        ("/orgs/acme/", Some("acme")),
        ("/ORGS/Acme", Some("Acme")),
        ("/orgs/b%C3%BCro", Some("b%C3%BCro")),
        ("/orgs/a&b=c", Some("a&b=c")),
        ("/orgs/", None),
        ("/orgs", None),
        ("/orgs//", None),
        ("/orgs/acme/x", None),
        ("/orgs/acme//", None),
        ("/x/orgs/acme", None),
        ("orgs/acme", None),
    ] {
        assert_eq!(slug("/orgs/:slug", path).as_deref(), expected, "{path}");
    }
}

#[test]
fn groups_modifiers_and_braces_work_as_written() {
    for (pattern, path, expected) in [
        ("/orgs/:slug/(.*)", "/orgs/acme/deep/er", Some("acme")),
        ("/(.*)/o/:slug", "/a/b/o/other", Some("other")),
        ("/orgs/:slug([a-z-]+)", "/orgs/99", None),
        ("/orgs/:slug([a-z-]+)", "/orgs/a-b", Some("a-b")),
        ("/t/:slug/:rest*", "/t/acme", Some("acme")),
        ("/t/:slug/:rest*", "/t/acme/x/y", Some("acme")),
        ("/t/:slug/:rest+", "/t/acme", None),
        ("/t{/:slug}?/home", "/t/home", None),
        ("/t{/:slug}?/home", "/t/acme/home", Some("acme")),
        ("/u-{:slug}-x", "/u-acme-x", Some("acme")),
        ("/files/:slug.json", "/files/a.b.json", Some("a.b")),
        ("/x\\:y/:slug", "/x:y/acme", Some("acme")),
        ("/:slug?", "/", None),
        ("/a{b}?c/:slug", "/ac/acme", Some("acme")),
        ("/a{b}+c/:slug", "/abbc/acme", Some("acme")),
        ("/:x-:slug", "/a-b", Some("b")),
        ("/:x-:slug", "/a-b-c", Some("c")),
        ("/(a(?:b|c))/:slug", "/ac/acme", Some("acme")),
        ("/a.b/:slug", "/axb/acme", None),
        (":slug/home", "acme/home", Some("acme")),
    ] {
        assert_eq!(slug(pattern, path).as_deref(), expected, "{pattern} {path}");
    }
    assert_eq!(slug("/t/:slug+", "/t/a/b").as_deref(), Some("a/b"));
}

#[test]
fn names_matter_to_the_letter_and_a_pattern_may_have_none() {
    assert_eq!(captured("/orgs/:Slug", "/orgs/acme"), Some((None, None)));
    assert_eq!(captured("/me", "/ME/"), Some((None, None)));
    assert_eq!(captured("/:id/:slug", "/a/b"), Some((Some("a".into()), Some("b".into()))));
    assert_eq!(captured("", "/"), Some((None, None)));
}

#[test]
fn malformed_patterns_are_refused_with_what_is_wrong() {
    for (pattern, error) in [
        ("/orgs/(", PatternError::Unbalanced),
        ("/orgs/:id(", PatternError::Unbalanced),
        ("/a{b", PatternError::Unbalanced),
        ("/a}b", PatternError::Unbalanced),
        ("/a\\", PatternError::Unbalanced),
        ("/a(b\\", PatternError::Unbalanced),
        ("/()", PatternError::EmptyGroup),
        ("/(?:a)", PatternError::NestedGroup),
        ("/((a))", PatternError::NestedGroup),
        ("/o/*", PatternError::Repetition),
        ("?", PatternError::Repetition),
        ("/:a:b", PatternError::Adjacent),
        ("/:a{:b}", PatternError::Adjacent),
        ("/:", PatternError::Name),
        ("/:-a", PatternError::Name),
        ("/([)", PatternError::Expression),
        ("/(a{9999999})", PatternError::Expression),
        ("x(a)+", PatternError::Repetition),
    ] {
        assert_eq!(PathPattern::compile(pattern).err(), Some(error), "{pattern}");
    }
}

#[test]
fn a_pattern_that_would_take_forever_gives_up_and_does_not_match() {
    let pattern = PathPattern::compile("/((?:a+)+(?!b)x)").unwrap();
    assert!(pattern.matches(&format!("/{}", "a".repeat(2000))).is_none());
}

proptest! {
    #[test]
    fn no_pattern_and_no_path_make_it_panic(pattern in "[/:a-z(){}?*+.\\\\|\\[\\]-]{0,20}", path in "\\PC{0,40}") {
        if let Ok(pattern) = PathPattern::compile(&pattern) {
            let _ = pattern.matches(&path);
        }
    }

    #[test]
    fn a_literal_pattern_matches_itself(path in "(/[a-zA-Z0-9_.~%-]{1,8}){1,4}") {
        prop_assert!(PathPattern::compile(&path).unwrap().matches(&path).is_some());
    }
}
