//! `WWW-Authenticate` (RFC 6750, section 3, and RFC 9470).

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
    // A valid token of a session that does not do any more (RFC 9470, section 3).
    let error = if reason == Reason::SessionTooOld {
        "insufficient_user_authentication"
    } else {
        "invalid_token"
    };
    let meaning = reason.meaning();
    Cow::Owned(format!(r#"Bearer realm="bailiff", error="{error}", error_description="{meaning}""#))
}
