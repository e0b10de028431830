//! The lints there are.

use super::super::diagnostic::Severity;
use std::fmt;

macro_rules! lints {
    ($($variant:ident = $name:literal, $severity:ident, $meaning:literal;)*) => {
        /// The stable name of a lint.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Code {
            $(#[doc = $meaning] $variant,)*
        }

        impl Code {
            /// Every lint, in the order of the documentation.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Their names.
            pub(in crate::policy) const NAMES: &'static [&'static str] = &[$($name,)*];

            /// The name used in policies and in reports.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            /// How much it weighs.
            #[must_use]
            pub const fn severity(self) -> Severity {
                match self {
                    $(Self::$variant => Severity::$severity,)*
                }
            }

            /// What it finds, in one sentence.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self {
                    $(Self::$variant => $meaning,)*
                }
            }
        }
    };
}

lints! {
    OpenUnlisted = "open-unlisted", Warning,
        "What no route names is open to whoever signs in.";
    CatchAllPublic = "catch-all-public", Warning,
        "A route for every path lets everyone in, so that forgotten paths are open.";
    UnsafeMethodPublic = "unsafe-method-public", Warning,
        "Everyone may send requests that change something, where that is not usual.";
    PublicUnderProtected = "public-under-protected", Note,
        "A route is open to everyone in the midst of routes that are not.";
    HostLoosensRoute = "host-loosens-route", Warning,
        "A host's own table lets in whom the table for all other hosts keeps out.";
    UnreachableRoute = "unreachable-route", Warning,
        "Other templates take every path that a template stands for.";
    HiddenMethod = "hidden-method", Note,
        "A method is refused below a template though a wider template lists it.";
    GuardMatchesNothing = "guard-matches-nothing", Warning,
        "A guard, or one of its paths, stands over no route.";
    GuardClosesRoute = "guard-closes-route", Warning,
        "A guard and a rule below it cannot hold together.";
    ShadowRule = "shadow-rule", Warning,
        "A rule or guard is tried, not enforced.";
    Contradiction = "contradiction", Warning,
        "Nobody can meet a requirement, or one branch of it.";
    AlwaysTrue = "always-true", Warning,
        "A requirement asks for no more than signing in.";
    DuplicateBranch = "duplicate-branch", Warning,
        "A part of a requirement changes nothing.";
    AnyWithOne = "any-with-one", Note,
        "An `any` has a single branch.";
    RoleInsteadOfPermission = "role-instead-of-permission", Note,
        "Several roles are listed where one permission says what is meant.";
    SimilarName = "similar-name", Warning,
        "A name is spelt nearly like another one.";
    MissingTests = "missing-tests", Note,
        "No case says what the policy is meant to decide.";
    UnusedSilencer = "unused-silencer", Warning,
        "An entry of `lints` allows what is not found.";
}

impl Code {
    /// From its name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.as_str() == name)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}
