//! The publishable key: the one setting from which everything public about an instance follows.

use aws_lc_rs::digest;
use base64::{
    Engine as _,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig, general_purpose::URL_SAFE},
};
use std::fmt;
use thiserror::Error;
use url::Url;

/// Standard base64 whose padding may be left out, as Clerk's packages read the key.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Which kind of Clerk instance a key belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Environment {
    /// `pk_live_`.
    Production,
    /// `pk_test_`: the development browser takes the place of first-party cookies.
    Development,
}

/// A publishable key that has been understood (Clerk: `packages/shared/src/keys.ts`).
#[derive(Clone, PartialEq, Eq)]
pub struct PublishableKey {
    text: Box<str>,
    environment: Environment,
    host: Box<str>,
    suffix: CookieSuffix,
}

/// The eight characters that keep the cookies of several instances on one host apart.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CookieSuffix(Box<str>);

/// Why a text is no publishable key. The text itself is not repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PublishableKeyError {
    /// Nothing there.
    #[error("the publishable key is empty")]
    Empty,
    /// Another prefix, or another number of parts.
    #[error("a publishable key reads `pk_test_…` or `pk_live_…` with one part behind the prefix")]
    Form,
    /// The last part does not decode.
    #[error("the part of the publishable key behind the prefix is not base64")]
    Encoding,
    /// What it decodes to is not a host followed by `$`.
    #[error("the publishable key does not hold a Frontend API host")]
    Host,
}

impl PublishableKey {
    /// Reads a key exactly as it is configured: even padding counts, since the cookie suffix is
    /// derived from the text.
    ///
    /// # Errors
    /// [`PublishableKeyError`] names what is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, PublishableKeyError> {
        if text.is_empty() {
            return Err(PublishableKeyError::Empty);
        }
        let mut parts = text.split('_');
        let environment = match (parts.next(), parts.next()) {
            (Some("pk"), Some("live")) => Environment::Production,
            (Some("pk"), Some("test")) => Environment::Development,
            _ => return Err(PublishableKeyError::Form),
        };
        let (Some(encoded), None) = (parts.next(), parts.next()) else {
            return Err(PublishableKeyError::Form);
        };
        let decoded = BASE64.decode(encoded).map_err(|_| PublishableKeyError::Encoding)?;
        let decoded = String::from_utf8(decoded).map_err(|_| PublishableKeyError::Host)?;
        let host = decoded.strip_suffix('$').ok_or(PublishableKeyError::Host)?;
        if !is_host(host) {
            return Err(PublishableKeyError::Host);
        }
        Ok(Self {
            text: text.into(),
            environment,
            host: host.into(),
            suffix: CookieSuffix::of(text),
        })
    }

    /// The key as it is configured. It is public.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Development or production. Only this key decides it, never the secret key.
    #[must_use]
    pub const fn environment(&self) -> Environment {
        self.environment
    }

    /// Whether this is a development instance.
    #[must_use]
    pub fn is_development(&self) -> bool {
        self.environment == Environment::Development
    }

    /// The Frontend API host the key names.
    #[must_use]
    pub fn frontend_api_host(&self) -> &str {
        &self.host
    }

    /// What the claim `iss` of this instance's tokens holds.
    #[must_use]
    pub fn default_issuer(&self) -> Box<str> {
        format!("https://{}", self.host).into()
    }

    /// The cookie suffix.
    #[must_use]
    pub const fn cookie_suffix(&self) -> &CookieSuffix {
        &self.suffix
    }
}

/// A dotted host, perhaps with a port, that a URL takes as it stands.
fn is_host(host: &str) -> bool {
    let stands = |url: Url| url.as_str() == format!("https://{host}/") && url.path() == "/";
    let plain = !host.contains(['$', '@', '?', '#', '\\']) && host.contains('.');
    plain && Url::parse(&format!("https://{host}/")).is_ok_and(stands)
}

impl fmt::Debug for PublishableKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "PublishableKey({})", self.host)
    }
}

impl CookieSuffix {
    fn of(key: &str) -> Self {
        let digest = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, key.as_bytes());
        let mut text = URL_SAFE.encode(digest);
        text.truncate(8);
        Self(text.into())
    }

    /// The eight characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The suffixed form of a cookie name.
    #[must_use]
    pub fn suffixed(&self, name: &str) -> Box<str> {
        format!("{name}_{}", self.0).into()
    }
}

#[cfg(test)]
mod tests {
    use super::{Environment, PublishableKey, PublishableKeyError};
    use base64::{Engine as _, engine::general_purpose::STANDARD};

    fn key_for(decoded: &str) -> String {
        format!("pk_test_{}", STANDARD.encode(decoded))
    }

    #[test]
    fn a_key_tells_its_environment_host_issuer_and_suffix() {
        for (text, environment, host, suffix) in [
            (
                "pk_test_a2luZC1vdHRlci00Mi5jbGVyay5hY2NvdW50cy5kZXYk",
                Environment::Development,
                "kind-otter-42.clerk.accounts.dev",
                "8NbDzl9K",
            ),
            (
                "pk_live_Y2xlcmsuYWNtZS10b29scy5leGFtcGxlJA",
                Environment::Production,
                "clerk.acme-tools.example",
                "Gr9a1Oam",
            ),
            (
                "pk_live_Y2xlcmsuYWNtZS10b29scy5leGFtcGxlJA==",
                Environment::Production,
                "clerk.acme-tools.example",
                "uv_wvQoF",
            ),
        ] {
            let key = PublishableKey::parse(text).unwrap();
            assert_eq!(key.environment(), environment);
            assert_eq!(key.frontend_api_host(), host);
            assert_eq!(&*key.default_issuer(), format!("https://{host}"));
            assert_eq!(key.cookie_suffix().as_str(), suffix);
            assert_eq!(&*key.cookie_suffix().suffixed("__session"), format!("__session_{suffix}"));
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for (text, error) in [
            ("", PublishableKeyError::Empty),
            ("not-a-key", PublishableKeyError::Form),
            ("sk_test_abc", PublishableKeyError::Form),
            ("pk_prod_abc", PublishableKeyError::Form),
            ("pk_test", PublishableKeyError::Form),
            ("pk_test_a_b", PublishableKeyError::Form),
            ("pk_test_%%%", PublishableKeyError::Encoding),
            ("pk_test_", PublishableKeyError::Host),
        ] {
            assert_eq!(PublishableKey::parse(text), Err(error), "{text}");
        }
        for decoded in [
            "clerk.shop.test",
            "nodot$",
            "two.dollars$$",
            "a$b.test$",
            "clerk.shop.test/path$",
            "user@clerk.shop.test$",
            "CLERK.shop.test$",
            "clerk.shop.test?x$",
            "clerk .test$",
            "$",
        ] {
            let text = key_for(decoded);
            assert_eq!(PublishableKey::parse(&text), Err(PublishableKeyError::Host), "{decoded}");
        }
    }
}
