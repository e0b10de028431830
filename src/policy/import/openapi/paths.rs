//! The paths of a document.

use super::{
    super::space::{Piece, Shape, parameter},
    security::{Answer, Schemes},
    servers::bases,
};
use crate::policy::template::Template;
use serde_json::Value;
use std::collections::BTreeMap;

macro_rules! methods {
    ($($variant:ident = $key:literal, $name:literal;)*) => {
        /// What a path item may describe.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub(super) enum Method {
            $($variant,)*
        }

        impl Method {
            pub(super) const ALL: &'static [Self] = &[$(Self::$variant,)*];

            pub(super) const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            const fn key(self) -> &'static str {
                match self {
                    $(Self::$variant => $key,)*
                }
            }
        }
    };
}

methods! {
    Get = "get", "GET";
    Head = "head", "HEAD";
    Post = "post", "POST";
    Put = "put", "PUT";
    Patch = "patch", "PATCH";
    Delete = "delete", "DELETE";
    Options = "options", "OPTIONS";
    Trace = "trace", "TRACE";
}

/// One path of a document below one server.
#[derive(Debug)]
pub(super) struct Located {
    /// As it is written. Two paths can come to the same place behind two servers; a request may then be
    /// for either, so that they are kept apart.
    written: String,
    /// The same behind the server's path.
    pub(super) text: String,
    /// At least its paths.
    pub(super) shape: Shape,
    /// A template with exactly its paths.
    pub(super) template: Option<Template>,
    /// Whether it has no parameters.
    pub(super) concrete: bool,
    /// What its operations ask; `None` where that is described elsewhere.
    pub(super) operations: Option<BTreeMap<Method, Answer>>,
}

impl Located {
    pub(super) fn lists(&self, method: Method) -> bool {
        self.operations.as_ref().is_some_and(|operations| operations.contains_key(&method))
    }

    /// What it asks of a method, if it describes it.
    pub(super) fn answer(&self, method: Method) -> Option<Answer> {
        let Some(operations) = &self.operations else {
            return Some(Answer::undecided(&format!("`{}` is described elsewhere", self.text)));
        };
        let get = || if method == Method::Head { operations.get(&Method::Get) } else { None };
        operations.get(&method).or_else(get).cloned()
    }
}

/// Every path of the document, below every server it has.
pub(super) fn located(document: &Value, notes: &mut Vec<String>) -> Vec<Located> {
    let schemes = Schemes::of(document);
    let mut located = Vec::new();
    for (path, item) in document["paths"].as_object().into_iter().flatten() {
        if path.starts_with("x-") {
            continue;
        }
        if !path.starts_with('/') {
            notes.push(format!("decide: `{path}` is no path, so it has no route"));
            continue;
        }
        let elsewhere = !item.is_object() || item.get("$ref").is_some();
        for method in Method::ALL {
            let Some(operation) = item.get(method.key()).filter(|_| !elsewhere) else { continue };
            let security = operation.get("security").or_else(|| document.get("security"));
            let answer = schemes.answer(security);
            let servers = [operation.get("servers"), item.get("servers"), document.get("servers")];
            for base in &bases(servers.into_iter().flatten().next(), notes) {
                let at = at(&mut located, path, base);
                at.operations.get_or_insert_default().insert(*method, answer.clone());
            }
        }
        if elsewhere {
            let servers = item.get("servers").or_else(|| document.get("servers"));
            for base in &bases(servers, notes) {
                at(&mut located, path, base).operations = None;
            }
        }
    }
    located
}

/// The path as it is written, behind a server's path, added if need be.
fn at<'l>(located: &'l mut Vec<Located>, written: &str, base: &str) -> &'l mut Located {
    let text = format!("{base}{written}");
    let same = |path: &Located| path.written == written && path.text == text;
    let known = located.iter().position(same).unwrap_or(located.len());
    if known == located.len() {
        let (shape, template) = read(&text);
        let concrete = template.is_some() && !text.contains('{');
        located.push(Located {
            written: written.to_owned(),
            text,
            shape,
            template,
            concrete,
            operations: Some(BTreeMap::new()),
        });
    }
    &mut located[known]
}

/// The shape of a path, and its template if there is one with the same paths.
fn read(text: &str) -> (Shape, Option<Template>) {
    // A slash at the end makes no other path.
    let inner = text.trim_start_matches('/').trim_end_matches('/');
    let mut pieces = Vec::new();
    let mut names: Vec<String> = Vec::new();
    let mut written = String::new();
    let mut exact = true;
    for segment in inner.split('/').filter(|_| !inner.is_empty()) {
        let name = segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
        let name = name.filter(|name| !name.contains(['{', '}']));
        if let Some(name) = name {
            let name = parameter(name, &names);
            written = format!("{written}/{{{name}}}");
            names.push(name);
            pieces.push(Piece::Any);
        } else if !segment.contains(['{', '}']) && Template::parse(&format!("/{segment}")).is_ok() {
            written = format!("{written}/{segment}");
            pieces.push(Piece::Literal(segment.into()));
        } else {
            exact = false;
            pieces.push(Piece::Any);
        }
    }
    let written = if written.is_empty() { "/" } else { &written };
    let template = Template::parse(written).ok().filter(|_| exact);
    (Shape { pieces, rest: false }, template)
}
