//! Whoever is identified by a valid credential may have been cut off since it was issued.

use super::{instances::InstanceEntry, revocations::Revocations};
use crate::{
    clerk::request::{Authentication, SignedIn, SignedOut, SignedOutReason},
    core::{
        clock::Timestamp,
        identity::Caller,
        notice::CutOff,
        question::{CredentialSource, Question, Wanted},
    },
};

/// What becomes of an authentication once everything that was heard has been looked at.
pub(super) fn unless_cut_off(
    revocations: &Revocations,
    instance: &InstanceEntry,
    question: &Question<'_>,
    authentication: Authentication,
    now: Timestamp,
) -> Authentication {
    let session = match &authentication {
        Authentication::SignedIn(session) | Authentication::Pending(session) => session,
        Authentication::Machine(machine) => {
            let reason = revocations.cut_off(Caller::Machine(machine), now);
            let refused = |cut_off| Authentication::signed_out(SignedOutReason::CutOff(cut_off));
            return reason.map_or(authentication, refused);
        }
        Authentication::SignedOut(_) | Authentication::Redirect(_) => return authentication,
    };
    match revocations.cut_off(Caller::User(session.user()), now) {
        None => authentication,
        // Clerk has put the claims together while this request was decided.
        Some(CutOff::Stale) if is_fresh(session) => authentication,
        Some(CutOff::Stale) => {
            let response = session.response.clone();
            renewed(instance, question, now).unwrap_or_else(|| {
                let reason = SignedOutReason::CutOff(CutOff::Stale);
                Authentication::SignedOut(SignedOut { reason, response })
            })
        }
        Some(cut_off) => Authentication::SignedOut(SignedOut {
            reason: SignedOutReason::CutOff(cut_off),
            response: session.response.clone(),
        }),
    }
}

fn is_fresh(session: &SignedIn) -> bool {
    session.fresh_token.is_some() || session.response.after_handshake
}

/// A browser that loads a page is sent for fresh cookies.
fn renewed(
    instance: &InstanceEntry,
    question: &Question<'_>,
    now: Timestamp,
) -> Option<Authentication> {
    match (&question.credential, &question.wanted) {
        (CredentialSource::Request, Wanted::Http(request)) => {
            Some(instance.authenticator.renew(request, now))
        }
        _ => None,
    }
}
