//! JavaScript and TypeScript as tokens: enough to find calls and conditions, and to skip the rest.

/// One token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// A name or a keyword.
    Word(String),
    /// A text that is known in full.
    Text(String),
    /// `/.../`, as it is written.
    Regex(String),
    /// A number, a template with holes, or anything else with a value that is not looked into.
    Other,
    /// An operator or a bracket.
    Sign(&'static str),
}

/// Longer signs first.
const SIGNS: [&str; 34] = [
    "===", "!==", "...", "=>", "&&", "||", "??", "?.", "==", "!=", "(", ")", "[", "]", "{", "}",
    ",", ";", ":", ".", "!", "=", "?", "<", ">", "+", "-", "*", "/", "%", "&", "|", "^", "~",
];
/// Words behind which a slash begins a regular expression.
const BEFORE_REGEX: [&str; 6] = ["return", "typeof", "case", "in", "of", "await"];

impl Token {
    pub(super) fn is(&self, sign: &str) -> bool {
        matches!(self, Self::Sign(found) if *found == sign)
    }

    pub(super) fn is_word(&self, word: &str) -> bool {
        matches!(self, Self::Word(found) if found == word)
    }
}

/// Reads a text. What cannot be read is [`Token::Other`].
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (token, length) = if first.is_whitespace() {
            (None, first.len_utf8())
        } else if rest.starts_with("//") {
            (None, rest.find('\n').unwrap_or(rest.len()))
        } else if rest.starts_with("/*") {
            (None, rest.find("*/").map_or(rest.len(), |end| end + 2))
        } else if is_word(first) {
            let end = rest.find(|letter| !is_word(letter)).unwrap_or(rest.len());
            let word = rest.get(..end).unwrap_or_default();
            let number = first.is_ascii_digit();
            (Some(if number { Token::Other } else { Token::Word(word.to_owned()) }), end)
        } else if matches!(first, '\'' | '"' | '`') {
            let (token, length) = string(rest, first);
            (Some(token), length)
        } else if let Some(length) = regex(rest).filter(|_| may_be_regex(tokens.last())) {
            (Some(Token::Regex(rest.get(..length).unwrap_or_default().to_owned())), length)
        } else if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
            (Some(Token::Sign(sign)), sign.len())
        } else {
            (Some(Token::Other), first.len_utf8())
        };
        // A line that ends in `return` ends there.
        let taken = rest.get(..length).unwrap_or_default();
        if taken.contains('\n') && tokens.last().is_some_and(|last: &Token| last.is_word("return"))
        {
            tokens.push(Token::Sign(";"));
        }
        tokens.extend(token);
        rest = rest.get(length..).unwrap_or_default();
    }
    tokens
}

fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || matches!(letter, '_' | '$')
}

/// A string and its length with the quotes. One with escapes other than of a quote, a backslash or a
/// slash, or with holes, is not known.
fn string(text: &str, quote: char) -> (Token, usize) {
    let mut value = String::new();
    let mut known = true;
    let mut letters = text.char_indices().skip(1);
    while let Some((at, letter)) = letters.next() {
        match letter {
            _ if letter == quote => {
                let token = if known { Token::Text(value) } else { Token::Other };
                return (token, at + quote.len_utf8());
            }
            '\\' => match letters.next() {
                Some((_, escaped @ ('\'' | '"' | '`' | '\\' | '/' | '.' | '-'))) => {
                    value.push(escaped);
                }
                Some(_) | None => known = false,
            },
            '$' if quote == '`' => known = false,
            '\n' if quote != '`' => return (Token::Other, at),
            _ => value.push(letter),
        }
    }
    (Token::Other, text.len())
}

/// The length of a regular expression with its flags.
fn regex(text: &str) -> Option<usize> {
    let inner = text.strip_prefix('/')?;
    let (mut escaped, mut class) = (false, false);
    let end = inner.char_indices().find_map(|(at, letter)| {
        let ends = (letter == '/' && !escaped && !class).then_some(Some(at));
        let ends = if letter == '\n' { Some(None) } else { ends };
        class = !escaped && (letter == '[' || (class && letter != ']'));
        escaped = letter == '\\' && !escaped;
        ends
    })??;
    let flags = inner.get(end + 1..)?;
    let length = flags.find(|letter: char| !letter.is_ascii_alphabetic()).unwrap_or(flags.len());
    Some(end + 2 + length)
}

/// Whether a slash behind `before` begins a regular expression rather than dividing.
fn may_be_regex(before: Option<&Token>) -> bool {
    match before {
        None => true,
        Some(Token::Word(word)) => BEFORE_REGEX.contains(&word.as_str()),
        Some(Token::Text(_) | Token::Regex(_) | Token::Other) => false,
        Some(Token::Sign(sign)) => !matches!(*sign, ")" | "]" | "}"),
    }
}

/// The number of the bracket that closes the one at `open`; the end where none does.
pub(super) fn closing(tokens: &[Token], open: usize) -> usize {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        if let Token::Sign("(" | "[" | "{") = token {
            depth += 1;
        } else if let Token::Sign(")" | "]" | "}") = token {
            depth = depth.saturating_sub(1);
            if depth == 0 {
                return at;
            }
        }
    }
    tokens.len()
}

/// How deep a text goes: brackets within one another, and words and signs that each stand before the
/// next.
pub(super) fn depth(tokens: &[Token]) -> usize {
    let (mut brackets, mut prefixes, mut deepest) = (0_usize, 0_usize, 0);
    for token in tokens {
        let word = ["await", "void", "return", "else", "if"].iter().any(|word| token.is_word(word));
        prefixes = if word || token.is("!") { prefixes + 1 } else { 0 };
        match token {
            Token::Sign("(" | "[" | "{") => brackets += 1,
            Token::Sign(")" | "]" | "}") => brackets = brackets.saturating_sub(1),
            Token::Sign(_) | Token::Word(_) | Token::Text(_) | Token::Regex(_) | Token::Other => {}
        }
        deepest = deepest.max(brackets + prefixes);
    }
    deepest
}

/// What stands between commas of the same depth, inside of brackets that have been taken off.
pub(super) fn elements(tokens: &[Token]) -> Vec<&[Token]> {
    let mut elements = Vec::new();
    let (mut from, mut at) = (0, 0);
    while let Some(token) = tokens.get(at) {
        if token.is(",") {
            elements.push(tokens.get(from..at).unwrap_or_default());
            from = at + 1;
        }
        let opens = matches!(token, Token::Sign("(" | "[" | "{"));
        at = if opens { closing(tokens, at) + 1 } else { at + 1 };
    }
    elements.push(tokens.get(from..).unwrap_or_default());
    elements.retain(|element| !element.is_empty());
    elements
}

#[cfg(test)]
mod tests;
