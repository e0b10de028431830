//! `bailiff explain` and `bailiff replay` as people run them, and explanations over gRPC.

use crate::support::{
    check::Asked,
    grpc::{authorization_client, channel, with_token},
    sidecar::{Sidecar, bailiff, settings},
    stack::SHOP,
    tokens::{
        HOST, Instance,
        Person::{self, Boss, Loner, Reader},
    },
};
use bailiff::pb::v1::{
    Action, AuthorizeRequest, AuthorizeResponse, BatchAuthorizeRequest, CandidateOutcome,
    EntryPart, ExplanationStatus, HttpRequest, RequirementOutcome, authorize_request::Question,
};
use serde_json::Value;
use std::{
    fs,
    io::Write as _,
    path::PathBuf,
    process::{Output, Stdio},
};
use tempfile::TempDir;

const PEOPLE: &str = r"
tests:
  people:
    reader: { organization: { slug: acme, permissions: [org:invoices:read] }, plans: [o:free], factors: [45, never] }
    late: { expired: true }
    machine: { api_key: { scopes: [a] } }
";

/// A folder with a policy.
struct Folder(TempDir);

impl Folder {
    fn with(policy: &str) -> Self {
        let folder = TempDir::new().expect("a folder");
        fs::write(folder.path().join("policy.yaml"), policy).expect("a policy");
        Self(folder)
    }

    fn policy(&self) -> PathBuf {
        self.0.path().join("policy.yaml")
    }

    /// Runs a command with the policy, these arguments and this input.
    fn run(&self, command: &str, arguments: &[&str], input: &str) -> Ran {
        let mut process = bailiff()
            .arg(command)
            .arg(self.policy())
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        let mut stdin = process.stdin.take().expect("an input");
        // A command that does not read its input closes it.
        let _ = stdin.write_all(input.as_bytes());
        drop(stdin);
        Ran::of(&process.wait_with_output().expect("it ends"))
    }
}

#[derive(Debug)]
struct Ran {
    code: Option<i32>,
    out: String,
    error: String,
}

impl Ran {
    fn of(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self { code: output.status.code(), out: text(&output.stdout), error: text(&output.stderr) }
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

fn shop() -> Folder {
    Folder::with(&format!("{SHOP}{PEOPLE}"))
}

#[test]
fn a_person_of_the_tests_is_explained_without_any_instance() {
    let ran = shop().run("explain", &["--as", "reader", "--request", "GET /reports/7"], "");
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.out.contains("deny plan"), "{}", ran.out);
    assert!(ran.out.contains("✗ plan pro, has o:free"), "{}", ran.out);
    assert!(!ran.out.contains('\u{1b}'), "no colours where there is no terminal: {}", ran.out);

    let told = shop().run(
        "explain",
        &["--as", "reader", "--request", "GET /orgs/acme/invoices/7", "--format", "json"],
        "",
    );
    let json = told.json();
    assert_eq!(json["explanation"]["verdict"]["effect"], "allow");
    assert_eq!(json["identity"]["source"], "person");

    for (person, request, expected) in [
        ("nobody", "GET /dashboard/a", "signed_out"),
        ("late", "GET /dashboard/a", "token_expired"),
        ("machine", "GET /dashboard/a", "credential_kind"),
        ("reader", "GET /nowhere", "no_route"),
        ("reader", "GET /docs/../a", "ambiguous_path"),
    ] {
        let arguments = ["--as", person, "--request", request, "--format", "json"];
        let json = shop().run("explain", &arguments, "").json();
        assert_eq!(json["explanation"]["verdict"]["reason"], expected, "{person} {request}");
    }
}

#[test]
fn a_token_is_believed_only_with_a_key_and_never_shown() {
    let (instance, other) = (Instance::new(), Instance::new());
    let folder = shop();
    let key = folder.0.path().join("key.pem");
    fs::write(&key, instance.key().public_pem()).expect("a key");
    let key = key.to_str().expect("a path");
    let token = instance.token(Reader);
    let asked = ["--token", "-", "--request", "GET /admin/a"];

    let ran = folder.run("explain", &asked, &token);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.out.contains("THE SIGNATURE IS NOT VERIFIED"), "{}", ran.out);
    assert!(ran.out.contains("role org:admin, has org:member"), "{}", ran.out);
    assert!(!ran.out.contains(&token[..20]), "{}", ran.out);

    let with_key = [&asked[..], &["--jwt-key-file", key]].concat();
    let ran = folder.run("explain", &with_key, &token);
    assert!(!ran.out.contains("NOT VERIFIED"), "{}", ran.out);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let forged = folder.run("explain", &with_key, &other.token(Reader));
    assert_eq!(forged.code, Some(1), "{forged:?}");
    assert!(forged.out.is_empty(), "{forged:?}");
    let unreadable = folder.run("explain", &asked, "no token");
    assert_eq!(unreadable.code, Some(1), "{unreadable:?}");
    assert!(!unreadable.error.contains("no token"), "{unreadable:?}");
}

