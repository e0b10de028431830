//! Machines beside people: what counts where, and what never does.

use crate::{
    clerk::{
        Authenticator, MachineError, TokenError,
        fixture::{
            NOW, Script, Signer, at, authenticator, claims, get, header, instance, now, ok, run,
            sign, token,
        },
        request::{Authentication, SignedOutReason},
    },
    core::{
        credential::{
            CredentialKind::{ApiKey, M2mToken, OauthToken, SessionToken},
            CredentialKinds,
        },
        location::Origin,
        machine::MachineKind,
        reason::Reason,
    },
};
use serde_json::{Value, json};
use std::sync::Arc;

fn jwt(kind: &str, changes: &Value, signer: Signer) -> String {
    let mut header = header();
    header["typ"] = kind.into();
    header.as_object_mut().unwrap().remove("cat");
    let mut without_session = json!({"sid": null, "azp": null});
    without_session.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    sign(&header, &claims(&without_session), signer)
}

fn m2m(changes: &Value) -> String {
    let mut all = json!({"sub": "mch_1", "jti": "mt_1", "scopes": "mch_us"});
    all.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    jwt("JWT", &all, Signer::A)
}

fn oauth(changes: &Value) -> String {
    let mut all = json!({"jti": "oat_1", "client_id": "client_1", "scope": "a b"});
    all.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    jwt("at+jwt", &all, Signer::A)
}

fn kinds<const N: usize>(kinds: [crate::core::credential::CredentialKind; N]) -> CredentialKinds {
    kinds.into_iter().collect()
}

fn any() -> CredentialKinds {
    kinds([SessionToken, ApiKey, M2mToken, OauthToken])
}

fn by_header(
    authenticator: &Authenticator,
    token: &str,
    accepts: CredentialKinds,
) -> Authentication {
    let bearer = format!("Bearer {token}");
    let cookie = format!("__session={}; __client_uat={NOW}", self::token(&json!({})));
    let headers = [("authorization", &*bearer), ("cookie", &*cookie)];
    let found = run(authenticator.authenticate(&get("/", &headers), accepts, now()));
    // A bare token, and headers without an address, come to the same.
    let alone = run(authenticator.authenticate_token(token, accepts, now()));
    assert_eq!(told(&alone), told(&found));
    let request = get("/", &headers);
    let of_service = run(authenticator.authenticate_headers(&request.headers, accepts, now()));
    assert_eq!(told(&of_service), told(&found));
    found
}

fn told(found: &Authentication) -> Result<String, Reason> {
    match found {
        Authentication::SignedIn(_) => Ok("session_token".to_owned()),
        Authentication::Machine(machine) => Ok(machine.kind.as_str().to_owned()),
        Authentication::SignedOut(out) => Err(out.reason.reason()),
        Authentication::Pending(_) | Authentication::Redirect(_) => panic!("{found:?}"),
    }
}

fn refusal(found: Authentication) -> SignedOutReason {
    let Authentication::SignedOut(out) = found else { panic!("{found:?}") };
    out.reason
}

fn vouching() -> Arc<Script> {
    Script::new([ok(&json!({"id": "ak_1", "subject": "user_1", "scopes": ["a"]}))])
}

#[test]
fn each_kind_counts_where_it_is_named_and_nowhere_else() {
    let authenticator = authenticator(instance(), &vouching());
    let presented = [
        (SessionToken, token(&json!({}))),
        (ApiKey, "ak_12345678".to_owned()),
        (M2mToken, m2m(&json!({}))),
        (OauthToken, oauth(&json!({}))),
    ];
    for (kind, token) in &presented {
        for bits in 0..16 {
            let all = any();
            let chosen = all.iter().enumerate().filter(|(place, _)| bits & (1 << place) != 0);
            let accepts: CredentialKinds = chosen.map(|(_, kind)| kind).collect();
            let found = told(&by_header(&authenticator, token, accepts));
            if accepts.contains(*kind) {
                assert_eq!(found, Ok(kind.as_str().to_owned()), "{accepts:?}");
            } else if accepts == CredentialKinds::SESSION {
                let reason =
                    if *kind == ApiKey { Reason::TokenInvalid } else { Reason::TokenTypeMismatch };
                assert_eq!(found, Err(reason), "{kind}");
            } else {
                assert_eq!(found, Err(Reason::CredentialKind), "{kind} {accepts:?}");
            }
        }
    }
}

