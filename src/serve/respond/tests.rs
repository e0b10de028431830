use super::{Disclosure, HttpAnswer, answer, is_header_value, page, without_decision};
use crate::{
    core::{
        age::AgeLimit,
        asker::Asker,
        decision::{Decision, Denial, Effect},
        id::RuleId,
        location::Location,
        reason::{Category, Reason},
        recency::Recency,
        reverification::{Level, Preset, Reverification},
    },
    serve::fixtures::{allow, decision, deny, redirect},
};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::num::NonZeroU32;

const SILENT: Disclosure = Disclosure { rule: false };
const OPEN: Disclosure = Disclosure { rule: true };
const ASKERS: [Asker; 3] = [Asker::Grpc, Asker::Browser, Asker::Api];

fn said(decision: &Decision) -> HttpAnswer {
    answer(decision, SILENT).unwrap()
}

fn header<'a>(answer: &'a HttpAnswer, name: &str) -> Option<&'a str> {
    let mut values = answer.headers.iter().filter(|(found, _)| *found == name);
    let value = values.next().map(|(_, value)| &**value);
    assert!(values.next().is_none(), "`{name}` is there twice");
    value
}

fn problem(decision: &Decision, disclosure: Disclosure) -> Value {
    serde_json::from_str(&answer(decision, disclosure).unwrap().body).unwrap()
}

#[test]
fn an_allow_is_no_answer() {
    assert_eq!(answer(&allow(&[], &[]), OPEN), None);
}

#[test]
fn the_status_follows_from_the_category_whoever_asks() {
    for &reason in Reason::ALL {
        let expected = match reason.category() {
            Category::Unauthenticated => 401,
            Category::Forbidden | Category::Allowed => 403,
            Category::Ambiguous => 400,
            Category::Unavailable => 503,
        };
        for asker in ASKERS {
            let answer = said(&deny(reason, asker));
            assert_eq!(answer.status.as_u16(), expected, "{reason:?} {asker:?}");
            assert_eq!(header(&answer, "cache-control"), Some("no-store"));
            assert_eq!(header(&answer, "x-bailiff-reason"), Some(reason.code()));
            assert_eq!(header(&answer, "www-authenticate").is_some(), expected == 401);
            assert_eq!(header(&answer, "retry-after"), (expected == 503).then_some("5"));
            assert_eq!(header(&answer, "location"), None);
            assert_eq!(answer.status, without_decision(reason, asker).status);
        }
    }
}

