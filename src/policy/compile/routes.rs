//! `routes` and `hosts`.

use super::{
    super::{
        access::{Access, Mode, Rule},
        condition::Scope,
        document::{Entry, Node, Value},
        methods::{COMMON, Listed, Methods, is_method_list},
        problem::Problem,
        router::Router,
        source::Place,
        suggest::closest,
        table::Route,
        template::Template,
        wording::Excerpt,
    },
    Compiler,
    requirement::{Position, Words},
    standing::Tables,
};
use crate::core::{host_table::HostPattern, id::RuleId};
use std::collections::HashMap;

pub(in crate::policy) const HOST_KEYS: [&str; 2] = ["routes", "preflight"];

/// What `preflight` takes.
pub(in crate::policy) const PREFLIGHT: [&str; 1] = ["allow"];

/// What a table of routes belongs to.
#[derive(Clone, Copy)]
pub(super) struct Table<'e> {
    /// The pattern it stands below, as it is written.
    host: Option<&'e str>,
    /// Whether preflights are let through to every route of it.
    preflight: bool,
}

impl Table<'_> {
    /// The table that is for every host without one of its own.
    pub(super) const fn general(preflight: bool) -> Self {
        Self { host: None, preflight }
    }
}

impl Compiler {
    pub(super) fn routes(&mut self, node: &Node, table: Table<'_>) -> Option<Router<Route>> {
        let mut router = Router::new();
        let mut places: Vec<Place> = Vec::new();
        for entry in self.map(node, "`routes`")? {
            let template = match Template::parse(&entry.key) {
                Ok(template) => Some(template),
                Err(error) => self.refuse(entry.place, error.into()),
            };
            let route = self.route(entry, template.as_ref(), table);
            let (Some(template), Some(route)) = (template, route) else { continue };
            match router.insert(template, route) {
                Ok(()) => places.push(entry.place),
                Err(first) => {
                    let first = places.get(first).copied().unwrap_or(Place::START);
                    let tie = Problem::TemplateTie(Excerpt::of(&entry.key));
                    self.report_both(entry.place, first, tie);
                }
            }
        }
        Some(router)
    }

    /// `preflight` is what the top of the policy says.
    pub(super) fn hosts(
        &mut self,
        node: &Node,
        preflight: bool,
        tables: &mut Tables,
    ) -> Option<()> {
        let mut seen: HashMap<HostPattern, Place> = HashMap::new();
        for entry in self.map(node, "`hosts`")? {
            let table = self.host(entry, preflight);
            let pattern = match HostPattern::parse(&entry.key) {
                Ok(pattern) => pattern,
                Err(error) => {
                    self.report(entry.place, error.into());
                    continue;
                }
            };
            if let Some(first) = seen.insert(pattern.clone(), entry.place) {
                let duplicate = Problem::DuplicateHost(Excerpt::of(&entry.key));
                self.report_both(entry.place, first, duplicate);
            }
            if let Some(table) = table {
                tables.add(pattern, table);
            }
        }
        Some(())
    }

    fn host(&mut self, host: &Entry, preflight: bool) -> Option<Router<Route>> {
        let mut table = Table { host: Some(&host.key), preflight };
        let mut routes = None;
        for entry in self.map(&host.value, "a host")? {
            match &*entry.key {
                "routes" => routes = Some(&entry.value),
                "preflight" => table.preflight |= self.preflight(&entry.value),
                _ => self.unknown_key(entry, "a host", &HOST_KEYS),
            }
        }
        if let Some(routes) = routes {
            return self.routes(routes, table);
        }
        self.refuse(host.place, Problem::MissingKey { inside: "a host", key: "routes" })
    }

    /// Whether preflights are let through: `preflight: allow`, which is all that can be said.
    pub(super) fn preflight(&mut self, node: &Node) -> bool {
        self.word(node, "answer to preflights", &PREFLIGHT).is_some()
    }

