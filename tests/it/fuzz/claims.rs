//! Claims that the instance has signed: whoever comes of them is who they say, and only where every
//! claim that makes a session is there.

use super::{Corpus, search};
use crate::support::{
    house::House,
    stack::SHOP,
    tokens::{Instance, ORIGIN, Person::Boss, seconds_from_now},
};
use bailiff::{core::decision::Effect, stand_in::tokens::Token};
use serde_json::Value;

const WORDS: &[&str] = &[
    "null",
    "true",
    "\"\"",
    "[]",
    "{}",
    "0",
    "-1",
    "2",
    "1e999",
    "\"sub\"",
    "\"sid\"",
    "\"azp\"",
    "\"iss\"",
    "\"exp\"",
    "\"nbf\"",
    "\"iat\"",
    "\"sts\"",
    "pending",
    "mch_",
    "user_",
    "\"act\":",
    "\"fva\":[0,0]",
    "\\u0000",
    "\\r\\n",
    ",",
    ":",
    "\"v\":2",
    "\"v\":1",
    "99999999999999999999",
];

#[test]
fn a_session_needs_every_claim_and_is_whose_it_says() {
    let instance = Instance::new();
    let house = House::of(&instance, SHOP);
    let corpus = Corpus::of("claims", WORDS)
        .with("past", &seconds_from_now(-10).to_string())
        .with("future", &seconds_from_now(600).to_string());
    search!(corpus, |input: &[u8]| {
        let token = Token::session(&Boss.facts(), &instance.minting()).payload(input);
        let outcome =
            house.ask_with("/dashboard", &format!("Bearer {}", token.sign(instance.key())));
        let text = String::from_utf8_lossy(input);
        let Effect::Allow(upstream) = &outcome.decision.effect else { return };
        let claims: Value = serde_json::from_slice(input).expect("what is allowed is JSON");
        let claim = |name: &str| claims[name].as_str().unwrap_or_default();
        let user = outcome.identity.user().expect("a session is somebody's");

        assert!(!claim("sub").is_empty() && !claim("sub").starts_with("mch_"), "{text}");
        assert!(!claim("sid").is_empty() && claim("sts") != "pending", "{text}");
        assert_eq!((user.id.as_str(), user.session.as_str()), (claim("sub"), claim("sid")));
        assert_eq!(claim("azp"), ORIGIN, "{text}");
        let issuer = claim("iss").trim_end_matches('/');
        assert!(issuer.ends_with("clerk.shop.test") && issuer.len() < 24, "{text}");
        let moment = |name: &str| claims[name].as_f64();
        #[expect(clippy::cast_precision_loss, reason = "seconds fit a double")]
        let within = |seconds| seconds_from_now(seconds) as f64;
        assert!(moment("exp").is_some_and(|exp| exp > within(-30)), "{text}");
        assert!(moment("nbf").is_none_or(|nbf| nbf < within(30)), "{text}");
        assert!(moment("iat").is_none_or(|iat| iat < within(30)), "{text}");

        // What the service is told stays within its header.
        for (name, value) in &upstream.set {
            assert!(value.bytes().all(|byte| byte.is_ascii_graphic()), "{name}: {value:?}");
        }
    });
}
