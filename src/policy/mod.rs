//! The policy: documents in, decisions out.
//!
//! Pure: no file is read, no clock, no socket, and nothing waits. [`Policy::load`] does everything
//! that can fail; what comes out has every path parsed and every name checked, so that routing and
//! evaluating are total.
//!
//! ```text
//! Source → document (tree with places) → compile → Policy
//!                                                    ├─ route_request(…)    → Rule, its guards
//!                                                    ├─ action(name)        → Rule
//!                                                    └─ upstream().apply(…) → headers
//! Rule and guards → Demand::evaluate_all(facts) → Refusal, and whose
//! ```

mod access;
mod asked;
mod compile;
mod condition;
pub mod coverage;
mod diagnostic;
mod document;
mod evaluate;
pub mod explain;
mod facts;
mod flow_paths;
mod guard;
pub mod import;
mod inquiry;
pub mod lint;
mod methods;
mod overlap;
mod problem;
mod relation;
pub mod replay;
mod requirement;
mod response;
mod revision;
mod router;
mod schema;
mod source;
mod suggest;
pub mod suite;
mod table;
mod template;
mod upstream;
mod wording;

pub use access::{Access, Mode, Rule};
pub use asked::AskedError;
pub use condition::{
    Condition, ConditionError, ConditionFault, ConditionMistake, ConditionProblem, Function, Kinds,
    Unsupported, ValueKind,
};
pub use diagnostic::{Diagnostic, DiagnosticPlace, PolicyError, PolicyErrors, Severity, Style};
pub use evaluate::{Blame, Demand, Refusal};
pub use facts::{Facts, HeaderFacts, Parameters};
pub use guard::Guard;
pub use inquiry::{Inquiry, Ruling, Who};
pub use problem::Problem;
pub use requirement::{OrganizationRequirement, Requirement};
pub use response::{ByAsker, ResponseError, Responses, StatusError};
pub use source::{Source, Sources};
pub use table::ListedRule;
pub use template::TemplateError;
pub use upstream::{Credentials, HeaderNameError, UpstreamError, UpstreamHeaders};
pub use wording::{Choice, Excerpt, Expected, Kind};

use crate::core::{
    host::Host, host_table::HostTable, http_request::HttpRequest, id::Revision, path::CanonicalPath,
};
use router::Found;
use std::{collections::HashMap, sync::Arc};
use table::Table;
use template::Template;

/// A compiled policy, in which nothing is left that can fail.
#[derive(Debug)]
pub struct Policy {
    revision: Revision,
    unlisted: Unlisted,
    /// A request is looked up in exactly one table: a host that has a table of its own is closed but
    /// for what that table names, and what the top of the policy opens stays closed there.
    tables: HostTable<Table>,
    actions: HashMap<Box<str>, Rule>,
    /// In the order of their names.
    guards: Box<[Arc<Guard>]>,
    responses: Responses,
    upstream: UpstreamHeaders,
    credentials: Credentials,
    /// What `lints` allows. Decides nothing.
    silencers: Vec<lint::Silencer>,
}

/// What holds for a path that no route names.
#[derive(Debug)]
enum Unlisted {
    Denied,
    SignedIn(Rule),
}

/// The rule a request falls under.
#[derive(Clone, Copy, Debug)]
pub enum Routed<'p> {
    /// This one.
    Rule(Matched<'p>),
    /// The path would fall under a rule if its letters were in another case. Services differ in
    /// whether that makes another path, so there is no answer.
    Ambiguous,
    /// None: the policy names no such path, or does not list the method below it.
    NoRoute,
}

/// A rule and the template by which a request came to it.
#[derive(Clone, Copy, Debug)]
pub struct Matched<'p> {
    /// The rule.
    pub rule: &'p Rule,
    template: Option<&'p Template>,
}

impl<'p> Matched<'p> {
    /// The values of the template's parameters in the path that was matched.
    #[must_use]
    pub const fn parameters<'a>(&self, path: &'a CanonicalPath<'a>) -> Parameters<'a>
    where
        'p: 'a,
    {
        match self.template {
            Some(template) => Parameters::of(template, path),
            None => Parameters::NONE,
        }
    }

    /// The guards that stand over the request that was matched, in the order of their names.
    ///
    /// Few are looked at: which ones may stand over a rule is found when a policy is loaded.
    pub fn guards(
        &self,
        host: &Host,
        path: &CanonicalPath<'_>,
        method: &str,
    ) -> impl Iterator<Item = &'p Guard> {
        let candidates = self.rule.guards.iter().map(AsRef::as_ref);
        candidates.filter(move |guard: &&Guard| guard.covers(host, path, method))
    }
}

impl Policy {
    /// Reads a policy from one text or several. Several are one policy: each carries its `version`,
    /// what they name in `routes`, `hosts`, `guards` and `actions` is united, and no two may name the
    /// same; every other key stands in one of them.
    ///
    /// # Errors
    /// [`PolicyErrors`] holds everything that is wrong with it.
    pub fn load(sources: impl Into<Sources>) -> Result<Self, PolicyErrors> {
        compile::policy(&sources.into())
    }

