//! Lints about which template a request falls under.

use super::{
    super::{
        access::Access, methods::Methods, relation::same_segments, template::Segment,
        wording::Excerpt,
    },
    Findings,
    finding::Finding,
    view::{Table, View},
};

const COVERING: &str = "this one stands before it";
const LISTING: &str = "it is listed here";

/// `/docs/{**}` beside `/docs` and `/docs/{page}/{**}`.
pub(super) fn unreachable_route(view: &View<'_>, findings: &mut Findings) {
    for table in view.tables() {
        for route in table.routes.iter().filter(|route| route.template.rest) {
            let segments = &route.template.segments;
            let exact = |other: &&_| is(other, segments, false);
            let mut below = segments.to_vec();
            below.push(Segment::Parameter);
            if let Some(first) = table.routes.iter().find(exact)
                && is_covered(table, &mut below)
                && let (Some(rule), Some(place)) = (route.rules().next(), first.place())
            {
                let found = Finding::UnreachableRoute(Excerpt::of(&route.template.to_string()));
                findings.at(rule.place, Some(&rule.id), Some((place, COVERING)), found);
            }
        }
    }
}

/// Whether templates that begin with `segments` take every path that does.
fn is_covered(table: &Table<'_>, segments: &mut Vec<Segment>) -> bool {
    if table.routes.iter().any(|route| is(route, segments, true)) {
        return true;
    }
    table.routes.iter().any(|route| is(route, segments, false)) && {
        segments.push(Segment::Parameter);
        is_covered(table, segments)
    }
}

fn is(route: &super::view::Route<'_>, segments: &[Segment], rest: bool) -> bool {
    route.template.rest == rest && same_segments(&route.template.segments, segments)
}

/// `/users/me: { GET }` beside `/users/{id}: { GET, DELETE }`.
pub(super) fn hidden_method(view: &View<'_>, findings: &mut Findings) {
    for table in view.tables() {
        for route in &table.routes {
            let Some(wider) = table.wider(route) else { continue };
            let (Methods::Listed(here), Methods::Listed(around)) = (route.methods, wider.methods)
            else {
                continue;
            };
            let lets_in = around.iter().filter(|list| list.rule.access != Access::Denied);
            let hidden = lets_in.flat_map(|list| list.methods.iter().map(move |name| (name, list)));
            let mut hidden = hidden.filter(|(name, _)| route.methods.rule(name).is_none());
            if let (Some((method, list)), Some(first)) = (hidden.next(), here.first()) {
                let wider = Excerpt::of(&wider.template.to_string());
                let found = Finding::HiddenMethod { method: method.clone(), wider };
                let other = Some((list.rule.place, LISTING));
                findings.at(first.rule.place, Some(&first.rule.id), other, found);
            }
        }
    }
}
