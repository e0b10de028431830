//! `session_max_age` and `first_factor_within`: one length of time each.

use super::{
    super::{
        document::{Node, Value},
        problem::Problem,
        wording::{Excerpt, Expected},
    },
    Compiler,
    names::MAX_MINUTES,
};
use crate::core::{age::AgeLimit, recency::Recency};

/// Ten years. No session of Clerk's lasts longer.
pub(in crate::policy) const MAX_SESSION_MINUTES: u32 = 3650 * 24 * 60;

impl Compiler {
    pub(super) fn session_max_age(&mut self, node: &Node) -> Option<Recency> {
        self.age(node, "`session_max_age`", MAX_SESSION_MINUTES).map(Recency::Session)
    }

    /// What mends it is a reverification, so it asks for no more minutes than one takes.
    pub(super) fn first_factor_within(&mut self, node: &Node) -> Option<Recency> {
        self.age(node, "`first_factor_within`", MAX_MINUTES).map(Recency::FirstFactor)
    }

    fn age(&mut self, node: &Node, what: &'static str, most_minutes: u32) -> Option<AgeLimit> {
        let number;
        let text = match &node.value {
            Value::Text(text) => text,
            Value::Number(minutes) => {
                number = minutes.to_string();
                &*number
            }
            Value::Nothing | Value::Other(_) | Value::List(_) | Value::Map(_) => {
                return self.wrong_kind(node, what, Expected::Age);
            }
        };
        AgeLimit::parse(text, most_minutes).map_or_else(
            |error| {
                let written = Excerpt::of(text);
                self.refuse(node.place, Problem::Age { written, error, most_minutes })
            },
            Some,
        )
    }
}
