//! The page for people who cannot be sent anywhere better: self-contained, without script.

use super::{Refusal, escape::push_html};
use std::fmt::Write as _;

pub(super) const CONTENT_TYPE: &str = "text/html; charset=utf-8";

/// Nothing may load, run, frame or submit; the one style sheet is known by its digest.
pub(super) const SECURITY_POLICY: &str = "default-src 'none'; style-src \
    'sha256-UiI6GEjcTcH9yHwUq9aHHdm5Bm/lgQiVlM1Ij5NJFTQ='; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

pub(super) const STYLE: &str = "html{color-scheme:light dark}body{font:1.1rem/1.5 \
    system-ui,sans-serif;max-width:36rem;margin:20vh auto 0;padding:0 1.5rem}code{opacity:.7}";

pub(super) fn render(refusal: &Refusal<'_>) -> String {
    let title = refusal.title();
    let mut page = String::with_capacity(640);
    page.push_str("<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">");
    page.push_str("<meta name=\"viewport\" content=\"width=device-width\"><title>");
    push_html(&mut page, title.chars());
    page.push_str("</title><style>");
    page.push_str(STYLE);
    page.push_str("</style></head><body><h1>");
    push_html(&mut page, title.chars());
    page.push_str("</h1>");
    if let Some(message) = &refusal.message {
        page.push_str("<p>");
        push_html(&mut page, message.chars());
        page.push_str("</p>");
    }
    if !refusal.hides() {
        // Writing to a string cannot fail.
        let _ = write!(page, "<p><code>{} {}", refusal.status.as_str(), refusal.reason.code());
        if let Some(rule) = refusal.rule {
            page.push_str(" \u{b7} ");
            push_html(&mut page, rule.chars());
        }
        page.push_str("</code></p>");
    }
    page.push_str("</body></html>\n");
    page
}
