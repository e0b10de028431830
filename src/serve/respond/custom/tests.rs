use crate::{
    core::{
        asker::Asker,
        decision::{Decision, Denial, Effect},
        id::{RequestId, RuleId},
        presentation::{Body, ContentType, CustomResponse, Presentation},
        reason::{Category, Reason},
        reverification::{Preset, Reverification},
        text_template::TextTemplate,
    },
    serve::{
        fixtures::{decision, deny, redirect},
        respond::{Disclosure, HttpAnswer, answer, is_header_value},
    },
};
use http::StatusCode;
use proptest::prelude::*;
use serde_json::Value;
use std::sync::Arc;

const SILENT: Disclosure = Disclosure { rule: false };
const OPEN: Disclosure = Disclosure { rule: true };
const ASKERS: [Asker; 3] = [Asker::Grpc, Asker::Browser, Asker::Api];
const HOSTILE: &str =
    "</p><script>alert('1')</script>\"\\ {reason} {{ \r\nx-evil: 1\u{0}\u{7f}\u{85}";

fn template(text: &str) -> TextTemplate {
    TextTemplate::parse(text).unwrap()
}

fn standard() -> CustomResponse {
    CustomResponse { status: None, message: None, body: None }
}

fn status(code: u16) -> CustomResponse {
    CustomResponse { status: Some(StatusCode::from_u16(code).unwrap()), ..standard() }
}

fn body(content_type: ContentType, text: &str) -> CustomResponse {
    CustomResponse { body: Some(Body { content_type, text: template(text) }), ..standard() }
}

fn presented(mut decision: Decision, response: CustomResponse) -> Decision {
    let request_id = RequestId::parse("req-7");
    decision.presentation = Some(Presentation { response: Arc::new(response), request_id });
    decision
}

fn said(decision: Decision, response: CustomResponse) -> HttpAnswer {
    answer(&presented(decision, response), SILENT).unwrap()
}

fn header<'a>(answer: &'a HttpAnswer, name: &str) -> Option<&'a str> {
    let mut values = answer.headers.iter().filter(|(found, _)| *found == name);
    let value = values.next().map(|(_, value)| &**value);
    assert!(values.next().is_none(), "`{name}` is there twice");
    value
}

/// A refusal whose every part somebody hostile had a hand in.
fn hostile(asker: Asker) -> Decision {
    let mut decision = deny(Reason::Role, asker);
    decision.message = HOSTILE.into();
    decision.rule = Some(RuleId::new(HOSTILE));
    decision
}

#[test]
fn every_placeholder_is_filled_in() {
    let all = "{reason}|{message}|{rule}|{revision}|{request_id}|{status}|{{x}}";
    let mut decision = deny(Reason::Role, Asker::Api);
    decision.rule = Some(RuleId::new("GET /a"));
    let answer = said(decision, body(ContentType::Plain, all));
    assert_eq!(answer.body, format!("role|{}|GET /a|r1|req-7|403|{{x}}", Reason::Role.meaning()));
    assert_eq!(header(&answer, "content-type"), Some("text/plain; charset=utf-8"));
}

#[test]
fn what_there_is_nothing_of_is_empty() {
    let response = body(ContentType::Plain, "<{rule}{request_id}>");
    let mut decision = presented(deny(Reason::NoRoute, Asker::Api), response);
    decision.presentation.as_mut().unwrap().request_id = None;
    assert_eq!(answer(&decision, OPEN).unwrap().body, "<>");
}

#[test]
fn each_kind_of_body_has_its_headers() {
    for asker in [Asker::Browser, Asker::Api] {
        for (content_type, named) in [
            (ContentType::Html, "text/html; charset=utf-8"),
            (ContentType::Plain, "text/plain; charset=utf-8"),
            (ContentType::Json, "application/json"),
            (ContentType::Problem, "application/problem+json"),
        ] {
            let answer = said(deny(Reason::Role, asker), body(content_type, "1"));
            assert_eq!(answer.status, 403);
            assert_eq!(answer.body, "1");
            assert_eq!(header(&answer, "content-type"), Some(named));
            assert_eq!(header(&answer, "x-content-type-options"), Some("nosniff"));
            assert_eq!(header(&answer, "x-bailiff-reason"), Some("role"));
            assert_eq!(header(&answer, "cache-control"), Some("no-store"));
            let policy = header(&answer, "content-security-policy");
            assert_eq!(policy.is_some(), content_type == ContentType::Html);
            if let Some(policy) = policy {
                assert!(policy.starts_with("default-src 'none';"), "{policy}");
                assert!(!policy.contains("script"), "{policy}");
            }
        }
    }
}

#[test]
fn a_value_cannot_leave_its_place_in_a_page() {
    let page = "<p title=\"{message}\">{message} {rule}</p>";
    let answer = said(hostile(Asker::Browser), body(ContentType::Html, page));
    let safe =
        "&lt;/p&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&quot;\\ {reason} {{ x-evil: 1";
    assert_eq!(answer.body, format!("<p title=\"{safe}\">{safe} {safe}</p>"));
}

