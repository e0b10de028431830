//! The routes of one host, and what can be told of each.

use super::{Rule, methods::Methods, router::Router};
use crate::core::host_table::HostPattern;

/// The routes of the hosts that have a table of their own, or of all others.
#[derive(Debug)]
pub(super) struct Table {
    /// `None` for the one at the top of the policy.
    pub(super) host: Option<HostPattern>,
    pub(super) routes: Router<Route>,
}

/// What stands below a template.
#[derive(Debug)]
pub(super) struct Route {
    pub(super) methods: Methods,
    /// The rule for preflights, where they are let through.
    pub(super) preflight: Option<Rule>,
}

/// One rule of `routes`, and what it is about.
#[derive(Clone, Copy, Debug)]
pub struct ListedRule<'p> {
    /// The hosts whose table it stands in; `None` for those without one of their own.
    pub host: Option<&'p HostPattern>,
    /// The template as it is written.
    pub template: &'p str,
    /// The methods as they are written, `GET` standing for `HEAD` as well; `None` for every one.
    pub methods: Option<&'p [Box<str>]>,
    /// The rule.
    pub rule: &'p Rule,
    /// The rule for preflights to the template, where they are let through.
    pub preflight: Option<&'p Rule>,
}

impl Table {
    /// Every rule, in the order of the templates.
    pub(super) fn iter(&self) -> impl Iterator<Item = ListedRule<'_>> {
        self.routes.iter().flat_map(|(template, route)| {
            route.methods.iter().map(|(methods, rule)| ListedRule {
                host: self.host.as_ref(),
                template: template.as_str(),
                methods,
                rule,
                preflight: route.preflight.as_ref(),
            })
        })
    }
}
