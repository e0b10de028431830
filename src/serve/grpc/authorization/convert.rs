//! [`Outcome`] to `AuthorizeResponse`.

#[cfg(test)]
mod tests;

use crate::serve::grpc::{structs, timestamp};
use crate::{
    authorizer::outcome::Outcome,
    core::{
        asker::Asker,
        decision::{self, Effect, Upstream},
        entitlement::Entitlements,
        id::{OrganizationId, UserId},
        identity::{self, Caller, User},
        machine::Machine,
        organization::ActiveOrganization,
        reverification,
    },
    pb::v1::{
        Actor, AuthorizeResponse, Decision, Effect as SentEffect, FactorAges, HttpAnswer,
        HttpHeader, Identity, MachineIdentity, Organization, UpstreamHeaders,
    },
    serve::respond::{self, Disclosure, is_header_value},
};
use std::borrow::Cow;

/// The answer to one question.
pub(super) fn response(outcome: Outcome, disclosure: Disclosure) -> AuthorizeResponse {
    let identity = outcome.identity.caller().map(identity);
    AuthorizeResponse {
        decision: Some(decision(outcome.decision, disclosure)),
        identity,
        ..AuthorizeResponse::default()
    }
}

fn decision(decision: decision::Decision, disclosure: Disclosure) -> Decision {
    let http_answer = respond::answer(&decision, disclosure).map(answer);
    let mut redirect = String::new();
    let mut upstream = None;
    let effect = match decision.effect {
        Effect::Allow(changes) => {
            upstream = Some(upstream_headers(changes));
            SentEffect::Allow
        }
        Effect::Redirect(location) if decision.asker == Asker::Browser => {
            location.as_str().clone_into(&mut redirect);
            SentEffect::Redirect
        }
        // Nobody but a browser is redirected, and `http_answer` says so too.
        Effect::Deny(_) | Effect::Redirect(_) => SentEffect::Deny,
    };
    let cookies = decision.set_cookies.into_iter().filter(|cookie| is_header_value(cookie));
    Decision {
        effect: effect.into(),
        reason: decision.reason.code().to_owned(),
        rule: decision.rule.map_or_else(String::new, |rule| rule.as_str().to_owned()),
        message: decision.message.into_owned(),
        policy_revision: decision.revision.as_str().to_owned(),
        redirect,
        upstream,
        http_answer,
        set_cookies: cookies.map(String::from).collect(),
        valid_until: decision.valid_until.map(timestamp),
    }
}

fn answer(answer: respond::HttpAnswer) -> HttpAnswer {
    let header = |(name, value): (&str, Cow<'static, str>)| HttpHeader {
        name: name.to_owned(),
        value: value.into_owned(),
    };
    HttpAnswer {
        status: answer.status.as_u16().into(),
        headers: answer.headers.into_iter().map(header).collect(),
        body: answer.body.into_owned(),
    }
}

fn upstream_headers(upstream: Upstream) -> UpstreamHeaders {
    let Upstream { set, remove } = respond::sendable(upstream);
    let header =
        |(name, value): (Box<str>, Box<str>)| HttpHeader { name: name.into(), value: value.into() };
    UpstreamHeaders {
        set: set.into_iter().map(header).collect(),
        remove: remove.into_iter().map(String::from).collect(),
    }
}

/// Who asked.
pub(super) fn identity(caller: Caller<'_>) -> Identity {
    match caller {
        Caller::User(user) => signed_in(user),
        Caller::Machine(machine) => Identity {
            actor: machine.actor.as_ref().map(actor),
            instance: machine.instance.as_str().to_owned(),
            expires_at: machine.expires_at.map(timestamp),
            machine: Some(machine_identity(machine)),
            ..Identity::default()
        },
    }
}

fn machine_identity(machine: &Machine) -> MachineIdentity {
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    MachineIdentity {
        kind: machine.kind.as_str().to_owned(),
        id: machine.id.to_string(),
        subject: machine.subject.to_string(),
        user_id: text(machine.user.as_ref().map(UserId::as_str)),
        organization_id: text(machine.organization.as_ref().map(OrganizationId::as_str)),
        client_id: text(machine.client.as_deref()),
        name: text(machine.name.as_deref()),
        scopes: machine.scopes.iter().map(ToString::to_string).collect(),
    }
}

fn signed_in(user: &User) -> Identity {
    let texts = |held: &Entitlements| held.iter().map(|element| element.text.to_string()).collect();
    Identity {
        user_id: user.id.as_str().to_owned(),
        session_id: user.session.as_str().to_owned(),
        organization: user.organization.as_ref().map(organization),
        features: texts(&user.features),
        plans: texts(&user.plans),
        factor_ages: user.factor_ages.map(factor_ages),
        actor: user.actor.as_ref().map(actor),
        instance: user.instance.as_str().to_owned(),
        expires_at: Some(timestamp(user.expires_at)),
        machine: None,
    }
}

fn organization(active: &ActiveOrganization) -> Organization {
    Organization {
        id: active.id.as_str().to_owned(),
        slug: active.slug.as_ref().map_or_else(String::new, |slug| slug.as_str().to_owned()),
        role: active.role.as_deref().unwrap_or_default().to_owned(),
        permissions: active.permissions.iter().flatten().map(ToString::to_string).collect(),
    }
}

fn factor_ages(ages: reverification::FactorAges) -> FactorAges {
    FactorAges {
        first_minutes: ages.first.map(whole_minutes),
        second_minutes: ages.second.map(whole_minutes),
    }
}

/// Rounded up: a verification must not look fresher than it is.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "ages are at least 0, and the conversion saturates"
)]
fn whole_minutes(age: f64) -> u32 {
    age.ceil() as u32
}

fn actor(actor: &identity::Actor) -> Actor {
    Actor {
        subject: actor.subject.as_ref().map_or_else(String::new, |id| id.as_str().to_owned()),
        claims: structs::from_json(&actor.claims),
    }
}
