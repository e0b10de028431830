//! The door for proxies that ask by HTTP sub-request: nginx, Traefik, Caddy and `HAProxy`.
//!
//! The proxy sends the client's headers and says in headers of its own which request they belong to.
//! Those are believed from the proxies in the settings alone, and each proxy's profile names exactly
//! one header for each part. The path that the proxy's configuration asks at, `/forward-auth/nginx`,
//! names the profile, so a proxy set up for another one is found out at once. Bodies are not read.

mod answer;
mod peers;
mod profile;
mod request;

pub use peers::{TrustedPeers, TrustedPeersError};
pub use profile::Profile;

use crate::{
    authorizer::{Authorizer, Door},
    core::{asker::Asker, decision::Effect, reason::Reason},
    serve::{
        PanicHook,
        http::caller::Caller,
        panics::{Panicked, caught},
        respond::Disclosure,
    },
};
use axum::{
    body::Body,
    extract::{Extension, Path, State},
    http::{HeaderMap, Response},
};
use request::Refused;
use std::sync::Arc;
use tracing::Instrument as _;

/// Which proxies ask.
#[derive(Clone, Debug)]
pub struct ForwardAuth {
    /// Their profiles; at least one.
    pub profiles: Vec<Profile>,
    /// Their addresses.
    pub trusted_peers: TrustedPeers,
}

/// The door.
#[derive(Debug)]
pub(super) struct ForwardAuthDoor {
    authorizer: Arc<Authorizer>,
    proxies: ForwardAuth,
    disclosure: Disclosure,
    on_panic: PanicHook,
}

impl ForwardAuthDoor {
    pub(super) const fn new(
        authorizer: Arc<Authorizer>,
        proxies: ForwardAuth,
        disclosure: Disclosure,
        on_panic: PanicHook,
    ) -> Self {
        Self { authorizer, proxies, disclosure, on_panic }
    }

    /// Answers one sub-request. Total but for panics, which [`ask`] catches.
    async fn decide(
        &self,
        profile: Profile,
        caller: &Caller,
        headers: &HeaderMap,
    ) -> Response<Body> {
        if !self.proxies.trusted_peers.contain(caller.place) {
            tracing::warn!(peer = %caller.place, %profile, "a peer asked that is not among the trusted ones");
            return self.refuse(profile, Reason::UntrustedPeer, Asker::Api);
        }
        match request::question(profile, headers, caller.names.as_ref()) {
            Ok(question) => {
                let span = self.authorizer.tracing().decide(Door::ForwardAuth.as_str(), headers);
                let asking = self.authorizer.authorize(&question, Door::ForwardAuth);
                let outcome = asking.instrument(span).await;
                if let Effect::Allow(upstream) = &outcome.decision.effect
                    && !profile.removes_any_header()
                    && upstream.remove.iter().any(|name| is_an_alias(name, headers))
                {
                    return self.refuse(profile, Reason::AmbiguousHeader, outcome.decision.asker);
                }
                answer::render(profile, Some(&question), outcome, self.disclosure)
            }
            Err(Refused { reason, asker }) => self.refuse(profile, reason, asker),
        }
    }

    fn refuse(&self, profile: Profile, reason: Reason, asker: Asker) -> Response<Body> {
        let outcome = self.authorizer.refuse(reason, asker, Door::ForwardAuth);
        answer::render(profile, None, outcome, self.disclosure)
    }
}

/// Whether a header that must not reach the service is one that the client has sent under a name which
/// only some servers take for an identity header, such as `x_user_id`. Most proxies are told by name
/// what to remove, and nobody lists all of those.
fn is_an_alias(name: &str, sent: &HeaderMap) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    !name.bytes().all(is_plain) && sent.contains_key(name)
}

/// Answers at `/forward-auth/{profile}`, whatever the method: the original one is in the headers.
pub(super) async fn ask(
    State(door): State<Arc<ForwardAuthDoor>>,
    Extension(caller): Extension<Caller>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Response<Body> {
    let enabled = Profile::from_name(&name).filter(|named| door.proxies.profiles.contains(named));
    let Some(profile) = enabled else {
        tracing::warn!(peer = %caller.place, "a proxy asked by a profile that is not in the settings");
        // Every proxy refuses on this one, and the oddest of them takes no other.
        return answer::refusal(Profile::Nginx, Reason::Misconfigured, Asker::Api);
    };
    let answered = caught(door.decide(profile, &caller, &headers)).await;
    answered.unwrap_or_else(|Panicked| {
        door.on_panic.panicked(Door::ForwardAuth);
        answer::refusal(profile, Reason::InternalError, Asker::Api)
    })
}
