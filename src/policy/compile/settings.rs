//! `upstream`.

use super::{
    super::{
        condition::HeaderExpression,
        document::{Node, Scalar, Value},
        problem::Problem,
        source::Place,
        upstream::{Credentials, Expression, HeaderValue, UpstreamHeaders, header_name, same_name},
        wording::{Excerpt, Expected},
    },
    Compiler,
};

pub(in crate::policy) const UPSTREAM_KEYS: [&str; 2] = ["headers", "keep_credentials"];

impl Compiler {
    pub(super) fn upstream(&mut self, node: &Node) -> Option<(UpstreamHeaders, Credentials)> {
        let mut upstream = Some(UpstreamHeaders::standard());
        let mut credentials = Some(Credentials::Keep);
        for entry in self.map(node, "`upstream`")? {
            match &*entry.key {
                "headers" => upstream = self.upstream_headers(&entry.value),
                "keep_credentials" => credentials = self.keep_credentials(&entry.value),
                _ => self.unknown_key(entry, "`upstream`", &UPSTREAM_KEYS),
            }
        }
        Some((upstream?, credentials?))
    }

    fn keep_credentials(&mut self, node: &Node) -> Option<Credentials> {
        match &node.value {
            Value::Other(Scalar::Boolean(true)) => Some(Credentials::Keep),
            Value::Other(Scalar::Boolean(false)) => Some(Credentials::Withhold),
            Value::Nothing
            | Value::Text(_)
            | Value::Number(_)
            | Value::Other(_)
            | Value::List(_)
            | Value::Map(_) => self.wrong_kind(node, "`keep_credentials`", Expected::Boolean),
        }
    }

    fn upstream_headers(&mut self, node: &Node) -> Option<UpstreamHeaders> {
        let mut headers: Vec<(Box<str>, HeaderValue)> = Vec::new();
        let mut seen: Vec<(Box<str>, Place)> = Vec::new();
        for entry in self.map(node, "`headers`")? {
            let value = self.header_value(&entry.value);
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
            headers.extend(value.map(|value| (name, value)));
        }
        Some(UpstreamHeaders::new(headers))
    }

    fn header_value(&mut self, node: &Node) -> Option<HeaderValue> {
        let text = self.text(node, "the value of a header")?;
        if let Some(part) = Expression::from_text(text) {
            return Some(HeaderValue::Part(part));
        }
        match HeaderExpression::compile(text) {
            Ok(expression) => Some(HeaderValue::Computed(expression)),
            Err(problems) => {
                for problem in problems {
                    let place = self.sources.part(node.place, text, problem.range());
                    self.report(place, problem.into());
                }
                None
            }
        }
    }
}