#[test]
fn where_sessions_alone_count_clerk_is_never_asked_about_anything_else() {
    let script = vouching();
    let authenticator = authenticator(instance(), &script);
    for token in ["ak_12345678", "mt_12345678", "oat_12345678"] {
        assert!(told(&by_header(&authenticator, token, CredentialKinds::SESSION)).is_err());
        assert!(told(&by_header(&authenticator, token, CredentialKinds::NONE)).is_err());
    }
    assert_eq!(script.count(), 0);
}

#[test]
fn cookies_hold_no_machines() {
    let script = vouching();
    let authenticator = authenticator(instance(), &script);
    for held in ["ak_12345678".to_owned(), m2m(&json!({})), oauth(&json!({}))] {
        let cookie = format!("__session={held}; __client_uat={NOW}");
        for accepts in [any(), kinds([ApiKey, M2mToken, OauthToken]), CredentialKinds::of(ApiKey)] {
            let headers = [("cookie", &*cookie)];
            let request = get("/", &headers);
            let found = run(authenticator.authenticate(&request, accepts, now()));
            assert!(matches!(found, Authentication::SignedOut(_)), "{found:?}");
        }
    }
    assert_eq!(script.count(), 0);
}

#[test]
fn a_machine_known_from_elsewhere_is_still_no_session() {
    let authenticator = authenticator(instance(), &Script::silent());
    let token = m2m(&json!({}));
    assert!(told(&by_header(&authenticator, &token, any())).is_ok());
    let found = by_header(&authenticator, &token, CredentialKinds::SESSION);
    assert_eq!(refusal(found), SignedOutReason::Token(TokenError::Kind));
    let cookie = format!("__session={token}; __client_uat={NOW}");
    let headers = [("cookie", &*cookie)];
    let request = get("/", &headers);
    let found = run(authenticator.authenticate(&request, any(), now()));
    assert_eq!(refusal(found), SignedOutReason::Token(TokenError::Kind));
}

#[test]
fn a_session_cookie_is_not_looked_at_where_sessions_do_not_count() {
    let authenticator = authenticator(instance(), &Script::silent());
    let cookie = format!("__session={}; __client_uat={NOW}", token(&json!({})));
    let headers = [("cookie", &*cookie)];
    let request = get("/", &headers);
    let accepts = CredentialKinds::of(ApiKey);
    let found = refusal(run(authenticator.authenticate(&request, accepts, now())));
    assert_eq!(found, SignedOutReason::NoHeaderToken(accepts));
    assert_eq!((found.reason(), &*found.clerk_reason()), (Reason::SignedOut, "No token in header"));
    let accepts = kinds([ApiKey, SessionToken]);
    let found = run(authenticator.authenticate(&request, accepts, now()));
    assert_eq!(told(&found), Ok("session_token".to_owned()));
}

#[test]
fn two_credentials_in_the_header_are_none() {
    let authenticator = authenticator(instance(), &vouching());
    let headers =
        [("authorization", "Bearer ak_12345678"), ("authorization", "Bearer ak_87654321")];
    let found = run(authenticator.authenticate(&get("/", &headers), any(), now()));
    assert_eq!(refusal(found), SignedOutReason::AmbiguousCredential);
}

