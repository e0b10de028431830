//! The whole of routing and judging against a slow and obvious reading of the language: every template
//! is compared with every path, every guard with every request, and a requirement is met if one of the
//! ways to meet it is.
//!
//! `BAILIFF_REFERENCE_POLICIES` says how many random policies are tried, each with 500 requests.

mod generate;
mod meaning;
mod model;

use super::{Came, NOW, Who, load, machine, put, user};
use crate::{
    core::{
        entitlement::Entitlements,
        id::{SessionId, UserId},
        identity::{Actor, User},
        machine::{Machine, MachineKind},
        question::Also,
        reason::Reason,
        reverification::FactorAges,
    },
    policy::{Policy, Problem, Source},
};
use meaning::{Facts, Failure};
use model::{Body, Guard, Requirement, Route, Rule, Segment, Table};
use std::{collections::HashMap, iter, time::Duration};

/// Requests to each policy.
const REQUESTS: usize = 500;

/// The id of a session that began so many minutes ago.
fn minutes_old(minutes: u64) -> SessionId {
    SessionId::make(NOW.minus(Duration::from_secs(minutes * 60)), "a")
}

/// One request and whoever sends it.
#[derive(Debug)]
struct Asking {
    method: &'static str,
    host: &'static str,
    /// Percent-encoded.
    path: Vec<&'static str>,
    preflight: bool,
    who: Who,
}

#[test]
fn the_pipeline_agrees_with_a_slow_reading_of_the_language() {
    let policies = std::env::var_os("BAILIFF_REFERENCE_POLICIES")
        .and_then(|count| count.to_str()?.parse().ok())
        .unwrap_or(200);
    let mut outcomes = HashMap::new();
    for seed in 0..policies {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut model = generate::policy(&mut random);
        let policy = loaded(&mut model);
        for _ in 0..REQUESTS {
            let asking = generate::asking(&mut random);
            let expected = decide(&model, &asking);
            let found = decided(&policy, &asking);
            assert_eq!(found, expected, "seed {seed}: {asking:?}\n{}", model.text());
            *outcomes.entry(expected.refused.map(Reason::code)).or_insert(0_usize) += 1;
        }
    }
    if policies < 100 {
        return;
    }
    // What is generated reaches everything that it is meant to.
    for reason in [
        "no_route",
        "ambiguous_path",
        "signed_out",
        "credential_kind",
        "denied",
        "role",
        "scope",
        "condition",
        "condition_error",
        "reverification",
    ] {
        assert!(
            outcomes.get(&Some(reason)).is_some_and(|count| *count > 20),
            "{reason} {outcomes:?}"
        );
    }
    assert!(outcomes.get(&None).is_some_and(|count| *count > 1000), "{outcomes:?}");
}

#[test]
fn a_guard_in_shadow_mode_changes_no_decision() {
    for seed in 0..20 {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut model = generate::policy(&mut random);
        model.guards.iter_mut().for_each(|guard| guard.shadow = true);
        let with = loaded(&mut model);
        model.guards.clear();
        let without = load(&model.text());
        for _ in 0..REQUESTS {
            let asking = generate::asking(&mut random);
            let (left, right) = (decided(&with, &asking), decided(&without, &asking));
            assert_eq!(
                (left.refused, left.rule),
                (right.refused, right.rule),
                "{seed}: {asking:?}"
            );
        }
    }
}

/// Loads the model. Guards that would stand over public routes say that they may.
fn loaded(model: &mut model::Policy) -> Policy {
    match Policy::load(Source::new("policy.yaml", &model.text())) {
        Ok(policy) => policy,
        Err(errors) => {
            let over_public =
                |problem: &Problem| matches!(problem, Problem::GuardOverPublic { .. });
            assert!(errors.iter().all(|error| over_public(error.problem())), "{errors}");
            model.guards.iter_mut().for_each(|guard| guard.even_public = true);
            load(&model.text())
        }
    }
}

fn decided(policy: &Policy, asking: &Asking) -> Came {
    let headers: &[(&str, &str)] = if asking.preflight {
        &[("origin", "https://app.test"), ("access-control-request-method", "PUT")]
    } else {
        &[]
    };
    let address = format!("{}/{}", asking.host, asking.path.join("/"));
    let mut came = put(policy, asking.method, &address, headers, Also::default(), &asking.who);
    came.shadow.sort();
    came
}

