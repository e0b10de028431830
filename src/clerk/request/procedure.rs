//! The steps in their order. Each either decides or leaves the request to the next.

use super::{
    authorization::{Authorization, authorization},
    credential::{Credential, credential},
    cross_origin,
    handshake::{self, LOOP_LIMIT},
    handshake_return::{self, Returned},
    outcome::{Authentication, ResponseHeaders, SignedIn, SignedOutReason},
    refresh, satellite,
    visit::Visit,
};
use crate::{
    clerk::{
        browser::HandshakeMode,
        claims::Standing,
        outside::Outside,
        token_error::TokenError,
        verified_tokens::VerifiedToken,
        verifier::{Presented, Verifier},
    },
    core::{
        clock::Timestamp,
        cookie::Cookies,
        credential::{CredentialKind, CredentialKinds},
        http_request::HttpRequest,
    },
};
use secrecy::SecretString;
use std::sync::Arc;
use url::Url;

/// One decision about one request at one moment.
pub(in crate::clerk) struct Procedure<'p, O> {
    /// The instance and what has been verified for it.
    pub(in crate::clerk) verifier: &'p Verifier,
    /// Keys and calls.
    pub(in crate::clerk) outside: &'p O,
    /// The request.
    pub(in crate::clerk) request: &'p HttpRequest<'p>,
    /// Whose request it is.
    pub(in crate::clerk) visitor: Visitor,
    /// The kinds of credential that count here.
    pub(in crate::clerk) accepts: CredentialKinds,
    /// The clock.
    pub(in crate::clerk) now: Timestamp,
}

/// Who brings a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::clerk) enum Visitor {
    /// Perhaps a browser, which can be sent elsewhere and takes cookies.
    Browser,
    /// A service that passes headers on: what it is told must not depend on a way back.
    Service,
}

