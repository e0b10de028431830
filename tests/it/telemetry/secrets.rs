//! Everything that a process tells anybody, searched for everything that was confided to it.

use super::all_to;
use crate::support::{
    check::Asked,
    grpc::{authorization_client, channel, with_token},
    http,
    otlp::Receiver,
    secrets::found,
    sidecar::{self, Sidecar},
    webhooks::SECRET,
};
use bailiff::{
    pb::v1::{AuthorizeRequest, GetClaimsRequest, HttpRequest, authorize_request::Question},
    stand_in::{
        clerk::{Grant, Setup, StandIn},
        keys::SigningKey,
        people,
        tokens::Token,
    },
};
use serde_json::json;
use std::fs;
use tempfile::TempDir;

const POLICY: &str = "
version: 1
routes:
  /pages/{**}: signed_in
  /admin: { role: org:admin }
  /keys: { credential: api_key, scope: events:write }
  /m2m: { credential: m2m_token }
  /oauth: { credential: oauth_token }
  /open: public
  /broken:
    if: request.headers['x-secret'] == 'x'
";

/// What somebody may confide to the process.
struct Confided {
    /// Credentials of every kind: good, forged and made up.
    tokens: Vec<String>,
    /// A handshake's nonce, a cookie of the page's own, and what stands in a query.
    others: [String; 3],
}

impl Confided {
    fn to(clerk: &StandIn) -> Self {
        let stranger = SigningKey::generate("ins_stranger").expect("a key");
        let facts = people::reader().starting_facts("sess_stranger");
        let others = ["nonce", "cookie", "query"].map(|name| format!("{name}-0123456789abcdef"));
        Self {
            tokens: vec![
                clerk.token_of(&people::reader()),
                Token::session(&facts, &clerk.minting()).sign(&stranger),
                clerk.issue(Grant::api_key("user_1", &["events:write"])).secret,
                clerk.issue(Grant::m2m_token("mch_1", &["mch_us"])).secret,
                clerk.issue(Grant::oauth_token("user_1", "client_1", &["profile"])).secret,
                clerk.oauth_jwt("user_1", "client_1", &["profile"]),
                "ak_live_madeupmadeupmadeup".to_owned(),
            ],
            others,
        }
    }

    /// Presents all of it in every place there is.
    async fn present(&self, sidecar: &Sidecar) {
        let [nonce, cookie, query] = &self.others;
        let target = format!("/pages/x?token={query}&__clerk_handshake_nonce={nonce}");
        for token in &self.tokens {
            let bearer = format!("Bearer {token}");
            let cookies = format!("__session={token}; __client_uat=1; other={cookie}");
            let twice = "/pages/%2e%2e/x";
            for path in [&*target, "/admin", "/keys", "/m2m", "/oauth", "/open", "/broken", twice] {
                let plain = Asked::get(path).header("x-secret", cookie);
                plain.clone().header("authorization", &bearer).of(sidecar).await;
                let browser = plain
                    .header("cookie", &cookies)
                    .header("accept", "text/html")
                    .header("sec-fetch-dest", "document");
                browser.of(sidecar).await;
            }
            let mut client = authorization_client(channel(sidecar.grpc()).await);
            let question = AuthorizeRequest {
                question: Some(Question::Http(HttpRequest {
                    method: "GET".into(),
                    host: "shop.test".into(),
                    path: target.clone(),
                    ..HttpRequest::default()
                })),
                explain: true,
                ..AuthorizeRequest::default()
            };
            // Whatever the answer is: what is told of it is looked at.
            let _ = client.authorize(with_token(question, Some(token))).await;
            let _ = client.get_claims(with_token(GetClaimsRequest::default(), Some(token))).await;
        }
        let webhook = format!("http://{}/", sidecar.webhook());
        http::send("POST", &webhook, &[("svix-id", "m"), ("svix-signature", SECRET)]).await;
    }
}

const OPERATOR: &str = "operator-credential-0123456789";
const HEADER: &str = "collector-key-0123456789";

/// A sidecar with every secret that it can have, which tells everything to everybody.
async fn talkative(clerk: &StandIn, receiver: &Receiver) -> Sidecar {
    let directory = TempDir::new().expect("a temporary directory");
    for (name, text) in [
        ("secret", clerk.secret_key()),
        ("webhook", SECRET),
        ("operator", OPERATOR),
        ("headers", &format!("x-api-key={HEADER}")),
    ] {
        fs::write(directory.path().join(name), text).expect("as the test arranges it");
    }
    let mut telemetry = all_to(receiver, "grpc");
    telemetry["otlp"]["headers_file"] = json!("headers");
    let settings = json!({
        "policy": directory.path().join("policy.yaml"),
        "instances": [{
            "publishable_key": clerk.publishable_key(),
            "secret_key_file": "secret",
            "api_url": clerk.backend_api_url(),
            "webhook_signing_secret_files": ["webhook"],
        }],
        "listeners": {
            "grpc": "127.0.0.1:0", "admin": "127.0.0.1:0", "webhook": "127.0.0.1:0",
        },
        "operator_token_file": "operator",
        "explain": true,
        "log": { "filter": "trace" },
        "decision_log": {
            "to": ["stderr", "stdout", "otlp", "./decisions.log"], "replayable": true,
        },
        "telemetry": telemetry,
    });
    Sidecar::start_in(directory, POLICY, &settings).await
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_is_told_holds_a_token_a_cookie_or_a_key() {
    // Given a process that was confided everything, and shown everything.
    let receiver = Receiver::start().await;
    let clerk = StandIn::start(Setup::new()).await.expect("the Clerk instance starts");
    let sidecar = talkative(&clerk, &receiver).await;
    let confided = Confided::to(&clerk);
    confided.present(&sidecar).await;
    let revoke = sidecar::bailiff()
        .args(["revoke", "user_1", "--for", "1h", "--why", "lost", "--address"])
        .arg(sidecar.grpc().to_string())
        .arg("--token-file")
        .arg(sidecar.file("operator"))
        .output()
        .expect("as the test arranges it");
    assert!(revoke.status.success(), "{revoke:?}");

    // When it has told everything that it has to tell.
    let page = http::send("GET", &sidecar.admin("/metrics"), &[]).await.body;
    let ready = http::send("GET", &sidecar.admin("/readyz"), &[]).await.body;
    let file = sidecar.file("decisions.log");
    sidecar.signal("TERM");
    sidecar.logged(|line| line["message"] == "shutting down").await;
    let kept = fs::File::open(&file).expect("the file is there");
    let printed = sidecar.ended().await;
    let written = std::io::read_to_string(kept).expect("text");
    let received = receiver.received();
    assert!(written.lines().count() > 100, "{written}");
    assert!(received.named("decide").len() > 100 && received.logs.len() > 100);
    let told = [
        ("the log", &printed),
        ("the file", &written),
        ("the collector", &received.text),
        ("the page", &page),
        ("readiness", &ready),
        ("the operator's command", &String::from_utf8_lossy(&revoke.stderr).into_owned()),
    ];

    // Then none of it is there.
    let kept = [clerk.secret_key(), SECRET, OPERATOR, HEADER];
    let shown = confided.tokens.iter().chain(&confided.others).map(String::as_str);
    for secret in shown.chain(kept) {
        // A part of it would be a beginning.
        let signature = secret.rsplit('.').next().unwrap_or(secret);
        for (place, text) in told {
            assert!(!text.contains(secret), "{place} holds {secret}");
            assert!(!text.contains(signature), "{place} holds {signature}");
        }
    }
    for (place, text) in told {
        assert_eq!(found(text), None, "{place}");
    }
}
