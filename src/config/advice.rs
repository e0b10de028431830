//! What settings lack for what the policy names: said at start, so that it need not be found out from
//! refusals.

use super::settings::InstanceSettings;
use crate::{
    core::credential::{CredentialKind, CredentialKinds},
    policy::Policy,
};

/// Something that settings lack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lack {
    /// Nothing to ask Clerk with about API keys.
    ApiKeys,
    /// Nothing to ask Clerk with about OAuth access tokens that are no JWTs.
    OpaqueOauthTokens,
    /// Nothing to ask Clerk with about machine-to-machine tokens that are no JWTs.
    OpaqueM2mTokens,
    /// Nothing tells the tokens of other machines apart.
    Machine,
}

impl Lack {
    const fn message(self) -> &'static str {
        match self {
            Self::ApiKeys => {
                "the policy names `api_key`, but there is no secret key to ask Clerk with: every API \
                 key is refused; set `secret_key_file` or `CLERK_SECRET_KEY`"
            }
            Self::OpaqueOauthTokens => {
                "the policy names `oauth_token`, but there is no secret key to ask Clerk with: access \
                 tokens that are no JWTs are refused; set `secret_key_file` or `CLERK_SECRET_KEY`"
            }
            Self::OpaqueM2mTokens => {
                "the policy names `m2m_token`, but there is no secret key to ask Clerk with: tokens \
                 that are no JWTs are refused; set `machine_secret_key_file` or \
                 `CLERK_MACHINE_SECRET_KEY`"
            }
            Self::Machine => {
                "the policy names `m2m_token`, and nothing says for which machine: tokens that are \
                 meant for any machine of the instance are accepted; set `machine_id`"
            }
        }
    }
}

/// Warns of what instances lack for the credentials that the policy names.
pub(super) fn about_machines(policy: &Policy, instances: &[InstanceSettings]) {
    let named = policy
        .rules()
        .map(|rule| rule.access.credentials())
        .fold(CredentialKinds::NONE, CredentialKinds::union);
    for instance in instances {
        for lack in lacking(named, instance) {
            tracing::warn!(instance = instance.name, "{}", lack.message());
        }
    }
}

fn lacking(named: CredentialKinds, instance: &InstanceSettings) -> impl Iterator<Item = Lack> {
    let secret_key = instance.backend_api.is_some();
    let machine_key = instance.machines.secret_key.is_some();
    // With a machine's key, Clerk tells opaque tokens apart; nobody does so with JWTs.
    let machine = instance.machines.options.id.is_some();
    [
        (CredentialKind::ApiKey, !secret_key, Lack::ApiKeys),
        (CredentialKind::OauthToken, !secret_key, Lack::OpaqueOauthTokens),
        (CredentialKind::M2mToken, !secret_key && !machine_key, Lack::OpaqueM2mTokens),
        (CredentialKind::M2mToken, !machine, Lack::Machine),
    ]
    .into_iter()
    .filter(move |(kind, lacks, _)| *lacks && named.contains(*kind))
    .map(|(_, _, lack)| lack)
}

#[cfg(test)]
mod tests;
