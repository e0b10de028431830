//! Policies: a text either loads and opens nothing that it does not say is open, or is refused with
//! the place.

use super::{Corpus, search};
use crate::support::{house::House, stack::SHOP, tokens::Instance};
use bailiff::{
    core::{decision::Effect, header::Repeats},
    policy::{Policy, Source, Style, suite::Suite},
};

const WORDS: &[&str] = &[
    "version: 1",
    "routes:",
    "hosts:",
    "guards:",
    "actions:",
    "unlisted:",
    "public",
    "optional",
    "signed_in",
    "denied",
    "any:",
    "all:",
    "not:",
    "if:",
    "role:",
    "permission:",
    "reverification:",
    "mode: shadow",
    "even_public: true",
    "/{**}",
    "/{id}",
    "{",
    "}",
    "[",
    "]",
    "- ",
    ": ",
    "\n  ",
    "\n",
    "&a",
    "*a",
    "<<: *a",
    "!!str",
    "|",
    ">",
    "\"",
    "'",
    "#",
    "GET:",
    "null",
    "~",
    "\t",
    "org:admin",
    "params.id",
    "identity.user.id",
    "true",
    "{ role: org:admin }",
    "preflight:",
];

/// Paths and methods that a policy may have something to say about.
const ASKED: [(&str, &str); 10] = [
    ("GET", "/"),
    ("GET", "/a"),
    ("GET", "/docs/a"),
    ("GET", "/admin/users"),
    ("DELETE", "/admin/users"),
    ("GET", "/orgs/acme/invoices/7"),
    ("PUT", "/orgs/acme/invoices/7"),
    ("OPTIONS", "/admin/users"),
    ("POST", "/nowhere"),
    ("get", "/docs/a"),
];

#[test]
fn a_policy_opens_only_what_it_says_is_open() {
    let instance = Instance::new();
    let house = House::of(&instance, SHOP);
    search!(Corpus::of("policy", WORDS), |input: &[u8]| {
        let Ok(text) = std::str::from_utf8(input) else { return };
        let source = Source::new("policy.yaml", text);
        let policy = match Policy::load(source.clone()) {
            Ok(policy) => policy,
            Err(errors) => {
                let said = errors.to_string();
                assert!(said.contains("policy.yaml"), "{said}\n{text}");
                return;
            }
        };
        // The same text is the same policy, whatever comment stands below it.
        let commented = Source::new("other.yaml", &format!("{text}\n# below\n"));
        if let Ok(again) = Policy::load(commented) {
            assert_eq!(again.revision().as_str(), policy.revision().as_str(), "{text}");
        }
        let _ = Suite::load(std::slice::from_ref(&source), &[]);
        let opens = ["public", "optional", "preflight", "shadow"];
        let says_so = opens.iter().any(|word| text.contains(word));
        house.govern(policy);
        for (method, target) in ASKED {
            let outcome = house.ask(method, target, &[], Repeats::Separate);
            if matches!(outcome.decision.effect, Effect::Allow(_)) {
                assert!(says_so, "{method} {target} is open:\n{text}");
                assert!(outcome.decision.rule.is_some(), "{method} {target} by no rule:\n{text}");
            }
        }
    });
}

/// What is told of a policy, whatever it holds, is text that a terminal shows as it is.
#[test]
fn what_is_told_of_a_policy_is_plain_text() {
    search!(Corpus::of("policy", WORDS), |input: &[u8]| {
        let Ok(text) = std::str::from_utf8(input) else { return };
        let source = Source::new("policy.yaml", text);
        let told =
            match (Policy::load(source.clone()), Suite::load(std::slice::from_ref(&source), &[])) {
                (Ok(policy), Ok(suite)) => policy.lint(&source.into(), &suite).render(Style::Plain),
                (Err(errors), _) => errors.render(Style::Plain),
                (Ok(_), Err(errors)) => errors.to_string(),
            };
        let plain = |letter: char| letter == '\n' || !letter.is_control();
        assert!(told.chars().all(plain), "{told:?}\n{text:?}");
    });
}
