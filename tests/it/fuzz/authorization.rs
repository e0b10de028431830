//! The Authorization header: it opens a closed page only where it holds a whole token, and only where
//! it says so plainly.

use super::{Corpus, search};
use crate::support::{
    house::House,
    stack::SHOP,
    tokens::{Instance, Person::Boss},
};
use bailiff::core::{decision::Effect, header::Repeats};

const WORDS: &[&str] = &[
    "Bearer ",
    "bearer ",
    "BEARER",
    "Basic ",
    "DPoP ",
    " ",
    "  ",
    "\t",
    ",",
    ", ",
    "=",
    "\"",
    "\0",
    "token=",
    "\r\n",
    "\u{a0}",
    "\u{e9}",
    "ak_1",
    "mt_1",
    "oat_1",
    "null",
    "undefined",
];

#[test]
fn only_a_whole_token_opens_a_closed_page() {
    let instance = Instance::new();
    let house = House::of(&instance, SHOP);
    let token = instance.token(Boss);
    let corpus = Corpus::of("authorization", WORDS).with("boss", &token);
    search!(corpus, |input: &[u8]| {
        for repeats in [Repeats::Separate, Repeats::Joined] {
            let lines: Vec<(&str, &[u8])> =
                input.split(|&byte| byte == b'\n').map(|value| ("authorization", value)).collect();
            let outcome = house.ask("GET", "/admin/users", &lines, repeats);
            let allowed = matches!(outcome.decision.effect, Effect::Allow(_));
            assert_eq!(allowed, is_plain(input, &token), "{}", String::from_utf8_lossy(input));
        }
    });
}

/// One line: the token behind `Bearer` and one blank, or by itself; blanks around it and whatever
/// stands behind another blank count for nothing.
fn is_plain(input: &[u8], token: &str) -> bool {
    let Ok(text) = std::str::from_utf8(input) else { return false };
    if text.contains('\n') {
        return false;
    }
    let text = text.trim_matches([' ', '\t']);
    let behind_bearer = text.strip_prefix("Bearer ").map(|rest| rest.split(' ').next());
    text == token || text.starts_with(&format!("{token}  ")) || behind_bearer == Some(Some(token))
}
