//! Where in a page a placeholder stands.
//!
//! Values are escaped for the text of a page and for attributes in quotes. Elsewhere escaping does not
//! help: in a script, a style sheet or a comment, in a tag outside quotes, and in attributes that hold
//! an address or something else that is more than text. This follows the page just far enough to
//! tell, and takes what it does not understand for a place that does not do.

use crate::core::text_template::{Piece, Placeholder, TextTemplate};

/// Elements in whose text a tag is no tag.
const RAW: [&str; 9] =
    ["script", "style", "title", "textarea", "xmp", "iframe", "noembed", "noframes", "plaintext"];
/// Those of them in which an escaped character is still what it stands for.
const ESCAPABLE: [&str; 2] = ["title", "textarea"];
/// Attributes that hold text and nothing else, besides `aria-…` and `data-…`.
const TEXT: [&str; 6] = ["title", "alt", "value", "placeholder", "label", "lang"];

/// Where the reader is.
enum State {
    /// In text.
    Text,
    /// Behind `<`, in the name of a tag, of which so much has been read.
    Name(String),
    /// In a tag and outside quotes, this far behind the name or the last quote.
    Tag { element: String, since: String },
    /// In a value in quotes.
    Quoted { element: String, quote: char, holds_text: bool },
    /// Behind `<!` or `<?`, this far.
    Declaration(String),
    /// In the text of such an element, this far.
    Raw { element: String, since: String },
}

/// The first placeholder that stands where escaping does not help.
pub(super) fn misplaced(page: &TextTemplate) -> Option<Placeholder> {
    let mut state = State::Text;
    for piece in page.pieces() {
        match piece {
            Piece::Text(text) => state = text.chars().fold(state, State::after),
            Piece::Value(_) if state.holds_text() => {}
            Piece::Value(placeholder) => return Some(*placeholder),
        }
    }
    None
}

impl State {
    fn holds_text(&self) -> bool {
        match self {
            Self::Text => true,
            Self::Quoted { holds_text, .. } => *holds_text,
            Self::Raw { element, .. } => ESCAPABLE.contains(&element.as_str()),
            Self::Name(_) | Self::Tag { .. } | Self::Declaration(_) => false,
        }
    }

    fn after(self, next: char) -> Self {
        let next = next.to_ascii_lowercase();
        match self {
            Self::Text if next == '<' => Self::Name(String::new()),
            Self::Text => Self::Text,
            Self::Name(name) => Self::after_name(name, next),
            Self::Tag { element, since } => Self::after_tag(element, since, next),
            Self::Quoted { element, quote, .. } if next == quote => {
                Self::Tag { element, since: String::new() }
            }
            Self::Quoted { .. } => self,
            Self::Declaration(mut read) => {
                read.push(next);
                let ends = if read.starts_with("--") {
                    read.ends_with("-->") || read.ends_with("--!>")
                } else {
                    next == '>'
                };
                if ends { Self::Text } else { Self::Declaration(read) }
            }
            Self::Raw { element, mut since } => {
                let closes = since.strip_suffix(element.as_str());
                if ends_name(next) && closes.is_some_and(|before| before.ends_with("</")) {
                    return Self::after_name(format!("/{element}"), next);
                }
                since.push(next);
                Self::Raw { element, since }
            }
        }
    }

    fn after_name(mut name: String, next: char) -> Self {
        match next {
            '!' | '?' if name.is_empty() => Self::Declaration(String::new()),
            '>' => Self::inside(name),
            _ if name.is_empty() && next != '/' && !next.is_ascii_alphabetic() => {
                Self::Text.after(next)
            }
            _ if ends_name(next) && !name.is_empty() => {
                Self::Tag { element: name, since: String::new() }
            }
            _ => {
                name.push(next);
                Self::Name(name)
            }
        }
    }

    fn after_tag(element: String, mut since: String, next: char) -> Self {
        match next {
            '>' => Self::inside(element),
            '"' | '\'' => {
                let attribute = since.trim_end().strip_suffix('=').map(str::trim_end);
                let name = attribute.and_then(|text| text.rsplit(ends_name).next());
                Self::Quoted { element, quote: next, holds_text: name.is_some_and(is_text) }
            }
            _ => {
                since.push(next);
                Self::Tag { element, since }
            }
        }
    }

    /// Behind a tag.
    fn inside(element: String) -> Self {
        if RAW.contains(&element.as_str()) {
            Self::Raw { element, since: String::new() }
        } else {
            Self::Text
        }
    }
}

fn ends_name(character: char) -> bool {
    character.is_ascii_whitespace() || matches!(character, '/' | '>')
}

/// Whether the attribute holds text and nothing else.
fn is_text(attribute: &str) -> bool {
    TEXT.contains(&attribute) || attribute.starts_with("aria-") || attribute.starts_with("data-")
}

#[cfg(test)]
mod tests {
    use super::misplaced;
    use crate::core::text_template::{Placeholder, TextTemplate};

    fn place(page: &str) -> Option<Placeholder> {
        misplaced(&TextTemplate::parse(page).unwrap())
    }

    #[test]
    fn text_and_attributes_that_hold_text_take_values() {
        for page in [
            "{reason}",
            "<!doctype html><title>{status}</title><h1 class=\"a\">{message}</h1>{rule}",
            "<p title=\"{message}\">{message}</p>",
            "<p title = '{message}' data-reason='{reason}' aria-label=\"{rule}\">",
            "<p\ntitle=\"a > {message}\">",
            "<input value=\"{request_id}\"/>",
            "<script>let a = \"<p>\";</script>{message}",
            "<STYLE>p > a {{ color: red }}</STYLE >{message}",
            "<!-- a > b -->{message}",
            "<!-->{message}",
            "1 < 2 {message} <3 {reason}",
            "<textarea><b title=</textarea>{message}",
            "<a href=\"https://shop.test/\">{message}</a>",
            "<br/>{message}<br />{message}",
        ] {
            assert_eq!(place(page), None, "{page}");
        }
    }

    #[test]
    fn nothing_else_does() {
        for page in [
            "<script>let a = \"{message}\";</script>",
            "<script>\"</p>\"; {message}</script>",
            "<script src=\"/a.js\">{message}</script>",
            "<SCRIPT>{message}</SCRIPT>",
            "<style>{message}</style>",
            "<!-- {message} -->",
            "<!doctype {message}>",
            "<? {message} ?>",
            "<p title={message}>",
            "<p title=a{message}>",
            "<p title=a\"{message}\">",
            "<p {message}>",
            "<{message}>",
            "</{message}>",
            "<p{message}>",
            "<a href=\"{message}\">",
            "<a HREF='/x?{message}'>",
            "<p onclick=\"{message}\">",
            "<p style=\"{message}\">",
            "<meta http-equiv=\"refresh\" content=\"{message}\">",
            "<iframe srcdoc=\"{message}\">",
            "<p title=\"a\" \"{message}\">",
            "<p data-\u{e9}=\"a\"onclick=\"{message}\">",
            "<xmp>{message}</xmp>",
            "<p title=\"a'>{message}</p>\" href=\"{reason}\">",
        ] {
            assert!(place(page).is_some(), "{page}");
        }
    }
}
