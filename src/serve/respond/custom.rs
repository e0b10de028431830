//! The policy's own words, filled in.

use super::{Refusal, escape};
use crate::core::{
    asker::Asker,
    decision::Decision,
    id::{RequestId, RuleId},
    presentation::{ContentType, CustomResponse, Presentation},
    text_template::{Placeholder, TextTemplate},
};
use std::borrow::Cow;

/// For pages that others write: they may look as they like, but nothing in them runs, is framed or
/// sends a form, so a mistake in a page stays a blemish.
const SECURITY_POLICY: &str = "default-src 'none'; img-src 'self' https: data:; \
    font-src 'self' https: data:; style-src 'self' https: 'unsafe-inline'; base-uri 'none'; \
    form-action 'none'; frame-ancestors 'none'";

/// The headers that go with a body.
pub(super) fn add_headers(
    headers: &mut Vec<(&'static str, Cow<'static, str>)>,
    content_type: ContentType,
) {
    let (name, policy) = match content_type {
        ContentType::Html => ("text/html; charset=utf-8", Some(SECURITY_POLICY)),
        ContentType::Plain => ("text/plain; charset=utf-8", None),
        ContentType::Json | ContentType::Problem => (content_type.as_str(), None),
    };
    headers.push(("content-type", Cow::Borrowed(name)));
    headers.extend(policy.map(|policy| ("content-security-policy", Cow::Borrowed(policy))));
    headers.push(("x-content-type-options", Cow::Borrowed("nosniff")));
}

impl Refusal<'_> {
    /// Says it in the policy's own words.
    ///
    /// A program that must have its user verify their credentials again is still told so in the
    /// standard body, for that is what Clerk's front end opens its dialog by.
    pub(super) fn reword(&mut self, presentation: &Presentation, decision: &Decision) {
        let CustomResponse { status, message, body } = &*presentation.response;
        self.status = status.unwrap_or(self.status);
        let (reason, rule) = if self.hides() {
            // Templates that would tell any of it are refused when a policy is loaded.
            self.message = None;
            ("", "")
        } else {
            (decision.reason.code(), decision.rule.as_ref().map_or("", RuleId::as_str))
        };
        let request_id = presentation.request_id.as_ref().map_or("", RequestId::as_str);
        let fill = |refusal: &Self, template: &TextTemplate, content_type| {
            template.fill(|text, placeholder| {
                let value = match placeholder {
                    Placeholder::Reason => reason,
                    Placeholder::Message => refusal.message.as_deref().unwrap_or_default(),
                    Placeholder::Rule => rule,
                    Placeholder::Revision => decision.revision.as_str(),
                    Placeholder::RequestId => request_id,
                    Placeholder::Status => refusal.status.as_str(),
                };
                escape::push(text, value, content_type);
            })
        };
        if let Some(message) = message {
            self.message = Some(Cow::Owned(fill(self, message, ContentType::Plain)));
        }
        let is_clerks = self.reason.is_mended_by_verifying_again() && self.asker == Asker::Api;
        if let Some(body) = body
            && (self.hides() || !is_clerks)
        {
            self.body = Some((body.content_type, fill(self, &body.text, body.content_type)));
        }
    }
}

#[cfg(test)]
mod tests;
