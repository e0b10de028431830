//! Machines at every door of the real binary: what counts where, asked of a Clerk instance over HTTP.

use crate::support::{
    check::{Asked, ENCODINGS},
    grpc::{authorization_client, channel},
    http,
    sidecar::Sidecar,
};
use bailiff::{
    core::clock::{Clock as _, SystemClock},
    pb::v1::{
        AuthorizeRequest, Credential, GetClaimsRequest, Identity, Requirement,
        authorization_service_client::AuthorizationServiceClient, authorize_request::Question,
        credential::Source,
    },
    stand_in::{
        clerk::{Endpoint, Fault, Grant, Setup, StandIn},
        keys::SigningKey,
        people::reader,
        tokens::Token,
    },
};
use serde_json::{Value, json};
use std::{fs, time::Duration};
use tempfile::TempDir;
use tonic::{Code, transport::Channel};

const POLICY: &str = "\
version: 1
routes:
  /pages: signed_in
  /optional: optional
  /keys: { credential: api_key }
  /keys/events: { credential: api_key, scope: events:write }
  /m2m: { credential: m2m_token }
  /oauth: { credential: oauth_token }
  /machines: { credential: { any: [api_key, m2m_token, oauth_token] } }
  /mixed: { credential: { any: [session_token, api_key] } }
  /either: { any: [ { role: org:admin }, { credential: api_key, scope: events:write } ] }
actions:
  event.write: { credential: { any: [api_key, session_token] } }
upstream:
  headers:
    x-user-id: identity.user.id
    x-kind: identity.kind
    x-subject: identity.subject
    x-machine-id: identity.machine.id
    x-scopes: identity.scopes
";
const US: &str = "mch_us";
const AUDIENCE: &str = "https://api.shop.test";

struct World {
    clerk: StandIn,
    sidecar: Sidecar,
    client: AuthorizationServiceClient<Channel>,
}

/// What callers present, one of each kind.
struct Presented {
    session: String,
    api_key: String,
    m2m: String,
    m2m_jwt: String,
    oauth: String,
    oauth_jwt: String,
}

impl World {
    /// The sidecar with these settings besides.
    async fn start(more: Value) -> Self {
        Self::start_for(|_| more).await
    }

    async fn start_for(more: impl FnOnce(&StandIn) -> Value) -> Self {
        let clerk = StandIn::start(Setup::new()).await.expect("the Clerk instance starts");
        let more = more(&clerk);
        let directory = TempDir::new().expect("a temporary directory");
        let secret = directory.path().join("secret");
        fs::write(&secret, clerk.secret_key()).expect("the secret key is written");
        let mut instance = json!({
            "publishable_key": clerk.publishable_key(),
            "secret_key_file": secret,
            "api_url": clerk.backend_api_url(),
            "handshake": "off",
        });
        instance.as_object_mut().expect("a map").extend(more.as_object().expect("a map").clone());
        let settings = json!({
            "policy": directory.path().join("policy.yaml"),
            "instances": [instance],
            "listeners": { "grpc": "127.0.0.1:0", "admin": "127.0.0.1:0" },
            "log": { "format": "json" },
        });
        let sidecar = Sidecar::start_in(directory, POLICY, &settings).await;
        let client = authorization_client(channel(sidecar.grpc()).await);
        Self { clerk, sidecar, client }
    }

    fn presented(&self) -> Presented {
        let clerk = &self.clerk;
        Presented {
            session: clerk.token_of(&reader()),
            api_key: clerk.issue(Grant::api_key("user_1", &["events:write"])).secret,
            m2m: clerk.issue(Grant::m2m_token("mch_1", &[US])).secret,
            m2m_jwt: clerk.m2m_jwt("mch_1", &[US]),
            oauth: clerk.issue(Grant::oauth_token("user_1", "client_1", &["profile"])).secret,
            oauth_jwt: clerk.oauth_jwt("user_1", "client_1", &["profile"]),
        }
    }

    /// The verdict about a GET with that token, which is the same whichever way a proxy asks.
    async fn get(&self, path: &str, token: &str) -> String {
        let bearer = format!("Bearer {token}");
        let mut told = Vec::new();
        for encoding in ENCODINGS {
            let asked = Asked { encoding, ..Asked::get(path) }.header("authorization", &bearer);
            told.push(asked.of(&self.sidecar).await.told());
        }
        assert_eq!(told[0], told[1]);
        told.remove(0)
    }

    async fn require(
        &mut self,
        token: &str,
        requirement: Requirement,
    ) -> (String, Option<Identity>) {
        let request = AuthorizeRequest {
            credential: Some(credential(token)),
            question: Some(Question::Requirement(requirement)),
            ..AuthorizeRequest::default()
        };
        let answer = self.client.authorize(request).await.expect("an answer").into_inner();
        (answer.decision.expect("a decision").reason, answer.identity)
    }
}