#[test]
fn a_machines_jwt_is_held_to_signature_issuer_class_type_and_time() {
    let authenticator = authenticator(instance(), &Script::silent());
    let of_class = |class: &str, subject: &str| {
        let mut header = header();
        header["cat"] = class.into();
        sign(&header, &claims(&json!({"sub": subject})), Signer::A)
    };
    let token_error = MachineError::Token;
    for (token, error) in [
        (jwt("JWT", &json!({"sub": "mch_1"}), Signer::B), token_error(TokenError::Signature)),
        (jwt("at+jwt", &json!({}), Signer::B), token_error(TokenError::Signature)),
        (jwt("at+jwt", &json!({"sub": "mch_1"}), Signer::A), token_error(TokenError::Type)),
        (m2m(&json!({"iss": null})), token_error(TokenError::Issuer)),
        (m2m(&json!({"iss": "https://clerk.other.test"})), token_error(TokenError::Issuer)),
        (oauth(&json!({"iss": null})), token_error(TokenError::Issuer)),
        (m2m(&json!({"exp": NOW - 5})), token_error(TokenError::Expired)),
        (oauth(&json!({"exp": NOW - 5})), token_error(TokenError::Expired)),
        (oauth(&json!({"nbf": NOW + 6})), token_error(TokenError::NotActiveYet)),
        (oauth(&json!({"iat": NOW + 6})), token_error(TokenError::IssuedInTheFuture)),
        (of_class("cl_B7d4PD111AAA", "mch_1"), MachineError::Class),
        (of_class("cl_I7d4PD111III", "mch_1"), MachineError::Class),
    ] {
        let found = refusal(by_header(&authenticator, &token, any()));
        let SignedOutReason::Machine(_, told) = found else { panic!("{found:?}") };
        assert_eq!(told, error);
    }
    let good = of_class("cl_B7d4PD333AAA", "mch_1");
    assert!(told(&by_header(&authenticator, &good, any())).is_ok());
    let forever = m2m(&json!({"exp": null}));
    assert_eq!(
        told(&by_header(&authenticator, &forever, any())),
        Err(Reason::TokenInvalidClaims),
        "a JWT cannot be revoked: one without an end is none"
    );
}

#[test]
fn authorized_parties_are_not_asked_of_machines() {
    let mut instance = instance();
    instance.authorized_parties = vec![Origin::new("https://app.acme-widgets.com")];
    let authenticator = authenticator(instance, &Script::silent());
    for token in [m2m(&json!({})), oauth(&json!({}))] {
        assert!(told(&by_header(&authenticator, &token, any())).is_ok());
    }
}

#[test]
fn a_jwt_for_another_machine_is_refused_where_the_settings_name_one() {
    let mut instance = instance();
    instance.machines.id = Some("mch_us".into());
    let ours = authenticator(instance.clone(), &Script::silent());
    for (changes, good) in [
        (json!({}), true),
        (json!({"scopes": "mch_a mch_us"}), true),
        (json!({"scopes": null, "aud": ["mch_us"]}), true),
        (json!({"scopes": "mch_a", "aud": "mch_us"}), true),
        (json!({"scopes": "mch_a"}), false),
        (json!({"scopes": "mch_us2 mch_"}), false),
        (json!({"scopes": null}), false),
        (json!({"scopes": ["mch_us"]}), false),
    ] {
        let found = told(&by_header(&ours, &m2m(&changes), any()));
        let expected =
            if good { Ok("m2m_token".to_owned()) } else { Err(Reason::TokenInvalidAudience) };
        assert_eq!(found, expected, "{changes}");
    }
    instance.audiences = vec!["https://api.test".into()];
    let with_audience = authenticator(instance, &Script::silent());
    for (changes, good) in [
        (json!({}), true),
        (json!({"aud": "https://api.test"}), true),
        (json!({"aud": ["mch_us"]}), true),
        (json!({"aud": "https://other.test"}), false),
    ] {
        let found = told(&by_header(&with_audience, &m2m(&changes), any()));
        assert_eq!(found.is_ok(), good, "{changes}");
    }
}

#[test]
fn an_access_token_must_name_an_audience_where_the_settings_list_any() {
    let mut instance = instance();
    instance.audiences = vec!["https://api.test".into()];
    let authenticator = authenticator(instance, &Script::silent());
    for (audience, good) in [
        (json!("https://api.test"), true),
        (json!(["https://other.test", "https://api.test"]), true),
        (json!(["", "https://api.test"]), false),
        (json!("https://other.test"), false),
        (json!(""), false),
        (json!(["https://api.test", 7]), false),
        (json!(null), false),
    ] {
        let token = oauth(&json!({ "aud": audience }));
        let found = told(&by_header(&authenticator, &token, any()));
        let expected =
            if good { Ok("oauth_token".to_owned()) } else { Err(Reason::TokenInvalidAudience) };
        assert_eq!(found, expected, "{audience}");
    }
}

