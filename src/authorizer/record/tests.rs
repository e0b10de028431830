use super::{LogDetail, Recorded, Recorder};
use crate::{
    authorizer::outcome::{Door, Outcome},
    core::{
        asker::Asker,
        clock::Timestamp,
        decision::{Decision, Denial, Effect},
        entitlement::Entitlements,
        header::{Header, Headers, Repeats},
        http_request::{HttpRequest, Scheme},
        id::{InstanceName, Revision, RuleId, SessionId, UserId},
        identity::{Identity, SignedClaims, User},
        peer::Peer,
        question::{Action, Also, CredentialSource, JsonObject, Question, Wanted},
        reason::Reason,
    },
    policy::replay::LoggedDecision,
    telemetry::{
        decision_log::{DecisionLine, DecisionLog, DecisionLogOptions},
        log::LogFormat,
        metrics::Metrics,
        trace::Recording,
    },
};
use serde_json::Value;
use std::{sync::Arc, time::Duration};

fn refused(identity: Identity) -> Outcome {
    Outcome {
        decision: Decision {
            effect: Effect::Deny(Denial::plain()),
            reason: Reason::Role,
            message: "".into(),
            rule: Some(RuleId::new("/a")),
            revision: Revision::new("r"),
            asker: Asker::Api,
            presentation: None,
            set_cookies: Vec::new(),
            valid_until: None,
        },
        identity,
        instance: Some(InstanceName::new("shop")),
    }
}

/// The line that is logged about a question, as the JSON format writes it.
fn logged(wanted: Wanted<'_>, also: Also<'_>, identity: Identity, detail: LogDetail) -> String {
    let question = Question {
        credential: CredentialSource::Request,
        instance: None,
        wanted,
        also,
        peer: Peer::UNKNOWN,
    };
    let outcome = refused(identity);
    let at = Timestamp::from_unix_millis(1_800_000_000_123);
    let recorded = Recorded {
        question: Some(&question),
        outcome: &outcome,
        recording: &Recording::NONE,
        door: Door::ExtAuthz,
        at,
        took: Duration::ZERO,
    };
    let options = DecisionLogOptions::standard(LogFormat::Json);
    DecisionLog::gathered(options, |log| {
        let mut recorder = Recorder::new(Arc::new(Metrics::new().unwrap()));
        (recorder.log, recorder.detail) = (Arc::clone(log), detail);
        recorder.decided(&recorded);
    })
}

#[test]
fn each_door_is_counted_by_its_name() {
    let metrics = Arc::new(Metrics::new().unwrap());
    let recorder = Recorder::new(Arc::clone(&metrics));
    let (outcome, at) = (refused(Identity::Nobody), Timestamp::from_unix_millis(0));
    for (door, times) in Door::ALL.iter().zip(1..) {
        for _ in 0..times {
            let took = Duration::ZERO;
            recorder.decided(&Recorded {
                question: None,
                outcome: &outcome,
                recording: &Recording::NONE,
                door: *door,
                at,
                took,
            });
        }
    }
    let page = metrics.page();
    for (door, times) in ["ext_authz", "authorize", "forward_auth", "authzen"].iter().zip(1..) {
        let line = format!(
            r#"bailiff_decisions_total{{door="{door}",effect="deny",reason="role"}} {times}"#
        );
        assert!(page.lines().any(|found| found == line), "{line} is missing from\n{page}");
    }
}

const SECRET: &str = "s3cret";

fn request<'a>(method: &'a str, target: &'a str) -> Wanted<'a> {
    let lines = [
        Header { name: "authorization", value: SECRET.as_bytes() },
        Header { name: "origin", value: b"https://shop.test" },
        Header { name: "access-control-request-method", value: b"PUT" },
    ];
    Wanted::Http(HttpRequest {
        method,
        scheme: Scheme::Http,
        authority: "shop.test",
        target,
        headers: Headers::new(lines.to_vec(), Repeats::Separate),
        peer: None,
    })
}

