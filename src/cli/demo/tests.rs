use super::{
    POLICY, POLICY_CLERK,
    guide::{ATTEMPTS, Attempt},
    sample_policy,
};
use crate::{
    core::{
        clock::{Clock as _, SystemClock, Timestamp},
        entitlement::Entitlements,
        host::Host,
        id::{InstanceName, OrganizationId, OrganizationSlug, SessionId, UserId},
        identity::{Caller, SignedClaims, User},
        organization::ActiveOrganization,
        path::CanonicalPath,
        reverification::FactorAges,
    },
    policy::{Access, Facts, Matched, Policy, Routed, Source},
    stand_in::{people, tokens::SessionFacts},
};

fn policy() -> Policy {
    Policy::load(Source::new("policy.yaml", POLICY)).unwrap()
}

fn user(handle: &str) -> User {
    let everyone = people::everyone();
    let person = everyone.iter().find(|person| person.handle == handle).unwrap();
    let SessionFacts { user_id, session_id, organization, plans, features, factor_ages, .. } =
        person.starting_facts("sess_1");
    #[expect(clippy::cast_precision_loss, reason = "minutes are small")]
    let ages =
        factor_ages.map(|[first, second]| FactorAges::from_claim(first as f64, second as f64));
    User {
        instance: InstanceName::new("demo"),
        id: UserId::new(&user_id),
        session: SessionId::new(&session_id),
        organization: organization.map(|active| ActiveOrganization {
            id: OrganizationId::new(&active.id),
            slug: active.slug.as_deref().map(OrganizationSlug::new),
            role: Some(active.role.into()),
            permissions: Some(active.permissions.into_iter().map(Into::into).collect()),
        }),
        features: Entitlements::parse(&features.join(",")).unwrap(),
        plans: Entitlements::parse(&plans.join(",")).unwrap(),
        factor_ages: ages.and_then(Result::ok),
        actor: None,
        issued_at: None,
        claims_as_of: None,
        expires_at: Timestamp::from_unix_seconds(0),
        claims: SignedClaims::new("{}"),
    }
}

/// The status and, for a refusal, the reason that the sample policy gives.
fn decided(policy: &Policy, attempt: &Attempt) -> (u16, Option<&'static str>) {
    let host = Host::parse("localhost:10000").unwrap();
    let Ok(path) = CanonicalPath::parse(attempt.path) else {
        return (400, Some("ambiguous_path"));
    };
    let Routed::Rule(Matched { rule, .. }) = policy.route(&host, &path, attempt.method) else {
        return (403, Some("no_route"));
    };
    match (&rule.access, attempt.person) {
        (Access::Public | Access::Optional, _) => (200, None),
        (Access::Denied, _) => (403, Some("denied")),
        (Access::Required(_), None) if attempt.browser => (302, None),
        (Access::Required(_), None) => (401, Some("signed_out")),
        (Access::Required(requirement), Some(handle)) => {
            match requirement
                .evaluate(&Facts::of_caller(Caller::User(&user(handle)), SystemClock.now()))
            {
                Ok(()) => (200, None),
                Err(refusal) => (403, Some(refusal.reason.code())),
            }
        }
    }
}

#[test]
fn every_command_of_the_guide_gets_the_answer_it_promises() {
    let policy = policy();
    for attempt in ATTEMPTS {
        // What Envoy makes of dot segments, no policy can tell.
        if attempt.path.contains("%2e") {
            continue;
        }
        let (status, reason) = decided(&policy, &attempt);
        assert_eq!(status, attempt.status, "{attempt:?}");
        if let Some(reason) = reason {
            assert_eq!(reason, attempt.reason, "{attempt:?}");
        }
    }
}

#[test]
fn the_action_of_the_guide_is_in_the_policy() {
    let policy = policy();
    let rule = policy.action("invoice.refund").unwrap();
    let Access::Required(requirement) = &rule.access else { panic!("{rule:?}") };
    assert!(
        requirement
            .evaluate(&Facts::of_caller(Caller::User(&user("boss")), SystemClock.now()))
            .is_ok()
    );
    assert!(
        requirement
            .evaluate(&Facts::of_caller(Caller::User(&user("reader")), SystemClock.now()))
            .is_err()
    );
}

#[test]
fn browsers_are_sent_to_the_demos_own_pages() {
    assert!(POLICY.contains(POLICY_CLERK));
    let policy = sample_policy("http://localhost:7");
    assert!(!policy.contains(POLICY_CLERK), "its own cases expect them there too");
    assert!(policy.contains("sign_in: http://localhost:7/sign-in\n"));
    assert!(policy.contains("organization_selection: http://localhost:7/organization-selection\n"));
    assert!(Policy::load(Source::new("policy.yaml", &policy)).is_ok());
}
