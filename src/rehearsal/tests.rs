//! Whether a suite tells a right policy from a wrong one.

mod comparing;
mod playing;
mod sample;

use super::{Report, Run, run};
use crate::policy::{Policy, Source, suite::Suite};
use std::sync::Arc;

/// Plays the cases of a policy that holds its own.
fn play(text: &str) -> Report {
    let source = Source::new("policy.yaml", text);
    let policy = Policy::load(&source).unwrap_or_else(|errors| panic!("{errors}"));
    let suite = Suite::load(&[source], &[]).unwrap_or_else(|errors| panic!("{errors}"));
    run(Arc::new(policy), &suite)
}

/// Plays one case against one route.
fn play_one(route: &str, people: &str, case: &str) -> Report {
    play(&format!(
        "version: 1\nroutes:\n  /a/{{**}}: {route}\nactions: {{ act: {{ role: admin }} }}\n\
         responses: {{ sign_in: \"https://shop.test/sign-in?from=app\" }}\n\
         tests:\n  people: {people}\n  cases: [ {case} ]\n"
    ))
}

/// What is wrong with the only case.
fn only(report: &Report) -> &Run {
    let [run] = report.runs() else { panic!("one case: {:?}", report.runs()) };
    run
}
