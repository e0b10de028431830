//! JSON to `google.protobuf.Struct`.

use prost_types::{Struct, Value, value::Kind};
use serde_json::{Map, Value as Json};

/// Reads a JSON object. Numbers become doubles, the only ones a `Struct` has: integers beyond 2^53
/// are rounded. `None` for anything but an object.
pub(super) fn from_json(json: &str) -> Option<Struct> {
    serde_json::from_str::<Map<String, Json>>(json).ok().and_then(object)
}

fn object(fields: Map<String, Json>) -> Option<Struct> {
    let fields = fields.into_iter().map(|(name, json)| Some((name, value(json)?)));
    Some(Struct { fields: fields.collect::<Option<_>>()? })
}

fn value(json: Json) -> Option<Value> {
    let kind = match json {
        Json::Null => Kind::NullValue(0),
        Json::Bool(flag) => Kind::BoolValue(flag),
        Json::Number(number) => Kind::NumberValue(number.as_f64()?),
        Json::String(text) => Kind::StringValue(text),
        Json::Array(elements) => Kind::ListValue(prost_types::ListValue {
            values: elements.into_iter().map(value).collect::<Option<_>>()?,
        }),
        Json::Object(fields) => Kind::StructValue(object(fields)?),
    };
    Some(Value { kind: Some(kind) })
}

#[cfg(test)]
mod tests {
    use super::from_json;
    use prost_types::value::Kind;

    fn field(json: &str) -> Kind {
        let fields = from_json(&format!(r#"{{"x":{json}}}"#)).unwrap().fields;
        fields["x"].kind.clone().unwrap()
    }

    #[test]
    fn every_kind_of_value_survives() {
        assert_eq!(field("null"), Kind::NullValue(0));
        assert_eq!(field("true"), Kind::BoolValue(true));
        assert_eq!(field("-1.5"), Kind::NumberValue(-1.5));
        assert_eq!(field(r#""a\u0000b""#), Kind::StringValue("a\0b".into()));
        let Kind::ListValue(list) = field(r#"[1,{"y":[]}]"#) else { panic!("a list") };
        assert_eq!(list.values.len(), 2);
    }

    #[test]
    fn integers_are_exact_up_to_two_to_the_fifty_third() {
        assert_eq!(field("9007199254740991"), Kind::NumberValue(9_007_199_254_740_991.0));
        assert_eq!(field("9007199254740993"), Kind::NumberValue(9_007_199_254_740_992.0));
    }

    #[test]
    fn only_objects_are_structs() {
        for json in ["", "1", "[]", "null", "{", r#"{"x":1e999}"#] {
            assert!(from_json(json).is_none(), "{json}");
        }
        assert!(from_json(&"[".repeat(100_000)).is_none());
        assert!(from_json("{}").is_some());
    }
}
