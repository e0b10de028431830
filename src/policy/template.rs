//! Path templates: segments, never regular expressions.

use crate::core::path::{AmbiguousPath, CanonicalPath};
use std::fmt;
use thiserror::Error;

/// The longest literal segment, in bytes.
pub(super) const MAX_LITERAL_BYTES: usize = 255;
/// The most segments a template has.
const MAX_SEGMENTS: usize = 64;

/// A path template: `/orgs/{org}/invoices/{id}`, `/docs/{**}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Template {
    text: Box<str>,
    pub(super) segments: Box<[Segment]>,
    /// Whether it ends in `{**}`, which stands for zero or more segments.
    pub(super) rest: bool,
    /// The names of the parameters, each with the number of its segment, counted from 0.
    parameters: Box<[(usize, Box<str>)]>,
}

/// One segment of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Segment {
    /// ASCII, in the spelling that requests must have.
    Literal(Box<str>),
    /// One segment, whatever it is.
    Parameter,
}

/// Why a text is no path template.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TemplateError {
    /// No slash at the beginning.
    #[error("a path template begins with a slash")]
    NotAbsolute,
    /// A slash at the end.
    #[error("a path template does not end in a slash")]
    TrailingSlash,
    /// `//`.
    #[error("a path template holds no empty segment")]
    EmptySegment,
    /// `{**}` before the end.
    #[error("`{{**}}` stands at the end only")]
    RestNotLast,
    /// A brace within a segment.
    #[error("a parameter takes a whole segment")]
    PartialSegment,
    /// A name in braces that is no name.
    #[error("this is no name of a parameter")]
    ParameterName,
    /// The same name twice.
    #[error("the parameter `{{{0}}}` stands here twice")]
    ParameterTwice(Box<str>),
    /// `*`, `:name` and the like, from other template languages.
    #[error("a path template has no wildcards but `{{name}}` and `{{**}}`")]
    ForeignWildcard,
    /// `?`.
    #[error("a path template is matched against the path alone, never the query")]
    Query,
    /// `%`.
    #[error("a path template is written without percent escapes")]
    Escape,
    /// A character outside ASCII.
    #[error("a path template is written in ASCII")]
    NotAscii,
    /// A segment that no accepted request holds.
    #[error("no request that is accepted holds this segment: {0}")]
    Unreachable(AmbiguousPath),
    /// Too much of it.
    #[error("a path template has at most {MAX_SEGMENTS} segments of {MAX_LITERAL_BYTES} bytes")]
    TooLong,
}

impl TemplateError {
    /// What to write instead.
    pub(super) const fn help(&self) -> &'static str {
        match self {
            Self::NotAbsolute => {
                "write the path alone, such as `/invoices/{id}`; methods go below it, hosts under \
                 `hosts`"
            }
            Self::TrailingSlash => {
                "leave the slash out: a request with one is treated as one without"
            }
            Self::EmptySegment => "write one slash between two segments",
            Self::RestNotLast => "write `{name}` for a single segment",
            Self::PartialSegment => "write `{name}` between two slashes, or `{**}` at the end",
            Self::ParameterName => {
                "write lower-case letters, digits and `_`, such as `{invoice_id}`"
            }
            Self::ParameterTwice(_) => "give each parameter a name of its own",
            Self::ForeignWildcard => {
                "write `{name}` for one segment, or `{**}` at the end for any number of them"
            }
            Self::Query => "leave the `?` and what follows it out",
            Self::Escape => {
                "write the character itself if it is ASCII; otherwise use `{name}` for the segment"
            }
            Self::NotAscii => "use `{name}` for the segment",
            Self::Unreachable(_) => "such requests are refused before any rule is looked for",
            Self::TooLong => "use `{**}` for the end of the path",
        }
    }
}

impl Template {
    /// Reads a template.
    pub(super) fn parse(text: &str) -> Result<Self, TemplateError> {
        let inner = text.strip_prefix('/').ok_or(TemplateError::NotAbsolute)?;
        let mut template =
            Self { text: text.into(), segments: [].into(), rest: false, parameters: [].into() };
        if inner.is_empty() {
            return Ok(template);
        }
        let mut segments = Vec::new();
        let mut names: Vec<(usize, Box<str>)> = Vec::new();
        for segment in inner.split('/') {
            if template.rest {
                return Err(TemplateError::RestNotLast);
            }
            if segment == "{**}" {
                template.rest = true;
            } else if let Some(name) = parameter(segment)? {
                if names.iter().any(|(_, other)| **other == *name) {
                    return Err(TemplateError::ParameterTwice(name.into()));
                }
                names.push((segments.len(), name.into()));
                segments.push(Segment::Parameter);
            } else if segment.is_empty() {
                return Err(if text.contains("//") {
                    TemplateError::EmptySegment
                } else {
                    TemplateError::TrailingSlash
                });
            } else {
                segments.push(Segment::Literal(literal(segment)?));
            }
        }
        if segments.len() > MAX_SEGMENTS {
            return Err(TemplateError::TooLong);
        }
        template.segments = segments.into();
        template.parameters = names.into();
        Ok(template)
    }

    /// The template as it is written.
    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    /// The names of the parameters, each with the number of its segment, counted from 0.
    pub(super) fn parameters(&self) -> impl Iterator<Item = (usize, &str)> {
        self.parameters.iter().map(|(place, name)| (*place, &**name))
    }

