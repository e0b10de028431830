//! What the lints find, in words.

use super::{super::wording::Excerpt, code::Code};
use crate::core::id::RuleId;
use std::borrow::Cow;
use thiserror::Error;

/// One kind of finding, with what it is about.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Finding {
    /// `unlisted: signed_in`.
    #[error("what no route names is open to everyone who signs in")]
    OpenUnlisted,
    /// `/{**}: public`.
    #[error("`/{{**}}` is `{word}`: a path that nobody thought of is open to everyone")]
    CatchAllPublic {
        /// `public` or `optional`.
        word: &'static str,
    },
    /// `DELETE: public`.
    #[error("everyone may send `{method}` here")]
    UnsafeMethodPublic {
        /// The first such method.
        method: Box<str>,
    },
    /// `public` without methods.
    #[error("everyone may send every method here, also those that change something")]
    EveryMethodPublic,
    /// A public route below a wider template that is not.
    #[error("everyone is let in here, though `{wider}` around it is protected")]
    PublicUnderProtected {
        /// The wider template.
        wider: Excerpt,
    },
    /// A public route whose neighbours are not.
    #[error("everyone is let in here, though all else below `{prefix}` is protected")]
    PublicAmongProtected {
        /// What the routes begin with.
        prefix: Excerpt,
    },
    /// A host's rule that asks for less than the rule that holds elsewhere.
    #[error(
        "this stands for `{template}` on this host, and asks for less than that does elsewhere"
    )]
    HostLoosensRoute {
        /// The template of the table for all hosts.
        template: Excerpt,
    },
    /// A template behind others.
    #[error("no request reaches `{0}`: more specific templates take every path it stands for")]
    UnreachableRoute(Excerpt),
    /// A method that a wider template lists.
    #[error("`{method}` is refused here, though `{wider}` lists it")]
    HiddenMethod {
        /// The method.
        method: Box<str>,
        /// The wider template.
        wider: Excerpt,
    },
    /// A guard over nothing.
    #[error("`{guard}` stands over no route")]
    GuardMatchesNothing {
        /// The guard.
        guard: RuleId,
    },
    /// A path of a guard that stands over nothing.
    #[error("the path `{path}` of `{guard}` matches no route")]
    GuardPathMatchesNothing {
        /// The guard.
        guard: RuleId,
        /// The path.
        path: Excerpt,
    },
    /// A guard and a rule that contradict one another.
    #[error("nobody is let in here: `{guard}` asks for what contradicts this rule")]
    GuardClosesRoute {
        /// The guard.
        guard: RuleId,
    },
    /// `mode: shadow`.
    #[error("`{0}` is tried, not enforced")]
    ShadowRule(RuleId),
    /// Nobody can meet it.
    #[error("nobody meets what `{rule}` asks: {reason}")]
    Contradiction {
        /// The rule.
        rule: RuleId,
        /// Why not.
        reason: Never,
    },
    /// Nobody can meet one branch of an `any`.
    #[error("nobody comes in by the branch that asks for {0}")]
    DeadBranch(Excerpt),
    /// Everybody meets it.
    #[error("everyone who is signed in meets what `{0}` asks")]
    AlwaysTrue(RuleId),
    /// A branch of an `any` that others cover.
    #[error("the branch that asks for {0} lets in nobody whom the others do not")]
    CoveredBranch(Excerpt),
    /// The same thing asked twice.
    #[error("{0} is asked for twice")]
    AskedTwice(Excerpt),
    /// `any: [x]`.
    #[error("`any` of a single thing is that thing")]
    AnyWithOne,
    /// `role: { any: [a, b] }`.
    #[error("several roles pass here: {0}")]
    RoleInsteadOfPermission(Excerpt),
    /// Nearly the same name.
    #[error("{what} `{name}` is spelt nearly like `{other}`, which is used {often}")]
    SimilarName {
        /// What it names.
        what: &'static str,
        /// The name.
        name: Excerpt,
        /// The other name.
        other: Excerpt,
        /// How often that is used.
        often: Often,
    },
    /// No cases.
    #[error("no case says what this policy is meant to decide")]
    MissingTests,
    /// An entry of `lints` that does nothing.
    #[error("no `{code}` is found{}", scope(rule.as_ref()))]
    UnusedSilencer {
        /// The lint.
        code: Code,
        /// The rule, if one is named.
        rule: Option<RuleId>,
    },
}

/// Why nobody can meet a requirement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Never {
    /// No kind of credential is left.
    #[error("no kind of credential is left")]
    NoCredential,
    /// A scope of a session.
    #[error("a session has no scopes")]
    SessionScope,
    /// What only people have, asked of machines.
    #[error("only machines are let in, and they have {0}")]
    MachineFact(&'static str),
    /// Anything else.
    #[error("its parts contradict one another")]
    Parts,
}

