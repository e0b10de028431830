//! JSON to `google.protobuf.Struct`, and back.

use prost_types::{Struct, Value, value::Kind};
use serde_json::{Map, Number, Value as Json};

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

/// One object of a JSON object. `None` where it holds none of that name.
pub(super) fn field_of_json(json: &str, name: &str) -> Option<Struct> {
    let mut whole = serde_json::from_str::<Map<String, Json>>(json).ok()?;
    match whole.remove(name)? {
        Json::Object(fields) => object(fields),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) | Json::Array(_) => None,
    }
}

/// Reads a `Struct`. A double that stands for a whole number becomes one, as long as doubles can tell
/// it from its neighbours. `None` where a number is not finite or a value is of no kind.
pub(super) fn to_json(given: &Struct) -> Option<Map<String, Json>> {
    given.fields.iter().map(|(name, value)| Some((name.clone(), json(value)?))).collect()
}

fn json(value: &Value) -> Option<Json> {
    Some(match value.kind.as_ref()? {
        Kind::NullValue(_) => Json::Null,
        Kind::BoolValue(flag) => Json::Bool(*flag),
        Kind::NumberValue(number) => Json::Number(json_number(*number)?),
        Kind::StringValue(text) => Json::String(text.clone()),
        Kind::ListValue(list) => Json::Array(list.values.iter().map(json).collect::<Option<_>>()?),
        Kind::StructValue(fields) => Json::Object(to_json(fields)?),
    })
}

fn json_number(number: f64) -> Option<Number> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if number.fract() == 0.0 && number.abs() < EXACT {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "whole, and within what doubles tell apart"
        )]
        return Some(Number::from(number as i64));
    }
    Number::from_f64(number)
}

#[cfg(test)]
mod tests {
    use super::{from_json, to_json};
    use serde_json::json;

    #[test]
    fn what_comes_back_is_what_went_in() {
        let text = r#"{"a":null,"b":[true,-3,1.5,"x",{"c":{}}],"d":9007199254740991}"#;
        let back = to_json(&from_json(text).unwrap()).unwrap();
        assert_eq!(
            back,
            *json!({"a":null,"b":[true,-3,1.5,"x",{"c":{}}],"d":9_007_199_254_740_991_u64})
                .as_object()
                .unwrap()
        );
    }

    #[test]
    fn numbers_that_are_none_are_refused() {
        for number in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let mut given = from_json(r#"{"x":1}"#).unwrap();
            given.fields.get_mut("x").unwrap().kind = Some(Kind::NumberValue(number));
            assert_eq!(to_json(&given), None);
        }
        let mut given = from_json(r#"{"x":1}"#).unwrap();
        given.fields.get_mut("x").unwrap().kind = None;
        assert_eq!(to_json(&given), None);
    }
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
