//! What the language reference and the page about migrating show is true: its examples load, their cases hold, what it says is
//! refused is refused, and its tables say what the code says. With `BAILIFF_UPDATE_DOCS=1` this
//! writes the tables, leaving their rows in the order that they have.

use crate::support::{sidecar, toolchain::repository};
use bailiff::{
    core::reason::{Category, Reason},
    policy::{Function, Policy, Severity, Source, lint::Code, suite::Suite},
    rehearsal,
};
use serde_json::Value;
use std::{env, fs, io::Write as _, path::PathBuf, process::Stdio, sync::Arc};

/// An example, and what is said of it in comments before it.
struct Example {
    /// Where it begins.
    line: usize,
    /// The policy, completed.
    policy: String,
    /// What the errors must hold, where it is one to refuse.
    refused: Option<String>,
}

#[test]
fn every_example_does_what_is_said_of_it() {
    for (page, least) in [(reference(), 25), (migration(), 4)] {
        let examples = examples(&page);
        assert!(examples.len() > least, "{}", examples.len());
        let wrong: Vec<String> = examples.iter().filter_map(Example::what_is_wrong).collect();
        assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    }
}

#[test]
fn every_example_that_loads_fits_the_schema() {
    let schema = jsonschema::draft202012::new(&Policy::schema()).expect("a schema");
    for Example { line, policy, .. } in
        [reference(), migration()].iter().flat_map(|page| examples(page)).filter(Example::loads)
    {
        let options = serde_saphyr::options! { strict_booleans: true };
        let document: Value = serde_saphyr::from_str_with_options(&policy, options).expect("YAML");
        let mistakes: Vec<String> =
            schema.iter_errors(&document).map(|error| error.to_string()).collect();
        assert!(mistakes.is_empty(), "line {line}: {}", mistakes.join("\n"));
    }
}

#[test]
fn the_tables_of_keys_are_complete() {
    let schema = Policy::schema();
    let rule = ["mode", "preflight"];
    let requirement = |key: &str| !rule.contains(&key);
    table("keys: policy", "| key | meaning |", keys(&schema["properties"], |_| true));
    let of_routes = &schema["$defs"]["requirement_map"]["properties"];
    table("keys: requirement", "| key | what must hold |", keys(of_routes, requirement));
    let of_guards = &schema["$defs"]["guard"]["properties"];
    table("keys: guard", "| key | meaning |", keys(of_guards, |_| true));
}

#[test]
fn the_table_of_functions_is_complete() {
    let row = |function: &Function| {
        let name = format!("`{}`", function.name());
        let (example, meaning) = (function.example(), function.meaning());
        let row = format!("| {name} | `{example}` | {meaning} |");
        (name, row)
    };
    table(
        "functions",
        "| function | for instance | what it gives |",
        Function::ALL.iter().map(row).collect(),
    );
}

#[test]
fn the_table_of_lints_is_complete() {
    let row = |lint: &Code| {
        let code = format!("`{lint}`");
        let weight = match lint.severity() {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        };
        let row = format!("| {code} | {weight} | {} |", lint.meaning());
        (code, row)
    };
    let lints = Code::ALL.iter().map(row).collect();
    table("lints", "| lint | weight | what it finds |", lints);
}

#[test]
fn the_table_of_reasons_is_complete() {
    let decided = |reason: &&Reason| match reason.category() {
        Category::Forbidden => true,
        Category::Allowed | Category::Unavailable => false,
        Category::Unauthenticated => {
            matches!(reason, Reason::SignedOut | Reason::CredentialKind | Reason::SessionTooOld)
        }
        Category::Ambiguous => matches!(reason, Reason::AmbiguousPath),
    };
    let row = |reason: &Reason| {
        let code = format!("`{}`", reason.code());
        let row = format!("| {code} | {} |", reason.meaning());
        (code, row)
    };
    let reasons = Reason::ALL.iter().filter(decided).map(row).collect();
    table("reasons", "| reason | meaning |", reasons);
}

