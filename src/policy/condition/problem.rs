//! Everything that can be wrong with the text of a condition, and what to write instead.

use super::{
    super::{suggest::closest, wording::Excerpt},
    function::Function,
    kind::{Kind, Kinds},
};
use std::{borrow::Cow, ops::Range};
use thiserror::Error;

/// One mistake in the text of an expression, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{mistake}")]
pub struct ConditionProblem {
    mistake: ConditionMistake,
    start: usize,
    end: usize,
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ConditionMistake {
    /// No expression at all.
    #[error("the expression is empty")]
    Empty,
    /// More text than an expression may have.
    #[error("the expression is longer than {} bytes", super::LONGEST)]
    TooLong,
    /// Nested too deeply.
    #[error("the expression is nested more than {} levels deep", super::DEEPEST)]
    TooDeep,
    /// Not an expression from here on.
    #[error("`{0}` does not belong here")]
    Unexpected(Excerpt),
    /// The text ends where more is needed.
    #[error("the expression ends too early")]
    Unfinished,
    /// A quoted text that does not end, or holds an escape that is none.
    #[error("this is no quoted text")]
    Text,
    /// A number that does not fit.
    #[error("the number `{0}` is out of range")]
    NumberRange(Excerpt),
    /// A word that CEL keeps for itself.
    #[error("`{0}` is a reserved word")]
    Reserved(Excerpt),
    /// A part of CEL that conditions do without.
    #[error("{} cannot be written here", .0.name())]
    Unsupported(Unsupported),
    /// `has(...)` of something that is no field.
    #[error("`has` asks for a field")]
    Has,
    /// A name that does not exist.
    #[error("`{name}` is unknown")]
    UnknownName {
        /// The name.
        name: Excerpt,
        /// What to write instead.
        help: Box<str>,
    },
    /// A name that exists elsewhere.
    #[error("`{0}` does not exist here")]
    NameElsewhere(&'static str),
    /// A parameter that the path does not have.
    #[error("there is no path parameter `{name}` here")]
    UnknownParameter {
        /// The parameter.
        name: Excerpt,
        /// What to write instead.
        help: Box<str>,
    },
    /// A field that does not exist.
    #[error("`{of}` has no field `{field}`")]
    UnknownField {
        /// What it would be a field of.
        of: Box<str>,
        /// The field.
        field: Excerpt,
        /// What to write instead.
        help: Box<str>,
    },
    /// A name that stands for several values.
    #[error("`{of}` is no value but a group of them")]
    Group {
        /// The name.
        of: Box<str>,
        /// What to write instead.
        help: Box<str>,
    },
    /// A function that does not exist.
    #[error("there is no function `{name}`")]
    UnknownFunction {
        /// Its name.
        name: Excerpt,
        /// What to write instead.
        help: Box<str>,
    },
    /// Too few or too many arguments.
    #[error("`{function}` takes {expected}, not {found}", expected = arguments(*.expected))]
    ArgumentCount {
        /// The function.
        function: Function,
        /// How many it takes, what it is called on included.
        expected: usize,
        /// How many there are.
        found: usize,
    },
    /// A value of the wrong kind.
    #[error("`{operation}` needs {expected}, not {found}")]
    WrongKind {
        /// The operator or function.
        operation: &'static str,
        /// What it works on.
        expected: Kinds,
        /// What stands there.
        found: Kind,
    },
    /// Two values that are never equal, and neither before the other.
    #[error("{left} cannot be compared with {right}")]
    Incomparable {
        /// The kind on the left.
        left: Kind,
        /// The kind on the right.
        right: Kind,
    },
    /// A condition that is neither true nor false.
    #[error("the condition gives {0}, not true or false")]
    NotBoolean(Kind),
    /// A result that no header can carry.
    #[error("a header cannot carry {0}")]
    NotHeader(Kind),
    /// An argument that must be known when the policy is read.
    #[error("`{0}` needs a text in quotes here")]
    NotLiteral(Function),
    /// A text that is split at nothing.
    #[error("a text cannot be split at nothing")]
    EmptySeparator,
    /// A pattern that is no regular expression.
    #[error("this is no regular expression: {0}")]
    Pattern(Excerpt),
    /// Not a network.
    #[error("`{0}` is no network")]
    Network(Excerpt),
    /// A network with more bits than its prefix.
    #[error("`{written}` is an address within a network, not a network")]
    NetworkBits {
        /// The text.
        written: Excerpt,
        /// The network.
        meant: Box<str>,
    },
    /// Not a fixed distance from UTC.
    #[error("`{0}` is no distance from UTC")]
    Offset(Excerpt),
    /// The name of a header with capitals, which no request has.
    #[error("header names are in lower case here: there is never a `{written}`")]
    HeaderName {
        /// The name.
        written: Excerpt,
        /// The name that can be found.
        meant: Box<str>,
    },
    /// The machine had no room to check the text.
    #[error("the expression could not be checked")]
    Unchecked,
}

/// A part of CEL that conditions do without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsupported {
    /// `all`, `exists`, `exists_one`, `map`, `filter`.
    Loop,
    /// `{...}`.
    Map,
    /// `Name{...}`.
    Message,
    /// `b"..."`.
    Bytes,
    /// `a.?b`, `a[?b]`.
    Optional,
    /// A field name in backticks.
    QuotedField,
}

impl Unsupported {
    const fn name(self) -> &'static str {
        match self {
            Self::Loop => "a loop over a list",
            Self::Map => "a map",
            Self::Message => "a message",
            Self::Bytes => "bytes",
            Self::Optional => "`?` behind a value",
            Self::QuotedField => "a field in backticks",
        }
    }

