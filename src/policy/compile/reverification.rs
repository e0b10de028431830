//! `reverification`: the name of a preset, or a level and how long ago.

use super::{
    super::{
        document::{Node, Value},
        problem::Problem,
        wording::{Choice, Expected},
    },
    Compiler,
    names::after_minutes,
};
use crate::core::reverification::{Level, Preset, Reverification};
use std::num::NonZeroU32;

pub(in crate::policy) const PRESETS: [&str; 4] = ["strict_mfa", "strict", "moderate", "lax"];
pub(in crate::policy) const LEVELS: [&str; 3] = ["first_factor", "second_factor", "multi_factor"];
pub(in crate::policy) const WINDOW_KEYS: [&str; 2] = ["level", "after_minutes"];

impl Compiler {
    pub(super) fn reverification(&mut self, node: &Node) -> Option<Reverification> {
        match &node.value {
            Value::Text(name) => {
                Preset::from_name(name).map(Reverification::Preset).or_else(|| {
                    let choice =
                        Choice::among(name, &PRESETS).or("a map with `level` and `after_minutes`");
                    self.unknown_word(node.place, "reverification", name, choice)
                })
            }
            Value::Map(_) => self.window(node),
            Value::Nothing | Value::Number(_) | Value::Other(_) | Value::List(_) => {
                self.wrong_kind(node, "`reverification`", Expected::Reverification)
            }
        }
    }

    fn window(&mut self, node: &Node) -> Option<Reverification> {
        let mut level = None;
        let mut after_minutes = None;
        for entry in self.map(node, "`reverification`")? {
            match &*entry.key {
                "level" => level = Some(self.level(&entry.value)),
                "after_minutes" => after_minutes = Some(self.minutes(&entry.value)),
                _ => self.unknown_key(entry, "`reverification`", &WINDOW_KEYS),
            }
        }
        for (absent, key) in
            [(level.is_none(), "level"), (after_minutes.is_none(), "after_minutes")]
        {
            if absent {
                self.report(node.place, Problem::MissingKey { inside: "`reverification`", key });
            }
        }
        Some(Reverification::Window { level: level??, after_minutes: after_minutes?? })
    }

    fn level(&mut self, node: &Node) -> Option<Level> {
        let name = self.text(node, "`level`")?;
        Level::from_name(name).or_else(|| {
            let choice = Choice::among(name, &LEVELS);
            self.unknown_word(node.place, "level of reverification", name, choice)
        })
    }

    fn minutes(&mut self, node: &Node) -> Option<NonZeroU32> {
        let minutes = match node.value {
            Value::Number(minutes) => u32::try_from(minutes).ok(),
            Value::Nothing | Value::Text(_) | Value::Other(_) | Value::List(_) | Value::Map(_) => {
                None
            }
        };
        match minutes.and_then(after_minutes) {
            Some(minutes) => Some(minutes),
            None => self.refuse(node.place, Problem::AfterMinutes),
        }
    }
}
