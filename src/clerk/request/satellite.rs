//! Satellites, which are applications on another domain than their primary, and primaries.

use super::{
    address::set_parameter,
    handshake::{start, start_towards},
    outcome::{Authentication, SignedOutReason},
    visit::Visit,
};
use crate::clerk::{
    browser::{AutoSync, SatelliteOrigins},
    instance::Instance,
};
use url::Url;

/// What a satellite does before it looks at its cookies; `None` to go on.
pub(super) fn sync_with_primary(instance: &Instance, visit: &Visit<'_>) -> Option<Authentication> {
    let auto_sync = instance.browser.satellite?;
    let synced = visit.address.parameter("__clerk_synced");
    if !visit.is_document() || synced.as_deref() == Some("true") {
        return None;
    }
    let wanted = synced.as_deref() == Some("false");
    let has_cookies = visit.session.is_some() || visit.client_uat.is_some();
    if auto_sync == AutoSync::Off && !has_cookies && !wanted {
        return Some(Authentication::signed_out(SignedOutReason::NothingPresented));
    }
    if has_cookies && !wanted {
        return None;
    }
    let reason = SignedOutReason::SatelliteNeedsSyncing;
    Some(if instance.publishable_key.is_development() {
        start_towards(instance, visit, reason, || {
            let mut url = Url::parse(instance.browser.sign_in_url.as_deref()?).ok()?;
            url.query_pairs_mut().append_pair("__clerk_redirect_url", visit.address.url().as_str());
            Some(url)
        })
    } else {
        start(instance, visit, reason)
    })
}

/// What a development primary answers a satellite that has sent the browser; `None` to go on, also
/// where the address is no satellite's.
pub(super) fn respond_to_satellite(
    instance: &Instance,
    visit: &Visit<'_>,
) -> Option<Authentication> {
    if instance.browser.is_satellite() || !instance.publishable_key.is_development() {
        return None;
    }
    let target = visit.address.parameter("__clerk_redirect_url").filter(|url| !url.is_empty())?;
    let reason = SignedOutReason::PrimaryRespondsToSyncing;
    let Ok(mut url) = Url::parse(&target) else {
        let any = instance.browser.satellite_origins == SatelliteOrigins::Any;
        let refused = SignedOutReason::ReturnAddressNotUnderstood;
        return any.then(|| Authentication::signed_out(refused));
    };
    if !instance.browser.is_satellite_origin(&url) {
        return None;
    }
    Some(start_towards(instance, visit, reason, || {
        if let Some(dev_browser) = &visit.dev_browser {
            url.query_pairs_mut().append_pair("__clerk_db_jwt", dev_browser);
        }
        set_parameter(&mut url, "__clerk_synced", "true");
        Some(url)
    }))
}
