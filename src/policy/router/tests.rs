use super::{Found, Router};
use crate::{core::path::CanonicalPath, policy::template::Template};
use proptest::prelude::*;

/// A template as a list of segments: a literal, `{}` for a parameter, `{**}` for the rest.
type Shape = Vec<&'static str>;

fn shapes() -> impl Strategy<Value = Vec<Shape>> {
    let segment = prop::sample::select(vec!["a", "A", "b", "bS", "k", "{}", "{}"]);
    let shape = (prop::collection::vec(segment, 0..5), prop::bool::weighted(0.3)).prop_map(
        |(mut segments, rest)| {
            segments.extend(rest.then_some("{**}"));
            segments
        },
    );
    prop::collection::vec(shape, 1..12)
}

fn path() -> impl Strategy<Value = Vec<&'static str>> {
    // The last three fold to `s`, `k` and `i`.
    let segment = prop::sample::select(vec![
        "a",
        "A",
        "b",
        "B",
        "bs",
        "bS",
        "BS",
        "k",
        "K",
        "c",
        "b%C5%BF",
        "%E2%84%AA",
        "%C4%B1",
    ]);
    prop::collection::vec(segment, 0..6)
}

fn template(shape: &Shape) -> Template {
    let segments: Vec<String> = shape
        .iter()
        .enumerate()
        .map(|(number, &segment)| match segment {
            "{}" => format!("{{p{number}}}"),
            other => other.to_owned(),
        })
        .collect();
    Template::parse(&format!("/{}", segments.join("/"))).unwrap()
}

fn folded(segment: &str) -> String {
    segment.replace("%C5%BF", "s").replace("%E2%84%AA", "k").replace("%C4%B1", "i").to_lowercase()
}

/// Without letter case, two templates for the same paths.
fn same(left: &Shape, right: &Shape) -> bool {
    left.len() == right.len() && left.iter().zip(right).all(|(a, b)| folded(a) == folded(b))
}

/// How specific a match is, segment by segment, less being more; `None` where there is no match.
fn rank(shape: &Shape, path: &[&str]) -> Option<Vec<u8>> {
    let mut ranks = Vec::new();
    for (number, &segment) in shape.iter().enumerate() {
        match (segment, path.get(number)) {
            ("{**}", _) => {
                ranks.push(3);
                return Some(ranks);
            }
            ("{}", Some(_)) => ranks.push(2),
            (literal, Some(found)) if folded(literal) == folded(found) => ranks.push(1),
            _ => return None,
        }
    }
    ranks.push(0);
    (shape.len() == path.len()).then_some(ranks)
}

fn spelt(shape: &Shape, path: &[&str]) -> bool {
    shape.iter().zip(path).all(|(segment, found)| segment.starts_with('{') || segment == found)
}

/// The answer by comparing every template with every other.
fn oracle(shapes: &[Shape], path: &[&str]) -> Option<Result<usize, ()>> {
    let matches =
        (0..shapes.len()).filter_map(|number| Some((rank(&shapes[number], path)?, number)));
    let (_, winner) = matches.min()?;
    Some(if spelt(&shapes[winner], path) { Ok(winner) } else { Err(()) })
}

fn found(router: &Router<usize>, path: &[&str]) -> Option<Result<usize, ()>> {
    let raw = format!("/{}", path.join("/"));
    match router.find(&CanonicalPath::parse(&raw).unwrap()) {
        Found::Entry(_, number) => Some(Ok(*number)),
        Found::OtherCase => Some(Err(())),
        Found::Nothing => None,
    }
}

fn router(shapes: &[Shape]) -> Router<usize> {
    let mut router = Router::new();
    for (number, shape) in shapes.iter().enumerate() {
        router.insert(template(shape), number).unwrap();
    }
    router
}

fn without_ties(shapes: Vec<Shape>) -> Vec<Shape> {
    let mut kept: Vec<Shape> = Vec::new();
    for shape in shapes {
        if !kept.iter().any(|other| same(other, &shape)) {
            kept.push(shape);
        }
    }
    kept
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn the_trie_agrees_with_comparing_every_template(shapes in shapes(), path in path()) {
        let shapes = without_ties(shapes);
        prop_assert_eq!(found(&router(&shapes), &path), oracle(&shapes, &path));
    }

    #[test]
    fn order_never_matters(shapes in shapes(), path in path()) {
        let shapes = without_ties(shapes);
        let reversed: Vec<Shape> = shapes.iter().rev().cloned().collect();
        let by_shape = |number: usize| reversed.len() - 1 - number;
        let forwards = found(&router(&shapes), &path);
        let backwards = found(&router(&reversed), &path).map(|answer| answer.map(by_shape));
        prop_assert_eq!(forwards, backwards);
    }

    #[test]
    fn two_templates_for_the_same_paths_are_refused(shapes in shapes()) {
        let mut router = Router::new();
        let mut kept: Vec<Shape> = Vec::new();
        for shape in shapes {
            let tie = kept.iter().position(|other| same(other, &shape));
            prop_assert_eq!(router.insert(template(&shape), 0).err(), tie);
            if tie.is_none() {
                kept.push(shape);
            }
        }
    }

    #[test]
    fn two_spellings_that_differ_in_case_never_fall_under_two_rules(
        shapes in shapes(),
        path in path(),
        respelling in path(),
    ) {
        let shapes = without_ties(shapes);
        let router = router(&shapes);
        // The same path, each segment in another case where the second list has one.
        let other: Vec<&str> = path
            .iter()
            .enumerate()
            .map(|(at, segment)| match respelling.get(at) {
                Some(other) if folded(other) == folded(segment) => *other,
                _ => *segment,
            })
            .collect();
        match (found(&router, &path), found(&router, &other)) {
            (Some(Ok(left)), Some(Ok(right))) => prop_assert_eq!(left, right),
            // Neither may be unlisted where the other falls under a rule.
            (Some(_), right) => prop_assert!(right.is_some()),
            (None, right) => prop_assert_eq!(right, None),
        }
    }
}
