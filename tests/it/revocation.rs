//! From a webhook of Clerk's to a refusal: the real binary, messages signed by Svix's own package,
//! several replicas with a real Redis.

use crate::support::{
    PATIENCE,
    check::Asked,
    grpc, http,
    redis::{Redis, program},
    sidecar::{self, Sidecar},
    tokens::{Instance, ORGANIZATION, Person},
    toolchain::required,
    webhooks::{SECRET, Svix, event, now},
};
use serde_json::{Value, json};
use std::{fs, time::Duration};
use tempfile::TempDir;

const POLICY: &str = "
version: 1
routes:
  /:            optional
  /private:     signed_in
  /admin:       { role: org:admin }
";

/// Settings for an instance whose webhooks are taken in.
fn settings(directory: &TempDir, instance: &Instance) -> Value {
    let mut settings = sidecar::settings(directory.path(), &[("main", instance)]);
    fs::write(directory.path().join("webhook"), SECRET).expect("as the test arranges it");
    settings["instances"][0]["webhook_signing_secret_files"] = json!(["webhook"]);
    settings["instances"][0]["instance_id"] = json!("ins_main");
    settings["listeners"]["webhook"] = json!("127.0.0.1:0");
    settings
}

pub(crate) async fn start(
    instance: &Instance,
    change: impl FnOnce(&TempDir, &mut Value),
) -> Sidecar {
    let directory = TempDir::new().expect("as the test arranges it");
    let mut settings = settings(&directory, instance);
    change(&directory, &mut settings);
    Sidecar::start_in(directory, POLICY, &settings).await
}

pub(crate) async fn told(sidecar: &Sidecar, path: &str, token: &str) -> String {
    let authorization = format!("Bearer {token}");
    Asked::get(path).header("authorization", &authorization).of(sidecar).await.told()
}