fn ada() -> Identity {
    Identity::User(Arc::new(User {
        instance: InstanceName::new("shop"),
        id: UserId::new("user_ada"),
        session: SessionId::new("sess_1"),
        organization: None,
        features: Entitlements::default(),
        plans: Entitlements::parse("u:pro").unwrap(),
        factor_ages: None,
        actor: None,
        issued_at: None,
        claims_as_of: None,
        expires_at: Timestamp::from_unix_seconds(60),
        claims: SignedClaims::new(r#"{"email":"s3cret"}"#),
    }))
}

#[test]
fn a_plain_line_holds_neither_path_nor_plans() {
    let wanted = request("GET", "/a?x=s3cret");
    let line = logged(wanted, Also::default(), ada(), LogDetail::Plain);
    let fields: Value = serde_json::from_str(&line).unwrap();
    for absent in ["path", "identity", "at_ms", "scheme", "preflight", "action"] {
        assert!(fields.get(absent).is_none(), "{absent}: {line}");
    }
    assert!(!line.contains(SECRET), "{line}");
    assert!(!LoggedDecision::parse(&line).unwrap().unwrap().is_replayable());
}

#[test]
fn a_replayable_line_holds_what_was_asked_and_no_secret() {
    let also = Also { require: Some("{ role: org:admin }"), action: Some("x"), ..Also::default() };
    let line = logged(request("GET", "/a%20b?x=s3cret"), also, ada(), LogDetail::Replayable);
    assert!(!line.contains(SECRET), "{line}");
    let fields: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(fields["path"], "/a b");
    assert_eq!(fields["scheme"], "http");
    assert_eq!(fields["at_ms"], 1_800_000_000_123_i64);
    assert!(fields.get("preflight").is_none());
    let read = LoggedDecision::parse(&line).unwrap().unwrap();
    assert_eq!(read.reason, Reason::Role);
    assert_eq!(read.question(), "GET shop.test/a%20b");
    assert_eq!(read.asker(), "user_ada");
    let wanted = read.wanted().unwrap();
    let inquiry = read.inquiry(&wanted);
    assert_eq!(inquiry.also_action, Some("x"));
    assert!(inquiry.also_require.is_some());
    assert_eq!(inquiry.now, Timestamp::from_unix_millis(1_800_000_000_123));
}

#[test]
fn a_path_with_two_readings_is_not_logged() {
    let wanted = request("GET", "/a/../s3cret");
    let line = logged(wanted, Also::default(), Identity::Nobody, LogDetail::Replayable);
    assert!(!line.contains(SECRET), "{line}");
    assert!(LoggedDecision::parse(&line).unwrap().unwrap().is_settled_without_a_policy());
}

#[test]
fn preflights_and_actions_are_told() {
    let also = Also::default;
    let line = logged(request("OPTIONS", "/a"), also(), Identity::Nobody, LogDetail::Replayable);
    let fields: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(fields["preflight"], true);
    let action = Action { name: "invoice.refund", resource: None, context: JsonObject::new() };
    let line = logged(Wanted::Action(action), also(), ada(), LogDetail::Replayable);
    let read = LoggedDecision::parse(&line).unwrap().unwrap();
    assert_eq!(read.question(), "action invoice.refund");
}

#[test]
fn lines_are_valid_by_their_schema() {
    let schema = jsonschema::draft202012::new(&DecisionLine::schema()).unwrap();
    let also =
        || Also { require: Some("{ role: org:admin }"), action: Some("x"), ..Also::default() };
    let action = || {
        Wanted::Action(Action {
            name: "invoice.refund",
            resource: None,
            context: JsonObject::new(),
        })
    };
    for detail in [LogDetail::Plain, LogDetail::Replayable] {
        for (wanted, identity) in [
            (request("OPTIONS", "/a"), Identity::Nobody),
            (request("GET", "/a/../b"), ada()),
            (action(), ada()),
        ] {
            let line = logged(wanted, also(), identity, detail);
            let line: Value = serde_json::from_str(&line).unwrap();
            let mistakes: Vec<String> =
                schema.iter_errors(&line).map(|error| error.to_string()).collect();
            assert!(mistakes.is_empty(), "{mistakes:?}: {line}");
        }
    }
}
