use super::question::{Malformed, Semantic, Tuple, evaluations, question};
use super::{answer, json::parse};
use crate::{
    core::{
        asker::Asker,
        question::{CredentialSource, NamedSubject, Question, Wanted},
        reason::Reason,
    },
    serve::fixtures::{allow, deny, redirect},
};
use axum::http::HeaderMap;
use serde_json::{Value, json};

fn evaluation() -> Value {
    json!({
        "subject": { "type": "user", "id": "user_ada", "properties": { "department": "sales" } },
        "action": { "name": "invoice.refund", "properties": { "method": "GET" } },
        "resource": { "type": "invoice", "id": "7", "properties": { "amount": 900 } },
        "context": { "time": "1985-10-26T01:22-07:00" },
    })
}

fn bearer() -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert("authorization", "Bearer a.b.c".parse().unwrap());
    headers
}

fn asked<'a>(message: &'a Value, headers: &'a HeaderMap) -> Result<Question<'a>, Malformed> {
    question(Tuple::read(message.as_object().unwrap()), headers, None)
}

#[test]
fn an_evaluation_asks_for_an_action_by_name() {
    let (message, headers) = (evaluation(), bearer());
    let question = asked(&message, &headers).unwrap();
    assert_eq!(question.also.subject, Some(NamedSubject::User("user_ada")));
    let CredentialSource::Headers(lines) = &question.credential else { panic!("{question:?}") };
    assert_eq!(lines.text("authorization"), Some("Bearer a.b.c"));
    let Wanted::Action(action) = &question.wanted else { panic!("{question:?}") };
    let resource = action.resource.as_ref().unwrap();
    assert_eq!((action.name, resource.kind, resource.id), ("invoice.refund", "invoice", "7"));
    assert_eq!(Value::Object(resource.attributes.clone()), json!({ "amount": 900 }));
    assert_eq!(action.context["time"], "1985-10-26T01:22-07:00");
}

#[test]
fn the_credential_has_one_place() {
    let mut message = evaluation();
    let (none, headers) = (HeaderMap::new(), bearer());
    let question = asked(&message, &none).unwrap();
    assert!(matches!(question.credential, CredentialSource::Headers(lines) if lines.is_empty()));
    message["subject"]["properties"]["token"] = json!("a.b.c");
    let question = asked(&message, &none).unwrap();
    assert!(matches!(question.credential, CredentialSource::Token("a.b.c")));
    let error = asked(&message, &headers).unwrap_err();
    assert_eq!(error.field, "subject.properties.token");
    assert!(!error.to_string().contains("a.b.c"));
    message["subject"]["properties"]["token"] = json!("");
    let question = asked(&message, &none).unwrap();
    assert!(matches!(question.credential, CredentialSource::Headers(lines) if lines.is_empty()));
    assert!(asked(&message, &headers).is_err(), "it is not made up for");
}

#[test]
fn what_is_missing_or_of_another_kind_is_named() {
    for (pointer, value, field, problem) in [
        ("/subject", None, "subject", "is missing"),
        ("/subject", Some(json!("user_ada")), "subject", "must be an object"),
        ("/subject/type", None, "subject.type", "is missing"),
        ("/subject/type", Some(json!("group")), "subject.type", "must be `user` or `machine`"),
        ("/subject/id", None, "subject.id", "is missing"),
        ("/subject/id", Some(json!("")), "subject.id", "is empty"),
        ("/subject/id", Some(json!(7)), "subject.id", "must be a text"),
        ("/subject/properties", Some(json!([])), "subject.properties", "must be an object"),
        ("/subject/properties/token", Some(json!(7)), "subject.properties.token", "must be a text"),
        ("/action", None, "action", "is missing"),
        ("/action/name", None, "action.name", "is missing"),
        ("/action/name", Some(json!("x".repeat(1025))), "action.name", "is too long"),
        ("/action/properties", Some(json!(1)), "action.properties", "must be an object"),
        ("/resource", Some(json!(null)), "resource", "must be an object"),
        ("/resource/type", None, "resource.type", "is missing"),
        ("/resource/id", None, "resource.id", "is missing"),
        ("/resource/properties", Some(json!("x")), "resource.properties", "must be an object"),
        ("/context", Some(json!([])), "context", "must be an object"),
        ("/context", Some(json!(null)), "context", "must be an object"),
    ] {
        let mut message = evaluation();
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        let object = message.pointer_mut(parent).unwrap().as_object_mut().unwrap();
        match value {
            Some(value) => object.insert(name.to_owned(), value),
            None => object.remove(name),
        };
        let headers = HeaderMap::new();
        let error = asked(&message, &headers).unwrap_err();
        assert_eq!((&*error.field, &*error.problem), (field, problem), "{pointer}");
        assert_eq!(error.to_string(), format!("`{field}` {problem}"));
    }
}

