use super::{CannotTell, LoggedDecision, LoggedEffect, RecordedIdentity, Replay, Report};
use crate::{
    core::{
        clock::Timestamp,
        id::{InstanceName, SessionId, UserId},
        identity::{Actor, Caller, SignedClaims, User},
        machine::{Machine, MachineKind},
    },
    policy::{
        Policy, Source,
        tests::people::{member, somebody, verified},
    },
};
use serde_json::{Value, json};
use std::time::Duration;

fn policy(routes: &str) -> Policy {
    let text = format!("version: 1\nroutes:\n{routes}");
    Policy::load(Source::new("policy.yaml", &text)).unwrap_or_else(|errors| panic!("{errors}"))
}

fn identity(user: &User) -> String {
    RecordedIdentity::from(Caller::User(user)).to_json()
}

/// A decision about `GET shop.test/a` with these fields changed; `null` takes one out.
fn line(changes: &Value) -> String {
    let mut fields = json!({
        "target": "bailiff::decision",
        "effect": "allow",
        "reason": "allowed",
        "rule": "/a",
        "asker": "api",
        "instance": "shop",
        "method": "GET",
        "host": "shop.test",
        "path": "/a",
        "scheme": "https",
        "at_ms": 1_800_000_000_000_i64,
    });
    for (name, value) in changes.as_object().unwrap() {
        fields[name] = value.clone();
    }
    let fields = fields.as_object().unwrap().iter().filter(|(_, value)| !value.is_null());
    let fields: serde_json::Map<String, Value> =
        fields.map(|(name, value)| (name.clone(), value.clone())).collect();
    Value::Object(fields).to_string()
}

fn replay(routes: &str, lines: &[String]) -> Report {
    let policy = policy(routes);
    let mut replay = Replay::new(&policy, 2);
    for line in lines {
        replay.line(line);
    }
    replay.finish()
}

/// What comes of one line: `same`, `cannot tell: …`, or what it would change to.
fn replayed(routes: &str, changes: &Value) -> String {
    let report = replay(routes, &[line(changes)]);
    match (&*report.changes, &*report.unknown) {
        ([], []) if report.same == 1 => "same".to_owned(),
        ([], [unknown]) => format!("cannot tell: {:?}", unknown.why),
        ([change], []) => format!("{} {}", change.kind.to.as_str(), change.reason_after),
        other => panic!("{other:?}, {} malformed", report.malformed),
    }
}

#[test]
fn somebody_who_was_identified_is_judged_anew() {
    let reader = identity(&member("org:member", &["org:a:read"]));
    for (routes, expected) in [
        ("  /a: signed_in", "same"),
        ("  /a: public", "same"),
        ("  /a: { permission: org:a:read }", "same"),
        ("  /a: { permission: org:a:write }", "deny permission"),
        ("  /a: { role: org:admin }", "deny role"),
        ("  /a: denied", "deny denied"),
        ("  /b: signed_in", "deny no_route"),
        ("  /a: { POST: signed_in }", "deny no_route"),
        ("  /A: signed_in", "deny ambiguous_path"),
        ("  /a: { role: org:admin, mode: shadow }", "same"),
    ] {
        assert_eq!(replayed(routes, &json!({ "identity": reader })), expected, "{routes}");
    }
}

#[test]
fn an_identity_may_be_an_object_as_well_as_text() {
    let reader: Value = serde_json::from_str(&identity(&member("org:member", &[]))).unwrap();
    assert_eq!(replayed("  /a: { role: org:member }", &json!({ "identity": reader })), "same");
}

#[test]
fn a_refusal_for_a_token_stays_where_somebody_is_asked_for() {
    for reason in ["signed_out", "token_expired", "session_pending", "keys_unavailable"] {
        let refused = json!({ "effect": "deny", "reason": reason });
        assert_eq!(replayed("  /a: signed_in", &refused), "same", "{reason}");
        assert_eq!(replayed("  /a: { role: org:admin }", &refused), "same", "{reason}");
        assert_eq!(replayed("  /a: public", &refused), "allow allowed", "{reason}");
        assert_eq!(replayed("  /a: optional", &refused), "allow allowed", "{reason}");
    }
}

