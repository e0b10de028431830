//! What the cookies and the address of one request say, read once and believed by nobody yet.

use super::{
    address::Address,
    cookies::{Family, Pair, choose},
    outcome::SignedOutReason,
};
use crate::{
    clerk::{
        token_error::TokenError,
        verifier::{Presented, Verifier},
    },
    core::{
        clock::Timestamp,
        cookie::{Cookies, Lookup},
        header::Headers,
        http_request::HttpRequest,
    },
};

/// One visit of a browser.
pub(in crate::clerk) struct Visit<'v> {
    pub(in crate::clerk) request: &'v HttpRequest<'v>,
    pub(in crate::clerk) address: Address,
    /// The suffixed or the plain cookies.
    pub(super) family: Family,
    /// The session token of that family.
    pub(in crate::clerk) session: Option<&'v str>,
    /// The same, looked up or taken apart.
    pub(in crate::clerk) presented: Option<Result<Presented<'v>, TokenError>>,
    /// When who is signed in last changed, in seconds; `None` where the client has no session.
    pub(in crate::clerk) client_uat: Option<f64>,
    /// The token in the Authorization header.
    pub(in crate::clerk) header_token: Option<&'v str>,
    pub(in crate::clerk) dev_browser: Option<String>,
    pub(in crate::clerk) refresh_token: Option<&'v str>,
    pub(in crate::clerk) handshake_token: Option<String>,
    pub(in crate::clerk) handshake_nonce: Option<String>,
    /// How often the browser has been sent away within the last seconds.
    pub(in crate::clerk) redirect_count: f64,
}

impl<'v> Visit<'v> {
    /// Reads a request.
    ///
    /// # Errors
    /// The reason to refuse it, if it carries a credential twice or has no address.
    pub(in crate::clerk) fn read(
        verifier: &Verifier,
        request: &'v HttpRequest<'v>,
        jar: &'v Cookies<'v>,
        header_token: Option<&'v str>,
        now: Timestamp,
    ) -> Result<Self, SignedOutReason> {
        let instance = &verifier.instance;
        let address = Address::of(request, instance.browser.forwarded_headers)
            .map_err(|_| SignedOutReason::AddressNotUnderstood)?;
        let names = &instance.cookie_names;
        let plain_session = credential(jar, "__session")?;
        let suffixed_session = credential(jar, &names.session)?;
        let same = plain_session == suffixed_session;
        let open = |token: Option<&'v str>| token.map(|token| verifier.open(token));
        // Clerk's front end writes the same token under both names.
        let plain = open(plain_session);
        let other = if same { None } else { open(suffixed_session) };
        let plain_uat = first(jar, "__client_uat");
        let suffixed_uat = first(jar, &names.client_uat);
        let family = choose(
            instance,
            &Pair {
                plain_session: plain.as_ref(),
                suffixed_session: if same { plain.as_ref() } else { other.as_ref() },
                plain_uat,
                suffixed_uat,
            },
            now,
        );
        let (session, uat, presented, dev_browser) = match family {
            Family::Plain => (plain_session, plain_uat, plain, "__clerk_db_jwt"),
            Family::Suffixed => (
                suffixed_session,
                suffixed_uat,
                if same { plain } else { other },
                &*names.dev_browser,
            ),
        };
        let parameter = |name| address.parameter(name).filter(|value| !value.is_empty());
        let handed_over = |name| match parameter(name) {
            Some(value) => Ok(Some(value)),
            None => credential(jar, name).map(|cookie| cookie.map(Into::into)),
        };
        Ok(Self {
            request,
            family,
            session,
            presented,
            client_uat: uat.map(leading_integer).filter(|uat| *uat != 0.0),
            header_token,
            dev_browser: parameter("__clerk_db_jwt")
                .or_else(|| first(jar, dev_browser).map(Into::into)),
            refresh_token: credential(jar, &names.refresh)?,
            handshake_token: handed_over("__clerk_handshake")?,
            handshake_nonce: handed_over("__clerk_handshake_nonce")?,
            redirect_count: first(jar, "__clerk_redirect_count").map_or(0.0, whole_number),
            address,
        })
    }

    /// Whether this is a GET whose `Sec-Fetch-Dest` is exactly `document`.
    pub(in crate::clerk) fn is_document(&self) -> bool {
        self.request.method == "GET" && destination(&self.request.headers) == Some("document")
    }

    /// Whether the browser loads a page, so that it may be sent elsewhere.
    pub(in crate::clerk) fn is_page_load(&self) -> bool {
        self.request.method == "GET"
            && match destination(&self.request.headers) {
                Some(destination) => matches!(destination, "document" | "iframe"),
                None => self
                    .request
                    .headers
                    .text("accept")
                    .is_some_and(|accept| accept.trim_start().starts_with("text/html")),
            }
    }
}

fn destination<'h>(headers: &Headers<'h>) -> Option<&'h str> {
    headers.text("sec-fetch-dest").map(str::trim).filter(|text| !text.is_empty())
}

/// A cookie that proves something: two different ones are refused, since the service behind may take
/// the other. Where the first is empty neither is taken.
fn credential<'j>(jar: &'j Cookies<'_>, name: &str) -> Result<Option<&'j str>, SignedOutReason> {
    match jar.get(name) {
        Lookup::Absent => Ok(None),
        Lookup::Value(value) => Ok(Some(value)),
        Lookup::Conflict if first(jar, name).is_none() => Ok(None),
        Lookup::Conflict => Err(SignedOutReason::AmbiguousCredential),
    }
}

/// A cookie that is only a hint: the first of its name, unless it is empty. Several instances on one
/// registrable domain leave several of these in one browser.
fn first<'j>(jar: &'j Cookies<'_>, name: &str) -> Option<&'j str> {
    let first = jar.iter().find(|cookie| cookie.name == name)?;
    Some(&*first.value).filter(|value| !value.is_empty())
}

/// The integer at the start of a text, 0 without one: how the package reads `__client_uat`.
fn leading_integer(text: &str) -> f64 {
    let text = text.trim_start();
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, text.strip_prefix('+').unwrap_or(text)),
    };
    let (radix, digits) = match digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        Some(rest) => (16, rest),
        None => (10, digits),
    };
    let value = digits
        .chars()
        .map_while(|digit| digit.to_digit(radix))
        .fold(0.0, |value, digit| value * f64::from(radix) + f64::from(digit));
    sign * value
}

/// The number that a text is as a whole, else 0: how the package reads the loop counter.
fn whole_number(text: &str) -> f64 {
    let plain =
        text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'+'));
    text.parse().ok().filter(|number: &f64| plain && number.is_finite()).unwrap_or(0.0)
}

#[cfg(test)]
mod tests;
