//! From the matchers of a middleware to a policy.
//!
//! Every template that some pattern stands for becomes a route. What it asks is everything that the
//! middleware may ask of a path that comes to it, so that nobody gets in whom the middleware refuses.

use super::{
    ImportError, Meaning,
    draft::{Asked, Draft, DraftRoute, DraftRule},
    middleware::{Condition, Element, Middleware, Statement},
    pattern::Pattern,
    sound,
    space::{Shape, Templates},
};
use crate::policy::template::Template;
use std::collections::BTreeMap;

/// The one matcher of a bare list.
const LIST: &str = "list";

/// Makes a policy of a JSON array of patterns, which `meaning` says the meaning of, or of the text of a
/// middleware.
///
/// # Errors
/// [`ImportError`] where there is nothing to make it of.
pub fn matchers(text: &str, meaning: Option<Meaning>) -> Result<String, ImportError> {
    let middleware = match (list(text), meaning) {
        (Some(list), Some(meaning)) => of_list(list, meaning),
        (Some(_), None) => return Err(ImportError::NoMeaning),
        (None, _) => Middleware::parse(text).ok_or(ImportError::NoMatchers)?,
    };
    sound(Import::of(&middleware).draft().text())
}

/// The elements of a JSON array.
fn list(text: &str) -> Option<Vec<Element>> {
    let values: Vec<serde_json::Value> = serde_json::from_str(text).ok()?;
    let element = |value: &serde_json::Value| match value.as_str() {
        Some(text) => Element::Pattern(text.to_owned()),
        None => Element::Unknown(value.to_string()),
    };
    Some(values.iter().map(element).collect())
}

/// What a list stands for. What it says nothing about may ask for anything.
fn of_list(list: Vec<Element>, meaning: Meaning) -> Middleware {
    let matches = Condition::Matches(LIST.to_owned());
    let inside = match meaning {
        Meaning::Public => Vec::new(),
        Meaning::Protected => vec![Statement::Ask(Asked::signed_in())],
    };
    let outside = vec![Statement::Unknown("the list says nothing about other paths".to_owned())];
    let body = vec![Statement::If(vec![(matches, inside)], outside)];
    Middleware::new([(LIST.to_owned(), list)].into(), body)
}

/// A middleware, its patterns read.
struct Import<'m> {
    body: &'m [Statement],
    /// By name.
    matchers: BTreeMap<&'m str, Vec<Pattern>>,
    templates: Templates,
    notes: Vec<String>,
}

/// Whether something holds for every path that comes to a template, for none, or for some.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Holds {
    Always,
    Never,
    Maybe,
}

/// What is asked, and why it is not known better.
#[derive(Debug, Default)]
struct Answer {
    asked: Asked,
    reasons: Vec<String>,
}

/// Whether what follows a statement is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flow {
    Goes,
    Stops,
    Maybe,
}

impl<'m> Import<'m> {
    fn of(middleware: &'m Middleware) -> Self {
        let mut import = Self {
            body: &middleware.body,
            matchers: BTreeMap::new(),
            templates: Templates::default(),
            notes: Vec::new(),
        };
        for (name, elements) in &middleware.matchers {
            let read = |element: &Element| match element {
                Element::Pattern(text) => Pattern::parse(text),
                Element::Unknown(text) => Pattern::unknown(format!(
                    "`{text}` in `{name}` is not understood: any path may be meant"
                )),
            };
            import.matchers.insert(name, elements.iter().map(read).collect());
        }
        for pattern in import.matchers.values().flatten() {
            pattern.templates.iter().cloned().for_each(|template| import.templates.add(template));
            for note in &pattern.notes {
                if !import.notes.contains(note) {
                    import.notes.push(note.clone());
                }
            }
        }
        import
    }

    fn draft(&self) -> Draft {
        let mut draft = Draft {
            head: vec!["Made of route matchers. What no route names is denied.".to_owned()],
            ..Draft::default()
        };
        draft.head.extend(self.notes.iter().map(|note| format!("decide: {note}")));
        let others = Shape::EVERYTHING.template().map(|all| self.answer(&all)).unwrap_or_default();
        draft.unlisted_comments = others.reasons.iter().map(|reason| undecided(reason)).collect();
        match others.asked.text().as_str() {
            "signed_in" => {
                draft.unlisted_signed_in = true;
                let comment = "decide: `denied` is safer, once every path has a route";
                draft.unlisted_comments.push(comment.to_owned());
            }
            "public" => draft.unlisted_comments.push(
                "decide: all other paths are open to everyone in the source; name those that are \
                 needed in `routes`"
                    .to_owned(),
            ),
            "denied" => {}
            asked => draft.unlisted_comments.push(format!(
                "decide: some of the other paths ask for {asked} in the source; name them in `routes`"
            )),
        }
        let mut templates: Vec<&Template> = self.templates.iter().collect();
        templates.sort_by_key(ToString::to_string);
        draft.routes = templates.into_iter().map(|template| self.route(template)).collect();
        draft
    }

