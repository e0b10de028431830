//! Requirements that cut across routes. They only ever add to what a rule asks.

use super::{
    access::Mode, evaluate::Demand, facts::Parameters, requirement::Requirement, router::covers,
    source::Place, template::Template,
};
use crate::core::{host::Host, host_table::HostPattern, id::RuleId, path::CanonicalPath};

/// One entry of `guards`.
#[derive(Debug)]
pub struct Guard {
    /// `guard fresh-deletes`.
    pub id: RuleId,
    /// What it asks besides.
    pub require: Requirement,
    /// Whether it is enforced.
    pub mode: Mode,
    /// The methods it is about; every one where there are none. `GET` covers `HEAD`.
    pub(super) methods: Option<Box<[Box<str>]>>,
    /// The paths it is about, the more specific first; every one where there are none.
    pub(super) paths: Option<Box<[Template]>>,
    /// The hosts it is about; every one where there are none.
    pub(super) hosts: Option<Box<[HostPattern]>>,
    /// Whether it may stand over a route that is public otherwise.
    pub(super) even_public: bool,
    pub(super) place: Place,
}

impl Guard {
    /// The methods it is about, `GET` standing for `HEAD` as well; `None` for every one.
    #[must_use]
    pub fn methods(&self) -> Option<&[Box<str>]> {
        self.methods.as_deref()
    }

    /// The templates of the paths it is about, as they are written; `None` for every path.
    #[must_use]
    pub fn paths(&self) -> Option<impl Iterator<Item = &str>> {
        self.paths.as_deref().map(|paths| paths.iter().map(Template::as_str))
    }

    /// The hosts it is about; `None` for every one.
    #[must_use]
    pub fn hosts(&self) -> Option<&[HostPattern]> {
        self.hosts.as_deref()
    }

    /// Whether it stands over public routes as well.
    #[must_use]
    pub const fn is_even_public(&self) -> bool {
        self.even_public
    }

    /// Whether it says where it stands. One that does not is about every route that asks who is there.
    pub(super) const fn is_placed(&self) -> bool {
        self.paths.is_some() || self.hosts.is_some()
    }

    /// Whether it stands over a request. Allocates nothing.
    ///
    /// Services differ in whether the letter case of paths and methods matters; here it does not, so
    /// that no spelling slips through beside the guard.
    pub(super) fn covers(&self, host: &Host, path: &CanonicalPath<'_>, method: &str) -> bool {
        self.covers_method(method)
            && self.hosts().is_none_or(|hosts| hosts.iter().any(|pattern| pattern.covers(host)))
            && self.paths.as_deref().is_none_or(|paths| paths.iter().any(|t| covers(t, path)))
    }

    fn covers_method(&self, method: &str) -> bool {
        self.methods().is_none_or(|methods| {
            let listed =
                |method: &str| methods.iter().any(|name| name.eq_ignore_ascii_case(method));
            listed(method) || (method.eq_ignore_ascii_case("HEAD") && listed("GET"))
        })
    }

    /// Whether the method is written out.
    pub(super) fn lists(&self, method: &str) -> bool {
        self.methods().is_some_and(|methods| methods.iter().any(|name| **name == *method))
    }

    /// What it asks about a request that it covers.
    #[must_use]
    pub fn demand<'a>(&'a self, path: &'a CanonicalPath<'a>) -> Demand<'a> {
        let template = self.paths.as_deref().unwrap_or_default().iter().find(|t| covers(t, path));
        let parameters = template.map_or(Parameters::NONE, |found| Parameters::of(found, path));
        Demand { requirement: &self.require, parameters }
    }
}
