//! Outcomes for the tests of the doors.

use crate::{
    authorizer::outcome::Outcome,
    core::{
        asker::Asker,
        clock::Timestamp,
        decision::{Decision, Denial, Effect, Upstream},
        entitlement::Entitlements,
        id::{InstanceName, OrganizationId, OrganizationSlug, Revision, RuleId, SessionId, UserId},
        identity::{Actor, Identity, SignedClaims, User},
        location::Location,
        machine::{Machine, MachineKind},
        organization::ActiveOrganization,
        reason::Reason,
        reverification::FactorAges,
    },
};
use std::sync::Arc;

/// A decision with nothing in it but effect, reason and asker.
pub(crate) fn decision(effect: Effect, reason: Reason, asker: Asker) -> Decision {
    Decision {
        effect,
        reason,
        message: reason.meaning().into(),
        rule: None,
        revision: Revision::new("r1"),
        asker,
        set_cookies: Vec::new(),
        valid_until: None,
        presentation: None,
    }
}

/// A refusal.
pub(crate) fn deny(reason: Reason, asker: Asker) -> Decision {
    decision(Effect::Deny(Denial::plain()), reason, asker)
}

/// A redirect to the sign-in page.
pub(crate) fn redirect(asker: Asker) -> Decision {
    let location = Location::parse("https://shop.test/sign-in?redirect_url=x%0Dy").unwrap();
    decision(Effect::Redirect(location), Reason::SignedOut, asker)
}

/// An allow that sets and removes these headers.
pub(crate) fn allow(set: &[(&str, &str)], remove: &[&str]) -> Decision {
    let upstream = Upstream {
        set: set.iter().map(|&(name, value)| (name.into(), value.into())).collect(),
        remove: remove.iter().map(|&name| name.into()).collect(),
    };
    decision(Effect::Allow(upstream), Reason::Allowed, Asker::Api)
}

/// Nobody's outcome.
pub(crate) fn nobody(decision: Decision) -> Outcome {
    Outcome { decision, identity: Identity::Nobody, instance: None }
}

/// Ada's outcome, by a rule.
pub(crate) fn somebody(mut decision: Decision) -> Outcome {
    decision.rule = Some(RuleId::new("GET /invoices/{id}"));
    decision.valid_until = Some(Timestamp::from_unix_millis(1_800_000_060_500));
    Outcome {
        decision,
        identity: Identity::User(Arc::new(ada())),
        instance: Some(InstanceName::new("shop")),
    }
}

/// An API key of Ada's that does not end.
pub(crate) fn api_key() -> Machine {
    Machine {
        instance: InstanceName::new("shop"),
        kind: MachineKind::ApiKey,
        id: "ak_1".into(),
        subject: "user_ada".into(),
        user: Some(UserId::new("user_ada")),
        organization: None,
        client: None,
        name: Some("CI".into()),
        scopes: ["events:write".into()].into(),
        actor: None,
        claims: SignedClaims::new("{}"),
        as_of: None,
        expires_at: None,
    }
}

/// A user with everything a token can say.
pub(crate) fn ada() -> User {
    User {
        instance: InstanceName::new("shop"),
        id: UserId::new("user_ada"),
        session: SessionId::new("sess_1"),
        organization: Some(ActiveOrganization {
            id: OrganizationId::new("org_acme"),
            slug: Some(OrganizationSlug::new("acme")),
            role: Some("org:admin".into()),
            permissions: Some(["org:invoices:read".into(), "org:invoices:manage".into()].into()),
        }),
        features: Entitlements::parse("o:reports,u:beta").unwrap(),
        plans: Entitlements::parse("o:pro").unwrap(),
        factor_ages: FactorAges::from_claim(4.2, -1.0).ok(),
        actor: Some(Actor {
            subject: Some(UserId::new("user_support")),
            claims: r#"{"sub":"user_support","ticket":7}"#.into(),
        }),
        issued_at: Some(Timestamp::from_unix_seconds(1_800_000_000)),
        claims_as_of: Some(Timestamp::from_unix_seconds(1_800_000_000)),
        expires_at: Timestamp::from_unix_seconds(1_800_000_060),
        claims: SignedClaims::new(r#"{"sub":"user_ada"}"#),
    }
}
