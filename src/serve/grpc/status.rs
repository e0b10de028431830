//! The few things that are errors of a call rather than answers, with the details of
//! `google.rpc.error_details` that client libraries know how to read.

use crate::{core::reason::Reason, serve::respond::RETRY_AFTER_SECONDS};
use std::{collections::HashMap, time::Duration};
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, FieldViolation, StatusExt as _};

/// Whose reasons these are, in `ErrorInfo`.
const DOMAIN: &str = "bailiff";

/// How many violations are told at once. They travel in a header, and headers are bounded.
pub(super) const MAX_VIOLATIONS: usize = 16;

/// The request is malformed, in these fields.
pub(super) fn invalid(mut violations: Vec<FieldViolation>) -> Status {
    violations.truncate(MAX_VIOLATIONS);
    let message = violations.first().map_or_else(
        || "the request is malformed".to_owned(),
        |first| format!("{}: {}", first.field, first.description),
    );
    let details = ErrorDetails::with_bad_request(violations);
    Status::with_error_details(Code::InvalidArgument, message, details)
}

/// Bailiff cannot tell; the same call may succeed later.
pub(super) fn unavailable(reason: Reason) -> Status {
    let mut details = reason_details(reason);
    details.set_retry_info(Some(Duration::from_secs(RETRY_AFTER_SECONDS.into())));
    Status::with_error_details(Code::Unavailable, reason.meaning(), details)
}

/// Nobody is signed in, for this reason.
pub(super) fn unauthenticated(reason: Reason) -> Status {
    Status::with_error_details(Code::Unauthenticated, reason.meaning(), reason_details(reason))
}

/// Bailiff's own fault, which asking again does not mend.
pub(super) fn internal(message: &'static str) -> Status {
    let details = reason_details(Reason::InternalError);
    Status::with_error_details(Code::Internal, message, details)
}

fn reason_details(reason: Reason) -> ErrorDetails {
    ErrorDetails::with_error_info(reason.code(), DOMAIN, HashMap::new())
}

#[cfg(test)]
mod tests {
    use super::{MAX_VIOLATIONS, invalid, unauthenticated, unavailable};
    use crate::core::reason::Reason;
    use std::time::Duration;
    use tonic::Code;
    use tonic_types::{FieldViolation, StatusExt as _};

    #[test]
    fn a_malformed_request_names_its_fields() {
        let status = invalid(vec![
            FieldViolation::new("http.method", "is missing"),
            FieldViolation::new("http.path", "is missing"),
        ]);
        assert_eq!(status.code(), Code::InvalidArgument);
        assert_eq!(status.message(), "http.method: is missing");
        let fields: Vec<_> = status
            .get_details_bad_request()
            .unwrap()
            .field_violations
            .into_iter()
            .map(|violation| violation.field)
            .collect();
        assert_eq!(fields, ["http.method", "http.path"]);
    }

    #[test]
    fn a_great_many_violations_still_fit_in_a_header() {
        let status = invalid(vec![FieldViolation::new("f".repeat(40), "d".repeat(80)); 10_000]);
        let told = status.get_details_bad_request().unwrap().field_violations.len();
        assert_eq!(told, MAX_VIOLATIONS);
        assert!(status.details().len() < 4096, "{}", status.details().len());
    }

    #[test]
    fn unavailable_says_when_to_come_back() {
        let status = unavailable(Reason::KeysUnavailable);
        assert_eq!(status.code(), Code::Unavailable);
        let delay = status.get_details_retry_info().unwrap().retry_delay;
        assert_eq!(delay, Some(Duration::from_secs(5)));
        assert_eq!(status.get_details_error_info().unwrap().reason, "keys_unavailable");
    }

    #[test]
    fn unauthenticated_carries_the_reason_code() {
        let status = unauthenticated(Reason::TokenExpired);
        assert_eq!(status.code(), Code::Unauthenticated);
        let info = status.get_details_error_info().unwrap();
        assert_eq!((&*info.reason, &*info.domain), ("token_expired", "bailiff"));
    }
}
