//! What came of the cases, as `JUnit` writes it and build servers read it.

use crate::{
    policy::Diagnostic,
    rehearsal::{Report, Run},
};
use std::fmt::{self, Write as _};

/// One suite with every case.
pub(super) fn played(report: &Report) -> String {
    let (tests, failures) = (report.runs().len(), report.failures().count());
    let cases: String = report.runs().iter().map(case).collect();
    document(tests, failures, 0, &cases)
}

/// One suite with an error for everything that is wrong with the policy or its tests.
pub(super) fn unplayed(errors: &[Diagnostic]) -> String {
    let cases: String = errors.iter().map(error).collect();
    document(errors.len(), 0, errors.len(), &cases)
}

fn document(tests: usize, failures: usize, errors: usize, cases: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n  <testsuite name=\"bailiff\" \
         tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\">\n{cases}  </testsuite>\n\
         </testsuites>"
    )
}

fn case(run: &Run) -> String {
    let (name, file, line) = (run.title(), &run.place.file, run.place.line);
    let (name, file) = (Escaped(&name), Escaped(file));
    let open = format!(
        "    <testcase classname=\"{file}\" name=\"{name}\" file=\"{file}\" line=\"{line}\""
    );
    if run.passed() {
        return format!("{open}/>\n");
    }
    let mut failures = String::new();
    for failure in &run.failures {
        let differences = failure.differences.iter().map(|difference| {
            format!("{}: expected {}, got {}", difference.what, difference.expected, difference.got)
        });
        let message = differences.collect::<Vec<_>>().join("; ");
        let details = failure.to_string();
        let lines: Vec<String> = details.lines().map(|line| Escaped(line).to_string()).collect();
        let (message, details) = (Escaped(&message), lines.join("\n"));
        // Writing to a `String` cannot fail.
        let _ = writeln!(failures, "      <failure message=\"{message}\">{details}\n</failure>");
    }
    format!("{open}>\n{failures}    </testcase>\n")
}

fn error(error: &Diagnostic) -> String {
    let Diagnostic { file, line, column, message, help, .. } = error;
    let help = help.as_deref().unwrap_or_default();
    let (file, message, help) = (Escaped(file), Escaped(message), Escaped(help));
    format!(
        "    <testcase classname=\"{file}\" name=\"{file}:{line}:{column}\" file=\"{file}\" \
         line=\"{line}\">\n      <error message=\"{message}\">{help}</error>\n    </testcase>\n"
    )
}

/// Text within a document or an attribute. What XML cannot hold at all is shown as such.
struct Escaped<'t>(&'t str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in self.0.chars() {
            match character {
                '&' => formatter.write_str("&amp;")?,
                '<' => formatter.write_str("&lt;")?,
                '>' => formatter.write_str("&gt;")?,
                '"' => formatter.write_str("&quot;")?,
                '\'' => formatter.write_str("&apos;")?,
                '\n' | '\t' => write!(formatter, "&#{};", u32::from(character))?,
                '\u{fffe}' | '\u{ffff}' => formatter.write_str("\u{fffd}")?,
                _ if character.is_control() => formatter.write_str("\u{fffd}")?,
                _ => formatter.write_char(character)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
