//! What is configured about one Clerk instance.

use super::{browser::BrowserSettings, machine::MachineOptions, publishable_key::PublishableKey};
use crate::core::{id::InstanceName, location::Origin};
use std::time::Duration;

/// What a token that lacks a claim counts as, where settings say what the claim must hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhenMissing {
    /// Refused.
    Refuse,
    /// Taken as if it held what is asked.
    Accept,
}

/// How far this machine's clock and Clerk's may differ, in milliseconds. A negative skew ends tokens
/// early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockSkew(i64);

impl ClockSkew {
    /// Five seconds, as in Clerk's package.
    pub const STANDARD: Self = Self(5000);

    /// Takes milliseconds.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// The milliseconds.
    #[must_use]
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// This skew, but at least `other`.
    #[must_use]
    pub fn at_least(self, other: Duration) -> Self {
        Self(self.0.max(i64::try_from(other.as_millis()).unwrap_or(i64::MAX)))
    }
}

/// One Clerk instance: whose tokens are accepted, and on which terms.
#[derive(Clone, Debug)]
pub struct Instance {
    pub(super) name: InstanceName,
    pub(super) publishable_key: PublishableKey,
    /// The values of `iss` that are accepted, compared as exact text. Empty: the Frontend API host of
    /// the publishable key, as Clerk spells it. The issuer is always checked.
    pub issuers: Vec<Box<str>>,
    /// The values of `azp` that are accepted, compared as exact text. Empty: `azp` is not looked at.
    pub authorized_parties: Vec<Origin>,
    /// What a token without `azp` counts as, where authorized parties are listed.
    pub missing_azp: WhenMissing,
    /// The audiences of which `aud` must name one. Empty: `aud` is not looked at.
    pub audiences: Vec<Box<str>>,
    /// What a token without `aud` counts as, where audiences are listed. Clerk's package accepts it.
    pub missing_audience: WhenMissing,
    /// Tolerance for `exp`, `nbf` and `iat`.
    pub clock_skew: ClockSkew,
    /// What concerns browsers.
    pub browser: BrowserSettings,
    /// What concerns machines.
    pub machines: MachineOptions,
    pub(super) cookie_names: CookieNames,
}

/// The suffixed names of the instance's cookies.
#[derive(Clone, Debug)]
pub(super) struct CookieNames {
    pub(super) session: Box<str>,
    pub(super) client_uat: Box<str>,
    pub(super) dev_browser: Box<str>,
    pub(super) refresh: Box<str>,
}

impl Instance {
    /// An instance with everything at its strict or standard value: the issuer of the key, no
    /// authorized parties, no audiences, a skew of five seconds, no handshakes.
    #[must_use]
    pub fn new(name: InstanceName, publishable_key: PublishableKey) -> Self {
        let suffix = publishable_key.cookie_suffix();
        let cookie_names = CookieNames {
            session: suffix.suffixed("__session"),
            client_uat: suffix.suffixed("__client_uat"),
            dev_browser: suffix.suffixed("__clerk_db_jwt"),
            refresh: suffix.suffixed("__refresh"),
        };
        Self {
            name,
            publishable_key,
            issuers: Vec::new(),
            authorized_parties: Vec::new(),
            missing_azp: WhenMissing::Refuse,
            audiences: Vec::new(),
            missing_audience: WhenMissing::Refuse,
            clock_skew: ClockSkew::STANDARD,
            browser: BrowserSettings::none(),
            machines: MachineOptions::STANDARD,
            cookie_names,
        }
    }

    /// The name in the settings.
    #[must_use]
    pub const fn name(&self) -> &InstanceName {
        &self.name
    }

    /// The publishable key.
    #[must_use]
    pub const fn publishable_key(&self) -> &PublishableKey {
        &self.publishable_key
    }

    /// Whether `iss` names this instance.
    #[must_use]
    pub fn accepts_issuer(&self, issuer: &str) -> bool {
        if self.issuers.is_empty() {
            // The host is what counts: Clerk's cookie selection does not look at the scheme either.
            let host =
                ["https://", "http://"].iter().find_map(|scheme| issuer.strip_prefix(scheme));
            let host = host.unwrap_or(issuer);
            let host = host.strip_suffix('/').unwrap_or(host);
            host == self.publishable_key.frontend_api_host() || host == self.token_host()
        } else {
            self.issuers.iter().any(|accepted| **accepted == *issuer)
        }
    }
}