/// Waits until the answer is that one.
pub(crate) async fn becomes(sidecar: &Sidecar, token: &str, wanted: &str) {
    let waited = tokio::time::timeout(PATIENCE, async {
        while told(sidecar, "/private", token).await != wanted {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    assert!(waited.await.is_ok(), "not `{wanted}` in time:\n{}", sidecar.log());
}

fn user(person: Person, more: &Value) -> Value {
    let mut data = json!({ "id": person.id() });
    data.as_object_mut()
        .expect("as the test arranges it")
        .extend(more.as_object().expect("as the test arranges it").clone());
    data
}

/// A token of a session of its own, issued ten seconds ago.
pub(crate) fn token_of(instance: &Instance, person: Person, session: &str) -> String {
    let issued = i64::try_from(now()).expect("as the test arranges it") - 10;
    instance.token_with(person, |token| {
        token.claim("sid", session).claim("iat", issued).claim("nbf", issued)
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_is_ended_is_refused_as_soon_as_the_webhook_is_acknowledged() {
    let Some(mut svix) = required(Svix::start()) else { return };
    let instance = Instance::new();
    let sidecar = start(&instance, |_, _| {}).await;
    for (number, kind) in ["session.ended", "session.removed", "session.revoked"].iter().enumerate()
    {
        let session = format!("sess_{number}");
        let token = token_of(&instance, Person::Boss, &session);
        let other = token_of(&instance, Person::Boss, "sess_other");
        assert_eq!(told(&sidecar, "/private", &token).await, "200");
        let message = svix.sign(&format!("msg_{number}"), &event(kind, &json!({ "id": session })));
        assert_eq!(message.send(sidecar.webhook()).await, (200, "new".to_owned()));
        assert_eq!(told(&sidecar, "/private", &token).await, "401 session_revoked");
        // Where nobody needs to be signed in, nobody is.
        assert_eq!(told(&sidecar, "/", &token).await, "200");
        assert_eq!(told(&sidecar, "/private", &other).await, "200");
        // Delivered again: the same answer, no second effect.
        assert_eq!(message.send(sidecar.webhook()).await, (200, "known".to_owned()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_event_has_its_effect_on_tokens_issued_before_it() {
    let Some(mut svix) = required(Svix::start()) else { return };
    let member = json!({
        "organization": { "id": ORGANIZATION },
        "public_user_data": { "user_id": Person::Boss.id() },
    });
    for (kind, data, wanted) in [
        ("user.deleted", user(Person::Boss, &json!({ "deleted": true })), "401 session_revoked"),
        ("user.updated", user(Person::Boss, &json!({ "banned": true })), "401 session_revoked"),
        ("user.updated", user(Person::Boss, &json!({ "locked": true })), "401 token_stale"),
        ("user.updated", user(Person::Boss, &json!({ "banned": false })), "200"),
        ("organizationMembership.deleted", member.clone(), "401 token_stale"),
        ("organizationMembership.updated", member.clone(), "401 token_stale"),
        ("organizationMembership.created", member, "200"),
        ("organization.deleted", json!({ "id": ORGANIZATION }), "401 token_stale"),
        ("role.updated", json!({ "key": "admin" }), "401 token_stale"),
        ("permission.deleted", json!({ "id": "perm_1" }), "401 token_stale"),
        (
            "subscription.updated",
            json!({ "payer": { "organization_id": ORGANIZATION } }),
            "401 token_stale",
        ),
        ("user.deleted", user(Person::Loner, &json!({})), "200"),
    ] {
        let instance = Instance::new();
        let sidecar = start(&instance, |_, _| {}).await;
        let token = token_of(&instance, Person::Boss, "sess_boss");
        let message = svix.sign("msg_1", &event(kind, &data));
        assert_eq!(message.send(sidecar.webhook()).await.0, 200, "{kind}");
        assert_eq!(told(&sidecar, "/admin", &token).await, wanted, "{kind} {data}");
        // A token issued after the event tells what holds since.
        let fresh = instance.token_with(Person::Boss, |token| {
            let issued = i64::try_from(now()).expect("as the test arranges it") + 2;
            token.claim("sid", "sess_fresh").claim("iat", issued)
        });
        if wanted != "401 session_revoked" {
            assert_eq!(told(&sidecar, "/admin", &fresh).await, "200", "{kind} {data}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn forged_messages_change_nothing() {
    let Some(mut svix) = required(Svix::start()) else { return };
    let instance = Instance::new();
    let sidecar = start(&instance, |_, _| {}).await;
    let token = token_of(&instance, Person::Boss, "sess_1");
    let revoked = event("session.revoked", &json!({ "id": "sess_1" }));
    let strange = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let good = svix.sign("msg_1", &revoked);
    let mut changed = good.clone();
    changed.body = changed.body.replace("sess_1", "sess_2");
    let mut renamed = good.clone();
    renamed.id = "msg_2".to_owned();
    let mut other_instance = revoked.clone();
    other_instance["instance_id"] = json!("ins_other");
    for (message, answer) in [
        (svix.sign_at("msg_1", &revoked, now(), strange), (401, "invalid_signature")),
        (svix.sign_at("msg_1", &revoked, now() - 301, SECRET), (401, "too_old")),
        (svix.sign_at("msg_1", &revoked, now() + 310, SECRET), (401, "too_new")),
        (changed, (401, "invalid_signature")),
        (renamed, (401, "invalid_signature")),
        (svix.sign("msg_1", &other_instance), (400, "other_instance")),
        (svix.sign("msg_1", &json!({ "type": "session.revoked" })), (400, "malformed")),
    ] {
        let (status, said) = message.send(sidecar.webhook()).await;
        assert_eq!((status, &*said), answer);
        assert_eq!(told(&sidecar, "/private", &token).await, "200");
    }
    assert_eq!(good.send(sidecar.webhook()).await.0, 200);
    assert_eq!(told(&sidecar, "/private", &token).await, "401 session_revoked");
    let metrics = http::get(&sidecar.admin("/metrics"), &[]).await.body;
    assert!(
        metrics.contains(r#"bailiff_webhooks_total{outcome="invalid_signature"} 3"#),
        "{metrics}"
    );
    assert!(!sidecar.log().contains("sess_2"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_replica_hears_all_refuse_even_those_that_start_later() {
    let (Some(program), Some(mut svix)) = (required(program()), required(Svix::start())) else {
        return;
    };
    let mut redis =
        Redis::start(&program, &["--appendonly", "yes", "--appendfsync", "always"]).await;
    let instance = Instance::new();
    let url = redis.url();
    let sharing = |directory: &TempDir, settings: &mut Value| {
        fs::write(directory.path().join("redis"), &url).expect("as the test arranges it");
        settings["revocation"] = json!({ "redis": { "url_file": "redis" } });
    };
    let replicas = [
        start(&instance, sharing).await,
        start(&instance, sharing).await,
        start(&instance, sharing).await,
    ];
    let tokens: Vec<_> =
        (0..3).map(|n| token_of(&instance, Person::Boss, &format!("sess_{n}"))).collect();
    for (number, token) in tokens.iter().enumerate() {
        let body = event("session.revoked", &json!({ "id": format!("sess_{number}") }));
        let message = svix.sign(&format!("msg_{number}"), &body);
        assert_eq!(message.send(replicas[number].webhook()).await, (200, "new".to_owned()));
        for replica in &replicas {
            becomes(replica, token, "401 session_revoked").await;
        }
    }
    // Redis goes: decisions go on, and what is heard meanwhile is in force where it was heard.
    redis.kill();
    let token = token_of(&instance, Person::Boss, "sess_meanwhile");
    let body = event("session.revoked", &json!({ "id": "sess_meanwhile" }));
    let message = svix.sign("msg_meanwhile", &body);
    assert_eq!(message.send(replicas[0].webhook()).await, (503, "not_stored".to_owned()));
    assert_eq!(told(&replicas[0], "/private", &token).await, "401 session_revoked");
    assert_eq!(told(&replicas[1], "/private", &token).await, "200");
    redis.start_again().await;
    for replica in &replicas {
        becomes(replica, &token, "401 session_revoked").await;
    }
    // Clerk delivers again; a replica that starts now knows everything.
    let again = svix.sign("msg_meanwhile", &body);
    assert_eq!(again.send(replicas[1].webhook()).await, (200, "known".to_owned()));
    let late = start(&instance, sharing).await;
    for token in tokens.iter().chain([&token]) {
        assert_eq!(told(&late, "/private", token).await, "401 session_revoked");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_let_through_while_redis_is_away_where_the_settings_say_so() {
    let Some(program) = required(program()) else { return };
    let mut redis = Redis::start(&program, &[]).await;
    let instance = Instance::new();
    let url = redis.url();
    let sidecar = start(&instance, |directory, settings| {
        fs::write(directory.path().join("redis"), &url).expect("as the test arranges it");
        settings["revocation"] = json!({ "redis": { "url_file": "redis", "when_away": "refuse" } });
    })
    .await;
    let token = token_of(&instance, Person::Boss, "sess_1");
    becomes(&sidecar, &token, "200").await;
    redis.kill();
    becomes(&sidecar, &token, "503 revocation_unavailable").await;
    assert_eq!(told(&sidecar, "/", &token).await, "200");
    redis.start_again().await;
    becomes(&sidecar, &token, "200").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn operators_revoke_from_the_command_line_and_are_audited() {
    let instance = Instance::new();
    let sidecar = start(&instance, |directory, settings| {
        fs::write(directory.path().join("operator"), "made-up-operator-credential\n")
            .expect("as the test arranges it");
        fs::write(directory.path().join("stranger"), "made-up-stranger-credential\n")
            .expect("as the test arranges it");
        settings["operator_token_file"] = json!("operator");
    })
    .await;
    let token = token_of(&instance, Person::Boss, "sess_1");
    let revoke = |file: &str, more: &[&str]| {
        let mut command = sidecar::bailiff();
        command
            .args(["revoke", Person::Boss.id(), "--why", "laptop lost", "--address"])
            .arg(sidecar.grpc().to_string())
            .arg("--token-file")
            .arg(sidecar.file(file))
            .args(more);
        let output = command.output().expect("as the test arranges it");
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (code, said) = revoke("stranger", &["--for", "1h"]);
    assert_eq!(code, Some(1));
    assert!(said.contains("no operator credential"), "{said}");
    assert_eq!(told(&sidecar, "/private", &token).await, "200");

    assert_eq!(revoke("operator", &["--for", "1h"]).0, Some(0));
    assert_eq!(told(&sidecar, "/private", &token).await, "403 access_revoked");
    let fresh = instance.token_with(Person::Boss, |token| token.claim("sid", "sess_2"));
    assert_eq!(told(&sidecar, "/private", &fresh).await, "403 access_revoked");

    assert_eq!(revoke("operator", &["--undo"]).0, Some(0));
    assert_eq!(told(&sidecar, "/private", &token).await, "200");

    for wrong in [&["--for", "90 days"][..], &["--for", "31d"], &[]] {
        assert_ne!(revoke("operator", wrong).0, Some(0), "{wrong:?}");
    }
    for (operation, outcome) in [("revoke", "taken"), ("reinstate", "taken")] {
        let line = sidecar
            .logged(|line| {
                line["target"] == "bailiff::audit"
                    && line["operation"] == operation
                    && line["outcome"] == outcome
            })
            .await;
        assert_eq!(line["why"], "laptop lost");
        let by = line["by"].as_str().unwrap_or_default();
        assert!(by.starts_with("127.0.0.1:"), "{line}");
    }
    sidecar.logged(|line| line["outcome"] == "stranger").await;
    assert!(!sidecar.log().contains("made-up-"), "{}", sidecar.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_order_gets_a_clear_answer_and_a_line_in_the_audit_log() {
    let credential = |directory: &TempDir, settings: &mut Value| {
        for (name, text) in [("operator", "made-up-operator-credential"), ("empty", "")] {
            fs::write(directory.path().join(name), text).expect("as the test arranges it");
        }
        settings["operator_token_file"] = json!("operator");
    };
    let sidecar = start(&Instance::new(), credential).await;
    let grpc = sidecar.grpc().to_string();
    let token = sidecar.file("operator").display().to_string();
    let empty = sidecar.file("empty").display().to_string();
    let long = "x".repeat(501);
    let defaults = [("--address", &*grpc), ("--token-file", &*token), ("--why", "lost")];
    for (target, more, code, said) in [
        ("machine_1", &[("--for", "1h")][..], 2, "none of `sess_...`"),
        ("user_1", &[("--for", "-1h")], 2, "`-1h` is no time"),
        ("user_1", &[("--for", "soon")], 2, "`soon` is no time"),
        ("user_1", &[("--for", "31d")], 2, "at most 30 days"),
        ("user_1", &[("--for", "0s")], 2, "at least a second"),
        ("user_1", &[("--for", "1h"), ("--why", " ")], 2, "reason: is missing"),
        ("user_1", &[("--for", "1h"), ("--why", &*long)], 2, "longer than 500 bytes"),
        ("user_1", &[("--for", "1h"), ("--instance", "other")], 2, "no Clerk instance"),
        ("user_1", &[("--for", "1h"), ("--token-file", "/nowhere")], 2, "cannot be read"),
        ("user_1", &[("--for", "1h"), ("--token-file", &*empty)], 2, "holds no credential"),
        ("user_1", &[("--for", "1h"), ("--address", "nowhere")], 2, "`--address`"),
        ("user_1", &[("--for", "1h"), ("--address", "127.0.0.1:1")], 1, "no connection"),
        ("user_1", &[], 2, "--for"),
    ] {
        let mut command = sidecar::bailiff();
        command.args(["revoke", target]);
        let given = |name: &str| more.iter().any(|(given, _)| *given == name);
        for (name, value) in defaults.iter().filter(|(name, _)| !given(name)).chain(more) {
            command.args([name, value]);
        }
        let output = command.output().expect("as the test arranges it");
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{target} {more:?}: {told}");
        assert!(told.contains(said), "{target} {more:?}: {told}");
    }
    let audited = |outcome: &'static str| {
        move |line: &Value| {
            line["target"] == "bailiff::audit"
                && line["outcome"].as_str().is_some_and(|told| told.contains(outcome))
        }
    };
    sidecar.logged_times(2, audited("at most 30 days")).await;
    sidecar.logged_times(2, audited("malformed")).await;
    sidecar.logged_times(1, audited("no Clerk instance")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn operators_are_not_answered_unless_the_settings_name_a_credential() {
    use bailiff::pb::v1::{RevokeRequest, operator_service_client::OperatorServiceClient};
    let sidecar = start(&Instance::new(), |_, _| {}).await;
    let mut client = OperatorServiceClient::new(grpc::channel(sidecar.grpc()).await);
    let refused = client.revoke(RevokeRequest::default()).await.unwrap_err();
    assert_eq!(refused.code(), tonic::Code::Unimplemented);
    fs::write(sidecar.file("operator"), "made-up").expect("as the test arranges it");
    let output = sidecar::bailiff()
        .args(["revoke", "user_1", "--for", "1h", "--why", "lost", "--address"])
        .arg(sidecar.grpc().to_string())
        .arg("--token-file")
        .arg(sidecar.file("operator"))
        .output()
        .expect("as the test arranges it");
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1));
    assert!(told.contains("no orders are taken there"), "{told}");
}
