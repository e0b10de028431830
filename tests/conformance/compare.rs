//! The rules of comparison, to the letter of `conformance/README.md`.

use crate::{
    case::Case,
    outcome::{Outcome, Said},
    run::Decided,
};
use bailiff::{
    clerk::{
        Fingerprint,
        request::{
            Authentication, ReturnTo, SignInRequest, SignedIn, sign_in_address, sign_up_address,
        },
    },
    core::{
        entitlement::EntitlementKey,
        id::{OrganizationId, OrganizationSlug, UserId},
        identity::User,
        machine::{Machine, MachineKind},
        organization::{PermissionKey, RoleKey},
        reverification::{Level, Preset, Reverification},
    },
};
use serde_json::{Map, Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};
use url::Url;

/// What differs, one entry a rule.
pub(crate) type Differences = Vec<String>;

/// Compares a decision with the record, property by property.
pub(crate) fn compare(case: &Case, decided: &Decided) -> Differences {
    let expect = &case.expect;
    let outcome = Outcome::of(&decided.authentication);
    let mut differences = Differences::new();
    let mut check = |what: &str, found: Value| {
        let expected = expect.get(what).cloned().unwrap_or(Value::Null);
        if without_nulls(&expected) != without_nulls(&found) {
            differences.push(format!("{what}: expected {expected}, found {found}"));
        }
    };
    check("status", outcome.status.into());
    let said = Said::of(case, &outcome);
    check("reason", said.reason.clone().into());
    check("tokenType", said.token_type.into());
    check("isAuthenticated", (outcome.status == "signed-in").into());
    let session = outcome.session.map(|session| *session.token.fingerprint());
    // A machine's credential is always the one that was sent.
    let machine = outcome.machine.and(case.header_token()).map(Fingerprint::of);
    check("tokenSha256", session.or(machine).map(|token| hex(token.as_bytes())).into());
    check("auth", auth(&outcome, &said));
    if outcome.pending {
        check("authIfPendingAllowed", outcome.session.map_or(Value::Null, full_auth));
    }
    check("clerkUrl", decided.address.as_ref().map(|address| address.url().as_str()).into());
    if let Some(asked) = case.ask["has"].as_array() {
        let user = match &decided.authentication {
            Authentication::SignedIn(session) => Some(&**session.user()),
            Authentication::Pending(_)
            | Authentication::Machine(_)
            | Authentication::SignedOut(_)
            | Authentication::Redirect(_) => None,
        };
        check("has", asked.iter().map(|asked| has(user, asked)).collect());
    }
    compare_headers(&expect["headers"], &decided.authentication, &said, &mut differences);
    compare_calls(case, decided, &mut differences);
    compare_redirects(case, decided, outcome.pending, &mut differences);
    differences
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(members) => members
            .iter()
            .filter(|(_, member)| !member.is_null())
            .map(|(name, member)| (name.clone(), without_nulls(member)))
            .collect::<Map<_, _>>()
            .into(),
        Value::Array(items) => items.iter().map(without_nulls).collect(),
        // 4000000000.0 and 4000000000 are one JSON number.
        Value::Number(number) => number.as_f64().map_or(Value::Null, Value::from),
        Value::Null | Value::Bool(_) | Value::String(_) => value.clone(),
    }
}

/// The auth object that the decision amounts to.
fn auth(outcome: &Outcome<'_>, said: &Said) -> Value {
    if let Some(machine) = outcome.machine {
        return machine_auth(machine);
    }
    match (outcome.status, outcome.session) {
        ("handshake", _) => Value::Null,
        (_, Some(session)) if outcome.pending => json!({
            "tokenType": "session_token",
            "sessionStatus": claims(session.user())["sts"],
            "isAuthenticated": false,
        }),
        (_, Some(session)) => full_auth(session),
        (_, None) => json!({"tokenType": said.token_type, "isAuthenticated": false}),
    }
}

fn machine_auth(machine: &Machine) -> Value {
    let kind = machine.kind;
    let is = |other: MachineKind| kind == other;
    let subject = &machine.subject;
    json!({
        "tokenType": kind.as_str(),
        "isAuthenticated": true,
        "id": machine.id,
        "subject": subject,
        "scopes": machine.scopes,
        "name": machine.name,
        "claims": (!is(MachineKind::OauthToken)).then(|| custom_claims(machine)),
        "userId": machine.user.as_ref().map(UserId::as_str),
        "orgId": machine.organization.as_ref().map(OrganizationId::as_str),
        "machineId": is(MachineKind::M2mToken).then_some(subject),
        "clientId": is(MachineKind::OauthToken).then(|| machine.client.as_deref().unwrap_or_default()),
    })
}

