//! A policy as lints look at it.

use super::super::{
    Policy, Unlisted,
    access::{Access, Rule},
    guard::Guard,
    methods::Methods,
    relation::{covers, precedence},
    requirement::Requirement,
    source::Place,
    table,
    template::Template,
};
use crate::core::host_table::HostPattern;

/// Every table, rule and guard, in the order of their places.
pub(super) struct View<'p> {
    /// The rule for what no route names, if there is one.
    pub(super) unlisted: Option<&'p Rule>,
    /// The table for all hosts that have none of their own.
    pub(super) general: Table<'p>,
    pub(super) hosts: Vec<Table<'p>>,
    pub(super) actions: Vec<&'p Rule>,
    pub(super) guards: Vec<&'p Guard>,
}

/// One table of routes.
pub(super) struct Table<'p> {
    pub(super) host: Option<&'p HostPattern>,
    pub(super) routes: Vec<Route<'p>>,
}

/// One template and what stands below it.
#[derive(Clone, Copy)]
pub(super) struct Route<'p> {
    pub(super) template: &'p Template,
    pub(super) methods: &'p Methods,
}

impl<'p> View<'p> {
    pub(super) fn of(policy: &'p Policy) -> Self {
        let (general, mut hosts): (Vec<_>, Vec<_>) =
            policy.tables.iter().map(Table::of).partition(|table| table.host.is_none());
        hosts.sort_by_key(|table| table.routes.first().map(Route::place));
        let mut actions: Vec<&Rule> = policy.actions.values().collect();
        actions.sort_by_key(|rule| rule.place);
        Self {
            unlisted: match &policy.unlisted {
                Unlisted::Denied => None,
                Unlisted::SignedIn(rule) => Some(rule),
            },
            general: general.into_iter().next().unwrap_or(Table::NONE),
            hosts,
            actions,
            guards: policy.guards.iter().map(|guard| &**guard).collect(),
        }
    }

    pub(super) fn tables(&self) -> impl Iterator<Item = &Table<'p>> {
        std::iter::once(&self.general).chain(&self.hosts)
    }

    /// Every rule that a person wrote out.
    pub(super) fn rules(&self) -> impl Iterator<Item = &'p Rule> {
        let routes = self.tables().flat_map(|table| &table.routes);
        routes.flat_map(Route::rules).chain(self.actions.iter().copied())
    }
}

impl<'p> Table<'p> {
    const NONE: Self = Self { host: None, routes: Vec::new() };

    fn of(table: &'p table::Table) -> Self {
        let entries = table.routes.iter();
        let route = |(template, route): (&'p Template, &'p table::Route)| {
            let methods = &route.methods;
            Route { template, methods }
        };
        let mut routes: Vec<_> = entries.map(route).collect();
        routes.sort_by_key(Route::place);
        Self { host: table.host.as_ref(), routes }
    }

    /// The route that the paths of `route` would fall under if it were not there.
    pub(super) fn wider(&self, route: &Route<'p>) -> Option<&Route<'p>> {
        let others =
            self.routes.iter().filter(|other| !std::ptr::eq(other.template, route.template));
        others
            .filter(|other| covers(other.template, route.template))
            .min_by_key(|other| precedence(other.template))
    }
}

impl<'p> Route<'p> {
    /// Where its first rule stands.
    pub(super) fn place(&self) -> Option<Place> {
        self.rules().map(|rule| rule.place).min()
    }

    /// Every rule.
    pub(super) fn rules(&self) -> impl Iterator<Item = &'p Rule> + use<'p> {
        self.methods.iter().map(|(_, rule)| rule)
    }
}

/// How much a rule asks, roughly: what asks less lets more people in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Demand {
    Nothing,
    SignedIn,
    More,
    Impossible,
}

impl Demand {
    pub(super) fn of(access: &Access) -> Self {
        match access {
            Access::Public | Access::Optional => Self::Nothing,
            Access::Required(Requirement::SignedIn) => Self::SignedIn,
            Access::Required(_) => Self::More,
            Access::Denied => Self::Impossible,
        }
    }
}