impl<O: Outside> Procedure<'_, O> {
    /// Decides.
    pub(in crate::clerk) async fn run(&self) -> Authentication {
        if self.is_its_own_primary() {
            return Authentication::signed_out(SignedOutReason::SatelliteIsItsOwnPrimary);
        }
        match authorization(&self.request.headers) {
            Authorization::Token(token) => self.by_header(token).await,
            // Machine credentials do not count in cookies.
            Authorization::Absent if !self.accepts.contains(CredentialKind::SessionToken) => {
                Authentication::signed_out(SignedOutReason::NoHeaderToken(self.accepts))
            }
            Authorization::Absent => self.by_cookies().await,
            Authorization::Ambiguous => {
                Authentication::signed_out(SignedOutReason::AmbiguousCredential)
            }
        }
    }

    /// A satellite whose sign-in page is relative, or has the request's own origin, would send browsers
    /// in a circle.
    fn is_its_own_primary(&self) -> bool {
        let browser = &self.verifier.instance.browser;
        let (true, Some(sign_in)) = (browser.is_satellite(), &browser.sign_in_url) else {
            return false;
        };
        let origin = self.request.headers.text("origin");
        origin.is_some_and(|origin| {
            Url::parse(sign_in).map_or(true, |url| url.origin().ascii_serialization() == origin)
        })
    }

    /// The header's token decides alone.
    async fn by_header(&self, token: &str) -> Authentication {
        let opened =
            match credential(self.verifier, self.outside, self.accepts, token, self.now).await {
                Credential::Decided(authentication) => return authentication,
                Credential::Session(opened) => opened,
            };
        let error = match opened {
            Ok(presented) if presented.is_of_another_kind() => TokenError::Kind,
            Ok(presented) => {
                let verified =
                    self.verifier.verify(token, &presented, self.outside, self.now).await;
                match verified {
                    Ok(token) => return Authentication::verified(token),
                    Err(error) => error,
                }
            }
            Err(error) => error,
        };
        let Some(untimely) = Untimely::of(error) else {
            return Authentication::signed_out(SignedOutReason::Token(error));
        };
        Box::pin(async {
            let jar = Cookies::parse(&self.request.headers);
            match self.visit(&jar, Some(token)) {
                Ok(visit) => self.out_of_time(&visit, untimely).await,
                Err(reason) => Authentication::signed_out(reason),
            }
        })
        .await
    }

    async fn by_cookies(&self) -> Authentication {
        let jar = Cookies::parse(&self.request.headers);
        let visit = match self.visit(&jar, None) {
            Ok(visit) => visit,
            Err(reason) => return Authentication::signed_out(reason),
        };
        let returning = visit.handshake_nonce.is_some() || visit.handshake_token.is_some();
        let handshakes = self.verifier.instance.browser.handshake == HandshakeMode::On;
        if returning && handshakes && self.visitor == Visitor::Browser {
            let returned = handshake_return::resolve(self.verifier, &visit, self.outside, self.now);
            match Box::pin(returned).await {
                Returned::Decided(result) => return result,
                Returned::Failed => {}
            }
        }
        match self.before_verification(&visit) {
            Err(decided) => *decided,
            Ok((token, presented)) => {
                let verified = self.verifier.verify(token, presented, self.outside, self.now).await;
                match verified {
                    Ok(token) => self.after_verification(&visit, token),
                    Err(error) => match Untimely::of(error) {
                        Some(untimely) => Box::pin(self.out_of_time(&visit, untimely)).await,
                        None => Authentication::signed_out(SignedOutReason::Token(error)),
                    },
                }
            }
        }
    }

    fn visit<'v>(
        &'v self,
        jar: &'v Cookies<'v>,
        header_token: Option<&'v str>,
    ) -> Result<Visit<'v>, SignedOutReason> {
        Visit::read(self.verifier, self.request, jar, header_token, self.now)
    }

    /// The steps before the session cookie is verified: a decision, or the token to verify.
    fn before_verification<'v>(
        &self,
        visit: &'v Visit<'_>,
    ) -> Result<(&'v str, &'v Presented<'v>), Box<Authentication>> {
        let instance = &self.verifier.instance;
        if instance.browser.handshake == HandshakeMode::Off {
            return Self::before_verification_alone(visit);
        }
        let handshake = |reason| Err(Box::new(handshake::start(instance, visit, reason)));
        let steps = [satellite::sync_with_primary, satellite::respond_to_satellite];
        if let Some(decided) = steps.into_iter().find_map(|step| step(instance, visit)) {
            return Err(Box::new(decided));
        }
        if instance.publishable_key.is_development() {
            if visit.address.parameter("__clerk_db_jwt").is_some() {
                return handshake(SignedOutReason::DevBrowserSync);
            }
            if visit.dev_browser.is_none() {
                return handshake(SignedOutReason::DevBrowserMissing);
            }
        }
        let signed_out = |reason| Err(Box::new(Authentication::signed_out(reason)));
        let (session, uat) = match (visit.session, visit.client_uat) {
            (None, None) => return signed_out(SignedOutReason::NothingPresented),
            (Some(_), None) => return handshake(SignedOutReason::NoActiveClient),
            (None, Some(_)) => return handshake(SignedOutReason::NoSessionCookie),
            (Some(session), Some(uat)) => (session, uat),
        };
        let presented = match &visit.presented {
            Some(Ok(presented)) => presented,
            Some(Err(error)) => return signed_out(SignedOutReason::Token(*error)),
            None => return signed_out(SignedOutReason::NothingPresented),
        };
        if presented.is_of_another_kind() {
            return signed_out(SignedOutReason::Token(TokenError::Kind));
        }
        if presented.issued_at_seconds().is_some_and(|issued| issued < uat) {
            return handshake(SignedOutReason::OlderThanClient);
        }
        Ok((session, presented))
    }

    /// The same where nobody may be sent to Clerk: the session cookie counts for itself, and what
    /// could only ask for a handshake is left out.
    fn before_verification_alone<'v>(
        visit: &'v Visit<'_>,
    ) -> Result<(&'v str, &'v Presented<'v>), Box<Authentication>> {
        let signed_out = |reason| Err(Box::new(Authentication::signed_out(reason)));
        let (Some(session), Some(presented)) = (visit.session, &visit.presented) else {
            return signed_out(match visit.client_uat {
                Some(_) => SignedOutReason::NoSessionCookie,
                None => SignedOutReason::NothingPresented,
            });
        };
        let presented = match presented {
            Ok(presented) => presented,
            Err(error) => return signed_out(SignedOutReason::Token(*error)),
        };
        if presented.is_of_another_kind() {
            return signed_out(SignedOutReason::Token(TokenError::Kind));
        }
        let older = |uat| presented.issued_at_seconds().is_some_and(|issued| issued < uat);
        if visit.client_uat.is_some_and(older) {
            return signed_out(SignedOutReason::OlderThanClient);
        }
        Ok((session, presented))
    }

    /// The steps for a session cookie that has verified.
    fn after_verification(&self, visit: &Visit<'_>, token: Arc<VerifiedToken>) -> Authentication {
        let instance = &self.verifier.instance;
        if instance.browser.handshake == HandshakeMode::Off {
            return Authentication::verified(token);
        }
        if cross_origin::needs_sync(instance, visit) {
            return handshake::start(instance, visit, SignedOutReason::CrossOriginSync);
        }
        let user = (token.standing() == Standing::SignedIn).then(|| token.user());
        let mismatch = user.is_some_and(|user| {
            let path = visit.address.url().path();
            instance.browser.organization_sync.differs(path, user.organization.as_ref())
        });
        if mismatch && visit.redirect_count < LOOP_LIMIT && handshake::is_allowed(instance, visit) {
            return handshake::start(instance, visit, SignedOutReason::OrganizationMismatch);
        }
        Authentication::verified(token)
    }

    /// A token of this instance whose time is over or has not come.
    async fn out_of_time(&self, visit: &Visit<'_>, untimely: Untimely) -> Authentication {
        let reason = match untimely {
            Untimely::NotActiveYet => SignedOutReason::NotActiveYet,
            Untimely::IssuedInTheFuture => SignedOutReason::IssuedInTheFuture,
            Untimely::Expired => {
                match refresh::refresh(self.verifier, visit, self.outside, self.now).await {
                    Ok(refreshed) => {
                        return Authentication::of(SignedIn {
                            token: refreshed.token,
                            fresh_token: Some(SecretString::from(refreshed.text)),
                            response: ResponseHeaders {
                                set_cookies: refreshed.set_cookies,
                                after_handshake: false,
                            },
                        });
                    }
                    Err(failure) => SignedOutReason::Expired(failure),
                }
            }
        };
        handshake::start(&self.verifier.instance, visit, reason)
    }
}

/// Why a token is refused that fresh cookies would replace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Untimely {
    Expired,
    NotActiveYet,
    IssuedInTheFuture,
}

impl Untimely {
    fn of(error: TokenError) -> Option<Self> {
        if error == TokenError::Expired {
            Some(Self::Expired)
        } else if error == TokenError::NotActiveYet {
            Some(Self::NotActiveYet)
        } else if error == TokenError::IssuedInTheFuture {
            Some(Self::IssuedInTheFuture)
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests;