    const fn help(self) -> &'static str {
        match self {
            Self::Loop => "write `value in list` to ask whether a list holds a value",
            Self::Map | Self::Message => "write the values out in a list, or compare each of them",
            Self::Bytes => "leave the `b` out",
            Self::Optional => "write `has(a.b) && ...`, or `\"b\" in a && ...`",
            Self::QuotedField => "write `a[\"b\"]`",
        }
    }
}

impl ConditionProblem {
    /// `range`: bytes of the text.
    pub(super) const fn new(mistake: ConditionMistake, range: &Range<usize>) -> Self {
        Self { mistake, start: range.start, end: range.end }
    }

    /// What is wrong.
    #[must_use]
    pub const fn mistake(&self) -> &ConditionMistake {
        &self.mistake
    }

    /// Where, in bytes of the text. Begins and ends between characters; empty at the text's end.
    #[must_use]
    pub const fn range(&self) -> Range<usize> {
        self.start..self.end
    }

    /// What to write instead.
    #[must_use]
    pub fn help(&self) -> Cow<'static, str> {
        self.mistake.help()
    }
}

impl ConditionMistake {
    fn help(&self) -> Cow<'static, str> {
        let help = match self {
            Self::UnknownName { help, .. }
            | Self::UnknownParameter { help, .. }
            | Self::UnknownField { help, .. }
            | Self::UnknownFunction { help, .. }
            | Self::Group { help, .. } => return help.to_string().into(),
            Self::Unexpected(found) => return unexpected(found).into(),
            Self::ArgumentCount { function, .. } | Self::NotLiteral(function) => {
                return format!("write for instance `{}`", function.example()).into();
            }
            Self::NetworkBits { meant, .. } => {
                return format!("write `{meant}`, or a longer prefix").into();
            }
            Self::HeaderName { meant, .. } => return format!("write `{meant}`").into(),
            Self::Unsupported(what) => what.help(),
            Self::Empty => "write for instance `request.method == \"GET\"`",
            Self::TooLong | Self::TooDeep => {
                "split it: what stands in several requirements below `all:` must hold together"
            }
            Self::Unfinished => "finish it, or close the bracket or the quotes that are open",
            Self::Text => {
                "write it in quotes that close; a backslash in it is written `\\\\`, or `r\"...\"`"
            }
            Self::NumberRange(_) => "write a smaller number",
            Self::Reserved(_) => "only the names that the documentation of conditions lists exist",
            Self::Has => {
                "write for instance `has(resource.owner)`, or `\"x-team\" in request.headers`"
            }
            Self::NameElsewhere("request" | "params") => {
                "`request` and `params` exist in routes and guards; actions have `resource` and `context`"
            }
            Self::NameElsewhere(_) => "`resource` and `context` exist in actions only",
            Self::WrongKind { expected: Kinds::NUMBER, found: Kind::Text, .. } => {
                "make a number of it with `int(...)` or `double(...)`"
            }
            Self::WrongKind { operation: "in", .. } => {
                "write a list on the right, or `text.contains(part)` for a part of a text"
            }
            Self::WrongKind { .. } => "write something of that kind there",
            Self::Incomparable { left: Kind::Number, right: Kind::Text }
            | Self::Incomparable { left: Kind::Text, right: Kind::Number } => {
                "write the number in quotes, or make a number of the text with `int(...)`"
            }
            Self::Incomparable { .. } => "compare values of the same kind",
            Self::NotBoolean(_) => "compare it with something, such as `... == \"acme\"`",
            Self::NotHeader(_) => {
                "write what gives text, a number, true or false, or a list of text"
            }
            Self::EmptySeparator => "write for instance `split(text, \",\")`",
            Self::Pattern(_) => "write it as RE2 has it: no look-around, no back-references",
            Self::Network(_) => {
                "write for instance `10.0.0.0/8`, or `192.0.2.7/32` for one address"
            }
            Self::Offset(_) => "write `UTC` or a fixed distance such as `+02:00`",
            Self::Unchecked => "try again when there is more memory",
        };
        help.into()
    }
}

/// What is meant by what other languages write.
fn unexpected(found: &Excerpt) -> &'static str {
    match found.as_str() {
        "=" => "write `==` to compare",
        "&" | "and" | "AND" => "write `&&`",
        "|" | "or" | "OR" => "write `||`",
        "not" | "NOT" => "write `!`",
        "\u{201c}" | "\u{201d}" | "\u{2018}" | "\u{2019}" => "write straight quotes: `\"` or `'`",
        _ => "write CEL, such as `request.method == \"GET\" && params.org == \"acme\"`",
    }
}

fn arguments(count: usize) -> Cow<'static, str> {
    match count {
        1 => "one value".into(),
        2 => "two values".into(),
        _ => format!("{count} values").into(),
    }
}

/// "Did you mean", or what there is.
pub(super) fn suggestion<'w>(written: &str, words: impl IntoIterator<Item = &'w str>) -> Box<str> {
    let words: Vec<&str> = words.into_iter().collect();
    match (closest(written, &words), words.as_slice()) {
        (Some(meant), _) => format!("did you mean `{meant}`?"),
        (None, [only]) => format!("write `{only}`"),
        (None, _) => format!("write one of `{}`", words.join("`, `")),
    }
    .into()
}
