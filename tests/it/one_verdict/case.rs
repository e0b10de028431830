//! The cases as they are written, and the people in them.

use crate::support::tokens::{
    HOST, Instance,
    Person::{self, Boss, Loner, Reader},
};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::{fmt, time::Duration};

/// Who asks for what, and the verdict: `allow`, or the effect and the reason.
pub(super) struct Case {
    pub(super) who: String,
    pub(super) wanted: Wanted,
    pub(super) expect: String,
    pub(super) direct: Option<String>,
}

pub(super) enum Wanted {
    Request(Request),
    Action(Action),
}

pub(super) struct Request {
    pub(super) method: String,
    pub(super) target: String,
    pub(super) host: String,
    pub(super) browser: bool,
}

pub(super) struct Action {
    pub(super) name: String,
    pub(super) attributes: Map<String, Value>,
    pub(super) context: Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    r#as: String,
    request: Option<String>,
    browser: Option<String>,
    action: Option<String>,
    host: Option<String>,
    #[serde(default)]
    attributes: Map<String, Value>,
    #[serde(default)]
    context: Map<String, Value>,
    expect: String,
    direct: Option<String>,
}

impl Case {
    /// Every case in the file.
    pub(super) fn all() -> Vec<Self> {
        let written: Vec<Written> =
            serde_saphyr::from_str(include_str!("cases.yaml")).expect("the cases are YAML");
        assert!(written.len() > 50);
        written.into_iter().map(Self::of).collect()
    }

    fn of(written: Written) -> Self {
        let Written { r#as, request, browser, action, host, attributes, context, expect, direct } =
            written;
        let is_browser = browser.is_some();
        let wanted = match (request.or(browser), action) {
            (Some(request), None) => {
                let (method, target) = request.split_once(' ').expect("a method and a target");
                Wanted::Request(Request {
                    method: method.to_owned(),
                    target: target.to_owned(),
                    host: host.unwrap_or_else(|| HOST.to_owned()),
                    browser: is_browser,
                })
            }
            (None, Some(name)) => Wanted::Action(Action { name, attributes, context }),
            _ => panic!("a request or an action"),
        };
        Self { who: r#as, wanted, expect, direct }
    }

    fn person(&self) -> Option<Person> {
        match self.who.as_str() {
            "loner" => Some(Loner),
            "reader" | "late" => Some(Reader),
            "boss" => Some(Boss),
            "nobody" | "garbage" => None,
            other => panic!("nobody is called {other}"),
        }
    }

    /// What they present.
    pub(super) fn token(&self, instance: &Instance) -> Option<String> {
        if self.who == "garbage" {
            return Some("garbage".to_owned());
        }
        let person = self.person()?;
        let mut minting = instance.minting();
        if self.who == "late" {
            minting.issued_at = minting.issued_at.minus(Duration::from_secs(1_200));
        }
        let token = bailiff::stand_in::tokens::Token::session(&person.facts(), &minting);
        Some(token.sign(instance.key()))
    }

    /// Whom a service would name as subject.
    pub(super) fn subject(&self) -> String {
        self.person().map_or("user_nobody", Person::id).to_owned()
    }
}

impl fmt::Display for Case {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { who, wanted, expect, direct: _ } = self;
        match wanted {
            Wanted::Request(Request { method, target, host, browser }) => write!(
                formatter,
                "{who} {method} {host}{target}{}, {expect}",
                if *browser { " in a browser" } else { "" }
            ),
            Wanted::Action(Action { name, attributes, context }) => {
                write!(formatter, "{who} {name} {attributes:?} {context:?}, {expect}")
            }
        }
    }
}
