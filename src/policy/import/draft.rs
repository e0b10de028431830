//! The text of a policy, with comments for whoever has to decide.

use std::fmt::Write as _;

/// Longer lines from a source are cut.
const LONGEST_COMMENT: usize = 160;

/// A policy to be written.
#[derive(Debug, Default)]
pub(super) struct Draft {
    /// What stands at the top.
    pub(super) head: Vec<String>,
    /// What is to be said of paths that no route names.
    pub(super) unlisted_comments: Vec<String>,
    pub(super) unlisted_signed_in: bool,
    pub(super) routes: Vec<DraftRoute>,
}

/// One template.
#[derive(Debug)]
pub(super) struct DraftRoute {
    pub(super) template: String,
    pub(super) rules: Vec<DraftRule>,
}

/// What is asked of the requests to one template.
#[derive(Debug)]
pub(super) struct DraftRule {
    /// `GET, PUT`; every method where absent.
    pub(super) methods: Option<String>,
    pub(super) asked: Asked,
    pub(super) comments: Vec<String>,
}

/// What is asked, from the most open to the most closed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Asked {
    /// Whether somebody must be signed in.
    pub(super) signed_in: bool,
    /// Requirements as they are written in a map, such as `role: org:admin`.
    pub(super) parts: Vec<(&'static str, String)>,
    /// Whether nobody passes until a person decides.
    pub(super) undecided: bool,
    /// Whether whoever is signed in is passed on, where nobody has to be.
    pub(super) optional: bool,
}

impl Asked {
    pub(super) const NOTHING: Self =
        Self { signed_in: false, parts: Vec::new(), undecided: false, optional: false };

    pub(super) fn optional() -> Self {
        Self { optional: true, ..Self::NOTHING }
    }

    pub(super) fn signed_in() -> Self {
        Self { signed_in: true, ..Self::NOTHING }
    }

    pub(super) fn undecided() -> Self {
        Self { undecided: true, ..Self::NOTHING }
    }

    pub(super) fn part(key: &'static str, value: &str) -> Self {
        Self { signed_in: true, parts: vec![(key, value.to_owned())], ..Self::NOTHING }
    }

    /// Both together.
    pub(super) fn and(&mut self, other: &Self) {
        self.signed_in |= other.signed_in;
        self.undecided |= other.undecided;
        self.optional |= other.optional;
        for part in &other.parts {
            if !self.parts.contains(part) {
                self.parts.push(part.clone());
            }
        }
    }

    /// As a policy writes it.
    pub(super) fn text(&self) -> String {
        if self.undecided { "denied".to_owned() } else { self.wanted() }
    }

    /// The same as if everything were decided.
    pub(super) fn wanted(&self) -> String {
        let write = |(key, name): &(&str, String)| format!("{key}: {}", value(name));
        match self.parts.as_slice() {
            [] if self.signed_in => "signed_in".to_owned(),
            [] if self.optional => "optional".to_owned(),
            [] => "public".to_owned(),
            parts if has_repeated_key(parts) => {
                let maps: Vec<_> =
                    parts.iter().map(|part| format!("{{ {} }}", write(part))).collect();
                format!("{{ all: [{}] }}", maps.join(", "))
            }
            parts => {
                let entries: Vec<_> = parts.iter().map(write).collect();
                format!("{{ {} }}", entries.join(", "))
            }
        }
    }
}

fn has_repeated_key(parts: &[(&str, String)]) -> bool {
    parts.iter().enumerate().any(|(at, (key, _))| parts[..at].iter().any(|(other, _)| other == key))
}

impl Draft {
    /// The text. Deterministic: routes stand in the order given.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        let mut line = |indent: usize, content: &str| {
            // Writing to a `String` cannot fail.
            let _ = writeln!(text, "{:indent$}{content}", "");
        };
        for comment in &self.head {
            line(0, &commented(comment));
        }
        line(0, "version: 1");
        line(0, "");
        for comment in &self.unlisted_comments {
            line(0, &commented(comment));
        }
        line(0, if self.unlisted_signed_in { "unlisted: signed_in" } else { "unlisted: denied" });
        if self.routes.is_empty() {
            return text;
        }
        line(0, "");
        line(0, "routes:");
        for route in &self.routes {
            let key = key(&route.template);
            match route.rules.as_slice() {
                [DraftRule { methods: None, asked, comments }] => {
                    for comment in comments {
                        line(2, &commented(comment));
                    }
                    line(2, &format!("{key}: {}", asked.text()));
                }
                rules => {
                    line(2, &format!("{key}:"));
                    for rule in rules {
                        for comment in &rule.comments {
                            line(4, &commented(comment));
                        }
                        let methods = rule.methods.as_deref().unwrap_or_default();
                        line(4, &format!("{methods}: {}", rule.asked.text()));
                    }
                }
            }
        }
        text
    }
}

/// A comment of one line, whatever the source holds.
fn commented(comment: &str) -> String {
    let printable = |letter: char| {
        if letter.is_ascii_graphic() || letter.is_alphanumeric() { letter } else { ' ' }
    };
    let mut shown: String = comment.chars().take(LONGEST_COMMENT).map(printable).collect();
    if comment.chars().nth(LONGEST_COMMENT).is_some() {
        shown.push_str("...");
    }
    format!("# {}", shown.trim()).trim_end().to_owned()
}

/// A template as a key; in quotes unless it is surely plain.
fn key(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/_-.{}*".contains(&byte);
    if text.starts_with('/') && text.bytes().all(plain) { text.to_owned() } else { quoted(text) }
}

/// A name as the value in a map of one line; in quotes unless it is surely plain.
fn value(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-:".contains(&byte);
    let word = matches!(text, "true" | "false" | "null" | "yes" | "no" | "on" | "off" | "y" | "n");
    let begins = text.starts_with(|first: char| first.is_ascii_lowercase());
    let sound = begins && !word && !text.ends_with(':') && text.bytes().all(plain);
    if sound { text.to_owned() } else { quoted(text) }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests;
