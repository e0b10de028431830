//! Tokens: whose they are, what they are for, and what they grant.

use crate::support::{
    check::Asked,
    grpc::{authorization_client, channel},
    sidecar::{self, Sidecar},
    stack::SHOP,
    tokens::{
        Instance,
        Person::{Boss, Reader},
    },
};
use bailiff::{
    pb::v1::{
        AuthorizeRequest, Credential, Effect, GetClaimsRequest, Requirement,
        authorize_request::Question, credential::Source,
    },
    stand_in::tokens::Token,
};
use serde_json::json;
use tempfile::TempDir;

async fn shop() -> (Sidecar, Instance) {
    let instance = Instance::new();
    (Sidecar::start(&instance, SHOP).await, instance)
}

async fn told(sidecar: &Sidecar, target: &str, token: &str) -> String {
    let bearer = format!("Bearer {token}");
    Asked::get(target).header("authorization", &bearer).of(sidecar).await.told()
}

fn credential(token: &str) -> Credential {
    Credential { source: Some(Source::Token(token.to_owned())) }
}

/// A verified token found again by its signature alone: Cerbos 0.53.
#[tokio::test(flavor = "multi_thread")]
async fn a_known_signature_under_another_payload_is_refused() {
    let (sidecar, instance) = shop().await;
    let reader = instance.token(Reader);
    let boss = instance.token(Boss);
    assert_eq!(told(&sidecar, "/dashboard", &reader).await, "200");
    let part = |token: &str, index| token.split('.').nth(index).map(str::to_owned);
    let [header, payload, signature] =
        [(&reader, 0), (&boss, 1), (&reader, 2)].map(|(token, index)| part(token, index));
    let mixed = [header, payload, signature].map(Option::unwrap_or_default).join(".");
    assert_eq!(told(&sidecar, "/admin/users", &mixed).await, "401 token_invalid_signature");
    assert_eq!(told(&sidecar, "/admin/users", &boss).await, "200");
    assert_eq!(told(&sidecar, "/admin/users", &mixed).await, "401 token_invalid_signature");
}

/// Issuer unchecked and keys mixed between tenants: Clerk's JavaScript and Ruby packages, Authorino.
/// Cache keys that mixed two servers: Oathkeeper GHSA-4mq7.
#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_one_instance_never_passes_for_another() {
    let here = Instance::at("clerk.shop.test");
    let there = Instance::at("clerk.forum.test");
    let directory = TempDir::new().expect("a temporary directory");
    let settings = sidecar::settings(directory.path(), &[("here", &here), ("there", &there)]);
    let sidecar = Sidecar::start_in(directory, SHOP, &settings).await;
    let verdict = async |instance: &str, token: &str| {
        let bearer = format!("Bearer {token}");
        let asked = Asked::get("/admin/users").header("authorization", &bearer);
        let asked = Asked { extensions: vec![("bailiff.instance", instance)], ..asked };
        asked.of(&sidecar).await.status
    };
    let [ours, theirs] = [&here, &there].map(|instance| instance.token(Boss));
    // Twice, so that the second answers come from what is remembered.
    for _ in 0..2 {
        assert_eq!(verdict("here", &ours).await, 200);
        assert_eq!(verdict("there", &theirs).await, 200);
        assert_eq!(verdict("here", &theirs).await, 401);
        assert_eq!(verdict("there", &ours).await, 401);
    }
    // Signed here, in the other's name, and the other way round.
    let issuer = "https://clerk.forum.test";
    let forged = here.token_with(Boss, |token| token.claim("iss", issuer));
    assert_eq!(verdict("here", &forged).await, 401);
    assert_eq!(verdict("there", &forged).await, 401);
}

/// Service tokens accepted by an interface that they were not meant for: Pomerium CVE-2024-47616.
#[tokio::test(flavor = "multi_thread")]
async fn no_other_kind_of_token_passes_for_a_session() {
    let (sidecar, instance) = shop().await;
    let minting = instance.minting();
    for (kind, token) in [
        ("template", Token::template(Boss.id(), &minting)),
        ("machine", Token::machine("mch_2machine", &["read"], &minting)),
        ("oauth", Token::oauth(Boss.id(), "client", &["profile"], &minting)),
        ("oauth", Token::session(&Boss.facts(), &minting).header("typ", "application/at+jwt")),
        ("machine", Token::session(&Boss.facts(), &minting).header("cat", "cl_B7d4PD333AAA")),
    ] {
        let verdict = told(&sidecar, "/dashboard", &token.sign(instance.key())).await;
        assert!(verdict.starts_with("401 token_"), "{kind}: {verdict}");
    }
    for opaque in ["ak_0123456789abcdef", "mt_0123456789abcdef", "oat_0123456789abcdef"] {
        assert!(told(&sidecar, "/dashboard", opaque).await.starts_with("401 "), "{opaque}");
    }
}

