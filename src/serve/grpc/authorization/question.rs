//! `AuthorizeRequest` to [`Question`], borrowing from the message.

#[cfg(test)]
mod tests;

use super::{Caller, credential};
use crate::{
    core::{
        credential::{CredentialKind, CredentialKinds},
        http_request::{HttpRequest, Scheme},
        peer::Peer,
        question::{
            Action, Also, AskedRequirement, CredentialSource, JsonObject, Question, Resource,
            Wanted,
        },
        reverification::{Level, Preset, Reverification},
    },
    pb::v1::{self, AuthorizeRequest, authorize_request, reverification::Kind},
    serve::grpc::{structs, violations::Violations},
};
use prost_types::Struct;
use std::num::NonZeroU32;

/// The longest name of anything the policy or the settings name.
pub(super) const MAX_NAME_BYTES: usize = 256;

/// The most names in a list of an ad-hoc requirement.
const MAX_NAMES: usize = 100;

/// Makes header names lower-case, as everything behind expects them.
pub(super) fn lower_case_names(message: &mut AuthorizeRequest) {
    credential::lower_case_names(message.credential.as_mut());
    if let Some(authorize_request::Question::Http(http)) = &mut message.question {
        credential::lower_case(&mut http.headers);
    }
}

/// Reads the question; `None` if there is none, or none that can be asked, which is then among the
/// violations. Header names must be lower-case already.
pub(super) fn read<'a>(
    message: &'a AuthorizeRequest,
    caller: &'a Caller,
    violations: &mut Violations,
) -> Option<Question<'a>> {
    violations.bound("instance", &message.instance, MAX_NAME_BYTES);
    let Some(question) = &message.question else {
        violations.add("question", "one of `http`, `action` and `requirement` must be set");
        return None;
    };
    let wanted = match question {
        authorize_request::Question::Http(request) => Wanted::Http(http(request, violations)),
        authorize_request::Question::Action(asked) => Wanted::Action(action(asked, violations)),
        authorize_request::Question::Requirement(asked) => {
            Wanted::Requirement(requirement(asked, violations)?)
        }
    };
    let credential =
        credential::given(message.credential.as_ref()).unwrap_or_else(|| match &wanted {
            Wanted::Http(request) if !request.headers.is_empty() => CredentialSource::Request,
            Wanted::Http(_) | Wanted::Action(_) | Wanted::Requirement(_) => {
                credential::of_call(&caller.metadata)
            }
        });
    let instance = Some(&*message.instance).filter(|name| !name.is_empty());
    let peer = Peer { names: caller.names.as_ref(), principal: None };
    Some(Question { credential, instance, wanted, also: Also::default(), peer })
}

fn http<'a>(request: &'a v1::HttpRequest, violations: &mut Violations) -> HttpRequest<'a> {
    for (field, text) in [
        ("http.method", &request.method),
        ("http.host", &request.host),
        ("http.path", &request.path),
    ] {
        if text.is_empty() {
            violations.add(field, "is missing");
        }
    }
    let scheme = match &*request.scheme {
        "" | "https" => Scheme::Https,
        "http" => Scheme::Http,
        _ => {
            violations.add("http.scheme", "must be `http` or `https`");
            Scheme::Https
        }
    };
    HttpRequest {
        method: &request.method,
        scheme,
        authority: &request.host,
        target: &request.path,
        headers: credential::headers(&request.headers),
        peer: None,
    }
}

fn action<'a>(action: &'a v1::Action, violations: &mut Violations) -> Action<'a> {
    if action.name.is_empty() {
        violations.add("action.name", "is missing");
    }
    violations.bound("action.name", &action.name, MAX_NAME_BYTES);
    let resource = action.resource.as_ref().map(|resource| {
        violations.bound("action.resource.type", &resource.r#type, MAX_NAME_BYTES);
        violations.bound("action.resource.id", &resource.id, MAX_NAME_BYTES);
        Resource {
            kind: &resource.r#type,
            id: &resource.id,
            attributes: json(
                "action.resource.attributes",
                resource.attributes.as_ref(),
                violations,
            ),
        }
    });
    let context = json("action.context", action.context.as_ref(), violations);
    Action { name: &action.name, resource, context }
}