fn credential(token: &str) -> Credential {
    Credential { source: Some(Source::Token(token.to_owned())) }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_kind_is_let_in_where_it_is_named_and_nowhere_else() {
    let world = World::start(json!({})).await;
    let presented = world.presented();
    let kind = "401 credential_kind";
    let mismatch = "401 token_type_mismatch";
    let invalid = "401 token_invalid";
    for (path, session, api_key, m2m, m2m_jwt, oauth, oauth_jwt) in [
        ("/pages", "200", invalid, invalid, mismatch, invalid, mismatch),
        ("/optional", "200", "200", "200", "200", "200", "200"),
        ("/keys", kind, "200", kind, kind, kind, kind),
        ("/keys/events", kind, "200", kind, kind, kind, kind),
        ("/m2m", kind, kind, "200", "200", kind, kind),
        ("/oauth", kind, kind, kind, kind, "200", "200"),
        ("/machines", kind, "200", "200", "200", "200", "200"),
        ("/mixed", "200", "200", kind, kind, kind, kind),
        ("/either", "403 alternatives", "200", kind, kind, kind, kind),
    ] {
        for (token, expected) in [
            (&presented.session, session),
            (&presented.api_key, api_key),
            (&presented.m2m, m2m),
            (&presented.m2m_jwt, m2m_jwt),
            (&presented.oauth, oauth),
            (&presented.oauth_jwt, oauth_jwt),
        ] {
            let told = world.get(path, token).await;
            assert_eq!(told, expected, "{path} with {}…", &token[..3]);
        }
    }
    let nobody = Asked::get("/keys").of(&world.sidecar).await.told();
    assert_eq!(nobody, "401 signed_out");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_service_is_told_of_the_machine_and_of_no_user() {
    let world = World::start(json!({})).await;
    let issued = world.clerk.issue(Grant::api_key("user_1", &["events:write", "events:read"]));
    let bearer = format!("Bearer {}", issued.secret);
    let asked = Asked::get("/keys").header("authorization", &bearer).header("x-user-id", "user_2");
    let mut verdict = asked.of(&world.sidecar).await;
    verdict.set.sort();
    let set = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(
        verdict.set,
        [
            set("x-kind", "api_key"),
            set("x-machine-id", &issued.id),
            set("x-scopes", "events:write,events:read"),
            set("x-subject", "user_1"),
        ]
    );
    assert!(verdict.removed.contains(&"x-user-id".to_owned()), "{verdict:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_machine_is_nobody_where_it_does_not_count() {
    let world = World::start(json!({})).await;
    let bearer = format!("Bearer {}", world.clerk.m2m_jwt("mch_1", &[US]));
    let asked = Asked::get("/optional").header("authorization", &bearer);
    let verdict = asked.of(&world.sidecar).await;
    assert_eq!((verdict.status, verdict.set.len()), (200, 0), "{verdict:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_revoked_or_has_ended_is_refused() {
    let world = World::start(json!({"machine_tokens": {"remember_ms": 0}})).await;
    let clerk = &world.clerk;
    let issued = clerk.issue(Grant::api_key("org_1", &[]));
    assert_eq!(world.get("/keys", &issued.secret).await, "200");
    clerk.machines().revoke(&issued);
    assert_eq!(world.get("/keys", &issued.secret).await, "401 token_revoked");
    let mut grant = Grant::m2m_token("mch_1", &[US]);
    grant.expires_at = Some(SystemClock.now());
    assert_eq!(world.get("/m2m", &clerk.issue(grant).secret).await, "401 token_expired");
    assert_eq!(world.get("/keys", "ak_thisisnobodys").await, "401 token_invalid");
    assert_eq!(world.get("/keys", "ak_!").await, "401 token_invalid");

    let mut past = clerk.minting();
    past.issued_at = SystemClock.now();
    past.lifetime = Duration::ZERO;
    let ended = Token::machine("mch_1", &[US], &past).claim("exp", 1).sign(&clerk.keys().current());
    assert_eq!(world.get("/m2m", &ended).await, "401 token_expired");
    let stranger = SigningKey::generate(clerk.keys().current().id()).expect("a key");
    let forged = Token::machine("mch_1", &[US], &clerk.minting()).sign(&stranger);
    assert_eq!(world.get("/m2m", &forged).await, "401 token_invalid_signature");
    let elsewhere = Token::oauth("user_1", "client_1", &[], &clerk.minting())
        .claim("iss", "https://clerk.other.test")
        .sign(&clerk.keys().current());
    assert_eq!(world.get("/oauth", &elsewhere).await, "401 token_invalid_issuer");
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_for_other_machines_and_other_audiences_are_refused() {
    let world = World::start(json!({
        "machine_id": US, "audience": [AUDIENCE], "missing_audience": "accept",
    }))
    .await;
    let clerk = &world.clerk;
    for (scopes, expected) in [(&[US][..], "200"), (&["mch_other"], "401 token_invalid_audience")] {
        let opaque = clerk.issue(Grant::m2m_token("mch_1", scopes)).secret;
        for token in [opaque, clerk.m2m_jwt("mch_1", scopes)] {
            assert_eq!(world.get("/m2m", &token).await, expected, "{scopes:?}");
        }
    }
    for (audience, expected) in [
        (Some(AUDIENCE), "200"),
        (Some("https://other.test"), "401 token_invalid_audience"),
        (None, "401 token_invalid_audience"),
    ] {
        let mut grant = Grant::oauth_token("user_1", "client_1", &[]);
        grant.audience.extend(audience.map(str::to_owned));
        let mut token = Token::oauth("user_1", "client_1", &[], &clerk.minting());
        if let Some(audience) = audience {
            token = token.claim("aud", audience);
        }
        for token in [clerk.issue(grant).secret, token.sign(&clerk.keys().current())] {
            assert_eq!(world.get("/oauth", &token).await, expected, "{audience:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_in_cookies_and_two_at_once_prove_nothing() {
    let world = World::start(json!({})).await;
    let Presented { session, api_key, m2m_jwt, oauth_jwt, .. } = world.presented();
    for held in [&api_key, &m2m_jwt, &oauth_jwt] {
        let cookie = format!("__session={held}; __client_uat=1");
        let asked = Asked::get("/machines").header("cookie", &cookie);
        assert_eq!(asked.of(&world.sidecar).await.told(), "401 signed_out");
    }
    let cookie = format!("__session={session}; __client_uat=1");
    let people = Asked::get("/mixed").header("cookie", &cookie);
    assert_eq!(people.of(&world.sidecar).await.told(), "200");
    let machines = Asked::get("/keys").header("cookie", &cookie);
    assert_eq!(machines.of(&world.sidecar).await.told(), "401 signed_out");

    let (one, other) = (format!("Bearer {api_key}"), format!("Bearer {session}"));
    let both = Asked::get("/mixed").header("authorization", &one).header("authorization", &other);
    assert_eq!(both.of(&world.sidecar).await.told(), "401 credential_ambiguous");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_is_not_sent_to_sign_in_where_that_would_not_help() {
    let world = World::start(json!({})).await;
    let page =
        |path| Asked::get(path).header("accept", "text/html").header("sec-fetch-dest", "document");
    assert_eq!(page("/keys").of(&world.sidecar).await.told(), "401 signed_out");
    assert!(page("/mixed").of(&world.sidecar).await.told().starts_with("30"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_requirement_asked_ad_hoc_lets_in_the_kinds_it_names_and_tells_who_that_is() {
    let mut world = World::start(json!({})).await;
    let Presented { session, api_key, m2m_jwt, oauth_jwt, .. } = world.presented();
    let asks = |credentials: &[&str], scopes: &[&str]| Requirement {
        credentials: credentials.iter().map(|&kind| kind.to_owned()).collect(),
        scopes: scopes.iter().map(|&scope| scope.to_owned()).collect(),
        ..Requirement::default()
    };
    for (token, credentials, scopes, reason) in [
        (&session, &[][..], &[][..], "allowed"),
        (&session, &["api_key"], &[], "credential_kind"),
        (&session, &["session_token"], &["a"], "scope"),
        (&api_key, &[], &[], "token_invalid"),
        (&api_key, &["api_key"], &[], "allowed"),
        (&api_key, &["api_key", "m2m_token"], &["events:write"], "allowed"),
        (&api_key, &["api_key"], &["events:write", "events:read"], "scope"),
        (&m2m_jwt, &["m2m_token"], &[US], "allowed"),
        (&m2m_jwt, &["oauth_token"], &[], "credential_kind"),
    ] {
        let (found, _) = world.require(token, asks(credentials, scopes)).await;
        assert_eq!(found, reason, "{credentials:?} {scopes:?}");
    }
    let (_, identity) = world.require(&oauth_jwt, asks(&["oauth_token"], &[])).await;
    let identity = identity.expect("an identity");
    assert_eq!((&*identity.user_id, &*identity.session_id), ("", ""));
    let machine = identity.machine.expect("a machine");
    assert_eq!((&*machine.kind, &*machine.subject), ("oauth_token", "user_1"));
    assert_eq!((&*machine.client_id, machine.scopes), ("client_1", vec!["profile".to_owned()]));
}

#[tokio::test(flavor = "multi_thread")]
async fn claims_of_machines_are_told_to_whoever_asks_for_machines() {
    let mut world = World::start(json!({})).await;
    let mut grant = Grant::api_key("user_1", &["events:write"]);
    grant.claims = Some(json!({"region": "eu"}));
    let api_key = world.clerk.issue(grant);
    let m2m = world.clerk.m2m_jwt("mch_1", &[US]);
    for (token, kind, claim) in
        [(&api_key.secret, "api_key", "region"), (&m2m, "m2m_token", "scopes")]
    {
        let asked = |credentials: &[&str]| GetClaimsRequest {
            credential: Some(credential(token)),
            credentials: credentials.iter().map(|&kind| kind.to_owned()).collect(),
            ..GetClaimsRequest::default()
        };
        let refused = world.client.get_claims(asked(&[])).await.expect_err("an error");
        assert_eq!(refused.code(), Code::Unauthenticated);
        let answer = world.client.get_claims(asked(&[kind])).await.expect("an answer");
        let answer = answer.into_inner();
        assert!(answer.claims.expect("claims").fields.contains_key(claim), "{kind}");
        let machine = answer.identity.expect("an identity").machine.expect("a machine");
        assert_eq!(machine.kind, kind);
        let unknown = world.client.get_claims(asked(&["machine"])).await.expect_err("an error");
        assert_eq!(unknown.code(), Code::InvalidArgument);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_decision_log_names_the_machine_and_never_its_credential() {
    let world = World::start(json!({})).await;
    let Presented { api_key, m2m_jwt, oauth, oauth_jwt, .. } = world.presented();
    let secrets = [&api_key, &m2m_jwt, &oauth, &oauth_jwt];
    for token in secrets {
        assert_eq!(world.get("/machines", token).await, "200");
        assert_ne!(world.get("/pages", token).await, "200");
    }
    let line = world.sidecar.logged(|line| line["credential"] == "m2m_token").await;
    assert_eq!((&line["subject"], &line["effect"]), (&json!("mch_1"), &json!("allow")));
    let line = world.sidecar.logged(|line| line["credential"] == "api_key").await;
    assert!(line["credential_id"].as_str().is_some_and(|id| id.starts_with("ak_")), "{line}");
    assert!(line.get("user").is_none(), "nobody is signed in: {line}");
    let metrics = http::get(&world.sidecar.admin("/metrics"), &[]).await.body;
    assert!(metrics.contains(r#"event="machine_cache_miss""#), "{metrics}");
    let log = world.sidecar.log();
    for secret in secrets.into_iter().map(String::as_str).chain([world.clerk.secret_key()]) {
        assert!(!log.contains(secret) && !metrics.contains(secret));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_clerk_cannot_say_is_unavailable_and_known_machines_go_on() {
    let world = World::start(json!({})).await;
    let Presented { api_key, m2m_jwt, oauth, .. } = world.presented();
    assert_eq!(world.get("/machines", &api_key).await, "200");
    world.clerk.faults().inject_everywhere(&Fault::server_error());
    assert_eq!(world.get("/machines", &oauth).await, "503 upstream_unavailable");
    assert_eq!(world.get("/machines", &api_key).await, "200");
    assert_eq!(world.get("/machines", &m2m_jwt).await, "200", "nobody is asked about a JWT");
    // Tried until it is plain that it fails, and then not for a while.
    for _ in 0..3 {
        assert_eq!(world.get("/machines", &oauth).await, "503 upstream_unavailable");
    }
    let metrics = http::get(&world.sidecar.admin("/metrics"), &[]).await.body;
    let count = |metric: &str| {
        let lines = metrics.lines().filter_map(|line| line.rsplit_once(' '));
        let found = lines.filter(|(name, _)| name.contains(metric)).map(|(_, count)| count);
        found.map(|count| count.parse::<u64>().expect("a count")).next()
    };
    assert_eq!(count("bailiff_instance_circuits_open{"), Some(1), "{metrics}");
    for (event, least) in [
        ("call_sent", 6),
        ("call_failed", 5),
        ("call_repeated", 2),
        ("call_refused_by_circuit", 1),
        ("machine_cache_hit", 1),
        ("machine_cache_miss", 2),
    ] {
        let counted = count(&format!(r#"event="{event}""#));
        assert!(counted >= Some(least), "{event}: {counted:?}\n{metrics}");
    }
    world.clerk.faults().clear();
    assert_eq!(world.clerk.requests().count(Endpoint::VerifyM2mToken), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_secret_key_opaque_credentials_are_refused_and_that_was_said_at_start() {
    let keys = |clerk: &StandIn| json!({"secret_key_file": null, "jwks_url": clerk.jwks_url()});
    let world = World::start_for(keys).await;
    assert_eq!(world.get("/keys", "ak_thisisnobodys").await, "503 misconfigured");
    let warned =
        |line: &Value| line["message"].as_str().is_some_and(|text| text.contains("`api_key`"));
    world.sidecar.logged(warned).await;
}
