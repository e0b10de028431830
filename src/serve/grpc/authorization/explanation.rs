//! [`Explanation`] to its messages.

use crate::{
    pb::v1::{
        CandidateOutcome, ConditionValue, EntryAccess as SentAccess, EntryPart as SentPart,
        ExplainedEntry, ExplainedRequirement, Explanation as SentExplanation,
        RequirementOutcome as SentOutcome, RouteCandidate, RouteSearch as SentSearch, ValueState,
    },
    policy::explain::{
        Candidate, EntryAccess, EntryPart, Explained, Explanation, Lost, NamedValue, Outcome,
        RouteSearch, Shown, Step,
    },
};

/// The message. The verdict, the question and the caller stand in the answer already.
pub(super) fn message(explanation: Explanation) -> SentExplanation {
    let Explanation { question: _, caller: _, verdict: _, route, entries, revision: _ } =
        explanation;
    SentExplanation { route: route.map(search), entries: entries.into_iter().map(entry).collect() }
}

fn search(RouteSearch { table, candidates }: RouteSearch) -> SentSearch {
    SentSearch {
        table: table.unwrap_or_default(),
        candidates: candidates.into_iter().map(candidate).collect(),
    }
}

fn candidate(Candidate { host, template, lost }: Candidate) -> RouteCandidate {
    let mut sent =
        RouteCandidate { host: host.unwrap_or_default(), template, ..RouteCandidate::default() };
    let outcome = match lost {
        None => CandidateOutcome::Chosen,
        Some(Lost::LessSpecific { segment, written, rather }) => {
            sent.segment = u32::try_from(segment).unwrap_or(u32::MAX);
            sent.written = written;
            sent.rather = rather;
            CandidateOutcome::LessSpecific
        }
        Some(Lost::OtherTable) => CandidateOutcome::OtherTable,
        Some(Lost::MethodNotListed { listed }) => {
            sent.listed_methods = listed;
            CandidateOutcome::MethodNotListed
        }
        Some(Lost::LetterCase) => CandidateOutcome::LetterCase,
    };
    sent.outcome = outcome.into();
    sent
}

fn entry(entry: Explained) -> ExplainedEntry {
    let Explained { part, id, shadow, access, outcome, requirement } = entry;
    let (outcome, reason, _) = told(&outcome);
    ExplainedEntry {
        part: match part {
            EntryPart::Rule => SentPart::Rule,
            EntryPart::Guard => SentPart::Guard,
            EntryPart::AlsoAction => SentPart::AlsoAction,
            EntryPart::AlsoRequire => SentPart::AlsoRequire,
            EntryPart::Asked => SentPart::Asked,
        }
        .into(),
        id: id.unwrap_or_default(),
        shadow,
        access: match access {
            EntryAccess::Public => SentAccess::Public,
            EntryAccess::Optional => SentAccess::Optional,
            EntryAccess::Denied => SentAccess::Denied,
            EntryAccess::Required => SentAccess::Required,
        }
        .into(),
        outcome: outcome.into(),
        reason,
        requirement: requirement.map(step),
    }
}

fn step(step: Step) -> ExplainedRequirement {
    let Step { requirement, asked, has, note, values, outcome, parts } = step;
    let (outcome, reason, because) = told(&outcome);
    ExplainedRequirement {
        requirement: requirement.to_owned(),
        asked,
        has,
        note: note.unwrap_or_default(),
        values: values.into_iter().map(value).collect(),
        outcome: outcome.into(),
        reason,
        because,
        parts: parts.into_iter().map(self::step).collect(),
    }
}

/// The outcome, the reason code, and why it was not looked at.
fn told(outcome: &Outcome) -> (SentOutcome, String, String) {
    match outcome {
        Outcome::Holds => (SentOutcome::Holds, String::new(), String::new()),
        Outcome::Fails { reason } => (SentOutcome::Fails, (*reason).to_owned(), String::new()),
        Outcome::NotLookedAt { because } => {
            (SentOutcome::NotLookedAt, String::new(), (*because).to_owned())
        }
    }
}

fn value(NamedValue { name, shown }: NamedValue) -> ConditionValue {
    let (state, value) = match shown {
        Shown::Value { value } => (ValueState::Shown, value),
        Shown::Absent => (ValueState::Absent, String::new()),
        Shown::Withheld => (ValueState::Withheld, String::new()),
    };
    ConditionValue { name, state: state.into(), value }
}
