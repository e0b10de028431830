//! The floors of the house: imports run downwards only, and I/O stays where it belongs.
//!
//! Reads the source as text, so an edge counts however it is written: `use crate::a::{b, c}`, a path
//! in the middle of an expression, or `super::super::a`. Unit tests may reach wherever they like.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// Each module of the top level, and what it may use besides itself. `a::b` allows that part alone.
const FLOORS: &[(&str, &[&str])] = &[
    ("main", &["cli"]),
    (
        "cli",
        &[
            "reload",
            "config",
            "rehearsal",
            "stand_in",
            "serve",
            "authorizer",
            "clerk",
            "policy",
            "revocation",
            "telemetry",
            "core",
            "pb",
        ],
    ),
    (
        "reload",
        &["rehearsal", "serve", "authorizer", "clerk", "policy", "revocation", "telemetry", "core"],
    ),
    (
        "config",
        &[
            "rehearsal",
            "reload",
            "serve",
            "authorizer",
            "clerk",
            "policy",
            "revocation",
            "telemetry",
            "core",
        ],
    ),
    ("rehearsal", &["stand_in", "authorizer", "clerk", "policy", "telemetry", "core"]),
    ("stand_in", &["serve", "authorizer", "clerk", "policy", "revocation", "telemetry", "core"]),
    ("reload", &["authorizer", "policy", "telemetry", "core"]),
    (
        "serve",
        &[
            "authorizer",
            "telemetry",
            "core",
            "pb",
            "clerk::webhook",
            "policy::response",
            "policy::explain",
        ],
    ),
    ("client", &["pb"]),
    ("authorizer", &["clerk", "policy", "revocation", "telemetry", "core"]),
    ("clerk", &["core"]),
    ("policy", &["core"]),
    ("revocation", &["core"]),
    ("telemetry", &["core"]),
    ("core", &[]),
    ("pb", &[]),
    ("lib", &[]),
];

/// What does I/O or reads the time, and the only places that may name it: files, or folders with `/`.
const CONFINED: &[(&str, &[&str])] = &[
    (
        "reqwest",
        &[
            "clerk/keys/fetch.rs",
            "clerk/backend_api/client.rs",
            "telemetry/otlp/transport.rs",
            "cli/",
        ],
    ),
    ("redis::", &["revocation/shared/"]),
    ("tonic", &["serve/", "pb.rs", "telemetry/otlp/transport.rs", "cli/", "client/"]),
    ("axum", &["serve/", "stand_in/", "cli/demo/"]),
    ("tokio::net", &["serve/", "stand_in/", "cli/", "client/connection.rs"]),
    ("std::fs", &["config/", "cli/", "serve/listener/", "telemetry/decision_log/file.rs"]),
    ("opentelemetry", &["telemetry/"]),
    ("notify", &["reload/watch.rs", "cli/"]),
    ("std::env", &["config/", "cli/"]),
    ("SystemTime::now", &["core/clock.rs"]),
    ("Instant::now", &["core/clock.rs"]),
    ("crate::pb", &["serve/grpc/", "cli/revoke.rs", "client/"]),
    ("crate::pb::envoy", &["serve/grpc/"]),
];