/// The answer, by reading the model from top to bottom.
fn decide(policy: &model::Policy, asking: &Asking) -> Came {
    let stopped = |reason| Came { rule: String::new(), refused: Some(reason), shadow: Vec::new() };
    let table = table(policy, asking.host);
    let winner = table
        .routes
        .iter()
        .filter_map(|route| Some((rank(route, &asking.path)?, route)))
        .min_by(|left, right| left.0.cmp(&right.0));
    let unlisted = Rule::word("signed_in");
    let (name, rule, preflight) = match winner {
        None if policy.unlisted_signed_in => ("unlisted".to_owned(), &unlisted, false),
        None => return stopped(Reason::NoRoute),
        Some((_, route)) if !spelt(route, &asking.path) => return stopped(Reason::AmbiguousPath),
        Some((_, route)) => {
            let allowed = policy.preflight || table.preflight || route.preflight;
            let preflight = asking.preflight
                && asking.method == "OPTIONS"
                && allowed
                && opens_preflights(route);
            let host = table.host.map(|host| format!("{host} ")).unwrap_or_default();
            if preflight {
                (format!("preflight {host}{}", route.text()), &Rule::word("public"), true)
            } else {
                let Some((methods, rule)) = rule(route, asking.method) else {
                    return stopped(Reason::NoRoute);
                };
                (format!("{host}{methods}{}", route.text()), rule, false)
            }
        }
    };
    let guards = policy.guards.iter().filter(|guard| stands(guard, rule, preflight, asking));
    judge(
        &name,
        rule,
        &guards.collect::<Vec<_>>(),
        Facts { who: &asking.who, method: asking.method },
    )
}

fn judge(name: &str, rule: &Rule, guards: &[&Guard], facts: Facts<'_>) -> Came {
    let came = |rule: &str, refused: Option<Reason>| Came {
        rule: rule.to_owned(),
        refused,
        shadow: Vec::new(),
    };
    let (enforced, shadow): (Vec<&Guard>, Vec<&Guard>) =
        guards.iter().copied().partition(|guard| !guard.shadow);
    let public = matches!(rule.body, Body::Word("public"));
    let signed_in = Requirement::SignedIn;
    let own = match &rule.body {
        Body::Word("denied") => return came(name, Some(Reason::Denied)),
        Body::Word("public" | "optional") if enforced.is_empty() => None,
        Body::Word(_) => Some(&signed_in),
        Body::Asked(requirement) => Some(requirement),
    };
    let open = matches!(rule.body, Body::Word("public" | "optional"));
    if matches!(facts.who, Who::Nobody) || (public && own.is_none()) {
        if own.is_some() {
            let by = if open { enforced[0].id() } else { name.to_owned() };
            return came(&by, Some(Reason::SignedOut));
        }
        let told = shadow.iter().map(|guard| (guard.id(), Reason::SignedOut));
        let told = if public { Vec::new() } else { told.collect() };
        return Came { shadow: told, ..came(name, None) };
    }
    let floor = own.map(|own| if rule.shadow { own.floor() } else { own.clone() });
    let own_or_anyone = floor.as_ref().unwrap_or(&signed_in);
    if floor.is_some() {
        let own = (name.to_owned(), own_or_anyone.refusal(facts, false));
        let added = enforced.iter().map(|guard| (guard.id(), guard.require.refusal(facts, true)));
        if let Some((by, reason)) = first(iter::once(own).chain(added)) {
            return came(&by, Some(reason));
        }
    }
    let mut told: Vec<(String, Reason)> = Vec::new();
    if rule.shadow
        && let Some(failure) = own.and_then(|own| own.refusal(facts, false))
    {
        told.push((name.to_owned(), failure.reason));
    }
    for guard in shadow {
        let own = own_or_anyone.refusal(facts, false);
        let demands = [own, guard.require.refusal(facts, true)].map(|failed| (guard.id(), failed));
        told.extend(first(demands.into_iter()));
    }
    told.sort();
    Came { shadow: told, ..came(name, None) }
}

