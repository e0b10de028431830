//! What floors that know nothing of one another say about the step that is under way. Whether anybody
//! records it is decided above.

use tracing::Span;

/// The target of every span; log filters do not touch it.
pub const TARGET: &str = "bailiff::trace";

/// Notes something about the step that is under way, where it is recorded. A span that has no such
/// field takes no notice.
pub fn note(field: &'static str, value: &str) {
    Span::current().record(field, value);
}

/// Whether the step that is under way is recorded.
#[must_use]
pub fn is_recorded() -> bool {
    !Span::current().is_disabled()
}
