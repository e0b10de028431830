use super::{lower_case_names, read};
use crate::{
    core::{
        credential::CredentialKind,
        http_request::Scheme,
        question::{CredentialSource, Question, Wanted},
        reverification::{Level, Preset, Reverification},
    },
    pb::v1::{
        Action, AuthorizeRequest, Credential, HttpHeader, HttpRequest, Requirement, Resource,
        Reverification as AskedReverification, ReverificationWindow, authorize_request,
        credential::Source, reverification::Kind,
    },
    serve::grpc::{authorization::Caller, violations::Violations},
};
use std::num::NonZeroU32;
use tonic::Code;
use tonic_types::StatusExt as _;

fn http() -> HttpRequest {
    HttpRequest {
        method: "GET".into(),
        scheme: String::new(),
        host: "shop.test".into(),
        path: "/a?b=c".into(),
        headers: vec![HttpHeader { name: "Cookie".into(), value: "__session=x".into() }],
    }
}

fn ask(question: authorize_request::Question) -> AuthorizeRequest {
    AuthorizeRequest { question: Some(question), ..AuthorizeRequest::default() }
}

fn ask_http(request: HttpRequest) -> AuthorizeRequest {
    ask(authorize_request::Question::Http(request))
}

fn ask_action(name: &str) -> AuthorizeRequest {
    ask(authorize_request::Question::Action(Action { name: name.into(), ..Default::default() }))
}

fn ask_requirement(requirement: Requirement) -> AuthorizeRequest {
    ask(authorize_request::Question::Requirement(requirement))
}

fn ask_reverification(kind: Option<Kind>) -> AuthorizeRequest {
    ask_requirement(Requirement {
        reverification: Some(AskedReverification { kind }),
        ..Default::default()
    })
}

fn window(level: &str, after_minutes: u32) -> Kind {
    Kind::Window(ReverificationWindow { level: level.into(), after_minutes })
}

fn call() -> Caller {
    let mut caller = Caller::default();
    caller.metadata.insert("authorization", "Bearer of-the-service".parse().unwrap());
    caller
}

