use super::Coverage;
use crate::{
    core::{
        clock::Timestamp,
        credential::CredentialKind,
        header::{Header, Headers, Repeats},
        http_request::{HttpRequest, Scheme},
        id::InstanceName,
        identity::{Caller, SignedClaims, User},
        machine::{Machine, MachineKind},
        peer::Peer,
        question::{Action, Also, CredentialSource, JsonObject, Question, Wanted},
    },
    policy::{
        Policy, Source,
        tests::people::{member, somebody, verified},
    },
};

/// A policy, and what its cases have reached so far.
struct Played {
    policy: Policy,
    coverage: Coverage,
}

impl Played {
    fn new(text: &str) -> Self {
        let policy = Policy::load(Source::new("policy.yaml", &format!("version: 1\n{text}")));
        let policy = policy.unwrap();
        Self { coverage: Coverage::of(&policy), policy }
    }

    fn record(mut self, wanted: &Wanted<'_>, caller: Option<Caller<'_>>) -> Self {
        let question = Question {
            credential: CredentialSource::Request,
            instance: None,
            wanted: wanted.clone(),
            also: Also::default(),
            peer: Peer::UNKNOWN,
        };
        self.coverage.record(&self.policy, &question, caller, Timestamp::from_unix_seconds(0));
        self
    }

    fn ask(self, line: &str, user: Option<&User>) -> Self {
        self.record(&request(line, &[]), user.map(Caller::User))
    }

    fn act(self, name: &str, user: Option<&User>) -> Self {
        let action = Action { name, resource: None, context: JsonObject::new() };
        self.record(&Wanted::Action(action), user.map(Caller::User))
    }

    /// What no case has shown: rule and words.
    fn missing(&self) -> Vec<String> {
        let missing = self.coverage.uncovered();
        missing.map(|item| format!("{}: {}", item.rule(), item.what())).collect()
    }
}

fn request<'a>(line: &'a str, headers: &[(&'static str, &'static str)]) -> Wanted<'a> {
    let (method, target) = line.split_once(' ').unwrap();
    let lines =
        headers.iter().map(|&(name, value)| Header { name, value: value.as_bytes() }).collect();
    Wanted::Http(HttpRequest {
        method,
        scheme: Scheme::Https,
        authority: "app.test",
        target,
        headers: Headers::new(lines, Repeats::Separate),
        peer: None,
    })
}

fn key(scopes: &[&str]) -> Machine {
    Machine {
        instance: InstanceName::new("shop"),
        kind: MachineKind::ApiKey,
        id: "ak_1".into(),
        subject: "user_1".into(),
        user: None,
        organization: None,
        client: None,
        name: None,
        scopes: scopes.iter().map(|&scope| scope.into()).collect(),
        actor: None,
        claims: SignedClaims::new("{}"),
        as_of: None,
        expires_at: None,
    }
}

#[test]
fn a_policy_that_says_nothing_is_covered() {
    let played = Played::new("routes: {}");
    assert_eq!((played.coverage.items().len(), played.coverage.percent()), (0, 100));
}

#[test]
fn every_route_method_and_action_is_an_item_in_the_order_written() {
    let played = Played::new(
        "actions: { a: signed_in }\nunlisted: signed_in\n\
         routes:\n  /b: public\n  /c: { GET: public, \"PUT, POST\": denied }\n",
    );
    assert_eq!(
        played.missing(),
        [
            "action a: that it decides",
            "unlisted: that it decides",
            "/b: that it decides",
            "GET /c: that it decides about `GET`",
            "PUT, POST /c: that it decides about `PUT`",
            "PUT, POST /c: that it decides about `POST`",
        ]
    );
}

#[test]
fn a_request_reaches_the_rule_it_falls_under_whoever_sends_it() {
    let text =
        "unlisted: signed_in\nroutes:\n  /b: signed_in\n  /c: { GET: denied, PUT: public }\n";
    let played = Played::new(text).ask("GET /b", None).ask("HEAD /c", None);
    assert_eq!(
        played.missing(),
        ["unlisted: that it decides", "PUT /c: that it decides about `PUT`"]
    );
    let played = played.ask("PUT /c", None).ask("GET /nowhere", Some(&somebody()));
    assert_eq!(played.coverage.percent(), 100);
}

#[test]
fn what_falls_under_no_rule_reaches_nothing() {
    let played = Played::new("routes: { /b: { GET: signed_in } }\nactions: { a: signed_in }")
        .ask("PUT /b", None)
        .ask("GET /B", None)
        .ask("GET /b/../b", None)
        .act("b", None);
    assert_eq!(played.coverage.covered(), 0);
}

#[test]
fn percent_is_rounded_down_so_that_100_is_everything() {
    let routes: Vec<String> = (0..201).map(|number| format!("  /a{number}: public")).collect();
    let mut played = Played::new(&format!("routes:\n{}", routes.join("\n")));
    assert_eq!(played.coverage.percent(), 0);
    for number in 0..200 {
        played = played.ask(&format!("GET /a{number}"), None);
    }
    assert_eq!((played.coverage.covered(), played.coverage.percent()), (200, 99));
    assert_eq!(played.ask("GET /a200", None).coverage.percent(), 100);
}

#[test]
fn a_branch_counts_only_where_it_is_the_first_to_hold() {
    let any = "{ any: [ { role: admin }, { permission: org:b:c }, { not: { role: guest } } ] }";
    let played = Played::new(&format!("routes: {{ /b: {any} }}"));
    let both = member("org:admin", &["org:b:c"]);
    let played = played.ask("GET /b", Some(&both)).ask("GET /b", None);
    assert_eq!(
        played.missing(),
        [
            "/b: that branch 2 of `any` holds: the permission `org:b:c`",
            "/b: that branch 3 of `any` holds: the absence of the role `org:guest`",
        ]
    );
    let played = played.ask("GET /b", Some(&member("org:member", &["org:b:c"])));
    let played = played.ask("GET /b", Some(&member("org:member", &[])));
    assert_eq!(played.coverage.percent(), 100);
}

