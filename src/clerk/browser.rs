//! Settings of an instance that concern browsers, under Clerk's own names where Clerk has one.

use super::{
    publishable_key::PublishableKey,
    request::organization_sync::{OrganizationSync, PatternError},
};
use crate::core::location::Origin;
use thiserror::Error;
use url::Url;

/// Whether a browser may be sent to Clerk to fetch fresh cookies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HandshakeMode {
    /// Yes.
    On,
    /// Never; whoever would be sent is signed out instead.
    Off,
}

/// Whether `X-Forwarded-Host` and `X-Forwarded-Proto` tell the address the user sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ForwardedHeaders {
    /// No: the proxy's own `:authority` and `:scheme` do.
    Ignored,
    /// Yes: every peer is a proxy that sets or strips them.
    Trusted,
}

/// Where a development primary sends browsers back to that its satellites have sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SatelliteOrigins {
    /// To these origins, written `https://host` or `https://host:port`.
    Listed(Vec<Origin>),
    /// To wherever the address says, with the development browser. For tests and comparison.
    Any,
}

/// The options as they are written.
#[derive(Clone, Debug)]
pub struct BrowserOptions {
    /// Whether handshakes are started.
    pub handshake: HandshakeMode,
    /// Which headers tell the address the user sees.
    pub forwarded_headers: ForwardedHeaders,
    /// Clerk: `proxyUrl`.
    pub proxy_url: Option<String>,
    /// Clerk: `domain`.
    pub domain: Option<String>,
    /// Clerk: `isSatellite`.
    pub is_satellite: bool,
    /// Clerk: `satelliteAutoSync`.
    pub satellite_auto_sync: bool,
    /// The satellites of this application, if it is a primary.
    pub satellite_origins: SatelliteOrigins,
    /// Clerk: `signInUrl`.
    pub sign_in_url: Option<String>,
    /// Clerk: `signUpUrl`.
    pub sign_up_url: Option<String>,
    /// Clerk: `organizationSyncOptions.organizationPatterns`.
    pub organization_patterns: Vec<String>,
    /// Clerk: `organizationSyncOptions.personalAccountPatterns`. An empty list means every path.
    pub personal_account_patterns: Option<Vec<String>>,
}

impl BrowserOptions {
    /// Nothing set: no handshakes, no proxy, no satellite.
    #[must_use]
    pub const fn none() -> Self {
        Self {
            handshake: HandshakeMode::Off,
            forwarded_headers: ForwardedHeaders::Ignored,
            proxy_url: None,
            domain: None,
            is_satellite: false,
            satellite_auto_sync: false,
            satellite_origins: SatelliteOrigins::Listed(Vec::new()),
            sign_in_url: None,
            sign_up_url: None,
            organization_patterns: Vec::new(),
            personal_account_patterns: None,
        }
    }
}

/// Options that cannot work together, named as in Clerk's packages.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum BrowserSettingsError {
    /// What a handshake brings is fetched with the secret key.
    #[error("handshakes need the secret key")]
    SecretKeyMissing,
    /// A development satellite cannot find its primary.
    #[error("a satellite of a development instance needs `signInUrl`")]
    SignInUrlMissing,
    /// A satellite has no place of its own to send browsers to.
    #[error("a satellite needs `domain` or `proxyUrl`")]
    DomainOrProxyMissing,
    /// Not an absolute http or https address, nor a path where one is allowed.
    #[error("`{0}` is not a web address")]
    Address(&'static str),
    /// Not a host.
    #[error("`domain` is not a host")]
    Domain,
    /// A pattern that does not compile.
    #[error("the pattern `{pattern}` cannot be read")]
    Pattern {
        /// The pattern.
        pattern: String,
        /// What is wrong.
        #[source]
        reason: PatternError,
    },
}

/// Whether a secret key is configured, so that the Backend API can be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretKey {
    /// Yes.
    Configured,
    /// No: nothing can be renewed, and no handshake can be completed.
    Missing,
}