/// Reads a sound question and looks at it.
fn looking<T>(mut message: AuthorizeRequest, look: impl Fn(&Question<'_>) -> T) -> T {
    lower_case_names(&mut message);
    let mut violations = Violations::new();
    let caller = call();
    let question = read(&message, &caller, &mut violations);
    violations.into_result().expect("the question is sound");
    look(&question.expect("there is a question"))
}

/// The fields that are malformed.
fn malformed(message: &AuthorizeRequest) -> Vec<String> {
    let mut violations = Violations::new();
    read(message, &call(), &mut violations);
    let status = violations.into_result().expect_err("the question is malformed");
    assert_eq!(status.code(), Code::InvalidArgument);
    let violations = status.get_details_bad_request().unwrap().field_violations;
    violations.into_iter().map(|violation| violation.field).collect()
}

fn source(question: &Question<'_>) -> String {
    match &question.credential {
        CredentialSource::Request => "request".into(),
        CredentialSource::Token(token) => format!("token {token}"),
        CredentialSource::Headers(headers) => {
            let values = headers.iter().map(|line| String::from_utf8_lossy(line.value));
            format!("headers {}", values.collect::<Vec<_>>().join(", "))
        }
    }
}

#[test]
fn a_request_is_read_as_it_stands() {
    looking(ask_http(http()), |question| {
        let Wanted::Http(request) = &question.wanted else { panic!("{question:?}") };
        assert_eq!((request.method, request.authority), ("GET", "shop.test"));
        assert_eq!((request.target, request.scheme), ("/a?b=c", Scheme::Https));
        assert_eq!(request.headers.text("cookie"), Some("__session=x"));
        assert_eq!(question.instance, None);
        assert!(question.also.require.is_none() && question.also.action.is_none());
    });
}

#[test]
fn the_credential_is_the_one_given_then_the_requests_then_the_calls() {
    let with = |source: Option<Source>, mut message: AuthorizeRequest| {
        message.credential = Some(Credential { source });
        message
    };
    let bare = HttpRequest { headers: vec![], ..http() };
    let token = || Some(Source::Token("t".into()));
    for (message, expected) in [
        (with(token(), ask_http(http())), "token t"),
        (with(None, ask_http(http())), "request"),
        (ask_http(http()), "request"),
        (with(None, ask_http(bare.clone())), "headers Bearer of-the-service"),
        (ask_http(bare), "headers Bearer of-the-service"),
        (ask_action("a"), "headers Bearer of-the-service"),
        (with(token(), ask_action("a")), "token t"),
    ] {
        assert_eq!(looking(message.clone(), source), expected, "{message:?}");
    }
}

#[test]
fn a_user_without_a_credential_never_gets_the_services_own() {
    let mut message = ask_action("a");
    message.credential = Some(Credential { source: Some(Source::Token(String::new())) });
    assert_eq!(looking(message, source), "headers ");
    // Headers that hold no credential are still the user's headers.
    let mut request = http();
    request.headers = vec![HttpHeader { name: "accept".into(), value: "*/*".into() }];
    assert_eq!(looking(ask_http(request), source), "request");
}

#[test]
fn a_question_without_a_question_is_malformed() {
    let message = AuthorizeRequest::default();
    assert_eq!(malformed(&message), ["question"]);
}

#[test]
fn an_http_request_needs_method_host_and_path() {
    let message = ask_http(HttpRequest::default());
    assert_eq!(malformed(&message), ["http.method", "http.host", "http.path"]);
    let message = ask_http(HttpRequest { scheme: "ftp".into(), ..http() });
    assert_eq!(malformed(&message), ["http.scheme"]);
}

#[test]
fn an_action_needs_a_name_of_reasonable_length() {
    assert_eq!(malformed(&ask_action("")), ["action.name"]);
    assert_eq!(malformed(&ask_action(&"a".repeat(257))), ["action.name"]);
    let long = "x".repeat(257);
    let resource = Resource { r#type: long.clone(), id: long, attributes: None };
    let action = Action { name: "a".into(), resource: Some(resource), context: None };
    let message = ask(authorize_request::Question::Action(action));
    assert_eq!(malformed(&message), ["action.resource.type", "action.resource.id"]);
}

#[test]
fn an_instance_is_taken_by_name() {
    let mut message = ask_action("a");
    message.instance = "shop".into();
    looking(message.clone(), |question| assert_eq!(question.instance, Some("shop")));
    message.instance = "x".repeat(300);
    assert_eq!(malformed(&message), ["instance"]);
}

#[test]
fn a_requirement_is_read_whole() {
    let message = ask_requirement(Requirement {
        roles: vec!["admin".into()],
        permissions: vec!["org:a:b".into(), "c:d".into()],
        features: vec!["o:reports".into()],
        plans: vec!["pro".into()],
        organization: "required".into(),
        reverification: Some(AskedReverification { kind: Some(window("first_factor", 3)) }),
        scopes: vec!["events:write".into()],
        credentials: vec!["api_key".into(), "m2m_token".into(), "api_key".into()],
    });
    looking(message, |question| {
        let Wanted::Requirement(asked) = &question.wanted else { panic!("{question:?}") };
        assert_eq!(asked.roles, ["admin"]);
        assert_eq!(asked.permissions, ["org:a:b", "c:d"]);
        assert_eq!((&*asked.features, &*asked.plans), (&["o:reports"][..], &["pro"][..]));
        assert_eq!(asked.organization, Some("required"));
        let level = Level::FirstFactor;
        let after_minutes = NonZeroU32::new(3).unwrap();
        assert_eq!(asked.reverification, Some(Reverification::Window { level, after_minutes }));
        assert_eq!(asked.scopes, ["events:write"]);
        let kinds = [CredentialKind::ApiKey, CredentialKind::M2mToken];
        assert_eq!(asked.credentials, Some(kinds.into_iter().collect()));
    });
}

#[test]
fn an_empty_requirement_asks_for_nothing_more_than_a_user() {
    looking(ask_requirement(Requirement::default()), |question| {
        let Wanted::Requirement(asked) = &question.wanted else { panic!("{question:?}") };
        assert!(asked.roles.is_empty() && asked.organization.is_none());
        assert_eq!(asked.reverification, None);
        assert!(asked.scopes.is_empty() && asked.credentials.is_none());
    });
}

#[test]
fn names_in_a_requirement_are_few_short_and_not_empty() {
    let message = ask_requirement(Requirement {
        roles: vec!["a".into(), String::new()],
        permissions: vec!["x".repeat(257)],
        features: vec!["f".into(); 101],
        plans: vec!["p".into(); 100],
        organization: "o".repeat(257),
        reverification: None,
        scopes: vec![String::new()],
        credentials: vec!["session_token".into(), "session".into()],
    });
    assert_eq!(
        malformed(&message),
        [
            "requirement.organization",
            "requirement.roles[1]",
            "requirement.permissions[0]",
            "requirement.features",
            "requirement.scopes[0]",
            "requirement.credentials[1]",
        ]
    );
}

#[test]
fn presets_are_clerks_four() {
    for preset in Preset::ALL {
        let message = ask_reverification(Some(Kind::Preset(preset.as_str().into())));
        looking(message, |question| {
            let Wanted::Requirement(asked) = &question.wanted else { panic!("{question:?}") };
            assert_eq!(asked.reverification, Some(Reverification::Preset(preset)));
        });
    }
}

#[test]
fn a_reverification_that_cannot_be_read_is_never_left_out() {
    const FIELD: &str = "requirement.reverification";
    for (kind, fields) in [
        (None, vec![FIELD.to_owned()]),
        (Some(Kind::Preset("Strict".into())), vec![format!("{FIELD}.preset")]),
        (Some(Kind::Preset(String::new())), vec![format!("{FIELD}.preset")]),
        (Some(window("third_factor", 5)), vec![format!("{FIELD}.window.level")]),
        (Some(window("first_factor", 0)), vec![format!("{FIELD}.window.after_minutes")]),
        (
            Some(window("", 0)),
            vec![format!("{FIELD}.window.level"), format!("{FIELD}.window.after_minutes")],
        ),
    ] {
        assert_eq!(malformed(&ask_reverification(kind)), fields);
    }
}

#[test]
fn violations_in_a_batch_say_in_which_question() {
    let mut violations = Violations::within("requests", 3);
    let message = ask_action("");
    read(&message, &Caller::default(), &mut violations);
    let status = violations.into_result().unwrap_err();
    assert_eq!(status.message(), "requests[3].action.name: is missing");
}
