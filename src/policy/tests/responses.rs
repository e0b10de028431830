//! In whose words refusals are said, and what of it is refused.

use super::{broken::errors, load};
use crate::{
    core::{asker::Asker, presentation::CustomResponse, reason::Category},
    policy::{Credentials, Policy},
};

const ASKERS: [Asker; 3] = [Asker::Browser, Asker::Api, Asker::Grpc];

fn with_responses(responses: &str) -> String {
    format!("version: 1\nresponses:\n  {}\n", responses.trim().replace('\n', "\n  "))
}

fn policy(responses: &str) -> Policy {
    load(&with_responses(responses))
}

/// A response as one line.
fn shown(response: &CustomResponse) -> String {
    let CustomResponse { status, message, body } = response;
    let status = status.map_or("standard".to_owned(), |status| status.as_u16().to_string());
    let message = message.as_ref().map_or(String::new(), |message| format!(", says {message}"));
    let body = body
        .as_ref()
        .map_or(String::new(), |body| format!(", {}: {}", body.content_type.as_str(), body.text));
    format!("{status}{message}{body}")
}

fn said(policy: &Policy, category: Category, asker: Asker) -> Option<String> {
    policy.responses().custom(category, asker).map(|response| shown(response))
}

#[test]
fn a_policy_that_says_nothing_leaves_it_to_the_standard() {
    for policy in [load("version: 1\n"), policy("forbidden: {}\nsigned_out: { }")] {
        for asker in ASKERS {
            for category in [
                Category::Allowed,
                Category::Unauthenticated,
                Category::Forbidden,
                Category::Ambiguous,
                Category::Unavailable,
            ] {
                assert_eq!(said(&policy, category, asker), None);
            }
        }
    }
}

#[test]
fn a_status_holds_for_everybody_who_has_none_of_their_own() {
    let policy = policy("forbidden: { status: 404, api: { status: 403 }, grpc: { message: no } }");
    let said = |asker| said(&policy, Category::Forbidden, asker);
    assert_eq!(said(Asker::Browser).as_deref(), Some("404"));
    assert_eq!(said(Asker::Api).as_deref(), Some("403"));
    assert_eq!(said(Asker::Grpc).as_deref(), Some("404, says no"));
    assert_eq!(policy.responses().custom(Category::Unauthenticated, Asker::Api), None);
}

#[test]
fn every_category_and_every_caller_has_words_of_their_own() {
    let policy = policy(
        r#"
signed_out:
  browser: { body: "<p>{message}</p>" }
  api: { content_type: application/json, body: '{{"error":"{reason}","status":{status}}}' }
forbidden:
  api: { body: '{{"title":"{message}"}}' }
ambiguous:
  browser: { content_type: text/plain, body: "{status} {request_id}", message: "No {reason}" }
unavailable:
  status: 500
  grpc: { message: "{message} ({revision})" }
"#,
    );
    let said = |category, asker| said(&policy, category, asker).unwrap_or_default();
    assert_eq!(
        said(Category::Unauthenticated, Asker::Browser),
        "standard, text/html: <p>{message}</p>"
    );
    assert_eq!(
        said(Category::Unauthenticated, Asker::Api),
        r#"standard, application/json: {{"error":"{reason}","status":{status}}}"#
    );
    assert_eq!(
        said(Category::Forbidden, Asker::Api),
        r#"standard, application/problem+json: {{"title":"{message}"}}"#
    );
    assert_eq!(
        said(Category::Ambiguous, Asker::Browser),
        "standard, says No {reason}, text/plain: {status} {request_id}"
    );
    assert_eq!(said(Category::Unavailable, Asker::Grpc), "500, says {message} ({revision})");
    assert_eq!(said(Category::Unavailable, Asker::Api), "500");
    assert_eq!(said(Category::Forbidden, Asker::Grpc), "");
}

#[test]
fn a_body_may_be_as_long_as_is_allowed_and_no_longer() {
    let of_length = |length: usize| {
        let body = "a".repeat(length);
        with_responses(&format!(
            "forbidden: {{ api: {{ content_type: text/plain, body: {body} }} }}"
        ))
    };
    let _ = load(&of_length(32 * 1024));
    assert!(errors(&[&of_length(32 * 1024 + 1)]).contains("longer than 32768 bytes"));
    let message = "a".repeat(1025);
    let long = with_responses(&format!("forbidden: {{ grpc: {{ message: {message} }} }}"));
    assert!(errors(&[&long]).contains("longer than 1024 bytes"));
}

