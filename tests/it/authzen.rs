//! The `AuthZEN` API as services call it: the specification's examples, with Clerk's people in them.

use crate::support::{
    http::{self, Answer},
    sidecar::{self, Sidecar},
    stack::SHOP,
    tokens::{
        Instance,
        Person::{self, Boss, Loner, Reader},
    },
};
use serde_json::{Value, json};
use tempfile::TempDir;

struct Service {
    sidecar: Sidecar,
    instance: Instance,
}

impl Service {
    async fn start() -> Self {
        let instance = Instance::new();
        let sidecar = Sidecar::start_over_http(&instance, SHOP).await;
        Self { sidecar, instance }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.sidecar.http())
    }

    async fn post(&self, path: &str, headers: &[(&str, &str)], message: &Value) -> Answer {
        http::post_json(&self.url(path), headers, message).await
    }

    async fn one(&self, message: &Value) -> Answer {
        self.post("/access/v1/evaluation", &[], message).await
    }

    async fn several(&self, message: &Value) -> Answer {
        self.post("/access/v1/evaluations", &[], message).await
    }

    /// The person as a subject with their token.
    fn subject(&self, person: Person) -> Value {
        let token = self.instance.token(person);
        json!({ "type": "user", "id": person.id(), "properties": { "token": token } })
    }
}

fn document(id: &str) -> Value {
    json!({ "type": "document", "id": id })
}

fn evaluation(subject: &Value, action: &str) -> Value {
    json!({
        "subject": subject,
        "resource": { "type": "account", "id": "123" },
        "action": { "name": action, "properties": { "method": "GET" } },
        "context": { "time": "1985-10-26T01:22-07:00" },
    })
}

#[track_caller]
fn told(answer: &Value) -> String {
    let reason = answer["context"]["reason"].as_str().unwrap_or_default();
    match answer["decision"].as_bool() {
        Some(true) => "allow".to_owned(),
        Some(false) => format!("deny {reason}"),
        None => panic!("no decision in {answer}"),
    }
}

