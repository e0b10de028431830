//! How the route of a request was found: every template that covers its path, and why all but one
//! lost.

use crate::{
    core::{host::Host, http_request::HttpRequest, path::CanonicalPath},
    policy::{
        Policy, is_preflight,
        router::{Router, covers},
        table::{Route, Table},
        template::{Segment, Template},
    },
};
use serde::Serialize;
use std::{cmp::Ordering, ptr};

/// How the route of a request was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RouteSearch {
    /// The host whose table was searched, as the policy writes it; `None` for the table of all hosts
    /// without one of their own.
    pub table: Option<String>,
    /// Every template that covers the path, of that table first, the most specific first.
    pub candidates: Vec<Candidate>,
}

/// A template that covers the path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Candidate {
    /// The host its table belongs to, where it does to one.
    pub host: Option<String>,
    /// The template as the policy writes it.
    pub template: String,
    /// Why it is not the one that decides; `None` where it is.
    pub lost: Option<Lost>,
}

/// Why a template that covers a path does not decide.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "why", rename_all = "snake_case")]
pub enum Lost {
    /// Another one says more about a segment.
    LessSpecific {
        /// The number of the segment, counted from 1.
        segment: usize,
        /// What this one writes there; empty where it ends before.
        written: String,
        /// What the more specific one writes there; empty where it ends before.
        rather: String,
    },
    /// It belongs to the table of another host.
    OtherTable,
    /// Its methods do not list that of the request. No less specific template is tried.
    MethodNotListed {
        /// Those that it lists.
        listed: Vec<String>,
    },
    /// It would decide, were the letters of the path in the same case.
    LetterCase,
}

/// How the route of `request` is found; `None` where its host or path has more than one reading.
pub(super) fn search(policy: &Policy, request: &HttpRequest<'_>) -> Option<RouteSearch> {
    let host = Host::parse(request.authority).ok()?;
    let path = CanonicalPath::parse(request.path()).ok()?;
    let selected = policy.tables.select(&host);
    let mut others: Vec<_> =
        policy.tables.iter().filter(|table| !ptr::eq(*table, selected)).collect();
    others.sort_by_key(|table| name(table));
    let mut candidates = in_selected(selected, &path, request);
    for table in others {
        candidates.extend(covering(&table.routes, &path).into_iter().map(|(template, _)| {
            Candidate {
                host: name(table),
                template: template.to_string(),
                lost: Some(Lost::OtherTable),
            }
        }));
    }
    Some(RouteSearch { table: name(selected), candidates })
}

fn name(table: &Table) -> Option<String> {
    table.host.as_ref().map(ToString::to_string)
}

fn in_selected(
    table: &Table,
    path: &CanonicalPath<'_>,
    request: &HttpRequest<'_>,
) -> Vec<Candidate> {
    let preflight = is_preflight(request);
    let found = covering(&table.routes, path);
    let best = found.first().map(|(template, _)| *template);
    let lost = |template: &Template, route: &Route| match best {
        Some(best) if !ptr::eq(best, template) => Some(less_specific(template, best)),
        _ if !template.spelt_as(path.segments()) => Some(Lost::LetterCase),
        _ if preflight && route.preflight.is_some() => None,
        _ if route.methods.rule(request.method).is_none() => {
            Some(Lost::MethodNotListed { listed: route.methods.listed() })
        }
        _ => None,
    };
    let candidate = |(template, route): (&Template, &Route)| Candidate {
        host: name(table),
        template: template.to_string(),
        lost: lost(template, route),
    };
    found.into_iter().map(candidate).collect()
}

/// Every template that covers the path in some spelling, the most specific first.
fn covering<'t>(
    table: &'t Router<Route>,
    path: &CanonicalPath<'_>,
) -> Vec<(&'t Template, &'t Route)> {
    let mut found: Vec<_> = table.iter().filter(|(template, _)| covers(template, path)).collect();
    found.sort_by(|(one, _), (other, _)| specificity(one, other));
    found
}

/// How much a template says about a segment: less is more specific.
fn rank(template: &Template, segment: usize) -> u8 {
    match template.segments.get(segment) {
        Some(Segment::Literal(_)) => 0,
        Some(Segment::Parameter) => 1,
        None => 2,
    }
}

/// The more specific of two templates that cover one path comes first.
fn specificity(one: &Template, other: &Template) -> Ordering {
    let segments = one.segments.len().max(other.segments.len());
    let ranks =
        |template: &Template| (0..segments).map(|at| rank(template, at)).collect::<Vec<_>>();
    ranks(one).cmp(&ranks(other)).then(one.rest.cmp(&other.rest))
}

fn less_specific(template: &Template, best: &Template) -> Lost {
    let segments = template.segments.len().max(best.segments.len());
    let differs = |at: &usize| rank(template, *at) != rank(best, *at);
    let at = (0..segments).find(differs).unwrap_or(segments);
    Lost::LessSpecific {
        segment: at + 1,
        written: written(template, at),
        rather: written(best, at),
    }
}

/// What a template writes for a segment, counted from 0.
fn written(template: &Template, at: usize) -> String {
    template.to_string().split('/').nth(at + 1).unwrap_or_default().to_owned()
}
