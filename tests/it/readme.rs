//! The README's tables say what the code says. With `BAILIFF_UPDATE_README=1` this writes them.

use bailiff::{
    config::env,
    core::reason::{Category, Reason},
};
use std::{fmt::Write as _, fs};

const README: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");

#[test]
fn the_table_of_environment_variables_is_complete() {
    let mut table = "| variable | meaning |\n| --- | --- |\n".to_owned();
    for variable in env::ALL {
        let file = if variable.from_file { " Also `…_FILE`." } else { "" };
        writeln!(table, "| `{}` | {}{file} |", variable.name, variable.meaning).expect("a string");
    }
    check("environment", &table);
}

#[test]
fn the_table_of_reasons_is_complete() {
    let mut table = "| reason | status | meaning |\n| --- | --- | --- |\n".to_owned();
    for reason in Reason::ALL {
        let status = match reason.category() {
            Category::Allowed => "–",
            Category::Unauthenticated => "401",
            Category::Forbidden => "403",
            Category::Ambiguous => "400",
            Category::Unavailable => "503",
        };
        writeln!(table, "| `{}` | {status} | {} |", reason.code(), reason.meaning())
            .expect("a string");
    }
    check("reasons", &table);
}

/// Compares what stands between the two markers called `name` with `table`.
fn check(name: &str, table: &str) {
    let readme = fs::read_to_string(README).expect("the README");
    let (open, close) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->"));
    let begins = readme.find(&open).expect("the opening marker") + open.len();
    let ends = readme.find(&close).expect("the closing marker");
    if std::env::var_os("BAILIFF_UPDATE_README").is_some() {
        let updated = format!("{}{table}{}", &readme[..begins], &readme[ends..]);
        fs::write(README, updated).expect("the README is written");
        return;
    }
    assert_eq!(&readme[begins..ends], table, "run the tests once with BAILIFF_UPDATE_README=1");
}