fn all_told(answer: &Answer) -> Vec<String> {
    assert_eq!(answer.status, 200, "{answer:?}");
    let answer = answer.json();
    assert_eq!(answer.get("decision"), None, "{answer}");
    answer["evaluations"].as_array().expect("a list").iter().map(told).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_evaluation_is_a_decision_with_its_reason() {
    let service = Service::start().await;
    let answer = service.one(&evaluation(&service.subject(Reader), "invoice.read")).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")));
    let allowed = answer.json();
    assert_eq!(told(&allowed), "allow");
    assert_eq!(allowed["context"]["rule"], "action invoice.read");
    assert!(allowed["context"]["revision"].as_str().is_some_and(|text| !text.is_empty()));

    let answer = service.one(&evaluation(&service.subject(Reader), "invoice.refund")).await;
    let denied = answer.json();
    assert_eq!((answer.status, &*told(&denied)), (200, "deny permission"));
    let message = denied["context"]["message"].as_str().unwrap_or_default();
    assert!(message.contains("org:invoices:manage"), "{denied}");
    let line = service.sidecar.logged(|fields| fields["reason"] == "permission").await;
    assert_eq!(line["door"], "authzen", "{line}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_proves_nothing() {
    let service = Service::start().await;
    let bare = |id: &str| json!({ "type": "user", "id": id });
    for (subject, expected) in [
        (bare(Boss.id()), "deny signed_out"),
        (
            json!({ "type": "user", "id": Boss.id(), "properties": {
                "role": "org:admin", "permissions": ["org:invoices:manage"],
            } }),
            "deny signed_out",
        ),
        (
            json!({ "type": "user", "id": Boss.id(), "properties": { "token": "" } }),
            "deny signed_out",
        ),
        (
            json!({ "type": "user", "id": Boss.id(), "properties": { "token": "forged" } }),
            "deny token_invalid",
        ),
    ] {
        let answer = service.one(&evaluation(&subject, "invoice.refund")).await.json();
        assert_eq!(told(&answer), expected, "{answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_credential_of_somebody_else_is_refused() {
    let service = Service::start().await;
    for (kind, id) in [("user", Reader.id()), ("user", "User_2boss"), ("machine", Boss.id())] {
        let mut subject = service.subject(Boss);
        subject["type"] = kind.into();
        subject["id"] = id.into();
        let answer = service.one(&evaluation(&subject, "invoice.refund")).await.json();
        assert_eq!(told(&answer), "deny subject_mismatch", "{kind} {id}");
    }
    let answer = service.one(&evaluation(&service.subject(Boss), "invoice.refund")).await.json();
    assert_eq!(told(&answer), "allow");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_credential_may_be_the_calls_own_and_stands_in_one_place() {
    let service = Service::start().await;
    let bearer = format!("Bearer {}", service.instance.token(Boss));
    let path = "/access/v1/evaluation";
    let bare = evaluation(&json!({ "type": "user", "id": Boss.id() }), "invoice.refund");
    let answer = service.post(path, &[("authorization", &bearer)], &bare).await.json();
    assert_eq!(told(&answer), "allow");
    for subject in [
        service.subject(Boss),
        json!({ "type": "user", "id": Boss.id(), "properties": { "token": "" } }),
    ] {
        let both = evaluation(&subject, "invoice.refund");
        let answer = service.post(path, &[("authorization", &bearer)], &both).await;
        assert_eq!(answer.status, 400, "{answer:?}");
        assert_eq!(answer.json()["field"], "subject.properties.token");
    }
    let basic = service.post(path, &[("authorization", "Basic YTpi")], &bare).await.json();
    assert!(told(&basic).starts_with("deny "), "{basic}");
    let cookie = format!("__session={}", service.instance.token(Boss));
    let by_cookie = service.post(path, &[("cookie", &cookie)], &bare).await.json();
    assert_eq!(told(&by_cookie), "deny signed_out", "cookies are no credential here");
}

#[tokio::test(flavor = "multi_thread")]
async fn several_evaluations_are_answered_in_order() {
    let service = Service::start().await;
    let subject = service.subject(Reader);
    let read = json!({ "name": "invoice.read" });
    let message = json!({
        "subject": subject,
        "context": { "time": "2024-05-31T15:22-07:00" },
        "action": read,
        "evaluations": [
            { "resource": document("boxcarring.md") },
            { "resource": document("subject-search.md"), "subject": service.subject(Loner) },
            { "action": { "name": "invoice.refund" }, "resource": document("resource-search.md") },
            { "resource": document("boxcarring.md") },
        ],
    });
    let answer = service.several(&message).await;
    let expected = ["allow", "deny organization_required", "deny permission", "allow"];
    let told = all_told(&answer);
    assert_eq!(told.len(), 4);
    assert_eq!((&*told[0], &*told[2], &*told[3]), (expected[0], expected[2], expected[3]));
    assert!(told[1].starts_with("deny "), "{told:?}");

    // No defaults: each evaluation is whole.
    let whole = json!({ "subject": subject, "action": read, "resource": document("1") });
    let message = json!({ "evaluations": [whole, whole, whole] });
    assert_eq!(all_told(&service.several(&message).await), ["allow", "allow", "allow"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_semantic_says_where_to_stop() {
    let service = Service::start().await;
    let subject = service.subject(Reader);
    let ask = |action: &str| json!({ "action": { "name": action } });
    let (yes, no) = (ask("invoice.read"), ask("invoice.refund"));
    let (allow, deny) = ("allow", "deny permission");
    for (semantic, asked, expected) in [
        ("execute_all", [&yes, &no, &yes], vec![allow, deny, allow]),
        ("deny_on_first_deny", [&yes, &no, &yes], vec![allow, deny]),
        ("deny_on_first_deny", [&yes, &yes, &yes], vec![allow, allow, allow]),
        ("permit_on_first_permit", [&yes, &no, &yes], vec![allow]),
        ("permit_on_first_permit", [&no, &no, &yes], vec![deny, deny, allow]),
        ("permit_on_first_permit", [&no, &no, &no], vec![deny, deny, deny]),
    ] {
        let message = json!({
            "subject": subject,
            "resource": document("1"),
            "options": { "evaluations_semantic": semantic },
            "evaluations": asked,
        });
        assert_eq!(all_told(&service.several(&message).await), expected, "{semantic}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_evaluations_the_message_is_one_itself() {
    let service = Service::start().await;
    let mut message = evaluation(&service.subject(Reader), "invoice.read");
    for evaluations in [None, Some(json!([]))] {
        if let Some(evaluations) = evaluations {
            message["evaluations"] = evaluations;
        }
        let answer = service.several(&message).await.json();
        assert_eq!(told(&answer), "allow", "{answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_malformed_evaluation_among_several_is_a_refusal_of_its_own() {
    let service = Service::start().await;
    let message = json!({
        "subject": service.subject(Reader),
        "action": { "name": "invoice.read" },
        "evaluations": [
            { "resource": document("1") },
            {},
            { "resource": { "type": "document" } },
            "nonsense",
            { "resource": document("1"), "action": { "name": "invoice.unheard" } },
        ],
    });
    let answer = service.several(&message).await;
    let malformed = "deny malformed_request";
    let expected = ["allow", malformed, malformed, malformed, "deny unknown_action"];
    assert_eq!(all_told(&answer), expected);
    let answers = answer.json();
    let error = &answers["evaluations"][2]["context"]["error"];
    assert_eq!(*error, json!({ "status": 400, "message": "`resource.id` is missing" }));

    // A denial is a denial: the first error stops as well.
    let mut stopping = message;
    stopping["options"] = json!({ "evaluations_semantic": "deny_on_first_deny" });
    assert_eq!(all_told(&service.several(&stopping).await), ["allow", malformed]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_cannot_be_read_is_a_bad_request() {
    let service = Service::start().await;
    let sound = evaluation(&service.subject(Boss), "invoice.refund").to_string();
    let url = service.url("/access/v1/evaluation");
    let token = service.instance.token(Boss);
    for (content_type, body, detail) in [
        ("application/json", "{".to_owned(), "cannot be read"),
        ("application/json", String::new(), "cannot be read"),
        ("application/json", "[]".to_owned(), "must be an object"),
        ("application/json", sound.replacen("\"123\"", "\"123\",\"id\":\"4\"", 1), "twice"),
        ("application/json", sound.replace("\"user\"", "\"group\""), "`user` or `machine`"),
        ("application/json", sound.replace("invoice.refund", ""), "`action.name` is empty"),
        ("application/json", " ".repeat((1 << 20) + 1), "too large"),
        ("text/plain", sound.clone(), "content type"),
        ("", sound.clone(), "content type"),
    ] {
        let mut request = http::client().post(&url).body(body).header("x-request-id", "r-1");
        if !content_type.is_empty() {
            request = request.header("content-type", content_type);
        }
        let response = request.send().await.expect("an answer");
        assert_eq!(response.status().as_u16(), 400, "{detail}");
        assert_eq!(response.headers()["content-type"], "application/problem+json");
        assert_eq!(response.headers()["x-request-id"], "r-1");
        let body = response.text().await.expect("a body");
        assert!(body.contains(detail), "{detail}: {body}");
        assert!(!body.contains(&token), "no token in an error");
    }
    for (field, value) in [
        ("evaluations", json!({})),
        ("options", json!({ "evaluations_semantic": "any" })),
        ("evaluations", json!(vec![json!({}); 101])),
    ] {
        let mut message = evaluation(&service.subject(Boss), "invoice.refund");
        message[field] = value;
        assert_eq!(service.several(&message).await.status, 400, "{field}");
    }
    let answer = service.one(&evaluation(&service.subject(Boss), "invoice.refund")).await.json();
    assert_eq!(told(&answer), "allow", "it goes on");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_calls_own_id_comes_back() {
    let service = Service::start().await;
    let message = evaluation(&service.subject(Reader), "invoice.read");
    let id = "bfe9eb29-ab87-4ca3-be83-a1d5d8305716";
    for path in ["/access/v1/evaluation", "/access/v1/evaluations"] {
        let answer = service.post(path, &[("x-request-id", id)], &message).await;
        assert_eq!(answer.every("x-request-id"), [id]);
        let answer = service.post(path, &[], &message).await;
        assert_eq!(answer.header("x-request-id"), None);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_api_can_be_discovered() {
    let service = Service::start().await;
    let well_known = "/.well-known/authzen-configuration";
    let answer = http::get(&service.url(well_known), &[("host", "evil.test")]).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")));
    let base = format!("http://{}", service.sidecar.http());
    let expected = json!({
        "policy_decision_point": base,
        "access_evaluation_endpoint": format!("{base}/access/v1/evaluation"),
        "access_evaluations_endpoint": format!("{base}/access/v1/evaluations"),
    });
    assert_eq!(answer.json(), expected);

    for (url, path) in [("https://pdp.shop.test", ""), ("https://shop.test/pdp/eu", "/pdp/eu")] {
        let directory = TempDir::new().expect("a temporary directory");
        let mut settings =
            sidecar::with_http(sidecar::settings(directory.path(), &[("main", &service.instance)]));
        settings["authzen_url"] = json!(format!("{url}/"));
        settings.as_object_mut().expect("a map").remove("forward_auth");
        let named = Sidecar::start_in(directory, SHOP, &settings).await;
        let page = |path: &str| format!("http://{}{well_known}{path}", named.http());
        let answer = http::get(&page(path), &[]).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.json()["policy_decision_point"], url);
        let endpoint = &answer.json()["access_evaluation_endpoint"];
        assert_eq!(endpoint, &format!("{url}/access/v1/evaluation"));
        for other in ["/pdp", "/pdp/eu/", "/pdp/us", "/../pdp/eu"] {
            assert_eq!(http::get(&page(other), &[]).await.status, 404, "{other}");
        }
    }
}

/// The requests of the `OpenID` Foundation's certification scenario for this API, with people who are
/// proven.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_certification_asks_is_answered_as_it_expects() {
    let service = Service::start().await;
    let (boss, reader) = (service.subject(Boss), service.subject(Reader));
    let (refund, record) = (json!({ "name": "invoice.refund" }), document("record-1"));
    let whole = json!({ "subject": boss, "action": refund, "resource": record });
    let mut unknown = whole.clone();
    unknown["foo"] = json!("bar");
    unknown["futureField"] = json!({ "nested": true });
    unknown["subject"]["properties"]["department"] = json!("Sales");
    for message in [&whole, &unknown, &whole] {
        let answer = service.one(message).await;
        assert_eq!((answer.status, &answer.json()["decision"]), (200, &json!(true)), "{answer:?}");
        assert_eq!(answer.header("content-type"), Some("application/json"));
    }
    for (part, field) in [
        ("subject", ""),
        ("action", ""),
        ("resource", ""),
        ("subject", "type"),
        ("subject", "id"),
        ("action", "name"),
        ("resource", "type"),
        ("resource", "id"),
    ] {
        let mut lacking = whole.clone();
        let of = if field.is_empty() { &mut lacking } else { &mut lacking[part] };
        let named = if field.is_empty() { part } else { field };
        of.as_object_mut().expect("an object").remove(named).expect("it was there");
        assert_eq!(service.one(&lacking).await.status, 400, "{part} {field}");
        let mut strange = whole.clone();
        *(if field.is_empty() { &mut strange[part] } else { &mut strange[part][field] }) = json!(1);
        assert_eq!(service.one(&strange).await.status, 400, "{part} {field}");
    }
    for (defaults, list, expected) in [
        // Nothing is inherited, something is, and everything is.
        (
            json!({}),
            json!([whole, { "subject": reader, "action": refund, "resource": record }]),
            "ad",
        ),
        (whole.clone(), json!([{}, { "subject": reader }]), "ad"),
        (json!({ "subject": boss, "action": refund }), json!([{ "resource": record }, {}]), "ad"),
        (whole.clone(), json!([]), "a"),
    ] {
        let mut message = defaults;
        message["options"] = json!({ "evaluations_semantic": "execute_all" });
        message["evaluations"] = list;
        let answer = service.several(&message).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let answer = answer.json();
        let told = answer["evaluations"].as_array().cloned().unwrap_or_else(|| vec![answer]);
        let letter = |answer: &Value| {
            if answer["decision"].as_bool().expect("a decision") { 'a' } else { 'd' }
        };
        assert_eq!(told.iter().map(letter).collect::<String>(), expected, "{message}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn there_is_no_other_way_in() {
    let service = Service::start().await;
    for method in ["GET", "PUT", "DELETE", "OPTIONS"] {
        let answer = http::send(method, &service.url("/access/v1/evaluation"), &[]).await;
        assert_eq!(answer.status, 405, "{method}");
    }
    for path in ["/access/v1/search/subject", "/access/v1/evaluation/", "/access/v2/evaluation"] {
        let message = evaluation(&service.subject(Boss), "invoice.refund");
        assert_eq!(service.post(path, &[], &message).await.status, 404, "{path}");
    }
}
