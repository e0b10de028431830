//! Conditions: one that is refused is refused when it is loaded; one that loads never holds together
//! with its opposite, whatever is asked.

use super::{Corpus, search};
use crate::support::{
    house::House,
    stack::SHOP,
    tokens::{
        Instance,
        Person::{Boss, Loner},
    },
};
use bailiff::{
    core::{decision::Effect, header::Repeats, reason::Reason},
    policy::{Policy, Source},
};
use serde_json::json;

const WORDS: &[&str] = &[
    "true",
    "false",
    "null",
    "!",
    "&&",
    "||",
    "==",
    "!=",
    "<",
    ">=",
    "in",
    "[",
    "]",
    "(",
    ")",
    "?",
    ":",
    "+",
    "-",
    "*",
    "/",
    "%",
    "0",
    "1",
    "-9223372036854775808",
    "9223372036854775807",
    "1.5",
    "1u",
    "\"a\"",
    "'a'",
    "size(",
    ".startsWith(",
    ".matches(",
    ".contains(",
    "request.path",
    "request.method",
    "request.headers",
    "request.query",
    "params.id",
    "identity.user.id",
    "now",
    "identity.organization.slug",
    "has(",
    ".exists(x, ",
    ".all(x, ",
    "\\x00",
    "\u{e9}",
];

#[test]
fn a_condition_and_its_opposite_never_hold_together() {
    let instance = Instance::new();
    let house = House::of(&instance, SHOP);
    let bearers = [Boss, Loner].map(|person| format!("Bearer {}", instance.token(person)));
    search!(Corpus::of("condition", WORDS), |input: &[u8]| {
        let Ok(text) = std::str::from_utf8(input) else { return };
        let (Some(plain), Some(opposite)) = (policy(text), policy(&format!("!({text})"))) else {
            return;
        };
        let mut allowed = Vec::new();
        for policy in [plain, opposite] {
            house.govern(policy);
            for target in ["/orgs/acme?a=b", "/orgs/%C3%A9", "/orgs/7"] {
                for bearer in &bearers {
                    let lines = [("authorization", bearer.as_bytes()), ("x-tenant", b"acme")];
                    let outcome = house.ask("GET", target, &lines, Repeats::Separate);
                    let decision = &outcome.decision;
                    allowed.push(match decision.effect {
                        Effect::Allow(_) => true,
                        Effect::Deny(_) | Effect::Redirect(_) => {
                            let because = matches!(
                                decision.reason,
                                Reason::Condition | Reason::ConditionError
                            );
                            assert!(because, "{text}: {}", decision.reason.code());
                            false
                        }
                    });
                }
            }
        }
        let (plain, opposite) = allowed.split_at(allowed.len() / 2);
        let both = plain.iter().zip(opposite).any(|(one, other)| *one && *other);
        assert!(!both, "{text}");
    });
}

fn policy(condition: &str) -> Option<Policy> {
    let route = json!({ "version": 1, "routes": { "/orgs/{id}": { "if": condition } } });
    Policy::load(Source::new("policy.yaml", &route.to_string())).ok()
}