/// The claims but the registered ones; null where none is left.
fn custom_claims(machine: &Machine) -> Value {
    let mut claims: Map<String, Value> =
        serde_json::from_str(machine.claims.as_json()).unwrap_or_default();
    claims.retain(|name, _| !["iss", "sub", "exp", "nbf", "iat", "jti"].contains(&name.as_str()));
    if claims.is_empty() { Value::Null } else { claims.into() }
}

fn claims(user: &User) -> Value {
    serde_json::from_str(user.claims.as_json()).unwrap_or_default()
}

fn full_auth(session: &SignedIn) -> Value {
    let user = session.user();
    let claims = claims(user);
    let organization = user.organization.as_ref();
    // What Bailiff knows as ages is compared; what it knows as malformed is passed on by the package.
    let ages = user.factor_ages.map_or_else(
        || claims["fva"].clone(),
        |ages| json!([ages.first.unwrap_or(-1.0), ages.second.unwrap_or(-1.0)]),
    );
    json!({
        "tokenType": "session_token",
        "isAuthenticated": true,
        "userId": user.id.as_str(),
        "sessionId": user.session.as_str(),
        "orgId": organization.map(|organization| organization.id.as_str()),
        "orgSlug": organization.and_then(|o| o.slug.as_ref()).map(OrganizationSlug::as_str),
        "orgRole": organization.and_then(|o| o.role.as_deref()),
        "orgPermissions": organization.and_then(|o| o.permissions.as_deref()),
        "actor": user.actor.as_ref().map(|a| serde_json::from_str::<Value>(&a.claims).unwrap_or_default()),
        "sessionStatus": claims["sts"],
        "factorVerificationAge": ages,
        "sessionClaims": claims,
    })
}

/// `has()` for one set of conditions.
fn has(user: Option<&User>, asked: &Value) -> bool {
    let (Some(user), Some(asked)) = (user, asked.as_object()) else { return false };
    let organization = user.organization.as_ref();
    let holds = |(name, wanted): (&String, &Value)| match (name.as_str(), wanted.as_str()) {
        ("role", Some(role)) => organization.is_some_and(|o| o.has_role(&RoleKey::new(role))),
        ("permission", Some(permission)) => {
            organization.is_some_and(|o| o.has_permission(&PermissionKey::new(permission)))
        }
        ("feature", Some(name)) => {
            EntitlementKey::parse(name).is_ok_and(|name| user.features.has(&name))
        }
        ("plan", Some(name)) => EntitlementKey::parse(name).is_ok_and(|name| user.plans.has(&name)),
        ("reverification", _) => {
            reverification(wanted).is_some_and(|asked| asked.holds(user.factor_ages))
        }
        _ => false,
    };
    !asked.is_empty() && asked.iter().all(holds)
}

fn reverification(asked: &Value) -> Option<Reverification> {
    match asked.as_str() {
        Some(name) => Preset::from_name(name).map(Reverification::Preset),
        None => Some(Reverification::Window {
            level: Level::from_name(asked["level"].as_str()?)?,
            after_minutes: u32::try_from(asked["afterMinutes"].as_u64()?).ok()?.try_into().ok()?,
        }),
    }
}

fn compare_headers(
    expected: &Value,
    found: &Authentication,
    said: &Said,
    differences: &mut Differences,
) {
    let mut headers: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (name, value) in found.headers() {
        headers.entry(name).or_default().push(value.into_owned());
    }
    if let (Some(reason), Some(lines)) = (&said.reason, headers.get_mut("x-clerk-auth-reason")) {
        *lines = vec![reason.clone()];
    }
    let empty = Map::new();
    let expected: BTreeMap<&str, &Value> = expected
        .as_object()
        .unwrap_or(&empty)
        .iter()
        .map(|(name, value)| (name.as_str(), value))
        .filter(|(name, _)| *name != "x-clerk-auth-message")
        .collect();
    let names: BTreeSet<&str> = expected.keys().chain(headers.keys()).copied().collect();
    for name in names {
        let same = match (expected.get(name), headers.get(name)) {
            (Some(lines), Some(found)) if name == "set-cookie" => {
                let lines = lines.as_array().cloned().unwrap_or_default();
                lines.len() == found.len()
                    && lines.iter().zip(found).all(|(line, found)| {
                        cookie(line.as_str().unwrap_or_default()) == cookie(found)
                    })
            }
            (Some(value), Some(found)) if name == "location" => {
                let value = value.as_str().unwrap_or_default();
                found.len() == 1 && same_location(value, &found[0])
            }
            (Some(value), Some(found)) => {
                found.len() == 1 && value.as_str() == Some(found[0].as_str())
            }
            _ => false,
        };
        if !same {
            differences.push(format!(
                "header {name}: expected {:?}, found {:?}",
                expected.get(name),
                headers.get(name)
            ));
        }
    }
}