#[test]
fn a_browser_that_was_sent_elsewhere_still_is() {
    let sent = json!({ "effect": "redirect", "reason": "session_stale", "asker": "browser" });
    assert_eq!(replayed("  /a: signed_in", &sent), "same");
    assert_eq!(replayed("  /b: signed_in", &sent), "deny no_route");
    let let_in = json!({ "asker": "browser" });
    assert_eq!(replayed("  /a: signed_in", &let_in), "redirect signed_out");
}

#[test]
fn what_nobody_was_asked_for_is_not_guessed() {
    let anyone = json!({ "instance": null });
    assert_eq!(replayed("  /a: signed_in", &anyone), "cannot tell: NobodyAsked");
    assert_eq!(replayed("  /a: public", &anyone), "same");
    assert_eq!(replayed("  /a: optional", &anyone), "same");
    assert_eq!(replayed("  /a: denied", &anyone), "deny denied");
    let no_route =
        json!({ "instance": null, "effect": "deny", "reason": "no_route", "rule": null });
    assert_eq!(replayed("  /a: signed_in", &no_route), "cannot tell: NobodyAsked");
    assert_eq!(replayed("  /a: public", &no_route), "allow allowed");
    assert_eq!(replayed("  /b: public", &no_route), "same");
}

#[test]
fn a_credential_that_was_not_looked_into_is_not_guessed() {
    let refused = json!({ "effect": "deny", "reason": "credential_kind" });
    assert_eq!(replayed("  /a: signed_in", &refused), "same");
    let taken = "  /a: { credential: api_key }";
    assert_eq!(replayed(taken, &refused), "cannot tell: CredentialNotLookedInto");
}

