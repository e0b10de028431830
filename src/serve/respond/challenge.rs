//! `WWW-Authenticate` (RFC 6750, section 3).

use crate::core::reason::Reason;
use std::borrow::Cow;

/// The challenge for a request without a credential, or with one that did not do.
///
/// A request without any gets no error code, as the RFC asks. The description is a sentence of ours;
/// nothing of the request is in it.
pub(super) fn bearer(reason: Reason) -> Cow<'static, str> {
    if reason == Reason::SignedOut {
        return Cow::Borrowed(r#"Bearer realm="bailiff""#);
    }
    let meaning = reason.meaning();
    Cow::Owned(format!(
        r#"Bearer realm="bailiff", error="invalid_token", error_description="{meaning}""#
    ))
}
