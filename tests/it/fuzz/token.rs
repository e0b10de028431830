//! Tokens as a whole: whatever is done to one without the key, it proves nothing.

use super::{Corpus, search};
use crate::support::{
    house::House,
    stack::SHOP,
    tokens::{
        Instance,
        Person::{Boss, Reader},
    },
};
use bailiff::{
    core::{decision::Effect, reason::Category},
    stand_in::tokens::{Signer, Token},
};

const WORDS: &[&str] = &[
    ".",
    "..",
    "=",
    "==",
    "eyJhbGciOiJub25lIn0",
    "eyJhbGciOiJSUzI1NiJ9",
    "-",
    "_",
    "+",
    "/",
    "A",
    "\n",
    " ",
    "%2e",
    "e30",
    "bnVsbA",
    "W10",
];

#[test]
fn no_changed_token_verifies() {
    let instance = Instance::new();
    let house = House::of(&instance, SHOP);
    let tokens = [Boss, Reader].map(|person| instance.token(person));
    let corpus = Corpus::of("token", WORDS)
        .and(tokens[0].clone().into_bytes())
        .and(tokens[1].clone().into_bytes());
    search!(corpus, |input: &[u8]| {
        let Ok(text) = std::str::from_utf8(input) else { return };
        // Twice: the second answer may come from what is remembered of the first.
        for _ in 0..2 {
            let outcome = house.ask_with("/dashboard", &format!("Bearer {text}"));
            let token = text.split(' ').next().unwrap_or_default();
            let genuine = tokens.iter().any(|known| known == token);
            let decision = &outcome.decision;
            match &decision.effect {
                Effect::Allow(_) => assert!(genuine, "{text}"),
                Effect::Deny(_) | Effect::Redirect(_) => {
                    assert!(!genuine, "{text}");
                    assert_eq!(decision.reason.category(), Category::Unauthenticated, "{text}");
                }
            }
        }
    });
}

/// The header is the attacker's to choose, and so is the key it is signed with, as long as it is not
/// the instance's.
#[test]
fn no_header_makes_a_token_of_another_key_verify() {
    let instance = Instance::new();
    let house = House::of(&instance, SHOP);
    let stranger = Instance::new();
    let words =
        &["RS256", "HS256", "none", "None", "ES256", "\"kid\"", "\"jwk\"", "\"crit\"", "null"];
    let public = instance.key().public_pem();
    search!(Corpus::of("header", words), |input: &[u8]| {
        let Ok(header) = serde_json::from_slice::<serde_json::Value>(input) else { return };
        let Some(members) = header.as_object() else { return };
        let token = || {
            let token = Token::session(&Boss.facts(), &instance.minting());
            members.iter().fold(token, |token, (name, value)| token.header(name, value.clone()))
        };
        let signers =
            [Signer::Rs256(stranger.key()), Signer::Hs256(public.as_bytes()), Signer::Unsigned];
        for signer in signers {
            let text = token().sign_as(&signer);
            let outcome = house.ask_with("/dashboard", &format!("Bearer {text}"));
            let allowed = matches!(outcome.decision.effect, Effect::Allow(_));
            assert!(!allowed, "{header}");
        }
        // Signed by the instance, it counts only as what Clerk signs.
        let outcome =
            house.ask_with("/dashboard", &format!("Bearer {}", token().sign(instance.key())));
        if let Effect::Allow(_) = outcome.decision.effect {
            assert_eq!(members.get("alg").unwrap_or(&"RS256".into()), "RS256", "{header}");
            assert_eq!(members.get("typ").unwrap_or(&"JWT".into()), "JWT", "{header}");
        }
    });
}
