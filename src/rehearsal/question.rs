//! From a case to the question that a door would have made of it.

use super::stage::Presented;
use crate::{
    core::{
        header::{Header, Headers, Repeats},
        http_request::{HttpRequest, Scheme},
        identity::Identity,
        peer::{Peer, PeerNames},
        question::{self, Also, CredentialSource, Question, Wanted},
    },
    policy::suite::{Action, Ask, Case, Client, HttpAsk},
};

/// What a client sends by itself, unless the case says otherwise.
const OF_BROWSERS: [(&str, &str); 4] = [
    ("accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
    ("sec-fetch-dest", "document"),
    ("sec-fetch-mode", "navigate"),
    ("upgrade-insecure-requests", "1"),
];
const OF_APIS: [(&str, &str); 1] = [("accept", "application/json")];
const OF_GRPC: [(&str, &str); 2] = [("content-type", "application/grpc"), ("te", "trailers")];

/// What is sent: a case together with what somebody presents.
pub(super) struct Sent<'c> {
    ask: &'c Ask,
    peer: Option<&'c PeerNames>,
    presented: &'c Presented,
    /// The line that carries the credential of a request, where one does.
    credential: Option<(&'static str, String)>,
}

impl<'c> Sent<'c> {
    pub(super) fn new(case: &'c Case, presented: &'c Presented) -> Self {
        let ask = &case.ask;
        let credential = match (ask, presented) {
            (
                Ask::Http(HttpAsk { client: Client::Browser, .. }),
                Presented::Token { cookie, .. },
            ) => Some(("cookie", cookie.to_string())),
            (Ask::Http(_), Presented::Token { token, .. }) => {
                Some(("authorization", format!("Bearer {token}")))
            }
            (Ask::Action(_), _) | (_, Presented::Nothing | Presented::Identity(_)) => None,
        };
        Self { ask, peer: case.peer.as_ref(), presented, credential }
    }

    /// Whoever asks, where the question does not tell.
    pub(super) const fn identity(&self) -> Option<&'c Identity> {
        match self.presented {
            Presented::Identity(identity) => Some(identity),
            Presented::Nothing | Presented::Token { .. } => None,
        }
    }

    pub(super) fn question(&self) -> Question<'_> {
        let (credential, wanted) = match self.ask {
            Ask::Http(request) => (CredentialSource::Request, Wanted::Http(self.http(request))),
            Ask::Action(action) => (self.credential_of_action(), Wanted::Action(wanted(action))),
        };
        let principal = match self.ask {
            Ask::Http(request) => request.principal.as_deref(),
            Ask::Action(_) => None,
        };
        let peer = Peer { names: self.peer, principal };
        Question { credential, instance: None, wanted, also: Also::default(), peer }
    }

    fn credential_of_action(&self) -> CredentialSource<'_> {
        match self.presented {
            Presented::Token { token, .. } => CredentialSource::Token(token),
            Presented::Nothing | Presented::Identity(_) => {
                CredentialSource::Headers(Headers::none())
            }
        }
    }

    fn http<'s>(&'s self, request: &'s HttpAsk) -> HttpRequest<'s> {
        let HttpAsk { client, method, target, host, headers, ip, principal: _ } = request;
        let usual: &[(&str, &str)] = match client {
            Client::Api => &OF_APIS,
            Client::Browser => &OF_BROWSERS,
            Client::Grpc => &OF_GRPC,
        };
        let unsaid = |name: &str| headers.iter().all(|(written, _)| **written != *name);
        let lines = usual
            .iter()
            .copied()
            .filter(|(name, _)| unsaid(name))
            .chain(self.credential.iter().map(|(name, value)| (*name, value.as_str())))
            .chain(headers.iter().map(|(name, value)| (&**name, &**value)))
            .map(|(name, value)| Header { name, value: value.as_bytes() })
            .collect();
        HttpRequest {
            method,
            scheme: Scheme::Https,
            authority: host,
            target,
            headers: Headers::new(lines, Repeats::Separate),
            peer: *ip,
        }
    }
}

fn wanted(action: &Action) -> question::Action<'_> {
    let Action { name, resource, context } = action;
    question::Action {
        name,
        resource: resource.as_ref().map(|resource| question::Resource {
            kind: &resource.kind,
            id: &resource.id,
            attributes: resource.attributes.clone(),
        }),
        context: context.clone(),
    }
}
