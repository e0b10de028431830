//! Where browsers reach Clerk: the Frontend API, perhaps through a proxy, and the account portal.

use super::address::Address;
use crate::clerk::instance::Instance;
use url::Url;

impl Instance {
    /// The host whose tokens the cookies of this application should hold: a production satellite's is
    /// derived from its domain. A proxy plays no part.
    pub(in crate::clerk) fn token_host(&self) -> std::borrow::Cow<'_, str> {
        match &self.browser.domain {
            Some(domain)
                if self.browser.is_satellite() && !self.publishable_key.is_development() =>
            {
                format!("clerk.{domain}").into()
            }
            Some(_) | None => self.publishable_key.frontend_api_host().into(),
        }
    }

    /// The address that Frontend API paths are appended to.
    pub(super) fn frontend_api(&self, address: &Address) -> Option<Url> {
        match self.browser.proxy_url.as_deref() {
            Some(path) if path.starts_with('/') => address.url().join(path).ok(),
            Some(proxy) => Url::parse(proxy).ok(),
            None => Url::parse(&format!("https://{}", self.token_host())).ok(),
        }
    }

    /// The account portal that Clerk hosts for the instance, without a trailing slash.
    pub(super) fn account_portal(&self) -> String {
        let host = self.publishable_key.frontend_api_host();
        let host = host.replacen("clerk.accountsstage.", "accountsstage.", 1);
        let portal = if host.contains("clerk.accounts.") {
            host.replacen("clerk.accounts.", "accounts.", 1)
        } else {
            host.replacen("clerk.", "accounts.", 1)
        };
        format!("https://{portal}")
    }
}
