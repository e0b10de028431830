//! What requirements are put to.

use super::template::Template;
use crate::core::{
    clock::Timestamp,
    http_request::HttpRequest,
    identity::{Caller, Identity},
    path::CanonicalPath,
    peer::Peer,
    question::{JsonObject, Resource},
};

/// Everything a requirement may ask about. Requirements other than conditions look at the caller
/// alone.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// Who asks.
    pub caller: Caller<'a>,
    /// The HTTP request that is asked about, where there is one.
    pub request: Option<&'a HttpRequest<'a>>,
    /// Its path, where there is one.
    pub path: Option<&'a CanonicalPath<'a>>,
    /// What stands in the path for the parameters of the rule's template.
    pub parameters: Parameters<'a>,
    /// What an action is done to.
    pub resource: Option<&'a Resource<'a>>,
    /// What else the asking service said of an action.
    pub context: Option<&'a JsonObject>,
    /// Who is at the other ends, as far as certificates tell.
    pub peer: Peer<'a>,
    /// The moment the question is answered.
    pub now: Timestamp,
}

impl<'a> Facts<'a> {
    /// What is known where nothing but the caller is.
    #[must_use]
    pub const fn of_caller(caller: Caller<'a>, now: Timestamp) -> Self {
        Self {
            caller,
            request: None,
            path: None,
            parameters: Parameters::NONE,
            resource: None,
            context: None,
            peer: Peer::UNKNOWN,
            now,
        }
    }
}

/// What the headers that a service gets can tell.
#[derive(Clone, Copy, Debug)]
pub struct HeaderFacts<'a> {
    /// Who asks, if it is anybody.
    pub identity: &'a Identity,
    /// The HTTP request that goes on to the service; `None` where none does.
    pub request: Option<&'a HttpRequest<'a>>,
    /// Its path.
    pub path: Option<&'a CanonicalPath<'a>>,
    /// Who is at the other ends, as far as certificates tell.
    pub peer: Peer<'a>,
    /// The moment the question is answered.
    pub now: Timestamp,
}

/// The values of a template's parameters in one path.
#[derive(Clone, Copy, Debug)]
pub struct Parameters<'a>(Option<(&'a Template, &'a CanonicalPath<'a>)>);

impl<'a> Parameters<'a> {
    /// No parameters.
    pub const NONE: Self = Self(None);

    pub(super) const fn of(template: &'a Template, path: &'a CanonicalPath<'a>) -> Self {
        Self(Some((template, path)))
    }

    /// The segment that stands for `{name}`, percent-decoded.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&'a str> {
        let (template, path) = self.0?;
        let (place, _) = template.parameters().find(|(_, parameter)| *parameter == name)?;
        path.segments().nth(place)
    }
}