    /// The digest of what the policy says. Comments, formatting, the order of entries and how they
    /// are spread over files do not change it.
    #[must_use]
    pub const fn revision(&self) -> &Revision {
        &self.revision
    }

    /// Finds the rule for a request: that for preflights if it is one, else the one for its method.
    #[must_use]
    pub fn route_request(
        &self,
        host: &Host,
        path: &CanonicalPath<'_>,
        request: &HttpRequest<'_>,
    ) -> Routed<'_> {
        let preflight = if is_preflight(request) { self.preflight(host, path) } else { None };
        match preflight {
            Some(matched) => Routed::Rule(matched),
            None => self.route(host, path, request.method),
        }
    }

    /// Finds the rule for a request. The method counts only in capitals. Allocates nothing.
    ///
    /// Two paths that differ in letter case alone never fall under two rules.
    #[must_use]
    pub fn route(&self, host: &Host, path: &CanonicalPath<'_>, method: &str) -> Routed<'_> {
        match (self.tables.select(host).routes.find(path), &self.unlisted) {
            (Found::Entry(template, route), _) => {
                let matched = |rule| Routed::Rule(Matched { rule, template: Some(template) });
                route.methods.rule(method).map_or(Routed::NoRoute, matched)
            }
            (Found::OtherCase, _) => Routed::Ambiguous,
            (Found::Nothing, Unlisted::SignedIn(rule)) => {
                Routed::Rule(Matched { rule, template: None })
            }
            (Found::Nothing, Unlisted::Denied) => Routed::NoRoute,
        }
    }

    /// The rule for preflights to a path, where the policy lets them through to a service. It is never
    /// there where `OPTIONS` has a rule of its own or every rule is `denied`.
    #[must_use]
    pub fn preflight(&self, host: &Host, path: &CanonicalPath<'_>) -> Option<Matched<'_>> {
        match self.tables.select(host).routes.find(path) {
            Found::Entry(template, route) => {
                let rule = route.preflight.as_ref()?;
                Some(Matched { rule, template: Some(template) })
            }
            Found::OtherCase | Found::Nothing => None,
        }
    }

    /// The rule for a named action. Never [`Access::Public`] or [`Access::Optional`].
    #[must_use]
    pub fn action(&self, name: &str) -> Option<&Rule> {
        self.actions.get(name)
    }

    /// Every action and its name, in no particular order.
    pub fn actions(&self) -> impl Iterator<Item = (&str, &Rule)> {
        self.actions.iter().map(|(name, rule)| (&**name, rule))
    }

    /// Every guard, in the order of their names.
    pub fn guards(&self) -> impl Iterator<Item = &Guard> {
        self.guards.iter().map(AsRef::as_ref)
    }

    /// The rule for what no route names, where that is not denied.
    #[must_use]
    pub const fn unlisted(&self) -> Option<&Rule> {
        match &self.unlisted {
            Unlisted::SignedIn(rule) => Some(rule),
            Unlisted::Denied => None,
        }
    }

    /// Where browsers are sent, and in whose words refusals are said.
    #[must_use]
    pub const fn responses(&self) -> &Responses {
        &self.responses
    }

    /// Which headers tell the service who asks.
    #[must_use]
    pub const fn upstream(&self) -> &UpstreamHeaders {
        &self.upstream
    }

    /// Whether the service sees what callers prove themselves with.
    #[must_use]
    pub const fn credentials(&self) -> Credentials {
        self.credentials
    }

    /// Every rule of every route, with what it is about; the tables in no particular order.
    pub fn routes(&self) -> impl Iterator<Item = ListedRule<'_>> {
        self.tables.iter().flat_map(Table::iter)
    }

    /// The rule for preflights of every route that lets them through.
    pub fn preflights(&self) -> impl Iterator<Item = &Rule> {
        let routes = self.tables.iter().flat_map(|table| table.routes.iter());
        routes.filter_map(|(_, route)| route.preflight.as_ref())
    }

    /// Every rule of every route and action, in no particular order.
    pub fn rules(&self) -> impl Iterator<Item = &Rule> {
        self.routes().map(|listed| listed.rule).chain(self.actions.values())
    }
}

/// Whether a browser asks beforehand if a page may send the request it has in mind (Fetch standard,
/// "CORS-preflight request").
pub(crate) fn is_preflight(request: &HttpRequest<'_>) -> bool {
    let has = |name| request.headers.text(name).is_some();
    request.method == "OPTIONS" && has("origin") && has("access-control-request-method")
}

impl Requirement {
    /// Reads a requirement as a policy writes it: `signed_in`, `{ role: org:admin }`. For what the
    /// operator of a proxy adds to a question; `public` and `optional` are refused, since it can only
    /// tighten.
    ///
    /// # Errors
    /// [`PolicyErrors`] holds everything that is wrong with it.
    pub fn parse(source: &Source) -> Result<Self, PolicyErrors> {
        compile::requirement(source)
    }
}

#[cfg(test)]
mod tests;
