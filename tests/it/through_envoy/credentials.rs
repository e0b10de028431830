//! Which credentials count, and which are refused.

use crate::support::{
    stack::Stack,
    tokens::{
        Instance,
        Person::{Boss, Reader},
        seconds_from_now,
    },
};
use bailiff::stand_in::tokens::{Signer, Token};

#[tokio::test(flavor = "multi_thread")]
async fn a_spoilt_token_opens_nothing() {
    let Some(shop) = Stack::start().await else { return };
    let good = shop.instance.token(Boss);
    let (message, signature) = good.rsplit_once('.').expect("three parts");
    let (header, _) = message.split_once('.').expect("three parts");
    let stranger = Instance::new();
    let other_payload = stranger.token_with(Boss, |token| token.claim("sub", "user_2mallory"));
    let other_payload = other_payload.split('.').nth(1).expect("three parts");
    let public_pem = shop.instance.key().public_pem();
    let boss = || Token::session(&Boss.facts(), &shop.instance.minting());
    let changed = |change: &dyn Fn(Token) -> Token| change(boss()).sign(shop.instance.key());
    for (spoilt, reason) in [
        ("garbage".to_owned(), "token_invalid"),
        (format!("{message}."), "token_invalid_signature"),
        (stranger.token(Boss), "token_invalid_signature"),
        (format!("{header}.{other_payload}.{signature}"), "token_invalid_signature"),
        (changed(&|token| token.claim("exp", seconds_from_now(-120))), "token_expired"),
        (changed(&|token| token.claim("nbf", seconds_from_now(120))), "token_not_active_yet"),
        (changed(&|token| token.claim("azp", "https://evil.test")), "azp_mismatch"),
        (changed(&|token| token.without_claim("azp")), "azp_missing"),
        (changed(&|token| token.claim("iss", "https://clerk.evil.test")), "token_invalid_issuer"),
        (changed(&|token| token.claim("sts", "pending")), "session_pending"),
        (changed(&|token| token.header("cat", "cl_B7d4PD222AAA")), "token_type_mismatch"),
        (changed(&|token| token.header("typ", "at+jwt")), "token_type_mismatch"),
        (changed(&|token| token.without_claim("sid")), "token_invalid_claims"),
        (boss().sign_as(&Signer::Unsigned), "token_invalid_algorithm"),
        (boss().sign_as(&Signer::Hs256(public_pem.as_bytes())), "token_invalid_algorithm"),
        (boss().sign_as(&Signer::Rs384(shop.instance.key())), "token_invalid_algorithm"),
    ] {
        let answer = shop
            .send(None, "GET", "/admin/users", &[("authorization", &format!("Bearer {spoilt}"))])
            .await;
        assert_eq!(answer.status, 401, "{reason}: {answer:?}");
        assert_eq!(answer.reason(), reason);
        assert!(!answer.body.contains(&spoilt), "{reason}: the token stands in the answer");
    }
    shop.upstream.saw_nothing();
    let log = shop.sidecar.log();
    assert!(!log.contains(signature), "a token stands in the log");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_good_token_stays_good_and_a_changed_one_beside_it_stays_refused() {
    let Some(shop) = Stack::start().await else { return };
    let good = shop.bearer(Boss);
    let changed = format!("{}A", &good[..good.len() - 1]);
    for _ in 0..3 {
        let answer = shop.send(None, "GET", "/admin/users", &[("authorization", &good)]).await;
        assert_eq!(answer.status, 200);
        if changed != good {
            let headers = [("authorization", changed.as_str())];
            let answer = shop.send(None, "GET", "/admin/users", &headers).await;
            assert_eq!(answer.status, 401);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_authorization_headers_are_refused_even_if_both_are_good() {
    let Some(shop) = Stack::start().await else { return };
    let [boss, reader] = [Boss, Reader].map(|who| format!("Authorization: {}", shop.bearer(who)));
    for headers in [
        [boss.as_str(), reader.as_str()],
        [boss.as_str(), boss.as_str()],
        ["Authorization: Basic dXNlcjpwYXNz", boss.as_str()],
    ] {
        let answer = shop.raw("GET /admin/users HTTP/1.1", &headers).await;
        assert_eq!(answer.status, 401, "{answer:?}");
    }
    shop.upstream.saw_nothing();
}

/// Envoy drops an empty line beside another: Bailiff and the service see the same one credential.
#[tokio::test(flavor = "multi_thread")]
async fn an_empty_authorization_header_beside_a_good_one_reaches_nobody() {
    let Some(shop) = Stack::start().await else { return };
    let boss = format!("Authorization: {}", shop.bearer(Boss));
    for headers in [[boss.as_str(), "Authorization:"], ["Authorization:", boss.as_str()]] {
        let answer = shop.raw("GET /admin/users HTTP/1.1", &headers).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.body.matches(r#"["authorization","#).count(), 1, "{answer:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_authorization_headers_are_refused() {
    let Some(shop) = Stack::start().await else { return };
    let token = shop.instance.token(Boss);
    for value in [
        format!("Bearer  {token}"),
        format!("Bearer\t{token}"),
        format!("Bearer {token}, Bearer {token}"),
        format!("Basic {token}"),
        "Bearer".to_owned(),
    ] {
        let line = format!("Authorization: {value}");
        let answer = shop.raw("GET /admin/users HTTP/1.1", &[&line]).await;
        assert_eq!(answer.status, 401, "{}", value.replace(&token, "TOKEN"));
    }
    shop.upstream.saw_nothing();
}

#[tokio::test(flavor = "multi_thread")]
async fn two_session_cookies_that_differ_are_refused() {
    let Some(shop) = Stack::start().await else { return };
    let [boss, reader] = [Boss, Reader].map(|who| shop.instance.token(who));
    let joined = format!("Cookie: __session={reader}; __session={boss}");
    let answer = shop.raw("GET /admin/users HTTP/1.1", &[&joined]).await;
    assert_eq!(answer.status, 401, "{answer:?}");
    let [first, second] = [reader, boss].map(|token| format!("Cookie: __session={token}"));
    let answer = shop.raw("GET /admin/users HTTP/1.1", &[&first, &second]).await;
    assert_eq!(answer.status, 401, "{answer:?}");
    shop.upstream.saw_nothing();
}

#[tokio::test(flavor = "multi_thread")]
async fn cookies_with_other_names_are_nobodys() {
    let Some(shop) = Stack::start().await else { return };
    let token = shop.instance.token(Boss);
    for name in ["session", "__Session", "x__session", "__session_", "__session_evil", "__client"] {
        let cookie = format!("{name}={token}");
        let answer = shop.send(None, "GET", "/admin/users", &[("cookie", &cookie)]).await;
        assert_eq!(answer.status, 401, "{name}");
    }
    shop.upstream.saw_nothing();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_in_the_address_is_not_looked_at() {
    let Some(shop) = Stack::start().await else { return };
    let token = shop.instance.token(Boss);
    for query in [format!("access_token={token}"), format!("__session={token}")] {
        let answer = shop.get(None, &format!("/admin/users?{query}")).await;
        assert_eq!(answer.status, 401);
    }
    shop.upstream.saw_nothing();
}
