//! What a response of a policy must be, so that nothing it says can be misread.

mod html;

use crate::{
    core::{
        presentation::{Body, ContentType, hides},
        reason::Category,
        text_template::{Placeholder, TextTemplate, TextTemplateError},
    },
    policy::wording::{Choice, Excerpt},
};
use http::StatusCode;
use std::borrow::Cow;
use thiserror::Error;

/// The longest body, in bytes.
pub(in crate::policy) const LONGEST_BODY: usize = 32 * 1024;
/// The longest message, in bytes.
pub(in crate::policy) const LONGEST_MESSAGE: usize = 1024;

/// Client errors by which HTTP itself says something that a refusal does not: some make clients
/// repeat the request, some need a header.
pub(in crate::policy) const RESERVED: [u16; 11] =
    [405, 407, 408, 411, 413, 416, 417, 421, 425, 426, 431];
/// The same among server errors.
pub(in crate::policy) const RESERVED_SERVER: [u16; 4] = [501, 505, 506, 511];

/// Why a status does not fit a category.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum StatusError {
    /// No client error where there should be one.
    #[error("a refusal of this kind has a status from 400 to 499")]
    ClientError,
    /// No server error where there should be one.
    #[error("a refusal of this kind has a status from 500 to 599")]
    ServerError,
    /// 401 where no credential is asked for.
    #[error("the status 401 asks for a credential, which only `signed_out` does")]
    Challenge,
    /// A status with a meaning of its own.
    #[error("the status {0} has a meaning of its own to clients and proxies")]
    Reserved(u16),
}

/// Why a response cannot be given as it is written.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ResponseError {
    /// A status that does not fit.
    #[error(transparent)]
    Status(#[from] StatusError),
    /// Too much text.
    #[error("this is longer than {0} bytes")]
    TooLong(usize),
    /// A placeholder that stands for nothing.
    #[error("there is no placeholder `{name}`")]
    Placeholder {
        /// What is written between the braces.
        name: Excerpt,
        /// The names there are.
        choice: Choice,
    },
    /// `{` before something that cannot be a name.
    #[error("a single `{{` stands here that begins no placeholder")]
    Opening,
    /// `}` that ends nothing.
    #[error("a single `}}` stands here that ends no placeholder")]
    Closing,
    /// A body that is no JSON.
    #[error("the body is no JSON once its placeholders are filled in")]
    Json,
    /// A placeholder where escaping does not help.
    #[error("`{{{0}}}` stands where HTML cannot hold just any text")]
    Place(&'static str),
    /// A placeholder in an answer that hides.
    #[error("`{{{0}}}` tells what the status 404 is there to hide")]
    Tells(&'static str),
    /// A body for gRPC clients.
    #[error("a gRPC client is given a message and no body")]
    GrpcBody,
}

impl StatusError {
    const fn help(self) -> &'static str {
        match self {
            Self::ClientError => "write for instance `403`, or `404` to hide what is there",
            Self::ServerError => "write for instance `503`",
            Self::Challenge => "write for instance `403`",
            Self::Reserved(_) => "write another one, such as the standard one of its kind",
        }
    }
}

impl ResponseError {
    /// What to write instead.
    pub(in crate::policy) fn help(&self) -> Cow<'static, str> {
        let help = match self {
            Self::Status(error) => error.help(),
            Self::TooLong(_) => "write less, or send people to a page of your own",
            Self::Placeholder { choice, .. } => return choice.help(),
            Self::Opening => "write `{{` for a brace",
            Self::Closing => "write `}}` for a brace",
            Self::Json => {
                "write `{{` and `}}` for braces, and every placeholder but `{status}` inside quotes"
            }
            Self::Place(_) => {
                "put it into the text of the page, or into an attribute such as `title`, in quotes"
            }
            Self::Tells(_) => "leave it out, or write another status",
            Self::GrpcBody => "write `message`",
        };
        help.into()
    }
}

impl From<TextTemplateError> for ResponseError {
    fn from(error: TextTemplateError) -> Self {
        match error {
            TextTemplateError::Unknown(name) => Self::Placeholder {
                name: Excerpt::of(&name),
                choice: Choice::among(name.trim(), Placeholder::NAMES),
            },
            TextTemplateError::Opening => Self::Opening,
            TextTemplateError::Closing => Self::Closing,
        }
    }
}

/// Checks that a status says what refusals of a category say. Never a success, never a redirect.
pub(in crate::policy) fn check_status(
    number: u64,
    category: Category,
) -> Result<StatusCode, StatusError> {
    let unfit = match category {
        Category::Unavailable => StatusError::ServerError,
        Category::Allowed
        | Category::Unauthenticated
        | Category::Forbidden
        | Category::Ambiguous => StatusError::ClientError,
    };
    let code = u16::try_from(number).map_err(|_| unfit)?;
    let status = StatusCode::from_u16(code).map_err(|_| unfit)?;
    let fits = if category == Category::Unavailable {
        status.is_server_error()
    } else {
        status.is_client_error()
    };
    if !fits {
        Err(unfit)
    } else if status == StatusCode::UNAUTHORIZED && category != Category::Unauthenticated {
        Err(StatusError::Challenge)
    } else if RESERVED.contains(&code) || RESERVED_SERVER.contains(&code) {
        Err(StatusError::Reserved(code))
    } else {
        Ok(status)
    }
}

/// Checks that whatever the placeholders of a body stand for, it stays what it is said to be.
pub(in crate::policy) fn check_body(body: &Body) -> Result<(), ResponseError> {
    match body.content_type {
        ContentType::Plain => Ok(()),
        ContentType::Html => html::misplaced(&body.text)
            .map_or(Ok(()), |placeholder| Err(ResponseError::Place(placeholder.as_str()))),
        ContentType::Json | ContentType::Problem => {
            // The first is no JSON outside quotes, nor behind a backslash; the second is what a
            // value looks like when everything in it had to be escaped.
            let samples = ["x", r#"\"\\\u000a"#];
            let sound = samples.iter().all(|sample| {
                let filled = body.text.fill(|filled, placeholder| {
                    let status = placeholder == Placeholder::Status;
                    filled.push_str(if status { "403" } else { sample });
                });
                serde_json::from_str::<serde_json::Value>(&filled).is_ok()
            });
            if sound { Ok(()) } else { Err(ResponseError::Json) }
        }
    }
}

/// Checks that an answer which hides tells nothing that differs from one refusal to the next.
pub(in crate::policy) fn check_hiding(
    status: Option<StatusCode>,
    text: &TextTemplate,
) -> Result<(), ResponseError> {
    let tells = |placeholder: &Placeholder| match placeholder {
        Placeholder::Reason | Placeholder::Message | Placeholder::Rule => true,
        Placeholder::Revision | Placeholder::RequestId | Placeholder::Status => false,
    };
    match text.placeholders().find(tells) {
        Some(placeholder) if status.is_some_and(hides) => {
            Err(ResponseError::Tells(placeholder.as_str()))
        }
        Some(_) | None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
