//! What `bailiff check` is told not to mention.

use super::{
    super::{compile::lints::WORDS, lint::Code},
    shape::{extend, list, reference, words},
};
use serde_json::{Value, json};

/// What stands below `lints`: a key for every lint.
pub(super) fn lints() -> Value {
    let properties = Code::ALL.iter().map(|code| {
        let mut lint = reference("allowance");
        extend(&mut lint, &json!({ "description": code.meaning() }));
        (code.as_str().to_owned(), lint)
    });
    json!({
        "type": "object",
        "properties": Value::Object(properties.collect()),
        "additionalProperties": false,
    })
}

/// A word for all that it finds, or the rules about which it is not mentioned.
pub(super) fn allowance() -> Value {
    let rule = json!({ "type": "string", "description": "The id of a rule." });
    let properties = WORDS.map(|word| (word.to_owned(), list(&rule)));
    let some = json!({
        "type": "object",
        "properties": Value::Object(properties.into_iter().collect()),
        "required": WORDS,
        "additionalProperties": false,
    });
    json!({ "anyOf": [words(&WORDS), some] })
}
