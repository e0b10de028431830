//! Policies made of what people have: matchers of Clerk's middleware, and `OpenAPI` documents.
//!
//! What comes out is never more open than the source. Whatever is not understood, or cannot be said in
//! the policy language, ends up denied or protected, with a comment `# decide: …` for a person. That
//! is possible because both sources are taken for what they are, sets of paths (`space`): a template
//! gets everything that the source may ask of any path that a request comes to it by.

mod draft;
mod matchers;
mod middleware;
mod openapi;
mod pattern;
mod script;
mod space;

pub use matchers::matchers;
pub use openapi::openapi;

use super::{Policy, PolicyErrors, Source};
use thiserror::Error;

/// What a bare list of patterns means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// Everyone may go there.
    Public,
    /// One has to be signed in there.
    Protected,
}

/// Why nothing could be imported.
#[derive(Clone, Debug, Error)]
pub enum ImportError {
    /// A list alone does not say what it is for.
    #[error("a list of patterns does not say whether they are open or protected")]
    NoMeaning,
    /// Neither a list nor a middleware.
    #[error("this holds neither a JSON array of patterns nor a call of `createRouteMatcher`")]
    NoMatchers,
    /// Not an `OpenAPI` document.
    #[error("this is no OpenAPI document: {0}")]
    NotOpenApi(String),
    /// Another version.
    #[error("the version `{0}` of OpenAPI is not read")]
    OpenApiVersion(String),
    /// What was made of it is no valid policy, which is a mistake in the importer.
    #[error("what was made of it does not load")]
    Unsound(#[source] PolicyErrors),
}

impl ImportError {
    /// What to do instead.
    #[must_use]
    pub const fn help(&self) -> &'static str {
        match self {
            Self::NoMeaning => "say `--public` or `--protected`",
            Self::NoMatchers => "give `[\"/pattern\", ...]`, or the text of `middleware.ts`",
            Self::NotOpenApi(_) => "give a document with `openapi` and `paths`, as YAML or JSON",
            Self::OpenApiVersion(_) => "convert it to version 3.0 or 3.1",
            Self::Unsound(_) => "please report it with the file",
        }
    }
}

/// A policy that has been seen to load.
fn sound(text: String) -> Result<String, ImportError> {
    match Policy::load(Source::new("imported", &text)) {
        Ok(_) => Ok(text),
        Err(errors) => Err(ImportError::Unsound(errors)),
    }
}