#[test]
fn wrong_usage_and_bad_policies_are_told_apart() {
    let folder = shop();
    for arguments in [
        &[][..],
        &["--request", "GET"],
        &["--request", "GET /a", "--action", "x"],
        &["--request", "GET /a", "--as", "stranger"],
        &["--request", "GET /a", "--as", "reader", "--token", "x"],
        &["--request", "GET /a", "--header", "broken"],
        &["--request", "GET /a", "--resource", "{}"],
        &["--action", "invoice.refund", "--resource", "[]"],
        &["--line", "/nowhere"],
    ] {
        assert_eq!(folder.run("explain", arguments, "").code, Some(2), "{arguments:?}");
    }
    let bad = Folder::with("version: 2");
    assert_eq!(bad.run("explain", &["--request", "GET /a"], "").code, Some(1));
    assert_eq!(bad.run("replay", &[], "").code, Some(1));
    assert_eq!(folder.run("replay", &["/nowhere"], "").code, Some(2));
}

/// A sidecar that serves the shop and logs what replaying needs.
async fn talkative(instance: &Instance) -> Sidecar {
    let directory = TempDir::new().expect("a folder");
    let mut settings = settings(directory.path(), &[("main", instance)]);
    settings["log"]["replayable"] = true.into();
    settings["explain"] = true.into();
    Sidecar::start_in(directory, SHOP, &settings).await
}

const CASES: [(Option<Person>, &str, &str); 14] = [
    (None, "GET", "/docs/a"),
    (None, "GET", "/"),
    (None, "GET", "/dashboard?token=s3cret"),
    (None, "GET", "/nowhere"),
    (None, "GET", "/docs/../admin"),
    (Some(Loner), "GET", "/dashboard/caf%C3%A9"),
    (Some(Loner), "GET", "/team/a"),
    (Some(Reader), "GET", "/admin/a"),
    (Some(Reader), "GET", "/reports/a"),
    (Some(Reader), "GET", "/danger/a"),
    (Some(Reader), "HEAD", "/orgs/acme/invoices/7"),
    (Some(Reader), "PUT", "/orgs/acme/invoices/7"),
    (Some(Reader), "POST", "/orgs/acme/invoices/7"),
    (Some(Boss), "PUT", "/orgs/acme/invoices/7"),
];

