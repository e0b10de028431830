//! What `auth.protect()` asks.

use super::{
    super::{
        draft::Asked,
        script::{Token, closing, elements},
    },
    Statement,
    opaque::unknown,
};
use crate::policy::compile;

/// The arguments of `auth.protect(...)`, `auth().protect(...)` and `(await auth()).protect(...)`.
pub(super) fn protect_call(tokens: &[Token]) -> Option<&[Token]> {
    let named = tokens.windows(2).position(|pair| pair[0].is_word("protect") && pair[1].is("("))?;
    let before = tokens.get(..named)?;
    let receiver = |token: &Token| {
        matches!(token, Token::Sign("(" | ")" | "." | "?."))
            || token.is_word("auth")
            || token.is_word("await")
    };
    let sound = before.last().is_some_and(|token| token.is("."))
        && before.iter().any(|token| token.is_word("auth"))
        && before.iter().all(receiver)
        && closing(tokens, named + 1) + 1 == tokens.len();
    // An optional call may not be made.
    let optional = before.iter().any(|token| token.is("?."));
    if sound && !optional { tokens.get(named + 2..tokens.len() - 1) } else { None }
}

/// What `protect` asks by its arguments.
pub(super) fn protect(arguments: &[Token], whole: &[Token]) -> Statement {
    let inside = match arguments {
        [] => return Statement::Ask(Asked::signed_in()),
        [Token::Sign("{"), inside @ .., Token::Sign("}")] => inside,
        _ => return unknown(whole),
    };
    let mut asked = Asked::signed_in();
    for entry in elements(inside) {
        match entry {
            [Token::Word(key), Token::Sign(":"), Token::Text(name)] => {
                let Some(part) = part(key, name) else { return unknown(whole) };
                asked.and(&part);
            }
            // Where those who are refused are sent.
            [Token::Word(key), ..] if key == "unauthenticatedUrl" || key == "unauthorizedUrl" => {}
            _ => return unknown(whole),
        }
    }
    Statement::Ask(asked)
}

fn part(key: &str, name: &str) -> Option<Asked> {
    let asked = |key| Some(Asked::part(key, name));
    match key {
        "role" => compile::role(name).ok().and_then(|_| asked("role")),
        "permission" => compile::permission(name).ok().and_then(|_| asked("permission")),
        "feature" => compile::entitlement("a feature", name).ok().and_then(|_| asked("feature")),
        "plan" => compile::entitlement("a plan", name).ok().and_then(|_| asked("plan")),
        _ => None,
    }
}