/// What is said to be imported is what the command makes of the block before it.
#[test]
fn what_is_said_to_be_imported_is() {
    let page = migration();
    let mut imported = 0;
    for part in page.split("<!-- import: ").skip(1) {
        let (kind, rest) = part.split_once(" -->\n").expect("the end of the comment");
        let block = |text: &str| {
            let (_, block) = text.split_once('\n').expect("the fence");
            block.split_once("```").expect("the end of the block").0.to_owned()
        };
        let source = block(rest);
        let (_, shown) = rest.split_once("<!-- imported -->\n").expect("what comes of it");
        let mut child = sidecar::bailiff()
            .args(["import", kind, "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("it starts");
        let mut input = child.stdin.take().expect("standard input is piped");
        input.write_all(source.as_bytes()).expect("it reads");
        drop(input);
        let output = child.wait_with_output().expect("it ends");
        assert!(output.status.success(), "{kind}");
        assert_eq!(String::from_utf8_lossy(&output.stdout), block(shown), "{kind}");
        imported += 1;
    }
    assert_eq!(imported, 2);
}

impl Example {
    const fn loads(&self) -> bool {
        self.refused.is_none()
    }

    /// `None` where all is as it should be.
    fn what_is_wrong(&self) -> Option<String> {
        let Self { line, policy: text, refused } = self;
        let source = Source::new("policy.yaml", text);
        let loaded =
            Policy::load(&source).map_err(|errors| errors.to_string()).and_then(|policy| {
                let suite = Suite::load(&[source], &[]).map_err(|errors| errors.to_string())?;
                Ok((policy, suite))
            });
        match (loaded, refused) {
            (Ok((policy, suite)), None) => {
                let report = rehearsal::run(Arc::new(policy), &suite);
                let failures: Vec<String> = report
                    .failures()
                    .map(|run| format!("{} as {}: {:?}", run.asked, run.person, run.failures))
                    .collect();
                let played = failures.join("\n");
                (!failures.is_empty()).then(|| format!("line {line}: cases fail\n{played}"))
            }
            (Ok(_), Some(message)) => Some(format!("line {line}: is not refused: {message}")),
            (Err(errors), None) => Some(format!("line {line}: is refused\n{errors}")),
            (Err(errors), Some(message)) if !errors.contains(message.as_str()) => {
                Some(format!("line {line}: is refused otherwise than `{message}`\n{errors}"))
            }
            (Err(_), Some(_)) => None,
        }
    }
}

fn path() -> PathBuf {
    repository().join("docs/policy.md")
}

fn reference() -> String {
    fs::read_to_string(path()).expect("the language reference")
}

fn migration() -> String {
    let path = repository().join("docs/migration.md");
    fs::read_to_string(path).expect("the page about migrating")
}

/// Every block of YAML. `<!-- example: routes -->` before it says below which key it belongs (`top`:
/// none, only the version is missing), `<!-- refused: text -->` that it is one to refuse, and
/// `<!-- foreign -->` that it is no policy.
fn examples(markdown: &str) -> Vec<Example> {
    let mut examples = Vec::new();
    let (mut below, mut refused, mut foreign) = (None, None, false);
    let mut lines = markdown.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        let comment = line.strip_prefix("<!-- ").and_then(|rest| rest.strip_suffix(" -->"));
        if let Some(key) = comment.and_then(|comment| comment.strip_prefix("example: ")) {
            below = Some(key);
        } else if let Some(text) = comment.and_then(|comment| comment.strip_prefix("refused: ")) {
            refused = Some(text.to_owned());
        } else if comment == Some("foreign") {
            foreign = true;
        } else if line == "```yaml" {
            let block = lines.by_ref().map(|(_, line)| line).take_while(|line| *line != "```");
            let block: Vec<&str> = block.collect();
            if std::mem::take(&mut foreign) {
                continue;
            }
            examples.push(Example {
                line: number + 1,
                policy: completed(&block, below.take()),
                refused: refused.take(),
            });
        }
    }
    examples
}

fn completed(block: &[&str], below: Option<&str>) -> String {
    match below {
        None => block.join("\n"),
        Some("top") => format!("version: 1\n{}", block.join("\n")),
        Some(key) => format!("version: 1\n{key}:\n  {}", block.join("\n  ")),
    }
}

/// A row for every key that is wanted, from the properties of a schema.
fn keys(properties: &Value, wanted: impl Fn(&str) -> bool) -> Vec<(String, String)> {
    let properties = properties.as_object().expect("properties").iter();
    let rows = properties.filter(|(key, _)| wanted(key)).map(|(key, schema)| {
        let key = format!("`{key}`");
        let meaning = schema["description"].as_str().expect("a meaning");
        let row = format!("| {key} | {meaning} |");
        (key, row)
    });
    rows.collect()
}

/// Compares the rows between the two markers called `name` with these, in whatever order.
fn table(name: &str, head: &str, rows: Vec<(String, String)>) {
    let reference = reference();
    let (open, close) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->"));
    let begins = reference.find(&open).expect("the opening marker") + open.len();
    let ends = reference.find(&close).expect("the closing marker");
    let shown: Vec<&str> = reference[begins..ends].lines().skip(2).collect();
    let place = |key: &str| {
        let beginning = format!("| {key} |");
        shown.iter().position(|row| row.starts_with(&beginning)).unwrap_or(usize::MAX)
    };
    let mut rows = rows;
    rows.sort_by_key(|(key, _)| place(key));
    let rows: Vec<String> = rows.into_iter().map(|(_, row)| row).collect();
    if env::var_os("BAILIFF_UPDATE_DOCS").is_some() {
        let rule = "| --- ".repeat(head.matches('|').count() - 1);
        let table = format!("{head}\n{rule}|\n{}\n", rows.join("\n"));
        let updated = format!("{}{table}{}", &reference[..begins], &reference[ends..]);
        fs::write(path(), updated).expect("the reference is written");
        return;
    }
    assert_eq!(shown, rows, "run the tests once with BAILIFF_UPDATE_DOCS=1 and one thread");
}
