//! Path patterns in the notation of path-to-regexp 6, as Clerk's options take them.
//!
//! `:name` takes one segment, `:name(…)` and `(…)` a regular expression, `{…}` groups, `?`, `*` and
//! `+` repeat, a backslash escapes. Case does not count, one more `/`, `#` or `?` may follow, and the
//! whole path must match.

use fancy_regex::{Regex, RegexBuilder};
use std::iter::Peekable;
use thiserror::Error;

/// A compiled pattern.
#[derive(Clone, Debug)]
pub(super) struct PathPattern {
    regex: Regex,
    /// The name of each capture group; groups without one have none.
    names: Vec<Option<Box<str>>>,
}

/// What is wrong with a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PatternError {
    /// `:` without a name behind it.
    #[error("a `:` must be followed by a name")]
    Name,
    /// `()`.
    #[error("a group must hold a regular expression")]
    EmptyGroup,
    /// A bracket without its partner.
    #[error("a bracket is not closed, or was never opened")]
    Unbalanced,
    /// `(` within a group, or `?` at its start.
    #[error("a group may neither capture again nor begin with `?`")]
    NestedGroup,
    /// `?`, `*` or `+` with nothing to repeat.
    #[error("there is nothing here that can be repeated")]
    Repetition,
    /// `:a:b`.
    #[error("there must be text between two parameters")]
    Adjacent,
    /// A regular expression that does not compile.
    #[error("the regular expression is malformed or not supported")]
    Expression,
}

/// What a path held for the parameters of a pattern.
pub(super) struct Captured<'p>(Vec<(&'p str, &'p str)>);

impl Captured<'_> {
    /// The value of a parameter; of equal names the last that took part.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().rfind(|(known, _)| *known == name).map(|(_, value)| *value)
    }
}

/// What a single parameter takes, where nothing is said.
const SEGMENT: &str = "[^/#?]+?";
/// Longest sequence of steps that matching may take before it gives up, which counts as no match.
const STEPS: usize = 100_000;

impl PathPattern {
    /// Compiles a pattern.
    pub(super) fn compile(pattern: &str) -> Result<Self, PatternError> {
        let mut compiler = Compiler {
            tokens: tokens(pattern)?.into_iter().peekable(),
            expression: String::from("^"),
            names: Vec::new(),
            before: Before::Nothing,
        };
        compiler.run()?;
        compiler.expression.push_str("[/#?]?$");
        let regex = RegexBuilder::new(&compiler.expression)
            .case_insensitive(true)
            .backtrack_limit(STEPS)
            .build()
            .map_err(|_| PatternError::Expression)?;
        Ok(Self { regex, names: compiler.names })
    }

    /// Matches a whole path.
    pub(super) fn matches<'p>(&'p self, path: &'p str) -> Option<Captured<'p>> {
        let captures = self.regex.captures(path).ok().flatten()?;
        let groups = captures.iter().skip(1).zip(&self.names);
        let named = groups.filter_map(|(group, name)| Some((name.as_deref()?, group?.as_str())));
        Some(Captured(named.collect()))
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Char(char),
    Escaped(char),
    Name(Box<str>),
    Group(String),
    Open,
    Close,
    Modifier(char),
}

fn tokens(pattern: &str) -> Result<Vec<Token>, PatternError> {
    let mut tokens = Vec::new();
    let mut rest = pattern.chars().peekable();
    while let Some(next) = rest.next() {
        tokens.push(match next {
            '*' | '+' | '?' => Token::Modifier(next),
            '\\' => Token::Escaped(rest.next().ok_or(PatternError::Unbalanced)?),
            '{' => Token::Open,
            '}' => Token::Close,
            '(' => Token::Group(group(&mut rest)?),
            ':' => {
                let mut name = String::new();
                while let Some(letter) = rest.next_if(|c| c.is_ascii_alphanumeric() || *c == '_') {
                    name.push(letter);
                }
                if name.is_empty() {
                    return Err(PatternError::Name);
                }
                Token::Name(name.into())
            }
            other => Token::Char(other),
        });
    }
    Ok(tokens)
}

/// The regular expression up to the bracket that closes it.
fn group(rest: &mut Peekable<impl Iterator<Item = char>>) -> Result<String, PatternError> {
    let mut expression = String::new();
    let mut depth = 1;
    if rest.peek() == Some(&'?') {
        return Err(PatternError::NestedGroup);
    }
    while let Some(next) = rest.next() {
        match next {
            '\\' => {
                expression.push(next);
                expression.push(rest.next().ok_or(PatternError::Unbalanced)?);
                continue;
            }
            ')' => depth -= 1,
            '(' if rest.peek() == Some(&'?') => depth += 1,
            '(' => return Err(PatternError::NestedGroup),
            _ => {}
        }
        if depth == 0 {
            let empty = expression.is_empty();
            return if empty { Err(PatternError::EmptyGroup) } else { Ok(expression) };
        }
        expression.push(next);
    }
    Err(PatternError::Unbalanced)
}

/// What the part before the present one was.
enum Before {
    Nothing,
    Text(String),
    Parameter,
}

/// A parameter or a group in braces.
struct Part {
    name: Option<Box<str>>,
    prefix: String,
    expression: Option<String>,
    suffix: String,
}

struct Compiler {
    tokens: Peekable<std::vec::IntoIter<Token>>,
    expression: String,
    names: Vec<Option<Box<str>>>,
    before: Before,
}

impl Compiler {
    fn run(&mut self) -> Result<(), PatternError> {
        let mut text = String::new();
        while let Some(token) = self.tokens.next() {
            match token {
                Token::Char(prefix @ ('.' | '/')) if self.parameter_follows() => {
                    self.text(&mut text);
                    self.parameter(prefix.to_string())?;
                }
                Token::Char(c) | Token::Escaped(c) => text.push(c),
                parameter @ (Token::Name(_) | Token::Group(_)) => {
                    self.text(&mut text);
                    self.parameter_starting_with(parameter, String::new())?;
                }
                Token::Open => {
                    self.text(&mut text);
                    self.braces()?;
                }
                Token::Close => return Err(PatternError::Unbalanced),
                Token::Modifier(_) => return Err(PatternError::Repetition),
            }
        }
        self.text(&mut text);
        Ok(())
    }

