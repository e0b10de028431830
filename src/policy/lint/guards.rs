//! Lints about what guards stand over.

use super::{
    super::{
        access::{Access, Mode, Rule},
        guard::Guard,
        overlap,
        relation::covers,
        template::Template,
        wording::Excerpt,
    },
    Findings,
    finding::Finding,
    view::{Table, View},
    worlds::Worlds,
};
use crate::core::host_table::HostPattern;

const GUARD: &str = "the guard stands here";

/// A guard, or a path of one, that no rule can fall under.
pub(super) fn guard_matches_nothing(view: &View<'_>, findings: &mut Findings) {
    // Every path falls under a rule.
    if view.unlisted.is_some() {
        return;
    }
    for guard in &view.guards {
        let routes = view.tables().flat_map(|table| &table.routes);
        let below: Vec<&Template> = routes
            .filter(|route| route.rules().any(|rule| is_under(rule, guard)))
            .map(|route| route.template)
            .collect();
        if below.is_empty() {
            let finding = Finding::GuardMatchesNothing { guard: guard.id.clone() };
            findings.at(guard.place, Some(&guard.id), None, finding);
            continue;
        }
        for path in guard.paths.iter().flatten() {
            if !below.iter().any(|template| overlap::templates(path, template)) {
                let (id, path) = (guard.id.clone(), Excerpt::of(&path.to_string()));
                let finding = Finding::GuardPathMatchesNothing { guard: id, path };
                findings.at(guard.place, Some(&guard.id), None, finding);
            }
        }
    }
}

/// Whether the guard may add something to what the rule asks.
fn is_under(rule: &Rule, guard: &Guard) -> bool {
    let stands = rule.guards.iter().any(|over| over.id == guard.id);
    stands && rule.access != Access::Denied
}

/// A rule that a guard makes impossible to meet, though either of them could be met.
pub(super) fn guard_closes_route(view: &View<'_>, findings: &mut Findings) {
    let enforced = view.guards.iter().filter(|guard| guard.mode == Mode::Enforce);
    for guard in enforced.filter(|guard| Worlds::of_guard(guard).is_some_and(|all| all.any())) {
        for table in view.tables().filter(|table| holds_host(guard, table)) {
            let over = |template: &Template| {
                let paths = guard.paths.as_ref();
                paths.is_none_or(|paths| paths.iter().any(|path| covers(path, template)))
            };
            for route in table.routes.iter().filter(|route| over(route.template)) {
                for (listed, rule) in route.methods.iter() {
                    if is_under(rule, guard)
                        && is_about_all(guard, listed)
                        && contradict(guard, rule)
                    {
                        let finding = Finding::GuardClosesRoute { guard: guard.id.clone() };
                        findings.at(
                            rule.place,
                            Some(&rule.id),
                            Some((guard.place, GUARD)),
                            finding,
                        );
                    }
                }
            }
        }
    }
}

fn contradict(guard: &Guard, rule: &Rule) -> bool {
    rule.access.requirement().is_some_and(|own| {
        Worlds::of_rule(own).is_some_and(|worlds| worlds.any())
            && Worlds::of_both(own, &guard.require).is_some_and(|worlds| !worlds.any())
    })
}

/// Whether the guard is about all of these methods.
fn is_about_all(guard: &Guard, listed: Option<&[Box<str>]>) -> bool {
    match (&guard.methods, listed) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(guarded), Some(listed)) => listed.iter().all(|method| names(guarded, method)),
    }
}

fn names(guarded: &[Box<str>], method: &str) -> bool {
    // `GET` covers `HEAD`, on either side.
    let same = |guarded: &str| guarded == method || (guarded, method) == ("GET", "HEAD");
    guarded.iter().any(|guarded| same(guarded))
}

/// Whether every host of the table is one of the guard's.
fn holds_host(guard: &Guard, table: &Table<'_>) -> bool {
    match (&guard.hosts, table.host) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(guarded), Some(host)) => guarded.iter().any(|guarded| host_covers(guarded, host)),
    }
}

fn host_covers(wide: &HostPattern, narrow: &HostPattern) -> bool {
    match (wide, narrow) {
        (HostPattern::Exact(wide), HostPattern::Exact(narrow)) => wide == narrow,
        (HostPattern::Exact(_), HostPattern::Below(_)) => false,
        (HostPattern::Below(suffix), HostPattern::Exact(name)) => is_below(name, suffix),
        (HostPattern::Below(suffix), HostPattern::Below(name)) => {
            name == suffix || is_below(name, suffix)
        }
    }
}

fn is_below(name: &str, suffix: &str) -> bool {
    name.strip_suffix(suffix).is_some_and(|label| label.ends_with('.'))
}
