//! What can be wrong with people and cases, and what to write instead.

use super::super::wording::Excerpt;
use crate::core::location::LocationError;
use std::borrow::Cow;
use thiserror::Error;

/// One kind of mistake in the tests of a policy.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SuiteProblem {
    /// `people: { nobody: … }`.
    #[error("`nobody` is always there, and never signed in")]
    Nobody,
    /// A name that another text describes.
    #[error("the person `{name}` is described in `{other}` already")]
    DuplicatePerson {
        /// The person.
        name: Excerpt,
        /// The name of the other text.
        other: Excerpt,
    },
    /// A person who is a machine as well.
    #[error("whoever has `{machine}` has no `{key}`")]
    MixedPerson {
        /// The kind of machine.
        machine: &'static str,
        /// The other key.
        key: Excerpt,
    },
    /// A permission that does not name its feature, which version 2 tokens cannot hold.
    #[error("the permission `{0}` names no feature")]
    PermissionForm(Excerpt),
    /// A permission whose feature is not among those listed, which version 2 tokens leave out.
    #[error("the permission `{permission}` needs the feature `{feature}`")]
    PermissionWithoutFeature {
        /// The permission.
        permission: Excerpt,
        /// Its feature.
        feature: Excerpt,
    },
    /// `o:pro` without an organization.
    #[error("`{0}` belongs to an organization, and none is active")]
    NoOrganization(Excerpt),
    /// `session: sess_x, session_age: 3h`.
    #[error("the session's id says when it began, and `session_age` would be another id")]
    SessionAgeBesideSession,
    /// Not `[45, never]`.
    #[error("`factors` are two ages in minutes")]
    Factors,
    /// A claim that every token has a meaning for.
    #[error("the claim `{0}` is Clerk's own")]
    ReservedClaim(Excerpt),
    /// A number that JSON cannot hold.
    #[error("this is no number")]
    Number,
    /// Nobody of that name.
    #[error("nobody is called `{name}`")]
    UnknownPerson {
        /// The name.
        name: Excerpt,
        /// The person with a name close to it.
        meant: Option<Excerpt>,
    },
    /// No `request`, `browser`, `grpc` or `action`.
    #[error("the case asks for nothing")]
    NothingAsked,
    /// Two of them.
    #[error("a case asks one thing, and this one asks for `{0}` as well")]
    SeveralAsked(&'static str),
    /// `resource` beside a request, or `host` beside an action.
    #[error("`{key}` says nothing about {asked}")]
    Misplaced {
        /// The key.
        key: &'static str,
        /// What the case asks.
        asked: &'static str,
    },
    /// Not `GET /path`.
    #[error("`{0}` is no method and path")]
    RequestLine(Excerpt),
    /// Not `/package.Service/Method`.
    #[error("`{0}` is no gRPC method")]
    GrpcMethod(Excerpt),
    /// Not `allow`, `deny …` or `redirect …`.
    #[error("`{0}` is nothing that can come of a question")]
    Expectation(Excerpt),
    /// `deny` alone.
    #[error("this does not say why it is denied")]
    DenyWithoutReason,
    /// `redirect` to what is no address.
    #[error("a browser cannot be sent there: {0}")]
    Redirect(LocationError),
    /// No such reason.
    #[error("`{reason}` is no reason to deny")]
    UnknownReason {
        /// What was written.
        reason: Excerpt,
        /// The reason close to it.
        meant: Option<&'static str>,
    },
    /// Not a moment.
    #[error("`{0}` is no moment")]
    Moment(Excerpt),
    /// Not an IP address.
    #[error("`{0}` is no IP address")]
    IpAddress(Excerpt),
    /// Not a header name.
    #[error("`{0}` is no name of a header")]
    HeaderName(Excerpt),
}

impl SuiteProblem {
    pub(in crate::policy) fn help(&self) -> Cow<'static, str> {
        let help = match self {
            Self::UnknownPerson { meant: Some(meant), .. } => {
                return format!("did you mean `{meant}`?").into();
            }
            Self::UnknownReason { meant: Some(meant), .. } => {
                return format!("did you mean `{meant}`?").into();
            }
            Self::PermissionWithoutFeature { feature, .. } => {
                return format!("add `o:{feature}` to `features`, or leave them out").into();
            }
            Self::UnknownPerson { meant: None, .. } => "describe them under `people`",
            Self::UnknownReason { meant: None, .. } => {
                "write a reason from the table in the README, such as `deny permission`"
            }
            Self::Nobody => "give whoever this is another name",
            Self::DuplicatePerson { .. } => "leave one of the two out: people are shared",
            Self::MixedPerson { .. } => "describe two people",
            Self::PermissionForm(_) => "write it in full, such as `org:invoices:read`",
            Self::NoOrganization(_) => "add `organization`, or write `u:` for the user's own",
            Self::SessionAgeBesideSession => "leave one of the two out",
            Self::Factors => "write for instance `[45, never]`: the first and the second factor",
            Self::ReservedClaim(_) => {
                "custom claims cannot replace it: write the key of the person"
            }
            Self::Number => "write a finite number",
            Self::NothingAsked => "add `request`, `browser`, `grpc` or `action`",
            Self::SeveralAsked(_) => "write two cases",
            Self::Misplaced { .. } => "leave it out",
            Self::RequestLine(_) => "write for instance `GET /invoices/7`",
            Self::GrpcMethod(_) => "write for instance `/shop.v1.Invoices/Get`",
            Self::Expectation(_) => {
                "write `allow`, `deny <reason>` or `redirect <address>`, such as `deny signed_out`"
            }
            Self::DenyWithoutReason => "add the reason, such as `deny signed_out`",
            Self::Redirect(_) => {
                "write an absolute address such as `redirect https://shop.test/sign-in`"
            }
            Self::Moment(_) => "write for instance `2026-01-15T12:00:00Z`",
            Self::IpAddress(_) => "write for instance `203.0.113.7`",
            Self::HeaderName(_) => "write for instance `x-request-id`",
        };
        help.into()
    }
}
