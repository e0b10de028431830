//! An explanation as a tree for a terminal.

use super::{
    Asker, Candidate, EntryAccess, EntryPart, Explained, Explanation, Lost, NamedValue, Outcome,
    Question, RouteSearch, Shown, Step, Verdict,
};
use std::fmt::Write as _;

/// Whether a rendering is coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colours {
    /// For terminals.
    On,
    /// For everything else.
    Off,
}

const GREEN: &str = "\u{1b}[32m";
const RED: &str = "\u{1b}[31m";
const FAINT: &str = "\u{1b}[2m";
const BOLD: &str = "\u{1b}[1m";
const END: &str = "\u{1b}[0m";

impl Explanation {
    /// Renders it for people. What came from outside cannot steer the terminal.
    #[must_use]
    pub fn render(&self, colours: Colours) -> String {
        let mut text = Text { written: String::new(), colours };
        text.line(
            "",
            &[],
            &format!("{}, asked by {}", question(&self.question), asker(&self.caller)),
        );
        text.verdict(&self.verdict, &self.revision);
        if let Some(route) = &self.route {
            text.route(route);
        }
        for entry in &self.entries {
            text.entry(entry);
        }
        text.written
    }
}

/// A text that grows line by line.
struct Text {
    written: String,
    colours: Colours,
}

impl Text {
    /// One line: a mark in its colour, then the rest. `branches` tells at each depth whether more
    /// follows there.
    fn line(&mut self, style: &str, branches: &[bool], text: &str) {
        if let Some((last, outer)) = branches.split_last() {
            for more in outer {
                self.written.push_str(if *more { "│  " } else { "   " });
            }
            self.written.push_str(if *last { "├─ " } else { "└─ " });
        }
        let text = printable(text);
        if style.is_empty() || self.colours == Colours::Off {
            self.written.push_str(&text);
        } else {
            // A string takes whatever is written to it.
            let _ = write!(self.written, "{style}{text}{END}");
        }
        self.written.push('\n');
    }

    fn heading(&mut self, text: &str) {
        self.written.push('\n');
        self.line(BOLD, &[], text);
    }

    fn verdict(&mut self, verdict: &Verdict, revision: &str) {
        let by = verdict.rule.as_ref().map_or("no entry of the policy", |rule| rule);
        let style = if verdict.effect == "allow" { GREEN } else { RED };
        let said = format!("{} {}: {}", verdict.effect, verdict.reason, verdict.message);
        self.line(style, &[], &said);
        self.line(FAINT, &[], &format!("decided by {by}, policy revision {revision}"));
    }

    fn route(&mut self, route: &RouteSearch) {
        let table = route.table.as_ref().map_or_else(
            || "the routes of hosts without a table of their own".to_owned(),
            |host| format!("the routes of {host}"),
        );
        self.heading(&format!("route, among {table}"));
        if route.candidates.is_empty() {
            self.line(RED, &[false], "✗ no template covers the path");
        }
        for (number, candidate) in route.candidates.iter().enumerate() {
            let more = number + 1 < route.candidates.len();
            let style = if candidate.lost.is_none() { GREEN } else { FAINT };
            self.line(style, &[more], &candidate_line(candidate));
        }
    }

    fn entry(&mut self, entry: &Explained) {
        let id = entry.id.as_deref().unwrap_or(match entry.part {
            EntryPart::AlsoRequire => "what the proxy's configuration requires",
            EntryPart::Rule | EntryPart::Guard | EntryPart::AlsoAction | EntryPart::Asked => {
                "what was asked"
            }
        });
        let besides = match entry.part {
            EntryPart::AlsoAction => ", named by the proxy's configuration",
            EntryPart::Rule | EntryPart::Guard | EntryPart::AlsoRequire | EntryPart::Asked => "",
        };
        let shadow = if entry.shadow { ", in shadow mode: tried, not enforced" } else { "" };
        self.heading(&format!("{id}{besides}{shadow}"));
        let words = match entry.access {
            EntryAccess::Public => "public: nobody is asked who they are",
            EntryAccess::Optional => "optional: whoever is signed in is passed on",
            EntryAccess::Denied => "denied to everyone",
            EntryAccess::Required => "",
        };
        match &entry.requirement {
            Some(step) => self.step(step, &mut vec![false]),
            None => self.line(style(&entry.outcome), &[false], &marked(&entry.outcome, words)),
        }
    }

