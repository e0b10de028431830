//! Texts with placeholders, such as `refused: {reason}`, parsed before any of them is filled in.
//!
//! A value is put in as it is and never read again, so braces in it mean nothing. What it must be
//! escaped for depends on where it lands, which whoever fills the template in knows.

use std::fmt;
use thiserror::Error;

/// What a placeholder stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Placeholder {
    /// The reason code.
    Reason,
    /// One sentence for a person.
    Message,
    /// The policy entry that refused; empty where none did.
    Rule,
    /// The policy that refused.
    Revision,
    /// What the request calls itself; empty where it does not, or not soundly.
    RequestId,
    /// The HTTP status, three digits.
    Status,
}

impl Placeholder {
    const ALL: [Self; 6] =
        [Self::Reason, Self::Message, Self::Rule, Self::Revision, Self::RequestId, Self::Status];

    /// Every name, as it is written between braces.
    pub const NAMES: &'static [&'static str] =
        &["reason", "message", "rule", "revision", "request_id", "status"];

    /// The name, as it is written between braces.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reason => "reason",
            Self::Message => "message",
            Self::Rule => "rule",
            Self::Revision => "revision",
            Self::RequestId => "request_id",
            Self::Status => "status",
        }
    }

    /// From the name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|placeholder| placeholder.as_str() == name)
    }
}

/// A part of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Text that stays as it is.
    Text(Box<str>),
    /// What a placeholder stands for.
    Value(Placeholder),
}

/// A parsed template. Two texts that say the same are equal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextTemplate(Box<[Piece]>);

/// Why a text is no template.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TextTemplateError {
    /// A name that stands for nothing.
    #[error("`{{{0}}}` stands for nothing")]
    Unknown(Box<str>),
    /// `{` before something that cannot be a name.
    #[error("`{{` does not begin a placeholder here")]
    Opening,
    /// `}` that ends nothing.
    #[error("`}}` does not end a placeholder here")]
    Closing,
}

impl TextTemplate {
    /// Reads a text: `{reason}` is a placeholder, `{{` and `}}` are braces.
    ///
    /// # Errors
    /// [`TextTemplateError`] for any other brace.
    pub fn parse(text: &str) -> Result<Self, TextTemplateError> {
        let mut pieces = Vec::new();
        let mut literal = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            let (before, brace) = rest.split_at(at);
            literal.push_str(before);
            if let Some(after) = brace.strip_prefix("{{") {
                literal.push('{');
                rest = after;
            } else if let Some(after) = brace.strip_prefix("}}") {
                literal.push('}');
                rest = after;
            } else if let Some(after) = brace.strip_prefix('{') {
                let (name, after) = after.split_once('}').ok_or(TextTemplateError::Opening)?;
                if !could_be_a_name(name) {
                    return Err(TextTemplateError::Opening);
                }
                let placeholder = Placeholder::from_name(name)
                    .ok_or_else(|| TextTemplateError::Unknown(name.into()))?;
                if !literal.is_empty() {
                    pieces.push(Piece::Text(std::mem::take(&mut literal).into()));
                }
                pieces.push(Piece::Value(placeholder));
                rest = after;
            } else {
                return Err(TextTemplateError::Closing);
            }
        }
        literal.push_str(rest);
        if !literal.is_empty() {
            pieces.push(Piece::Text(literal.into()));
        }
        Ok(Self(pieces.into()))
    }

    /// The parts, in order.
    #[must_use]
    pub const fn pieces(&self) -> &[Piece] {
        &self.0
    }

    /// Every placeholder, as often as it occurs.
    pub fn placeholders(&self) -> impl Iterator<Item = Placeholder> + '_ {
        self.0.iter().filter_map(|piece| match piece {
            Piece::Text(_) => None,
            Piece::Value(placeholder) => Some(*placeholder),
        })
    }

    /// The text with every placeholder replaced by what `push` appends for it.
    pub fn fill(&self, mut push: impl FnMut(&mut String, Placeholder)) -> String {
        let mut filled = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Text(text) => filled.push_str(text),
                Piece::Value(placeholder) => push(&mut filled, *placeholder),
            }
        }
        filled
    }
}

