//! How a refusal is said where the policy has words of its own for it.
//!
//! Chosen with the decision, since only the policy knows it, and rendered by whoever answers: nothing
//! here knows a protocol.

use super::{id::RequestId, text_template::TextTemplate};
use http::StatusCode;
use std::sync::Arc;

/// The words for one refusal.
#[derive(Clone, Debug)]
pub struct Presentation {
    /// What the policy says for refusals of this kind to whoever asks.
    pub response: Arc<CustomResponse>,
    /// What the request calls itself.
    pub request_id: Option<RequestId>,
}

/// What a policy says instead of the standard answer to one kind of refusal, for one kind of caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomResponse {
    /// The status, instead of the category's own.
    pub status: Option<StatusCode>,
    /// The sentence, instead of the decision's own.
    pub message: Option<TextTemplate>,
    /// The body, instead of the standard page or problem.
    pub body: Option<Body>,
}

/// The body of a custom response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Body {
    /// What kind of text it is, and so what values are escaped for.
    pub content_type: ContentType,
    /// The text.
    pub text: TextTemplate,
}

/// The kinds of text that values can be put into safely.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContentType {
    /// `text/html`.
    Html,
    /// `text/plain`.
    Plain,
    /// `application/json`.
    Json,
    /// `application/problem+json` (RFC 9457).
    Problem,
}

impl ContentType {
    const ALL: [Self; 4] = [Self::Html, Self::Plain, Self::Json, Self::Problem];

    /// Every name, as a policy writes it.
    pub const NAMES: &'static [&'static str] =
        &["text/html", "text/plain", "application/json", "application/problem+json"];

    /// The name, as a policy writes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Html => "text/html",
            Self::Plain => "text/plain",
            Self::Json => "application/json",
            Self::Problem => "application/problem+json",
        }
    }

    /// From the name as a policy writes it.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|content_type| content_type.as_str() == name)
    }
}

/// Whether an answer with this status must not tell that there is anything it keeps from the caller.
#[must_use]
pub fn hides(status: StatusCode) -> bool {
    status == StatusCode::NOT_FOUND
}
