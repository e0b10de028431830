//! Requirements that cut across routes. They only ever add to what a rule asks.

use super::{access::Mode, requirement::Requirement, source::Place, template::Template};
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
    /// The paths it is about; every one where there are none.
    pub(super) paths: Option<Box<[Template]>>,
    /// The hosts it is about; every one where there are none.
    pub(super) hosts: Option<Box<[HostPattern]>>,
    /// Whether it may stand over a route that is public otherwise.
    pub(super) even_public: bool,
    pub(super) place: Place,
}

impl Guard {
    /// Whether it stands over a request.
    pub(super) fn covers(&self, host: &Host, path: &CanonicalPath<'_>, method: &str) -> bool {
        let _ = (host, path, method);
        true
    }
}
