//! A line for people.

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::Value;
use std::fmt::{self, Write as _};

/// The fields of a JSON object in their order.
struct Fields(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Fields;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(Fields(fields))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}

/// The text of a line of JSON, as the log's own lines look: time, level, target, message, fields.
pub(super) fn of(line: &[u8]) -> String {
    let Ok(Fields(fields)) = serde_json::from_slice(line) else {
        return String::new();
    };
    let taken = |name: &str| {
        let field = fields.iter().find(|(field, _)| field == name);
        field.and_then(|(_, value)| value.as_str()).unwrap_or_default()
    };
    let mut text = format!(
        "{} {:>5} {}: {}",
        taken("timestamp"),
        taken("level"),
        taken("target"),
        taken("message")
    );
    for (name, value) in &fields {
        if !matches!(&**name, "timestamp" | "level" | "target" | "message") {
            // Strings are quoted, so no value can pass for a field or a line of its own.
            let _ = write!(text, " {name}={value}");
        }
    }
    text.push('\n');
    text
}
