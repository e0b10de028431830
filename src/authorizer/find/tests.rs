//! What is asked of whom, and which entry refuses.

mod reference;

use super::{Asked, Refused, Verdict, asked};
use crate::{
    authorizer::operator::OperatorRequirements,
    core::{
        clock::Timestamp,
        entitlement::Entitlements,
        header::{Header, Headers, Repeats},
        http_request::{HttpRequest, Scheme},
        id::{InstanceName, OrganizationId, OrganizationSlug, RuleId, SessionId, UserId},
        identity::{Caller, SignedClaims, User},
        machine::{Machine, MachineKind},
        organization::ActiveOrganization,
        peer::Peer,
        question::{
            Action, Also, AskedRequirement, CredentialSource, JsonObject, Question, Wanted,
        },
        reason::Reason,
        reverification::FactorAges,
    },
    policy::{self, Inquiry, Policy, Requirement, Source},
};

/// Whoever asks.
#[derive(Clone, Debug)]
enum Who {
    Nobody,
    User(User),
    Machine(Machine),
}

/// What came of a question.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Came {
    /// The entry that decided; empty where none did.
    rule: String,
    /// `None` where it is allowed.
    refused: Option<Reason>,
    /// What shadow mode would have refused.
    shadow: Vec<(String, Reason)>,
}

/// The moment of every question.
const NOW: Timestamp = Timestamp::from_unix_seconds(1_764_000_000);

fn load(text: &str) -> Policy {
    Policy::load(Source::new("policy.yaml", text)).unwrap_or_else(|errors| panic!("{errors}"))
}

/// A member of the organization `acme`, with this role and these plans.
fn user(role: &str, plans: &str) -> User {
    User {
        instance: InstanceName::new("shop"),
        id: UserId::new("user_1"),
        session: SessionId::new("sess_1"),
        organization: Some(ActiveOrganization {
            id: OrganizationId::new("org_1"),
            slug: Some(OrganizationSlug::new("acme")),
            role: Some(role.into()),
            permissions: None,
        }),
        features: Entitlements::default(),
        plans: Entitlements::parse(plans).unwrap(),
        factor_ages: FactorAges::from_claim(1.0, 1.0).ok(),
        actor: None,
        issued_at: None,
        claims_as_of: Some(NOW),
        expires_at: Timestamp::from_unix_seconds(60),
        claims: SignedClaims::new("{}"),
    }
}

fn machine(kind: MachineKind, scopes: &[&str]) -> Machine {
    Machine {
        instance: InstanceName::new("shop"),
        kind,
        id: "ak_1".into(),
        subject: "org_1".into(),
        user: None,
        organization: Some(OrganizationId::new("org_1")),
        client: None,
        name: None,
        scopes: scopes.iter().map(|&scope| scope.into()).collect(),
        actor: None,
        claims: SignedClaims::new("{}"),
        as_of: None,
        expires_at: None,
    }
}

fn key(scopes: &[&str]) -> Who {
    Who::Machine(machine(MachineKind::ApiKey, scopes))
}

fn member(plans: &str) -> Who {
    Who::User(user("org:member", plans))
}

/// Puts a request to a policy, as the pipeline does.
fn put(
    policy: &Policy,
    method: &str,
    address: &str,
    headers: &[(&str, &str)],
    also: Also<'_>,
    who: &Who,
) -> Came {
    let (host, target) = address.split_once('/').unwrap();
    let target = format!("/{target}");
    let lines = headers.iter().map(|&(name, value)| Header { name, value: value.as_bytes() });
    let wanted = Wanted::Http(HttpRequest {
        method,
        scheme: Scheme::Https,
        authority: if host.is_empty() { "shop.test" } else { host },
        target: &target,
        headers: Headers::new(lines.collect(), Repeats::Separate),
        peer: None,
    });
    came_of(policy, wanted, also, who)
}

