//! Which decisions are written, and what of them is not.

#[cfg(test)]
mod tests;

use super::line::DecisionLine;
use thiserror::Error;

/// The fields that may be masked: whatever a line may lack.
pub const MASKABLE: &[&str] = &[
    "rule",
    "method",
    "host",
    "instance",
    "user",
    "credential",
    "subject",
    "credential_id",
    "session",
    "organization",
    "path",
    "action",
    "also_action",
    "also_require",
    "identity",
];

/// The effects that may be chosen.
pub const EFFECTS: &[&str] = &["allow", "deny", "redirect"];

/// Fields that are left out of every line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mask(u32);

/// A field that cannot be masked.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("`{0}` is no field that can be left out; these are: {list}", list = MASKABLE.join(", "))]
pub struct NotMaskable(pub String);

impl Mask {
    /// Leaves nothing out.
    pub const NOTHING: Self = Self(0);

    /// Leaves out the fields of these names.
    ///
    /// # Errors
    /// [`NotMaskable`] for a name that is none of [`MASKABLE`].
    pub fn of(names: &[String]) -> Result<Self, NotMaskable> {
        let mut mask = Self::NOTHING;
        for name in names {
            let place = MASKABLE.iter().position(|field| field == name);
            mask.0 |= 1 << place.ok_or_else(|| NotMaskable(name.clone()))?;
        }
        Ok(mask)
    }

    pub(super) fn apply(self, line: &mut DecisionLine<'_>) {
        if self == Self::NOTHING {
            return;
        }
        for (place, field) in MASKABLE.iter().enumerate() {
            if self.0 & (1 << place) == 0 {
                continue;
            }
            match *field {
                "rule" => line.rule = None,
                "method" => line.method = None,
                "host" => line.host = None,
                "instance" => line.instance = None,
                "user" => line.user = None,
                "credential" => line.credential = None,
                "subject" => line.subject = None,
                "credential_id" => line.credential_id = None,
                "session" => line.session = None,
                "organization" => line.organization = None,
                "path" => line.path = None,
                "action" => line.action = None,
                "also_action" => line.also_action = None,
                "also_require" => line.also_require = None,
                _ => line.identity = None,
            }
        }
    }
}

/// Which decisions are written. An empty list chooses all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Only {
    /// Doors, by their names.
    pub doors: Vec<String>,
    /// Effects.
    pub effects: Vec<String>,
    /// Rules, by their ids.
    pub rules: Vec<String>,
}

impl Only {
    /// All.
    pub const ALL: Self = Self { doors: Vec::new(), effects: Vec::new(), rules: Vec::new() };

    pub(super) fn wants(&self, door: &str, effect: &str, rule: Option<&str>) -> bool {
        let chosen = |list: &[String], value: &str| {
            list.is_empty() || list.iter().any(|chosen| chosen == value)
        };
        chosen(&self.doors, door)
            && chosen(&self.effects, effect)
            && (self.rules.is_empty() || rule.is_some_and(|rule| chosen(&self.rules, rule)))
    }
}
