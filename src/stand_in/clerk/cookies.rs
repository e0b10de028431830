//! The cookies a browser holds for an instance.

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use base64::{Engine as _, engine::general_purpose::URL_SAFE};

/// A year, for which Clerk keeps cookies, whatever the life of what is in them.
const YEAR_SECONDS: u32 = 31_536_000;

/// The suffix that tells the cookies of one instance from another's: the first eight characters of
/// the URL-safe base64 of the SHA-1 of the publishable key (`@clerk/shared`, `keys.ts`).
///
/// Computed here independently of the verifying side, so that a mistake there cannot cancel out.
#[must_use]
pub fn cookie_suffix(publishable_key: &str) -> String {
    let hash = digest(&SHA1_FOR_LEGACY_USE_ONLY, publishable_key.as_bytes());
    let mut suffix = URL_SAFE.encode(hash);
    suffix.truncate(8);
    suffix
}

/// The names of one instance's cookies. Session, update time and development browser come with and
/// without suffix; the refresh token only with it; the client only without, as it lives on the
/// Frontend API's own host at Clerk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CookieNames {
    /// The suffix.
    pub suffix: String,
    /// `__session` and `__session_<suffix>`.
    pub session: [String; 2],
    /// `__client_uat` and `__client_uat_<suffix>`.
    pub client_uat: [String; 2],
    /// `__clerk_db_jwt` and `__clerk_db_jwt_<suffix>`; development instances only.
    pub development_browser: [String; 2],
    /// `__refresh_<suffix>`.
    pub refresh: String,
    /// `__client_<suffix>`: here the suffix keeps two stand-ins on `localhost` apart.
    pub client: String,
}

impl CookieNames {
    /// The names for a publishable key.
    #[must_use]
    pub fn new(publishable_key: &str) -> Self {
        let suffix = cookie_suffix(publishable_key);
        let both = |name: &str| [name.to_owned(), format!("{name}_{suffix}")];
        Self {
            session: both("__session"),
            client_uat: both("__client_uat"),
            development_browser: both("__clerk_db_jwt"),
            refresh: format!("__refresh_{suffix}"),
            client: format!("__client_{suffix}"),
            suffix,
        }
    }

    /// The lines that tell a browser it is signed in.
    pub(super) fn signed_in(&self, token: &str, client_uat: i64, refresh: &str) -> Vec<String> {
        let mut lines: Vec<_> = self.session.iter().map(|name| kept(name, token)).collect();
        lines.extend(self.client_uat.iter().map(|name| kept(name, &client_uat.to_string())));
        lines.push(format!("{}; HttpOnly", kept(&self.refresh, refresh)));
        lines
    }

    /// The lines that tell a browser it is signed out.
    pub(super) fn signed_out(&self) -> Vec<String> {
        let mut lines: Vec<_> = self.session.iter().map(|name| dropped(name)).collect();
        lines.extend(self.client_uat.iter().map(|name| kept(name, "0")));
        lines.push(format!("{}; HttpOnly", dropped(&self.refresh)));
        lines
    }

    /// The lines by which a development instance knows a browser again wherever it is.
    pub(super) fn development_browser(&self, browser: &str) -> Vec<String> {
        self.development_browser.iter().map(|name| kept(name, browser)).collect()
    }

    /// The line by which the instance knows a browser again on its own pages.
    pub(super) fn client(&self, browser: &str) -> String {
        format!("{}; HttpOnly", kept(&self.client, browser))
    }
}

/// `Secure` is left out of every line: the demo is plain HTTP.
fn kept(name: &str, value: &str) -> String {
    format!("{name}={value}; Path=/; Max-Age={YEAR_SECONDS}; SameSite=Lax")
}

fn dropped(name: &str) -> String {
    format!("{name}=; Path=/; Max-Age=0; SameSite=Lax")
}

#[cfg(test)]
mod tests {
    use super::cookie_suffix;

    #[test]
    fn suffixes_are_clerks() {
        for (publishable_key, suffix) in [
            ("pk_test_a2luZC1vdHRlci00Mi5jbGVyay5hY2NvdW50cy5kZXYk", "8NbDzl9K"),
            ("pk_live_Y2xlcmsuYWNtZS10b29scy5leGFtcGxlJA", "Gr9a1Oam"),
            ("pk_live_Y2xlcmsuYWNtZS10b29scy5leGFtcGxlJA==", "uv_wvQoF"),
        ] {
            assert_eq!(cookie_suffix(publishable_key), suffix);
        }
    }
}