#[test]
fn machines_are_judged_anew() {
    let machine = Machine {
        instance: InstanceName::new("shop"),
        kind: MachineKind::ApiKey,
        id: "ak_1".into(),
        subject: "user_1".into(),
        user: Some(UserId::new("user_1")),
        organization: None,
        client: None,
        name: Some("ci".into()),
        scopes: ["a:read".into()].into(),
        actor: None,
        claims: SignedClaims::new(r#"{"secret":1}"#),
        as_of: None,
        expires_at: None,
    };
    let recorded = RecordedIdentity::from(Caller::Machine(&machine)).to_json();
    assert!(!recorded.contains("secret"), "{recorded}");
    let logged = json!({ "identity": recorded });
    for (routes, expected) in [
        ("  /a: { credential: api_key }", "same"),
        ("  /a: { credential: api_key, scope: a:read }", "same"),
        ("  /a: { credential: api_key, scope: a:write }", "deny scope"),
        ("  /a: signed_in", "deny credential_kind"),
    ] {
        assert_eq!(replayed(routes, &logged), expected, "{routes}");
    }
}

#[test]
fn outcomes_that_hang_on_no_policy_stay() {
    for reason in ["ambiguous_host", "malformed_request", "internal_error", "misconfigured"] {
        let refused = json!({ "effect": "deny", "reason": reason, "instance": null });
        assert_eq!(replayed("  /a: public", &refused), "same", "{reason}");
    }
    let two_readings = json!({ "effect": "deny", "reason": "ambiguous_path", "path": null });
    assert_eq!(replayed("  /a: public", &two_readings), "same");
    let letter_case = json!({ "effect": "deny", "reason": "ambiguous_path", "instance": null });
    assert_eq!(replayed("  /a: public", &letter_case), "allow allowed");
    let asked = json!({ "method": null, "host": null, "path": null, "rule": null });
    assert_eq!(replayed("  /a: public", &asked), "same");
}

#[test]
fn actions_and_what_the_proxy_adds_are_decided_anew() {
    let reader = identity(&member("org:member", &[]));
    let action =
        json!({ "method": null, "host": null, "path": null, "action": "x", "identity": reader });
    let with = |actions: &str| format!("  /a: signed_in\nactions: {actions}");
    assert_eq!(replayed(&with("{ x: { role: org:member } }"), &action), "same");
    assert_eq!(replayed(&with("{ x: { role: org:admin } }"), &action), "deny role");
    assert_eq!(replayed(&with("{ y: signed_in }"), &action), "deny unknown_action");
    let also = json!({ "also_require": "{ role: org:member }", "identity": reader });
    assert_eq!(replayed("  /a: signed_in", &also), "same");
    let also = json!({ "also_action": "x", "identity": reader });
    assert_eq!(replayed(&with("{ x: { role: org:admin } }"), &also), "deny role");
}

#[test]
fn a_preflight_is_one_again() {
    let preflight =
        json!({ "method": "OPTIONS", "preflight": true, "instance": null, "rule": "preflight /a" });
    assert_eq!(replayed("  /a: { GET: signed_in, preflight: allow }", &preflight), "same");
    assert_eq!(replayed("  /a: { GET: signed_in }", &preflight), "deny no_route");
}

#[test]
fn conditions_are_worked_out_where_the_log_holds_what_they_read() {
    let reader = identity(&member("org:member", &[]));
    let logged = json!({ "identity": reader });
    let header = "\"request.headers['x'] == 'a'\"";
    let rule = |text: &str| format!("  /{{x}}: {{ {} }}", text.replace("HEADER", header));
    for (text, expected) in [
        ("if: params.x == 'a' && request.method == 'GET'", "same"),
        ("if: params.x == 'b'", "deny condition"),
        ("if: identity.organization.slug == 'acme'", "same"),
        ("if: now > 1800000001", "deny condition"),
        ("if: HEADER", "cannot tell: Condition"),
        ("if: \"'x' in request.query\"", "cannot tell: Condition"),
        ("if: identity.claims.x == 1", "cannot tell: Condition"),
        // What fails anyway fails whatever the condition says, and what holds anyway holds.
        ("role: org:admin, if: HEADER", "deny role"),
        ("any: [ { if: HEADER }, { role: org:member } ]", "same"),
        ("any: [ { if: HEADER }, { role: org:x } ]", "cannot tell: Condition"),
        ("not: { if: HEADER }", "cannot tell: Condition"),
        ("if: HEADER, mode: shadow", "same"),
        ("reverification: strict, if: HEADER", "cannot tell: Condition"),
    ] {
        assert_eq!(replayed(&rule(text), &logged), expected, "{text}");
    }
}

#[test]
fn ages_are_those_at_the_moment_of_the_decision() {
    let at = Timestamp::from_unix_seconds(1_800_000_000);
    let before = |minutes: u64| at.minus(Duration::from_secs(minutes * 60));
    let user = User {
        session: SessionId::make(before(90), "a"),
        claims_as_of: Some(before(1)),
        ..verified(somebody(), 20.0, -1.0)
    };
    let logged = json!({ "identity": identity(&user) });
    for (asks, expected) in [
        ("session_max_age: 91m", "same"),
        ("session_max_age: 90m", "deny session_too_old"),
        ("first_factor_within: 22m", "same"),
        ("first_factor_within: 21m", "deny first_factor_stale"),
    ] {
        assert_eq!(replayed(&format!("  /a: {{ {asks} }}"), &logged), expected, "{asks}");
    }
    // A line that does not say of which moment the ages are.
    let undated = json!({ "identity": identity(&User { claims_as_of: None, ..user }) });
    let asks = "  /a: { any: [ { role: x }, { first_factor_within: 22m } ] }";
    assert_eq!(replayed(asks, &undated), "cannot tell: FactorAges");
    assert_eq!(replayed("  /a: { session_max_age: 91m }", &undated), "same");
    assert_eq!(replayed("  /a: { reverification: lax }", &undated), "same");
    let silent = json!({ "identity": identity(&somebody()) });
    assert_eq!(
        replayed("  /a: { first_factor_within: 22m }", &silent),
        "deny first_factor_unknown"
    );
    assert_eq!(replayed("  /a: { session_max_age: 22m }", &silent), "deny session_age_unknown");
}

#[test]
fn lines_without_the_details_are_counted_and_not_guessed() {
    assert_eq!(replayed("  /a: public", &json!({ "at_ms": null })), "cannot tell: NoDetails");
}

#[test]
fn other_lines_and_broken_ones_are_counted() {
    let lines = [
        r#"{"target":"bailiff::serve","message":"ready"}"#.to_owned(),
        r#"{"message":"no target"}"#.to_owned(),
        "2026-01-01 INFO text".to_owned(),
        "{".to_owned(),
        line(&json!({ "reason": "from_the_future" })),
        line(&json!({ "effect": "maybe" })),
        line(&json!({ "identity": "{}" })),
        line(&json!({ "identity": { "kind": "session_token" } })),
        line(&json!({ "also_require": "{ rôle: x }" })),
        line(&json!({})),
    ];
    let report = replay("  /a: public", &lines);
    assert_eq!((report.lines, report.others, report.malformed), (10, 2, 7));
    assert_eq!((report.decisions, report.same), (1, 1));
}

#[test]
fn changes_are_grouped_with_their_first_examples() {
    let reader = identity(&member("org:member", &[]));
    let mut lines = vec![line(&json!({ "path": "/b", "rule": "/b", "identity": reader }))];
    lines.extend((0..5).map(|_| line(&json!({ "identity": reader }))));
    let report = replay("  /a: { role: org:admin }\n  /b: denied", &lines);
    assert_eq!((report.changed, report.changes.len(), report.more_changes), (6, 2, 0));
    let [first, second] = &*report.changes else { panic!("two groups") };
    assert_eq!((first.count, first.rule_after.as_deref()), (5, Some("/a")));
    assert_eq!(first.kind.to_string(), "allow → deny");
    let examples: Vec<u64> = first.examples.iter().map(|example| example.line).collect();
    assert_eq!(examples, [2, 3]);
    assert_eq!((second.count, second.reason_after), (1, "denied"));
    assert_eq!(second.examples[0].question, "GET shop.test/b");
    assert_eq!(second.examples[0].asker, "user_1");
}

#[test]
fn an_identity_comes_back_as_it_was_recorded() {
    let mut user = verified(member("org:admin", &["org:a:read"]), 4.5, -1.0);
    user.features = crate::core::entitlement::Entitlements::parse("o:a,u:b").unwrap();
    user.actor = Some(Actor { subject: None, claims: r#"{"ticket":"secret"}"#.into() });
    user.claims = SignedClaims::new(r#"{"email":"secret"}"#);
    let recorded = RecordedIdentity::from(Caller::User(&user));
    assert!(!recorded.to_json().contains("secret"));
    let again: RecordedIdentity = serde_json::from_str(&recorded.to_json()).unwrap();
    let back = again.identity().unwrap();
    let back = back.user().unwrap();
    assert_eq!(RecordedIdentity::from(Caller::User(back)), recorded);
    assert_eq!(back.organization, user.organization);
    assert_eq!(back.factor_ages, user.factor_ages);
    assert_eq!(back.features, user.features);
    assert!(back.actor.is_some());
    assert_eq!(
        identity(&somebody()),
        identity(&{
            let recorded: RecordedIdentity = serde_json::from_str(&identity(&somebody())).unwrap();
            recorded.identity().unwrap().user().unwrap().clone()
        })
    );
}

#[test]
fn a_decoded_path_is_asked_about_as_it_was() {
    for path in ["/a b", "/caf\u{e9}", "/a\"b", "/a'(1)*", "/a{b}|c^`<>", "/a,b=c@d!$&+:~_-"] {
        let text = line(&json!({ "path": path }));
        let logged = LoggedDecision::parse(&text).unwrap().unwrap();
        let Some(crate::core::question::Wanted::Http(request)) = logged.wanted() else {
            panic!("a request")
        };
        let parsed = crate::core::path::CanonicalPath::parse(request.path()).unwrap();
        assert_eq!(parsed.as_str(), path);
    }
}

#[test]
fn names_are_those_of_the_log() {
    for effect in [LoggedEffect::Allow, LoggedEffect::Deny, LoggedEffect::Redirect] {
        assert_eq!(json!(effect), json!(effect.as_str()));
    }
    assert_eq!(json!(CannotTell::NoDetails), json!("no_details"));
}
