//! What a single token stands for: a session, which has more to say, or a machine.

use super::outcome::{Authentication, SignedOutReason};
use crate::{
    clerk::{
        machine::Form,
        outside::Outside,
        token_error::TokenError,
        verifier::{Presented, Verifier},
    },
    core::{clock::Timestamp, credential::CredentialKinds},
};

/// What a token stands for.
pub(in crate::clerk) enum Credential<'t> {
    /// A session, if it verifies; opened, and not believed yet.
    Session(Result<Presented<'t>, TokenError>),
    /// A machine, or nobody: this is the answer.
    Decided(Authentication),
}

/// Tells by its form what kind of credential a token is, whether that kind is accepted, and, if it is
/// a machine's, whom it stands for.
pub(in crate::clerk) async fn credential<'t>(
    verifier: &Verifier,
    outside: &impl Outside,
    accepts: CredentialKinds,
    token: &'t str,
    now: Timestamp,
) -> Credential<'t> {
    let open = |token| verifier.open(token);
    // Where nothing else counts, whatever is presented is tried as a session token.
    if accepts == CredentialKinds::SESSION {
        return Credential::Session(open(token));
    }
    let form = Form::of(token, open);
    let refused = |reason| Credential::Decided(Authentication::signed_out(reason));
    if !accepts.contains(form.kind()) {
        return refused(SignedOutReason::KindNotAccepted(accepts));
    }
    let (kind, verified) = match form {
        Form::Opaque(kind) => (kind, Box::pin(verifier.verify_opaque(token, outside, now)).await),
        Form::Jwt(Err(error)) => return Credential::Session(Err(error)),
        Form::Jwt(Ok(presented)) => match presented.kind().machine() {
            None => return Credential::Session(Ok(presented)),
            Some(kind) => {
                let verify = verifier.verify_machine(token, &presented, outside, now);
                (kind, Box::pin(verify).await)
            }
        },
    };
    match verified {
        Ok(machine) => Credential::Decided(Authentication::Machine(machine)),
        Err(error) => refused(SignedOutReason::Machine(kind, error)),
    }
}
