//! Cases as they are written.

use bailiff::core::credential::{CredentialKind, CredentialKinds};
use flate2::read::GzDecoder;
use serde_json::{Map, Value};
use std::{
    fs::{self, File},
    io::{self, BufRead as _, BufReader, Read},
    path::Path,
};

/// One recorded request.
pub(crate) struct Case {
    pub(crate) id: String,
    pub(crate) category: String,
    pub(crate) options: Map<String, Value>,
    /// The clock, in milliseconds.
    pub(crate) now: i64,
    pub(crate) method: String,
    pub(crate) url: String,
    /// Lower-case name and value.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) upstream: Vec<Value>,
    pub(crate) ask: Value,
    pub(crate) expect: Value,
}

/// Reads a file of cases, plain or compressed.
pub(crate) fn read(path: &Path, keys: &Path) -> io::Result<Vec<Case>> {
    let file = File::open(path)?;
    let compressed = path.extension().is_some_and(|extension| extension == "gz");
    let reader: Box<dyn Read> =
        if compressed { Box::new(GzDecoder::new(file)) } else { Box::new(file) };
    let mut cases = Vec::new();
    for line in BufReader::new(reader).lines() {
        let line = line?;
        if !line.trim().is_empty() {
            cases.push(Case::read(&line, keys)?);
        }
    }
    Ok(cases)
}

impl Case {
    fn read(line: &str, keys: &Path) -> io::Result<Self> {
        let mut case: Value = serde_json::from_str(line)?;
        fill_in_files(&mut case["options"], keys)?;
        fill_in_files(&mut case["upstream"], keys)?;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let request = &case["request"];
        let headers = request["headers"].as_object().cloned().unwrap_or_default();
        #[expect(clippy::cast_possible_truncation, reason = "milliseconds fit")]
        let now = (case["now"].as_f64().unwrap_or_default() * 1000.0).round() as i64;
        Ok(Self {
            id: text(&case["id"]),
            category: text(&case["category"]),
            options: case["options"].as_object().cloned().unwrap_or_default(),
            now,
            method: text(&request["method"]),
            url: text(&request["url"]),
            headers: headers.iter().map(|(name, value)| (name.clone(), text(value))).collect(),
            upstream: case["upstream"].as_array().cloned().unwrap_or_default(),
            ask: case["ask"].take(),
            expect: case["expect"].take(),
        })
    }

    /// An option that is text.
    pub(crate) fn option(&self, name: &str) -> Option<&str> {
        self.options.get(name).and_then(Value::as_str)
    }

    /// An option that is a text or a list of texts.
    pub(crate) fn list(&self, name: &str) -> Option<Vec<String>> {
        texts(self.options.get(name)?)
    }

    /// The kinds of credential that are accepted; `None` if one of them has an unknown name.
    pub(crate) fn accepts(&self) -> Option<CredentialKinds> {
        match self.options.get("acceptsToken") {
            None => Some(CredentialKinds::SESSION),
            Some(Value::String(any)) if any == "any" => {
                Some(CredentialKind::ALL.into_iter().collect())
            }
            Some(kinds) => {
                texts(kinds)?.iter().map(|kind| CredentialKind::from_name(kind)).collect()
            }
        }
    }

    /// Whether exactly this kind is accepted, and it is not written as a list.
    pub(crate) fn accepts_only(&self, kind: CredentialKind) -> bool {
        self.option("acceptsToken") == Some(kind.as_str())
    }

    /// Whether the kinds that are accepted are written as a list, be it of one.
    pub(crate) fn accepts_a_list(&self) -> bool {
        self.options.get("acceptsToken").is_some_and(Value::is_array)
    }

    /// The token in the Authorization header.
    pub(crate) fn header_token(&self) -> Option<&str> {
        let mut pieces = self.header("authorization")?.split(' ');
        match (pieces.next()?, pieces.next()) {
            (token, None | Some("")) | ("Bearer", Some(token)) => Some(token),
            (_, Some(_)) => None,
        }
    }

    /// A header of the request.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// Scheme, authority and target.
    pub(crate) fn address(&self) -> (&str, &str, String) {
        let (scheme, rest) = self.url.split_once("://").unwrap_or(("http", &self.url));
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, target) = rest.split_at(end);
        let slash = if target.starts_with('/') { "" } else { "/" };
        (scheme, authority, format!("{slash}{target}"))
    }
}

/// A text, or a list of texts, as a list.
pub(crate) fn texts(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::String(text) => Some(vec![text.clone()]),
        Value::Array(list) => {
            list.iter().map(|item| item.as_str().map(ToOwned::to_owned)).collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => None,
    }
}

/// Puts the contents of key files in the place of `file:NAME`.
fn fill_in_files(value: &mut Value, keys: &Path) -> io::Result<()> {
    match value {
        Value::String(text) => {
            if let Some(name) = text.strip_prefix("file:") {
                let contents = fs::read_to_string(keys.join(name))?;
                *value = if Path::new(name).extension().is_some_and(|extension| extension == "json")
                {
                    serde_json::from_str(&contents)?
                } else {
                    Value::String(contents)
                };
            }
            Ok(())
        }
        Value::Array(items) => items.iter_mut().try_for_each(|item| fill_in_files(item, keys)),
        Value::Object(members) => {
            members.values_mut().try_for_each(|member| fill_in_files(member, keys))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => Ok(()),
    }
}
