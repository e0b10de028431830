//! A small world to ask conditions about.

use crate::{
    core::{
        clock::Timestamp,
        entitlement::Entitlements,
        header::{Header, Headers, Repeats},
        http_request::{HttpRequest, Scheme},
        id::{InstanceName, OrganizationId, UserId},
        identity::{Actor, Caller, SignedClaims, User},
        machine::{Machine, MachineKind},
        path::CanonicalPath,
        peer::{Peer, PeerNames},
        question::{JsonObject, Resource},
    },
    policy::{
        condition::{Condition, ConditionError, ConditionFault, ConditionProblem, Scope},
        facts::{Facts, Parameters},
        template::Template,
        tests::people::{member, somebody},
    },
};
use serde_json::{Value, json};

/// Everything that exists anywhere, at once.
pub(super) const EVERYWHERE: Scope<'static> =
    Scope { request: true, parameters: &["org", "id"], resource: true };

/// Thursday, 2026-01-01, 12:34:56 UTC.
pub(super) const NOW: i64 = 1_767_270_896;

/// What a condition is asked about.
#[derive(Clone)]
pub(super) struct World {
    pub(super) user: User,
    pub(super) machine: Option<Machine>,
    pub(super) method: &'static str,
    pub(super) authority: &'static str,
    pub(super) target: &'static str,
    pub(super) headers: Vec<(&'static str, &'static [u8])>,
    pub(super) peer: Option<&'static str>,
    pub(super) names: Option<PeerNames>,
    pub(super) principal: Option<&'static str>,
    pub(super) attributes: JsonObject,
    pub(super) context: JsonObject,
    pub(super) kind: &'static str,
    pub(super) id: &'static str,
}

impl World {
    /// A member of `acme` who gets an invoice.
    pub(super) fn new() -> Self {
        let mut user = member("org:admin", &["org:invoices:read", "org:invoices:manage"]);
        user.features = Entitlements::parse("o:reports,u:beta,x:odd").unwrap();
        user.plans = Entitlements::parse("o:pro").unwrap();
        user.claims = SignedClaims::new(
            r#"{"sub":"user_1","level":3,"tags":["a","b"],"deep":{"er":true},"none":null}"#,
        );
        Self {
            user,
            machine: None,
            method: "GET",
            authority: "Shop.test:8443",
            target: "/orgs/acme/invoices/7?page=2&q=a%20b+c&twice=1&twice=2&empty=",
            headers: vec![
                ("accept", b"text/html"),
                ("x-team", b"blue"),
                ("x-twice", b"1"),
                ("x-twice", b"2"),
                ("x-binary", b"\xff"),
            ],
            peer: Some("10.1.2.3"),
            names: Some(PeerNames::new([
                "gateway.shop.test".into(),
                "spiffe://shop.test/gateway".into(),
            ])),
            principal: Some("spiffe://shop.test/web"),
            attributes: object(json!({
                "amount": 5,
                "owner": "user_1",
                "tags": ["a", 1, true],
                "nested": { "list": [1, 2, 3], "flag": true },
                "nothing": null,
                "type": "never seen",
            })),
            context: object(json!({ "reason": "refund", "other": null })),
            kind: "invoice",
            id: "in_1",
        }
    }

    /// Somebody without an organization.
    pub(super) fn alone() -> Self {
        Self { user: somebody(), ..Self::new() }
    }

    /// An API key of a user.
    pub(super) fn machine() -> Self {
        let machine = Machine {
            instance: InstanceName::new("shop"),
            kind: MachineKind::ApiKey,
            id: "ak_1".into(),
            subject: "org_1".into(),
            user: None,
            organization: Some(OrganizationId::new("org_1")),
            client: None,
            name: Some("nightly".into()),
            scopes: ["events:write".into(), "events:read".into()].into(),
            actor: None,
            claims: SignedClaims::new(r#"{"region":"eu"}"#),
            as_of: None,
            expires_at: None,
        };
        Self { machine: Some(machine), ..Self::new() }
    }

    pub(super) fn impersonated(subject: Option<&str>) -> Self {
        let mut world = Self::new();
        world.user.actor = Some(Actor { subject: subject.map(UserId::new), claims: "{}".into() });
        world
    }

    pub(super) fn with(attribute: &str, value: Value) -> Self {
        let mut world = Self::new();
        world.attributes.insert(attribute.to_owned(), value);
        world
    }

    /// Hands everything there is to `ask`.
    pub(super) fn facts<T>(&self, ask: impl FnOnce(&Facts<'_>) -> T) -> T {
        let lines = self.headers.iter().map(|&(name, value)| Header { name, value }).collect();
        let request = HttpRequest {
            method: self.method,
            scheme: Scheme::Https,
            authority: self.authority,
            target: self.target,
            headers: Headers::new(lines, Repeats::Separate),
            peer: self.peer.map(|peer| peer.parse().unwrap()),
        };
        let path = CanonicalPath::parse(request.path()).unwrap();
        let template = Template::parse("/orgs/{org}/invoices/{id}").unwrap();
        let resource =
            Resource { kind: self.kind, id: self.id, attributes: self.attributes.clone() };
        let caller = self.machine.as_ref().map_or(Caller::User(&self.user), Caller::Machine);
        ask(&Facts {
            caller,
            request: Some(&request),
            path: Some(&path),
            parameters: Parameters::of(&template, &path),
            resource: Some(&resource),
            context: Some(&self.context),
            peer: Peer { names: self.names.as_ref(), principal: self.principal },
            now: Timestamp::from_unix_seconds(NOW),
        })
    }

    /// Whether a condition holds.
    pub(super) fn ask(&self, text: &str) -> Result<bool, ConditionError> {
        let condition = compile(text).unwrap_or_else(|problems| panic!("{text}: {problems:?}"));
        self.facts(|facts| condition.holds(facts))
    }

    pub(super) fn fault(&self, text: &str) -> ConditionFault {
        match self.ask(text) {
            Ok(holds) => panic!("{text}: {holds}"),
            Err(error) => error.fault(),
        }
    }
}

pub(super) fn object(value: Value) -> JsonObject {
    let Value::Object(object) = value else { panic!("{value} is no object") };
    object
}

pub(super) fn compile(text: &str) -> Result<Condition, Vec<ConditionProblem>> {
    Condition::compile(text, &EVERYWHERE)
}

/// Asks each condition of a world; `true` is what it should say.
pub(super) fn all(world: &World, expected: bool, conditions: &[&str]) {
    for text in conditions {
        assert_eq!(world.ask(text), Ok(expected), "{text}");
    }
}