fn came_of(policy: &Policy, wanted: Wanted<'_>, also: Also<'_>, who: &Who) -> Came {
    let at_once = at_once(policy, &wanted, also, who);
    let came = step_by_step(policy, wanted, also, who);
    assert_eq!(at_once, (came.rule.clone(), came.refused), "decided at once: {who:?}");
    came
}

/// The same decided in one step, as explanations and replays do.
fn at_once(
    policy: &Policy,
    wanted: &Wanted<'_>,
    also: Also<'_>,
    who: &Who,
) -> (String, Option<Reason>) {
    let require = also.require.map(|text| Requirement::parse(&Source::new("require", text)));
    let Ok(require) = require.transpose() else {
        return (String::new(), Some(Reason::Misconfigured));
    };
    let ruling = policy.rule_on(&Inquiry {
        wanted,
        who: match who {
            Who::Nobody => policy::Who::Nobody(Reason::SignedOut),
            Who::User(user) => policy::Who::Caller(Caller::User(user)),
            Who::Machine(machine) => policy::Who::Caller(Caller::Machine(machine)),
        },
        also_action: also.action,
        also_require: require.as_ref(),
        peer: Peer::UNKNOWN,
        now: NOW,
    });
    let rule = ruling.rule.map_or_else(String::new, |rule| rule.to_string());
    (rule, ruling.verdict.err().map(|refusal| refusal.reason))
}

fn step_by_step(policy: &Policy, wanted: Wanted<'_>, also: Also<'_>, who: &Who) -> Came {
    let question = Question {
        credential: CredentialSource::Request,
        instance: None,
        wanted,
        also,
        peer: Peer::UNKNOWN,
    };
    let asked = match asked(&question, policy, &OperatorRequirements::new()) {
        Ok(asked) => asked,
        Err(stop) => {
            return Came { rule: String::new(), refused: Some(stop.reason), shadow: Vec::new() };
        }
    };
    let Verdict { enforced, shadow } = judge(&asked, &question, who);
    let name = |rule: Option<&RuleId>| rule.map_or_else(String::new, ToString::to_string);
    let told = |refused: &Refused| (name(refused.rule.as_ref()), refused.refusal.reason);
    let (rule, refused) = match &enforced {
        Ok(()) => (name(asked.rule()), None),
        Err(refused) => (name(refused.rule.as_ref()), Some(refused.refusal.reason)),
    };
    Came { rule, refused, shadow: shadow.iter().map(told).collect() }
}

fn judge(asked: &Asked<'_, '_>, question: &Question<'_>, who: &Who) -> Verdict {
    let now = NOW;
    if !asked.wants_identity() {
        return asked.judge_anyone();
    }
    match who {
        Who::Nobody => asked.judge_nobody(Reason::SignedOut),
        Who::User(user) => asked.judge_caller(Caller::User(user), question, now),
        Who::Machine(machine) => asked.judge_caller(Caller::Machine(machine), question, now),
    }
}

/// The rule that decided about a request, and why it refused.
fn decided(policy: &Policy, request: &str, who: &Who) -> (String, Option<Reason>) {
    let (method, address) = request.split_once(' ').unwrap();
    let Came { rule, refused, .. } = put(policy, method, address, &[], Also::default(), who);
    (rule, refused)
}

const GUARDED: &str = "version: 1
unlisted: signed_in
routes:
  /open: public
  /home: optional
  /closed: denied
  /members: signed_in
  /admin: { role: org:admin }
  /ingest: { credential: api_key, scope: write }
  /asked: public
guards:
  deletes: { methods: [DELETE], require: { plan: pro } }
  fresh: { methods: [PUT], require: { reverification: lax } }
  asked: { paths: [/asked], require: { plan: pro }, even_public: true }
";

