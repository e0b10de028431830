//! `Authorize`: one question, one answer.

use super::{AuthorizationDoor, Caller, convert, explanation, question};
use crate::serve::grpc::violations::Violations;
use crate::{
    authorizer::{Door, outcome::Outcome},
    core::{
        decision::Effect,
        question::{Question, Wanted},
        reason::{Category, Reason},
    },
    pb::v1::{AuthorizeRequest, AuthorizeResponse, ExplanationStatus},
    serve::grpc::status,
};
use tonic::Status;
use tracing::{Instrument as _, Span};

impl AuthorizationDoor {
    pub(super) async fn authorize_one(
        &self,
        mut message: AuthorizeRequest,
        caller: &Caller,
    ) -> Result<AuthorizeResponse, Status> {
        question::lower_case_names(&mut message);
        let mut violations = Violations::new();
        let question = self.read(&message, caller, &mut violations);
        violations.into_result()?;
        match question {
            Some(question) => {
                let span = self.span(caller);
                self.ask(&question, message.explain, Violations::new()).instrument(span).await
            }
            None => Err(status::internal("a question was lost without a word")),
        }
    }

    /// The span around one question of a call.
    pub(super) fn span(&self, caller: &Caller) -> Span {
        let call: &http::HeaderMap = caller.metadata.as_ref();
        self.authorizer.tracing().decide(Door::Authorize.as_str(), call)
    }

    /// Reads a question, and has the authorizer look over a requirement.
    pub(super) fn read<'a>(
        &self,
        message: &'a AuthorizeRequest,
        caller: &'a Caller,
        violations: &mut Violations,
    ) -> Option<Question<'a>> {
        let question = question::read(message, caller, violations)?;
        if let Wanted::Requirement(asked) = &question.wanted
            && let Err(malformed) = self.authorizer.check_asked(asked)
        {
            violations.add(
                format_args!("requirement.{}", malformed.place()),
                malformed.problem.to_string(),
            );
        }
        Some(question)
    }

    /// Asks; `violations` says where the question stands in the request. An explanation that is
    /// wanted and not allowed does not change the answer, which says so.
    pub(super) async fn ask(
        &self,
        question: &Question<'_>,
        explain: bool,
        violations: Violations,
    ) -> Result<AuthorizeResponse, Status> {
        let unknown = question.instance.is_some_and(|name| !self.authorizer.has_instance(name));
        if !explain || !self.explain {
            let outcome = self.authorizer.authorize(question, Door::Authorize).await;
            no_answer(unknown, &outcome, violations)?;
            let mut response = convert::response(outcome, self.disclosure);
            if explain {
                response.set_explanation_status(ExplanationStatus::SwitchedOff);
            }
            return Ok(response);
        }
        let (outcome, explained) =
            self.authorizer.authorize_explained(question, Door::Authorize).await;
        no_answer(unknown, &outcome, violations)?;
        let mut response = convert::response(outcome, self.disclosure);
        response.explanation = Some(explanation::message(explained));
        response.set_explanation_status(ExplanationStatus::Given);
        Ok(response)
    }
}

/// The error of the call, where the outcome is none of what was asked.
fn no_answer(
    unknown_instance: bool,
    outcome: &Outcome,
    mut violations: Violations,
) -> Result<(), Status> {
    let reason = outcome.decision.reason;
    match outcome.decision.effect {
        Effect::Allow(_) => Ok(()),
        Effect::Deny(_) | Effect::Redirect(_)
            if reason == Reason::Misconfigured && unknown_instance =>
        {
            violations.add("instance", "is not in the settings");
            violations.into_result()
        }
        Effect::Deny(_) | Effect::Redirect(_) => match reason.category() {
            Category::Unavailable => Err(status::unavailable(reason)),
            Category::Allowed
            | Category::Unauthenticated
            | Category::Forbidden
            | Category::Ambiguous => Ok(()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::no_answer;
    use crate::{
        core::{
            asker::Asker,
            reason::{Category, Reason},
        },
        serve::{
            fixtures::{allow, deny, nobody},
            grpc::violations::Violations,
        },
    };
    use tonic::{Code, Status};

    fn asked(unknown_instance: bool, reason: Reason) -> Result<(), Status> {
        let allowed = reason == Reason::Allowed;
        let decision = if allowed { allow(&[], &[]) } else { deny(reason, Asker::Api) };
        no_answer(unknown_instance, &nobody(decision), Violations::within("requests", 2))
    }

    #[test]
    fn a_refusal_is_an_answer_unless_bailiff_cannot_tell() {
        for &reason in Reason::ALL {
            let result = asked(false, reason);
            if reason.category() == Category::Unavailable {
                assert_eq!(result.unwrap_err().code(), Code::Unavailable, "{reason:?}");
            } else {
                assert!(result.is_ok(), "{reason:?}");
            }
        }
    }

    #[test]
    fn an_instance_that_nobody_configured_is_a_mistake_of_the_caller() {
        let status = asked(true, Reason::Misconfigured).unwrap_err();
        assert_eq!(status.code(), Code::InvalidArgument);
        assert_eq!(status.message(), "requests[2].instance: is not in the settings");
        let status = asked(true, Reason::KeysUnavailable).unwrap_err();
        assert_eq!(status.code(), Code::Unavailable);
    }

    #[test]
    fn settings_that_lack_something_else_are_no_mistake_of_the_caller() {
        let status = asked(false, Reason::Misconfigured).unwrap_err();
        assert_eq!(status.code(), Code::Unavailable);
    }
}
