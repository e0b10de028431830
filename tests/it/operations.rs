//! The settings reference says what the types say. With `BAILIFF_UPDATE_DOCS=1` this writes it.

use crate::support::toolchain::repository;
use bailiff::config::file::SettingsFile;
use serde_json::Value;
use std::{env, fmt::Write as _, fs};

#[test]
fn the_reference_of_settings_is_complete() {
    let schema = SettingsFile::schema();
    let mut rows = Vec::new();
    describe(&schema, &schema, "", &mut rows);
    assert!(rows.len() > 40, "{rows:?}");
    let mut table = "| setting | value | meaning |\n| --- | --- | --- |\n".to_owned();
    for row in rows {
        writeln!(table, "{row}").expect("a string");
    }
    let path = repository().join("docs/operations.md");
    let page = fs::read_to_string(&path).expect("the page");
    let (open, close) = ("<!-- settings -->\n", "<!-- /settings -->");
    let begins = page.find(open).expect("the opening marker") + open.len();
    let ends = page.find(close).expect("the closing marker");
    if env::var_os("BAILIFF_UPDATE_DOCS").is_some() {
        let updated = format!("{}{table}{}", &page[..begins], &page[ends..]);
        fs::write(&path, updated).expect("the page is written");
        return;
    }
    let differs = page[begins..ends].lines().zip(table.lines()).find(|(shown, is)| shown != is);
    assert_eq!(differs, None, "run the tests once with BAILIFF_UPDATE_DOCS=1");
    assert_eq!(page[begins..ends].len(), table.len());
}

/// A row for every setting below `place`, in the order of the names, groups before what is in them.
fn describe(root: &Value, at: &Value, place: &str, rows: &mut Vec<String>) {
    let properties = at["properties"].as_object().expect("a group of settings");
    for (name, property) in properties {
        let place = if place.is_empty() { name.clone() } else { format!("{place}.{name}") };
        let meaning = property["description"].as_str().unwrap_or_default().replace('\n', " ");
        assert!(!meaning.is_empty(), "`{place}` has no description");
        let resolved = resolved(root, property);
        let items = resolved["items"].as_object().map(|_| self::resolved(root, &resolved["items"]));
        let (inner, place) = match items.filter(|items| items.get("properties").is_some()) {
            Some(items) => (items, format!("{place}[]")),
            None => (resolved, place),
        };
        if inner.get("properties").is_some() {
            rows.push(format!("| **`{place}`** | | {meaning} |"));
            describe(root, inner, &place, rows);
        } else {
            rows.push(format!("| `{place}` | {} | {meaning} |", value(root, resolved)));
            // Where one of several forms is a group, its settings follow.
            if let Some(group) = group(root, inner) {
                describe(root, group, &place, rows);
            }
        }
    }
}

/// The group of settings among the forms that something can be written in.
fn group<'s>(root: &'s Value, schema: &'s Value) -> Option<&'s Value> {
    let schema = resolved(root, schema);
    if schema.get("properties").is_some() {
        return Some(schema);
    }
    if let Some(items) = schema.get("items") {
        return group(root, items);
    }
    schema["anyOf"].as_array()?.iter().find_map(|form| group(root, form))
}

/// What a reference leads to; of two alternatives, the one that is not null.
fn resolved<'s>(root: &'s Value, schema: &'s Value) -> &'s Value {
    if let Some(reference) = schema["$ref"].as_str() {
        return &root["$defs"][reference.trim_start_matches("#/$defs/")];
    }
    let alternatives = schema["anyOf"].as_array();
    let real = alternatives.and_then(|all| all.iter().find(|one| one["type"] != "null"));
    match real {
        Some(real) if schema["anyOf"].as_array().is_some_and(|all| all.len() == 2) => {
            let other =
                schema["anyOf"].as_array().into_iter().flatten().any(|one| one["type"] == "null");
            if other { resolved(root, real) } else { schema }
        }
        _ => schema,
    }
}

/// What can be written, in words.
fn value(root: &Value, schema: &Value) -> String {
    let words = |values: &[Value]| -> Vec<String> {
        values.iter().filter_map(Value::as_str).map(|word| format!("`{word}`")).collect()
    };
    if let Some(values) = schema["enum"].as_array() {
        return words(values).join(", ");
    }
    if let Some(alternatives) = schema["oneOf"].as_array() {
        let values: Vec<Value> = alternatives.iter().map(|one| one["const"].clone()).collect();
        return words(&values).join(", ");
    }
    if let Some(alternatives) = schema["anyOf"].as_array() {
        let each = alternatives.iter().map(|one| value(root, resolved(root, one)));
        return each.collect::<Vec<_>>().join(" or ");
    }
    let several = schema["type"].as_array().and_then(|all| all.iter().find(|one| *one != "null"));
    match several.unwrap_or(&schema["type"]).as_str() {
        Some("string") => "text".to_owned(),
        Some("boolean") => "`true`, `false`".to_owned(),
        Some("integer") => "whole number".to_owned(),
        Some("number") => "number".to_owned(),
        Some("object") if schema.get("properties").is_some() => "settings of its own".to_owned(),
        Some("object") => "texts by name".to_owned(),
        Some("array") => format!("list of {}", value(root, resolved(root, &schema["items"]))),
        other => panic!("{other:?}: {schema}"),
    }
}
