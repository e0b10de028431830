//! `responses` and `upstream`.

use super::{
    super::{
        document::Node,
        problem::Problem,
        response::Responses,
        source::Place,
        upstream::{Expression, UpstreamHeaders, header_name, same_name},
        wording::{Choice, Excerpt},
    },
    Compiler,
};
use crate::core::location::Location;

const RESPONSE_KEYS: [&str; 2] = ["sign_in", "organization_selection"];
const UPSTREAM_KEYS: [&str; 1] = ["headers"];

impl Compiler {
    pub(super) fn responses(&mut self, node: &Node) -> Option<Responses> {
        let mut responses = Responses::NONE;
        for entry in self.map(node, "`responses`")? {
            match &*entry.key {
                "sign_in" => responses.sign_in = self.location(&entry.value),
                "organization_selection" => {
                    responses.organization_selection = self.location(&entry.value);
                }
                _ => self.unknown_key(entry, "`responses`", &RESPONSE_KEYS),
            }
        }
        Some(responses)
    }

    fn location(&mut self, node: &Node) -> Option<Location> {
        match Location::parse(self.text(node, "an address")?) {
            Ok(location) => Some(location),
            Err(error) => self.refuse(node.place, Problem::Location(error)),
        }
    }

    pub(super) fn upstream(&mut self, node: &Node) -> Option<UpstreamHeaders> {
        let mut upstream = Some(UpstreamHeaders::standard());
        for entry in self.map(node, "`upstream`")? {
            match &*entry.key {
                "headers" => upstream = self.upstream_headers(&entry.value),
                _ => self.unknown_key(entry, "`upstream`", &UPSTREAM_KEYS),
            }
        }
        upstream
    }

    fn upstream_headers(&mut self, node: &Node) -> Option<UpstreamHeaders> {
        let mut headers: Vec<(Box<str>, Expression)> = Vec::new();
        let mut seen: Vec<(Box<str>, Place)> = Vec::new();
        for entry in self.map(node, "`headers`")? {
            let expression = self.expression(&entry.value);
            let name = match header_name(&entry.key) {
                Ok(name) => name,
                Err(error) => {
                    self.report(entry.place, error.into());
                    continue;
                }
            };
            if let Some((_, first)) = seen.iter().find(|(other, _)| same_name(other, &name)) {
                let tie = Problem::HeaderTie(Excerpt::of(&entry.key));
                self.report_both(entry.place, *first, tie);
            }
            seen.push((name.clone(), entry.place));
            headers.extend(expression.map(|expression| (name, expression)));
        }
        Some(UpstreamHeaders::new(headers))
    }

    fn expression(&mut self, node: &Node) -> Option<Expression> {
        let text = self.text(node, "the value of a header")?;
        Expression::from_text(text).or_else(|| {
            let choice = Choice::among(text, Expression::NAMES);
            self.unknown_word(node.place, "part of an identity", text, choice)
        })
    }
}
