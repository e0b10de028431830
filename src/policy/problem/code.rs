//! The name of each kind of problem, for machines.

use super::Problem;

macro_rules! codes {
    ($($pattern:pat => $code:literal,)*) => {
        impl Problem {
            /// Every code there is.
            pub const CODES: &'static [&'static str] = &[$($code),*];

            /// The stable name of this kind of problem.
            #[must_use]
            pub const fn code(&self) -> &'static str {
                match self {
                    $($pattern => $code,)*
                }
            }
        }
    };
}

codes! {
    Self::TooLarge => "too-large",
    Self::Yaml(_) => "yaml",
    Self::TooComplex => "too-complex",
    Self::MergeKey => "merge-key",
    Self::SeveralDocuments => "several-documents",
    Self::SeveralFiles(_) => "several-files",
    Self::UnknownAnchor => "unknown-anchor",
    Self::KeyNotText => "key-not-text",
    Self::WrongKind { .. } => "wrong-kind",
    Self::UnknownKey { .. } => "unknown-key",
    Self::DuplicateKey(_) => "duplicate-key",
    Self::MissingKey { .. } => "missing-key",
    Self::Version => "version",
    Self::UnknownWord { .. } => "unknown-word",
    Self::UnlistedOpen(_) => "unlisted-open",
    Self::BareList => "bare-list",
    Self::EmptyMap => "empty-map",
    Self::EmptyList => "empty-list",
    Self::OpenWord(_) => "open-word",
    Self::WordUnderNot => "word-under-not",
    Self::AllOfOne(_) => "all-of-one",
    Self::MixedMethods => "mixed-methods",
    Self::Method { .. } => "method",
    Self::MisplacedMethod(_) => "misplaced-method",
    Self::DuplicateMethod(_) => "duplicate-method",
    Self::Name { .. } => "name",
    Self::SystemPermission(_) => "system-permission",
    Self::Entitlement(_) => "entitlement",
    Self::AfterMinutes => "after-minutes",
    Self::Age { .. } => "age",
    Self::Template(_) => "path-template",
    Self::TemplateTie(_) => "template-tie",
    Self::Host(_) => "host",
    Self::DuplicateHost(_) => "duplicate-host",
    Self::ActionName(_) => "action-name",
    Self::HeaderName(_) => "header-name",
    Self::HeaderTie(_) => "header-tie",
    Self::Location(_) => "address",
    Self::Misplaced(_) => "misplaced",
    Self::NothingBeside(_) => "nothing-beside",
    Self::GuardName(_) => "guard-name",
    Self::GuardOverPublic { .. } => "guard-over-public",
    Self::Condition(_) => "condition",
    Self::Response(_) => "response",
    Self::Suite(_) => "case",
}
