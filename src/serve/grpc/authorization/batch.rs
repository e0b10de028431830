//! `BatchAuthorize`: many questions in one call.

use super::{AuthorizationDoor, Caller, question};
use crate::serve::grpc::violations::Violations;
use crate::{
    pb::v1::{BatchAuthorizeRequest, BatchAuthorizeResponse},
    serve::grpc::status,
};
use tonic::Status;
use tracing::Instrument as _;

/// The most questions in a call.
const MAX_QUESTIONS: usize = 100;

const FIELD: &str = "requests";

impl AuthorizationDoor {
    /// Asks in order. All questions are read before the first is asked: a malformed one fails the
    /// call without any decision having been made.
    pub(super) async fn authorize_all(
        &self,
        mut message: BatchAuthorizeRequest,
        caller: &Caller,
    ) -> Result<BatchAuthorizeResponse, Status> {
        check_count(message.requests.len())?;
        message.requests.iter_mut().for_each(question::lower_case_names);
        let mut questions = Vec::with_capacity(message.requests.len());
        for (index, request) in message.requests.iter().enumerate() {
            let mut violations = Violations::within(FIELD, index);
            questions.extend(self.read(request, caller, &mut violations));
            violations.into_result()?;
        }
        if questions.len() != message.requests.len() {
            return Err(status::internal("a question was lost without a word"));
        }
        let mut responses = Vec::with_capacity(questions.len());
        let asked = questions.iter().zip(&message.requests);
        for (index, (question, request)) in asked.enumerate() {
            let violations = Violations::within(FIELD, index);
            let asking = self.ask(question, request.explain, violations);
            responses.push(asking.instrument(self.span(caller)).await?);
        }
        Ok(BatchAuthorizeResponse { responses })
    }
}

fn check_count(count: usize) -> Result<(), Status> {
    let mut violations = Violations::new();
    if count == 0 {
        violations.add(FIELD, "is empty");
    } else if count > MAX_QUESTIONS {
        violations.add(FIELD, format!("has more than {MAX_QUESTIONS}"));
    }
    violations.into_result()
}

#[cfg(test)]
mod tests {
    use super::{MAX_QUESTIONS, check_count};
    use tonic::Code;

    #[test]
    fn a_batch_holds_one_to_a_hundred_questions() {
        for count in [1, 2, MAX_QUESTIONS] {
            assert!(check_count(count).is_ok(), "{count}");
        }
        for count in [0, MAX_QUESTIONS + 1, 100_000] {
            let status = check_count(count).unwrap_err();
            assert_eq!(status.code(), Code::InvalidArgument, "{count}");
        }
    }
}
