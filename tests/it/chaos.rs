//! Revocations that stream in while Redis and replicas come and go: nobody who was revoked is let
//! through, and nobody else is refused.

use crate::{
    revocation::{becomes, start, token_of, told},
    support::{
        redis::{Redis, program},
        sidecar::Sidecar,
        tokens::{Instance, Person},
        toolchain::required,
        webhooks::{Svix, Webhook, event},
    },
};
use serde_json::{Value, json};
use std::{fs, io::Write as _};
use tempfile::TempDir;

const REVOCATIONS: usize = 300;

#[tokio::test(flavor = "multi_thread")]
async fn no_revocation_is_lost_where_redis_keeps_what_it_has() {
    comes_through(&["--appendonly", "yes", "--appendfsync", "always"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_revocation_is_lost_where_redis_loses_everything() {
    comes_through(&[]).await;
}

async fn comes_through(options: &[&str]) {
    let (Some(program), Some(mut svix)) = (required(program()), required(Svix::start())) else {
        return;
    };
    let mut redis = Redis::start(&program, options).await;
    let url = redis.url();
    let sharing = |directory: &TempDir, settings: &mut Value| {
        fs::write(directory.path().join("redis"), &url).expect("as the test arranges it");
        settings["revocation"] = json!({ "redis": { "url_file": "redis" } });
    };
    let instance = Instance::new();
    let mut replicas = vec![
        start(&instance, sharing).await,
        start(&instance, sharing).await,
        start(&instance, sharing).await,
    ];
    let of =
        |name: &str, number| token_of(&instance, Person::Boss, &format!("sess_{name}_{number}"));
    let mut unsafe_yet = Vec::new();
    for number in 0..REVOCATIONS {
        match number {
            100 | 220 => redis.kill(),
            120 | 230 => redis.start_again().await,
            160 => replicas[2] = start(&instance, sharing).await,
            225 => replicas[1] = start(&instance, sharing).await,
            _ => {}
        }
        let data = json!({ "id": format!("sess_revoked_{number}") });
        let message = svix.sign(&format!("msg_{number}"), &event("session.revoked", &data));
        if message.send(replicas[number % 3].webhook()).await.0 != 200 {
            unsafe_yet.push(message);
        }
    }
    let refused = unsafe_yet.len();
    until_safe(&replicas, unsafe_yet).await;
    let (mut let_through, mut live_refused) = (0, 0);
    for replica in &replicas {
        // The last one to be passed on is the last to be known.
        for number in 0..REVOCATIONS {
            let token = of("revoked", number);
            if told(replica, "/private", &token).await == "200" {
                let_through += 1;
                becomes(replica, &token, "401 session_revoked").await;
            }
        }
        for number in 0..REVOCATIONS {
            let answer = told(replica, "/private", &of("live", number)).await;
            live_refused += usize::from(answer != "200");
        }
    }
    let _ = writeln!(
        std::io::stderr(),
        "{REVOCATIONS} revocations, {refused} delivered again, {let_through} known late, \
         {live_refused} live sessions refused"
    );
    assert_eq!(live_refused, 0);
}

/// Sends what was not acknowledged again, as Clerk does, to whichever replica.
async fn until_safe(replicas: &[Sidecar], mut waiting: Vec<Webhook>) {
    for attempt in 0..100 {
        let mut again = Vec::new();
        for message in waiting {
            if message.send(replicas[attempt % replicas.len()].webhook()).await.0 != 200 {
                again.push(message);
            }
        }
        if again.is_empty() {
            return;
        }
        waiting = again;
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
    panic!("{} messages were never taken in", waiting.len());
}
