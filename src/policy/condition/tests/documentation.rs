//! The reference lists every name that conditions know, with its kind.

use crate::policy::condition::{
    kind::Kind,
    names::{Fields, IDENTITY, PEER, REQUEST, Root, Shape},
};

const REFERENCE: &str = include_str!("../../../../docs/policy.md");

#[test]
fn the_table_of_names_is_complete() {
    let (_, table) = REFERENCE.split_once("<!-- names -->\n").expect("the opening marker");
    let (table, _) = table.split_once("<!-- /names -->").expect("the closing marker");
    let shown: Vec<String> = table.lines().skip(2).map(first_two_cells).collect();
    let known: Vec<String> = Root::all()
        .flat_map(|(name, root)| match root {
            Root::Request => fields(name, REQUEST),
            Root::Identity => fields(name, IDENTITY),
            Root::Peer => fields(name, PEER),
            Root::Params => vec![format!("| `{name}` | |")],
            Root::Resource | Root::Context => vec![format!("| `{name}` | map |")],
            Root::Now => vec![format!("| `{name}` | number |")],
        })
        .collect();
    assert_eq!(shown, known);
}

fn first_two_cells(row: &str) -> String {
    let cells: Vec<&str> = row.split('|').take(3).collect();
    format!("{}|", cells.join("|"))
}

fn fields(root: &str, fields: Fields) -> Vec<String> {
    let row = |&(name, _, shape): &(&str, _, Shape)| format!("| `{root}.{name}` | {} |", of(shape));
    fields.iter().map(row).collect()
}

fn of(shape: Shape) -> String {
    let kind = |kind: Option<Kind>| match kind {
        None => "anything",
        Some(Kind::Null) => "null",
        Some(Kind::Boolean) => "true or false",
        Some(Kind::Number) => "number",
        Some(Kind::Text) => "text",
        Some(Kind::List) => "list",
        Some(Kind::Map) => "map",
    };
    let inside = shape.inside.map(|inside| format!(" of {}", kind(Some(inside))));
    format!("{}{}", kind(shape.kind), inside.unwrap_or_default())
}
