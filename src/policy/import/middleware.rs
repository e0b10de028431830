//! A middleware of Clerk as far as it is understood: its matchers, and what it does by them.

mod declared;
mod opaque;
mod protect;

use super::{
    draft::Asked,
    script::{Token, closing, depth, tokens},
};
use declared::{Body, body, patterns, signed_in_names};
use opaque::{is_passing, opaque, unknown};
use protect::{protect, protect_call};
use std::collections::BTreeMap;

/// An element of `createRouteMatcher([...])`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Element {
    Pattern(String),
    /// A regular expression, or anything whose value is not known.
    Unknown(String),
}

/// What a middleware says.
#[derive(Debug, Default)]
pub(super) struct Middleware {
    pub(super) matchers: BTreeMap<String, Vec<Element>>,
    pub(super) body: Vec<Statement>,
    /// Variables that hold something if and only if somebody is signed in.
    signed_in_names: Vec<String>,
}

/// What it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Statement {
    /// `auth.protect(...)`.
    Ask(Asked),
    /// What may refuse, and why a person has to look.
    Unknown(String),
    /// `return`: nothing more is asked.
    Return,
    /// Branches of which the first that holds is taken.
    If(Vec<(Condition, Vec<Statement>)>, Vec<Statement>),
}

/// When it does it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Condition {
    /// The request matches the matcher of this name.
    Matches(String),
    /// Nobody is signed in.
    SignedOut,
    Not(Box<Self>),
    All(Vec<Self>),
    Any(Vec<Self>),
    /// Anything else.
    Unknown,
}

/// What a script may be nested.
const DEEPEST: usize = 100;

impl Middleware {
    /// One that is known in full.
    pub(super) const fn new(
        matchers: BTreeMap<String, Vec<Element>>,
        body: Vec<Statement>,
    ) -> Self {
        Self { matchers, body, signed_in_names: Vec::new() }
    }

    /// Reads a script; `None` where it makes no matcher.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let tokens = tokens(text);
        let mut middleware = Self::default();
        for (at, token) in tokens.iter().enumerate() {
            let call = tokens.get(at + 1).is_some_and(|next| next.is("("));
            if !token.is_word("createRouteMatcher") || !call {
                continue;
            }
            let name = match at.checked_sub(2).and_then(|from| tokens.get(from..at)) {
                Some([Token::Word(name), Token::Sign("=")]) => name.clone(),
                _ => continue,
            };
            let inside = tokens.get(at + 2..closing(&tokens, at + 1)).unwrap_or_default();
            let mut list = patterns(inside, &tokens);
            if middleware.matchers.contains_key(&name) {
                list = vec![Element::Unknown(format!("{name} is there twice"))];
            }
            middleware.matchers.insert(name, list);
        }
        if middleware.matchers.is_empty() {
            return None;
        }
        middleware.signed_in_names = signed_in_names(&tokens);
        middleware.body = match body(&tokens) {
            _ if depth(&tokens) > DEEPEST => {
                vec![Statement::Unknown("nested too deeply".to_owned())]
            }
            Some(Body::Block(block)) => middleware.statements(block),
            Some(Body::Expression(expression)) => middleware.simple(expression),
            None => vec![Statement::Unknown("no `clerkMiddleware((auth, req) => ...)`".to_owned())],
        };
        Some(middleware)
    }

    fn statements(&self, mut tokens: &[Token]) -> Vec<Statement> {
        let mut statements = Vec::new();
        while let Some(first) = tokens.first() {
            if first.is(";") {
                tokens = tokens.get(1..).unwrap_or_default();
                continue;
            }
            let (more, length) = self.statement(tokens);
            statements.extend(more);
            tokens = tokens.get(length.max(1)..).unwrap_or_default();
        }
        statements
    }

    /// One statement and its length.
    fn statement(&self, tokens: &[Token]) -> (Vec<Statement>, usize) {
        match tokens {
            [Token::Word(word), Token::Sign("("), ..] if word == "if" => self.branches(tokens),
            [Token::Sign("{"), ..] => {
                let end = closing(tokens, 0);
                (self.statements(tokens.get(1..end).unwrap_or_default()), end + 1)
            }
            [Token::Word(word), ..]
                if [
                    "for", "while", "do", "switch", "try", "function", "class", "else", "catch",
                    "finally",
                ]
                .contains(&word.as_str()) =>
            {
                let block = tokens.iter().position(|token| token.is("{"));
                let end = block.map_or(tokens.len(), |open| closing(tokens, open) + 1);
                (opaque(tokens.get(..end).unwrap_or(tokens)), end)
            }
            _ => {
                let end = end_of_statement(tokens);
                (self.simple(tokens.get(..end).unwrap_or(tokens)), end)
            }
        }
    }

    fn branches(&self, tokens: &[Token]) -> (Vec<Statement>, usize) {
        let mut branches = Vec::new();
        let mut at = 0;
        loop {
            // At `if`.
            let end = closing(tokens, at + 1);
            let condition = self.condition(tokens.get(at + 2..end).unwrap_or_default());
            let (then, length) = self.statement(tokens.get(end + 1..).unwrap_or_default());
            branches.push((condition, then));
            at = end + 1 + length;
            if tokens.get(at).is_some_and(|token| token.is(";")) {
                at += 1;
            }
            if !tokens.get(at).is_some_and(|token| token.is_word("else")) {
                let statement = match branches.as_slice() {
                    [(condition, then)] => refused_signed_out(condition, then),
                    _ => None,
                };
                let statement = statement.unwrap_or(Statement::If(branches, Vec::new()));
                return (vec![statement], at);
            }
            let next_if = tokens.get(at + 1).is_some_and(|token| token.is_word("if"));
            let bracket = tokens.get(at + 2).is_some_and(|token| token.is("("));
            if next_if && bracket {
                at += 1;
                continue;
            }
            let (otherwise, length) = self.statement(tokens.get(at + 1..).unwrap_or_default());
            return (vec![Statement::If(branches, otherwise)], at + 1 + length);
        }
    }

    fn condition(&self, tokens: &[Token]) -> Condition {
        let any = split(tokens, "||");
        if any.len() > 1 {
            return Condition::Any(any.into_iter().map(|part| self.condition(part)).collect());
        }
        let all = split(tokens, "&&");
        if all.len() > 1 {
            return Condition::All(all.into_iter().map(|part| self.condition(part)).collect());
        }
        match tokens {
            [Token::Sign("!"), Token::Word(name)] if self.signed_in_names.contains(name) => {
                Condition::SignedOut
            }
            [Token::Sign("!"), rest @ ..] => Condition::Not(Box::new(self.condition(rest))),
            [Token::Sign("("), .., Token::Sign(")")] if closing(tokens, 0) + 1 == tokens.len() => {
                self.condition(tokens.get(1..tokens.len() - 1).unwrap_or_default())
            }
            [Token::Word(name), Token::Sign("("), ..]
                if self.matchers.contains_key(name) && closing(tokens, 1) + 1 == tokens.len() =>
            {
                Condition::Matches(name.clone())
            }
            _ => Condition::Unknown,
        }
    }

    /// A statement without a body.
    fn simple(&self, tokens: &[Token]) -> Vec<Statement> {
        match tokens {
            [Token::Word(word)] if word == "return" => return vec![Statement::Return],
            [Token::Word(word), rest @ ..] if word == "return" => {
                let mut statements = self.simple(rest);
                if statements.is_empty() && !is_passing(rest) {
                    statements.push(unknown(tokens));
                }
                statements.push(Statement::Return);
                return statements;
            }
            [Token::Word(word), rest @ ..] if word == "await" || word == "void" => {
                return self.simple(rest);
            }
            [Token::Sign("("), .., Token::Sign(")")] if closing(tokens, 0) + 1 == tokens.len() => {
                return self.simple(tokens.get(1..tokens.len() - 1).unwrap_or_default());
            }
            _ => {}
        }
        if let Some(statement) = self.short_circuit(tokens) {
            return vec![statement];
        }
        match protect_call(tokens) {
            Some(arguments) => vec![protect(arguments, tokens)],
            None if is_passing(tokens) => Vec::new(),
            None => opaque(tokens),
        }
    }

    /// `isPublic(req) || await auth.protect()` and the like.
    fn short_circuit(&self, tokens: &[Token]) -> Option<Statement> {
        let (sign, turned) =
            if split(tokens, "||").len() > 1 { ("||", true) } else { ("&&", false) };
        let parts = split(tokens, sign);
        let (action, conditions) = parts.split_last().filter(|(_, before)| !before.is_empty())?;
        let conditions: Vec<_> = conditions.iter().map(|part| self.condition(part)).collect();
        let condition = if turned {
            Condition::Not(Box::new(Condition::Any(conditions)))
        } else {
            Condition::All(conditions)
        };
        Some(Statement::If(vec![(condition, self.simple(action))], Vec::new()))
    }
}

