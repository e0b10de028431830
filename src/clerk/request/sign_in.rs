//! Where to send somebody to sign in or up, with the way back.

use super::address::{Address, set_parameter, without_parameters};
use crate::{
    clerk::instance::Instance,
    core::location::{Location, LocationError},
};
use thiserror::Error;
use url::Url;

/// A sign-in address cannot be built.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SignInError {
    /// The configured address or the way back is no address.
    #[error("the sign-in address or the way back is not a URL")]
    NotAnAddress,
    /// The result is no plain web address.
    #[error(transparent)]
    Location(#[from] LocationError),
}

/// Where the browser comes back to.
#[derive(Clone, Copy, Debug)]
pub enum ReturnTo<'a> {
    /// The address of the request.
    Request,
    /// This address, resolved against that of the request.
    Address(&'a str),
    /// Nowhere in particular.
    Nowhere,
}

/// What goes into a sign-in address beside the settings.
#[derive(Clone, Copy, Debug)]
pub struct SignInRequest<'a> {
    /// The address the user sees.
    pub address: &'a Address,
    /// Another page than the instance's own.
    pub page: Option<&'a Location>,
    /// Where to come back to.
    pub return_to: ReturnTo<'a>,
    /// The development browser, handed over to another host.
    pub dev_browser: Option<&'a str>,
    /// Whether the session has tasks left, which have their own page.
    pub pending: bool,
}

/// The sign-in page: `signInUrl`, else the account portal's.
///
/// # Errors
/// [`SignInError`] when the parts make no address.
pub fn sign_in_address(
    instance: &Instance,
    request: &SignInRequest<'_>,
) -> Result<Location, SignInError> {
    let configured = request.page.map(Location::as_str).or(instance.browser.sign_in_url.as_deref());
    let page = configured
        .map_or_else(|| format!("{}/sign-in", instance.account_portal()), ToOwned::to_owned);
    build(instance, request, page)
}

/// An address to come back to without what Clerk has put into it: a handshake that did not bring a
/// session would be taken again, and the sign-in page has no business with a credential.
pub(in crate::clerk) fn without_clerks_parameters(back: &Location) -> Location {
    const CLERKS: [&str; 5] = [
        "__clerk_handshake",
        "__clerk_handshake_nonce",
        "__clerk_help",
        "__clerk_db_jwt",
        "__dev_session",
    ];
    let holds_any =
        back.url().query_pairs().any(|(name, _)| CLERKS.iter().any(|clerks| *clerks == name));
    if !holds_any {
        return back.clone();
    }
    // Only the query changes, so it stays a plain web address.
    Location::from_url(without_parameters(back.url(), &CLERKS)).unwrap_or_else(|_| back.clone())
}

/// The sign-up page: `signUpUrl`, else `signInUrl` with `/create` behind its path, else the account
/// portal's.
///
/// # Errors
/// [`SignInError`] when the parts make no address.
pub fn sign_up_address(
    instance: &Instance,
    request: &SignInRequest<'_>,
) -> Result<Location, SignInError> {
    let browser = &instance.browser;
    let page = match (&browser.sign_up_url, &browser.sign_in_url) {
        (Some(sign_up), _) => sign_up.to_string(),
        (None, Some(sign_in)) => {
            let mut url = resolve(request.address, sign_in)?;
            let path = format!("{}/create", url.path());
            url.set_path(&path);
            url.into()
        }
        (None, None) => format!("{}/sign-up", instance.account_portal()),
    };
    build(instance, request, page)
}

fn resolve(address: &Address, reference: &str) -> Result<Url, SignInError> {
    address.url().join(reference).map_err(|_| SignInError::NotAnAddress)
}

fn build(
    instance: &Instance,
    request: &SignInRequest<'_>,
    mut page: String,
) -> Result<Location, SignInError> {
    if request.pending {
        page.push_str("/tasks");
    }
    let mut target = resolve(request.address, &page)?;
    let own = request.address.url();
    let elsewhere = (target.host_str(), target.port()) != (own.host_str(), own.port());
    let mut back = match request.return_to {
        ReturnTo::Request => Some(own.clone()),
        ReturnTo::Address(reference) => Some(resolve(request.address, reference)?),
        ReturnTo::Nowhere => None,
    };
    if let Some(back) = &mut back {
        if elsewhere && instance.browser.is_satellite() {
            set_parameter(back, "__clerk_synced", "false");
        }
        set_parameter(&mut target, "redirect_url", back.as_str());
    }
    if elsewhere
        && instance.publishable_key.is_development()
        && let Some(dev_browser) = request.dev_browser
    {
        set_parameter(&mut target, "__clerk_db_jwt", dev_browser);
    }
    Ok(Location::from_url(target)?)
}

#[cfg(test)]
mod tests;
