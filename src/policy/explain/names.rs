//! Which names a condition reads.
//!
//! Read from the text, on the cautious side: what cannot be told apart counts as reading the whole
//! of what stands before it.

/// A name as a condition reads it: `["identity", "organization", "slug"]`.
pub(in crate::policy) type Name = Vec<String>;

/// What names begin with.
const ROOTS: [&str; 7] = ["request", "params", "identity", "peer", "now", "resource", "context"];

/// Every name that a condition reads, each once, in the order they are read.
pub(in crate::policy) fn names(text: &str) -> Vec<Name> {
    let tokens = tokens(text);
    let mut found: Vec<Name> = Vec::new();
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let begins = matches!(token, Token::Word(word) if ROOTS.contains(word));
        let member = at > 0 && tokens.get(at - 1) == Some(&Token::Mark('.'));
        if !begins || member {
            at += 1;
            continue;
        }
        let (name, next) = name(&tokens, at);
        if !found.contains(&name) {
            found.push(name);
        }
        at = next;
    }
    found
}

/// The name that begins at `at`, and the place behind it.
fn name(tokens: &[Token<'_>], mut at: usize) -> (Name, usize) {
    let mut name = Name::new();
    if let Some(Token::Word(root)) = tokens.get(at) {
        name.push((*root).to_owned());
        at += 1;
    }
    loop {
        match tokens.get(at..).unwrap_or_default() {
            // A call of a function is no part of the name.
            [Token::Mark('.'), Token::Word(_), Token::Mark('('), ..] => return (name, at + 2),
            [Token::Mark('.'), Token::Word(member), ..] => {
                name.push((*member).to_owned());
                at += 2;
            }
            [Token::Mark('['), Token::Text(member), Token::Mark(']'), ..] => {
                name.push((*member).to_owned());
                at += 3;
            }
            _ => return (name, at),
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Token<'t> {
    Word(&'t str),
    /// What stands between quotes.
    Text(&'t str),
    Mark(char),
}

fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let taken = if first.is_alphabetic() || first == '_' {
            let ends = |letter: char| !letter.is_alphanumeric() && letter != '_';
            let end = rest.find(ends).unwrap_or(rest.len());
            let (word, behind) = rest.split_at(end);
            // A prefix of a string that is not to be unescaped or that stands for bytes.
            let prefix = word.len() <= 2 && behind.starts_with(['"', '\'']);
            if !prefix {
                tokens.push(Token::Word(word));
            }
            end
        } else if first == '"' || first == '\'' {
            let (inside, taken) = quoted(rest);
            tokens.push(Token::Text(inside));
            taken
        } else if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else {
            if !first.is_whitespace() {
                tokens.push(Token::Mark(first));
            }
            first.len_utf8()
        };
        rest = rest.get(taken..).unwrap_or_default();
    }
    tokens
}

/// What stands in the string at the beginning of `text`, and how long that is with its quotes.
fn quoted(text: &str) -> (&str, usize) {
    let single = text.get(..1).unwrap_or_default();
    let triple = single.repeat(3);
    let quote = if text.starts_with(&triple) { triple.as_str() } else { single };
    let inside = text.get(quote.len()..).unwrap_or_default();
    let mut escaped = false;
    for (at, letter) in inside.char_indices() {
        if !escaped && inside.get(at..).is_some_and(|behind| behind.starts_with(quote)) {
            return (inside.get(..at).unwrap_or_default(), at + 2 * quote.len());
        }
        escaped = letter == '\\' && !escaped;
    }
    (inside, text.len())
}

#[cfg(test)]
mod tests {
    use super::names;

    fn read(text: &str) -> Vec<String> {
        names(text).iter().map(|name| name.join(".")).collect()
    }

    #[test]
    fn names_are_found_with_their_members() {
        for (text, expected) in [
            (
                "params.org == identity.organization.slug",
                &["params.org", "identity.organization.slug"][..],
            ),
            ("resource.amount <= 500 && resource.amount > now", &["resource.amount", "now"]),
            ("'admin' in identity.plans", &["identity.plans"]),
            ("lower(request.host) == 'x'", &["request.host"]),
            ("request.path.startsWith(\"/a\")", &["request.path"]),
            ("request.headers['x-a'] == 'b'", &["request.headers.x-a"]),
            ("has(identity.organization)", &["identity.organization"]),
            ("matches(context.a.b, r'now\\d')", &["context.a.b"]),
            ("request . headers . host", &["request.headers.host"]),
            ("size(identity.claims) > 0 // now", &["identity.claims"]),
            ("resource.now == resource.request.now", &["resource.now", "resource.request.now"]),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
    }

    #[test]
    fn what_cannot_be_told_apart_reads_everything_before_it() {
        assert_eq!(read("request[lower('HEADERS')]"), ["request"]);
        assert_eq!(read("[request][0].headers"), ["request"]);
        assert_eq!(read("(identity).claims"), ["identity"]);
    }

    #[test]
    fn strings_hold_no_names() {
        for text in ["'now'", "\"it's now\"", "'\\' now'", "'''now ' now'''", "r\"now\"", "b'now'"]
        {
            assert_eq!(read(text), [""; 0], "{text}");
        }
    }
}