#[test]
fn a_value_cannot_leave_its_string_in_json() {
    for content_type in [ContentType::Json, ContentType::Problem] {
        let json = r#"{{"a":"{message}","b":{{"c":["{rule}",{status}]}}}}"#;
        let answer = said(hostile(Asker::Api), body(content_type, json));
        let parsed: Value = serde_json::from_str(&answer.body).unwrap();
        let visible: String = HOSTILE.chars().filter(|letter| !letter.is_control()).collect();
        assert_eq!(parsed["a"], visible.as_str());
        assert_eq!(parsed["b"]["c"], serde_json::json!([visible, 403]));
        assert_eq!(parsed.as_object().unwrap().len(), 2);
    }
}

#[test]
fn plain_text_holds_no_control_characters_of_a_value() {
    let answer = said(hostile(Asker::Api), body(ContentType::Plain, "a\n{message}\n"));
    let visible = "</p><script>alert('1')</script>\"\\ {reason} {{ x-evil: 1";
    assert_eq!(answer.body, format!("a\n{visible}\n"));
}

#[test]
fn a_message_takes_the_place_of_the_standard_one() {
    let message = Some(template("No: {message} <b>"));
    let response = || CustomResponse { message: message.clone(), ..standard() };
    let text = format!("No: {} <b>", Reason::Role.meaning());
    let api = said(deny(Reason::Role, Asker::Api), response());
    let problem: Value = serde_json::from_str(&api.body).unwrap();
    assert_eq!((&problem["detail"], &problem["reason"]), (&text.as_str().into(), &"role".into()));
    let page = said(deny(Reason::Role, Asker::Browser), response()).body;
    assert!(page.contains(&format!("<p>{}</p>", text.replace("<b>", "&lt;b&gt;"))), "{page}");
    assert_eq!(said(deny(Reason::Role, Asker::Grpc), response()).body, text);
    let body = body(ContentType::Plain, "[{message}]").body;
    let both = said(deny(Reason::Role, Asker::Api), CustomResponse { body, ..response() });
    assert_eq!(both.body, format!("[{text}]"));
}

#[test]
fn a_message_is_not_read_as_a_template_a_second_time() {
    let message = Some(template("{{reason}} {message}"));
    let body = body(ContentType::Plain, "{message}").body;
    let mut decision = deny(Reason::Role, Asker::Api);
    decision.message = "{rule}".into();
    let answer = said(decision, CustomResponse { status: None, message, body });
    assert_eq!(answer.body, "{reason} {rule}");
}

#[test]
fn a_status_changes_what_the_standard_bodies_say() {
    let api = said(deny(Reason::Role, Asker::Api), status(409));
    let problem: Value = serde_json::from_str(&api.body).unwrap();
    assert_eq!((api.status.as_u16(), &problem["status"]), (409, &409.into()));
    assert_eq!((&problem["title"], &problem["reason"]), (&"Conflict".into(), &"role".into()));
    let page = said(deny(Reason::Role, Asker::Browser), status(499)).body;
    assert!(page.contains("<title>Refused</title>") && page.contains("<code>499 role"), "{page}");
}

#[test]
fn a_challenge_goes_with_401_and_with_nothing_else() {
    for asker in ASKERS {
        let refused = || deny(Reason::TokenExpired, asker);
        let standard = said(refused(), body(ContentType::Plain, "x"));
        assert!(header(&standard, "www-authenticate").is_some());
        for code in [403, 404, 410] {
            assert_eq!(header(&said(refused(), status(code)), "www-authenticate"), None);
        }
    }
}

#[test]
fn whoever_must_come_back_later_is_told_when_whatever_the_status() {
    for asker in ASKERS {
        let answer = said(deny(Reason::KeysUnavailable, asker), status(500));
        assert_eq!((answer.status.as_u16(), header(&answer, "retry-after")), (500, Some("5")));
    }
}

#[test]
fn what_hides_is_the_same_for_every_reason() {
    for asker in ASKERS {
        let of = |reason: Reason, disclosure| {
            let mut decision = deny(reason, asker);
            decision.rule = Some(RuleId::new("DELETE /secret/plans"));
            decision.message = "The secret plan is not active.".into();
            answer(&presented(decision, status(404)), disclosure).unwrap()
        };
        let nowhere = of(Reason::NoRoute, SILENT);
        assert_eq!(nowhere.status, 404);
        for &reason in Reason::ALL {
            if reason.category() == Category::Unavailable {
                continue;
            }
            for disclosure in [SILENT, OPEN] {
                assert_eq!(of(reason, disclosure), nowhere, "{reason:?}");
            }
        }
        let names: Vec<_> = nowhere.headers.iter().map(|(name, _)| *name).collect();
        for name in ["x-bailiff-reason", "www-authenticate", "retry-after", "location"] {
            assert!(!names.contains(&name), "{asker:?} {name}");
        }
        for told in ["secret", "no_route", "reason", "rule", "clerk"] {
            assert!(!nowhere.body.contains(told), "{asker:?} {}", nowhere.body);
        }
        assert_eq!(header(&nowhere, "grpc-status"), (asker == Asker::Grpc).then_some("5"));
    }
}

