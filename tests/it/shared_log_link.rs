//! The link to Redis: who is let in, what TLS asks, and what operators see of it. With a real Redis and
//! real certificates.

use crate::support::{
    PATIENCE, http,
    redis::{Redis, program},
    redis_authority::Authority,
    sidecar::{self, Sidecar},
    tokens::Instance,
    toolchain::required,
    webhooks::{SECRET, Svix, event as clerk_event},
};
use bailiff::{
    core::{
        clock::{Clock as _, SystemClock},
        event::Event,
        id::InstanceName,
    },
    revocation::{
        log::{AppendError, Appended, LocalLog, LogLimits},
        shared::{Link, RedisLog, RedisSettings, Trouble},
    },
};
use secrecy::SecretString;
use serde_json::json;
use std::{fs, sync::Arc, time::Duration};
use tempfile::TempDir;

const POLICY: &str = "version: 1\nroutes: { /private: signed_in }\n";
const PASSWORD: &str = "made-up-password";

fn settings(url: &str, certificates: Option<&str>) -> RedisSettings {
    RedisSettings {
        url: SecretString::from(url.to_owned()),
        certificates: certificates.map(|pem| pem.as_bytes().to_vec()),
        prefix: "bailiff".to_owned(),
        records: 1_000,
        ids: Duration::from_secs(3600),
    }
}

/// Follows the log, as a replica does.
fn follow(url: &str, certificates: Option<&str>) -> RedisLog {
    // Whoever speaks TLS in this program uses one library.
    drop(http::client());
    let local = Arc::new(LocalLog::new(LogLimits::STANDARD, Arc::new(|_: &Event| {})));
    let settings = settings(url, certificates);
    RedisLog::follow(&settings, local, Arc::new(SystemClock), Arc::default())
        .expect("as the test arranges it")
}

async fn stands(log: &RedisLog, wanted: impl Fn(&Link) -> bool) {
    let mut link = log.link();
    let waited = tokio::time::timeout(PATIENCE, link.wait_for(wanted)).await.is_ok();
    assert!(waited, "{:?}", *log.link().borrow());
}

async fn is_current(log: &RedisLog) {
    stands(log, |link| *link == Link::Current).await;
}

async fn is_away_for(log: &RedisLog, trouble: Trouble) {
    stands(log, |link| matches!(link, Link::Away { why, .. } if *why == trouble)).await;
}

