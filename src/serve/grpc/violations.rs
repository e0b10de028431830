//! What is malformed in a request: collected, so that a caller learns everything at once.

use crate::serve::grpc::status;
use std::fmt::Display;
use tonic::Status;
use tonic_types::FieldViolation;

/// Field violations, each under the path of the message they are in.
#[derive(Debug)]
pub(super) struct Violations {
    prefix: String,
    found: Vec<FieldViolation>,
}

impl Violations {
    /// In a message that is the request itself.
    pub(super) const fn new() -> Self {
        Self { prefix: String::new(), found: Vec::new() }
    }

    /// In a message that is the `index`th of `field`.
    pub(super) fn within(field: &str, index: usize) -> Self {
        Self { prefix: format!("{field}[{index}]."), found: Vec::new() }
    }

    /// Notes that `field` is malformed, and how.
    pub(super) fn add(&mut self, field: impl Display, description: impl Into<String>) {
        self.found.push(FieldViolation::new(format!("{}{field}", self.prefix), description));
    }

    /// Notes a text that is longer than `limit` bytes.
    pub(super) fn bound(&mut self, field: impl Display, text: &str, limit: usize) {
        if text.len() > limit {
            self.add(field, format!("is longer than {limit} bytes"));
        }
    }

    /// The request's error, if there is any.
    pub(super) fn into_result(self) -> Result<(), Status> {
        if self.found.is_empty() { Ok(()) } else { Err(status::invalid(self.found)) }
    }
}
