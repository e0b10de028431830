//! The gRPC status of a refusal.

use crate::core::reason::Category;
use http::StatusCode;

/// The `grpc-status` to send; `None` where what proxies make of the HTTP status is right.
///
/// Envoy makes UNAUTHENTICATED of 401, PERMISSION_DENIED of 403 and UNAVAILABLE of 502 to 504. But 400
/// becomes INTERNAL, 404 UNIMPLEMENTED, 429 UNAVAILABLE and nearly everything else UNKNOWN.
pub(super) fn to_send(status: StatusCode, category: Category) -> Option<&'static str> {
    match (status.as_u16(), category) {
        (401 | 403 | 502..=504, _) => None,
        // INVALID_ARGUMENT
        (400, _) => Some("3"),
        // NOT_FOUND
        (404, _) => Some("5"),
        // RESOURCE_EXHAUSTED
        (429, _) => Some("8"),
        (_, Category::Ambiguous) => Some("3"),
        // PERMISSION_DENIED
        (_, Category::Forbidden | Category::Allowed) => Some("7"),
        // UNAVAILABLE
        (_, Category::Unavailable) => Some("14"),
        // UNAUTHENTICATED
        (_, Category::Unauthenticated) => Some("16"),
    }
}