#[test]
fn a_challenge_describes_the_error_only_where_a_token_was_presented() {
    assert_eq!(
        header(&said(&deny(Reason::SignedOut, Asker::Api)), "www-authenticate"),
        Some(r#"Bearer realm="bailiff""#)
    );
    assert_eq!(
        header(&said(&deny(Reason::TokenExpired, Asker::Api)), "www-authenticate"),
        Some(concat!(
            r#"Bearer realm="bailiff", error="invalid_token", "#,
            r#"error_description="The token has expired.""#
        ))
    );
}

#[test]
fn every_meaning_can_stand_in_a_challenge() {
    for reason in Reason::ALL {
        let meaning = reason.meaning();
        assert!(is_header_value(meaning) && !meaning.contains(['"', '\\']), "{reason:?}");
    }
}

#[test]
fn a_program_gets_a_problem() {
    let denied = deny(Reason::Permission, Asker::Api);
    let answer = said(&denied);
    assert_eq!(header(&answer, "content-type"), Some("application/problem+json"));
    assert_eq!(
        problem(&denied, SILENT),
        json!({
            "type": "about:blank",
            "title": "Forbidden",
            "status": 403,
            "detail": "The permission is not granted in the active organization.",
            "reason": "permission",
        })
    );
}

#[test]
fn the_rule_is_told_only_where_that_is_wanted() {
    for asker in ASKERS {
        let mut denied = deny(Reason::Role, asker);
        denied.rule = Some(RuleId::new("GET /hidden/{x}"));
        assert!(!answer(&denied, SILENT).unwrap().body.contains("/hidden/"), "{asker:?}");
        let told = answer(&denied, OPEN).unwrap().body.contains("/hidden/");
        assert_eq!(told, asker != Asker::Grpc, "{asker:?}");
    }
    let mut denied = deny(Reason::Role, Asker::Api);
    denied.rule = Some(RuleId::new("GET /hidden/{x}"));
    assert_eq!(problem(&denied, OPEN)["rule"], "GET /hidden/{x}");
}

#[test]
fn a_stale_first_factor_opens_the_same_dialog() {
    let asked = Recency::FirstFactor(AgeLimit::from_minutes(10).unwrap());
    let effect = Effect::Deny(Denial { reverification: asked.reverification() });
    let denied = decision(effect, Reason::FirstFactorStale, Asker::Api);
    assert_eq!(said(&denied).status, 403);
    let problem = problem(&denied, SILENT);
    assert_eq!(problem["reason"], "first_factor_stale");
    assert_eq!(
        problem["clerk_error"],
        json!({
            "type": "forbidden",
            "reason": "reverification-error",
            "metadata": { "reverification": { "level": "first_factor", "afterMinutes": 10 } },
        })
    );
    // Nothing that can be verified makes a session younger, or a token say more.
    for reason in [Reason::SessionTooOld, Reason::SessionAgeUnknown, Reason::FirstFactorUnknown] {
        let problem = self::problem(&deny(reason, Asker::Api), SILENT);
        assert_eq!(problem.get("clerk_error"), None, "{reason:?}");
    }
}

#[test]
fn a_session_that_is_too_old_is_challenged_for_a_new_one() {
    let answer = said(&deny(Reason::SessionTooOld, Asker::Api));
    assert_eq!(answer.status, 401);
    assert_eq!(
        header(&answer, "www-authenticate"),
        Some(concat!(
            r#"Bearer realm="bailiff", error="insufficient_user_authentication", "#,
            r#"error_description="The session began too long ago; signing out and in again begins "#,
            r#"a new one.""#
        ))
    );
    // Clerk would send whoever is signed in straight back from the sign-in page.
    assert!(!Reason::SessionTooOld.is_mended_by_signing_in());
    assert_eq!(said(&deny(Reason::SessionTooOld, Asker::Browser)).status, 401);
}

#[test]
fn reverification_is_said_as_clerks_front_end_expects_it() {
    let window = Reverification::Window {
        level: Level::SecondFactor,
        after_minutes: NonZeroU32::new(30).unwrap(),
    };
    for (asked, metadata) in [
        (None, json!({})),
        (Some(Reverification::Preset(Preset::Strict)), json!({"reverification": "strict"})),
        (Some(window), json!({"reverification": {"level": "second_factor", "afterMinutes": 30}})),
    ] {
        let effect = Effect::Deny(Denial { reverification: asked });
        let denied = decision(effect, Reason::Reverification, Asker::Api);
        assert_eq!(said(&denied).status, 403);
        assert_eq!(
            problem(&denied, SILENT)["clerk_error"],
            json!({"type": "forbidden", "reason": "reverification-error", "metadata": metadata})
        );
    }
    assert_eq!(problem(&deny(Reason::Role, Asker::Api), SILENT).get("clerk_error"), None);
}

#[test]
fn a_browser_without_a_redirect_gets_a_page_that_loads_and_runs_nothing() {
    let mut denied = deny(Reason::Role, Asker::Browser);
    denied.message = "<script>alert('1')</script> & \"x\"".into();
    let answer = said(&denied);
    assert_eq!(header(&answer, "content-type"), Some("text/html; charset=utf-8"));
    assert_eq!(header(&answer, "x-content-type-options"), Some("nosniff"));
    let policy = header(&answer, "content-security-policy").unwrap();
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
    assert!(!answer.body.contains("<script"), "{}", answer.body);
    assert!(answer.body.contains(
        "<p>&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt; &amp; &quot;x&quot;</p>\
         <p><code>403 role</code></p>"
    ));
}

#[test]
fn the_security_policy_knows_the_style_sheet() {
    use base64::Engine as _;
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, page::STYLE.as_bytes());
    let digest = base64::engine::general_purpose::STANDARD.encode(digest);
    assert!(page::SECURITY_POLICY.contains(&format!("'sha256-{digest}'")), "{digest}");
}

#[test]
fn a_grpc_client_gets_a_short_text_and_a_status_that_fits() {
    let answer = said(&deny(Reason::Role, Asker::Grpc));
    assert_eq!(answer.body, Reason::Role.meaning());
    assert_eq!(header(&answer, "content-type"), None);
    assert_eq!(header(&answer, "grpc-status"), None);
    let answer = said(&deny(Reason::AmbiguousPath, Asker::Grpc));
    assert_eq!(header(&answer, "grpc-status"), Some("3"));
}

