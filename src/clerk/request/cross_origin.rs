//! Arrivals from another origin: somebody may have signed in or out there.

use super::visit::Visit;
use crate::clerk::instance::Instance;
use url::Url;

/// Whether a visitor with a good cookie comes from an origin where that may have changed.
pub(super) fn needs_sync(instance: &Instance, visit: &Visit<'_>) -> bool {
    if instance.browser.is_satellite() || !visit.is_document() || visit.redirect_count != 0.0 {
        return false;
    }
    let Some(referer) = visit.request.headers.text("referer") else { return false };
    let Ok(referer) = Url::parse(referer) else { return false };
    referer.origin() != visit.address.url().origin() && !is_clerks(instance, visit, &referer)
}

/// Whether a page is Clerk's own: the Frontend API, or an account portal.
fn is_clerks(instance: &Instance, visit: &Visit<'_>, page: &Url) -> bool {
    let Some(host) = page.host_str() else { return false };
    let frontend_api = instance.frontend_api(&visit.address);
    if frontend_api.as_ref().and_then(Url::host_str) == Some(host) {
        return true;
    }
    if instance.publishable_key.is_development() && is_development_portal(host) {
        return true;
    }
    Url::parse(&instance.account_portal()).is_ok_and(|portal| portal.origin() == page.origin())
}

fn is_development_portal(host: &str) -> bool {
    let current = [".accounts.dev", ".accountsstage.dev", ".accounts.lclclerk.com"];
    let legacy = [".lcl.dev", ".lclstage.dev", ".lclclerk.com"];
    let is_portal = |name: &str| name.strip_suffix(".clerk").is_none();
    current.iter().any(|end| host.strip_suffix(end).is_some_and(is_portal))
        || (host.starts_with("accounts.") && legacy.iter().any(|end| host.ends_with(end)))
}
