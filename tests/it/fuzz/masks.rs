//! Permission masks, against a reading that is as plain as it is slow.

use super::{Corpus, search};
use crate::support::{
    house::House,
    stack::SHOP,
    tokens::{Instance, Person::Boss},
};
use bailiff::core::decision::Effect;
use serde_json::json;

const WORDS: &[&str] = &[
    "o:",
    "u:",
    "ou:",
    "uo:",
    "x:",
    ",",
    ",,",
    " ",
    "a",
    "b",
    "read",
    "manage",
    "0",
    "1",
    "2",
    "3",
    "-1",
    "1.5",
    "0x1",
    "1e3",
    "9007199254740993",
    "18446744073709551616",
    "340282366920938463463374607431768211456",
    "\u{ff11}",
    "+1",
    "00",
];

#[test]
fn masks_grant_what_both_readings_of_them_grant() {
    let instance = Instance::new();
    let house = House::of(&instance, SHOP);
    search!(Corpus::of("masks", WORDS), |input: &[u8]| {
        let Ok(text) = std::str::from_utf8(input) else { return };
        let mut lines = text.split('\n');
        let mut line = || lines.next().unwrap_or_default();
        let (features, names, masks) = (line(), line(), line());
        let token = instance.token_with(Boss, |token| {
            token.claim("fea", features).claim(
                "o",
                json!({ "id": "org_2acme", "rol": "member", "per": names, "fpm": masks }),
            )
        });
        let outcome = house.ask_with("/dashboard", &format!("Bearer {token}"));
        if !matches!(outcome.decision.effect, Effect::Allow(_)) {
            // A feature without a scope, which no token has.
            assert!(elements(features).any(|feature| !feature.contains(':')), "{text:?}");
            return;
        }
        let user = outcome.identity.user().expect("somebody");
        let organization = user.organization.as_ref().expect("an organization");
        let granted: Vec<&str> =
            organization.permissions.iter().flatten().map(|permission| &**permission).collect();
        assert_eq!(granted, plainly(features, names, masks), "{text:?}");
    });
}

fn elements(list: &str) -> impl Iterator<Item = &str> {
    list.split(',').map(str::trim).filter(|_| !list.is_empty())
}

fn plainly(features: &str, names: &str, masks: &str) -> Vec<String> {
    let masks: Vec<&str> = elements(masks).collect();
    let bit = |place: usize, bit: usize| masks.get(place).is_some_and(|mask| holds(mask, bit));
    let mut granted = Vec::new();
    let mut among_organization = 0;
    for (among_all, feature) in elements(features).enumerate() {
        let (scope, slug) = feature.split_once(':').unwrap_or_default();
        if !matches!(scope, "o" | "ou" | "uo") {
            continue;
        }
        for (place, name) in elements(names).enumerate() {
            if bit(among_all, place) && bit(among_organization, place) {
                granted.push(format!("org:{slug}:{name}"));
            }
        }
        among_organization += 1;
    }
    granted
}

/// Whether bit `bit` of a decimal number is set: halved so often, is it odd?
fn holds(mask: &str, bit: usize) -> bool {
    if mask.is_empty() || !mask.bytes().all(|digit| digit.is_ascii_digit()) {
        return false;
    }
    let mut digits: Vec<u8> = mask.bytes().map(|digit| digit - b'0').collect();
    for _ in 0..bit {
        let mut rest = 0;
        for digit in &mut digits {
            let value = rest * 10 + *digit;
            (*digit, rest) = (value / 2, value % 2);
        }
    }
    digits.last().is_some_and(|digit| digit % 2 == 1)
}
