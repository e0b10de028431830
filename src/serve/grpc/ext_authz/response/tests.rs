use super::{Telling, metadata::MetadataFields};
use crate::{
    authorizer::outcome::Outcome,
    core::{
        asker::Asker,
        decision::{Decision, Effect},
        identity::Identity,
        presentation::{CustomResponse, Presentation},
        reason::{Category, Reason},
    },
    pb::envoy,
    serve::{
        fixtures::{allow, api_key, deny, nobody, redirect, somebody},
        respond::Disclosure,
    },
};
use envoy_types::{
    ext_authz::v3::pb::{
        CheckResponse, DeniedHttpResponse, HeaderValueOption, HttpResponse, OkHttpResponse,
    },
    pb::google::protobuf::{BoolValue, value::Kind},
};
use proptest::prelude::*;
use prost::Message as _;
use std::{collections::BTreeMap, sync::Arc};

/// What a proxy makes of a response, by Envoy's own definitions.
fn arrived(response: &envoy::CheckResponse) -> CheckResponse {
    CheckResponse::decode(&*response.encode_to_vec()).expect("Envoy can read what is written")
}

fn render(outcome: Outcome, disclosure: Disclosure) -> CheckResponse {
    arrived(&super::render(outcome, telling(disclosure)))
}

fn refusal(reason: Reason, asker: Asker) -> CheckResponse {
    arrived(&super::refusal(reason, asker, telling(SILENT)))
}

const fn telling(disclosure: Disclosure) -> Telling {
    Telling { disclosure, metadata: MetadataFields::ALL }
}

const SILENT: Disclosure = Disclosure { rule: false };
const ASKERS: [Asker; 3] = [Asker::Grpc, Asker::Browser, Asker::Api];

fn rendered(decision: Decision) -> CheckResponse {
    render(nobody(decision), SILENT)
}

fn code(response: &CheckResponse) -> i32 {
    response.status.as_ref().expect("the status is always there").code
}

fn ok(response: &CheckResponse) -> &OkHttpResponse {
    match &response.http_response {
        Some(HttpResponse::OkResponse(ok)) => ok,
        other => panic!("an allow has an OK response, not {other:?}"),
    }
}

fn denied(response: &CheckResponse) -> &DeniedHttpResponse {
    match &response.http_response {
        Some(HttpResponse::DeniedResponse(denied)) => denied,
        other => panic!("a refusal has a denied response, not {other:?}"),
    }
}

fn pairs(headers: &[HeaderValueOption]) -> Vec<(&str, &str)> {
    let headers = headers.iter().map(|option| option.header.as_ref().unwrap());
    headers.map(|header| (&*header.key, &*header.value)).collect()
}

#[expect(deprecated, reason = "`append` is what is tested")]
fn append(option: &HeaderValueOption) -> Option<BoolValue> {
    option.append
}

/// The metadata, its values as text.
fn metadata(response: &CheckResponse) -> BTreeMap<&str, String> {
    let fields = &response.dynamic_metadata.as_ref().expect("metadata is always there").fields;
    let text = |kind: &Kind| match kind {
        Kind::StringValue(text) => text.clone(),
        Kind::NumberValue(number) => number.to_string(),
        Kind::ListValue(list) => {
            let texts = list.values.iter().map(|value| match &value.kind {
                Some(Kind::StringValue(text)) => text.as_str(),
                other => panic!("metadata holds a list with {other:?}"),
            });
            texts.collect::<Vec<_>>().join(" ")
        }
        Kind::NullValue(_) | Kind::BoolValue(_) | Kind::StructValue(_) => {
            panic!("metadata holds {kind:?}")
        }
    };
    fields.iter().map(|(name, value)| (&**name, text(value.kind.as_ref().unwrap()))).collect()
}

#[test]
fn a_refusal_has_a_code_that_is_not_zero_whatever_its_reason() {
    for &reason in Reason::ALL {
        for asker in ASKERS {
            let expected = if reason.category() == Category::Unauthenticated { 16 } else { 7 };
            for response in [rendered(deny(reason, asker)), refusal(reason, asker)] {
                assert_eq!(code(&response), expected, "{reason:?}");
                let status = denied(&response).status.as_ref().unwrap().code;
                assert!((400..=503).contains(&status), "{reason:?} {status}");
            }
        }
    }
}

#[test]
fn an_outage_of_ours_is_a_refusal_and_not_an_error() {
    for reason in [Reason::KeysUnavailable, Reason::Misconfigured, Reason::InternalError] {
        let response = rendered(deny(reason, Asker::Api));
        assert_eq!(denied(&response).status.as_ref().unwrap().code, 503);
        assert!(pairs(&denied(&response).headers).contains(&("retry-after", "5")));
    }
}