/// Parts between a sign, at the depth of no bracket.
fn split<'t>(tokens: &'t [Token], sign: &str) -> Vec<&'t [Token]> {
    let mut parts = Vec::new();
    let (mut from, mut at) = (0, 0);
    while let Some(token) = tokens.get(at) {
        if token.is(sign) {
            parts.push(tokens.get(from..at).unwrap_or_default());
            from = at + 1;
        }
        let opens = matches!(token, Token::Sign("(" | "[" | "{"));
        at = if opens { closing(tokens, at) + 1 } else { at + 1 };
    }
    parts.push(tokens.get(from..).unwrap_or_default());
    parts
}

/// Where a statement ends: at a semicolon, or before a word that only begins one.
fn end_of_statement(tokens: &[Token]) -> usize {
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let begins = matches!(token, Token::Word(word)
            if ["if", "return", "const", "let", "var", "await", "else", "throw"].contains(&word.as_str()));
        let after_operand =
            at.checked_sub(1).and_then(|before| tokens.get(before)).is_some_and(|before| {
                match before {
                    Token::Sign(sign) => matches!(*sign, ")" | "]" | "}"),
                    Token::Word(word) => {
                        !["await", "return", "void", "throw", "new", "const", "let", "var"]
                            .contains(&word.as_str())
                    }
                    Token::Text(_) | Token::Regex(_) | Token::Other => true,
                }
            });
        if token.is(";") || (begins && after_operand) {
            return at;
        }
        let opens = matches!(token, Token::Sign("(" | "[" | "{"));
        at = if opens { closing(tokens, at) + 1 } else { at + 1 };
    }
    tokens.len()
}

/// `if (!userId && ...) return redirectToSignIn()`: who is signed in goes on, and nobody else.
fn refused_signed_out(condition: &Condition, then: &[Statement]) -> Option<Statement> {
    let parts =
        if let Condition::All(parts) = condition { parts.clone() } else { vec![condition.clone()] };
    let refuses = matches!(then, [Statement::Unknown(text), Statement::Return]
        if text.contains("redirectToSignIn("));
    let (signed_out, others): (Vec<_>, Vec<_>) =
        parts.into_iter().partition(|part| *part == Condition::SignedOut);
    (refuses && !signed_out.is_empty()).then(|| {
        let asks = vec![Statement::Ask(Asked::signed_in())];
        Statement::If(vec![(Condition::All(others), asks)], Vec::new())
    })
}

#[cfg(test)]
mod tests;