#[test]
fn a_browser_is_redirected() {
    let answer = said(&redirect(Asker::Browser));
    assert_eq!(answer.status, 302);
    assert_eq!(header(&answer, "location"), Some("https://shop.test/sign-in?redirect_url=x%0Dy"));
    assert_eq!(header(&answer, "cache-control"), Some("no-store"));
    assert_eq!(header(&answer, "x-bailiff-reason"), Some("signed_out"));
    assert_eq!(answer.body, "");
}

#[test]
fn nobody_else_is_redirected() {
    for asker in [Asker::Grpc, Asker::Api] {
        let answer = said(&redirect(asker));
        assert_eq!(answer.status, 401, "{asker:?}");
        assert_eq!(header(&answer, "location"), None, "{asker:?}");
    }
}

#[test]
fn each_cookie_is_a_header_of_its_own() {
    for mut decision in [redirect(Asker::Browser), deny(Reason::Role, Asker::Api)] {
        decision.set_cookies = vec!["__session=a; Path=/".into(), "__client_uat=0".into()];
        let answer = said(&decision);
        let cookies: Vec<_> = answer
            .headers
            .iter()
            .filter(|(name, _)| *name == "set-cookie")
            .map(|(_, value)| &**value)
            .collect();
        assert_eq!(cookies, ["__session=a; Path=/", "__client_uat=0"]);
    }
}

#[test]
fn a_cookie_that_would_end_its_header_is_left_out() {
    for evil in ["a=1\r\nx: y", "a=1\ny", "a=\0", "a=\u{7f}", "a=\u{e9}"] {
        let mut decision = redirect(Asker::Browser);
        decision.set_cookies = vec![evil.into(), "b=2".into()];
        assert_eq!(header(&said(&decision), "set-cookie"), Some("b=2"), "{evil:?}");
    }
}

fn any_decision() -> impl Strategy<Value = Decision> {
    let effect = prop_oneof![
        Just(Effect::Deny(Denial::plain())),
        any::<String>().prop_map(|text| {
            let base = Location::parse("https://shop.test/").unwrap();
            Effect::Redirect(base.with_parameter("redirect_url", &text))
        }),
    ];
    let reason = proptest::sample::select(Reason::ALL);
    let asker = proptest::sample::select(&ASKERS[..]);
    let text = "(\\PC|[\r\n\0\t<>\"'&;,])*";
    (effect, reason, asker, text, text, proptest::collection::vec(text, 0..3)).prop_map(
        |(effect, reason, asker, message, rule, cookies)| {
            let mut decision = decision(effect, reason, asker);
            decision.message = message.into();
            decision.rule = Some(RuleId::new(&rule));
            decision.set_cookies = cookies.iter().map(|cookie| cookie.as_str().into()).collect();
            decision
        },
    )
}

proptest! {
    #[test]
    fn no_header_holds_a_line_break_or_anything_else_that_is_not_printable_ascii(
        decision in any_decision(),
    ) {
        for disclosure in [SILENT, OPEN] {
            let answer = answer(&decision, disclosure).unwrap();
            for (name, value) in &answer.headers {
                prop_assert!(is_header_value(value), "{name}: {value:?}");
                prop_assert!(http::HeaderName::from_lowercase(name.as_bytes()).is_ok());
                prop_assert!(http::HeaderValue::from_str(value).is_ok());
            }
        }
    }

    #[test]
    fn a_refusal_is_never_a_success(decision in any_decision()) {
        let answer = said(&decision);
        let redirected = answer.status == 302;
        prop_assert!(redirected || answer.status.is_client_error() || answer.status == 503);
        let sent_elsewhere = matches!(decision.effect, Effect::Redirect(_));
        prop_assert_eq!(redirected, sent_elsewhere && decision.asker == Asker::Browser);
    }

    #[test]
    fn a_problem_is_json_whatever_it_quotes(mut decision in any_decision()) {
        decision.asker = Asker::Api;
        let problem = problem(&decision, OPEN);
        prop_assert_eq!(problem["detail"].as_str(), Some(&*decision.message));
    }
}