/// How often a name is used in comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Often {
    /// More often.
    #[error("more often")]
    More,
    /// As often.
    #[error("as well")]
    Equally,
}

fn scope(rule: Option<&RuleId>) -> String {
    rule.map(|rule| format!(" at `{rule}`")).unwrap_or_default()
}

impl Finding {
    /// The lint that finds it.
    #[must_use]
    pub const fn code(&self) -> Code {
        match self {
            Self::OpenUnlisted => Code::OpenUnlisted,
            Self::CatchAllPublic { .. } => Code::CatchAllPublic,
            Self::UnsafeMethodPublic { .. } | Self::EveryMethodPublic => Code::UnsafeMethodPublic,
            Self::PublicUnderProtected { .. } | Self::PublicAmongProtected { .. } => {
                Code::PublicUnderProtected
            }
            Self::HostLoosensRoute { .. } => Code::HostLoosensRoute,
            Self::UnreachableRoute(_) => Code::UnreachableRoute,
            Self::HiddenMethod { .. } => Code::HiddenMethod,
            Self::GuardMatchesNothing { .. } | Self::GuardPathMatchesNothing { .. } => {
                Code::GuardMatchesNothing
            }
            Self::GuardClosesRoute { .. } => Code::GuardClosesRoute,
            Self::ShadowRule(_) => Code::ShadowRule,
            Self::Contradiction { .. } | Self::DeadBranch(_) => Code::Contradiction,
            Self::AlwaysTrue(_) => Code::AlwaysTrue,
            Self::CoveredBranch(_) | Self::AskedTwice(_) => Code::DuplicateBranch,
            Self::AnyWithOne => Code::AnyWithOne,
            Self::RoleInsteadOfPermission(_) => Code::RoleInsteadOfPermission,
            Self::SimilarName { .. } => Code::SimilarName,
            Self::MissingTests => Code::MissingTests,
            Self::UnusedSilencer { .. } => Code::UnusedSilencer,
        }
    }

    /// What to write instead.
    #[must_use]
    pub fn help(&self) -> Cow<'static, str> {
        match self {
            Self::OpenUnlisted => "write `unlisted: denied`, and a route for what is needed".into(),
            Self::CatchAllPublic { .. } => {
                "name what is open, and leave everything else to `unlisted`".into()
            }
            Self::UnsafeMethodPublic { .. } => {
                "require a credential, or allow this lint for the rule if the service checks who asks"
                    .into()
            }
            Self::EveryMethodPublic => "list the methods that are meant, such as `GET: public`".into(),
            Self::PublicUnderProtected { .. } | Self::PublicAmongProtected { .. } => {
                "protect it as well, or allow this lint for the rule if it is meant to be open".into()
            }
            Self::HostLoosensRoute { template } => {
                format!("write `{template}` below the host as well, with what it asks there").into()
            }
            Self::UnreachableRoute(_) => "leave it out, or one of those that stand before it".into(),
            Self::HiddenMethod { method, .. } => {
                format!("list `{method}` here as well: the most specific template alone decides")
                    .into()
            }
            Self::GuardMatchesNothing { .. } | Self::GuardPathMatchesNothing { .. } => {
                "write paths, methods and hosts as the routes have them".into()
            }
            Self::GuardClosesRoute { .. } => {
                "narrow the guard's `paths` or `methods`, or write `denied` if nobody is to pass".into()
            }
            Self::ShadowRule(_) => {
                "leave `mode: shadow` out once the log shows nothing unexpected".into()
            }
            Self::Contradiction { reason, .. } => reason.help().into(),
            Self::DeadBranch(_) => "leave the branch out, or ask for what somebody can have".into(),
            Self::AlwaysTrue(_) => "write `signed_in` if that is meant".into(),
            Self::CoveredBranch(_) => "leave it out, or make the others narrower".into(),
            Self::AskedTwice(_) => "leave one of the two out".into(),
            Self::AnyWithOne => "leave `any` out, or add the other branches".into(),
            Self::RoleInsteadOfPermission(_) => {
                "ask for a permission that these roles have: it stays right when roles change".into()
            }
            Self::SimilarName { other, .. } => format!("write `{other}` if that is meant").into(),
            Self::MissingTests => "write some below `tests`, and play them with `bailiff test`".into(),
            Self::UnusedSilencer { rule: None, .. } => "leave the entry out".into(),
            Self::UnusedSilencer { rule: Some(_), .. } => {
                "leave the entry out, or write the rule's id as `found at` shows it".into()
            }
        }
    }
}

impl Never {
    const fn help(self) -> &'static str {
        match self {
            Self::NoCredential => "write kinds that all parts have in common, or `denied`",
            Self::SessionScope => "name a kind that has scopes, such as `credential: api_key`",
            Self::MachineFact(_) => "ask for a `scope`, or let `session_token` in as well",
            Self::Parts => "write `any:` where one of several is enough, or `denied`",
        }
    }
}