#[test]
fn an_allow_says_so_with_code_zero() {
    let response = rendered(allow(&[], &[]));
    assert_eq!(code(&response), 0);
    assert_eq!(*ok(&response), OkHttpResponse::default());
}

#[test]
fn request_headers_overwrite_by_both_fields() {
    let response = rendered(allow(&[("x-user-id", "user_1"), ("x-org-id", "org_1")], &[]));
    let headers = &ok(&response).headers;
    assert_eq!(pairs(headers), [("x-user-id", "user_1"), ("x-org-id", "org_1")]);
    for option in headers {
        assert_eq!(append(option), Some(BoolValue { value: false }));
        assert_eq!(option.append_action, 2);
        assert!(!option.keep_empty_value);
        assert!(option.header.as_ref().unwrap().raw_value.is_empty());
    }
}

#[test]
fn no_header_is_both_set_and_removed() {
    let response = rendered(allow(&[("x-user-id", "user_1")], &["x_user_id", "X-USER-ID"]));
    assert_eq!(ok(&response).headers_to_remove, ["x_user_id"]);
    assert_eq!(pairs(&ok(&response).headers), [("x-user-id", "user_1")]);
}

#[test]
fn an_identity_header_without_a_value_to_send_is_removed() {
    for value in ["", "a\r\nx-admin: 1", "\u{e9}"] {
        let response = rendered(allow(&[("x-user-id", value)], &["x-org-id"]));
        assert_eq!(ok(&response).headers, []);
        assert_eq!(ok(&response).headers_to_remove, ["x-org-id", "x-user-id"], "{value:?}");
    }
}

#[test]
fn cookies_for_the_browser_are_added_to_the_response_one_by_one() {
    let mut decision = allow(&[], &[]);
    decision.set_cookies = vec!["a=1".into(), "b=2".into(), "c=3\r\nx: y".into()];
    let response = rendered(decision);
    let cookies = &ok(&response).response_headers_to_add;
    assert_eq!(pairs(cookies), [("set-cookie", "a=1"), ("set-cookie", "b=2")]);
    for option in cookies {
        assert_eq!((append(option), option.append_action), (None, 0));
    }
}

#[test]
fn headers_of_a_refusal_are_never_appended() {
    let mut decisions = vec![redirect(Asker::Browser)];
    decisions.extend(ASKERS.map(|asker| deny(Reason::SignedOut, asker)));
    for mut decision in decisions {
        decision.set_cookies = vec!["a=1".into(), "b=2".into()];
        let response = rendered(decision);
        let headers = &denied(&response).headers;
        assert!(pairs(headers).ends_with(&[("set-cookie", "a=1"), ("set-cookie", "b=2")]));
        for option in headers {
            assert_eq!((append(option), option.append_action), (None, 0), "{option:?}");
        }
    }
}

#[test]
fn a_redirect_is_a_refusal_with_a_location() {
    let response = rendered(redirect(Asker::Browser));
    assert_eq!(code(&response), 16);
    assert_eq!(denied(&response).status.as_ref().unwrap().code, 302);
    assert_eq!(
        pairs(&denied(&response).headers),
        [
            ("cache-control", "no-store"),
            ("x-bailiff-reason", "signed_out"),
            ("location", "https://shop.test/sign-in?redirect_url=x%0Dy"),
        ]
    );
}

#[test]
fn a_grpc_client_is_never_redirected() {
    let response = rendered(redirect(Asker::Grpc));
    assert_eq!(denied(&response).status.as_ref().unwrap().code, 401);
    let headers = pairs(&denied(&response).headers);
    assert!(!headers.iter().any(|(name, _)| matches!(*name, "location" | "content-type")));
}

#[test]
fn metadata_names_the_decision_and_the_person_on_allow_and_on_deny() {
    for (decision, effect, reason) in [
        (allow(&[], &[]), "allow", "allowed"),
        (deny(Reason::Role, Asker::Api), "deny", "role"),
        (redirect(Asker::Browser), "redirect", "signed_out"),
    ] {
        let response = render(somebody(decision), SILENT);
        let expected = [
            ("credential", "session_token"),
            ("effect", effect),
            ("expires_at", "1800000060"),
            ("instance", "shop"),
            ("organization_id", "org_acme"),
            ("organization_role", "org:admin"),
            ("reason", reason),
            ("revision", "r1"),
            ("rule", "GET /invoices/{id}"),
            ("session_id", "sess_1"),
            ("user_id", "user_ada"),
        ];
        let found = metadata(&response);
        assert!(found.iter().map(|(name, text)| (*name, &**text)).eq(expected), "{found:?}");
    }
}