    fn step(&mut self, step: &Step, branches: &mut Vec<bool>) {
        let mut words = step.requirement.to_owned();
        if !step.asked.is_empty() {
            let _ = write!(words, " {}", step.asked);
        }
        if !step.has.is_empty() {
            let _ = write!(words, ", has {}", step.has.join(", "));
        }
        if let Some(note) = &step.note {
            let _ = write!(words, " ({note})");
        }
        match &step.outcome {
            Outcome::Holds => {}
            Outcome::Fails { reason } => {
                let _ = write!(words, " → {reason}");
            }
            Outcome::NotLookedAt { because } => {
                let _ = write!(words, " (not looked at: {because})");
            }
        }
        self.line(style(&step.outcome), branches, &marked(&step.outcome, &words));
        let lines = step.values.len() + step.parts.len();
        for (number, value) in step.values.iter().enumerate() {
            branches.push(number + 1 < lines);
            self.line(FAINT, branches, &value_line(value));
            branches.pop();
        }
        for (number, part) in step.parts.iter().enumerate() {
            branches.push(step.values.len() + number + 1 < lines);
            self.step(part, branches);
            branches.pop();
        }
    }
}

fn question(question: &Question) -> String {
    match question {
        Question::Request { method, host, path } => format!("{method} {host}{path}"),
        Question::Action { name } => format!("action {name}"),
        Question::Requirement => "a requirement".to_owned(),
    }
}

fn asker(asker: &Asker) -> String {
    match asker {
        Asker::Nobody { reason } => format!("nobody ({reason})"),
        Asker::User { user, organization: None } => user.clone(),
        Asker::User { user, organization: Some(organization) } => {
            format!("{user} in the organization {organization}")
        }
        Asker::Machine { credential, subject } => format!("{subject} with {credential}"),
    }
}

fn candidate_line(candidate: &Candidate) -> String {
    let host = candidate.host.as_ref().map(|host| format!("{host} ")).unwrap_or_default();
    let template = format!("{host}{}", candidate.template);
    match &candidate.lost {
        None => format!("✓ {template}"),
        Some(Lost::LessSpecific { segment, written, rather }) => {
            let less = |text: &str| {
                if text.is_empty() { "the end".to_owned() } else { format!("`{text}`") }
            };
            let (written, rather) = (less(written), less(rather));
            format!("· {template}: less specific, {written} against {rather} in segment {segment}")
        }
        Some(Lost::OtherTable) => format!("· {template}: the table of another host"),
        Some(Lost::MethodNotListed { listed }) => {
            format!("✗ {template}: does not list the method, only {}", listed.join(", "))
        }
        Some(Lost::LetterCase) => {
            format!("✗ {template}: differs from the path in the case of letters")
        }
    }
}

fn value_line(value: &NamedValue) -> String {
    match &value.shown {
        Shown::Value { value: text } => format!("{} = {text}", value.name),
        Shown::Absent => format!("{} is not there", value.name),
        Shown::Withheld => format!("{} is not shown", value.name),
    }
}

const fn style(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Holds => GREEN,
        Outcome::Fails { .. } => RED,
        Outcome::NotLookedAt { .. } => FAINT,
    }
}

fn marked(outcome: &Outcome, words: &str) -> String {
    let mark = match outcome {
        Outcome::Holds => '✓',
        Outcome::Fails { .. } => '✗',
        Outcome::NotLookedAt { .. } => '·',
    };
    format!("{mark} {words}")
}

/// A text without what a terminal would act on or reorder.
fn printable(text: &str) -> String {
    let steers = |letter: char| {
        letter.is_control()
            || matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().map(|letter| if steers(letter) { '\u{fffd}' } else { letter }).collect()
}
