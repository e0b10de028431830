//! The paths that a document's paths stand below.

use serde_json::Value;

/// More values of a variable than this are taken for any.
const MOST_VALUES: usize = 16;

/// The paths of `servers`, each without a slash at the end and at least one.
pub(super) fn bases(servers: Option<&Value>, notes: &mut Vec<String>) -> Vec<String> {
    let Some(servers) = servers.and_then(Value::as_array).filter(|list| !list.is_empty()) else {
        return vec![String::new()];
    };
    let mut bases = Vec::new();
    for server in servers {
        let url = server["url"].as_str().unwrap_or_default();
        let Some(path) = path(url) else {
            let note = format!("decide: it is not known where the server `{url}` is");
            if !notes.contains(&note) {
                notes.push(note);
            }
            continue;
        };
        for base in expanded(path, &server["variables"]) {
            if !bases.contains(&base) {
                bases.push(base);
            }
        }
    }
    bases
}

/// The path of an address, absolute or not; `None` where that depends on where the document is.
fn path(url: &str) -> Option<&str> {
    let path = match url.split_once("://") {
        Some((_, rest)) => rest.find('/').and_then(|at| rest.get(at..)).unwrap_or_default(),
        None if url.starts_with("//") => return None,
        None => url,
    };
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let path = path.trim_end_matches('/');
    (path.is_empty() || path.starts_with('/')).then_some(path)
}

/// The path with each value that a variable of it may have; a variable that may have any stays.
fn expanded(path: &str, variables: &Value) -> Vec<String> {
    let mut expanded = vec![path.to_owned()];
    for (name, variable) in variables.as_object().into_iter().flatten() {
        let place = format!("{{{name}}}");
        let values: Vec<&str> =
            variable["enum"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        if !path.contains(&place) || values.is_empty() || values.len() > MOST_VALUES {
            continue;
        }
        expanded = expanded
            .iter()
            .flat_map(|path| values.iter().map(|value| path.replace(&place, value)))
            .map(|path| path.trim_end_matches('/').to_owned())
            .collect();
    }
    expanded
}