/// Everything that a sidecar logged about some questions.
async fn log_of_cases() -> String {
    let instance = Instance::new();
    let sidecar = talkative(&instance).await;
    let mut client = authorization_client(channel(sidecar.grpc()).await);
    for (person, method, target) in CASES {
        let bearer = person.map(|person| format!("Bearer {}", instance.token(person)));
        let mut asked = Asked { method, ..Asked::get(target) };
        asked.headers.extend(bearer.as_deref().map(|value| ("authorization", value)));
        asked.of(&sidecar).await;
        let page = asked.header("sec-fetch-dest", "document");
        page.of(&sidecar).await;
    }
    let named = Action { name: "invoice.refund".into(), ..Action::default() };
    let question =
        AuthorizeRequest { question: Some(Question::Action(named)), ..AuthorizeRequest::default() };
    client.authorize(with_token(question, Some(&instance.token(Boss)))).await.expect("an answer");
    sidecar.logged(|line| line["action"] == "invoice.refund").await;
    sidecar.log()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_replayed_against_its_own_policy_changes_nothing_and_against_another_what_differs() {
    let log = log_of_cases().await;
    assert!(!log.contains("s3cret") && !log.contains("eyJ"), "no query and no token: {log}");

    let same = Folder::with(SHOP).run("replay", &["--format", "json", "--fail-on-change"], &log);
    assert_eq!(same.code, Some(0), "{same:?}");
    let report = same.json();
    assert_eq!(report["decisions"], 2 * CASES.len() + 1, "{report}");
    assert_eq!(report["same"], report["decisions"], "{report}");
    assert_eq!(report["malformed"], 0, "{report}");
    assert!(report["others"].as_u64().is_some_and(|others| others > 0), "{report}");

    let stricter = SHOP
        .replace("/dashboard/{**}: signed_in", "/dashboard/{**}: { organization: required }")
        .replace("invoice.refund: { permission: org:invoices:manage }", "invoice.refund: denied")
        .replace("/docs/{**}: public", "/docs/{**}: signed_in");
    let folder = Folder::with(&stricter);
    let changed = folder.run("replay", &["-", "--fail-on-change", "--format", "json"], &log);
    assert_eq!(changed.code, Some(1), "{changed:?}");
    let report = changed.json();
    let mut told: Vec<(&str, &str, &str, u64)> = report["changes"]
        .as_array()
        .expect("changes")
        .iter()
        .map(|change| {
            let text = |name: &str| change[name].as_str().expect("text");
            let count = change["count"].as_u64().expect("a count");
            (text("from"), text("to"), text("rule_after"), count)
        })
        .collect();
    told.sort_unstable();
    // The loner's call and page load, and the action.
    let expected = [
        ("allow", "deny", "/dashboard/{**}", 1),
        ("allow", "deny", "action invoice.refund", 1),
        ("allow", "redirect", "/dashboard/{**}", 1),
    ];
    assert_eq!(told, expected);
    // Nobody was asked who they are under `/docs`.
    assert_eq!(report["unknown"][0]["why"], "nobody_asked", "{report}");
    assert_eq!(report["cannot_tell"], 2, "{report}");
    let text = folder.run("replay", &[], &log);
    assert_eq!(text.code, Some(0), "changes are no failure unless that is wanted");
    assert!(text.out.contains("would change"), "{}", text.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_of_a_log_is_explained_by_any_policy() {
    let log = log_of_cases().await;
    let line = |wanted: &str| {
        let found = log.lines().find(|line| line.contains(wanted));
        found.unwrap_or_else(|| panic!("{wanted} in {log}")).to_owned()
    };
    let folder = shop();
    let asked = ["--line", "-", "--format", "json"];
    let ran = folder.run("explain", &asked, &line("/reports/a"));
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let json = ran.json();
    assert_eq!(json["identity"]["source"], "log");
    assert_eq!(json["explanation"]["caller"]["user"], Reader.id());
    assert_eq!(json["explanation"]["verdict"]["reason"], "plan");
    let other = folder.run("explain", &["--line", "-"], &line("ready"));
    assert_eq!(other.code, Some(1), "{other:?}");
    assert_eq!(folder.run("explain", &["--line", "-"], "{").code, Some(1));
}

fn explained(person: Person, method: &str, path: &str) -> (Person, AuthorizeRequest) {
    let request = AuthorizeRequest {
        question: Some(Question::Http(HttpRequest {
            method: method.into(),
            scheme: "http".into(),
            host: HOST.into(),
            path: path.into(),
            headers: Vec::new(),
        })),
        explain: true,
        ..AuthorizeRequest::default()
    };
    (person, request)
}

async fn ask(
    sidecar: &Sidecar,
    instance: &Instance,
    asked: (Person, AuthorizeRequest),
) -> AuthorizeResponse {
    let (person, request) = asked;
    let mut client = authorization_client(channel(sidecar.grpc()).await);
    let token = instance.token(person);
    let answer = client.authorize(with_token(request.clone(), Some(&token))).await;
    let answer = answer.expect("an answer").into_inner();
    let batch = BatchAuthorizeRequest { requests: vec![request] };
    let batch = client.batch_authorize(with_token(batch, Some(&token))).await;
    let mut batch = batch.expect("answers").into_inner().responses;
    assert_eq!(
        batch.pop().map(|one| (one.explanation, one.explanation_status)),
        Some((answer.explanation.clone(), answer.explanation_status)),
        "one by one and together"
    );
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_gets_an_explanation_where_the_settings_allow_it() {
    let instance = Instance::new();
    let sidecar = talkative(&instance).await;
    let path = "/orgs/acme/invoices/7?token=s3cret";
    let answer = ask(&sidecar, &instance, explained(Reader, "PUT", path)).await;
    assert_eq!(answer.explanation_status(), ExplanationStatus::Given);
    assert_eq!(answer.decision.expect("a decision").reason, "permission");
    let explanation = answer.explanation.expect("an explanation");
    assert!(!format!("{explanation:?}").contains("s3cret"));
    let route = explanation.route.expect("a route");
    assert_eq!(route.candidates[0].outcome(), CandidateOutcome::Chosen);
    let entry = &explanation.entries[0];
    assert_eq!(entry.part(), EntryPart::Rule);
    assert_eq!(entry.id, "PUT, PATCH /orgs/{org}/invoices/{id}");
    assert_eq!((entry.outcome(), &*entry.reason), (RequirementOutcome::Fails, "permission"));
    let requirement = entry.requirement.as_ref().expect("a requirement");
    assert_eq!(requirement.asked, "org:invoices:manage");
    assert_eq!(requirement.has, ["org:invoices:read"]);

    let (person, mut silent) = explained(Reader, "GET", "/dashboard/a");
    silent.explain = false;
    let answer = ask(&sidecar, &instance, (person, silent)).await;
    assert_eq!(answer.explanation, None);
    assert_eq!(answer.explanation_status(), ExplanationStatus::Unspecified);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_answer_comes_without_an_explanation_where_they_do_not() {
    let instance = Instance::new();
    let sidecar = Sidecar::start(&instance, SHOP).await;
    let answer = ask(&sidecar, &instance, explained(Reader, "GET", "/admin/a")).await;
    assert_eq!(answer.explanation, None);
    assert_eq!(answer.explanation_status(), ExplanationStatus::SwitchedOff);
    assert_eq!(answer.decision.expect("a decision").reason, "role");
    let line = sidecar.logged(|line| line["reason"] == "role").await;
    for absent in ["path", "identity", "at_ms"] {
        assert!(line.get(absent).is_none(), "{line}");
    }
}
