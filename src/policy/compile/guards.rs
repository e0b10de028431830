//! `guards`.

use super::{
    super::{
        access::Mode,
        condition::Scope,
        document::{Entry, Node, Scalar, Value},
        guard::Guard,
        problem::Problem,
        requirement::Requirement,
        router::Router,
        source::Place,
        template::{Segment, Template},
        wording::{Excerpt, Expected},
    },
    Compiler, is_name,
    requirement::{Position, Words},
};
use crate::core::{host_table::HostPattern, id::RuleId};
use std::{collections::HashMap, sync::Arc};

pub(in crate::policy) const KEYS: [&str; 6] =
    ["paths", "methods", "hosts", "require", "mode", "even_public"];

impl Compiler {
    /// Every guard, in the order of the names.
    pub(super) fn guards(&mut self, node: &Node) -> Option<Vec<Arc<Guard>>> {
        let mut guards = Vec::new();
        for entry in self.map(node, "`guards`")? {
            if !is_name(&entry.key) {
                self.report(entry.place, Problem::GuardName(Excerpt::of(&entry.key)));
            }
            guards.extend(self.guard(entry).map(Arc::new));
        }
        guards.sort_by(|left: &Arc<Guard>, right| left.id.cmp(&right.id));
        Some(guards)
    }

    fn guard(&mut self, entry: &Entry) -> Option<Guard> {
        let (mut paths, mut methods, mut hosts, mut require) = (None, None, None, None);
        let (mut mode, mut even_public) = (Some(Mode::Enforce), Some(false));
        for entry in self.map(&entry.value, "a guard")? {
            let node = &entry.value;
            match &*entry.key {
                "paths" => paths = Some(self.guarded_paths(node)),
                "methods" => methods = Some(self.guarded_methods(node)),
                "hosts" => hosts = Some(self.guarded_hosts(node)),
                "require" => require = Some(node),
                "mode" => mode = self.mode(node),
                "even_public" => even_public = self.boolean(node, "`even_public`"),
                _ => self.unknown_key(entry, "a guard", &KEYS),
            }
        }
        let Some(require) = require else {
            let missing = Problem::MissingKey { inside: "a guard", key: "require" };
            return self.refuse(entry.place, missing);
        };
        let parameters = paths.as_ref().and_then(Option::as_deref).map(shared_parameters);
        let parameters = parameters.unwrap_or_default();
        let require = self.guard_requirement(require, &parameters);
        Some(Guard {
            id: RuleId::new(&format!("guard {}", entry.key)),
            require: require?,
            mode: mode?,
            methods: methods.map_or(Some(None), |listed| listed.map(Some))?,
            paths: paths.map_or(Some(None), |listed| listed.map(Some))?,
            hosts: hosts.map_or(Some(None), |listed| listed.map(Some))?,
            even_public: even_public?,
            place: entry.place,
        })
    }

    fn guard_requirement(&mut self, node: &Node, parameters: &[&str]) -> Option<Requirement> {
        let scope = Scope { request: true, parameters, resource: false };
        self.requirement(node, "`require`", Position { words: Words::Required, scope })
    }

    /// The templates, the more specific first, so that the first one that stands for a path is the one
    /// whose parameters count.
    fn guarded_paths(&mut self, node: &Node) -> Option<Box<[Template]>> {
        let mut paths: Vec<Option<Template>> = Vec::new();
        let (mut router, mut places) = (Router::new(), Vec::new());
        for element in self.list(node, "`paths`")? {
            let template = match Template::parse(self.text(element, "a path")?) {
                Ok(template) => template,
                Err(error) => return self.refuse(element.place, error.into()),
            };
            if let Err(first) = router.insert(template.clone(), ()) {
                let first = places.get(first).copied().unwrap_or(Place::START);
                let tie = Problem::TemplateTie(Excerpt::of(template.as_str()));
                self.report_both(element.place, first, tie);
            }
            places.push(element.place);
            paths.push(Some(template));
        }
        let mut paths: Vec<Template> = paths.into_iter().collect::<Option<_>>()?;
        paths.sort_by_cached_key(specificity);
        Some(paths.into())
    }

    fn guarded_methods(&mut self, node: &Node) -> Option<Box<[Box<str>]>> {
        let mut seen: HashMap<Box<str>, Place> = HashMap::new();
        let mut methods = Vec::new();
        for element in self.list(node, "`methods`")? {
            let method = self.text(element, "a method")?;
            let method = self.method(element.place, method)?;
            if let Some(first) = seen.insert(method.clone(), element.place) {
                let duplicate = Problem::DuplicateMethod(Excerpt::of(&method));
                self.report_both(element.place, first, duplicate);
            }
            methods.push(method);
        }
        Some(methods.into())
    }

    fn guarded_hosts(&mut self, node: &Node) -> Option<Box<[HostPattern]>> {
        let mut hosts = Vec::new();
        for element in self.list(node, "`hosts`")? {
            match HostPattern::parse(self.text(element, "a host")?) {
                Ok(pattern) => hosts.push(pattern),
                Err(error) => return self.refuse(element.place, error.into()),
            }
        }
        Some(hosts.into())
    }

    fn boolean(&mut self, node: &Node, what: &'static str) -> Option<bool> {
        match node.value {
            Value::Other(Scalar::Boolean(boolean)) => Some(boolean),
            Value::Nothing
            | Value::Text(_)
            | Value::Number(_)
            | Value::Other(_)
            | Value::List(_)
            | Value::Map(_) => self.wrong_kind(node, what, Expected::Boolean),
        }
    }
}

/// Less for the more specific of two templates that stand for one path.
fn specificity(template: &Template) -> Vec<u8> {
    let segment = |segment: &Segment| match segment {
        Segment::Literal(_) => 1,
        Segment::Parameter => 2,
    };
    let end = if template.rest { 3 } else { 0 };
    template.segments.iter().map(segment).chain([end]).collect()
}

/// The parameters that every template has.
fn shared_parameters(paths: &[Template]) -> Vec<&str> {
    let (Some(first), rest) = (paths.first(), paths.get(1..).unwrap_or_default()) else {
        return Vec::new();
    };
    let has = |path: &Template, name: &str| path.parameters().any(|(_, other)| other == name);
    let names = first.parameters().map(|(_, name)| name);
    names.filter(|name| rest.iter().all(|path| has(path, name))).collect()
}
