//! `routes` and `hosts`.

use super::{
    super::{
        access::{Mode, Rule},
        document::{Entry, Node, Value},
        methods::{COMMON, Listed, Methods, is_method_list},
        problem::Problem,
        router::Router,
        source::Place,
        suggest::closest,
        template::Template,
        wording::Excerpt,
    },
    Compiler,
    requirement::Words,
};
use crate::core::{
    host_table::{HostPattern, HostTable},
    id::RuleId,
};
use std::collections::HashMap;

const HOST_KEYS: [&str; 1] = ["routes"];

impl Compiler {
    /// One table; `host` is the pattern it stands below, as it is written.
    pub(super) fn routes(&mut self, node: &Node, host: Option<&str>) -> Option<Router<Methods>> {
        let mut router = Router::new();
        let mut places: Vec<Place> = Vec::new();
        for entry in self.map(node, "`routes`")? {
            let template = match Template::parse(&entry.key) {
                Ok(template) => Some(template),
                Err(error) => self.refuse(entry.place, error.into()),
            };
            let methods = self.methods(entry, host);
            let (Some(template), Some(methods)) = (template, methods) else { continue };
            match router.insert(template, methods) {
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

    pub(super) fn hosts(
        &mut self,
        node: &Node,
        tables: &mut HostTable<Router<Methods>>,
    ) -> Option<()> {
        let mut seen: HashMap<HostPattern, Place> = HashMap::new();
        for entry in self.map(node, "`hosts`")? {
            let table = self.host(entry);
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
                tables.insert(pattern, table);
            }
        }
        Some(())
    }

    fn host(&mut self, host: &Entry) -> Option<Router<Methods>> {
        let mut table = None;
        for entry in self.map(&host.value, "a host")? {
            match &*entry.key {
                "routes" => table = Some(self.routes(&entry.value, Some(&host.key))),
                _ => self.unknown_key(entry, "a host", &HOST_KEYS),
            }
        }
        let missing = Problem::MissingKey { inside: "a host", key: "routes" };
        table.unwrap_or_else(|| self.refuse(host.place, missing))
    }

    /// What stands below a template: one requirement, or one for each list of methods.
    fn methods(&mut self, route: &Entry, host: Option<&str>) -> Option<Methods> {
        let id = |methods: Option<&str>| {
            let parts = [host, methods, Some(&*route.key)];
            RuleId::new(&parts.into_iter().flatten().collect::<Vec<_>>().join(" "))
        };
        let listed = match &route.value.value {
            Value::Map(entries) => {
                entries.iter().filter(|entry| is_method_list(&entry.key)).count()
            }
            Value::Nothing
            | Value::Text(_)
            | Value::Number(_)
            | Value::Other(_)
            | Value::List(_) => 0,
        };
        if listed == 0 {
            let access = self.access(&route.value, "a route", Words::All)?;
            return Some(Methods::Every(Rule {
                id: id(None),
                access,
                mode: Mode::Enforce,
                place: route.place,
            }));
        }
        let entries = self.map(&route.value, "a route")?;
        let mut seen: HashMap<Box<str>, Place> = HashMap::new();
        let mut lists = Vec::with_capacity(entries.len());
        for entry in entries {
            if !is_method_list(&entry.key) {
                self.report(entry.place, Problem::MixedMethods);
                continue;
            }
            let methods = self.method_list(entry, &mut seen);
            let access = self.access(&entry.value, "a method", Words::All);
            if let (Some(methods), Some(access)) = (methods, access) {
                let id = id(Some(&methods.join(", ")));
                let (mode, place) = (Mode::Enforce, entry.place);
                lists.push(Listed { methods, rule: Rule { id, access, mode, place } });
            }
        }
        Some(Methods::Listed(lists.into()))
    }

    fn method_list(
        &mut self,
        entry: &Entry,
        seen: &mut HashMap<Box<str>, Place>,
    ) -> Option<Box<[Box<str>]>> {
        let mut methods: Vec<Box<str>> = Vec::new();
        for method in entry.key.split(',').map(str::trim) {
            let meant = closest(method, &COMMON);
            let slip = meant.is_some_and(|meant| meant != method);
            let sound = method.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'-');
            if method.is_empty() || !sound || slip {
                let method = Excerpt::of(method);
                return self.refuse(entry.place, Problem::Method { method, meant });
            }
            if let Some(first) = seen.insert(method.into(), entry.place) {
                let duplicate = Problem::DuplicateMethod(Excerpt::of(method));
                self.report_both(entry.place, first, duplicate);
            }
            methods.push(method.into());
        }
        Some(methods.into())
    }
}
