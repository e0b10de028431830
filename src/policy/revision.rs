//! The digest that names a policy.
//!
//! It is made of what was compiled, not of the file, so comments, formatting and the order of entries
//! leave it alone. Every part is written with its length in front, so no two policies write the same
//! bytes.

use super::{
    Policy, Rule, Unlisted,
    access::Access,
    guard::Guard,
    requirement::{OrganizationRequirement, Requirement},
    response::Responses,
    upstream::{Credentials, UpstreamHeaders},
};
use crate::core::{
    id::Revision, location::Location, presentation::CustomResponse, reverification::Reverification,
};
use aws_lc_rs::digest::{Context, SHA256};
use std::fmt::Write as _;

/// Bytes of the digest that the revision shows, as two hexadecimal digits each.
const BYTES_SHOWN: usize = 8;

struct Canonical(Context);

/// The revision of a compiled policy.
pub(super) fn revision(policy: &Policy) -> Revision {
    let mut canonical = Canonical(Context::new(&SHA256));
    canonical.text("bailiff policy 1");
    canonical.text(match policy.unlisted {
        Unlisted::Denied => "unlisted: denied",
        Unlisted::SignedIn(_) => "unlisted: signed_in",
    });
    let mut rules: Vec<&Rule> = policy.rules().collect();
    rules.sort_by(|left, right| left.id.cmp(&right.id));
    canonical.count(rules.len());
    for rule in rules {
        canonical.rule(rule);
    }
    let mut preflights: Vec<&str> = policy.preflights().map(|rule| rule.id.as_str()).collect();
    preflights.sort_unstable();
    canonical.count(preflights.len());
    for preflight in preflights {
        canonical.text(preflight);
    }
    canonical.count(policy.guards.len());
    for guard in policy.guards() {
        canonical.guard(guard);
    }
    canonical.location(policy.responses.sign_in.as_ref());
    canonical.location(policy.responses.organization_selection.as_ref());
    canonical.responses(&policy.responses);
    canonical.upstream(&policy.upstream);
    canonical.text(match policy.credentials {
        Credentials::Keep => "credentials kept",
        Credentials::Withhold => "credentials withheld",
    });

    let digest = canonical.0.finish();
    let mut text = String::with_capacity(2 * BYTES_SHOWN);
    for byte in digest.as_ref().iter().take(BYTES_SHOWN) {
        // Writing to a `String` cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    Revision::new(&text)
}

impl Canonical {
    fn count(&mut self, count: usize) {
        self.0.update(&(count as u64).to_be_bytes());
    }

    fn text(&mut self, text: &str) {
        self.count(text.len());
        self.0.update(text.as_bytes());
    }

    fn pair(&mut self, name: &str, value: &str) {
        self.text(name);
        self.text(value);
    }

    fn rule(&mut self, rule: &Rule) {
        self.text(rule.id.as_str());
        self.text(rule.mode.as_str());
        match &rule.access {
            Access::Public => self.text("public"),
            Access::Optional => self.text("optional"),
            Access::Denied => self.text("denied"),
            Access::Required(requirement) => self.requirement(requirement),
        }
    }

    fn guard(&mut self, guard: &Guard) {
        let Guard { id, require, mode, methods, paths, hosts, even_public, place: _ } = guard;
        self.text(id.as_str());
        self.text(mode.as_str());
        self.text(if *even_public { "even public" } else { "" });
        let paths = paths.as_deref();
        self.names(paths.map(|paths| paths.iter().map(ToString::to_string)));
        self.names(methods.as_deref().map(|methods| methods.iter().map(ToString::to_string)));
        self.names(hosts.as_deref().map(|hosts| hosts.iter().map(ToString::to_string)));
        self.requirement(require);
    }

    /// A list in which the order makes no difference; an absent one is none at all.
    fn names(&mut self, names: Option<impl Iterator<Item = String>>) {
        let Some(names) = names else { return self.text("every one") };
        let mut names: Vec<String> = names.collect();
        names.sort_unstable();
        self.text("these");
        self.count(names.len());
        for name in &names {
            self.text(name);
        }
    }

    fn requirement(&mut self, requirement: &Requirement) {
        match requirement {
            Requirement::SignedIn => self.text("signed_in"),
            Requirement::Denied => self.text("what nobody has"),
            Requirement::Organization(OrganizationRequirement::Active) => {
                self.text("organization");
            }
            Requirement::Organization(OrganizationRequirement::Named(name)) => {
                self.pair("organization named", name);
            }
            Requirement::Role(role) => self.pair("role", role.bare()),
            Requirement::Permission(permission) => self.pair("permission", permission.bare()),
            Requirement::Feature(feature) => self.pair("feature", &feature.to_string()),
            Requirement::Plan(plan) => self.pair("plan", &plan.to_string()),
            Requirement::Scope(scope) => self.pair("scope", scope),
            Requirement::NoImpersonation => self.text("impersonation forbidden"),
            Requirement::Credential(kinds) => {
                self.text("credential");
                self.count(kinds.iter().count());
                kinds.iter().for_each(|kind| self.text(kind.as_str()));
            }
            Requirement::Condition(condition) => self.pair("if", condition.text()),
            Requirement::Recency(asked) => self.pair(asked.key(), &asked.limit().to_string()),
            Requirement::Reverification(Reverification::Preset(preset)) => {
                self.pair("reverification", preset.as_str());
            }
            Requirement::Reverification(Reverification::Window { level, after_minutes }) => {
                self.pair(level.as_str(), &after_minutes.to_string());
            }
            Requirement::All(parts) => self.list("all", parts),
            Requirement::Any(parts) => self.list("any", parts),
            Requirement::Not(inner) => {
                self.text("not");
                self.requirement(inner);
            }
        }
    }

    fn list(&mut self, word: &str, parts: &[Requirement]) {
        self.text(word);
        self.count(parts.len());
        for part in parts {
            self.requirement(part);
        }
    }

    fn location(&mut self, location: Option<&Location>) {
        self.text(location.map_or("", Location::as_str));
    }

    fn responses(&mut self, responses: &Responses) {
        let Responses {
            sign_in: _,
            organization_selection: _,
            signed_out,
            forbidden,
            ambiguous,
            unavailable,
        } = responses;
        for by_asker in [signed_out, forbidden, ambiguous, unavailable] {
            for response in [&by_asker.browser, &by_asker.api, &by_asker.grpc] {
                self.response(response.as_deref());
            }
        }
    }

    fn response(&mut self, response: Option<&CustomResponse>) {
        let Some(CustomResponse { status, message, body }) = response else {
            return self.text("the standard response");
        };
        self.text("response");
        self.count(status.map_or(0, |status| status.as_u16().into()));
        match message {
            Some(message) => self.pair("message", &message.to_string()),
            None => self.text("the standard message"),
        }
        match body {
            Some(body) => self.pair(body.content_type.as_str(), &body.text.to_string()),
            None => self.text("the standard body"),
        }
    }

    fn upstream(&mut self, upstream: &UpstreamHeaders) {
        let mut headers: Vec<(&str, &str)> = upstream.iter().collect();
        headers.sort_unstable();
        self.count(headers.len());
        for (name, value) in headers {
            self.pair(name, value);
        }
    }
}