#[test]
fn metadata_names_a_machine_as_one_and_never_as_a_user() {
    let identity = Identity::Machine(api_key().into());
    let response = render(Outcome { identity, ..nobody(allow(&[], &[])) }, SILENT);
    let found = metadata(&response);
    let expected = [
        ("credential", "api_key"),
        ("credential_id", "ak_1"),
        ("effect", "allow"),
        ("reason", "allowed"),
        ("revision", "r1"),
        ("scopes", "events:write"),
        ("subject", "user_ada"),
    ];
    assert!(found.iter().map(|(name, text)| (*name, &**text)).eq(expected), "{found:?}");
}

#[test]
fn metadata_about_nobody_names_nobody() {
    let found = rendered(deny(Reason::SignedOut, Asker::Api));
    let names: Vec<_> = metadata(&found).into_keys().collect();
    assert_eq!(names, ["effect", "reason", "revision"]);
    let found = refusal(Reason::InternalError, Asker::Api);
    let names: Vec<_> = metadata(&found).into_keys().collect();
    assert_eq!(names, ["effect", "reason"]);
}

fn any_outcome() -> impl Strategy<Value = Outcome> {
    let text = "(\\PC|[\r\n\0]){0,8}";
    let pairs = proptest::collection::vec(("[a-z-]{1,3}", text), 0..4);
    let names = proptest::collection::vec("[a-z-]{1,3}", 0..4);
    let cookies = proptest::collection::vec(text, 0..3);
    let reason = proptest::sample::select(Reason::ALL);
    let asker = proptest::sample::select(&ASKERS[..]);
    (0..3, pairs, names, cookies, reason, asker, any::<bool>()).prop_map(
        |(kind, set, remove, cookies, reason, asker, known)| {
            let set: Vec<_> = set.iter().map(|(name, value)| (&**name, &**value)).collect();
            let remove: Vec<_> = remove.iter().map(String::as_str).collect();
            let mut decision = match kind {
                0 => allow(&set, &remove),
                1 => deny(reason, asker),
                _ => redirect(asker),
            };
            decision.set_cookies = cookies.iter().map(|cookie| cookie.as_str().into()).collect();
            if known { somebody(decision) } else { nobody(decision) }
        },
    )
}

proptest! {
    #[test]
    fn only_an_allow_goes_out_as_one_and_nothing_splits_a_header(outcome in any_outcome()) {
        let allowed = matches!(outcome.decision.effect, Effect::Allow(_));
        let response = render(outcome, SILENT);
        prop_assert_eq!(code(&response) == 0, allowed);
        let headers = if allowed {
            let ok = ok(&response);
            for name in &ok.headers_to_remove {
                prop_assert!(!pairs(&ok.headers).iter().any(|(set, _)| set == name));
            }
            ok.headers.iter().chain(&ok.response_headers_to_add).cloned().collect()
        } else {
            denied(&response).headers.clone()
        };
        for (name, value) in pairs(&headers) {
            prop_assert!(value.bytes().all(|byte| matches!(byte, b' '..=b'~')), "{name} {value:?}");
        }
    }
}

#[test]
fn what_is_hidden_is_not_found_whoever_asks() {
    for asker in ASKERS {
        for reason in [Reason::Role, Reason::NoRoute, Reason::SignedOut] {
            let mut decision = deny(reason, asker);
            let status = Some(http::StatusCode::NOT_FOUND);
            let response = CustomResponse { status, message: None, body: None };
            decision.presentation =
                Some(Presentation { response: Arc::new(response), request_id: None });
            let response = rendered(decision);
            assert_eq!(code(&response), 5);
            assert_eq!(denied(&response).status.as_ref().map(|status| status.code), Some(404));
            let told = format!("{:?}", response.http_response);
            assert!(!told.contains(reason.code()), "{told}");
            // Only the operator's proxy sees this.
            assert_eq!(metadata(&response).get("reason").map(String::as_str), Some(reason.code()));
        }
    }
}

#[test]
fn the_clients_own_cookies_replace_what_it_sent() {
    let response = rendered(allow(&[("cookie", "a=\u{e9}; b=2")], &["authorization"]));
    let ok = ok(&response);
    assert_eq!(pairs(&ok.headers), [("cookie", "a=\u{e9}; b=2")]);
    assert_eq!(append(&ok.headers[0]), Some(BoolValue { value: false }));
    assert_eq!(ok.headers_to_remove, ["authorization"]);
}