    fn route(&self, template: &Template) -> DraftRoute {
        let Answer { asked, reasons } = self.answer(template);
        let mut comments: Vec<String> = reasons.iter().map(|reason| undecided(reason)).collect();
        if asked.undecided {
            comments.push(format!("decide: `{}` if that is all", asked.wanted()));
        }
        let rule = DraftRule { methods: None, asked, comments };
        DraftRoute { template: template.to_string(), rules: vec![rule] }
    }

    /// Everything that may be asked of a path that comes to `template`.
    fn answer(&self, template: &Template) -> Answer {
        let mut answer = Answer::default();
        self.run(self.body, template, &mut answer);
        answer
    }

    fn run(&self, statements: &[Statement], template: &Template, answer: &mut Answer) -> Flow {
        let mut flow = Flow::Goes;
        for statement in statements {
            let after = match statement {
                Statement::Ask(asked) => {
                    answer.asked.and(asked);
                    Flow::Goes
                }
                Statement::Unknown(reason) => {
                    answer.asked.and(&Asked::undecided());
                    if !answer.reasons.contains(reason) {
                        answer.reasons.push(reason.clone());
                    }
                    Flow::Goes
                }
                Statement::Return => Flow::Stops,
                Statement::If(branches, otherwise) => {
                    self.choose(branches, otherwise, template, answer)
                }
            };
            match after {
                Flow::Goes => {}
                // Whoever may still be here is asked what comes next.
                Flow::Maybe => flow = Flow::Maybe,
                Flow::Stops => return Flow::Stops,
            }
        }
        flow
    }

    fn choose(
        &self,
        branches: &[(Condition, Vec<Statement>)],
        otherwise: &[Statement],
        template: &Template,
        answer: &mut Answer,
    ) -> Flow {
        let mut flows = Vec::new();
        for (condition, then) in branches {
            let holds = self.holds(condition, template);
            if holds != Holds::Never {
                flows.push(self.run(then, template, answer));
            }
            if holds == Holds::Always {
                return joined(&flows);
            }
        }
        flows.push(self.run(otherwise, template, answer));
        joined(&flows)
    }

    fn holds(&self, condition: &Condition, template: &Template) -> Holds {
        let each = |parts: &[Condition]| -> Vec<Holds> {
            parts.iter().map(|part| self.holds(part, template)).collect()
        };
        match condition {
            Condition::Matches(name) => self.matches(name, template),
            Condition::Not(inner) => match self.holds(inner, template) {
                Holds::Always => Holds::Never,
                Holds::Never => Holds::Always,
                Holds::Maybe => Holds::Maybe,
            },
            Condition::All(parts) => all(&each(parts), Holds::Always, Holds::Never),
            Condition::Any(parts) => all(&each(parts), Holds::Never, Holds::Always),
            Condition::SignedOut | Condition::Unknown => Holds::Maybe,
        }
    }

    fn matches(&self, name: &str, template: &Template) -> Holds {
        let Some(patterns) = self.matchers.get(name) else { return Holds::Maybe };
        let shape = Shape::of(template);
        let covers = |known: &Template| Shape::of(known).covers(&shape);
        if patterns.iter().flat_map(|pattern| &pattern.templates).any(covers) {
            return Holds::Always;
        }
        let mut shapes = patterns.iter().flat_map(|pattern| &pattern.shapes);
        if shapes.any(|shape| self.templates.reaches(shape, template)) {
            Holds::Maybe
        } else {
            Holds::Never
        }
    }
}

/// `unit` if every part is, `zero` if some part is.
fn all(parts: &[Holds], unit: Holds, zero: Holds) -> Holds {
    if parts.contains(&zero) {
        zero
    } else if parts.iter().all(|part| *part == unit) {
        unit
    } else {
        Holds::Maybe
    }
}

fn joined(flows: &[Flow]) -> Flow {
    match flows {
        [] => Flow::Goes,
        [first, rest @ ..] if rest.iter().all(|flow| flow == first) => *first,
        _ => Flow::Maybe,
    }
}

fn undecided(reason: &str) -> String {
    format!("decide: what becomes of this? {reason}")
}

#[cfg(test)]
mod tests;