/// Name and value as they are, attributes as a set.
fn cookie(line: &str) -> (&str, BTreeSet<String>) {
    let mut parts = line.split(';');
    let pair = parts.next().unwrap_or_default();
    let attributes = parts.map(|attribute| {
        let attribute = attribute.trim();
        match attribute.split_once('=') {
            Some((name, value)) => format!("{}={value}", name.to_ascii_lowercase()),
            None => attribute.to_ascii_lowercase(),
        }
    });
    (pair, attributes.collect())
}

/// Whether two addresses lead to the same place; the order of parameters does not matter.
fn same_location(expected: &str, found: &str) -> bool {
    let (Ok(expected), Ok(found)) = (Url::parse(expected), Url::parse(found)) else {
        return false;
    };
    let pairs = |url: &Url| {
        let mut pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
        pairs.sort();
        pairs
    };
    let (left, right) = (pairs(&expected), pairs(&found));
    let same = |((name, value), (other, found)): (&(String, String), &(String, String))| {
        let address = matches!(name.as_str(), "redirect_url" | "__clerk_redirect_url");
        name == other && (value == found || (address && same_address(value, found)))
    };
    same_place(&expected, &found) && left.len() == right.len() && left.iter().zip(&right).all(same)
}

/// Whether two return addresses are the same; here the order of parameters counts.
fn same_address(expected: &str, found: &str) -> bool {
    let (Ok(expected), Ok(found)) = (Url::parse(expected), Url::parse(found)) else {
        return false;
    };
    same_place(&expected, &found) && expected.query_pairs().eq(found.query_pairs())
}

fn same_place(expected: &Url, found: &Url) -> bool {
    expected.origin() == found.origin()
        && expected.path() == found.path()
        && expected.fragment() == found.fragment()
}

fn compare_calls(case: &Case, decided: &Decided, differences: &mut Differences) {
    let counts = |call: &&Value| {
        let path = call["path"].as_str().unwrap_or_default();
        !path.split('?').next().unwrap_or_default().ends_with("/jwks")
    };
    let empty = Vec::new();
    let expected = case.expect["upstreamCalls"].as_array().unwrap_or(&empty);
    let expected: Vec<&Value> = expected.iter().filter(counts).collect();
    let found: Vec<&Value> = decided.calls.iter().filter(counts).collect();
    let same = expected.len() == found.len()
        && expected.iter().zip(&found).all(|(expected, found)| same_call(case, expected, found));
    if !same {
        differences.push(format!("upstreamCalls: expected {expected:?}, found {found:?}"));
    }
}

fn same_call(case: &Case, expected: &Value, found: &Value) -> bool {
    let same = |name: &str| expected.get(name).unwrap_or(&Value::Null) == &found[name];
    let path = |call: &Value| {
        let base = Url::parse("https://api.test").ok()?;
        let url = base.join(call["path"].as_str()?).ok()?;
        let query: Vec<(String, String)> = url.query_pairs().into_owned().collect();
        Some((url.path().to_owned(), query))
    };
    let mut body = expected.get("body").cloned().unwrap_or(Value::Null);
    if body["request_headers"] == "=request.headers" {
        let headers = case.headers.iter().map(|(name, value)| (name.clone(), json!([value])));
        body["request_headers"] = headers.collect::<Map<_, _>>().into();
    }
    same("method")
        && path(expected) == path(found)
        && same("authorization")
        && same("apiVersion")
        && body == found["body"]
}

fn compare_redirects(case: &Case, decided: &Decided, pending: bool, differences: &mut Differences) {
    let (Some(asked), Some(address)) = (case.ask.get("redirect"), &decided.address) else {
        return;
    };
    let return_to = match asked.get("returnBackUrl") {
        None => ReturnTo::Request,
        Some(Value::String(address)) => ReturnTo::Address(address),
        Some(_) => ReturnTo::Nowhere,
    };
    let request = SignInRequest {
        page: None,
        address,
        return_to,
        dev_browser: asked["devBrowserToken"].as_str().filter(|token| !token.is_empty()),
        pending,
    };
    for (name, found) in [
        ("redirectToSignIn", sign_in_address(&decided.instance, &request)),
        ("redirectToSignUp", sign_up_address(&decided.instance, &request)),
    ] {
        let expected = case.expect["redirect"][name].as_str().unwrap_or_default();
        let found = found.map(|location| location.as_str().to_owned()).unwrap_or_default();
        if !same_location(expected, &found) {
            differences.push(format!("{name}: expected {expected}, found {found}"));
        }
    }
}
