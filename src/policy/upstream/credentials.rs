//! Whether the service sees what callers prove themselves with.

use crate::core::{
    cookie::{Left, without},
    decision::Upstream,
    header::Headers,
};

/// Names of Clerk's cookies, each also with `_` and a suffix behind it (`@clerk/backend`,
/// `constants.ts`; `@clerk/clerk-js`, `core/auth/cookies`). `__client` covers `__client_uat`, and
/// `__clerk` all of handshakes and development browsers.
const COOKIES: [&str; 6] =
    ["__session", "__client", "__refresh", "__clerk", "__dev_session", "clerk_active_context"];

/// What becomes of an allowed request's credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Credentials {
    /// They go on to the service.
    Keep,
    /// `Authorization` and Clerk's cookies do not.
    Withhold,
}

impl Credentials {
    /// Adds to what changes on a request's way to the service.
    ///
    /// `Authorization` is removed whatever it holds: a service that takes no tokens takes none at
    /// all. So is a Cookie header that was not shown to Bailiff, for nobody can say what is in it.
    pub fn apply(self, upstream: &mut Upstream, headers: &Headers<'_>) {
        match self {
            Self::Keep => {}
            Self::Withhold => {
                upstream.remove.push("authorization".into());
                match without(headers, is_clerks) {
                    Left::All => {}
                    Left::Some(cookies) => upstream.set.push(("cookie".into(), cookies)),
                    Left::Nothing => upstream.remove.push("cookie".into()),
                }
            }
        }
    }
}

/// Whether a cookie, its name spelt as [`without`] does, is one of Clerk's.
fn is_clerks(name: &str) -> bool {
    COOKIES.iter().any(|cookie| {
        name.strip_prefix(cookie).is_some_and(|suffix| suffix.is_empty() || suffix.starts_with('_'))
    })
}

#[cfg(test)]
mod tests;
