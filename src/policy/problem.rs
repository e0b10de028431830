//! Everything that can be wrong with a policy, and what to write instead.

mod code;

use super::{
    condition::ConditionProblem,
    response::ResponseError,
    suite::SuiteProblem,
    template::TemplateError,
    upstream::HeaderNameError,
    wording::{Choice, Excerpt, Expected, Kind},
};
use crate::core::{
    age::{AgeError, AgeLimit},
    entitlement::EntitlementKeyError,
    host_table::HostPatternError,
    location::LocationError,
};
use std::borrow::Cow;
use thiserror::Error;

/// One kind of mistake.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Problem {
    /// More text than a policy takes.
    #[error("a policy is at most {} MiB long", super::source::Source::MAX_BYTES >> 20)]
    TooLarge,
    /// Not YAML.
    #[error("this is not valid YAML: {0}")]
    Yaml(Excerpt),
    /// Nested too deeply, or too many values once aliases are written out.
    #[error("the text is nested too deeply or holds too many values")]
    TooComplex,
    /// `<<`.
    #[error("merge keys are not part of the policy language")]
    MergeKey,
    /// `---` between two documents.
    #[error("the text holds more than one document")]
    SeveralDocuments,
    /// `*name` without `&name`.
    #[error("this begins with `*` and so names an anchor, which is not there")]
    UnknownAnchor,
    /// A key that is a list, a map or nothing.
    #[error("a key is text")]
    KeyNotText,
    /// A key that only one file of a folder may have.
    #[error("the key `{0}` stands in another file as well")]
    SeveralFiles(Excerpt),
    /// A value of another kind.
    #[error("{what} is {expected}, not {found}")]
    WrongKind {
        /// What the value stands for.
        what: &'static str,
        /// What it should be.
        expected: Expected,
        /// What it is.
        found: Kind,
    },
    /// A key that is not known there.
    #[error("{inside} has no key `{key}`")]
    UnknownKey {
        /// Where it stands.
        inside: &'static str,
        /// The key.
        key: Excerpt,
        /// The keys there are.
        choice: Choice,
    },
    /// The same key twice.
    #[error("the key `{0}` stands here twice")]
    DuplicateKey(Excerpt),
    /// A key that must be there.
    #[error("{inside} needs the key `{key}`")]
    MissingKey {
        /// Where it is missing.
        inside: &'static str,
        /// The key.
        key: &'static str,
    },
    /// No such version of the language.
    #[error("only version 1 of the policy language exists")]
    Version,
    /// A word that is not known there.
    #[error("`{word}` is no {what}")]
    UnknownWord {
        /// What it would be.
        what: &'static str,
        /// The word.
        word: Excerpt,
        /// The words there are.
        choice: Choice,
    },
    /// `unlisted: public`.
    #[error("`unlisted` is never `{0}`: a forgotten route would be open to everyone")]
    UnlistedOpen(&'static str),
    /// A list where a requirement is asked for.
    #[error("a list says neither whether all of it must hold nor whether any does")]
    BareList,
    /// `{}`.
    #[error("an empty map requires nothing")]
    EmptyMap,
    /// `[]`.
    #[error("an empty list requires nothing")]
    EmptyList,
    /// `public` or `optional` where somebody must be signed in.
    #[error("`{0}` cannot stand here: it does not ask who is there")]
    OpenWord(&'static str),
    /// `not: signed_in`.
    #[error("`not` takes a map, not a word")]
    WordUnderNot,
    /// `all` of values of which a user has one.
    #[error("nobody has {0} and another one at the same time")]
    AllOfOne(&'static str),
    /// Methods beside requirements.
    #[error("a map holds either methods or requirements, not both")]
    MixedMethods,
    /// `get`, `GTE`, ` `.
    #[error("`{method}` is no HTTP method")]
    Method {
        /// What was written.
        method: Excerpt,
        /// The common method that is close to it.
        meant: Option<&'static str>,
    },
    /// A method where a requirement is asked for, or in small letters.
    #[error("a requirement has no key `{0}`")]
    MisplacedMethod(Excerpt),
    /// A method that has a rule already.
    #[error("the method `{0}` is listed twice")]
    DuplicateMethod(Excerpt),
    /// A key that stands on a rule, within a requirement or where it would be about several rules.
    #[error("`{0}` cannot stand here")]
    Misplaced(&'static str),
    /// `{ mode: shadow }`, `{ preflight: allow }`.
    #[error("`{0}` stands beside a requirement, and there is none")]
    NothingBeside(&'static str),
    /// A role, permission, feature, plan or organization that cannot be a name.
    #[error("`{name}` is no name of {what}")]
    Name {
        /// What it would name.
        what: &'static str,
        /// The text.
        name: Excerpt,
    },
    /// `org:sys_…`.
    #[error("`{0}` is a system permission, which no session token carries")]
    SystemPermission(Excerpt),
    /// A feature or plan with a scope that Clerk does not know.
    #[error("{0}")]
    Entitlement(EntitlementKeyError),
    /// Minutes outside what Clerk takes.
    #[error("`after_minutes` is a number from 1 to 99998")]
    AfterMinutes,
    /// `12H`, `0m`, `30`.
    #[error("`{written}` {error}")]
    Age {
        /// What was written.
        written: Excerpt,
        /// What is wrong with it.
        error: AgeError,
        /// The most that can be asked for there, in minutes.
        most_minutes: u32,
    },
    /// A path template.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// Two templates for the same paths.
    #[error("`{0}` stands for the same paths as another template")]
    TemplateTie(Excerpt),
    /// A host.
    #[error(transparent)]
    Host(#[from] HostPatternError),
    /// Two keys for one host.
    #[error("the host `{0}` stands here twice")]
    DuplicateHost(Excerpt),
    /// An action.
    #[error("`{0}` is no name of an action")]
    ActionName(Excerpt),
    /// A guard.
    #[error("`{0}` is no name of a guard")]
    GuardName(Excerpt),
    /// A guard over a route that asks nobody who they are.
    #[error("the guard `{guard}` stands over `{rule}`, which is public")]
    GuardOverPublic {
        /// The guard.
        guard: Excerpt,
        /// The rule.
        rule: Excerpt,
    },
    /// A condition.
    #[error(transparent)]
    Condition(#[from] ConditionProblem),
    /// A header.
    #[error(transparent)]
    HeaderName(#[from] HeaderNameError),
    /// Two headers that some server takes for one.
    #[error("`{0}` is the same header to some servers as another one here")]
    HeaderTie(Excerpt),
    /// An address.
    #[error("a browser cannot be sent here: {0}")]
    Location(LocationError),
    /// The words for a refusal.
    #[error(transparent)]
    Response(#[from] ResponseError),
    /// A person or a case of the tests.
    #[error(transparent)]
    Suite(#[from] SuiteProblem),
}

impl Problem {
    pub(super) fn yaml(message: &str) -> Self {
        Self::Yaml(Excerpt::of(message))
    }

    /// What to write instead.
    #[must_use]
    pub fn help(&self) -> Option<Cow<'static, str>> {
        let help = match self {
            Self::UnknownKey { choice, .. } | Self::UnknownWord { choice, .. } => {
                return Some(choice.help());
            }
            Self::Method { meant: Some(meant), .. } => {
                return Some(format!("did you mean `{meant}`?").into());
            }
            Self::Method { meant: None, .. } => {
                "write a method such as `GET`, or several as `PUT, PATCH`"
            }
            Self::Age { written, error, most_minutes } => {
                return Some(age_help(written, error, *most_minutes));
            }
            Self::Response(error) => return Some(error.help()),
            Self::Template(error) => error.help(),
            Self::Host(error) => error.help(),
            Self::HeaderName(error) => error.help(),
            Self::Yaml(message) if message.as_str().contains(" flow ") => {
                "between brackets or braces, put a text that holds any of `{}[],` in quotes"
            }
            Self::Suite(problem) => return Some(problem.help()),
            Self::Yaml(_) => return None,
            Self::TooLarge => "split what the policy decides between several sidecars",
            Self::TooComplex => "write it flatter, and use fewer aliases",
            Self::MergeKey => "write the keys out, or give a whole value an anchor and an alias",
            Self::SeveralDocuments => "leave out the line `---` and what follows it",
            Self::UnknownAnchor => "put it in quotes, such as `\"*.shop.test\"`",
            Self::KeyNotText => "put it in quotes",
            Self::SeveralFiles(_) => "write it in one file only",
            Self::WrongKind { expected, found, .. } => expected.help(*found),
            Self::DuplicateKey(_) | Self::DuplicateHost(_) | Self::DuplicateMethod(_) => {
                "leave one of the two out"
            }
            Self::MissingKey { key: "version", .. } => "begin with `version: 1`",
            Self::MissingKey { key, .. } => return Some(format!("add `{key}`").into()),
            Self::Version => "write `version: 1`",
            Self::UnlistedOpen(_) => {
                "write `denied` or `signed_in`, and name what is open in `routes`"
            }
            Self::BareList => "write `any: [...]` or `all: [...]`",
            Self::EmptyList => "write at least one element",
            Self::EmptyMap => {
                "write `signed_in` for everyone who is signed in, or `public` for everyone"
            }
            Self::OpenWord(_) => "write `signed_in`, or make it the only word of a route",
            Self::WordUnderNot => "write what must not hold, such as `not: { role: org:guest }`",
            Self::AllOfOne(_) => "write `any:`",
            Self::MisplacedMethod(_) => "methods are written in capitals, directly below a path",
            Self::Misplaced("mode") => {
                "write it beside the requirement of one rule: a path without methods, a method, an \
                 action or a guard"
            }
            Self::Misplaced(_) => "write it directly below a path, a host, or at the top",
            Self::NothingBeside(_) => {
                "write what is required beside it; `all: [signed_in]` is everyone who is signed in"
            }
            Self::MixedMethods => "write the requirement below each method",
            Self::Name { .. } => {
                "write one name without blanks and commas; several go below `any:` or `all:`"
            }
            Self::SystemPermission(_) => "require the role instead, or a custom permission",
            Self::Entitlement(_) => "write the name alone, or `org:name` or `user:name`",
            Self::AfterMinutes => "write for instance `after_minutes: 10`",
            Self::TemplateTie(_) => {
                "names of parameters and letter case make no difference: leave one of the two out"
            }
            Self::ActionName(_) => {
                "write letters, digits, `.`, `:`, `_` and `-`, such as `invoice.refund`"
            }
            Self::GuardName(_) => {
                "write letters, digits, `.`, `:`, `_` and `-`, such as `fresh-deletes`"
            }
            Self::GuardOverPublic { .. } => {
                "make the guard or the route narrower, or write `even_public: true` on the guard: the \
                 route is public no more where it stands"
            }
            Self::Condition(problem) => return Some(problem.help()),
            Self::HeaderTie(_) => {
                "letter case, `_` and `-` make no difference: leave one of the two out"
            }
            Self::Location(_) => "write an absolute address such as `https://shop.test/sign-in`",
        };
        Some(help.into())
    }
}

/// What to write instead of an age that is none.
fn age_help(written: &Excerpt, error: &AgeError, most_minutes: u32) -> Cow<'static, str> {
    match error {
        AgeError::Form(Some(meant)) => format!("did you mean `{meant}`?").into(),
        AgeError::NoUnit => format!(
            "write `{written}m` for minutes, `{written}h` for hours or `{written}d` for days"
        )
        .into(),
        AgeError::TooLong => {
            // Whole days read better than every minute there is.
            let days = AgeLimit::from_minutes(most_minutes / 1440 * 1440);
            days.map_or("write less".into(), |most| format!("write at most `{most}`").into())
        }
        AgeError::Zero | AgeError::Seconds | AgeError::Form(None) => {
            "write minutes, hours or days, such as `30m`, `12h` or `7d`".into()
        }
    }
}