/// An e-mail domain check fooled by two `@`: oauth2-proxy CVE-2026-40574. Origins and issuers are
/// compared whole here, never by how they begin or end.
#[tokio::test(flavor = "multi_thread")]
async fn an_origin_that_only_looks_like_ours_is_refused() {
    let (sidecar, instance) = shop().await;
    for origin in [
        "http://shop.test@evil.test",
        "http://shop.test.evil.test",
        "http://evil.test/http://shop.test",
        "http://shop.test:80",
        "http://shop.test/",
        "https://shop.test",
        "HTTP://SHOP.TEST",
        "shop.test",
        " http://shop.test",
        "",
    ] {
        let token = instance.token_with(Boss, |token| token.claim("azp", origin));
        let verdict = told(&sidecar, "/dashboard", &token).await;
        assert!(verdict.starts_with("401 "), "{origin:?}: {verdict}");
    }
    for issuer in [
        "https://clerk.shop.test.evil.test",
        "https://clerk.shop.test@evil.test",
        "https://evil.test/https://clerk.shop.test",
    ] {
        let token = instance.token_with(Boss, |token| token.claim("iss", issuer));
        assert_eq!(told(&sidecar, "/dashboard", &token).await, "401 token_invalid_issuer");
    }
}

/// A missing authorized party passed the list of allowed ones: clerk/javascript#8372.
#[tokio::test(flavor = "multi_thread")]
async fn a_token_without_an_authorized_party_is_refused_where_some_are_listed() {
    let (sidecar, instance) = shop().await;
    for token in [
        instance.token_with(Boss, |token| token.without_claim("azp")),
        instance.token_with(Boss, |token| token.claim("azp", json!(null))),
        instance.token_with(Boss, |token| token.claim("azp", json!(["http://shop.test"]))),
    ] {
        let verdict = told(&sidecar, "/dashboard", &token).await;
        assert!(verdict.starts_with("401 "), "{verdict}");
    }
}

/// Of several conditions asked together, one that held carried the rest: clerk/javascript#8372,
/// #8804, #9145. Every combination is tried, for all to hold.
#[tokio::test(flavor = "multi_thread")]
async fn of_conditions_asked_together_every_one_must_hold() {
    let (sidecar, instance) = shop().await;
    let mut client = authorization_client(channel(sidecar.grpc()).await);
    let token = instance.token(Boss);
    let pick = |bits: u32, bit: u32, right: &str, wrong: &str| {
        let (asked, holds) = (bits >> (2 * bit) & 1 == 1, bits >> (2 * bit + 1) & 1 == 1);
        let words = asked.then(|| if holds { right } else { wrong }.to_owned());
        (words.into_iter().collect::<Vec<_>>(), !asked || holds)
    };
    for bits in 0..256 {
        let (roles, role) = pick(bits, 0, "admin", "owner");
        let (permissions, permission) = pick(bits, 1, "invoices:manage", "invoices:destroy");
        let (features, feature) = pick(bits, 2, "invoices", "exports");
        let (plans, plan) = pick(bits, 3, "pro", "free");
        let requirement =
            Requirement { roles, permissions, features, plans, ..Requirement::default() };
        let asked = AuthorizeRequest {
            credential: Some(credential(&token)),
            question: Some(Question::Requirement(requirement)),
            ..AuthorizeRequest::default()
        };
        let answer = client.authorize(asked.clone()).await.expect("an answer").into_inner();
        let effect = answer.decision.expect("a decision").effect();
        let expected = role && permission && feature && plan;
        assert_eq!(effect == Effect::Allow, expected, "{asked:?}");
        assert_ne!(effect, Effect::Unspecified);
    }
}

/// Masks above 2^53 lost bits, negative ones granted everything: clerk/javascript#9381,
/// clerk/clerk-sdk-python#250.
#[tokio::test(flavor = "multi_thread")]
async fn permission_masks_of_any_width_grant_what_they_say_and_no_more() {
    let (sidecar, instance) = shop().await;
    let mut client = authorization_client(channel(sidecar.grpc()).await);
    let names: Vec<_> = (0..130).map(|index| format!("p{index}")).collect();
    let names = names.join(",");
    for (features, masks, expected) in [
        ("o:a", "9007199254740993", &["org:a:p0", "org:a:p53"][..]),
        ("o:a", "9223372036854775809", &["org:a:p0", "org:a:p63"]),
        ("o:a", "18446744073709551617", &["org:a:p0", "org:a:p64"]),
        ("o:a", "340282366920938463463374607431768211457", &["org:a:p0", "org:a:p128"]),
        ("o:a,o:b", "1,-1", &["org:a:p0"]),
        ("o:a,o:b", "1.5,2", &["org:b:p1"]),
        ("o:a,o:b", "0x1,2", &["org:b:p1"]),
        ("o:a,o:b", "\u{ff11},2", &["org:b:p1"]),
        ("o:a,o:b", "1", &["org:a:p0"]),
        ("o:a", "1,2,4", &["org:a:p0"]),
        ("o:a", "", &[]),
        ("", "1", &[]),
    ] {
        let token = instance.token_with(Boss, |token| {
            token.claim("fea", features).claim(
                "o",
                json!({ "id": "org_2acme", "rol": "admin", "per": names, "fpm": masks }),
            )
        });
        let asked = GetClaimsRequest { credential: Some(credential(&token)), ..Default::default() };
        let answer = client.get_claims(asked).await.expect("an answer").into_inner();
        let identity = answer.identity.expect("somebody");
        let mut granted = identity.organization.expect("an organization").permissions;
        granted.sort();
        assert_eq!(granted, expected, "{features} {masks}");
    }
}