    /// What stands below a template: one requirement, or one for each list of methods.
    fn route(
        &mut self,
        entry: &Entry,
        template: Option<&Template>,
        table: Table<'_>,
    ) -> Option<Route> {
        let parameters: Vec<&str> =
            template.into_iter().flat_map(Template::parameters).map(|(_, name)| name).collect();
        let position = Position {
            words: Words::All,
            scope: Scope { request: true, parameters: &parameters, resource: false },
        };
        let name = |methods: Option<&str>| {
            let parts = [table.host, methods, Some(&*entry.key)];
            parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
        };
        let mut preflight = table.preflight;
        let methods = if let Value::Map(_) = &entry.value.value {
            let mut entries = self.map(&entry.value, "a route")?;
            if let Some(at) = entries.iter().position(|entry| *entry.key == *"preflight") {
                preflight |= self.preflight(&entries.remove(at).value);
                if entries.is_empty() {
                    return self.refuse(entry.value.place, Problem::NothingBeside("preflight"));
                }
            }
            if entries.iter().any(|entry| is_method_list(&entry.key)) {
                self.methods(entries, position, |methods| RuleId::new(&name(Some(methods))))
            } else {
                let (access, mode) = self.access_map(entry.value.place, entries, position)?;
                Methods::Every(Rule::new(RuleId::new(&name(None)), access, mode, entry.place))
            }
        } else {
            let (access, mode) = self.access(&entry.value, "a route", position)?;
            Methods::Every(Rule::new(RuleId::new(&name(None)), access, mode, entry.place))
        };
        // Where nobody is let in, nobody has anything to ask beforehand either.
        let open = methods.iter().any(|(_, rule)| rule.access != Access::Denied);
        let preflight = (preflight && open && !methods.lists("OPTIONS")).then(|| {
            let id = RuleId::new(&format!("preflight {}", name(None)));
            Rule::new(id, Access::Public, Mode::Enforce, entry.place)
        });
        Some(Route { methods, preflight })
    }

    /// A rule for each list of methods.
    fn methods(
        &mut self,
        entries: Vec<&Entry>,
        position: Position<'_>,
        id: impl Fn(&str) -> RuleId,
    ) -> Methods {
        let mut seen: HashMap<Box<str>, Place> = HashMap::new();
        let mut lists = Vec::with_capacity(entries.len());
        for entry in entries {
            if *entry.key == *"mode" {
                self.report(entry.place, Problem::Misplaced("mode"));
                continue;
            }
            if !is_method_list(&entry.key) {
                self.report(entry.place, Problem::MixedMethods);
                continue;
            }
            let methods = self.method_list(entry, &mut seen);
            let access = self.access(&entry.value, "a method", position);
            if let (Some(methods), Some((access, mode))) = (methods, access) {
                let rule = Rule::new(id(&methods.join(", ")), access, mode, entry.place);
                lists.push(Listed { methods, rule });
            }
        }
        Methods::Listed(lists.into())
    }

    fn method_list(
        &mut self,
        entry: &Entry,
        seen: &mut HashMap<Box<str>, Place>,
    ) -> Option<Box<[Box<str>]>> {
        let mut methods: Vec<Box<str>> = Vec::new();
        for method in entry.key.split(',').map(str::trim) {
            let method = self.method(entry.place, method)?;
            if let Some(first) = seen.insert(method.clone(), entry.place) {
                let duplicate = Problem::DuplicateMethod(Excerpt::of(&method));
                self.report_both(entry.place, first, duplicate);
            }
            methods.push(method);
        }
        Some(methods.into())
    }

    /// The name of a method.
    pub(super) fn method(&mut self, place: Place, method: &str) -> Option<Box<str>> {
        let meant = closest(method, &COMMON);
        let slip = meant.is_some_and(|meant| meant != method);
        let sound = method.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'-');
        if method.is_empty() || !sound || slip {
            let method = Excerpt::of(method);
            return self.refuse(place, Problem::Method { method, meant });
        }
        Some(method.into())
    }
}