    /// Whether every literal stands in `path` in exactly its own spelling.
    pub(super) fn spelt_as<'p>(&self, mut path: impl Iterator<Item = &'p str>) -> bool {
        self.segments.iter().all(|segment| match (segment, path.next()) {
            (Segment::Literal(literal), Some(found)) => **literal == *found,
            (Segment::Parameter, Some(_)) => true,
            (_, None) => false,
        })
    }
}

impl fmt::Display for Template {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

/// The name in `{name}`; `None` for a literal.
fn parameter(segment: &str) -> Result<Option<&str>, TemplateError> {
    if !segment.contains(['{', '}']) {
        return Ok(None);
    }
    let name = segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
    let name =
        name.filter(|name| !name.contains(['{', '}'])).ok_or(TemplateError::PartialSegment)?;
    if name.contains('*') {
        return Err(TemplateError::ForeignWildcard);
    }
    let letter = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
    let sound = name.bytes().next().is_some_and(letter)
        && name.bytes().all(|byte| letter(byte) || byte.is_ascii_digit());
    if sound { Ok(Some(name)) } else { Err(TemplateError::ParameterName) }
}

fn literal(segment: &str) -> Result<Box<str>, TemplateError> {
    if segment.contains('*') || segment.starts_with(':') {
        return Err(TemplateError::ForeignWildcard);
    }
    if segment.contains('?') {
        return Err(TemplateError::Query);
    }
    if segment.contains('%') {
        return Err(TemplateError::Escape);
    }
    if !segment.is_ascii() {
        return Err(TemplateError::NotAscii);
    }
    if segment.len() > MAX_LITERAL_BYTES {
        return Err(TemplateError::TooLong);
    }
    CanonicalPath::parse(&format!("/{segment}")).map_err(TemplateError::Unreachable)?;
    Ok(segment.into())
}

#[cfg(test)]
mod tests {
    use super::{AmbiguousPath, Segment, Template, TemplateError as E};

    #[test]
    fn segments_are_literals_parameters_or_the_rest() {
        let template = Template::parse("/orgs/{org}/invoices/{**}").unwrap();
        assert_eq!(
            *template.segments,
            [
                Segment::Literal("orgs".into()),
                Segment::Parameter,
                Segment::Literal("invoices".into())
            ]
        );
        assert!(template.rest);
        for text in ["/", "/{**}", "/{a}/{b_2}", "/.well-known/x", "/v1/x:batch", "/a,b=c@d"] {
            assert_eq!(Template::parse(text).unwrap().to_string(), text);
        }
        assert!(Template::parse("/").unwrap().segments.is_empty());
    }

    #[test]
    fn anything_else_is_refused_with_its_reason() {
        let long = format!("/{}", "a".repeat(256));
        let deep = "/a".repeat(65);
        for (text, error) in [
            ("", E::NotAbsolute),
            ("a", E::NotAbsolute),
            ("GET /a", E::NotAbsolute),
            ("{**}", E::NotAbsolute),
            ("https://a.test/b", E::NotAbsolute),
            ("/a/", E::TrailingSlash),
            ("/{id}/", E::TrailingSlash),
            ("//", E::EmptySegment),
            ("//a", E::EmptySegment),
            ("/a//b", E::EmptySegment),
            ("/a//", E::EmptySegment),
            ("/{**}/a", E::RestNotLast),
            ("/{**}/", E::RestNotLast),
            ("/{**}/{**}", E::RestNotLast),
            ("/a-{id}", E::PartialSegment),
            ("/{id}.json", E::PartialSegment),
            ("/{a}{b}", E::PartialSegment),
            ("/{{a}}", E::PartialSegment),
            ("/{a", E::PartialSegment),
            ("/a}", E::PartialSegment),
            ("/{}", E::ParameterName),
            ("/{Id}", E::ParameterName),
            ("/{1a}", E::ParameterName),
            ("/{a-b}", E::ParameterName),
            ("/{a:uuid}", E::ParameterName),
            ("/{\u{e9}}", E::ParameterName),
            ("/{a}/{a}", E::ParameterTwice("a".into())),
            ("/*", E::ForeignWildcard),
            ("/a/**", E::ForeignWildcard),
            ("/a(.*)", E::ForeignWildcard),
            ("/{*}", E::ForeignWildcard),
            ("/{*rest}", E::ForeignWildcard),
            ("/:id", E::ForeignWildcard),
            ("/a?b=c", E::Query),
            ("/a%20b", E::Escape),
            ("/caf\u{e9}", E::NotAscii),
            ("/a/../b", E::Unreachable(AmbiguousPath::DotSegment)),
            ("/a.", E::Unreachable(AmbiguousPath::TrailingDotOrBlank)),
            ("/a;b", E::Unreachable(AmbiguousPath::Semicolon)),
            ("/a#b", E::Unreachable(AmbiguousPath::Fragment)),
            ("/a\\b", E::Unreachable(AmbiguousPath::Backslash)),
            ("/a b", E::Unreachable(AmbiguousPath::RawCharacter)),
            ("/^a$", E::Unreachable(AmbiguousPath::RawCharacter)),
            (long.as_str(), E::TooLong),
            (deep.as_str(), E::TooLong),
        ] {
            assert_eq!(Template::parse(text), Err(error), "{text}");
        }
    }
}
