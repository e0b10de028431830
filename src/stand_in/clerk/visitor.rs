//! Who a visiting browser is to the instance, and what it takes along when it leaves.

use super::instance::{Environment, Instance};
use crate::core::{
    cookie::{Cookies, Lookup},
    header::{Header, Headers, Repeats},
};
use axum::http::{HeaderMap, header};
use url::Url;

/// The browser, if it has been here before. On a development instance the token it was handed counts
/// before the cookie, since a browser may keep the instance's own cookie from it.
pub(super) fn recognise(
    instance: &Instance,
    headers: &HeaderMap,
    development_browser: Option<&str>,
) -> Option<String> {
    let handed = match instance.environment {
        Environment::Development => development_browser.map(str::to_owned),
        Environment::Production => None,
    };
    let known = |browser: &String| instance.sessions.knows(browser);
    handed.filter(known).or_else(|| cookie(headers, &instance.cookie_names.client).filter(known))
}

fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let lines = headers
        .get_all(header::COOKIE)
        .iter()
        .map(|value| Header { name: "cookie", value: value.as_bytes() })
        .collect();
    match Cookies::parse(&Headers::new(lines, Repeats::Separate)).get(name) {
        Lookup::Value(value) => Some(value.to_owned()),
        Lookup::Absent | Lookup::Conflict => None,
    }
}

/// Sets a parameter of the query, leaving the text of the others as it is.
pub(super) fn set_parameter(address: &mut Url, name: &str, value: &str) {
    let prefix = format!("{name}=");
    let kept = address.query().unwrap_or_default().split('&');
    let mut pieces: Vec<_> =
        kept.filter(|piece| !piece.is_empty() && !piece.starts_with(&prefix)).collect();
    let added = format!("{prefix}{value}");
    pieces.push(&added);
    let query = pieces.join("&");
    address.set_query(Some(&query));
}
