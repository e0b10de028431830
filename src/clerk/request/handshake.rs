//! Starting a handshake: the browser is sent to the Frontend API and comes back with fresh cookies.

use super::{
    address::Address,
    outcome::{Authentication, Redirect, RedirectCause, SignedOutReason},
    visit::Visit,
};
use crate::{
    clerk::{backend_api::API_VERSION, browser::HandshakeMode, instance::Instance},
    core::location::{Location, Origin},
};
use url::{Url, form_urlencoded};

/// At this count, and only at this, the browser is not sent away again.
pub(super) const LOOP_LIMIT: f64 = 3.0;

/// Whether a handshake may be started for this request.
pub(super) fn is_allowed(instance: &Instance, visit: &Visit<'_>) -> bool {
    instance.browser.handshake == HandshakeMode::On
        && visit.is_page_load()
        && leads_back_home(instance, &visit.address)
}

/// Whether the way back leads to an authorized party, where any are listed: a host that somebody made
/// up must not be told what a handshake brings. TLS may end before the proxy, so the scheme does not
/// count.
fn leads_back_home(instance: &Instance, address: &Address) -> bool {
    let parties = &instance.authorized_parties;
    let place = |url: &Url| (url.host_str().map(str::to_owned), url.port());
    let here = place(address.url());
    let is_here = |party: &Origin| Url::parse(party.as_str()).is_ok_and(|url| place(&url) == here);
    parties.is_empty() || parties.iter().any(is_here)
}

/// Sends the browser to the Frontend API if that is allowed; otherwise nobody is signed in.
pub(in crate::clerk) fn start(
    instance: &Instance,
    visit: &Visit<'_>,
    reason: SignedOutReason,
) -> Authentication {
    let clerk_reason = reason.clerk_reason();
    start_towards(instance, visit, reason, || frontend_api_location(instance, visit, &clerk_reason))
}

/// The same with an address of a satellite's or a primary's own.
pub(super) fn start_towards(
    instance: &Instance,
    visit: &Visit<'_>,
    reason: SignedOutReason,
    location: impl FnOnce() -> Option<Url>,
) -> Authentication {
    if !is_allowed(instance, visit) || visit.redirect_count == LOOP_LIMIT {
        return Authentication::signed_out(reason);
    }
    let Some(location) = location().and_then(|url| Location::from_url(url).ok()) else {
        return Authentication::signed_out(SignedOutReason::ReturnAddressNotUnderstood);
    };
    let counter = format!(
        "__clerk_redirect_count={}; SameSite=Lax; HttpOnly; Max-Age=2",
        visit.redirect_count + 1.0
    );
    Authentication::Redirect(Redirect {
        location,
        set_cookies: vec![counter.into()],
        cause: RedirectCause::Handshake(reason),
    })
}

fn frontend_api_location(instance: &Instance, visit: &Visit<'_>, reason: &str) -> Option<Url> {
    let mut url = handshake_endpoint(instance, &visit.address)?;
    let mut query = form_urlencoded::Serializer::new(String::new());
    let back = visit.address.without(&["__clerk_db_jwt", "__dev_session"]);
    query
        .append_pair("redirect_url", back.as_str())
        .append_pair("__clerk_api_version", API_VERSION)
        .append_pair("suffixed_cookies", if visit.family.is_suffixed() { "true" } else { "false" })
        .append_pair("__clerk_hs_reason", reason)
        .append_pair("format", "nonce");
    if let Some(token) = visit.session.or(visit.header_token) {
        query.append_pair("__session", token);
    }
    if instance.publishable_key.is_development()
        && let Some(dev_browser) = &visit.dev_browser
    {
        query.append_pair("__clerk_db_jwt", dev_browser);
    }
    if let Some(organization) =
        instance.browser.organization_sync.handshake_parameter(visit.address.url().path())
    {
        query.append_pair("organization_id", &organization);
    }
    url.set_query(Some(&query.finish()));
    Some(url)
}

/// The handshake endpoint behind the Frontend API's or the proxy's own path.
fn handshake_endpoint(instance: &Instance, address: &Address) -> Option<Url> {
    let mut url = instance.frontend_api(address)?;
    let path = format!("{}/v1/client/handshake", url.path().trim_end_matches('/'));
    url.set_path(&path);
    url.set_query(None);
    url.set_fragment(None);
    Some(url)
}