#[test]
fn a_refusal_by_a_guard_names_the_guard() {
    let policy = load(GUARDED);
    let (free, pro) = (member("o:free"), member("o:pro"));
    let stale = Who::User(User { factor_ages: None, ..user("org:member", "o:pro") });
    for (request, who, rule, refused) in [
        ("GET /members", &free, "/members", None),
        ("DELETE /members", &free, "guard deletes", Some(Reason::Plan)),
        ("DELETE /members", &pro, "/members", None),
        ("PUT /members", &stale, "guard fresh", Some(Reason::Reverification)),
        ("DELETE /elsewhere", &free, "guard deletes", Some(Reason::Plan)),
        ("DELETE /elsewhere", &pro, "unlisted", None),
        // The rule's own requirement, where it is the first by reason.
        ("DELETE /admin", &free, "/admin", Some(Reason::Role)),
        ("DELETE /admin", &pro, "/admin", Some(Reason::Role)),
        // A machine that the rule lets in meets guards like anybody.
        ("POST /ingest", &key(&["write"]), "/ingest", None),
        ("POST /ingest", &key(&[]), "/ingest", Some(Reason::Scope)),
        ("DELETE /ingest", &key(&["write"]), "guard deletes", Some(Reason::CredentialKind)),
        // Whoever is not signed in is told so by the rule.
        ("DELETE /members", &Who::Nobody, "/members", Some(Reason::SignedOut)),
        ("DELETE /closed", &pro, "/closed", Some(Reason::Denied)),
    ] {
        assert_eq!(decided(&policy, request, who), (rule.to_owned(), refused), "{request} {who:?}");
    }
}

#[test]
fn a_guard_over_what_asks_nobody_asks_who_is_there() {
    let policy = load(GUARDED);
    let (free, pro) = (member("o:free"), member("o:pro"));
    for (request, who, rule, refused) in [
        ("GET /home", &Who::Nobody, "/home", None),
        ("DELETE /home", &Who::Nobody, "guard deletes", Some(Reason::SignedOut)),
        ("DELETE /home", &free, "guard deletes", Some(Reason::Plan)),
        ("DELETE /home", &pro, "/home", None),
        ("GET /asked", &Who::Nobody, "guard asked", Some(Reason::SignedOut)),
        ("GET /asked", &free, "guard asked", Some(Reason::Plan)),
        ("GET /asked", &pro, "/asked", None),
        // What is open to everyone stays open under a guard that does not say where it stands.
        ("DELETE /open", &Who::Nobody, "/open", None),
    ] {
        assert_eq!(decided(&policy, request, who), (rule.to_owned(), refused), "{request} {who:?}");
    }
}

#[test]
fn what_the_proxy_adds_lets_no_machine_in_that_the_rule_does_not() {
    let policy = load(
        "version: 1
routes: { /open: public, /home: optional, /members: signed_in, /keys: { credential: api_key } }
actions: { push: { credential: api_key, scope: write } }
",
    );
    let credential =
        Also { require: Some("{ credential: api_key }"), action: None, ..Also::default() };
    let either = Also {
        require: Some("{ any: [{ credential: api_key }, signed_in] }"),
        action: None,
        ..Also::default()
    };
    let push = Also { require: None, action: Some("push"), ..Also::default() };
    let key = key(&["write"]);
    for also in [credential, either, push] {
        for path in ["/open", "/home", "/members"] {
            let came = put(&policy, "GET", path, &[], also, &key);
            assert_eq!(came.refused, Some(Reason::CredentialKind), "{path} {also:?}");
        }
        assert_eq!(put(&policy, "GET", "/keys", &[], also, &key).refused, None, "{also:?}");
    }
    let came = put(&policy, "GET", "/members", &[], push, &member(""));
    assert_eq!((&*came.rule, came.refused), ("action push", Some(Reason::CredentialKind)));
    let asked = Wanted::Requirement(AskedRequirement::default());
    assert_eq!(came_of(&policy, asked.clone(), Also::default(), &member("")).refused, None);
    let refused = came_of(&policy, asked, Also::default(), &key).refused;
    assert_eq!(refused, Some(Reason::CredentialKind));
}

const SHADOWED: &str = "version: 1
routes:
  /open: public
  /home: optional
  /members: signed_in
  /admin: { role: org:admin, mode: shadow }
  /ingest: { credential: api_key, scope: write, mode: shadow }
  /never: { all: [denied], mode: shadow }