#[test]
fn what_cannot_be_said_is_refused() {
    let policies: Vec<String> = [
        "forbiden: { status: 404 }",
        "forbidden: 404",
        "forbidden: { statuss: 404 }",
        "forbidden: { brwser: {} }",
        "forbidden: { body: x }",
        "forbidden: { status: 200 }",
        "forbidden: { status: \"404\" }",
        "forbidden: { status: 401 }",
        "signed_out: { status: 302 }",
        "ambiguous: { api: { status: 503 } }",
        "unavailable: { status: 404 }",
        "forbidden: { status: 408 }",
        "forbidden: { browser: { body: \"{reasn}\" } }",
        "forbidden: { browser: { body: \"{identity.user.id}\" } }",
        "forbidden: { browser: { body: \"p { color: red }\" } }",
        "forbidden: { browser: { body: \"a } b\" } }",
        "forbidden: { browser: { body: \"<a href='{message}'>\" } }",
        "forbidden: { api: { body: \"{message}\" } }",
        "forbidden: { api: { body: { error: no } } }",
        "forbidden: { api: { content_type: application/json } }",
        "forbidden: { api: { content_type: application/jsn, body: x } }",
        "forbidden: { api: { content_type: text/xml, body: x } }",
        "forbidden: { grpc: { body: x, content_type: text/plain } }",
        "forbidden: { status: 404, browser: { body: \"{reason}\" } }",
        "forbidden: { api: { status: 404, message: \"{rule}\" } }",
    ]
    .into_iter()
    .map(with_responses)
    .collect();
    insta::assert_snapshot!(errors(&policies.iter().map(String::as_str).collect::<Vec<_>>()));
}

#[test]
fn credentials_reach_the_service_unless_they_are_withheld() {
    for (text, expected) in [
        ("version: 1\n", Credentials::Keep),
        ("version: 1\nupstream: {}\n", Credentials::Keep),
        ("version: 1\nupstream: { keep_credentials: true }\n", Credentials::Keep),
        ("version: 1\nupstream: { keep_credentials: false }\n", Credentials::Withhold),
        ("version: 1\nupstream: { keep_credentials: false, headers: {} }\n", Credentials::Withhold),
    ] {
        assert_eq!(load(text).credentials(), expected, "{text}");
    }
    insta::assert_snapshot!(errors(&[
        "version: 1\nupstream: { keep_credentials: no }\n",
        "version: 1\nupstream: { keep_credentials: \"false\" }\n",
        "version: 1\nupstream: { keep_credentials: 0 }\n",
        "version: 1\nupstream: { keep_credential: false }\n",
    ]));
}

#[test]
fn the_revision_depends_on_every_word() {
    let revision = |text: &str| load(text).revision().to_string();
    let standard = revision("version: 1\n");
    assert_eq!(revision(&with_responses("forbidden: {}")), standard);
    assert_eq!(revision("version: 1\nupstream: { keep_credentials: true }\n"), standard);
    let same = [
        "forbidden: { status: 404 }",
        "forbidden: { browser: { status: 404 }, api: { status: 404 }, grpc: { status: 404 } }",
    ];
    assert_eq!(revision(&with_responses(same[0])), revision(&with_responses(same[1])));
    let mut seen = vec![standard, revision("version: 1\nupstream: { keep_credentials: false }\n")];
    for responses in [
        "forbidden: { status: 404 }",
        "forbidden: { status: 403 }",
        "signed_out: { status: 403 }",
        "ambiguous: { status: 403 }",
        "forbidden: { browser: { status: 404 } }",
        "forbidden: { api: { status: 404 } }",
        "forbidden: { api: { message: a } }",
        "forbidden: { api: { message: b } }",
        "forbidden: { api: { message: \"{reason}\" } }",
        "forbidden: { api: { message: \"{{reason}}\" } }",
        "forbidden: { api: { content_type: text/plain, body: a } }",
        "forbidden: { api: { content_type: text/html, body: a } }",
        "forbidden: { browser: { body: a } }",
        "forbidden: { browser: { body: a, message: a } }",
    ] {
        let revision = revision(&with_responses(responses));
        assert!(!seen.contains(&revision), "{responses}");
        seen.push(revision);
    }
}
