//! Which guards may stand over which rules, found once so that a request looks at few of them.

use super::{
    super::{
        Unlisted,
        access::{Access, Rule},
        guard::Guard,
        methods::Methods,
        overlap,
        problem::Problem,
        router::Router,
        table::{Route, Table},
        template::Template,
        wording::Excerpt,
    },
    Compiler,
};
use crate::core::host_table::{HostPattern, HostTable};
use std::sync::Arc;

/// Every table of routes, the general one first.
pub(super) struct Tables(Vec<Table>);

impl Tables {
    pub(super) fn new(general: Router<Route>) -> Self {
        Self(vec![Table { host: None, routes: general }])
    }

    pub(super) fn add(&mut self, host: HostPattern, routes: Router<Route>) {
        self.0.push(Table { host: Some(host), routes });
    }

    pub(super) fn finish(self) -> HostTable<Table> {
        let mut tables = HostTable::new(Table { host: None, routes: Router::new() });
        for table in self.0 {
            match table.host.clone() {
                None => tables.replace_general(table),
                Some(host) => drop(tables.insert(host, table)),
            }
        }
        tables
    }
}

impl Compiler {
    /// Gives every rule the guards that may stand over it, and refuses those over public routes.
    pub(super) fn stand(
        &mut self,
        guards: &[Arc<Guard>],
        tables: &mut Tables,
        unlisted: &mut Unlisted,
    ) {
        if let Unlisted::SignedIn(rule) = unlisted {
            rule.guards = guards.into();
        }
        if guards.is_empty() {
            return;
        }
        let hosts: Vec<Option<HostPattern>> =
            tables.0.iter().map(|table| table.host.clone()).collect();
        for table in &mut tables.0 {
            let here: Vec<&Arc<Guard>> =
                guards.iter().filter(|guard| is_near(guard, table.host.as_ref(), &hosts)).collect();
            self.refuse_over_public(&here, &table.routes);
            for (template, route) in table.routes.iter_mut() {
                stand_over(&here, template, route);
            }
        }
    }

    fn refuse_over_public(&mut self, guards: &[&Arc<Guard>], routes: &Router<Route>) {
        let guards = || guards.iter().filter(|guard| guard.is_placed() && !guard.even_public);
        for (number, (template, route)) in routes.iter().enumerate() {
            let public = |rule: &&Rule| rule.access == Access::Public;
            for rule in route.methods.iter().map(|(_, rule)| rule).filter(public) {
                for guard in guards().filter(|guard| overlap::methods(guard, &route.methods, rule))
                {
                    if decides(routes, number, template, guard) {
                        let name = |id: &str| Excerpt::of(id.trim_start_matches("guard "));
                        let (guard_name, rule_name) =
                            (name(guard.id.as_str()), Excerpt::of(rule.id.as_str()));
                        let problem =
                            Problem::GuardOverPublic { guard: guard_name, rule: rule_name };
                        self.report_both(guard.place, rule.place, problem);
                    }
                }
            }
        }
    }
}

/// Whether a guard is about some host of a table.
fn is_near(guard: &Guard, table: Option<&HostPattern>, tables: &[Option<HostPattern>]) -> bool {
    let near = |pattern: &HostPattern| overlap::hosts(pattern, table, tables);
    guard.hosts().is_none_or(|patterns| patterns.iter().any(near))
}

/// Whether some path of the guard falls under this entry of the table.
fn decides(routes: &Router<Route>, number: usize, template: &Template, guard: &Guard) -> bool {
    let decides = |path: &Template| overlap::decides(routes, number, template, path);
    match &guard.paths {
        Some(paths) => paths.iter().any(decides),
        None => decides(template),
    }
}

fn stand_over(guards: &[&Arc<Guard>], template: &Template, route: &mut Route) {
    let on_the_way = |guard: &Guard| {
        let crosses = |path: &Template| overlap::templates(path, template);
        guard.paths.as_deref().is_none_or(|paths| paths.iter().any(crosses))
    };
    let guards: Vec<&Arc<Guard>> =
        guards.iter().copied().filter(|guard| on_the_way(guard)).collect();
    let over = |methods: &Methods, rule: &Rule| -> Box<[Arc<Guard>]> {
        // One that does not say where it stands leaves alone what is open to everyone.
        let leaves_alone = |guard: &Guard| {
            rule.access == Access::Public && !guard.is_placed() && !guard.even_public
        };
        let stands =
            |guard: &&Arc<Guard>| !leaves_alone(guard) && overlap::methods(guard, methods, rule);
        guards.iter().copied().filter(stands).cloned().collect()
    };
    let found: Vec<Box<[Arc<Guard>]>> =
        route.methods.iter().map(|(_, rule)| over(&route.methods, rule)).collect();
    for (rule, guards) in route.methods.rules_mut().zip(found) {
        rule.guards = guards;
    }
    if let Some(preflight) = &mut route.preflight {
        let asks = |guard: &&Arc<Guard>| guard.lists("OPTIONS");
        preflight.guards = guards.iter().copied().filter(asks).cloned().collect();
    }
}
