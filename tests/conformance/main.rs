//! Runs recorded requests through the library and compares with what Clerk's npm package decided.
//!
//! `BAILIFF_CONFORMANCE_CASES` names a file of cases (`.jsonl` or `.jsonl.gz`); without it the
//! project's own are run. Their format and the rules of comparison stand in `conformance/README.md`.

mod answers;
mod case;
mod compare;
mod outcome;
mod report;
mod run;
mod stricter;

use report::Report;
use std::{env, path::PathBuf, process::ExitCode};

#[expect(clippy::disallowed_methods, reason = "a test program has no settings of its own")]
#[expect(clippy::print_stdout, reason = "the report is the point of this program")]
fn main() -> ExitCode {
    let data = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("conformance");
    let given = env::var("BAILIFF_CONFORMANCE_CASES").ok().map(PathBuf::from);
    let own = given.is_none();
    let cases = given.unwrap_or_else(|| data.join("clerk-requests.jsonl.gz"));
    let cases = match case::read(&cases, &data.join("keys")) {
        Ok(cases) => cases,
        Err(error) => {
            println!("conformance: {}: {error}", cases.display());
            return ExitCode::FAILURE;
        }
    };
    // The list is of the project's own cases: there it must be complete and hold nothing else.
    let listed = stricter::Listed::read(&data.join("stricter.json"), own);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime can be built");
    let mut report = Report::new(listed);
    for case in &cases {
        let observed = runtime.block_on(run::run(case));
        report.add(case, &observed);
    }
    report.finish()
}
