//! The gRPC status of a refusal.

use crate::core::reason::Category;
use http::StatusCode;

/// The `grpc-status` to send; `None` where what proxies make of the HTTP status is right.
///
/// Envoy makes 16 of 401, 7 of 403 and 14 of 502 to 504. But 400 becomes 13 (internal), 404 becomes
/// 12 (unimplemented), 429 becomes 14 (unavailable), and nearly everything else 2 (unknown).
pub(super) fn to_send(status: StatusCode, category: Category) -> Option<&'static str> {
    const INVALID_ARGUMENT: &str = "3";
    const NOT_FOUND: &str = "5";
    const PERMISSION_DENIED: &str = "7";
    const RESOURCE_EXHAUSTED: &str = "8";
    const UNAVAILABLE: &str = "14";
    const UNAUTHENTICATED: &str = "16";
    match (status.as_u16(), category) {
        (401 | 403 | 502..=504, _) => None,
        (404, _) => Some(NOT_FOUND),
        (429, _) => Some(RESOURCE_EXHAUSTED),
        (400, _) | (_, Category::Ambiguous) => Some(INVALID_ARGUMENT),
        (_, Category::Forbidden | Category::Allowed) => Some(PERMISSION_DENIED),
        (_, Category::Unavailable) => Some(UNAVAILABLE),
        (_, Category::Unauthenticated) => Some(UNAUTHENTICATED),
    }
}
