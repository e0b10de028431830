//! The metrics page, and the docs' table of what is on it.

use super::{ask, start};
use crate::support::{http, otlp::Receiver, tokens::Instance, toolchain::repository};
use regex::Regex;
use serde_json::json;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// A metric as the docs or the page have it.
#[derive(Debug, Default, PartialEq, Eq)]
struct Metric {
    labels: BTreeSet<String>,
    meaning: String,
}

/// Compares what stands between two markers with `table`. With `BAILIFF_UPDATE_DOCS=1` it is written.
pub(super) fn check_table(docs: &str, name: &str, table: &str) {
    let (open, close) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->"));
    let begins = docs.find(&open).expect("the opening marker") + open.len();
    let ends = docs.find(&close).expect("the closing marker");
    if std::env::var_os("BAILIFF_UPDATE_DOCS").is_some() {
        let path = repository().join("docs/telemetry.md");
        let updated = format!("{}{table}{}", &docs[..begins], &docs[ends..]);
        fs::write(path, updated).expect("the docs are written");
        return;
    }
    assert_eq!(&docs[begins..ends], table, "run the tests once with BAILIFF_UPDATE_DOCS=1");
}

fn documented() -> BTreeMap<String, Metric> {
    let docs = fs::read_to_string(repository().join("docs/telemetry.md")).expect("the docs");
    let (_, table) = docs.split_once("<!-- metrics -->\n").expect("the opening marker");
    let (table, _) = table.split_once("<!-- /metrics -->").expect("the closing marker");
    table
        .lines()
        .skip(2)
        .map(|row| {
            let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
            let [name, labels, meaning] = cells[..] else { panic!("a row has three cells: {row}") };
            let labels = labels.split(',').map(|label| label.trim().trim_matches('`'));
            let labels = labels.filter(|label| !label.is_empty()).map(str::to_owned).collect();
            let meaning = meaning.to_owned();
            (name.trim_matches('`').to_owned(), Metric { labels, meaning })
        })
        .collect()
}

fn shown(page: &str) -> BTreeMap<String, Metric> {
    let label = Regex::new(r#"[{,](\w+)=""#).expect("a regular expression");
    let mut metrics: BTreeMap<String, Metric> = BTreeMap::new();
    for line in page.lines() {
        if let Some(help) = line.strip_prefix("# HELP ") {
            let (name, meaning) = help.split_once(' ').expect("a name and a meaning");
            let metric = Metric { meaning: meaning.to_owned(), ..Metric::default() };
            metrics.insert(name.to_owned(), metric);
        } else if !line.starts_with('#') {
            let name = line.split(['{', ' ']).next().expect("a name");
            let family = ["_bucket", "_sum", "_count"].iter().find_map(|end| {
                name.strip_suffix(end).filter(|family| metrics.contains_key(*family))
            });
            let labels = label.captures_iter(line).map(|found| found[1].to_owned());
            let labels = labels.filter(|label| label != "le");
            metrics.entry(family.unwrap_or(name).to_owned()).or_default().labels.extend(labels);
        }
    }
    metrics
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_page_shows_is_what_the_docs_say() {
    let (receiver, instance) = (Receiver::start().await, Instance::new());
    let more = json!({
        "telemetry": super::all_to(&receiver, "grpc"),
        "decision_log": { "to": ["stderr", "otlp", "stdout"] },
    });
    let sidecar = start(&instance, &more).await;
    ask(&sidecar, None, &[], &[]).await;
    let page = http::send("GET", &sidecar.admin("/metrics"), &[]).await.body;
    let (shown, documented) = (shown(&page), documented());
    assert!(shown.contains_key("bailiff_decisions_total"), "{page}");
    // The rest is the exporter's own: who tells.
    for (name, metric) in shown.iter().filter(|(name, _)| name.starts_with("bailiff_")) {
        let row = documented.get(name).unwrap_or_else(|| {
            panic!("`{name}` ({:?}) is not in docs/telemetry.md: {}", metric.labels, metric.meaning)
        });
        assert_eq!(row, metric, "{name}");
    }
}

#[test]
fn every_instrument_is_in_the_docs_and_the_docs_invent_none() {
    // The name, and what ends it on the page.
    let made = Regex::new(r#"\b(?:\w+_)?(counter|gauge|histogram)\(\s*"(bailiff_\w+)""#);
    let made = made.expect("a regular expression");
    let opts = Regex::new(r#"Opts::new\(\s*"(bailiff_\w+)""#).expect("a regular expression");
    let mut names = BTreeSet::new();
    for path in sources(&repository().join("src")) {
        let text = fs::read_to_string(path).expect("a source file");
        for found in made.captures_iter(&text) {
            let total = if &found[1] == "counter" { "_total" } else { "" };
            let rest = &text[found.get(0).expect("a match").end()..];
            let build = rest.find(".build()").unwrap_or(0);
            let seconds =
                if rest[..build].contains(r#".with_unit("s")"#) { "_seconds" } else { "" };
            names.insert(format!("{}{seconds}{total}", &found[2]));
        }
        names.extend(opts.captures_iter(&text).map(|found| found[1].to_owned()));
    }
    assert!(names.len() > 10, "{names:?}");
    let documented: BTreeSet<String> = documented().into_keys().collect();
    assert_eq!(documented, names);
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry"));
    entries
        .flat_map(|entry| {
            let path = entry.path();
            if path.is_dir() { sources(&path) } else { vec![path] }
        })
        .filter(|path| path.extension().is_some_and(|end| end == "rs"))
        .collect()
}