#[test]
fn a_context_is_not_needed() {
    let mut message = evaluation();
    message.as_object_mut().unwrap().remove("context");
    assert!(asked(&message, &HeaderMap::new()).is_ok());
}

#[test]
fn parts_of_an_evaluation_take_precedence_as_a_whole() {
    let defaults = evaluation();
    let own = json!({ "resource": { "type": "invoice", "id": "8" } });
    let tuple =
        Tuple::read(own.as_object().unwrap()).or(Tuple::read(defaults.as_object().unwrap()));
    let headers = HeaderMap::new();
    let question = question(tuple, &headers, None).unwrap();
    let Wanted::Action(action) = &question.wanted else { panic!("{question:?}") };
    let resource = action.resource.as_ref().unwrap();
    assert_eq!((action.name, resource.id), ("invoice.refund", "8"));
    assert!(resource.attributes.is_empty());
}

#[test]
fn semantics_are_one_of_three() {
    let read = |text: &str| Semantic::read(parse(text.as_bytes()).unwrap().as_object().unwrap());
    assert_eq!(read("{}"), Ok(Semantic::ExecuteAll));
    assert_eq!(read(r#"{"options":{"another_option":"value"}}"#), Ok(Semantic::ExecuteAll));
    for (name, semantic, settles) in [
        ("execute_all", Semantic::ExecuteAll, [false, false]),
        ("deny_on_first_deny", Semantic::DenyOnFirstDeny, [true, false]),
        ("permit_on_first_permit", Semantic::PermitOnFirstPermit, [false, true]),
    ] {
        let text = format!(r#"{{"options":{{"evaluations_semantic":"{name}"}}}}"#);
        assert_eq!(read(&text), Ok(semantic));
        assert_eq!([false, true].map(|allowed| semantic.is_settled_by(allowed)), settles);
    }
    for text in [
        r#"{"options":{"evaluations_semantic":"first"}}"#,
        r#"{"options":{"evaluations_semantic":null}}"#,
        r#"{"options":[]}"#,
    ] {
        assert!(read(text).is_err(), "{text}");
    }
}

#[test]
fn a_list_of_evaluations_is_bounded() {
    let message = |value: Value| json!({ "evaluations": value });
    let of = |value: Value| {
        let message = message(value);
        evaluations(message.as_object().unwrap()).map(|list| list.map(<[Value]>::len))
    };
    assert_eq!(of(json!([])), Ok(None));
    assert_eq!(of(json!([{}])), Ok(Some(1)));
    assert_eq!(of(json!(vec![json!({}); 100])), Ok(Some(100)));
    assert!(of(json!(vec![json!({}); 101])).is_err());
    assert!(of(json!({})).is_err() && of(json!(null)).is_err());
}

#[test]
fn an_answer_says_why() {
    let allowed = answer::of(&allow(&[], &[]));
    assert!(answer::allows(&allowed));
    assert_eq!(allowed["context"]["reason"], "allowed");
    for decision in [deny(Reason::Role, Asker::Api), redirect(Asker::Browser)] {
        let answer = answer::of(&decision);
        assert!(!answer::allows(&answer));
        assert_eq!(answer["context"]["reason"], decision.reason.code());
        assert_eq!(answer["context"]["message"], &*decision.message);
        assert_eq!(answer["context"]["revision"], "r1");
        assert_eq!(answer["context"].get("error"), None);
    }
    let cannot_tell = answer::of(&deny(Reason::KeysUnavailable, Asker::Api));
    assert_eq!(cannot_tell["decision"], false);
    assert_eq!(cannot_tell["context"]["error"]["status"], 503);
}