/// The template as it is written.
impl fmt::Display for TextTemplate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for piece in &self.0 {
            match piece {
                Piece::Text(text) => {
                    formatter.write_str(&text.replace('{', "{{").replace('}', "}}"))?;
                }
                Piece::Value(placeholder) => write!(formatter, "{{{}}}", placeholder.as_str())?,
            }
        }
        Ok(())
    }
}

/// Whether somebody meant to write a placeholder, rather than a brace of JSON or of a style sheet.
fn could_be_a_name(text: &str) -> bool {
    let part = |byte: u8| byte.is_ascii_alphanumeric() || b"_-. ".contains(&byte);
    !text.trim().is_empty() && text.len() <= 40 && text.bytes().all(part)
}

#[cfg(test)]
mod tests {
    use super::{Placeholder, TextTemplate, TextTemplateError};
    use proptest::prelude::*;

    fn filled(text: &str, value: &str) -> String {
        TextTemplate::parse(text).unwrap().fill(|filled, _| filled.push_str(value))
    }

    #[test]
    fn placeholders_are_replaced_and_double_braces_are_braces() {
        let names = |filled: &mut String, placeholder: Placeholder| {
            filled.push_str(placeholder.as_str());
        };
        for (text, expected) in [
            ("", ""),
            ("plain", "plain"),
            ("{reason}", "reason"),
            ("a {message} b {rule}{revision} {request_id}", "a message b rulerevision request_id"),
            ("{{\"a\":{status}}}", "{\"a\":status}"),
            ("{{reason}}", "{reason}"),
            ("{{{reason}}}", "{reason}"),
            ("{{}}", "{}"),
            ("\u{e9}{reason}\u{1f600}", "\u{e9}reason\u{1f600}"),
        ] {
            let template = TextTemplate::parse(text).unwrap();
            assert_eq!(template.fill(names), expected, "{text}");
        }
    }

    #[test]
    fn a_value_is_never_read_as_a_template() {
        for value in ["{reason}", "{{", "}", "{status}}", "{"] {
            assert_eq!(filled("<{message}>", value), format!("<{value}>"));
        }
    }

    #[test]
    fn any_other_brace_is_an_error() {
        for (text, error) in [
            ("{reasn}", TextTemplateError::Unknown("reasn".into())),
            ("{Reason}", TextTemplateError::Unknown("Reason".into())),
            ("{ reason }", TextTemplateError::Unknown(" reason ".into())),
            ("{request-id}", TextTemplateError::Unknown("request-id".into())),
            ("{identity.user.id}", TextTemplateError::Unknown("identity.user.id".into())),
            ("{", TextTemplateError::Opening),
            ("{reason", TextTemplateError::Opening),
            ("{}", TextTemplateError::Opening),
            ("{\"reason\": \"{reason}\"}", TextTemplateError::Opening),
            ("p { color: red }", TextTemplateError::Opening),
            ("}", TextTemplateError::Closing),
            ("{reason}}", TextTemplateError::Closing),
        ] {
            assert_eq!(TextTemplate::parse(text), Err(error), "{text}");
        }
    }

    #[test]
    fn every_name_is_known() {
        for name in Placeholder::NAMES {
            assert_eq!(Placeholder::from_name(name).map(Placeholder::as_str), Some(*name));
        }
        assert_eq!(Placeholder::NAMES.len(), Placeholder::ALL.len());
    }

    proptest! {
        #[test]
        fn a_template_is_shown_as_it_is_written(text in "([a-z \"]|\\{\\{|\\}\\}|\\{reason\\})*") {
            let template = TextTemplate::parse(&text).unwrap();
            prop_assert_eq!(template.to_string(), text);
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in "[{}a-c\u{e9}]*") {
            let _ = TextTemplate::parse(&text);
        }
    }
}
