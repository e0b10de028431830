use super::{decides, hosts, templates};
use crate::{
    core::{host::Host, host_table::HostPattern, host_table::HostTable, path::CanonicalPath},
    policy::{
        router::{Found, Router, covers},
        template::Template,
    },
};
use proptest::prelude::*;

fn template(text: &str) -> Template {
    Template::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[test]
fn templates_overlap_if_some_path_belongs_to_both() {
    for (left, right, expected) in [
        ("/", "/", true),
        ("/", "/{**}", true),
        ("/", "/{x}", false),
        ("/a", "/a", true),
        ("/a", "/A", true),
        ("/a", "/b", false),
        ("/a", "/a/b", false),
        ("/a", "/{x}", true),
        ("/a", "/{**}", true),
        ("/a", "/a/{**}", true),
        ("/a", "/a/{x}", false),
        ("/a", "/a/{x}/{**}", false),
        ("/{x}", "/{y}", true),
        ("/{x}/b", "/a/{y}", true),
        ("/{x}/b", "/a/{y}/c", false),
        ("/{x}/b", "/a/c", false),
        ("/a/{**}", "/a/b/{**}", true),
        ("/a/{**}", "/b/{**}", false),
        ("/a/{**}", "/{x}/b/{**}", true),
        ("/a/b/{**}", "/{x}/c/{**}", false),
        ("/{**}", "/{**}", true),
        ("/a/b/c", "/{x}/{y}", false),
    ] {
        assert_eq!(templates(&template(left), &template(right)), expected, "{left} {right}");
        assert_eq!(templates(&template(right), &template(left)), expected, "{right} {left}");
    }
}

#[test]
fn a_path_counts_for_the_most_specific_template_alone() {
    for (routes, entry, guard, expected) in [
        (&["/{**}"][..], "/{**}", "/billing/{**}", true),
        (&["/{**}", "/billing/{**}"], "/{**}", "/billing/{**}", false),
        (&["/{**}", "/billing/{**}"], "/billing/{**}", "/billing/{**}", true),
        (&["/{**}", "/billing"], "/{**}", "/billing/{**}", true),
        (&["/{**}", "/billing", "/billing/{x}"], "/{**}", "/billing/{**}", true),
        (&["/{**}", "/billing", "/billing/{x}/{**}"], "/{**}", "/billing/{**}", false),
        (&["/{**}", "/BILLING/{**}"], "/{**}", "/billing/{**}", false),
        (&["/a/{x}", "/a/b"], "/a/{x}", "/a/b", false),
        (&["/a/{x}", "/a/b"], "/a/{x}", "/a/{y}", true),
        (&["/a/{x}", "/a/b"], "/a/{x}", "/{y}/c", true),
        (&["/{**}", "/", "/{x}", "/{x}/{y}/{**}"], "/{**}", "/{**}", false),
        (&["/{**}", "/", "/{x}", "/{x}/{y}/{z}/{**}"], "/{**}", "/{**}", true),
    ] {
        let mut router = Router::new();
        for route in routes {
            router.insert(template(route), ()).unwrap();
        }
        let number = routes.iter().position(|route| *route == entry).unwrap();
        let found = decides(&router, number, &template(entry), &template(guard));
        assert_eq!(found, expected, "{entry} of {routes:?} and {guard}");
    }
}

#[test]
fn a_pattern_is_about_a_table_if_some_host_of_it_uses_that_table() {
    let tables =
        ["", "a.test", "*.shop.test", "x.shop.test", "*.b.shop.test", "*.deep.c.shop.test"];
    let tables: Vec<Option<HostPattern>> =
        tables.iter().map(|text| HostPattern::parse(text).ok()).collect();
    for (pattern, expected) in [
        ("a.test", &["a.test"][..]),
        ("other.test", &[""]),
        ("shop.test", &[""]),
        ("x.shop.test", &["x.shop.test"]),
        ("y.shop.test", &["*.shop.test"]),
        ("b.shop.test", &["*.shop.test"]),
        ("y.b.shop.test", &["*.b.shop.test"]),
        ("*.a.test", &[""]),
        (
            "*.test",
            &["", "a.test", "*.shop.test", "x.shop.test", "*.b.shop.test", "*.deep.c.shop.test"],
        ),
        ("*.shop.test", &["*.shop.test", "x.shop.test", "*.b.shop.test", "*.deep.c.shop.test"]),
        ("*.b.shop.test", &["*.b.shop.test"]),
        ("*.y.b.shop.test", &["*.b.shop.test"]),
        ("*.c.shop.test", &["*.shop.test", "*.deep.c.shop.test"]),
        ("*.x.shop.test", &["*.shop.test"]),
        ("*.ashop.test", &[""]),
    ] {
        let found: Vec<String> = tables
            .iter()
            .filter(|table| hosts(&HostPattern::parse(pattern).unwrap(), table.as_ref(), &tables))
            .map(|table| table.as_ref().map_or(String::new(), ToString::to_string))
            .collect();
        assert_eq!(found, expected, "{pattern}");
    }
}

fn a_template() -> impl Strategy<Value = Template> {
    let segment = prop::sample::select(vec!["a", "b", "A", "{}"]);
    (prop::collection::vec(segment, 0..4), any::<bool>()).prop_map(|(segments, rest)| {
        let named = segments.iter().enumerate().map(|(at, segment)| match *segment {
            "{}" => format!("{{p{at}}}"),
            literal => literal.to_owned(),
        });
        let all: Vec<String> = named.chain(rest.then(|| "{**}".to_owned())).collect();
        template(&format!("/{}", all.join("/")))
    })
}

/// Every path of up to five segments, of letters that the templates name and one they do not.
fn paths() -> Vec<String> {
    let mut all = vec![String::new()];
    let mut longest = all.clone();
    for _ in 0..5 {
        longest = longest
            .iter()
            .flat_map(|path| ["a", "b", "c"].map(|segment| format!("{path}/{segment}")))
            .collect();
        all.extend(longest.iter().cloned());
    }
    all[0] = "/".to_owned();
    all
}

fn a_host() -> impl Strategy<Value = String> {
    let label = prop::sample::select(vec!["a", "b", "c"]);
    prop::collection::vec(label, 1..4).prop_map(|labels| labels.join("."))
}

fn a_pattern() -> impl Strategy<Value = HostPattern> {
    (any::<bool>(), a_host()).prop_map(|(below, host)| {
        HostPattern::parse(&format!("{}{host}", if below { "*." } else { "" })).unwrap()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn trying_every_path_agrees(
        routes in prop::collection::vec(a_template(), 1..6),
        guard in a_template(),
    ) {
        let mut router = Router::new();
        for route in routes {
            // What ties with another route is left out.
            let _ = router.insert(route, ());
        }
        let paths = paths();
        let paths: Vec<CanonicalPath<'_>> =
            paths.iter().map(|path| CanonicalPath::parse(path).unwrap()).collect();
        for (number, (entry, ())) in router.iter().enumerate() {
            let both = |path: &&CanonicalPath<'_>| covers(entry, path) && covers(&guard, path);
            prop_assert_eq!(
                templates(entry, &guard), paths.iter().any(|path| both(&path)), "{} {}", entry, guard
            );
            let found = |path: &CanonicalPath<'_>| match router.find(path) {
                Found::Entry(winner, ()) => winner == entry,
                Found::OtherCase => router.winner(path.segments()) == Some(number),
                Found::Nothing => false,
            };
            let expected = paths.iter().filter(both).any(found);
            prop_assert_eq!(decides(&router, number, entry, &guard), expected, "{} {}", entry, guard);
        }
    }

    #[test]
    fn trying_every_host_agrees(
        named in prop::collection::vec(a_pattern(), 0..5),
        guard in a_pattern(),
    ) {
        let mut table = HostTable::new(None);
        let mut tables = vec![None];
        for pattern in named {
            if !tables.contains(&Some(pattern.clone())) {
                table.insert(pattern.clone(), Some(pattern.clone()));
                tables.push(Some(pattern));
            }
        }
        // Hosts of up to five labels, of those that patterns name and one they do not.
        let mut hosts_there = vec![String::new()];
        for length in 0..5 {
            let longest: Vec<String> =
                hosts_there.iter().filter(|host| host.matches('.').count() == length).cloned().collect();
            for host in longest {
                hosts_there.extend(["a", "b", "c", "d"].map(|label| format!("{label}.{host}")));
            }
        }
        let hosts_there: Vec<Host> = hosts_there
            .iter()
            .filter_map(|host| Host::parse(host.trim_end_matches('.')).ok())
            .collect();
        for own in &tables {
            let expected =
                hosts_there.iter().any(|host| guard.covers(host) && table.select(host) == own);
            prop_assert_eq!(hosts(&guard, own.as_ref(), &tables), expected, "{} {:?}", guard, own);
        }
    }
}
