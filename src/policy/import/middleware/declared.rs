//! What a script declares: patterns, the function of the middleware, and who is signed in.

use super::{
    super::script::{Token, closing, elements},
    Element,
    opaque::shown,
};

/// What `auth()` holds if and only if somebody is signed in.
const OF_SIGNED_IN: [&str; 3] = ["userId", "sessionId", "isAuthenticated"];

pub(super) enum Body<'t> {
    Block(&'t [Token]),
    Expression(&'t [Token]),
}

/// What the function given to `clerkMiddleware` holds.
pub(super) fn body(tokens: &[Token]) -> Option<Body<'_>> {
    let is_call = |pair: &[Token]| pair[0].is_word("clerkMiddleware") && pair[1].is("(");
    let open = tokens.windows(2).position(is_call)? + 1;
    let end = closing(tokens, open);
    let inside = tokens.get(open + 1..end)?;
    let function = *elements(inside).first()?;
    let parameters = function.iter().position(|token| token.is("("))?;
    let after = closing(function, parameters) + 1;
    let rest = function.get(after..)?;
    match rest {
        [Token::Sign("=>"), Token::Sign("{"), ..] => {
            Some(Body::Block(rest.get(2..closing(rest, 1))?))
        }
        [Token::Sign("=>"), expression @ ..] => Some(Body::Expression(expression)),
        [Token::Sign("{"), ..] => Some(Body::Block(rest.get(1..closing(rest, 0))?)),
        _ => None,
    }
}

/// The patterns among the arguments of `createRouteMatcher`.
pub(super) fn patterns(arguments: &[Token], script: &[Token]) -> Vec<Element> {
    let unknown = |tokens: &[Token]| Element::Unknown(shown(tokens));
    match arguments {
        [Token::Sign("["), .., Token::Sign("]")] => {
            let inside = arguments.get(1..arguments.len() - 1).unwrap_or_default();
            elements(inside)
                .into_iter()
                .map(|element| match element {
                    [Token::Text(text)] => Element::Pattern(text.clone()),
                    other => unknown(other),
                })
                .collect()
        }
        [Token::Text(text)] | [Token::Text(text), Token::Sign(",")] => {
            vec![Element::Pattern(text.clone())]
        }
        [Token::Word(name)] => match constant(name, script) {
            Some(list) => patterns(list, &[]),
            None => vec![unknown(arguments)],
        },
        _ => vec![unknown(arguments)],
    }
}

/// The list that a constant is made of.
fn constant<'t>(name: &str, script: &'t [Token]) -> Option<&'t [Token]> {
    let declared =
        script.windows(2).position(|pair| pair[0].is_word("const") && pair[1].is_word(name))?;
    let assigned = script.iter().skip(declared).position(|token| token.is("="))? + declared;
    script.get(assigned + 1).filter(|token| token.is("["))?;
    script.get(assigned + 1..=closing(script, assigned + 1))
}

/// The names in `const { userId } = await auth()`.
pub(super) fn signed_in_names(tokens: &[Token]) -> Vec<String> {
    let mut names = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let declares =
            token.is_word("const") && tokens.get(at + 1).is_some_and(|next| next.is("{"));
        if !declares {
            continue;
        }
        let end = closing(tokens, at + 1);
        let source = match tokens.get(end + 1..).unwrap_or_default() {
            [Token::Sign("="), Token::Word(word), rest @ ..] if word == "await" => rest,
            [Token::Sign("="), rest @ ..] => rest,
            _ => continue,
        };
        let of_auth = matches!(source, [Token::Word(auth), Token::Sign("("), Token::Sign(")"), after @ ..]
            if auth == "auth" && !after.first().is_some_and(|next| next.is(".") || next.is("?.")));
        for element in elements(tokens.get(at + 2..end).unwrap_or_default()) {
            if let [Token::Word(name)] = element
                && of_auth
                && OF_SIGNED_IN.contains(&name.as_str())
            {
                names.push(name.clone());
            }
        }
    }
    names
}
