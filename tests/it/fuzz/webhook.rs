//! Webhooks: what is not signed does not count, and what is signed is an event of Clerk's or nothing.

use super::{Corpus, search};
use crate::support::webhooks::{SECRET, now};
use aws_lc_rs::hmac;
use bailiff::{
    authorizer::{
        intake::{Endpoint, Intake, IntakeError},
        order::ORDER_KIND,
    },
    clerk::webhook::{Message, NoticeOptions, Signed, SigningSecret, notices},
    core::{clock::Timestamp, id::InstanceName},
    revocation::log::{EventLog, LocalLog, LogLimits},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use std::sync::Arc;

const WORDS: &[&str] = &[
    "svix-id: ",
    "svix-timestamp: ",
    "svix-signature: ",
    "v1,",
    "v1a,",
    "v2,",
    " ",
    ",",
    "=",
    "+1",
    "-1",
    "0",
    "99999999999999999999",
    "\n",
    "\n\n",
    ".",
    "\0",
    "\u{e9}",
    "\"type\":",
    "\"data\":",
    "session.revoked",
    "user.deleted",
    "user.updated",
    "bailiff.revocation",
    "\"banned\":true",
    "null",
    "{}",
    "[]",
    "\"object\":\"event\"",
    "\"timestamp\":",
    "organization.deleted",
    "1e3",
];

fn key() -> hmac::Key {
    let secret = STANDARD.decode(SECRET.trim_start_matches("whsec_")).expect("base64");
    hmac::Key::new(hmac::HMAC_SHA256, &secret)
}

fn sign(id: &str, timestamp: u64, body: &[u8]) -> String {
    let signed = [format!("{id}.{timestamp}.").as_bytes(), body].concat();
    format!("v1,{}", STANDARD.encode(hmac::sign(&key(), &signed).as_ref()))
}

/// Three lines, the headers, a blank one, and the body.
#[test]
fn nothing_but_what_was_signed_verifies() {
    let secrets = [SigningSecret::parse(SECRET).expect("a secret")];
    let (sent, body) = (now(), br#"{"object":"event","type":"user.deleted"}"#);
    let signature = sign("msg_1", sent, body);
    let genuine = format!("msg_1\n{sent}\n{signature}\n\n{}", String::from_utf8_lossy(body));
    let corpus = Corpus::of("webhook_headers", WORDS).and(genuine.into_bytes());
    search!(corpus, |input: &[u8]| {
        let Ok(text) = std::str::from_utf8(input) else { return };
        let (head, sent_body) = text.split_once("\n\n").unwrap_or((text, ""));
        let mut lines = head.split('\n');
        let mut line = || lines.next().unwrap_or_default();
        let signed = Signed { id: line(), timestamp: line(), signatures: line() };
        let at = Timestamp::from_unix_seconds(i64::try_from(sent).expect("a time"));
        let verified = signed.verify(sent_body.as_bytes(), &secrets, at).is_ok();
        let same = signed.id == "msg_1"
            && signed.timestamp.trim().trim_start_matches('0') == sent.to_string()
            && sent_body.as_bytes() == body
            && signed.signatures.split_ascii_whitespace().any(|one| same_tag(one, &signature));
        assert_eq!(verified, same, "{text}");
    });
}

/// The same bytes, padded or not.
fn same_tag(one: &str, other: &str) -> bool {
    one.trim_end_matches('=') == other.trim_end_matches('=') && one.len() <= other.len()
}

#[test]
fn a_signed_body_is_an_event_of_clerks_or_nothing() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let instance = InstanceName::new("main");
    let log = Arc::new(LocalLog::new(LogLimits::STANDARD, Arc::new(|_| {})));
    let endpoint = Endpoint {
        instance: instance.clone(),
        instance_id: None,
        secrets: vec![SigningSecret::parse(SECRET).expect("a secret")],
    };
    let intake = std::panic::AssertUnwindSafe(Intake::new(vec![endpoint], EventLog::Local(log)));
    let runtime = std::panic::AssertUnwindSafe(runtime);
    search!(Corpus::of("webhook_body", WORDS), |input: &[u8]| {
        let (intake, runtime) = (&intake, &runtime);
        let sent = now();
        let signature = sign("msg_1", sent, input);
        let timestamp = sent.to_string();
        let signed = Signed { id: "msg_1", timestamp: &timestamp, signatures: &signature };
        let at = Timestamp::from_unix_seconds(i64::try_from(sent).expect("a time"));
        let taken = runtime.block_on(intake.receive(None, signed, input, at));
        let text = String::from_utf8_lossy(input);
        let Ok(message) = Message::read("msg_1", input, &instance, None) else {
            assert!(matches!(taken, Err(IntakeError::Message(_))), "{text}");
            return;
        };
        let kind = &*message.event.kind;
        assert!(kind.bytes().all(|byte| byte.is_ascii_graphic()), "{kind:?}");
        assert_eq!(message.event.payload.as_bytes(), input);
        // What operators order is not for Clerk to send.
        assert_eq!(taken.is_ok(), kind != ORDER_KIND, "{text}");
        let options = NoticeOptions { user_updates: true };
        if let Ok(notices) = notices(&message, options) {
            let known =
                ["session.", "user.", "organization", "role.", "permission.", "subscription"];
            let concerns = known.iter().any(|beginning| kind.starts_with(beginning));
            assert!(notices.is_empty() || concerns, "{text}");
        }
    });
}
