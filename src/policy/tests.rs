//! Policies as a whole: what loads, what each request falls under, what the revision depends on.

mod asked;
mod broken;
mod conditions;
mod every_problem;
mod folders;
mod guards;
mod loading;
mod machines;
pub(in crate::policy) mod people;
mod preflights;
mod responses;
mod revisions;
mod routing;

use super::{Policy, Routed, Source};
use crate::core::{host::Host, path::CanonicalPath};

/// Loads a policy that must be sound.
fn load(text: &str) -> Policy {
    Policy::load(Source::new("policy.yaml", text)).unwrap_or_else(|errors| panic!("{errors}"))
}

/// What a request falls under: the id of a rule, `ambiguous` or `no route`.
fn route(policy: &Policy, host: &str, method: &str, path: &str) -> String {
    let path = CanonicalPath::parse(path).unwrap();
    match policy.route(&Host::parse(host).unwrap(), &path, method) {
        Routed::Rule(matched) => matched.rule.id.to_string(),
        Routed::Ambiguous => "ambiguous".to_owned(),
        Routed::NoRoute => "no route".to_owned(),
    }
}