    fn parameter_follows(&mut self) -> bool {
        matches!(self.tokens.peek(), Some(Token::Name(_) | Token::Group(_)))
    }

    fn text(&mut self, text: &mut String) {
        if !text.is_empty() {
            self.expression.push_str(&fancy_regex::escape(text));
            self.before = Before::Text(std::mem::take(text));
        }
    }

    fn parameter(&mut self, prefix: String) -> Result<(), PatternError> {
        match self.tokens.next() {
            Some(token) => self.parameter_starting_with(token, prefix),
            None => Ok(()),
        }
    }

    fn parameter_starting_with(
        &mut self,
        token: Token,
        prefix: String,
    ) -> Result<(), PatternError> {
        let (name, expression) = match token {
            Token::Name(name) => (Some(name), self.group_token()),
            Token::Group(expression) => (None, Some(expression)),
            Token::Char(_)
            | Token::Escaped(_)
            | Token::Open
            | Token::Close
            | Token::Modifier(_) => return Err(PatternError::Unbalanced),
        };
        let expression = match expression {
            Some(expression) => expression,
            None => self.segment(&prefix)?,
        };
        let expression = Some(expression);
        self.part(Part { name, prefix, expression, suffix: String::new() })
    }

    fn group_token(&mut self) -> Option<String> {
        match self.tokens.next_if(|token| matches!(token, Token::Group(_))) {
            Some(Token::Group(expression)) => Some(expression),
            _ => None,
        }
    }

    fn braces(&mut self) -> Result<(), PatternError> {
        let prefix = self.literal();
        let name = match self.tokens.next_if(|token| matches!(token, Token::Name(_))) {
            Some(Token::Name(name)) => Some(name),
            _ => None,
        };
        let expression = match (self.group_token(), &name) {
            (Some(expression), _) => Some(expression),
            (None, Some(_)) => Some(self.segment(&prefix)?),
            (None, None) => None,
        };
        let suffix = self.literal();
        if self.tokens.next() != Some(Token::Close) {
            return Err(PatternError::Unbalanced);
        }
        self.part(Part { name, prefix, expression, suffix })
    }

    fn literal(&mut self) -> String {
        let mut text = String::new();
        while let Some(Token::Char(c) | Token::Escaped(c)) =
            self.tokens.next_if(|token| matches!(token, Token::Char(_) | Token::Escaped(_)))
        {
            text.push(c);
        }
        text
    }

    /// What a parameter takes by default: a segment, and where other text than a delimiter stands
    /// before it, not that text again.
    fn segment(&self, prefix: &str) -> Result<String, PatternError> {
        let before = match &self.before {
            _ if !prefix.is_empty() => prefix,
            Before::Text(text) => text,
            Before::Parameter => return Err(PatternError::Adjacent),
            Before::Nothing => "",
        };
        Ok(if before.is_empty() || before.contains(['/', '#', '?']) {
            SEGMENT.to_owned()
        } else {
            format!("(?:(?!{})[^/#?])+?", fancy_regex::escape(before))
        })
    }

    fn part(&mut self, part: Part) -> Result<(), PatternError> {
        let modifier = match self.tokens.next_if(|token| matches!(token, Token::Modifier(_))) {
            Some(Token::Modifier(modifier)) => Some(modifier),
            _ => None,
        };
        let prefix = fancy_regex::escape(&part.prefix);
        let suffix = fancy_regex::escape(&part.suffix);
        let bare = part.prefix.is_empty() && part.suffix.is_empty();
        let repeats = matches!(modifier, Some('*' | '+'));
        let optional = modifier.map(String::from).unwrap_or_default();
        let captures = part.expression.is_some();
        let written = match part.expression {
            None => format!("(?:{prefix}{suffix}){optional}"),
            Some(_) if bare && repeats => return Err(PatternError::Repetition),
            Some(expression) if bare => format!("({expression}){optional}"),
            Some(expression) if repeats => {
                let zero = if modifier == Some('*') { "?" } else { "" };
                format!(
                    "(?:{prefix}((?:{expression})(?:{suffix}{prefix}(?:{expression}))*){suffix}){zero}"
                )
            }
            Some(expression) => format!("(?:{prefix}({expression}){suffix}){optional}"),
        };
        if captures {
            self.names.push(part.name);
        }
        self.expression.push_str(&written);
        self.before = Before::Parameter;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
