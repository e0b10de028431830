//! The entry: one instance with its keys, deciding who a request or a token stands for.

use super::{
    counters::Counters,
    instance::Instance,
    keys::{Freshness, Readiness},
    machine::OpaqueTokens,
    outside::Connected,
    request::{
        Authentication, Credential, Procedure, ReturnTo, SignInRequest, SignedOutReason, Visit,
        Visitor, credential, sign_in_address, start_handshake, without_clerks_parameters,
    },
    token_error::TokenError,
    verified_tokens::VerifiedTokens,
    verifier::Verifier,
};
use crate::core::{
    clock::Timestamp,
    cookie::Cookies,
    credential::CredentialKinds,
    header::Headers,
    http_request::{HttpRequest, Scheme},
    location::Location,
    notice::CutOff,
};
use std::sync::Arc;
use tokio::sync::watch;

/// Authenticates for one instance.
#[derive(Debug)]
pub struct Authenticator {
    verifier: Verifier,
    outside: Connected,
}

impl Authenticator {
    /// Puts an instance, its keys and the store of verified tokens together. The store may serve
    /// several instances.
    #[must_use]
    pub fn new(
        instance: Instance,
        outside: Connected,
        tokens: Arc<VerifiedTokens>,
        counters: Arc<Counters>,
    ) -> Self {
        let opaque = OpaqueTokens::new(&instance.machines);
        Self { verifier: Verifier { instance, tokens, opaque, counters }, outside }
    }

    /// Decides about an HTTP request, for which credentials of the kinds in `accepts` count. Without
    /// suspending, unless a key or Clerk must be asked.
    ///
    /// A kind is told by the form of the credential in the Authorization header; cookies hold nothing
    /// but sessions, and are not looked at where those do not count.
    pub async fn authenticate(
        &self,
        request: &HttpRequest<'_>,
        accepts: CredentialKinds,
        now: Timestamp,
    ) -> Authentication {
        self.decide(request, Visitor::Browser, accepts, now).await
    }

    async fn decide(
        &self,
        request: &HttpRequest<'_>,
        visitor: Visitor,
        accepts: CredentialKinds,
        now: Timestamp,
    ) -> Authentication {
        let (verifier, outside) = (&self.verifier, &self.outside);
        let procedure = Procedure { verifier, outside, request, visitor, accepts, now };
        let result = procedure.run().await;
        if result.starts_handshake() {
            self.verifier.counters.handshake_started.increment();
        }
        result
    }

    /// Decides about the headers of a request whose address is not known: nobody is sent anywhere.
    pub async fn authenticate_headers(
        &self,
        headers: &Headers<'_>,
        accepts: CredentialKinds,
        now: Timestamp,
    ) -> Authentication {
        let request = HttpRequest {
            // Neither renewal nor redirect is meant for such a caller.
            method: "",
            scheme: Scheme::Https,
            authority: "headers.invalid",
            target: "/",
            headers: headers.clone(),
            peer: None,
        };
        self.decide(&request, Visitor::Service, accepts, now).await
    }

    /// Where a browser signs in: at `page`, else at the instance's own page. `back` is the address it
    /// comes back to; a development browser is handed over. `None` if no address comes of it.
    #[must_use]
    pub fn sign_in_location(
        &self,
        request: &HttpRequest<'_>,
        page: Option<&Location>,
        back: Option<&Location>,
        pending: bool,
        now: Timestamp,
    ) -> Option<Location> {
        let jar = Cookies::parse(&request.headers);
        let visit = Visit::read(&self.verifier, request, &jar, None, now).ok()?;
        let back = back.map(without_clerks_parameters);
        let sign_in = SignInRequest {
            address: &visit.address,
            page,
            return_to: back
                .as_ref()
                .map_or(ReturnTo::Nowhere, |back| ReturnTo::Address(back.as_str())),
            dev_browser: visit.dev_browser.as_deref(),
            pending,
        };
        sign_in_address(&self.verifier.instance, &sign_in).ok()
    }

    /// What becomes of a request whose valid token is too old for what has happened since: a browser
    /// that loads a page is sent for fresh cookies, and for everybody else nobody is signed in.
    #[must_use]
    pub fn renew(&self, request: &HttpRequest<'_>, now: Timestamp) -> Authentication {
        let jar = Cookies::parse(&request.headers);
        let instance = &self.verifier.instance;
        let reason = SignedOutReason::CutOff(CutOff::Stale);
        let renewed = match Visit::read(&self.verifier, request, &jar, None, now) {
            Ok(visit) => start_handshake(instance, &visit, reason),
            Err(_) => Authentication::signed_out(reason),
        };
        if renewed.starts_handshake() {
            self.verifier.counters.handshake_started.increment();
        }
        renewed
    }

    /// Decides about a bare token: no cookies, no renewal, no redirect.
    pub async fn authenticate_token(
        &self,
        token: &str,
        accepts: CredentialKinds,
        now: Timestamp,
    ) -> Authentication {
        let refused = |error| Authentication::signed_out(SignedOutReason::Token(error));
        let opened = match credential(&self.verifier, &self.outside, accepts, token, now).await {
            Credential::Decided(authentication) => return authentication,
            Credential::Session(opened) => opened,
        };
        match opened {
            Err(error) => refused(error),
            Ok(presented) if presented.is_of_another_kind() => refused(TokenError::Kind),
            Ok(presented) => {
                match self.verifier.verify(token, &presented, &self.outside, now).await {
                    Ok(token) => Authentication::verified(token),
                    Err(error) => refused(error),
                }
            }
        }
    }

    /// The settings.
    #[must_use]
    pub const fn instance(&self) -> &Instance {
        &self.verifier.instance
    }

    /// What happened how often.
    #[must_use]
    pub const fn counters(&self) -> &Arc<Counters> {
        &self.verifier.counters
    }

    /// How many opaque credentials are kept: those vouched for, and those unknown.
    #[cfg(test)]
    pub(super) async fn opaque_entries(&self) -> (u64, u64) {
        self.verifier.opaque.entries().await
    }

    /// Whether keys are at hand, as it changes.
    #[must_use]
    pub fn readiness(&self) -> watch::Receiver<Readiness> {
        self.outside.keys.readiness()
    }

    /// How old the keys are.
    #[must_use]
    pub fn freshness(&self, now: Timestamp) -> Freshness {
        self.outside.keys.freshness(now)
    }
}

#[cfg(test)]
mod tests;
