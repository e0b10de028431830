//! `responses`.

use super::{
    super::{
        document::{Node, Value},
        problem::Problem,
        response::{
            ByAsker, LONGEST_BODY, LONGEST_MESSAGE, ResponseError, Responses, check_body,
            check_hiding, check_status,
        },
        wording::{Choice, Expected},
    },
    Compiler,
};
use crate::core::{
    asker::Asker,
    location::Location,
    presentation::{Body, ContentType, CustomResponse},
    reason::Category,
    text_template::TextTemplate,
};
use http::StatusCode;
use std::sync::Arc;

pub(in crate::policy) const KEYS: [&str; 6] =
    ["sign_in", "organization_selection", "signed_out", "forbidden", "ambiguous", "unavailable"];
pub(in crate::policy) const CATEGORY_KEYS: [&str; 4] = ["status", "browser", "api", "grpc"];
pub(in crate::policy) const ANSWER_KEYS: [&str; 4] = ["status", "content_type", "body", "message"];
pub(in crate::policy) const GRPC_KEYS: [&str; 2] = ["status", "message"];

/// Which refusals are written about.
#[derive(Clone, Copy)]
struct Kind {
    key: &'static str,
    category: Category,
}

impl Compiler {
    pub(super) fn responses(&mut self, node: &Node) -> Option<Responses> {
        let mut responses = Responses::NONE;
        for entry in self.map(node, "`responses`")? {
            let (key, category, place) = match &*entry.key {
                "sign_in" => {
                    responses.sign_in = self.location(&entry.value);
                    continue;
                }
                "organization_selection" => {
                    responses.organization_selection = self.location(&entry.value);
                    continue;
                }
                "signed_out" => {
                    ("`signed_out`", Category::Unauthenticated, &mut responses.signed_out)
                }
                "forbidden" => ("`forbidden`", Category::Forbidden, &mut responses.forbidden),
                "ambiguous" => ("`ambiguous`", Category::Ambiguous, &mut responses.ambiguous),
                "unavailable" => {
                    ("`unavailable`", Category::Unavailable, &mut responses.unavailable)
                }
                _ => {
                    self.unknown_key(entry, "`responses`", &KEYS);
                    continue;
                }
            };
            *place = self.by_asker(&entry.value, Kind { key, category })?;
        }
        Some(responses)
    }

    fn location(&mut self, node: &Node) -> Option<Location> {
        match Location::parse(self.text(node, "an address")?) {
            Ok(location) => Some(location),
            Err(error) => self.refuse(node.place, Problem::Location(error)),
        }
    }

    fn by_asker(&mut self, node: &Node, kind: Kind) -> Option<ByAsker> {
        let mut status = None;
        let (mut browser, mut api, mut grpc) = (None, None, None);
        for entry in self.map(node, kind.key)? {
            match &*entry.key {
                "status" => status = self.status(&entry.value, kind),
                "browser" => browser = Some(&entry.value),
                "api" => api = Some(&entry.value),
                "grpc" => grpc = Some(&entry.value),
                _ => self.unknown_key(entry, kind.key, &CATEGORY_KEYS),
            }
        }
        Some(ByAsker {
            browser: self.response(browser, Asker::Browser, kind, status),
            api: self.response(api, Asker::Api, kind, status),
            grpc: self.response(grpc, Asker::Grpc, kind, status),
        })
    }

    /// The response to one kind of caller, who shares `status` with the others.
    fn response(
        &mut self,
        node: Option<&Node>,
        asker: Asker,
        kind: Kind,
        status: Option<StatusCode>,
    ) -> Option<Arc<CustomResponse>> {
        let mut response = CustomResponse { status, message: None, body: None };
        let Some(node) = node else {
            return response.status.map(|_| Arc::new(response));
        };
        let (what, keys, standard) = match asker {
            Asker::Browser => ("`browser`", &ANSWER_KEYS[..], ContentType::Html),
            Asker::Api => ("`api`", &ANSWER_KEYS[..], ContentType::Problem),
            Asker::Grpc => ("`grpc`", &GRPC_KEYS[..], ContentType::Plain),
        };
        let (mut content_type, mut body, mut message) = (None, None, None);
        for entry in self.map(node, what)? {
            match &*entry.key {
                "status" => response.status = self.status(&entry.value, kind),
                "message" => message = Some(&entry.value),
                "body" | "content_type" if asker == Asker::Grpc => {
                    self.report(entry.place, ResponseError::GrpcBody.into());
                }
                "body" => body = Some(&entry.value),
                "content_type" => content_type = Some(&entry.value),
                _ => self.unknown_key(entry, what, keys),
            }
        }
        if let (Some(node), None) = (content_type, body) {
            self.report(node.place, Problem::MissingKey { inside: what, key: "body" });
        }
        let status = response.status;
        let content_type = content_type.map_or(Some(standard), |node| self.content_type(node));
        response.message =
            message.and_then(|node| self.template(node, "a message", LONGEST_MESSAGE, status));
        let body = body.and_then(|node| {
            let text = self.template(node, "a body", LONGEST_BODY, status)?;
            Some((node, Body { content_type: content_type?, text }))
        });
        response.body = body.and_then(|(node, body)| match check_body(&body) {
            Ok(()) => Some(body),
            Err(error) => self.refuse(node.place, error.into()),
        });
        Some(Arc::new(response))
    }

    fn status(&mut self, node: &Node, kind: Kind) -> Option<StatusCode> {
        let Value::Number(number) = node.value else {
            return self.wrong_kind(node, "`status`", Expected::Number);
        };
        match check_status(number, kind.category) {
            Ok(status) => Some(status),
            Err(error) => self.refuse(node.place, ResponseError::from(error).into()),
        }
    }

    fn content_type(&mut self, node: &Node) -> Option<ContentType> {
        let word = self.text(node, "`content_type`")?;
        ContentType::from_name(word).or_else(|| {
            let choice = Choice::among(word, ContentType::NAMES);
            self.unknown_word(node.place, "content type of an answer", word, choice)
        })
    }

    /// A text with placeholders, in an answer with this status.
    fn template(
        &mut self,
        node: &Node,
        what: &'static str,
        longest: usize,
        status: Option<StatusCode>,
    ) -> Option<TextTemplate> {
        let text = self.text(node, what)?;
        if text.len() > longest {
            return self.refuse(node.place, ResponseError::TooLong(longest).into());
        }
        let checked = TextTemplate::parse(text)
            .map_err(ResponseError::from)
            .and_then(|template| check_hiding(status, &template).map(|()| template));
        match checked {
            Ok(template) => Some(template),
            Err(error) => self.refuse(node.place, error.into()),
        }
    }
}
