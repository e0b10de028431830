//! From a machine credential to whom it stands for.

use super::{answer, claims, error::MachineError, form::OpaqueToken, meant_for};
use crate::{
    clerk::{
        jwt::{Jwt, JwtKind},
        outside::Outside,
        token_error::TokenError,
        verified_tokens::{Fingerprint, Known, VerifiedMachine},
        verifier::{Presented, Verifier, is_still_held},
        verify::RegisteredClaims,
    },
    core::{
        clock::Timestamp,
        machine::{Machine, MachineKind},
        span,
    },
};
use std::sync::Arc;

impl Verifier {
    /// Verifies a JWT that is a machine's by its form, with the instance's keys.
    pub(in crate::clerk) async fn verify_machine(
        &self,
        token: &str,
        presented: &Presented<'_>,
        outside: &impl Outside,
        now: Timestamp,
    ) -> Result<Arc<Machine>, MachineError> {
        let known = match presented {
            Presented::Known(_) => return Err(MachineError::Token(TokenError::Kind)),
            Presented::Decoded(jwt) => {
                return self.verify_decoded_machine(token, jwt, outside, now).await;
            }
            Presented::KnownMachine(known) => known,
        };
        if !is_still_held(known.key_id.as_deref(), &known.key, outside, now) {
            self.tokens.remove(&self.instance, known.fingerprint);
            let jwt = Jwt::decode(token)?;
            return self.verify_decoded_machine(token, &jwt, outside, now).await;
        }
        self.counters.cache_hit.increment();
        span::note("bailiff.cache", "hit");
        self.check_machine(&known.machine, &known.registered, now)?;
        Ok(Arc::clone(&known.machine))
    }

    async fn verify_decoded_machine(
        &self,
        token: &str,
        jwt: &Jwt<'_>,
        outside: &impl Outside,
        now: Timestamp,
    ) -> Result<Arc<Machine>, MachineError> {
        self.counters.cache_miss.increment();
        span::note("bailiff.cache", "miss");
        let kind = jwt.kind();
        if kind == JwtKind::M2m && !jwt.may_be_m2m_class() {
            return Err(MachineError::Class);
        }
        let key = self.authentic(jwt, kind, outside, now).await?;
        let registered = RegisteredClaims::read(jwt);
        let machine = match kind {
            JwtKind::Session => return Err(MachineError::Token(TokenError::Kind)),
            JwtKind::M2m => claims::m2m(jwt, self.instance.name(), &registered)?,
            JwtKind::Oauth => claims::oauth(jwt, self.instance.name(), &registered)?,
        };
        self.check_machine(&machine, &registered, now)?;
        let machine = Arc::new(machine);
        let verified = VerifiedMachine {
            fingerprint: Fingerprint::of(token),
            machine: Arc::clone(&machine),
            registered,
            key_id: jwt.key_id().map(Into::into),
            key,
        };
        self.tokens.insert(&self.instance, Known::Machine(Arc::new(verified)), now);
        Ok(machine)
    }

    /// Checks what can have changed since the signature was checked.
    fn check_machine(
        &self,
        machine: &Machine,
        registered: &RegisteredClaims,
        now: Timestamp,
    ) -> Result<(), MachineError> {
        registered.check_of_machine(&self.instance, now)?;
        let audience = registered.audience();
        match machine.kind {
            MachineKind::M2mToken => meant_for::m2m_jwt(&self.instance, &machine.scopes, audience),
            MachineKind::OauthToken => meant_for::oauth(&self.instance, audience),
            // An API key is never a JWT.
            MachineKind::ApiKey => Err(MachineError::Token(TokenError::Kind)),
        }
    }

    /// Asks Clerk about an opaque credential, unless it has just been asked.
    pub(in crate::clerk) async fn verify_opaque(
        &self,
        token: &str,
        outside: &impl Outside,
        now: Timestamp,
    ) -> Result<Arc<Machine>, MachineError> {
        let Some(token) = OpaqueToken::new(token) else {
            self.counters.machine_implausible.increment();
            return Err(MachineError::Implausible);
        };
        let ask = async {
            let answer = outside.verify_machine_token(token).await?;
            answer::read(&answer, token, &self.instance, now)
        };
        self.opaque.resolve(token, now, &self.counters, ask).await
    }
}
