//! A decision in the words of the record.

use crate::case::Case;
use bailiff::{
    clerk::{
        Jwt, JwtKind, MachineError, Standing,
        request::{Authentication, RedirectCause, SignedIn, SignedOutReason},
    },
    core::{
        credential::{CredentialKind, CredentialKinds},
        machine::Machine,
    },
};

/// The decision in the words of the record.
pub(crate) struct Outcome<'d> {
    pub(crate) status: &'static str,
    pub(crate) reason: Option<&'d SignedOutReason>,
    pub(crate) session: Option<&'d SignedIn>,
    pub(crate) machine: Option<&'d Machine>,
    /// Whether the session is no signed-in user for now.
    pub(crate) pending: bool,
}

impl<'d> Outcome<'d> {
    pub(crate) fn of(authentication: &'d Authentication) -> Self {
        let out = Self {
            status: "signed-out",
            reason: None,
            session: None,
            machine: None,
            pending: false,
        };
        match authentication {
            Authentication::SignedIn(session) => {
                Self { status: "signed-in", session: Some(session), ..out }
            }
            Authentication::Pending(session) => {
                let pending = session.token.standing() == Standing::Pending;
                Self { status: "signed-in", session: Some(session), pending, ..out }
            }
            Authentication::Machine(machine) => {
                Self { status: "signed-in", machine: Some(machine), ..out }
            }
            Authentication::SignedOut(signed_out) => {
                Self { reason: Some(&signed_out.reason), ..out }
            }
            Authentication::Redirect(redirect) => match &redirect.cause {
                RedirectCause::Returned(result) => Self::of(result),
                RedirectCause::Handshake(reason) => {
                    Self { status: "handshake", reason: Some(reason), ..out }
                }
            },
        }
    }

    /// Whether a credential was accepted.
    pub(crate) const fn is_signed_in(&self) -> bool {
        self.session.is_some() || self.machine.is_some()
    }
}

/// The words for an outcome, where they depend on more than the library's own reason.
pub(crate) struct Said {
    pub(crate) reason: Option<String>,
    pub(crate) token_type: Option<&'static str>,
}

impl Said {
    pub(crate) fn of(case: &Case, outcome: &Outcome<'_>) -> Self {
        let Some(reason) = outcome.reason else {
            let kind = outcome.machine.map(|machine| machine.kind.as_str());
            let session = CredentialKind::SessionToken.as_str();
            return Self { reason: None, token_type: Some(kind.unwrap_or(session)) };
        };
        if Self::is_missing_in_a_list(case, reason) {
            return Self { reason: Some("token-type-mismatch".to_owned()), token_type: None };
        }
        let is_broken_jwt = |token: &str| token.split('.').count() == 3;
        let implausible = matches!(reason, SignedOutReason::Machine(_, MachineError::Implausible));
        // The package takes what looks like a JWT, and is none, for a machine's token.
        let token_type = if implausible && case.header_token().is_some_and(is_broken_jwt) {
            Some(CredentialKind::M2mToken)
        } else {
            reason.credential_kind()
        };
        Self {
            reason: Some(reason.clerk_reason().into_owned()),
            token_type: token_type.map(CredentialKind::as_str),
        }
    }

    /// To the library a list of one kind is that kind. The package words it as for any list: what is
    /// presented, or a session where nothing is, is not among the kinds.
    fn is_missing_in_a_list(case: &Case, reason: &SignedOutReason) -> bool {
        let none_of_them = matches!(
            reason,
            SignedOutReason::KindNotAccepted(_) | SignedOutReason::NoHeaderToken(_)
        );
        let other_kind = none_of_them
            || matches!(reason, SignedOutReason::Token(_))
                && case.accepts() == Some(CredentialKinds::SESSION)
                && brings_a_machine_token(case);
        case.accepts_a_list() && other_kind
    }
}

/// Whether the Authorization header holds a token that is not a session's by its form.
fn brings_a_machine_token(case: &Case) -> bool {
    case.header_token().is_some_and(|token| {
        ["mt_", "oat_", "ak_"].iter().any(|prefix| token.starts_with(prefix))
            || Jwt::decode(token).is_ok_and(|jwt| jwt.kind() != JwtKind::Session)
    })
}