#[test]
fn a_known_machine_dies_at_its_expiry_to_the_millisecond() {
    let authenticator = authenticator(instance(), &Script::silent());
    let token = m2m(&json!({}));
    let at = |millis| told(&run(authenticator.authenticate_token(&token, any(), at(millis))));
    assert_eq!([at(0), at(64_999)], [Ok("m2m_token".to_owned()), Ok("m2m_token".to_owned())]);
    assert_eq!(at(65_000), Err(Reason::TokenExpired));
    let counters = authenticator.counters();
    assert_eq!((counters.cache_miss.get(), counters.cache_hit.get()), (1, 2));
}

#[test]
fn what_clerk_has_said_of_a_credential_counts_for_a_while_and_never_past_its_end() {
    let end = NOW * 1000 + 20_000;
    let body = json!({"id": "ak_1", "subject": "user_1", "expiration": end});
    let script = Script::new([ok(&body)]);
    let authenticator = authenticator(instance(), &script);
    let at =
        |millis| told(&run(authenticator.authenticate_token("ak_12345678", any(), at(millis))));
    assert!(at(0).is_ok() && at(19_999).is_ok());
    assert_eq!(script.count(), 1);
    assert_eq!(at(20_000), Err(Reason::TokenExpired));
    script.now_answers(ok(&json!({"id": "ak_1", "subject": "user_1"})));
    assert!(at(30_000).is_ok() && at(59_999).is_ok());
    assert_eq!(script.count(), 3);
    script.now_answers(ok(&json!({"id": "ak_1", "subject": "user_1", "revoked": true})));
    assert_eq!(at(60_000), Err(Reason::TokenRevoked));
    assert_eq!(at(60_000), Err(Reason::TokenRevoked));
    assert_eq!(script.count(), 5, "a refusal of what exists is not kept");
}

#[test]
fn that_clerk_does_not_know_a_credential_counts_for_a_shorter_while() {
    let script = Script::new([Ok((404, "{}".to_owned()))]);
    let authenticator = authenticator(instance(), &script);
    let at =
        |millis| told(&run(authenticator.authenticate_token("ak_12345678", any(), at(millis))));
    assert_eq!([at(0), at(4_999)], [Err(Reason::TokenInvalid), Err(Reason::TokenInvalid)]);
    assert_eq!(script.count(), 1);
    script.now_answers(ok(&json!({"id": "ak_1", "subject": "user_1"})));
    assert!(at(5_000).is_ok());
    let counters = authenticator.counters();
    assert_eq!((counters.machine_cache_unknown.get(), counters.machine_cache_miss.get()), (1, 2));
}

#[test]
fn what_clerk_could_not_say_is_asked_again() {
    for answer in [Ok((500, String::new())), Ok((429, String::new())), Ok((401, "{}".to_owned()))] {
        let script = Script::new([answer]);
        let authenticator = authenticator(instance(), &script);
        let ask = || told(&run(authenticator.authenticate_token("ak_12345678", any(), now())));
        for _ in 0..2 {
            assert_eq!(ask(), Err(Reason::UpstreamUnavailable));
        }
        assert_eq!(script.count(), 2);
    }
}

#[test]
fn credentials_of_one_instance_say_nothing_to_another() {
    let known = authenticator(instance(), &vouching());
    assert!(told(&by_header(&known, "ak_12345678", any())).is_ok());
    let other = authenticator(instance(), &Script::new([Ok((404, "{}".to_owned()))]));
    assert_eq!(told(&by_header(&other, "ak_12345678", any())), Err(Reason::TokenInvalid));
}

#[test]
fn no_machine_credential_is_shown_by_what_becomes_of_it() {
    let authenticator = authenticator(instance(), &vouching());
    let token = "ak_verysecretindeed";
    let accepted = by_header(&authenticator, token, any());
    let refused = by_header(&authenticator, token, CredentialKinds::of(M2mToken));
    for found in [accepted, refused] {
        assert!(!format!("{found:?}").contains("verysecret"), "{found:?}");
    }
    assert_eq!(MachineKind::ALL.map(MachineKind::as_str), ["api_key", "m2m_token", "oauth_token"]);
}