/// Options that have been understood.
#[derive(Clone, Debug)]
pub struct BrowserSettings {
    pub(super) handshake: HandshakeMode,
    pub(super) forwarded_headers: ForwardedHeaders,
    pub(super) proxy_url: Option<Box<str>>,
    pub(super) domain: Option<Box<str>>,
    pub(super) satellite: Option<AutoSync>,
    pub(super) satellite_origins: SatelliteOrigins,
    pub(super) sign_in_url: Option<Box<str>>,
    pub(super) sign_up_url: Option<Box<str>>,
    pub(super) organization_sync: OrganizationSync,
}

/// Whether a satellite asks its primary on a first visit, or only when the visitor comes from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AutoSync {
    On,
    Off,
}

impl BrowserSettings {
    /// No handshakes, and nothing else either.
    #[must_use]
    pub const fn none() -> Self {
        Self {
            handshake: HandshakeMode::Off,
            forwarded_headers: ForwardedHeaders::Ignored,
            proxy_url: None,
            domain: None,
            satellite: None,
            satellite_origins: SatelliteOrigins::Listed(Vec::new()),
            sign_in_url: None,
            sign_up_url: None,
            organization_sync: OrganizationSync::none(),
        }
    }

    /// Checks the options.
    ///
    /// # Errors
    /// [`BrowserSettingsError`] names the option that is missing or malformed.
    pub fn new(
        options: BrowserOptions,
        key: &PublishableKey,
        secret_key: SecretKey,
    ) -> Result<Self, BrowserSettingsError> {
        if options.handshake == HandshakeMode::On && secret_key == SecretKey::Missing {
            return Err(BrowserSettingsError::SecretKeyMissing);
        }
        let text = |option: Option<String>| {
            option.filter(|text| !text.is_empty()).map(String::into_boxed_str)
        };
        let settings = Self {
            handshake: options.handshake,
            forwarded_headers: options.forwarded_headers,
            proxy_url: text(options.proxy_url),
            domain: text(options.domain),
            satellite: options.is_satellite.then_some(if options.satellite_auto_sync {
                AutoSync::On
            } else {
                AutoSync::Off
            }),
            satellite_origins: options.satellite_origins,
            sign_in_url: text(options.sign_in_url),
            sign_up_url: text(options.sign_up_url),
            organization_sync: OrganizationSync::compile(
                &options.organization_patterns,
                options.personal_account_patterns.as_deref(),
            )?,
        };
        settings.check(key)?;
        Ok(settings)
    }

    fn check(&self, key: &PublishableKey) -> Result<(), BrowserSettingsError> {
        let is_address =
            |text: &str| Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
        if let Some(proxy) = &self.proxy_url
            && !is_address(proxy)
            && (!proxy.starts_with('/') || proxy.starts_with("//"))
        {
            return Err(BrowserSettingsError::Address("proxyUrl"));
        }
        if self.satellite.is_none() {
            return Ok(());
        }
        if self.sign_in_url.is_none() && key.is_development() {
            return Err(BrowserSettingsError::SignInUrlMissing);
        }
        match &self.domain {
            None if self.proxy_url.is_none() => Err(BrowserSettingsError::DomainOrProxyMissing),
            Some(domain) if !is_address(&format!("https://{domain}")) => {
                Err(BrowserSettingsError::Domain)
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Whether a primary may send a browser back to `url`.
    pub(super) fn is_satellite_origin(&self, url: &Url) -> bool {
        match &self.satellite_origins {
            SatelliteOrigins::Any => true,
            SatelliteOrigins::Listed(origins) => {
                let origin = url.origin().ascii_serialization();
                origins.iter().any(|listed| listed.as_str() == origin)
            }
        }
    }

    /// Whether this is a satellite of another application.
    #[must_use]
    pub const fn is_satellite(&self) -> bool {
        self.satellite.is_some()
    }
}

#[cfg(test)]
mod tests;
