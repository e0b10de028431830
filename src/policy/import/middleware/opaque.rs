//! Statements that are not understood, and whether they can refuse anybody.

use super::{super::script::Token, Statement};

/// Words by which a statement may refuse somebody.
const REFUSALS: [&str; 11] = [
    "protect",
    "throw",
    "return",
    "redirect",
    "rewrite",
    "redirectToSignIn",
    "Response",
    "NextResponse",
    "notFound",
    "break",
    "process",
];
/// What is called without refusing anybody.
const HARMLESS: [&str; 9] =
    ["console", "auth", "req", "request", "URL", "Headers", "JSON", "String", "Boolean"];

/// A statement that is not understood: of no account if it can refuse nobody.
pub(super) fn opaque(tokens: &[Token]) -> Vec<Statement> {
    let refuses = |token: &Token| REFUSALS.iter().any(|word| token.is_word(word));
    let calls =
        |at: usize| tokens.get(at).is_some_and(|token| token.is("(")) && !is_harmless(tokens, at);
    let may_refuse = tokens.iter().any(refuses) || (0..tokens.len()).any(calls);
    if may_refuse { vec![unknown(tokens)] } else { Vec::new() }
}

/// Whether the bracket at `open` calls something that refuses nobody, or calls nothing.
fn is_harmless(tokens: &[Token], open: usize) -> bool {
    let before = tokens.get(..open).unwrap_or_default();
    let Some((Token::Word(name), mut before)) = before.split_last() else {
        // A result that is called is not known; any other bracket only groups.
        return !before.last().is_some_and(|token| token.is(")") || token.is("]"));
    };
    let mut root = name;
    while let [rest @ .., Token::Word(name), Token::Sign("." | "?.")] = before {
        (root, before) = (name, rest);
    }
    let called = before.last().is_some_and(|token| token.is(".") || token.is("?."));
    !called && HARMLESS.contains(&root.as_str())
}

pub(super) fn unknown(tokens: &[Token]) -> Statement {
    Statement::Unknown(shown(tokens))
}

/// Whether it lets the request pass.
pub(super) fn is_passing(tokens: &[Token]) -> bool {
    match tokens {
        [] => true,
        [Token::Word(word)] => word == "undefined" || word == "null",
        [
            Token::Word(class),
            Token::Sign("."),
            Token::Word(next),
            Token::Sign("("),
            Token::Sign(")"),
        ] => class == "NextResponse" && next == "next",
        _ => false,
    }
}

/// Tokens as a person recognises them.
pub(super) fn shown(tokens: &[Token]) -> String {
    let mut shown = String::new();
    for token in tokens {
        let text = match token {
            Token::Word(text) | Token::Regex(text) => text.clone(),
            Token::Text(text) => format!("'{text}'"),
            Token::Other => "_".to_owned(),
            Token::Sign(sign) => (*sign).to_owned(),
        };
        let between =
            |before: char| before.is_alphanumeric() || matches!(before, ',' | '&' | '|' | '>');
        let apart = text.starts_with(|first: char| first.is_alphanumeric() || first == '\'')
            || matches!(token, Token::Sign("&&" | "||" | "=>" | "{"));
        if apart && shown.ends_with(between) {
            shown.push(' ');
        }
        shown.push_str(&text);
    }
    shown
}