/// The failure that is reported of several demands, and whose it is.
fn first(demands: impl Iterator<Item = (String, Option<Failure>)>) -> Option<(String, Reason)> {
    let failed: Vec<(String, Failure)> =
        demands.filter_map(|(by, failure)| Some((by, failure?))).collect();
    let failures: Vec<Failure> = failed.iter().map(|(_, failure)| *failure).collect();
    let number = Failure::first(&failures)?;
    Some((failed[number].0.clone(), failures[number].reason))
}

fn table<'m>(policy: &'m model::Policy, host: &str) -> &'m Table {
    let exact = policy.hosts.iter().find(|table| table.host == Some(host));
    let below = |table: &&Table| {
        let suffix = table.host.and_then(|pattern| pattern.strip_prefix('*'));
        suffix.is_some_and(|suffix| host.ends_with(suffix))
    };
    let longest = policy.hosts.iter().filter(below).max_by_key(|table| table.host.map(str::len));
    exact.or(longest).unwrap_or(&policy.general)
}

/// A segment as a service that folds letter case may read it.
fn folded(segment: &str) -> String {
    segment.replace("%C5%BF", "s").replace("%E2%84%AA", "k").to_lowercase()
}

/// How specific a match is, segment by segment, less being more; `None` where there is none.
fn rank(route: &Route, path: &[&str]) -> Option<Vec<u8>> {
    rank_of(&route.segments, route.rest, path)
}

fn rank_of(segments: &[Segment], rest: bool, path: &[&str]) -> Option<Vec<u8>> {
    let mut ranks = Vec::new();
    for (at, segment) in segments.iter().enumerate() {
        match (segment, path.get(at)?) {
            (Segment::Literal(literal), found) if folded(literal) == folded(found) => ranks.push(1),
            (Segment::Literal(_), _) => return None,
            (Segment::Parameter, _) => ranks.push(2),
        }
    }
    ranks.push(if rest { 3 } else { 0 });
    (rest || segments.len() == path.len()).then_some(ranks)
}

fn spelt(route: &Route, path: &[&str]) -> bool {
    route.segments.iter().zip(path).all(|(segment, found)| match segment {
        Segment::Literal(literal) => literal == found,
        Segment::Parameter => true,
    })
}

/// The rule for a method, and the methods it is written below with a blank.
fn rule<'m>(route: &'m Route, method: &str) -> Option<(String, &'m Rule)> {
    let find = |method: &str| {
        let (methods, rule) = route.rules.iter().find(|(methods, _)| methods.contains(&method))?;
        Some((format!("{} ", methods.join(", ")), rule))
    };
    match &route.rules[..] {
        [(methods, rule)] if methods.is_empty() => Some((String::new(), rule)),
        _ => find(method).or_else(|| if method == "HEAD" { find("GET") } else { None }),
    }
}

fn opens_preflights(route: &Route) -> bool {
    let listed = route.rules.iter().any(|(methods, _)| methods.contains(&"OPTIONS"));
    let closed = route.rules.iter().all(|(_, rule)| matches!(rule.body, Body::Word("denied")));
    !listed && !closed
}

fn stands(guard: &Guard, rule: &Rule, preflight: bool, asking: &Asking) -> bool {
    let method = asking.method.to_uppercase();
    let on_method = |name: &&str| **name == method || (*name == "GET" && method == "HEAD");
    let on_path =
        |(segments, rest): &(Vec<Segment>, bool)| rank_of(segments, *rest, &asking.path).is_some();
    let on_host = |pattern: &&str| match pattern.strip_prefix('*') {
        Some(suffix) => asking.host.ends_with(suffix),
        None => *pattern == asking.host,
    };
    let placed = !guard.paths.is_empty() || !guard.hosts.is_empty();
    let public = matches!(rule.body, Body::Word("public"));
    let left_alone = public && !placed && !guard.even_public;
    (guard.methods.is_empty() || guard.methods.iter().any(on_method))
        && (guard.paths.is_empty() || guard.paths.iter().any(on_path))
        && (guard.hosts.is_empty() || guard.hosts.iter().any(on_host))
        && if preflight { guard.methods.contains(&"OPTIONS") } else { !left_alone }
}
