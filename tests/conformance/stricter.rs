//! Answers that are stricter than the record, on purpose.

use crate::{
    case::Case,
    compare::Differences,
    outcome::Outcome,
    run::{Decided, Observed, Refused},
};
use bailiff::clerk::{
    MachineError, RequiredClaim, TokenError,
    request::{SignedOutReason, refresh::RefreshFailure},
};
use bailiff::core::credential::CredentialKind;
use serde_json::Value;
use std::{collections::BTreeMap, fs, path::Path};

/// The checked-in list: case id to cause.
pub(crate) struct Listed {
    causes: BTreeMap<String, String>,
    complete: bool,
}

impl Listed {
    /// Reads the list; `complete` if it must name every stricter answer of the run and no other.
    pub(crate) fn read(path: &Path, complete: bool) -> Self {
        let text = fs::read_to_string(path).unwrap_or_else(|_| "{}".to_owned());
        let list: BTreeMap<String, Vec<String>> =
            serde_json::from_str(&text).expect("the list maps causes to case ids");
        let causes = list
            .into_iter()
            .flat_map(|(cause, ids)| ids.into_iter().map(move |id| (id, cause.clone())))
            .collect();
        Self { causes, complete }
    }

    /// Whether the answer to a case may be counted as stricter for this cause.
    pub(crate) fn allows(&self, id: &str, cause: &str) -> bool {
        !self.complete || self.causes.get(id).is_some_and(|listed| listed == cause)
    }

    /// The ids that are listed although nothing stricter was found.
    pub(crate) fn unused<'l>(&'l self, found: &'l [String]) -> impl Iterator<Item = &'l String> {
        self.causes.keys().filter(|id| self.complete && !found.contains(id))
    }
}

/// The documented cause of a stricter answer, if that is what it is. Told from the library's own
/// reason; see `conformance/README.md`.
pub(crate) fn cause(
    case: &Case,
    observed: &Observed,
    differences: &Differences,
) -> Option<&'static str> {
    let decided = match observed {
        Observed::Decided(decided) => decided,
        Observed::Unsupported | Observed::Refused(_) => return None,
    };
    let outcome = Outcome::of(&decided.authentication);
    let signed_in = case.expect["status"] == "signed-in";
    match outcome.reason {
        Some(SignedOutReason::Token(error)) if signed_in => refused(*error),
        Some(SignedOutReason::Machine(_, error)) if signed_in => machine_refused(*error),
        Some(SignedOutReason::AmbiguousCredential) => Some("credential-repeated"),
        Some(SignedOutReason::Expired(
            RefreshFailure::TokenNotAuthentic | RefreshFailure::SessionIdUnsafe,
        )) => Some("refresh-unverified"),
        Some(_) if case.expect["status"] == "handshake" && leads_elsewhere(case) => {
            Some("way-back")
        }
        Some(_) => None,
        None => fewer_permissions(case, decided, &outcome, differences),
    }
}

/// Whether the request's own host is none of the authorized parties that are listed.
fn leads_elsewhere(case: &Case) -> bool {
    let (_, here, _) = case.address();
    let parties = case.list("authorizedParties").unwrap_or_default();
    let mut hosts = parties.iter().filter_map(|party| Some(party.split_once("://")?.1));
    !parties.is_empty() && !hosts.any(|host| host == here)
}

/// The causes for which a token is refused that the package accepts.
fn refused(error: TokenError) -> Option<&'static str> {
    if error == TokenError::Issuer {
        Some("issuer")
    } else if error == TokenError::Claim(RequiredClaim::SessionId) {
        Some("session-id-missing")
    } else if error == TokenError::KeyUnusable {
        Some("algorithm")
    } else {
        None
    }
}

/// The causes for which a machine credential is refused that the package accepts.
fn machine_refused(error: MachineError) -> Option<&'static str> {
    match error {
        MachineError::Token(error) => refused(error),
        MachineError::Revoked => Some("revoked"),
        MachineError::Expired => Some("expired"),
        MachineError::Answer => Some("answer"),
        MachineError::Implausible => Some("implausible"),
        MachineError::Class
        | MachineError::Unknown
        | MachineError::Unreadable
        | MachineError::Audience
        | MachineError::OtherMachine
        | MachineError::SecretKey
        | MachineError::Status(_)
        | MachineError::NoAnswer(_)
        | MachineError::NoSecretKey => None,
    }
}

/// The documented cause for which options are refused that the package takes. It does not look at the
/// publishable key where it asks for none.
pub(crate) fn cause_of_refusal(case: &Case, observed: &Observed) -> Option<&'static str> {
    let Observed::Refused(Refused::PublishableKey(_)) = observed else { return None };
    let asks_for_none = [CredentialKind::ApiKey, CredentialKind::M2mToken];
    asks_for_none.into_iter().any(|kind| case.accepts_only(kind)).then_some("publishable-key")
}

/// Whether nothing differs but permissions that only one reading of the masks grants.
fn fewer_permissions(
    case: &Case,
    decided: &Decided,
    outcome: &Outcome<'_>,
    differences: &Differences,
) -> Option<&'static str> {
    let only = |difference: &String| {
        ["auth:", "authIfPendingAllowed:", "has:"].iter().any(|what| difference.starts_with(what))
    };
    if !decided.ambiguous_permissions || !differences.iter().all(only) {
        return None;
    }
    let recorded = ["authIfPendingAllowed", "auth"]
        .iter()
        .find_map(|name| case.expect[*name]["orgPermissions"].as_array())?;
    let granted = outcome.session?.user().organization.as_ref()?.permissions.as_deref()?;
    granted
        .iter()
        .all(|permission| recorded.contains(&Value::from(&**permission)))
        .then_some("permission-masks")
}
