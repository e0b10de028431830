//! Lints about who gets in.

use super::{
    super::{
        access::{Access, Mode, Rule},
        relation::{covers, precedence},
        template::{Segment, Template},
        wording::Excerpt,
    },
    Findings,
    finding::Finding,
    view::{Demand, Route, Table, View},
};

/// First segments below which services usually answer everyone, whatever the method: probes, files,
/// pages to sign in, and web hooks, whose senders prove themselves by a signature.
const USUALLY_OPEN: [&str; 30] = [
    ".well-known",
    "_next",
    "api-docs",
    "assets",
    "callback",
    "css",
    "docs",
    "favicon.ico",
    "fonts",
    "health",
    "healthz",
    "images",
    "img",
    "js",
    "livez",
    "login",
    "manifest.json",
    "ping",
    "readyz",
    "register",
    "robots.txt",
    "sign-in",
    "sign-up",
    "signin",
    "signup",
    "sitemap.xml",
    "sso-callback",
    "static",
    "webhook",
    "webhooks",
];
/// Methods that change nothing.
const SAFE: [&str; 4] = ["GET", "HEAD", "OPTIONS", "TRACE"];
const WIDER: &str = "it stands below this one";
const ELSEWHERE: &str = "on other hosts this one decides";
/// How many neighbours make a rule of an exception.
const MANY: usize = 2;

pub(super) fn open_unlisted(view: &View<'_>, findings: &mut Findings) {
    if let Some(rule) = view.unlisted {
        findings.at_rule(rule, Finding::OpenUnlisted);
    }
}

pub(super) fn catch_all_public(view: &View<'_>, findings: &mut Findings) {
    let everything = |route: &&Route<'_>| is_everything(route.template);
    for route in view.general.routes.iter().filter(everything) {
        for rule in route.rules() {
            let word = match rule.access {
                Access::Public => "public",
                Access::Optional => "optional",
                Access::Denied | Access::Required(_) => continue,
            };
            findings.at_rule(rule, Finding::CatchAllPublic { word });
        }
    }
}

pub(super) fn unsafe_method_public(view: &View<'_>, findings: &mut Findings) {
    let routes = view.tables().flat_map(|table| &table.routes);
    for route in routes.filter(|route| !is_usually_open(route.template)) {
        for (methods, rule) in
            route.methods.iter().filter(|(_, rule)| rule.access == Access::Public)
        {
            let changes = |method: &str| !SAFE.contains(&method);
            match methods {
                None if is_everything(route.template) => {}
                None => findings.at_rule(rule, Finding::EveryMethodPublic),
                Some(methods) => {
                    if let Some(method) = methods.iter().find(|method| changes(method)) {
                        let method = method.clone();
                        findings.at_rule(rule, Finding::UnsafeMethodPublic { method });
                    }
                }
            }
        }
    }
}

pub(super) fn public_under_protected(view: &View<'_>, findings: &mut Findings) {
    for table in view.tables() {
        let open = table.routes.iter().filter(|route| !is_usually_open(route.template));
        for route in open {
            for rule in route.rules().filter(|rule| rule.access == Access::Public) {
                if let Some((wider, found)) = protected_around(table, route) {
                    findings.at(rule.place, Some(&rule.id), Some((wider.place, WIDER)), found);
                } else if let Some(prefix) = protected_beside(table, route) {
                    let prefix = Excerpt::of(&prefix);
                    findings.at_rule(rule, Finding::PublicAmongProtected { prefix });
                }
            }
        }
    }
}

/// The protected rule of the template around a route, unless that is for every path.
fn protected_around<'p>(table: &Table<'p>, route: &Route<'p>) -> Option<(&'p Rule, Finding)> {
    let wider = table.wider(route).filter(|wider| !is_everything(wider.template))?;
    let protected = |rule: &&Rule| Demand::of(&rule.access) > Demand::Nothing;
    let rule = wider.rules().find(protected)?;
    if wider.rules().any(|rule| !protected(&rule)) {
        return None;
    }
    let wider = Excerpt::of(&wider.template.to_string());
    Some((rule, Finding::PublicUnderProtected { wider }))
}

/// What a route begins with, if several others begin with it and all of them are protected.
fn protected_beside(table: &Table<'_>, route: &Route<'_>) -> Option<String> {
    let (_, prefix) =
        route.template.segments.split_last().filter(|(_, prefix)| !prefix.is_empty())?;
    let below = |other: &&Route<'_>| {
        let beginning = other.template.segments.get(..prefix.len());
        !std::ptr::eq(other.template, route.template) && beginning == Some(prefix)
    };
    let others: Vec<_> = table.routes.iter().filter(below).collect();
    let mut rules = others.iter().flat_map(|other| other.rules());
    let protected = rules.all(|rule| Demand::of(&rule.access) > Demand::Nothing);
    (others.len() >= MANY && protected).then(|| {
        let text = route.template.to_string();
        text.split('/').take(prefix.len() + 1).collect::<Vec<_>>().join("/")
    })
}

pub(super) fn host_loosens_route(view: &View<'_>, findings: &mut Findings) {
    for route in &view.general.routes {
        for table in &view.hosts {
            // A host that names the template itself has been thought about.
            let over = |other: &&Route<'_>| covers(other.template, route.template);
            let same = |other: &Route<'_>| covers(route.template, other.template);
            let covering: Vec<_> = table.routes.iter().filter(over).collect();
            if covering.iter().any(|other| same(other)) {
                continue;
            }
            let preferred = covering.into_iter().min_by_key(|other| precedence(other.template));
            if let Some(found) = preferred.and_then(|other| looser(other, route)) {
                let (here, elsewhere) = found;
                let template = Excerpt::of(&route.template.to_string());
                findings.at(
                    here.place,
                    Some(&here.id),
                    Some((elsewhere.place, ELSEWHERE)),
                    Finding::HostLoosensRoute { template },
                );
            }
        }
    }
}

/// A rule of `here` that asks for less than the rule `elsewhere` has for one of its methods.
fn looser<'p>(here: &Route<'p>, elsewhere: &Route<'p>) -> Option<(&'p Rule, &'p Rule)> {
    elsewhere.methods.iter().find_map(|(methods, strict)| {
        let answering: Vec<&Rule> = match methods {
            Some(methods) => methods.iter().filter_map(|name| here.methods.rule(name)).collect(),
            None => here.rules().collect(),
        };
        let less = |rule: &&&Rule| Demand::of(&rule.access) < Demand::of(&strict.access);
        answering.iter().find(less).map(|rule| (*rule, strict))
    })
}

pub(super) fn shadow_rule(view: &View<'_>, findings: &mut Findings) {
    let rules = view.rules().map(|rule| (&rule.id, rule.mode, rule.place));
    let guards = view.guards.iter().map(|guard| (&guard.id, guard.mode, guard.place));
    for (id, mode, place) in rules.chain(guards) {
        match mode {
            Mode::Enforce => {}
            Mode::Shadow => findings.at(place, Some(id), None, Finding::ShadowRule(id.clone())),
        }
    }
}

fn is_everything(template: &Template) -> bool {
    template.rest && template.segments.is_empty()
}

/// Whether a literal of the template says that everyone is welcome; so does the root.
fn is_usually_open(template: &Template) -> bool {
    let open = |segment: &Segment| match segment {
        Segment::Literal(literal) => {
            USUALLY_OPEN.iter().any(|usual| literal.eq_ignore_ascii_case(usual))
        }
        Segment::Parameter => false,
    };
    (template.segments.is_empty() && !template.rest) || template.segments.iter().any(open)
}
