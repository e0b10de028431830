//! A next policy beside the live one.

use super::{CLOSED, OPEN, SIGNED_IN, loaded, refused, revision};
use crate::support::{
    check::Asked,
    http,
    sidecar::{self, Sidecar},
    tokens::{Instance, Person::Boss, Person::Reader},
};
use serde_json::{Value, json};
use std::{fs, path::PathBuf};
use tempfile::TempDir;

struct Compared {
    sidecar: Sidecar,
    instance: Instance,
    next: PathBuf,
}

async fn compared(live: &str, next: &str) -> Compared {
    let directory = TempDir::new().expect("a temporary directory");
    let instance = Instance::new();
    let mut settings = sidecar::settings(directory.path(), &[("main", &instance)]);
    let path = directory.path().join("next.yaml");
    settings["next_policy"] = json!(path);
    fs::write(&path, next).expect("it is written");
    let sidecar = Sidecar::start_in(directory, live, &settings).await;
    Compared { sidecar, instance, next: path }
}

fn difference(live: &str, next: &str) -> impl Fn(&Value) -> bool {
    move |line| line["target"] == "bailiff::shadow" && line["live"] == live && line["next"] == next
}

async fn metrics(sidecar: &Sidecar) -> String {
    http::get(&sidecar.admin("/metrics"), &[]).await.body
}

#[tokio::test(flavor = "multi_thread")]
async fn what_would_be_decided_otherwise_is_counted_and_logged_and_nothing_else_happens() {
    let live = "version: 1\nroutes:\n  /a: { role: org:admin }\n  /b: signed_in\n  /c: public\n";
    let next = "version: 1\nroutes:\n  /a: signed_in\n  /b: { role: org:admin }\n  /c: public\n  /{**}: denied\n";
    let Compared { sidecar, instance, next: _ } = compared(live, next).await;
    let [reader, boss] = [Reader, Boss].map(|who| format!("Bearer {}", instance.token(who)));
    for (bearer, target, told) in [
        (&reader, "/a", "403 role"),
        (&reader, "/b", "200"),
        (&boss, "/b", "200"),
        (&reader, "/c", "200"),
        (&reader, "/nowhere", "403 no_route"),
    ] {
        let verdict = Asked::get(target).header("authorization", bearer).of(&sidecar).await;
        assert_eq!((verdict.told().as_str(), verdict.revision), (told, revision(live)), "{target}");
    }
    let line = sidecar.logged(difference("allow", "deny role")).await;
    assert_eq!((&line["rule"], &line["next_rule"]), (&json!("/b"), &json!("/b")));
    assert_eq!(line["next_revision"], json!(revision(next)));
    let page = metrics(&sidecar).await;
    let counted: Vec<&str> =
        page.lines().filter(|line| line.starts_with("bailiff_shadow_differences_total{")).collect();
    assert_eq!(
        counted,
        [
            r#"bailiff_shadow_differences_total{live="allow",next="deny role",rule="/b"} 1"#,
            r#"bailiff_shadow_differences_total{live="deny no_route",next="deny denied",rule="/{**}"} 1"#,
            r#"bailiff_shadow_differences_total{live="deny role",next="allow",rule="/a"} 1"#,
        ]
    );
    // Neither decisions nor their times are counted twice.
    let decisions = r#"bailiff_decision_duration_seconds_count{door="ext_authz"} 5"#;
    assert!(page.contains(decisions), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_asked_who_they_are_for_the_next_policy() {
    let Compared { sidecar, instance, next: _ } = compared(OPEN, SIGNED_IN).await;
    // Not even with a token at hand: that the next policy would ask is what there is to know.
    let bearer = format!("Bearer {}", instance.token(Boss));
    let asked = Asked::get("/a").header("authorization", &bearer);
    assert_eq!(asked.of(&sidecar).await.told(), "200");
    sidecar.logged(difference("allow", "identity")).await;
    let page = metrics(&sidecar).await;
    let counted = r#"bailiff_shadow_differences_total{live="allow",next="identity",rule="/a"} 1"#;
    assert!(page.contains(counted), "{page}");
    assert!(page.contains(r#"{clerk_instance="main",event="cache_miss"} 0"#), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_next_policy_that_is_no_good_disturbs_nothing_and_is_compared_once_it_is() {
    let Compared { sidecar, next, .. } = compared(OPEN, "version: 1\nroutes: [").await;
    sidecar.logged(refused("next", "invalid")).await;
    assert_eq!(Asked::get("/a").of(&sidecar).await.told(), "200");
    let health = http::get(&sidecar.admin("/readyz"), &[]).await;
    assert_eq!(health.status, 200);
    assert!(
        health.body.contains("\nnext policy: none\nnext policy: its files are refused"),
        "{}",
        health.body
    );
    assert!(metrics(&sidecar).await.contains(r#"bailiff_policy_bad{policy="next"} 1"#));

    fs::write(&next, CLOSED).expect("it is written");
    sidecar.logged(loaded("next", &revision(CLOSED))).await;
    assert_eq!(Asked::get("/a").of(&sidecar).await.told(), "200");
    sidecar.logged(difference("allow", "deny denied")).await;

    fs::remove_file(&next).expect("it is removed");
    sidecar.logged(refused("next", "unreadable")).await;
    assert_eq!(Asked::get("/a").of(&sidecar).await.told(), "200");
    assert!(metrics(&sidecar).await.contains(r#"bailiff_policy_bad{policy="live"} 0"#));
}
