//! What a document asks of callers.

use super::super::draft::Asked;
use serde_json::Value;

/// What is asked, and what a person should know of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) asked: Asked,
    pub(super) comments: Vec<String>,
}

impl Answer {
    pub(super) fn undecided(reason: &str) -> Self {
        Self { asked: Asked::undecided(), comments: vec![format!("decide: {reason}")] }
    }

    /// Everything that each of these asks.
    pub(super) fn all(answers: impl Iterator<Item = Self>) -> Self {
        let mut parts: Vec<Self> = Vec::new();
        for answer in answers {
            if !parts.contains(&answer) {
                parts.push(answer);
            }
        }
        match parts.as_slice() {
            [only] => only.clone(),
            parts => {
                let mut all = Self::default();
                for part in parts {
                    all.asked.and(&part.asked);
                    all.comments.extend(part.comments.iter().cloned());
                }
                all.comments.push(
                    "decide: several operations may be meant, and this asks what any of them does"
                        .to_owned(),
                );
                all
            }
        }
    }
}

/// The schemes that a document names.
pub(super) struct Schemes<'d>(&'d Value);

impl<'d> Schemes<'d> {
    pub(super) fn of(document: &'d Value) -> Self {
        Self(&document["components"]["securitySchemes"])
    }

    /// What `security` comes to: alternatives, each a map of schemes that must all be satisfied.
    pub(super) fn answer(&self, security: Option<&Value>) -> Answer {
        let Some(security) = security else {
            return Answer::undecided("nothing says who may call this");
        };
        let Some(alternatives) = security.as_array() else {
            return Answer::undecided("`security` is no list");
        };
        let read: Vec<Answer> =
            alternatives.iter().map(|alternative| self.alternative(alternative)).collect();
        let is_open = |answer: &Answer| answer.asked == Asked::NOTHING;
        if read.iter().all(is_open) {
            return Answer::default();
        }
        if read.iter().any(is_open) {
            return Answer { asked: Asked::optional(), comments: Vec::new() };
        }
        let (undecided, decided): (Vec<_>, Vec<_>) =
            read.into_iter().partition(|answer| answer.asked.undecided);
        let comments = undecided.into_iter().flat_map(|answer| answer.comments).collect();
        // What is decided asks for somebody who is signed in, one way or another.
        let asked = if decided.is_empty() { Asked::undecided() } else { Asked::signed_in() };
        Answer { asked, comments }
    }

    fn alternative(&self, alternative: &Value) -> Answer {
        let Some(schemes) = alternative.as_object() else {
            return Answer::undecided("an alternative of `security` is no map");
        };
        let mut all = Answer::default();
        for (name, scopes) in schemes {
            match self.scheme(name, scopes) {
                Ok(()) => all.asked.and(&Asked::signed_in()),
                Err(reason) => {
                    all.asked.and(&Asked::undecided());
                    all.comments.push(format!("decide: {reason}"));
                }
            }
        }
        all
    }

    /// Whether a session is what the scheme asks for; why that is not known otherwise.
    fn scheme(&self, name: &str, scopes: &Value) -> Result<(), String> {
        let scheme = &self.0[name];
        let text = |key: &str| scheme[key].as_str().unwrap_or_default();
        let scopes: Vec<&str> =
            scopes.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let listed = scopes.join(", ");
        match text("type") {
            "http" if text("scheme").eq_ignore_ascii_case("bearer") && scopes.is_empty() => Ok(()),
            "http" if text("scheme").eq_ignore_ascii_case("bearer") => Err(format!(
                "`{name}` asks for {listed}: a role or a permission, if these are some"
            )),
            "oauth2" | "openIdConnect" if scopes.is_empty() => Ok(()),
            "oauth2" | "openIdConnect" => Err(format!(
                "`{{ credential: oauth_token, scope: {{ all: [{listed}] }} }}` if Clerk issues the \
                 tokens of `{name}`"
            )),
            "apiKey" if text("in") == "cookie" && text("name") == "__session" => Ok(()),
            "apiKey" => Err(format!(
                "`{{ credential: api_key }}` if the keys of `{name}` are Clerk's API keys"
            )),
            "" => Err(format!("`{name}` is no scheme of this document")),
            "http" => Err(format!("`{name}` is HTTP's {}, which Clerk has not", text("scheme"))),
            other => Err(format!("`{name}` is of the type {other}, which Clerk has not")),
        }
    }
}