/// What conditions may read; nothing where nothing was said.
fn json(field: &str, given: Option<&Struct>, violations: &mut Violations) -> JsonObject {
    given.map_or_else(JsonObject::new, |given| {
        structs::to_json(given).unwrap_or_else(|| {
            violations.add(field, "holds a number that is not finite, or a value of no kind");
            JsonObject::new()
        })
    })
}

fn requirement<'a>(
    asked: &'a v1::Requirement,
    violations: &mut Violations,
) -> Option<AskedRequirement<'a>> {
    violations.bound("requirement.organization", &asked.organization, MAX_NAME_BYTES);
    Some(AskedRequirement {
        roles: names("roles", &asked.roles, violations),
        permissions: names("permissions", &asked.permissions, violations),
        features: names("features", &asked.features, violations),
        plans: names("plans", &asked.plans, violations),
        organization: Some(&*asked.organization).filter(|name| !name.is_empty()),
        reverification: match &asked.reverification {
            None => None,
            // One that cannot be read must not become one that is not asked for.
            Some(asked) => Some(reverification(asked, violations)?),
        },
        scopes: names("scopes", &asked.scopes, violations),
        credentials: credentials("requirement.credentials", &asked.credentials, violations),
    })
}

/// The kinds of credential that are named; `None` where none is.
pub(super) fn credentials(
    field: &str,
    names: &[String],
    violations: &mut Violations,
) -> Option<CredentialKinds> {
    if names.len() > MAX_NAMES {
        violations.add(field, format!("has more than {MAX_NAMES}"));
        return None;
    }
    let mut kinds = CredentialKinds::NONE;
    for (index, name) in names.iter().enumerate() {
        match CredentialKind::from_name(name) {
            Some(kind) => kinds = kinds.union(CredentialKinds::of(kind)),
            None => violations.add(
                format_args!("{field}[{index}]"),
                "must be `session_token`, `api_key`, `m2m_token` or `oauth_token`",
            ),
        }
    }
    (!kinds.is_empty()).then_some(kinds)
}

fn names<'a>(field: &str, names: &'a [String], violations: &mut Violations) -> Vec<&'a str> {
    if names.len() > MAX_NAMES {
        violations.add(format_args!("requirement.{field}"), format!("has more than {MAX_NAMES}"));
        return Vec::new();
    }
    for (index, name) in names.iter().enumerate() {
        let field = format_args!("requirement.{field}[{index}]");
        if name.is_empty() {
            violations.add(field, "is empty");
        }
        violations.bound(field, name, MAX_NAME_BYTES);
    }
    names.iter().map(String::as_str).collect()
}

fn reverification(
    asked: &v1::Reverification,
    violations: &mut Violations,
) -> Option<Reverification> {
    const FIELD: &str = "requirement.reverification";
    match &asked.kind {
        None => {
            violations.add(FIELD, "one of `preset` and `window` must be set");
            None
        }
        Some(Kind::Preset(name)) => {
            let preset = Preset::from_name(name);
            if preset.is_none() {
                let field = format_args!("{FIELD}.preset");
                violations.add(field, "must be `strict_mfa`, `strict`, `moderate` or `lax`");
            }
            preset.map(Reverification::Preset)
        }
        Some(Kind::Window(window)) => {
            let level = Level::from_name(&window.level);
            if level.is_none() {
                let field = format_args!("{FIELD}.window.level");
                let levels = "must be `first_factor`, `second_factor` or `multi_factor`";
                violations.add(field, levels);
            }
            let after_minutes = NonZeroU32::new(window.after_minutes);
            if after_minutes.is_none() {
                let field = format_args!("{FIELD}.window.after_minutes");
                violations.add(field, "must be at least 1");
            }
            Some(Reverification::Window { level: level?, after_minutes: after_minutes? })
        }
    }
}