#[test]
fn branches_within_branches_are_told_apart() {
    let inner = "{ any: [ { role: admin }, { role: owner } ] }";
    let text = format!("routes: {{ /b: {{ all: [ {inner}, {{ not: {inner} }} ] }} }}");
    let played = Played::new(&text);
    assert_eq!(played.missing().len(), 5);
    let played = played.ask("GET /b", Some(&member("org:owner", &[])));
    // Both times it is the second branch, in the second case under `not`.
    assert_eq!(played.missing().len(), 2);
}

#[test]
fn a_guard_is_reached_once_it_is_put_to_somebody() {
    let text = "routes: { /b: signed_in, /c: signed_in }\n\
                guards: { g: { paths: [/c], require: { any: [ { role: admin }, { role: owner } ] } } }";
    let played = Played::new(text).ask("GET /c", None).ask("GET /b", Some(&somebody()));
    assert_eq!(played.missing().len(), 3, "{:?}", played.missing());
    let played = played.ask("GET /c", Some(&member("org:owner", &[])));
    assert_eq!(played.missing(), ["guard g: that branch 1 of `any` holds: the role `org:admin`"]);
}

#[test]
fn a_preflight_is_an_item_of_its_own() {
    let text = "routes: { /b: { preflight: allow, role: admin } }";
    let played = Played::new(text).ask("OPTIONS /b", None);
    assert_eq!(played.missing(), ["preflight /b: that it decides"]);
    let headers = [("origin", "https://a.test"), ("access-control-request-method", "PUT")];
    let played = played.record(&request("OPTIONS /b", &headers), None);
    assert_eq!(played.coverage.percent(), 100);
}

#[test]
fn what_is_in_shadow_mode_is_reached_like_anything_else() {
    let any = "any: [ { role: admin }, { role: owner } ]";
    let text = format!(
        "routes: {{ /b: {{ mode: shadow, {any} }} }}\n\
         guards: {{ g: {{ mode: shadow, require: {{ {any} }} }} }}"
    );
    let played = Played::new(&text).ask("GET /b", Some(&member("org:owner", &[])));
    assert_eq!(
        played.missing(),
        [
            "/b: that branch 1 of `any` holds: the role `org:admin`",
            "guard g: that branch 1 of `any` holds: the role `org:admin`",
        ]
    );
}

#[test]
fn a_machine_reaches_only_branches_that_let_it_in() {
    let text = "routes: { /b: { any: [ { not: { role: guest } }, \
                { credential: api_key, scope: events:write } ] } }";
    let machine = key(&["events:write"]);
    let caller = Caller::Machine(&machine);
    assert_eq!(caller.kind(), CredentialKind::ApiKey);
    let played = Played::new(text).record(&request("GET /b", &[]), Some(caller));
    assert_eq!(
        played.missing(),
        ["/b: that branch 1 of `any` holds: the absence of the role `org:guest`"]
    );
}

#[test]
fn an_action_is_reached_by_its_name() {
    let text = "actions: { a: { any: [ { reverification: lax }, { role: admin } ] } }";
    let played = Played::new(text).act("a", Some(&verified(somebody(), 1.0, -1.0)));
    assert_eq!(played.missing(), ["action a: that branch 2 of `any` holds: the role `org:admin`"]);
}

#[test]
fn an_item_knows_where_its_rule_is_written() {
    let text = "version: 1\nroutes:\n  /b: public\n  /c:\n    PUT: { role: admin }\n";
    let source = Source::new("policy.yaml", text);
    let coverage = Coverage::of(&Policy::load(&source).unwrap());
    let places: Vec<_> =
        coverage.items().iter().map(|item| item.position(&(&source).into())).collect();
    let places: Vec<_> = places.iter().map(|place| (place.line, place.column)).collect();
    assert_eq!(places, [(3, 3), (5, 5)]);
}

#[test]
fn a_condition_must_hold_and_not_hold() {
    let text = "routes:\n  /b/{c}: { role: admin, if: params.c == 'd' }";
    let (admin, member) = (member("org:admin", &[]), member("org:member", &[]));
    let played = Played::new(text);
    let (holds, fails) = (
        "/b/{c}: that the condition `params.c == 'd'` holds",
        "/b/{c}: that the condition `params.c == 'd'` does not hold",
    );
    // Whoever is refused for the role is not asked.
    let played = played.ask("GET /b/d", Some(&member)).ask("GET /b/e", None);
    assert_eq!(played.missing(), [holds, fails]);
    let played = played.ask("GET /b/d", Some(&admin));
    assert_eq!(played.missing(), [fails]);
    assert_eq!(played.ask("GET /b/e", Some(&admin)).coverage.percent(), 100);
}

#[test]
fn a_condition_that_cannot_be_worked_out_shows_nothing() {
    let text = "routes:\n  /b: { if: \"request.headers['x-a'] == 'c'\" }";
    let played = Played::new(text).ask("GET /b", Some(&somebody()));
    assert_eq!(played.missing().len(), 2);
    let caller = somebody();
    let asked = request("GET /b", &[("x-a", "d")]);
    let played = played.record(&asked, Some(Caller::User(&caller)));
    assert_eq!(played.missing(), ["/b: that the condition `request.headers['x-a'] == 'c'` holds"]);
}