actions:
  refund: { role: org:admin, mode: shadow }
guards:
  real: { methods: [DELETE], require: { plan: pro } }
  tried: { require: { plan: pro }, mode: shadow }
";

#[test]
fn shadow_mode_refuses_nothing_but_tells_what_it_would() {
    let policy = load(SHADOWED);
    let (free, pro) = (member("o:free"), member("o:pro"));
    let plan = ("guard tried", Reason::Plan);
    let kind = Reason::CredentialKind;
    for (request, who, refused, shadow) in [
        ("GET /members", &pro, None, &[][..]),
        ("GET /members", &free, None, &[plan]),
        ("GET /admin", &pro, None, &[("/admin", Reason::Role)]),
        ("GET /admin", &free, None, &[("/admin", Reason::Role), plan]),
        ("GET /never", &pro, None, &[("/never", Reason::Denied)]),
        // What stays is that somebody presents a credential of a kind that the rule accepts.
        ("GET /admin", &Who::Nobody, Some(Reason::SignedOut), &[]),
        ("GET /admin", &key(&["write"]), Some(kind), &[]),
        ("GET /ingest", &pro, Some(kind), &[]),
        ("GET /ingest", &key(&["write"]), None, &[("guard tried", kind)]),
        ("GET /ingest", &key(&[]), None, &[("/ingest", Reason::Scope), ("guard tried", kind)]),
        // What is refused anyway makes no difference.
        ("DELETE /members", &free, Some(Reason::Plan), &[]),
        // Everyone is let in there, and a guard would ask who it is.
        ("GET /home", &Who::Nobody, None, &[("guard tried", Reason::SignedOut)]),
        ("GET /home", &free, None, &[plan]),
        ("GET /open", &free, None, &[]),
    ] {
        let (method, path) = request.split_once(' ').unwrap();
        let came = put(&policy, method, path, &[], Also::default(), who);
        let told: Vec<_> = came.shadow.iter().map(|(rule, reason)| (&**rule, *reason)).collect();
        assert_eq!((came.refused, &told[..]), (refused, shadow), "{request} {who:?}");
    }
}

#[test]
fn an_action_in_shadow_mode_is_tried_whoever_names_it() {
    let policy = load(SHADOWED);
    let refund = || {
        let context = JsonObject::new();
        Wanted::Action(Action { name: "refund", resource: None, context })
    };
    let expected = vec![("action refund".to_owned(), Reason::Role)];
    let came = came_of(&policy, refund(), Also::default(), &member("o:pro"));
    assert_eq!((came.refused, &came.shadow), (None, &expected));
    let also = Also { require: None, action: Some("refund"), ..Also::default() };
    let came = put(&policy, "GET", "/members", &[], also, &member("o:pro"));
    assert_eq!((came.refused, &came.shadow), (None, &expected));
    assert_eq!(
        put(&policy, "GET", "/open", &[], also, &Who::Nobody).refused,
        Some(Reason::SignedOut)
    );
    let came = came_of(&policy, refund(), Also::default(), &Who::Nobody);
    assert_eq!(came.refused, Some(Reason::SignedOut));
}

#[test]
fn nobody_is_asked_who_they_are_for_a_preflight() {
    let policy = load(
        "version: 1
preflight: allow
routes: { /a: { role: org:admin }, /b: { role: org:admin } }
guards: { b: { paths: [/b], methods: [OPTIONS], require: { plan: pro } } }
",
    );
    let asking = [("origin", "https://app.test"), ("access-control-request-method", "PUT")];
    let put = |path| put(&policy, "OPTIONS", path, &asking, Also::default(), &Who::Nobody);
    let came = put("/a");
    assert_eq!((&*came.rule, came.refused), ("preflight /a", None));
    let came = put("/b");
    assert_eq!((&*came.rule, came.refused), ("guard b", Some(Reason::SignedOut)));
}