#[test]
fn imports_run_downwards_only() {
    let mut wrong = Vec::new();
    for (file, text) in sources() {
        let from = module_path(&file);
        let floor = from.first().map_or("lib", String::as_str);
        let Some((_, allowed)) = FLOORS.iter().find(|(name, _)| *name == floor) else {
            wrong.push(format!("{}: `{floor}` stands on no floor", file.display()));
            continue;
        };
        for to in edges(&text, &from) {
            let part = to.iter().take(2).cloned().collect::<Vec<_>>().join("::");
            let may = |name: &&str| *name == part || Some(*name) == to.first().map(String::as_str);
            if to.first().is_some_and(|top| top != floor) && !allowed.iter().any(may) {
                wrong.push(format!("{}: `{floor}` may not use `{part}`", file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn input_output_and_time_stay_in_their_files() {
    let mut wrong = Vec::new();
    for (file, text) in sources() {
        let tokens = tokens(&text);
        for (path, places) in CONFINED {
            let path = path.split("::").flat_map(|part| ["::", part]).skip(1);
            // A pattern that ends in `::` means the crate, not whatever else bears its name.
            let path: Vec<_> = path.filter(|part| !part.is_empty()).collect();
            let at_home = places.iter().any(|place| file.starts_with(place));
            let named = tokens.windows(path.len()).any(|window| window == path)
                || grouped(&tokens)
                    .any(|used| used.windows(path.len()).any(|window| window == path));
            if named && !at_home {
                wrong.push(format!("{}: `{}` does not belong here", file.display(), path.concat()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_reader_sees_an_edge_however_it_is_written() {
    let from = ["policy".to_owned(), "router".to_owned()];
    for text in [
        "use crate::clerk::jwt;",
        "use crate::{core::path, clerk::{jwt, verify}};",
        "use { crate::clerk };",
        "fn f() -> crate::clerk::Token { todo() }",
        "use super::super::clerk;",
        "type T = Vec<super::super::clerk::Token>;",
        "use crate :: /* here */ clerk;",
    ] {
        let found = edges(text, &from);
        assert!(found.iter().any(|to| to[0] == "clerk"), "{text}: {found:?}");
    }
    for text in [
        "// use crate::clerk;",
        "/* crate::clerk */",
        "const TEXT: &str = \"crate::clerk\";",
        "const TEXT: &str = r#\"crate::clerk\"#;",
        "pub(crate) struct Clerk;",
        "use super::clerk;",
        "use crate::{core::path as clerk, core};",
        "#[cfg(test)] mod tests { use crate::clerk; }",
    ] {
        let found = edges(text, &from);
        assert!(found.iter().all(|to| to[0] != "clerk"), "{text}: {found:?}");
    }
}

/// Every source file but unit tests: its path under `src`, and its text.
fn sources() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders = vec![root.clone()];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("the sources are there") {
            let path = entry.expect("an entry").path();
            let name = path.file_name().unwrap_or_default();
            if path.is_dir() && name != "tests" {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") && name != "tests.rs" {
                let text = fs::read_to_string(&path).expect("a source file is text");
                let below = path.strip_prefix(&root).expect("it is under src").to_owned();
                found.push((below, text));
            }
        }
    }
    found
}

/// `clerk/keys/mod.rs` is `clerk::keys`.
fn module_path(file: &Path) -> Vec<String> {
    let parts = file.with_extension("");
    let parts = parts.iter().map(|part| part.to_string_lossy().into_owned());
    parts.filter(|part| !matches!(part.as_str(), "mod" | "lib")).collect()
}

/// The paths, from the crate's root, that a file at `from` names.
fn edges(text: &str, from: &[String]) -> BTreeSet<Vec<String>> {
    let tokens = tokens(text);
    grouped(&tokens).filter_map(|path| absolute(&path, from)).collect()
}

/// Every path in the tokens that starts at `crate`, `bailiff` or `super`, its groups spread out.
fn grouped(tokens: &[String]) -> impl Iterator<Item = Vec<&str>> {
    let starts = (0..tokens.len()).filter(|&at| at == 0 || tokens[at - 1] != "::");
    starts.flat_map(|at| spread(tokens, at, &mut Vec::new()).0)
}

/// The paths that start at token `at`, each after `prefix`, and where they end.
fn spread<'t>(
    tokens: &'t [String],
    mut at: usize,
    prefix: &mut Vec<&'t str>,
) -> (Vec<Vec<&'t str>>, usize) {
    let before = prefix.len();
    let mut found = Vec::new();
    while let Some(token) = tokens.get(at) {
        if token == "{" && prefix.last() == Some(&"::") {
            at += 1;
            while tokens.get(at).is_some_and(|token| token != "}") {
                let (paths, end) = spread(tokens, at, prefix);
                found.extend(paths);
                at = end.max(at + 1);
                // Past `as name`, which is no path.
                while tokens.get(at).is_some_and(|token| token != "," && token != "}") {
                    at += 1;
                }
                at += usize::from(tokens.get(at).is_some_and(|token| token == ","));
            }
            at += 1;
            break;
        }
        let word = token.chars().all(|letter| letter.is_alphanumeric() || letter == '_');
        let fits = if token == "::" { prefix.len() > before } else { word };
        let follows = prefix.len() == before || (token == "::") != (prefix.last() == Some(&"::"));
        if !fits || !follows {
            break;
        }
        prefix.push(token);
        at += 1;
    }
    if found.is_empty() && prefix.len() > before {
        found.push(prefix.clone());
    }
    prefix.truncate(before);
    (found, at)
}

/// A path from the crate's root, if that is where it leads.
fn absolute(path: &[&str], from: &[String]) -> Option<Vec<String>> {
    let mut names = path.iter().filter(|name| **name != "::").peekable();
    let mut base = match *names.next()? {
        "crate" | "bailiff" => Vec::new(),
        "super" => from.split_last()?.1.to_vec(),
        _ => return None,
    };
    while names.next_if(|name| **name == "super").is_some() {
        base.pop();
    }
    base.extend(names.map(|name| (*name).to_owned()));
    (!base.is_empty()).then_some(base)
}

/// Words, `::` and braces of the code, without comments, strings and unit tests.
fn tokens(text: &str) -> Vec<String> {
    let mut tokens: Vec<String> = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let taken = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if let Some(length) = string_length(rest) {
            length
        } else if rest.starts_with("::") {
            tokens.push("::".to_owned());
            2
        } else if first.is_alphanumeric() || first == '_' {
            let end = rest.find(|letter: char| !letter.is_alphanumeric() && letter != '_');
            let word = &rest[..end.unwrap_or(rest.len())];
            tokens.push(word.to_owned());
            word.len()
        } else {
            if !first.is_whitespace() {
                tokens.push(first.to_string());
            }
            first.len_utf8()
        };
        rest = &rest[taken..];
    }
    without_unit_tests(&tokens)
}

/// How long the string or character literal at the start of `text` is.
fn string_length(text: &str) -> Option<usize> {
    if let Some(quoted) = text.strip_prefix('"') {
        let mut escaped = false;
        let end = quoted.find(|letter| {
            let closes = letter == '"' && !escaped;
            escaped = letter == '\\' && !escaped;
            closes
        });
        return Some(end.map_or(text.len(), |end| end + 2));
    }
    if let Some(raw) = text.strip_prefix("r").filter(|raw| raw.starts_with(['"', '#'])) {
        let hashes = raw.len() - raw.trim_start_matches('#').len();
        let quoted = raw[hashes..].strip_prefix('"')?;
        let close = format!("\"{}", "#".repeat(hashes));
        return Some(quoted.find(&close).map_or(text.len(), |end| 2 + 2 * hashes + end + 1));
    }
    // A character, unless it is a lifetime.
    let mut letters = text.strip_prefix('\'')?.char_indices();
    let (_, first) = letters.next()?;
    let closing = if first == '\\' {
        text[2..].find('\'').map(|at| at + 2)
    } else {
        letters.next().map(|(at, _)| at + 1)
    };
    closing.filter(|&at| text[at..].starts_with('\'')).map(|at| at + 1)
}

/// Takes out every `#[cfg(test)] mod name { ... }`.
fn without_unit_tests(tokens: &[String]) -> Vec<String> {
    let marker = ["#", "[", "cfg", "(", "test", ")", "]", "mod"];
    let mut kept = Vec::with_capacity(tokens.len());
    let mut at = 0;
    while at < tokens.len() {
        if !tokens[at..].starts_with(&marker.map(str::to_owned)) {
            kept.push(tokens[at].clone());
            at += 1;
            continue;
        }
        at += marker.len() + 1;
        let mut depth = 0;
        while let Some(token) = tokens.get(at) {
            match token.as_str() {
                "{" => depth += 1,
                "}" => depth -= 1,
                _ => {}
            }
            at += 1;
            if depth == 0 {
                break;
            }
        }
    }
    kept
}
