//! From an `OpenAPI` document to a policy.
//!
//! Every path becomes a route with its methods. What a method asks is what every operation asks that a
//! request may be for: a path without parameters stands before those with some, as the standard has
//! it; otherwise all whose template fits count, since the standard does not say which is meant.

mod paths;
mod security;
mod servers;

use super::{
    ImportError,
    draft::{Asked, Draft, DraftRoute, DraftRule},
    sound,
    space::{Shape, Templates},
};
use crate::policy::template::Template;
use paths::{Located, Method, located};
use security::Answer;
use serde_json::Value;
use serde_saphyr::DuplicateKeyPolicy;

/// Beyond this many templates, overlaps that no template is alone to blame for are not told apart, and
/// whoever is refused by one of them is refused.
const MOST_TOLD_APART: usize = 2000;

/// Makes a policy of an `OpenAPI` document of version 3.0 or 3.1, as YAML or JSON.
///
/// # Errors
/// [`ImportError`] where the text is no such document.
pub fn openapi(text: &str) -> Result<String, ImportError> {
    let options = serde_saphyr::options! {
        duplicate_keys: DuplicateKeyPolicy::Error,
        with_snippet: false,
    };
    let document: Value = serde_saphyr::from_str_with_options(text, options)
        .map_err(|error| ImportError::NotOpenApi(error.to_string()))?;
    let missing = |key: &str| ImportError::NotOpenApi(format!("it has no `{key}`"));
    let version = match (&document["openapi"], &document["swagger"]) {
        (Value::String(version), _) => version.clone(),
        (_, Value::Null) => return Err(missing("openapi")),
        (_, swagger) => return Err(ImportError::OpenApiVersion(swagger.to_string())),
    };
    if !["3.0", "3.1"]
        .iter()
        .any(|known| version == *known || version.starts_with(&format!("{known}.")))
    {
        return Err(ImportError::OpenApiVersion(version));
    }
    if !document["paths"].is_object() {
        return Err(missing("paths"));
    }
    sound(Import::of(&document).draft().text())
}

/// The paths of a document, and the templates they become.
struct Import {
    located: Vec<Located>,
    templates: Templates,
    notes: Vec<String>,
}

impl Import {
    fn of(document: &Value) -> Self {
        let mut notes = Vec::new();
        let located = located(document, &mut notes);
        let mut templates = Templates::default();
        for path in &located {
            if let Some(template) = &path.template {
                templates.add(template.clone());
            } else {
                notes.push(format!(
                    "decide: no template stands for `{}` alone, so it has no route",
                    path.text
                ));
            }
        }
        for template in overlaps(&located) {
            templates.add(template);
        }
        Self { located, templates, notes }
    }

    fn draft(&self) -> Draft {
        let mut draft = Draft {
            head: vec![
                "Made of an OpenAPI document, whose hosts are not looked at. What no route names is \
                 denied."
                    .to_owned(),
            ],
            ..Draft::default()
        };
        draft.head.extend(self.notes.iter().cloned());
        let mut templates: Vec<&Template> = self.templates.iter().collect();
        templates.sort_by_key(ToString::to_string);
        draft.routes = templates.into_iter().filter_map(|template| self.route(template)).collect();
        draft
    }

    fn route(&self, template: &Template) -> Option<DraftRoute> {
        let asking = self.asking(template);
        let shape = Shape::of(template);
        // A shape that no template stands for holds more than its path does. Two paths that differ in
        // letter case come to one template, which takes the spelling of one of them alone.
        let is_own = |path: &&&Located| {
            let covers = path.template.is_some() && path.shape.covers(&shape);
            covers && path.shape.is_spelt_like(&shape)
        };
        let own: Vec<_> = asking.iter().filter(is_own).collect();
        let mut rules: Vec<DraftRule> = Vec::new();
        if own.iter().any(|path| path.operations.is_none()) {
            let reason = "decide: it is described elsewhere".to_owned();
            let asked = Asked::undecided();
            rules.push(DraftRule { methods: None, asked, comments: vec![reason] });
        } else {
            for method in Method::ALL.iter().copied() {
                // `GET` answers `HEAD`, unless some operation asks something else of it.
                let listed = own.iter().any(|path| path.lists(method));
                let head = method == Method::Head
                    && own.iter().any(|path| path.lists(Method::Get))
                    && asking.iter().any(|path| path.lists(Method::Head));
                if !listed && !head {
                    continue;
                }
                let answers = asking.iter().filter_map(|path| path.answer(method));
                let Answer { asked, comments } = Answer::all(answers);
                let name = method.as_str();
                match rules.iter_mut().find(|rule| rule.asked == asked && rule.comments == comments)
                {
                    Some(rule) => {
                        rule.methods =
                            rule.methods.as_ref().map(|known| format!("{known}, {name}"));
                    }
                    None => {
                        rules.push(DraftRule { methods: Some(name.to_owned()), asked, comments });
                    }
                }
            }
        }
        (!rules.is_empty()).then(|| DraftRoute { template: template.to_string(), rules })
    }

    /// The paths of the document that a request may be for when it comes to `template`.
    fn asking(&self, template: &Template) -> Vec<&Located> {
        let shape = Shape::of(template);
        let concrete: Vec<_> = self
            .located
            .iter()
            .filter(|path| path.concrete && path.shape.covers(&shape) && shape.covers(&path.shape))
            .collect();
        if concrete.is_empty() {
            let reaching = |path: &&Located| self.templates.reaches(&path.shape, template);
            self.located.iter().filter(reaching).collect()
        } else {
            concrete
        }
    }
}

/// Templates for what two paths of a document have in common, where neither stands before the other.
fn overlaps(located: &[Located]) -> Vec<Template> {
    if located.len() > MOST_TOLD_APART {
        return Vec::new();
    }
    let mut overlaps = Vec::new();
    for (at, left) in located.iter().enumerate() {
        for right in located.iter().skip(at + 1) {
            if left.shape.covers(&right.shape) || right.shape.covers(&left.shape) {
                continue;
            }
            let exact = left.template.is_some() && right.template.is_some();
            let common = left.shape.intersection(&right.shape).filter(|_| exact);
            overlaps.extend(common.and_then(|shape| shape.template()));
        }
    }
    overlaps
}

#[cfg(test)]
mod tests;