#[test]
fn a_template_that_would_tell_what_is_hidden_tells_nothing() {
    let response = CustomResponse {
        body: body(ContentType::Plain, "<{reason}{message}{rule}>{status}").body,
        ..status(404)
    };
    assert_eq!(said(hostile(Asker::Api), response).body, "<>404");
}

fn reverification(asker: Asker) -> Decision {
    let reverification = Some(Reverification::Preset(Preset::Strict));
    decision(Effect::Deny(Denial { reverification }), Reason::Reverification, asker)
}

#[test]
fn the_front_end_is_told_of_a_reverification_whatever_the_body() {
    let response = CustomResponse {
        status: StatusCode::from_u16(422).ok(),
        message: Some(template("Once more")),
        body: body(ContentType::Html, "<p>no</p>").body,
    };
    let answer = said(reverification(Asker::Api), response.clone());
    let problem: Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(problem["clerk_error"]["reason"], "reverification-error");
    assert_eq!(problem["clerk_error"]["metadata"]["reverification"], "strict");
    assert_eq!((answer.status.as_u16(), &problem["detail"]), (422, &"Once more".into()));
    assert_eq!(header(&answer, "content-type"), Some("application/problem+json"));
    assert_eq!(said(reverification(Asker::Browser), response).body, "<p>no</p>");
}

#[test]
fn a_reverification_is_hidden_where_everything_is() {
    let hidden = said(reverification(Asker::Api), status(404));
    assert_eq!(hidden, said(deny(Reason::NoRoute, Asker::Api), status(404)));
    let with_body = CustomResponse { body: body(ContentType::Plain, "gone").body, ..status(404) };
    assert_eq!(said(reverification(Asker::Api), with_body).body, "gone");
}

#[test]
fn a_grpc_client_gets_a_status_that_fits() {
    for (reason, code, expected) in [
        (Reason::SignedOut, 401, None),
        (Reason::SignedOut, 403, None),
        (Reason::SignedOut, 410, Some("16")),
        (Reason::Role, 403, None),
        (Reason::Role, 404, Some("5")),
        (Reason::Role, 409, Some("7")),
        (Reason::Role, 400, Some("3")),
        (Reason::Role, 429, Some("8")),
        (Reason::AmbiguousPath, 422, Some("3")),
        (Reason::KeysUnavailable, 503, None),
        (Reason::KeysUnavailable, 500, Some("14")),
    ] {
        let answer = said(deny(reason, Asker::Grpc), status(code));
        assert_eq!(header(&answer, "grpc-status"), expected, "{reason:?} {code}");
        assert_eq!(header(&answer, "content-type"), None);
    }
}

#[test]
fn a_redirect_is_no_refusal_but_for_those_who_cannot_follow_it() {
    assert_eq!(said(redirect(Asker::Browser), status(404)).status, 302);
    let answer = said(redirect(Asker::Api), body(ContentType::Plain, "{reason}"));
    assert_eq!((answer.status.as_u16(), &*answer.body), (401, "signed_out"));
}

#[test]
fn cookies_go_with_words_of_the_policy_too() {
    let mut decision = deny(Reason::Role, Asker::Browser);
    decision.set_cookies = vec!["__session=a".into()];
    let answer = said(decision, body(ContentType::Html, "no"));
    assert_eq!(header(&answer, "set-cookie"), Some("__session=a"));
}

proptest! {
    #[test]
    fn whatever_a_value_holds_a_body_stays_what_it_is_said_to_be(
        message in "(\\PC|[\r\n\0\t<>\"'&;,{}\\\\])*", rule in "\\PC*", code in 400_u16..500,
    ) {
        let of = |asker, content_type, text: &str| {
            let mut decision = deny(Reason::Role, asker);
            decision.message = message.clone().into();
            decision.rule = Some(RuleId::new(&rule));
            let body = body(content_type, text).body;
            said(decision, CustomResponse { body, ..status(code) })
        };
        let json = of(Asker::Api, ContentType::Json, r#"["{message}","{rule}",{status}]"#);
        let parsed: Value = serde_json::from_str(&json.body).unwrap();
        prop_assert_eq!(parsed.as_array().map(Vec::len), Some(3));
        let page = of(Asker::Browser, ContentType::Html, "<p title=\"{message}\">{rule}</p>");
        prop_assert_eq!(page.body.matches(['<', '>']).count(), 4);
        prop_assert_eq!(page.body.matches('"').count(), 2);
        let text = of(Asker::Api, ContentType::Plain, "{message}{rule}");
        prop_assert!(!text.body.contains(char::is_control));
        for answer in [json, page, text] {
            for (name, value) in &answer.headers {
                prop_assert!(is_header_value(value), "{name}: {value:?}");
            }
        }
    }
}