fn event(id: &str) -> Event {
    Event {
        id: id.into(),
        instance: InstanceName::new("shop"),
        kind: "session.revoked".into(),
        occurred_at: SystemClock.now(),
        payload: "{}".into(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tls_is_spoken_with_whom_the_authority_vouches_for_and_nobody_else() {
    let Some(program) = required(program()) else { return };
    let (ours, strange) = (Authority::new(), Authority::new());
    let mut redis = Redis::start_with_tls(&program, &ours, "127.0.0.1").await;
    let trusting = follow(&redis.url(), Some(ours.certificate()));
    is_current(&trusting).await;
    assert_eq!(trusting.append(event("a")).await, Ok(Appended::New));
    let both = format!("{}{}", strange.certificate(), ours.certificate());
    let other = follow(&redis.url(), Some(&both));
    is_current(&other).await;
    assert_eq!(other.append(event("a")).await, Ok(Appended::Known));

    // Another authority's certificate, and those that the system trusts.
    let mistrusting = follow(&redis.url(), Some(strange.certificate()));
    is_away_for(&mistrusting, Trouble::Tls).await;
    assert_eq!(mistrusting.append(event("b")).await, Err(AppendError));
    is_away_for(&follow(&redis.url(), None), Trouble::Tls).await;
    // Without TLS nothing is understood.
    let plain = follow(&redis.url().replace("rediss://", "redis://"), None);
    stands(&plain, |link| matches!(link, Link::Away { .. })).await;

    redis.kill();
    is_away_for(&trusting, Trouble::Unreachable).await;
    redis.start_again().await;
    is_current(&trusting).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_for_another_name_is_not_trusted() {
    let Some(program) = required(program()) else { return };
    let authority = Authority::new();
    let redis = Redis::start_with_tls(&program, &authority, "redis.shop.test").await;
    is_away_for(&follow(&redis.url(), Some(authority.certificate())), Trouble::Tls).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_is_let_in_with_a_password_and_needs_few_rights() {
    let Some(program) = required(program()) else { return };
    let password = format!(">{PASSWORD}");
    let rights =
        ["+exists", "+xinfo", "+xread", "+xrange", "+xadd", "+get", "+set", "+time", "+eval"];
    let mut options = vec!["--user", "default", "off"];
    options.extend(["--user", "bailiff", "on", &password, "~{bailiff}:*"]);
    options.extend(rights);
    options.extend(["--user", "reader", "on", &password, "~{bailiff}:*", "+exists", "+xinfo"]);
    options.extend(["--user", "stranger", "on", &password, "~other:*", "+@all"]);
    let redis = Redis::start(&program, &options).await;

    let log = follow(&redis.url_of("bailiff", PASSWORD), None);
    is_current(&log).await;
    assert_eq!(log.append(event("a")).await, Ok(Appended::New));
    assert_eq!(log.append(event("a")).await, Ok(Appended::Known));
    is_away_for(&follow(&redis.url_of("bailiff", "guessed"), None), Trouble::Credentials).await;
    is_away_for(&follow(&redis.url_of("nobody", PASSWORD), None), Trouble::Credentials).await;
    is_away_for(&follow(&redis.url(), None), Trouble::Credentials).await;
    is_away_for(&follow(&redis.url_of("reader", PASSWORD), None), Trouble::Permission).await;
    is_away_for(&follow(&redis.url_of("stranger", PASSWORD), None), Trouble::Permission).await;
}

/// Starts a sidecar that shares its events through `url`.
async fn sharing(url: &str, certificates: Option<&str>) -> Sidecar {
    let directory = TempDir::new().expect("as the test arranges it");
    let mut settings = sidecar::settings(directory.path(), &[("main", &Instance::new())]);
    let write = |name: &str, text: &str| {
        fs::write(directory.path().join(name), text).expect("as the test arranges it");
    };
    write("webhook", SECRET);
    write("redis", url);
    settings["instances"][0]["webhook_signing_secret_files"] = json!(["webhook"]);
    settings["listeners"]["webhook"] = json!("127.0.0.1:0");
    let mut redis = json!({ "url_file": "redis" });
    if let Some(certificates) = certificates {
        write("authority.pem", certificates);
        redis["certificates_file"] = json!("authority.pem");
    }
    settings["revocation"] = json!({ "redis": redis });
    Sidecar::start_in(directory, POLICY, &settings).await
}

/// Waits until a page of the admin listener shows all of these, and returns it.
async fn shows(sidecar: &Sidecar, path: &str, wanted: &[&str]) -> String {
    let mut page = String::new();
    let waited = tokio::time::timeout(PATIENCE, async {
        loop {
            page = http::get(&sidecar.admin(path), &[]).await.body;
            if wanted.iter().all(|wanted| page.contains(wanted)) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    let late = waited.await.is_err();
    assert!(!late, "{wanted:?} are not in\n{page}\n{}", sidecar.log());
    page
}

#[tokio::test(flavor = "multi_thread")]
async fn operators_see_how_the_link_stands_and_what_came_over_it() {
    let (Some(program), Some(mut svix)) = (required(program()), required(Svix::start())) else {
        return;
    };
    let authority = Authority::new();
    let mut redis = Redis::start_with_tls(&program, &authority, "127.0.0.1").await;
    let url = redis.url();
    let one = sharing(&url, Some(authority.certificate())).await;
    let other = sharing(&url, Some(authority.certificate())).await;
    shows(&one, "/readyz", &["shared log: current; 0 entries taken in, no entry yet"]).await;
    let body = clerk_event("session.revoked", &json!({ "id": "sess_1" }));
    for number in 0..3 {
        let message = svix.sign(&format!("msg_{number}"), &body);
        assert_eq!(message.send(one.webhook()).await.0, 200);
    }
    shows(&other, "/readyz", &["shared log: current; 3 entries taken in, newest entry of 20"])
        .await;
    let figures = [
        r#"bailiff_shared_log_state{state="current"} 1"#,
        r#"bailiff_shared_log_state{state="away"} 0"#,
        r#"bailiff_shared_log_events_total{event="entry_applied"} 3"#,
        "bailiff_shared_log_lag_seconds 0",
        "bailiff_shared_log_pending 0",
    ];
    let page = shows(&other, "/metrics", &figures).await;
    assert!(!page.contains("bailiff_shared_log_newest_timestamp_seconds 0\n"), "{page}");

    redis.kill();
    let away =
        ["ready", "shared log: away since 20", ": nothing listens there; 3 entries taken in"];
    shows(&one, "/readyz", &away).await;
    let message = svix.sign("msg_meanwhile", &body);
    assert_eq!(message.send(one.webhook()).await.0, 503);
    shows(&one, "/readyz", &["shared log: 1 events are in force here alone"]).await;
    let figures = [
        r#"bailiff_shared_log_state{state="away"} 1"#,
        r#"bailiff_shared_log_state{state="current"} 0"#,
        r#"bailiff_shared_log_events_total{event="append_failed"} 1"#,
        "bailiff_shared_log_pending 1",
    ];
    let page = shows(&one, "/metrics", &figures).await;
    assert!(!page.contains("bailiff_shared_log_lag_seconds 0\n"), "{page}");

    redis.start_again().await;
    shows(&other, "/readyz", &["shared log: current; 4 entries taken in"]).await;
    let figures =
        [r#"bailiff_shared_log_state{state="current"} 1"#, "bailiff_shared_log_pending 0"];
    let page = shows(&one, "/metrics", &figures).await;
    // On a busy machine it may have been made more often.
    for event in ["connected", "interrupted"] {
        let counted = format!("bailiff_shared_log_events_total{{event=\"{event}\"}} ");
        let count = page.lines().find_map(|line| line.strip_prefix(&*counted));
        let least = if event == "connected" { 2 } else { 1 };
        let count = count.and_then(|count| count.parse::<u64>().ok());
        assert!(count >= Some(least), "{event}: {count:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_named_and_never_shown() {
    let Some(program) = required(program()) else { return };
    let redis = Redis::start(&program, &["--requirepass", PASSWORD]).await;
    let sidecar = sharing(&redis.url_of("", "guessed-password"), None).await;
    let page =
        shows(&sidecar, "/readyz", &["ready\n", "it refuses the user or the password"]).await;
    let line = sidecar.logged(|line| line["why"] == "it refuses the user or the password").await;
    assert_eq!(line["level"], "WARN", "{line}");
    let metrics =
        shows(&sidecar, "/metrics", &[r#"bailiff_shared_log_state{state="away"} 1"#]).await;
    for told in [page, metrics, sidecar.log()] {
        assert!(!told.contains("guessed-password") && !told.contains(PASSWORD), "{told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_shared_log_nothing_is_said_of_one() {
    let sidecar = Sidecar::start(&Instance::new(), POLICY).await;
    for path in ["/readyz", "/metrics"] {
        let page = http::get(&sidecar.admin(path), &[]).await.body;
        assert!(!page.contains("shared log") && !page.contains("shared_log"), "{page}");
    }
}
